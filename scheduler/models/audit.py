"""Who did what, for the people who must be able to answer for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, CentreOwned


class AuditEntry(CentreOwned, Base):
    """One act: append-only, no personal data beyond ids."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_centre_at", "centre_id", "at"),)

    at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(60), default="")
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)

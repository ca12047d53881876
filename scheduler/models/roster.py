"""Files brought in by a coordinator and the column matching they chose."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, CentreOwned


class ImportMapping(CentreOwned, Base):
    """The matching of columns to fields remembered for files with these headers."""

    __tablename__ = "import_mapping"
    __table_args__ = (UniqueConstraint("centre_id", "kind", "signature"),)

    kind: Mapped[str] = mapped_column(String(20))
    signature: Mapped[str] = mapped_column(String(64))
    columns: Mapped[dict[str, Any]] = mapped_column(default=dict)


class ImportBatch(CentreOwned, Base):
    """An uploaded file between upload and decision; its content is dropped once decided."""

    __tablename__ = "import_batch"

    kind: Mapped[str] = mapped_column(String(20))
    filename: Mapped[str] = mapped_column(String(200))
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    columns: Mapped[dict[str, Any]] = mapped_column(default=dict)
    choices: Mapped[dict[str, Any]] = mapped_column(default=dict)
    summary: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    applied_at: Mapped[datetime | None]

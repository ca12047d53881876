"""Days on which a centre, or one of its sites, is closed, and school holidays."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, CentreOwned


class ClosureKind(StrEnum):
    """Why; only public holidays and closures stop sessions, school holidays stop courses."""

    PUBLIC_HOLIDAY = "public_holiday"
    SCHOOL_HOLIDAY = "school_holiday"
    CLOSURE = "closure"


class Closure(CentreOwned, Base):
    """A run of days, ends included. ``imported`` rows come from the holidays library."""

    __tablename__ = "closure"
    __table_args__ = (CheckConstraint("starts_on <= ends_on", name="order"),)

    kind: Mapped[ClosureKind] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(120))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    imported: Mapped[bool] = mapped_column(default=False)

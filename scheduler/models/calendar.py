"""Days on which a centre, or one of its sites, is closed, and school holidays."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, CentreOwned


class ClosureKind(StrEnum):
    """Why; only public holidays and closures stop sessions, school holidays stop courses."""

    PUBLIC_HOLIDAY = "public_holiday"
    SCHOOL_HOLIDAY = "school_holiday"
    CLOSURE = "closure"


class Closure(CentreOwned, Base):
    """A run of days, ends included.

    ``community`` (``fr``, ``nl`` or ``de``) says whose schools a school holiday is for.
    ``source_key`` names the run in the holidays library it came from; ``imported`` rows are as the
    library gave them. One that was corrected by hand keeps its key and is no longer ``imported``;
    one that was removed by hand stays as ``dropped``, so that neither comes back with the next
    import.
    """

    __tablename__ = "closure"
    __table_args__ = (
        UniqueConstraint("centre_id", "source_key"),
        CheckConstraint("starts_on <= ends_on", name="order"),
    )

    kind: Mapped[ClosureKind] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(120))
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    community: Mapped[str | None] = mapped_column(String(2))
    imported: Mapped[bool] = mapped_column(default=False)
    source_key: Mapped[str | None] = mapped_column(String(60))
    dropped: Mapped[bool] = mapped_column(default=False)

"""When a centre reminds people, and what that may cost."""

from __future__ import annotations

from datetime import time
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, CentreOwned, Versioned


class ReminderPolicy(CentreOwned, Versioned, Base):
    """The rules of a centre, or of one of its programmes where that differs; see ``notifications.policy``.

    ``steps`` is a list of ``{"days": 0..14, "at": "18:00", "channels": [...], "quiet_until": "07:00"}`` in
    local wall time, the last of which may be empty. ``holidays`` is ``send``, ``skip`` or ``shift`` (to
    the open day before). ``satisfaction_weeks`` is 0 where nobody is asked. ``most_per_day``,
    ``household``, ``change_days``, ``budget_eur_cents`` (a month; empty: no limit) and ``prices`` (by
    channel, in thousandths of a cent a segment or call, where they differ from the installation's)
    count for the centre only.
    """

    __tablename__ = "reminder_policy"
    __table_args__ = (
        UniqueConstraint("centre_id", "programme_id"),
        # Empty values are never equal to each other, so the centre's own row needs an index of its own.
        Index(
            "ix_reminder_policy_centre",
            "centre_id",
            unique=True,
            sqlite_where=text("programme_id IS NULL"),
            postgresql_where=text("programme_id IS NULL"),
        ),
    )

    programme_id: Mapped[int | None] = mapped_column(ForeignKey("programme.id", ondelete="CASCADE"))
    active: Mapped[bool] = mapped_column(default=True)
    steps: Mapped[list[Any]] = mapped_column(default=list)
    quiet_from: Mapped[time]
    quiet_until: Mapped[time]
    digest: Mapped[bool] = mapped_column(default=True)
    holidays: Mapped[str] = mapped_column(String(8), default="shift")
    missed_you: Mapped[bool] = mapped_column(default=False)
    satisfaction_weeks: Mapped[int] = mapped_column(default=0)
    most_per_day: Mapped[int] = mapped_column(default=3)
    household: Mapped[bool] = mapped_column(default=True)
    change_days: Mapped[int] = mapped_column(default=14)
    budget_eur_cents: Mapped[int | None]
    prices: Mapped[dict[str, Any]] = mapped_column(default=dict)

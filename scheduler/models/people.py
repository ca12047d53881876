"""Participants, staff, volunteers and interpreters, and when each of them can be there."""

from __future__ import annotations

from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.db import Base, CentreOwned, Versioned


class StaffKind(StrEnum):
    """Who somebody is to the planner; the values are those of ``solver.problem.StaffKind``."""

    STAFF = "staff"
    VOLUNTEER = "volunteer"
    INTERPRETER = "interpreter"
    HOST = "host"


class StaffMember(CentreOwned, Versioned, Base):
    """Someone who leads, accompanies, interprets or hosts."""

    __tablename__ = "staff_member"

    kind: Mapped[StaffKind] = mapped_column(String(20), default=StaffKind.STAFF)
    first_name: Mapped[str] = mapped_column(String(80))
    last_name: Mapped[str] = mapped_column(String(80), default="")
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(20))
    skills: Mapped[list[str]] = mapped_column(default=list)
    languages: Mapped[list[str]] = mapped_column(default=list)
    municipalities: Mapped[list[str]] = mapped_column(default=list)
    contract_minutes_week: Mapped[int | None]
    max_minutes_day: Mapped[int | None]
    break_minutes: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


class Participant(CentreOwned, Versioned, Base):
    """A person the centre plans for.

    ``languages`` are ISO 639 codes, the mother tongue first; ``message_language`` is the one
    for messages. Levels are indices into ``solver.problem.LEVELS``. ``opt_outs`` name activities
    or themes. ``site_ids`` are the sites that can be reached (``None``: all). ``earliest`` and
    ``latest`` bound every day. ``eu_national`` is for the funder's report only (``None``: unknown).
    """

    __tablename__ = "participant"
    __table_args__ = (
        UniqueConstraint("centre_id", "reference"),
        Index("ix_participant_centre_name", "centre_id", "last_name", "first_name"),
        CheckConstraint("level_spoken BETWEEN 0 AND 6 AND level_written BETWEEN 0 AND 6", name="levels"),
    )

    reference: Mapped[str | None] = mapped_column(String(40))
    first_name: Mapped[str] = mapped_column(String(80))
    last_name: Mapped[str] = mapped_column(String(80), default="")
    birth_date: Mapped[date | None]
    phone: Mapped[str | None] = mapped_column(String(20))
    email: Mapped[str | None] = mapped_column(String(254))
    municipality: Mapped[str] = mapped_column(String(80), default="")
    languages: Mapped[list[str]] = mapped_column(default=list)
    message_language: Mapped[str] = mapped_column(String(5), default="fr")
    level_spoken: Mapped[int] = mapped_column(default=0)
    level_written: Mapped[int] = mapped_column(default=0)
    reads_little: Mapped[bool] = mapped_column(default=False)
    eu_national: Mapped[bool | None]
    started_on: Mapped[date | None]
    brings_children: Mapped[bool] = mapped_column(default=False)
    needs_interpreter: Mapped[bool] = mapped_column(default=False)
    opt_outs: Mapped[list[str]] = mapped_column(default=list)
    preferred_activities: Mapped[list[str]] = mapped_column(default=list)
    preferred_site_ids: Mapped[list[Any]] = mapped_column(default=list)
    site_ids: Mapped[list[Any] | None]
    earliest: Mapped[time | None]
    latest: Mapped[time | None]
    max_minutes_day: Mapped[int | None]
    max_days_week: Mapped[int | None]
    project: Mapped[str | None] = mapped_column(String(60))
    referent_id: Mapped[int | None] = mapped_column(
        ForeignKey("staff_member.id", ondelete="SET NULL"), index=True
    )
    consent_sharing_at: Mapped[datetime | None]
    note: Mapped[str] = mapped_column(String(1000), default="")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]

    referent: Mapped[StaffMember | None] = relationship()

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


class LevelChange(CentreOwned, Base):
    """The levels of a participant before and after a day on which one of them changed."""

    __tablename__ = "level_change"
    __table_args__ = (Index("ix_level_change_participant_day", "participant_id", "changed_on"),)

    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"))
    changed_on: Mapped[date]
    spoken_before: Mapped[int]
    spoken_after: Mapped[int]
    written_before: Mapped[int]
    written_after: Mapped[int]


class PairRule(CentreOwned, Base):
    """Two participants who come together, or never to the same session."""

    __tablename__ = "pair_rule"
    __table_args__ = (
        UniqueConstraint("participant_a_id", "participant_b_id"),
        CheckConstraint("kind IN ('together', 'apart')", name="kind"),
    )

    kind: Mapped[str] = mapped_column(String(10))
    participant_a_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"))
    participant_b_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"))


class _Owned:
    """Columns of a row that says when one person or room can or cannot be there."""

    staff_id: Mapped[int | None] = mapped_column(
        ForeignKey("staff_member.id", ondelete="CASCADE"), index=True
    )
    room_id: Mapped[int | None] = mapped_column(ForeignKey("room.id", ondelete="CASCADE"), index=True)
    participant_id: Mapped[int | None] = mapped_column(
        ForeignKey("participant.id", ondelete="CASCADE"), index=True
    )


_ONE_OWNER = (
    "(CASE WHEN staff_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN room_id IS NULL THEN 0 ELSE 1 END)"
    " + (CASE WHEN participant_id IS NULL THEN 0 ELSE 1 END) = 1"
)


class Availability(CentreOwned, _Owned, Base):
    """Weekly hours, local wall time, weekday 0 a Monday.

    For staff and rooms the rows are when they are available (no row: always). For participants
    they are when the person is busy every week (child care, work).
    """

    __tablename__ = "availability"
    __table_args__ = (
        CheckConstraint(_ONE_OWNER, name="one_owner"),
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("starts < ends", name="order"),
    )

    weekday: Mapped[int]
    starts: Mapped[time]
    ends: Mapped[time]
    valid_from: Mapped[date | None]
    valid_until: Mapped[date | None]
    label: Mapped[str] = mapped_column(String(80), default="")


class BusyPeriod(CentreOwned, _Owned, Base):
    """A single time at which a person or room is not available: leave, illness, an appointment."""

    __tablename__ = "busy_period"
    __table_args__ = (
        CheckConstraint(_ONE_OWNER, name="one_owner"),
        CheckConstraint("starts_at < ends_at", name="order"),
    )

    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    label: Mapped[str] = mapped_column(String(80), default="")
    source: Mapped[str] = mapped_column(String(20), default="manual")

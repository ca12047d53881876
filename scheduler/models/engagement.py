"""What staff and volunteers settle by themselves: places given back, and meetings of mentors."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.db import Base, CentreOwned, Versioned
from scheduler.models.people import StaffMember
from scheduler.models.programme import MentoringPair


class SlotState(StrEnum):
    """What became of a place that its holder gave back."""

    OPEN = "open"
    TAKEN = "taken"
    KEPT = "kept"


class SlotReturn(CentreOwned, Versioned, Base):
    """A role of a session that its holder can no longer fill.

    The plan is not changed by it: until somebody takes the place (``taken``) or the holder keeps it
    after all (``kept``), the holder stays the one who is named. Sessions are known by ``uid``, the
    same in every version.
    """

    __tablename__ = "slot_return"
    __table_args__ = (Index("ix_slot_return_session", "centre_id", "session_uid"),)

    session_uid: Mapped[str] = mapped_column(String(36))
    role: Mapped[str] = mapped_column(String(40))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_member.id", ondelete="CASCADE"), index=True)
    taken_by_id: Mapped[int | None] = mapped_column(ForeignKey("staff_member.id", ondelete="SET NULL"))
    state: Mapped[SlotState] = mapped_column(String(10), default=SlotState.OPEN)
    reason: Mapped[str] = mapped_column(String(200), default="")
    returned_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]

    staff: Mapped[StaffMember] = relationship(foreign_keys=staff_id)


class MeetingState(StrEnum):
    """Life of a meeting of a mentor and their person."""

    PROPOSED = "proposed"
    HELD = "held"
    CANCELLED = "cancelled"


class MentoringMeeting(CentreOwned, Versioned, Base):
    """A meeting that a pair agrees on by itself; ``minutes`` are those really spent together.

    ``uid`` names it in calendars, ``changed_at`` is when it was last changed.
    """

    __tablename__ = "mentoring_meeting"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="order"),
        CheckConstraint("minutes >= 0", name="minutes"),
    )

    uid: Mapped[str] = mapped_column(String(36), default=lambda: str(uuid4()))
    changed_at: Mapped[datetime]
    pair_id: Mapped[int] = mapped_column(ForeignKey("mentoring_pair.id", ondelete="CASCADE"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    place: Mapped[str] = mapped_column(String(120), default="")
    state: Mapped[MeetingState] = mapped_column(String(10), default=MeetingState.PROPOSED)
    minutes: Mapped[int] = mapped_column(default=0)
    recorded_at: Mapped[datetime | None]

    pair: Mapped[MentoringPair] = relationship()

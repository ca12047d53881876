"""What really happened: answers given beforehand, marks at the door, and what follows from them.

Rows name sessions by ``session_uid``, the id that stays the same in every version of the plan, so
that a new version never loses a mark.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.db import Base, CentreOwned, Versioned
from scheduler.models.people import Participant


class AttendanceState(StrEnum):
    """How a person attended; ``UNMARKED`` takes a mark back."""

    UNMARKED = "unmarked"
    PRESENT = "present"
    LATE = "late"
    LEFT_EARLY = "left_early"
    EXCUSED = "excused"
    ABSENT = "absent"


class Answer(StrEnum):
    """What a person said before a session."""

    COMING = "coming"
    NOT_COMING = "not_coming"
    CALL_ME = "call_me"


class AbsenceReason(CentreOwned, Base):
    """A reason a centre accepts or records; ``excused`` reasons do not count as missed."""

    __tablename__ = "absence_reason"
    __table_args__ = (UniqueConstraint("centre_id", "key"),)

    key: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(80))
    excused: Mapped[bool] = mapped_column(default=True)
    needs_certificate: Mapped[bool] = mapped_column(default=False)
    position: Mapped[int] = mapped_column(default=0)
    active: Mapped[bool] = mapped_column(default=True)


class AttendanceRecord(CentreOwned, Versioned, Base):
    """The present state of one person in one session; the marks are its history.

    When, what and where are copied from the session as it was when it was first answered or
    marked, so that reports need no version of the plan. ``attended_minutes`` are what legal
    counters add up. ``marked_at`` is by our clock; ``marked_device_at`` is the same instant by the
    clock of the device, which alone tells the order of two taps on it.
    """

    __tablename__ = "attendance_record"
    __table_args__ = (
        UniqueConstraint("centre_id", "session_uid", "participant_id"),
        Index("ix_attendance_record_centre_starts", "centre_id", "starts_at"),
        CheckConstraint("attended_minutes >= 0", name="minutes"),
    )

    session_uid: Mapped[str] = mapped_column(String(36))
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"), index=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"))
    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id"))
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    state: Mapped[AttendanceState] = mapped_column(String(12), default=AttendanceState.UNMARKED)
    attended_minutes: Mapped[int] = mapped_column(default=0)
    reason_id: Mapped[int | None] = mapped_column(ForeignKey("absence_reason.id", ondelete="SET NULL"))
    walk_in: Mapped[bool] = mapped_column(default=False)
    answer: Mapped[Answer | None] = mapped_column(String(12))
    answer_reason: Mapped[str] = mapped_column(String(200), default="")
    answered_at: Mapped[datetime | None]
    marked_at: Mapped[datetime | None]
    marked_device: Mapped[str] = mapped_column(String(36), default="")
    marked_device_at: Mapped[datetime | None]

    participant: Mapped[Participant] = relationship()
    reason: Mapped[AbsenceReason | None] = relationship()
    marks: Mapped[list[AttendanceMark]] = relationship(
        back_populates="record", cascade="all, delete-orphan", order_by="AttendanceMark.marked_at"
    )


class AttendanceMark(CentreOwned, Base):
    """One tap: append-only. ``key`` is made by the device, so that a tap sent twice counts once.

    ``marked_at`` is the device's instant corrected by its clock's error, ``received_at`` ours.
    ``source`` is ``roll_call``, ``code``, ``card``, ``certificate``, ``answer`` or ``import``.
    """

    __tablename__ = "attendance_mark"
    __table_args__ = (UniqueConstraint("centre_id", "key"),)

    record_id: Mapped[int] = mapped_column(ForeignKey("attendance_record.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(String(40))
    state: Mapped[AttendanceState] = mapped_column(String(12))
    attended_minutes: Mapped[int]
    reason_id: Mapped[int | None] = mapped_column(ForeignKey("absence_reason.id", ondelete="SET NULL"))
    source: Mapped[str] = mapped_column(String(12))
    marked_at: Mapped[datetime]
    received_at: Mapped[datetime]
    marked_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))

    record: Mapped[AttendanceRecord] = relationship(back_populates="marks")


class OutsideAttendance(CentreOwned, Base):
    """Minutes attended elsewhere, from a list of the French school for one."""

    __tablename__ = "outside_attendance"
    __table_args__ = (
        UniqueConstraint("participant_id", "counter", "on_date", "source"),
        CheckConstraint("minutes > 0", name="minutes"),
    )

    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"), index=True)
    counter: Mapped[str] = mapped_column(String(40))
    on: Mapped[date] = mapped_column("on_date")
    minutes: Mapped[int]
    source: Mapped[str] = mapped_column(String(80), default="")


class Certificate(CentreOwned, Base):
    """A certificate of absence, kept outside the web root until ``delete_after``."""

    __tablename__ = "certificate"

    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    file_name: Mapped[str] = mapped_column(String(80))
    media_type: Mapped[str] = mapped_column(String(40))
    uploaded_at: Mapped[datetime]
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    delete_after: Mapped[date]


class WatchRule(CentreOwned, Versioned, Base):
    """When to look after somebody: ``missed`` unexcused in a row, or a share missed in ``days``."""

    __tablename__ = "watch_rule"
    __table_args__ = (CheckConstraint("kind IN ('in_a_row', 'share')", name="kind"),)

    kind: Mapped[str] = mapped_column(String(10))
    missed: Mapped[int] = mapped_column(default=3)
    percent: Mapped[int] = mapped_column(default=50)
    days: Mapped[int] = mapped_column(default=30)
    active: Mapped[bool] = mapped_column(default=True)


class Task(CentreOwned, Versioned, Base):
    """Something a worker should do for a person; a person decides its outcome, never a rule."""

    __tablename__ = "task"
    __table_args__ = (Index("ix_task_centre_state", "centre_id", "state"),)

    kind: Mapped[str] = mapped_column(String(20))
    participant_id: Mapped[int | None] = mapped_column(
        ForeignKey("participant.id", ondelete="CASCADE"), index=True
    )
    session_uid: Mapped[str | None] = mapped_column(String(36))
    assigned_to_id: Mapped[int | None] = mapped_column(
        ForeignKey("staff_member.id", ondelete="SET NULL"), index=True
    )
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(String(10), default="open")
    outcome: Mapped[str] = mapped_column(String(40), default="")
    note: Mapped[str] = mapped_column(String(500), default="")
    due_on: Mapped[date | None]
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))

    participant: Mapped[Participant | None] = relationship()

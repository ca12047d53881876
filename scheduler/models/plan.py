"""Plans and their versions: sessions, leaders, who is expected, and the runs that made them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import uuid4

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from scheduler.db import Base, CentreOwned, Versioned
from scheduler.models.people import Participant, StaffMember
from scheduler.models.places import Room, Site
from scheduler.models.programme import Activity


class PlanState(StrEnum):
    """A draft can change; a published version never does; a newer one replaces it."""

    DRAFT = "draft"
    PUBLISHED = "published"
    SUPERSEDED = "superseded"
    DISCARDED = "discarded"


class Plan(CentreOwned, Versioned, Base):
    """One version of a centre's plan, for the days ``first_day`` to ``last_day`` inclusive.

    Of the published versions that cover a day, the one with the highest ``publication`` is in
    force on it: see ``scheduler.in_force``. ``basis`` is the centre's last publication when the
    draft was made. ``terms``, ``unmet``, ``overridden`` are what the judge found when the plan was
    last stored; ``bound`` holds for the plan as solved and is dropped by a hand edit.
    """

    __tablename__ = "plan"
    __table_args__ = (
        UniqueConstraint("centre_id", "number"),
        UniqueConstraint("centre_id", "publication"),
        CheckConstraint("first_day <= last_day", name="order"),
    )

    number: Mapped[int]
    publication: Mapped[int | None]
    basis: Mapped[int] = mapped_column(default=0)
    state: Mapped[PlanState] = mapped_column(String(12), default=PlanState.DRAFT)
    first_day: Mapped[date]
    last_day: Mapped[date]
    based_on_id: Mapped[int | None] = mapped_column(ForeignKey("plan.id", ondelete="SET NULL"))
    run_id: Mapped[int | None] = mapped_column(ForeignKey("plan_run.id", ondelete="SET NULL"))
    objective: Mapped[int] = mapped_column(default=0)
    full_value: Mapped[int] = mapped_column(default=0)
    bound: Mapped[int | None]
    terms: Mapped[dict[str, Any]] = mapped_column(default=dict)
    unmet: Mapped[list[Any]] = mapped_column(default=list)
    overridden: Mapped[list[Any]] = mapped_column(default=list)
    created_at: Mapped[datetime]
    published_at: Mapped[datetime | None]
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))

    sessions: Mapped[list[GroupSession]] = relationship(
        back_populates="plan", cascade="all, delete-orphan", order_by="GroupSession.starts_at"
    )


class GroupSession(CentreOwned, Versioned, Base):
    """A session in one version of the plan.

    ``uid`` is the same in every version for the life of the session; ``sequence`` grows and
    ``changed_at`` moves when it really changes (RFC 5545). ``day`` is the local date of the start.
    ``locked`` keeps it where it is when the plan is made again. ``withdrawn`` marks a session that
    was cancelled because a newer plan does without it, not because of an incident. ``overrides``
    are hard rules that a person knowingly broke for it.
    """

    __tablename__ = "group_session"
    __table_args__ = (
        UniqueConstraint("plan_id", "uid"),
        CheckConstraint("starts_at < ends_at", name="order"),
        Index("ix_group_session_centre_starts", "centre_id", "starts_at"),
        Index("ix_group_session_centre_day", "centre_id", "day"),
    )

    kind: Mapped[str] = mapped_column(String(12), default="group")
    plan_id: Mapped[int] = mapped_column(ForeignKey("plan.id", ondelete="CASCADE"))
    uid: Mapped[str] = mapped_column(String(36), default=lambda: str(uuid4()), index=True)
    sequence: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime]
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id"), index=True)
    cohort_id: Mapped[int | None] = mapped_column(ForeignKey("cohort.id", ondelete="SET NULL"))
    day: Mapped[date]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id"))
    room_id: Mapped[int | None] = mapped_column(ForeignKey("room.id"))
    language: Mapped[str | None] = mapped_column(String(5))
    locked: Mapped[bool] = mapped_column(default=False)
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str] = mapped_column(String(200), default="")
    withdrawn: Mapped[bool] = mapped_column(default=False)
    overrides: Mapped[list[str]] = mapped_column(default=list)

    plan: Mapped[Plan] = relationship(back_populates="sessions")
    activity: Mapped[Activity] = relationship()
    site: Mapped[Site] = relationship()
    room: Mapped[Room | None] = relationship()
    leaders: Mapped[list[SessionLeader]] = relationship(
        back_populates="session", cascade="all, delete-orphan"
    )
    attendances: Mapped[list[Attendance]] = relationship(
        back_populates="session", cascade="all, delete-orphan"
    )

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        # Arguments of its own would otherwise take the place of those that Versioned gives.
        args: dict[str, Any] = super().__mapper_args__
        return {**args, "polymorphic_on": "kind", "polymorphic_identity": "group"}


class Appointment(GroupSession):
    """A session with exactly one participant: an interview, a mentoring meeting."""

    __mapper_args__ = {"polymorphic_identity": "appointment"}


class SessionLeader(CentreOwned, Base):
    """Somebody in a role of a session."""

    __tablename__ = "session_leader"
    __table_args__ = (UniqueConstraint("session_id", "role", "staff_id"),)

    session_id: Mapped[int] = mapped_column(ForeignKey("group_session.id", ondelete="CASCADE"))
    role: Mapped[str] = mapped_column(String(40))
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_member.id"), index=True)

    session: Mapped[GroupSession] = relationship(back_populates="leaders")
    staff: Mapped[StaffMember] = relationship()


class Attendance(CentreOwned, Base):
    """A participant expected in a session. ``locked`` keeps the person in, ``excluded`` keeps them out."""

    __tablename__ = "attendance"
    __table_args__ = (
        UniqueConstraint("session_id", "participant_id"),
        CheckConstraint("NOT (locked AND excluded)", name="lock"),
    )

    session_id: Mapped[int] = mapped_column(ForeignKey("group_session.id", ondelete="CASCADE"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    subgroup: Mapped[int | None]
    locked: Mapped[bool] = mapped_column(default=False)
    excluded: Mapped[bool] = mapped_column(default=False)

    session: Mapped[GroupSession] = relationship(back_populates="attendances")
    participant: Mapped[Participant] = relationship()


class RunState(StrEnum):
    """Life of a planning run."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


class PlanRun(CentreOwned, Base):
    """One request to plan: its settings, progress and outcome.

    ``problem`` is the gzip of the JSON problem, so that a run can be repeated exactly.
    ``progress`` is a list of ``{elapsed_s, objective, bound, gap}``; the last is current.
    ``base_plan_id`` is the draft whose locks it starts from, if any; no foreign key, since plans
    refer to runs.
    """

    __tablename__ = "plan_run"
    __table_args__ = (Index("ix_plan_run_state", "state", "queued_at"),)

    state: Mapped[RunState] = mapped_column(String(12), default=RunState.QUEUED)
    first_day: Mapped[date]
    weeks: Mapped[int]
    time_limit_s: Mapped[int]
    seed: Mapped[int] = mapped_column(default=1)
    base_plan_id: Mapped[int | None]
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    queued_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    heartbeat_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    cancel_requested: Mapped[bool] = mapped_column(default=False)
    worker: Mapped[str | None] = mapped_column(String(80))
    progress: Mapped[list[Any]] = mapped_column(default=list)
    problem: Mapped[bytes | None] = mapped_column(LargeBinary)
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str | None] = mapped_column(String(500))

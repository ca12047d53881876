"""Programmes: their phases, activities, demands and rules, and who is in them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.db import Base, CentreOwned, Versioned
from scheduler.models.people import Participant, StaffMember


class Programme(CentreOwned, Versioned, Base):
    """A path that people follow, made from a programme file or by hand.

    ``counters`` are the legal counters (``key``, ``name``, ``target_minutes``, ``activities`` that
    feed it, ``outside`` when it is also fed from elsewhere); ``rules`` are the statements that guide
    people rather than the planner (``key``, ``kind`` of ``scheduler.programmes.rule_kinds``,
    ``params``, ``text``, ``source``), shown to staff and used by enrolment and reports; ``equipment``
    the pools it counts on (``key``, ``units``).
    ``translations`` holds the names in other languages: ``{"nl": {"name": ...}}``, on phases,
    activities and demand rules too. ``origin_digest`` is that of the file as it was installed: while
    the programme still has it, nobody changed it by hand.
    """

    __tablename__ = "programme"
    __table_args__ = (UniqueConstraint("centre_id", "key"),)

    key: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))
    neutral_name: Mapped[str] = mapped_column(String(120), default="")
    summary: Mapped[str] = mapped_column(String(1000), default="")
    source: Mapped[str] = mapped_column(String(300), default="")
    counters: Mapped[list[Any]] = mapped_column(default=list)
    rules: Mapped[list[Any]] = mapped_column(default=list)
    equipment: Mapped[list[Any]] = mapped_column(default=list)
    translations: Mapped[dict[str, Any]] = mapped_column(default=dict)
    active: Mapped[bool] = mapped_column(default=True)
    origin_digest: Mapped[str] = mapped_column(String(64), default="")
    installed_at: Mapped[datetime | None]

    phases: Mapped[list[Phase]] = relationship(
        back_populates="programme", cascade="all, delete-orphan", order_by="Phase.position"
    )
    activities: Mapped[list[Activity]] = relationship(
        back_populates="programme", cascade="all, delete-orphan", order_by="Activity.position"
    )
    demand_rules: Mapped[list[DemandRule]] = relationship(
        back_populates="programme", cascade="all, delete-orphan", order_by="DemandRule.position"
    )
    orders: Mapped[list[ActivityOrder]] = relationship(
        cascade="all, delete-orphan", order_by="ActivityOrder.id"
    )
    cohorts: Mapped[list[Cohort]] = relationship(back_populates="programme", cascade="all, delete-orphan")


class Phase(CentreOwned, Base):
    """A stretch of a programme; ``weeks`` is its usual length, empty when it has none.

    ``before_enrolment`` marks what comes before somebody is really enrolled: intake, trial week.
    """

    __tablename__ = "phase"
    __table_args__ = (UniqueConstraint("programme_id", "key"),)

    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(120))
    position: Mapped[int] = mapped_column(default=0)
    weeks: Mapped[int | None]
    before_enrolment: Mapped[bool] = mapped_column(default=False)
    translations: Mapped[dict[str, Any]] = mapped_column(default=dict)

    programme: Mapped[Programme] = relationship(back_populates="phases")


class Activity(CentreOwned, Versioned, Base):
    """Something sessions are held of; the columns mirror ``solver.problem.Activity``.

    ``times`` is a list of ``{"weekdays": [0..6], "starts": ["09:00", ...]}``; ``roles`` a list of
    the fields of ``solver.problem.Role``; ``equipment`` a list of ``{"equipment": key, "units": n}``.
    ``site_names`` empty means every site of the centre that is not outside; it may hold names of
    sites and the words ``@inside``, ``@main``, ``@outposts``, ``@outside``, which
    ``scheduler.programmes.places.sites_of`` resolves. ``per_cohort`` makes one copy of the activity
    for every running cohort when a problem is built. ``lead_days`` is how long before it must be
    decided (approval). ``pause_minutes`` are part of the duration. ``file_needed`` says whether a
    person needs a file to take part (``none``, ``optional``, ``always``); ``funder`` who pays for it.
    """

    __tablename__ = "activity"
    __table_args__ = (
        UniqueConstraint("programme_id", "key"),
        CheckConstraint("duration_minutes > 0", name="duration"),
        CheckConstraint("seats_min >= 0 AND seats_min <= seats_max", name="seats"),
    )

    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(120))
    neutral_name: Mapped[str] = mapped_column(String(120), default="")
    description: Mapped[str] = mapped_column(String(1000), default="")
    outline: Mapped[list[str]] = mapped_column(default=list)
    pictogram: Mapped[str] = mapped_column(String(40), default="")
    position: Mapped[int] = mapped_column(default=0)
    kind: Mapped[str] = mapped_column(String(20))
    active: Mapped[bool] = mapped_column(default=True)
    duration_minutes: Mapped[int]
    pause_minutes: Mapped[int] = mapped_column(default=0)
    times: Mapped[list[Any]] = mapped_column(default=list)
    period_weeks: Mapped[int] = mapped_column(default=1)
    sessions_min: Mapped[int] = mapped_column(default=0)
    sessions_max: Mapped[int] = mapped_column(default=1)
    pattern: Mapped[str] = mapped_column(String(20), default="free")
    run_length: Mapped[int] = mapped_column(default=0)
    min_days_between: Mapped[int] = mapped_column(default=0)
    max_parallel: Mapped[int] = mapped_column(default=1)
    lead_days: Mapped[int] = mapped_column(default=0)
    seats_min: Mapped[int] = mapped_column(default=0)
    seats_max: Mapped[int] = mapped_column(default=15)
    individual: Mapped[bool] = mapped_column(default=False)
    drop_in: Mapped[bool] = mapped_column(default=False)
    block: Mapped[bool] = mapped_column(default=False)
    per_cohort: Mapped[bool] = mapped_column(default=False)
    site_names: Mapped[list[str]] = mapped_column(default=list)
    needs_room: Mapped[bool] = mapped_column(default=True)
    room_features: Mapped[list[str]] = mapped_column(default=list)
    roles: Mapped[list[Any]] = mapped_column(default=list)
    equipment: Mapped[list[Any]] = mapped_column(default=list)
    level_spoken_min: Mapped[int] = mapped_column(default=0)
    level_spoken_max: Mapped[int] = mapped_column(default=6)
    level_written_min: Mapped[int] = mapped_column(default=0)
    level_written_max: Mapped[int] = mapped_column(default=6)
    language_groups: Mapped[bool] = mapped_column(default=False)
    subgroup_min: Mapped[int | None]
    subgroup_max: Mapped[int | None]
    themes: Mapped[list[str]] = mapped_column(default=list)
    sensitive: Mapped[bool] = mapped_column(default=False)
    children_welcome: Mapped[bool] = mapped_column(default=False)
    with_mentor: Mapped[bool] = mapped_column(default=False)
    mix: Mapped[bool] = mapped_column(default=False)
    balance: Mapped[bool] = mapped_column(default=False)
    continuity: Mapped[bool] = mapped_column(default=False)
    file_needed: Mapped[str] = mapped_column(String(10), default="always")
    funder: Mapped[str] = mapped_column(String(40), default="")
    translations: Mapped[dict[str, Any]] = mapped_column(default=dict)

    programme: Mapped[Programme] = relationship(back_populates="activities")


class ActivityOrder(CentreOwned, Base):
    """``solver.problem.Order`` between two activities of a programme."""

    __tablename__ = "activity_order"

    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(String(20))
    first_key: Mapped[str] = mapped_column(String(60))
    second_key: Mapped[str] = mapped_column(String(60))


class DemandRule(CentreOwned, Base):
    """What everybody in a programme, or in one of its phases, needs.

    ``conditions`` narrows it, as ``scheduler.programmes.matching.applies`` reads it:
    ``level_spoken`` and ``level_written`` as ``[lo, hi]``, ``newcomer`` and ``brings_children`` as
    booleans, ``languages`` as codes, ``projects`` as words, ``without_project`` (none of the
    programme's project groups is theirs), ``interested`` (the person asked for one of the
    activities) and ``mentored`` (the person has a mentor). ``after_weeks`` and ``until_weeks`` bound
    it by the weeks a person has been enrolled. ``counter_key`` names a counter that ends the demand
    when it is full. ``staff_from`` narrows who leads appointments: ``referent`` or ``territory``
    (those who cover the person's municipality).
    """

    __tablename__ = "demand_rule"
    __table_args__ = (UniqueConstraint("programme_id", "key"),)

    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(60))
    label: Mapped[str] = mapped_column(String(200), default="")
    position: Mapped[int] = mapped_column(default=0)
    phase_keys: Mapped[list[str]] = mapped_column(default=list)
    activity_keys: Mapped[list[str]] = mapped_column(default=list)
    unit: Mapped[str] = mapped_column(String(10), default="sessions")
    period_weeks: Mapped[int] = mapped_column(default=1)
    min: Mapped[int] = mapped_column(default=0)
    target: Mapped[int] = mapped_column(default=1)
    max: Mapped[int | None]
    max_per_week: Mapped[int | None]
    gap_days: Mapped[int] = mapped_column(default=0)
    weight: Mapped[int] = mapped_column(default=10)
    legal: Mapped[bool] = mapped_column(default=False)
    conditions: Mapped[dict[str, Any]] = mapped_column(default=dict)
    after_weeks: Mapped[int | None]
    until_weeks: Mapped[int | None]
    counter_key: Mapped[str | None] = mapped_column(String(40))
    staff_from: Mapped[str] = mapped_column(String(12), default="")
    translations: Mapped[dict[str, Any]] = mapped_column(default=dict)

    programme: Mapped[Programme] = relationship(back_populates="demand_rules")


class Cohort(CentreOwned, Versioned, Base):
    """A group of a programme that stays together between two dates."""

    __tablename__ = "cohort"
    __table_args__ = (UniqueConstraint("programme_id", "name"),)

    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(80))
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]
    seats_max: Mapped[int | None]

    programme: Mapped[Programme] = relationship(back_populates="cohorts")
    members: Mapped[list[CohortMember]] = relationship(cascade="all, delete-orphan")


class CohortMember(CentreOwned, Base):
    """A participant in a cohort."""

    __tablename__ = "cohort_member"
    __table_args__ = (UniqueConstraint("cohort_id", "participant_id"),)

    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohort.id", ondelete="CASCADE"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"), index=True)


class EnrolmentStatus(StrEnum):
    """Where somebody stands in a programme; only trial and active people are planned."""

    WAITING = "waiting"
    TRIAL = "trial"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class Enrolment(CentreOwned, Versioned, Base):
    """A participant in a programme, in one of its phases."""

    __tablename__ = "enrolment"
    __table_args__ = (UniqueConstraint("programme_id", "participant_id"),)

    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id", ondelete="CASCADE"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"), index=True)
    phase_id: Mapped[int | None] = mapped_column(ForeignKey("phase.id", ondelete="SET NULL"))
    status: Mapped[EnrolmentStatus] = mapped_column(String(10), default=EnrolmentStatus.ACTIVE)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]

    programme: Mapped[Programme] = relationship()
    participant: Mapped[Any] = relationship("Participant")
    phase: Mapped[Phase | None] = relationship()


class PathCounter(CentreOwned, Base):
    """Minutes of a legal counter that a person brought along from before or from elsewhere."""

    __tablename__ = "path_counter"
    __table_args__ = (UniqueConstraint("programme_id", "participant_id", "key"),)

    programme_id: Mapped[int] = mapped_column(ForeignKey("programme.id", ondelete="CASCADE"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"), index=True)
    key: Mapped[str] = mapped_column(String(40))
    prior_minutes: Mapped[int] = mapped_column(default=0)


class MentoringPair(CentreOwned, Base):
    """A volunteer mentor and the participant they accompany."""

    __tablename__ = "mentoring_pair"
    __table_args__ = (UniqueConstraint("participant_id", "mentor_id"),)

    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"))
    mentor_id: Mapped[int] = mapped_column(ForeignKey("staff_member.id", ondelete="CASCADE"), index=True)
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]

    participant: Mapped[Participant] = relationship()
    mentor: Mapped[StaffMember] = relationship()

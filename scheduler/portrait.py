"""Everything the centre knows about one participant, for their page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from scheduler.in_force import days_in_force, holds
from scheduler.models import (
    Activity,
    Attendance,
    Availability,
    BusyPeriod,
    Cohort,
    CohortMember,
    Course,
    CourseEnrolment,
    Enrolment,
    GroupSession,
    MentoringPair,
    Participant,
    PathCounter,
    Programme,
    SessionLeader,
    Site,
    StaffMember,
)
from scheduler.pairs import PairOf, pairs_of
from scheduler.weekly import busy_periods, weekly_rows

MOST_COMING = 12


@dataclass(frozen=True, slots=True)
class Counter:
    """A legal counter of a programme and the minutes brought along from elsewhere."""

    programme_id: int
    programme: str
    key: str
    name: str
    prior_minutes: int
    target_minutes: int


@dataclass(frozen=True, slots=True)
class Portrait:
    """What hangs on one person, read in a constant number of queries."""

    enrolments: list[Enrolment]
    courses: list[CourseEnrolment]
    busy_hours: list[Availability]
    absences: list[BusyPeriod]
    pairs: list[PairOf]
    groups: list[Cohort]
    mentors: list[StaffMember]
    counters: list[Counter]
    coming: list[GroupSession]
    preferred: list[str]
    avoided: list[str]
    reachable: list[str] | None
    preferred_sites: list[str]


def portrait(session: Session, person: Participant, today: date, now: datetime) -> Portrait:
    """Read everything about a participant."""
    enrolments = list(
        session.scalars(
            select(Enrolment)
            .join(Programme, Programme.id == Enrolment.programme_id)
            .where(Enrolment.participant_id == person.id)
            .options(joinedload(Enrolment.programme), joinedload(Enrolment.phase))
            .order_by(Programme.name)
        )
    )
    courses = list(
        session.scalars(
            select(CourseEnrolment)
            .join(Course, Course.id == CourseEnrolment.course_id)
            .where(CourseEnrolment.participant_id == person.id)
            .options(joinedload(CourseEnrolment.course).selectinload(Course.meetings))
            .order_by(Course.ends_on.desc(), Course.id)
        )
    )
    groups = list(
        session.scalars(
            select(Cohort)
            .join(CohortMember, CohortMember.cohort_id == Cohort.id)
            .where(CohortMember.participant_id == person.id)
            .options(joinedload(Cohort.programme))
            .order_by(Cohort.name)
        )
    )
    mentors = list(
        session.scalars(
            select(StaffMember)
            .join(MentoringPair, MentoringPair.mentor_id == StaffMember.id)
            .where(
                MentoringPair.participant_id == person.id,
                or_(MentoringPair.ends_on.is_(None), MentoringPair.ends_on >= today),
            )
        )
    )
    names = dict(session.execute(select(Activity.key, Activity.name)).all())
    sites = dict(session.execute(select(Site.id, Site.name).order_by(Site.name)).all())
    return Portrait(
        enrolments=enrolments,
        courses=courses,
        busy_hours=weekly_rows(session, "participant_id", person.id),
        absences=busy_periods(session, "participant_id", person.id, now),
        pairs=pairs_of(session, person),
        groups=groups,
        mentors=mentors,
        counters=_counters(session, person, enrolments),
        coming=coming_sessions(session, person, today, now),
        preferred=[names.get(key, key) for key in person.preferred_activities],
        avoided=[names.get(key, key) for key in person.opt_outs],
        reachable=None
        if person.site_ids is None
        else [sites[each] for each in person.site_ids if each in sites],
        preferred_sites=[sites[each] for each in person.preferred_site_ids if each in sites],
    )


def coming_sessions(session: Session, person: Participant, today: date, now: datetime) -> list[GroupSession]:
    """Return the next sessions in force that a person is expected in, at most twelve."""
    held = days_in_force(session, person.centre_id)
    attended = select(Attendance.session_id).where(
        Attendance.participant_id == person.id, Attendance.excluded.is_(False)
    )
    return list(
        session.scalars(
            select(GroupSession)
            .where(
                holds(held, today, None),
                GroupSession.id.in_(attended),
                GroupSession.ends_at > now,
                GroupSession.cancelled_at.is_(None),
            )
            .options(
                joinedload(GroupSession.activity),
                joinedload(GroupSession.site),
                joinedload(GroupSession.room),
                selectinload(GroupSession.leaders).joinedload(SessionLeader.staff),
            )
            .order_by(GroupSession.starts_at)
            .limit(MOST_COMING)
        )
    )


def _counters(session: Session, person: Participant, enrolments: list[Enrolment]) -> list[Counter]:
    prior = {
        (row.programme_id, row.key): row.prior_minutes
        for row in session.scalars(select(PathCounter).where(PathCounter.participant_id == person.id))
    }
    counters = []
    for enrolment in enrolments:
        counter: dict[str, Any]
        for counter in enrolment.programme.counters:
            key = str(counter["key"])
            counters.append(
                Counter(
                    programme_id=enrolment.programme_id,
                    programme=enrolment.programme.name,
                    key=key,
                    name=str(counter.get("name") or key),
                    prior_minutes=prior.get((enrolment.programme_id, key), 0),
                    target_minutes=int(counter.get("target_minutes") or 0),
                )
            )
    return counters


def set_counters(session: Session, person: Participant, minutes: dict[tuple[int, str], int]) -> None:
    """Write the minutes that a person brought along, by (programme id, key)."""
    known = {
        (row.programme_id, row.key): row
        for row in session.scalars(select(PathCounter).where(PathCounter.participant_id == person.id))
    }
    for (programme_id, key), amount in minutes.items():
        row = known.get((programme_id, key))
        if row is not None:
            row.prior_minutes = amount
        elif amount:
            session.add(
                PathCounter(
                    programme_id=programme_id, participant_id=person.id, key=key, prior_minutes=amount
                )
            )
    session.flush()

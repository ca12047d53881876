"""Everything a problem is made of, read from the database in a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload

from scheduler.holidays_calendar import closures_between
from scheduler.in_force import DaysInForce, days_in_force, holds
from scheduler.mentoring import meetings_between
from scheduler.models import (
    Activity,
    ActivityOrder,
    Attendance,
    AttendanceRecord,
    AttendanceState,
    Availability,
    BusyPeriod,
    Centre,
    Closure,
    Cohort,
    CohortMember,
    Course,
    CourseEnrolment,
    CourseException,
    CourseMeeting,
    DemandRule,
    Enrolment,
    EnrolmentStatus,
    EquipmentPool,
    GroupSession,
    MeetingState,
    MentoringMeeting,
    MentoringPair,
    OutsideAttendance,
    PairRule,
    Participant,
    PathCounter,
    Plan,
    Programme,
    Room,
    Site,
    StaffMember,
    TravelTime,
)
from scheduler.problem_builder.settled import OwnMeeting
from scheduler.session_state import SessionState, load_states
from scheduler.timegrid import TimeGrid, to_wall

Row = TypeVar("Row")

#: How far back meetings that a pair settled by itself still count towards what is asked now.
OWN_MEETINGS = timedelta(weeks=26)

#: Marks of people who were expected and did not come.
MISSED = (AttendanceState.ABSENT, AttendanceState.EXCUSED)


@dataclass(frozen=True, slots=True)
class Attended:
    """One attendance before the horizon: which session, and how long on that day."""

    participant_id: int
    activity_id: int
    cohort_id: int | None
    uid: str
    day: date
    minutes: int


@dataclass(kw_only=True)
class Facts:
    """Rows of one centre around one horizon; lists are in order of id unless said otherwise.

    ``base`` are the sessions planning starts from, ``announced`` those in force in the horizon.
    ``held`` says which version is in force when, ``attended`` who was where before the horizon,
    without those marked absent, ``own_meetings`` what pairs settled by themselves, before and in it.
    """

    centre: Centre
    grid: TimeGrid
    closures: list[Closure]
    sites: list[Site]
    travel: list[TravelTime]
    rooms: list[Room]
    pools: list[EquipmentPool]
    staff: list[StaffMember]
    programmes: list[Programme]
    activities: list[Activity]
    orders: list[ActivityOrder]
    rules: list[DemandRule]
    cohorts: list[Cohort]
    members: list[CohortMember]
    enrolments: list[Enrolment]
    participants: list[Participant]
    pairs: list[PairRule]
    mentoring: list[MentoringPair]
    counters: list[PathCounter]
    outside_minutes: dict[tuple[int, str], int]
    weekly: list[Availability]
    single: list[BusyPeriod]
    course_enrolments: list[CourseEnrolment]
    courses: list[Course]
    meetings: list[CourseMeeting]
    exceptions: list[CourseException]
    held: list[DaysInForce]
    base: list[SessionState]
    announced: list[SessionState]
    attended: list[Attended]
    own_meetings: list[OwnMeeting]


def load_facts(
    session: Session, centre: Centre, grid: TimeGrid, base_plan: Plan | None, also: Collection[int] = ()
) -> Facts:
    """Read the rows that a problem is made of.

    Parameters
    ----------
    base_plan : Plan or None
        The draft to start from; without one, the sessions in force.
    also : collection of int
        Ids of participants to include though no programme plans for them.
    """
    held = days_in_force(session, centre.id, until=grid.last_day)
    ours = GroupSession.centre_id == centre.id
    base = announced = load_states(session, ours, holds(held, grid.first_day, grid.last_day))
    if base_plan is not None:
        inside = GroupSession.day.between(grid.first_day, grid.last_day)
        base = load_states(session, ours, GroupSession.plan_id == base_plan.id, inside)
    both = base + announced
    programmes = _owned(session, Programme, centre, Programme.active)
    activities = list(
        session.scalars(
            select(Activity)
            .join(Activity.programme)
            .where(
                Activity.centre_id == centre.id,
                or_(
                    Activity.active & Programme.active,
                    Activity.id.in_({state.activity_id for state in both} or {0}),
                ),
            )
            .order_by(Activity.id)
        )
    )
    enrolments = _enrolments(session, centre, grid)
    expected = {seat.participant_id for state in both for seat in state.people}
    planned = {row.participant_id for row in enrolments} | expected | set(also)
    courses = _owned(
        session, Course, centre, Course.starts_on <= grid.last_day, Course.ends_on >= grid.first_day
    )
    outside = (
        select(
            OutsideAttendance.participant_id, OutsideAttendance.counter, func.sum(OutsideAttendance.minutes)
        )
        .where(OutsideAttendance.centre_id == centre.id, OutsideAttendance.on < grid.first_day)
        .group_by(OutsideAttendance.participant_id, OutsideAttendance.counter)
    )
    starts_at, ends_at = grid.starts_at, grid.ends_at
    settled = [
        meeting
        for meeting in meetings_between(session, centre.id, starts_at - OWN_MEETINGS, ends_at)
        if meeting.state != MeetingState.CANCELLED
    ]
    return Facts(
        centre=centre,
        grid=grid,
        closures=closures_between(session, centre.id, grid.first_day, grid.last_day),
        sites=_owned(session, Site, centre),
        travel=_owned(session, TravelTime, centre),
        rooms=_owned(session, Room, centre),
        pools=_owned(session, EquipmentPool, centre),
        staff=_owned(session, StaffMember, centre),
        programmes=programmes,
        activities=activities,
        orders=_owned(session, ActivityOrder, centre),
        rules=_owned(session, DemandRule, centre),
        cohorts=_owned(session, Cohort, centre),
        members=_owned(session, CohortMember, centre),
        enrolments=enrolments,
        participants=[row for row in _owned(session, Participant, centre) if row.id in planned],
        pairs=_owned(session, PairRule, centre),
        mentoring=_owned(
            session,
            MentoringPair,
            centre,
            MentoringPair.starts_on <= grid.last_day,
            or_(MentoringPair.ends_on.is_(None), MentoringPair.ends_on >= grid.first_day),
        ),
        counters=_owned(session, PathCounter, centre),
        outside_minutes={(row[0], row[1]): row[2] for row in session.execute(outside)},
        weekly=_owned(
            session,
            Availability,
            centre,
            or_(Availability.valid_from.is_(None), Availability.valid_from <= grid.last_day),
            or_(Availability.valid_until.is_(None), Availability.valid_until >= grid.first_day),
        ),
        single=[
            *_owned(
                session, BusyPeriod, centre, BusyPeriod.starts_at < ends_at, BusyPeriod.ends_at > starts_at
            ),
            *_busy_with_mentoring(x for x in settled if x.ends_at > starts_at),
        ],
        course_enrolments=_owned(session, CourseEnrolment, centre),
        courses=courses,
        meetings=_owned(session, CourseMeeting, centre),
        exceptions=_owned(
            session,
            CourseException,
            centre,
            CourseException.on >= grid.first_day,
            CourseException.on <= grid.last_day,
        ),
        held=held,
        base=base,
        announced=announced,
        attended=_attended(session, centre, grid, held),
        own_meetings=[
            OwnMeeting(
                participant_id=meeting.pair.participant_id,
                day=to_wall(meeting.starts_at, grid.zone)[0],
                minutes=meeting.minutes or int((meeting.ends_at - meeting.starts_at).total_seconds()) // 60,
            )
            for meeting in settled
        ],
    )


def _owned(session: Session, model: type[Row], centre: Centre, *where: Any) -> list[Row]:
    table: Any = model
    query = select(table).where(table.centre_id == centre.id, *where).order_by(table.id)
    return list(session.scalars(query))


def _busy_with_mentoring(meetings: Iterable[MentoringMeeting]) -> Iterator[BusyPeriod]:
    """Yield the times that pairs settled by themselves, for the mentor and for the person."""
    for meeting in meetings:
        when = {"starts_at": meeting.starts_at, "ends_at": meeting.ends_at}
        yield BusyPeriod(staff_id=meeting.pair.mentor_id, **when)
        yield BusyPeriod(participant_id=meeting.pair.participant_id, **when)


def _enrolments(session: Session, centre: Centre, grid: TimeGrid) -> list[Enrolment]:
    """Return the enrolments to plan for: on trial, active, or waiting in a phase before enrolment."""
    query = (
        select(Enrolment)
        .join(Enrolment.programme)
        .join(Enrolment.participant)
        .options(joinedload(Enrolment.participant), joinedload(Enrolment.phase))
        .where(
            Enrolment.centre_id == centre.id,
            Enrolment.status.in_([EnrolmentStatus.WAITING, EnrolmentStatus.TRIAL, EnrolmentStatus.ACTIVE]),
            Programme.active,
            Participant.active,
            Enrolment.starts_on <= grid.last_day,
            or_(Enrolment.ends_on.is_(None), Enrolment.ends_on >= grid.first_day),
        )
        .order_by(Enrolment.id)
    )
    return [
        row
        for row in session.scalars(query)
        if row.status != EnrolmentStatus.WAITING or (row.phase is not None and row.phase.before_enrolment)
    ]


def _attended(session: Session, centre: Centre, grid: TimeGrid, held: list[DaysInForce]) -> list[Attended]:
    """Return who attended what before the horizon: expected, and not marked absent."""
    minutes = func.coalesce(AttendanceRecord.attended_minutes, 0)
    query = (
        select(
            Attendance.participant_id,
            GroupSession.activity_id,
            GroupSession.cohort_id,
            GroupSession.uid,
            GroupSession.day,
            GroupSession.starts_at,
            GroupSession.ends_at,
            AttendanceRecord.state,
            minutes,
        )
        .join(Attendance.session)
        .outerjoin(
            AttendanceRecord,
            (AttendanceRecord.centre_id == GroupSession.centre_id)
            & (AttendanceRecord.session_uid == GroupSession.uid)
            & (AttendanceRecord.participant_id == Attendance.participant_id),
        )
        .where(
            Attendance.centre_id == centre.id,
            Attendance.excluded.is_(False),
            GroupSession.cancelled_at.is_(None),
            holds(held, None, grid.first_day - timedelta(days=1)),
        )
    )
    found = []
    for person, activity, cohort, uid, day, starts_at, ends_at, state, marked in session.execute(query):
        if state in MISSED:
            continue
        planned = int((ends_at - starts_at).total_seconds()) // 60
        counted = planned if state in (None, AttendanceState.UNMARKED) else marked
        found.append(Attended(person, activity, cohort, uid, day, counted))
    return found


def by(rows: Iterable[Row], *names: str) -> dict[Any, list[Row]]:
    """Group rows by a column, or by several."""
    table: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        key = tuple(getattr(row, name) for name in names)
        table[key if len(names) > 1 else key[0]].append(row)
    return table


def ids(rows: Sequence[Any]) -> set[int]:
    """Return the ids of some rows."""
    return {row.id for row in rows}

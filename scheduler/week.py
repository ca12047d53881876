"""What a week looks like: sessions with their names resolved, closures, and who can be looked at.

Every function costs the same number of queries however many rows there are.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, false, func, or_, select, union
from sqlalchemy.orm import Session, defer

from scheduler.errors import NotFoundError
from scheduler.in_force import days_in_force, holds, plan_by_day
from scheduler.models import (
    Activity,
    Attendance,
    GroupSession,
    Participant,
    Plan,
    PlanState,
    Programme,
    Room,
    SessionLeader,
    Site,
    StaffMember,
)
from scheduler.timegrid import monday_of

DAYS = 7


@dataclass(frozen=True, slots=True)
class Named:
    """A row that can be chosen: its id and what it is called."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Lead:
    """Somebody who leads; ``short`` is the first name, with an initial where two share it."""

    id: int
    name: str
    short: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekSession:
    """A session of a plan as a reader sees it.

    ``people`` counts those expected, ``seats`` what the activity and the room allow together
    (``None`` where people drop in). ``participant`` is given for individual sessions.
    """

    id: int
    uid: str
    plan_id: int
    activity_id: int
    title: str
    kind: str
    programme_id: int
    programme: str
    day: date
    starts_at: datetime
    ends_at: datetime
    site_id: int
    site: str
    outside: bool
    room_id: int | None
    room: str | None
    people: int
    seats: int | None
    individual: bool
    participant: Named | None
    leaders: tuple[Lead, ...]
    language: str | None
    locked: bool
    cancelled: bool
    cancel_reason: str
    withdrawn: bool
    overridden: bool

    @property
    def minutes(self) -> int:
        """Length in minutes."""
        return int((self.ends_at - self.starts_at).total_seconds()) // 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Only:
    """Narrows a week to one programme, room, leader or participant; ``None`` does not narrow."""

    programme_id: int | None = None
    room_id: int | None = None
    staff_id: int | None = None
    participant_id: int | None = None


def sessions_of_days(
    session: Session, plan_by_day: dict[date, int], only: Only | None = None, *, withdrawn: bool = False
) -> list[WeekSession]:
    """Return the sessions of some days, each day read from its own plan, in order of time.

    Parameters
    ----------
    session : Session
    plan_by_day : dict
        The id of the plan to read for each day; days that are not in it hold nothing.
    only : Only, optional
        Narrows the sessions.
    withdrawn : bool
        Whether to include sessions that a newer plan does without.
    """
    if not plan_by_day:
        return []
    days_of: dict[int, list[date]] = defaultdict(list)
    for day, plan_id in plan_by_day.items():
        days_of[plan_id].append(day)
    where: list[ColumnElement[bool]] = [
        or_(
            *(
                and_(GroupSession.plan_id == plan, GroupSession.day.in_(days))
                for plan, days in days_of.items()
            )
        ),
        *_narrowed(only or Only()),
    ]
    if not withdrawn:
        where.append(GroupSession.withdrawn.is_(False))
    return read_sessions(session, where)


def _narrowed(only: Only) -> Iterable[ColumnElement[bool]]:
    if only.programme_id is not None:
        yield Activity.programme_id == only.programme_id
    if only.room_id is not None:
        yield GroupSession.room_id == only.room_id
    if only.staff_id is not None:
        led = select(SessionLeader.session_id).where(SessionLeader.staff_id == only.staff_id)
        yield GroupSession.id.in_(led)
    if only.participant_id is not None:
        attended = select(Attendance.session_id).where(
            Attendance.participant_id == only.participant_id, Attendance.excluded.is_(False)
        )
        yield GroupSession.id.in_(attended)


def read_sessions(session: Session, where: Sequence[ColumnElement[bool]]) -> list[WeekSession]:
    """Return the sessions that meet some conditions on session and activity, in four queries."""
    query = (
        select(GroupSession, Activity, Programme.name, Site.name, Site.is_outside, Room.name, Room.seats)
        .join(GroupSession.activity)
        .join(Activity.programme)
        .join(GroupSession.site)
        .outerjoin(GroupSession.room)
        .where(*where)
        .order_by(GroupSession.starts_at, Activity.name, GroupSession.id)
    )
    found = session.execute(query).all()
    ids = select(GroupSession.id).join(GroupSession.activity).where(*where)
    leaders = _leaders(session, ids)
    counted = (
        select(Attendance.session_id, func.count())
        .where(Attendance.session_id.in_(ids), Attendance.excluded.is_(False))
        .group_by(Attendance.session_id)
    )
    people: dict[int, int] = {row[0]: row[1] for row in session.execute(counted)}
    alone = _attendees_alone(session, ids.where(Activity.individual))
    return [
        WeekSession(
            id=row.id,
            uid=row.uid,
            plan_id=row.plan_id,
            activity_id=activity.id,
            title=activity.name,
            kind=activity.kind,
            programme_id=activity.programme_id,
            programme=programme,
            day=row.day,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            site_id=row.site_id,
            site=site,
            outside=outside,
            room_id=row.room_id,
            room=room,
            people=people.get(row.id, 0),
            seats=seats_of(activity, seats),
            individual=activity.individual,
            participant=alone.get(row.id),
            leaders=tuple(leaders[row.id]),
            language=row.language,
            locked=row.locked,
            cancelled=row.cancelled_at is not None,
            cancel_reason=row.cancel_reason,
            withdrawn=row.withdrawn,
            overridden=bool(row.overrides),
        )
        for row, activity, programme, site, outside, room, seats in found
    ]


def seats_of(activity: Activity, room_seats: int | None) -> int | None:
    """Return how many people a session can take, ``None`` where people drop in."""
    if activity.drop_in:
        return None
    if activity.individual:
        return 1
    return activity.seats_max if room_seats is None else min(activity.seats_max, room_seats)


def _leaders(session: Session, ids: object) -> dict[int, list[Lead]]:
    query = (
        select(SessionLeader.session_id, StaffMember.id, StaffMember.first_name, StaffMember.last_name)
        .join(SessionLeader.staff)
        .where(SessionLeader.session_id.in_(ids))  # type: ignore[arg-type]
        .order_by(SessionLeader.id)
    )
    rows = session.execute(query).all()
    same = Counter(first for _id, first, _last in {tuple(row[1:]) for row in rows})
    found: dict[int, list[Lead]] = defaultdict(list)
    for session_id, staff_id, first, last in rows:
        short = f"{first} {last[:1]}.".removesuffix(" .") if same[first] > 1 else first
        found[session_id].append(Lead(staff_id, f"{first} {last}".strip(), short))
    return found


def _attendees_alone(session: Session, ids: object) -> dict[int, Named]:
    query = (
        select(Attendance.session_id, Participant.id, Participant.first_name, Participant.last_name)
        .join(Attendance.participant)
        .where(Attendance.session_id.in_(ids), Attendance.excluded.is_(False))  # type: ignore[arg-type]
    )
    return {row[0]: Named(row[1], f"{row[2]} {row[3]}".strip()) for row in session.execute(query)}


def week_days(monday: date) -> list[date]:
    """Return the seven days of a week."""
    return [monday + timedelta(n) for n in range(DAYS)]


def programmes(session: Session) -> list[Named]:
    """Return the active programmes by name."""
    query = select(Programme.id, Programme.name).where(Programme.active).order_by(Programme.name)
    return [Named(row[0], row[1]) for row in session.execute(query)]


def rooms(session: Session) -> list[Named]:
    """Return the active rooms, with their site where there are several, by site and name."""
    query = (
        select(Room.id, Room.name, Site.name)
        .join(Room.site)
        .where(Room.active)
        .order_by(Site.name, Room.name)
    )
    found = session.execute(query).all()
    several = len({row[2] for row in found}) > 1
    return [Named(row[0], f"{row[1]} ({row[2]})" if several else row[1]) for row in found]


def staff(session: Session) -> list[Named]:
    """Return the active staff, volunteers, interpreters and hosts by first name."""
    query = (
        select(StaffMember.id, StaffMember.first_name, StaffMember.last_name)
        .where(StaffMember.active)
        .order_by(StaffMember.first_name, StaffMember.last_name)
    )
    return [Named(row[0], f"{row[1]} {row[2]}".strip()) for row in session.execute(query)]


def participants(session: Session) -> list[Named]:
    """Return the active participants by first name."""
    query = (
        select(Participant.id, Participant.first_name, Participant.last_name)
        .where(Participant.active)
        .order_by(Participant.first_name, Participant.last_name)
    )
    return [Named(row[0], f"{row[1]} {row[2]}".strip()) for row in session.execute(query)]


def attendance_pairs(session: Session, sessions: Sequence[WeekSession]) -> list[tuple[int, int]]:
    """Return (participant id, session id) of everybody expected in the group sessions given."""
    ids = [s.id for s in sessions]
    query = select(Attendance.participant_id, Attendance.session_id).where(
        Attendance.session_id.in_(ids) if ids else false(), Attendance.excluded.is_(False)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Which versions a week is read from.

    ``plan`` is the version that is shown as such (a draft, or an old version asked for); ``None``
    when the week is read from whatever is in force day by day. ``draft`` is the open draft of the
    week, shown or not, and ``in_force`` the newest version that holds on one of its days.
    """

    plan: Plan | None
    draft: Plan | None
    in_force: Plan | None
    plan_by_day: dict[date, int]

    @property
    def shown(self) -> Plan | None:
        """The version that the week mostly comes from."""
        return self.plan or self.in_force


def read_week(
    session: Session, centre_id: int, monday: date, *, number: int | None = None, drafts: bool = True
) -> Reading:
    """Choose the versions to read a week from.

    Parameters
    ----------
    centre_id : int
    monday : date
        First day of the week.
    number : int, optional
        A version to read whatever holds now; 0 stands for what is in force.
    drafts : bool
        Whether an open draft goes before what is in force.

    Raises
    ------
    NotFoundError
        If there is no version of that number that touches the week.
    """
    days = week_days(monday)
    found = plans_covering(session, centre_id, days[0], days[-1])
    by_id = {plan.id: plan for plan in found}
    held = plan_by_day(days_in_force(session, centre_id), days[0], days[-1])
    holding = [by_id[plan_id] for plan_id in held.values()]
    in_force = max(holding, key=lambda plan: plan.publication or 0, default=None)
    draft = next((plan for plan in found if plan.state == PlanState.DRAFT), None) if drafts else None
    plan = draft
    if number is not None:
        plan = next((plan for plan in found if plan.number == number), None)
        if number and plan is None:
            raise NotFoundError(f"Plan {number}")
    if plan is not None:
        held = {day: plan.id for day in days if plan.first_day <= day <= plan.last_day}
    return Reading(plan=plan, draft=draft, in_force=in_force, plan_by_day=held)


def plans_covering(session: Session, centre_id: int, first: date, last: date) -> list[Plan]:
    """Return the versions that touch some days, the newest first."""
    query = (
        select(Plan)
        .where(Plan.centre_id == centre_id, Plan.first_day <= last, Plan.last_day >= first)
        .options(defer(Plan.unmet), defer(Plan.overridden))
        .order_by(Plan.number.desc())
    )
    return list(session.scalars(query))


def count_changes(session: Session, plan: Plan) -> int:
    """Return how many sessions of a draft differ from what is in force on its days.

    A session counts once, whatever changed of it: that it is held, its time, its place, its
    leaders or its people. All of it is compared by the database, in one query.
    """
    held = days_in_force(session, plan.centre_id)
    mine = and_(GroupSession.centre_id == plan.centre_id, GroupSession.plan_id == plan.id)
    theirs = and_(GroupSession.centre_id == plan.centre_id, holds(held, plan.first_day, plan.last_day))
    pairs = zip(_statements(mine), _statements(theirs), strict=True)
    changed = [
        select(difference.subquery().c.uid)
        for one, other in pairs
        for difference in (one.except_(other), other.except_(one))
    ]
    return session.scalar(select(func.count()).select_from(union(*changed).subquery())) or 0


def _statements(where: ColumnElement[bool]) -> tuple[Select[*tuple[Any, ...]], ...]:
    """Return what some sessions say to those who come: when and where, who leads, who is expected."""
    held = and_(where, GroupSession.cancelled_at.is_(None))
    uid = GroupSession.uid.label("uid")
    place = (GroupSession.starts_at, GroupSession.ends_at, GroupSession.site_id, GroupSession.room_id)
    expected = and_(held, Attendance.excluded.is_(False))
    return (
        select(uid, *place).where(held),
        select(uid, SessionLeader.role, SessionLeader.staff_id).join(GroupSession.leaders).where(held),
        select(uid, Attendance.participant_id).join(GroupSession.attendances).where(expected),
    )


def busiest_week(session: Session, centre_id: int, today: date, *, drafts: bool) -> date:
    """Return the Monday of the week to open first.

    That is this week when anything is planned for it or nothing is planned at all, and else the
    first week after it of the newest version.
    """
    states = [PlanState.PUBLISHED, *([PlanState.DRAFT] if drafts else [])]
    query = (
        select(Plan.first_day, Plan.last_day)
        .where(Plan.centre_id == centre_id, Plan.last_day >= today, Plan.state.in_(states))
        .order_by(Plan.first_day)
    )
    monday = monday_of(today)
    for first, _last in session.execute(query):
        return max(monday, monday_of(first))
    return monday

"""One session of a version with everything its page shows, and what it could be changed to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, defer, joinedload, selectinload

from scheduler.errors import NotFoundError
from scheduler.models import (
    Activity,
    Attendance,
    Cohort,
    DemandRule,
    GroupSession,
    Participant,
    Plan,
    PlanState,
    Programme,
    Room,
    SessionLeader,
    Site,
    StaffMember,
    Task,
)
from scheduler.planner_ids import demand_rows, raised_task, row_id
from scheduler.tasks import RAISE_DEMAND
from scheduler.week import Named


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A session with its people in order of name; ``excluded`` were taken out by hand.

    ``draft`` is the open draft of the session's day where the session is not of one itself.
    """

    row: GroupSession
    plan: Plan
    expected: list[Attendance]
    excluded: list[Attendance]
    cohort: Cohort | None
    draft: Plan | None

    @property
    def roles(self) -> list[Mapping[str, Any]]:
        """The roles of the activity, as it stores them."""
        return list(self.row.activity.roles)

    def leaders_of(self, role: str) -> list[StaffMember]:
        """Return who fills a role."""
        return [leader.staff for leader in self.row.leaders if leader.role == role]

    def begun(self, now: datetime) -> bool:
        """Whether the session has started."""
        return self.row.starts_at <= now


@dataclass(frozen=True, slots=True)
class Place:
    """A site, or one of its rooms, where a session could be held."""

    site_id: int
    room_id: int | None
    name: str
    seats: int | None

    @property
    def key(self) -> str:
        """The word for it in a form."""
        return place_key(self.site_id, self.room_id)


def place_key(site_id: int, room_id: int | None) -> str:
    """Return the word in a form for a site and a room, or for a site alone."""
    return f"{site_id}:{room_id or ''}"


def find_sheet(session: Session, session_id: int) -> Sheet:
    """Return one session with its people.

    Raises
    ------
    NotFoundError
        If there is no such session in the centre.
    """
    query = (
        select(GroupSession)
        .join(GroupSession.plan)
        .where(GroupSession.id == session_id)
        .options(
            contains_eager(GroupSession.plan).options(defer(Plan.unmet)),
            joinedload(GroupSession.activity).joinedload(Activity.programme),
            joinedload(GroupSession.site),
            joinedload(GroupSession.room),
            selectinload(GroupSession.leaders).joinedload(SessionLeader.staff),
            selectinload(GroupSession.attendances).joinedload(Attendance.participant),
        )
    )
    row = session.scalars(query).unique().one_or_none()
    if row is None:
        raise NotFoundError(f"GroupSession {session_id}")
    people = sorted(row.attendances, key=lambda x: (x.participant.first_name, x.participant.last_name))
    return Sheet(
        row=row,
        plan=row.plan,
        expected=[x for x in people if not x.excluded],
        excluded=[x for x in people if x.excluded],
        cohort=session.get(Cohort, row.cohort_id) if row.cohort_id else None,
        draft=None if row.plan.state == PlanState.DRAFT else open_draft(session, row),
    )


def open_draft(session: Session, row: GroupSession) -> Plan | None:
    """Return the newest open draft that covers the day of a session."""
    query = (
        select(Plan)
        .where(
            Plan.centre_id == row.centre_id,
            Plan.state == PlanState.DRAFT,
            Plan.first_day <= row.day,
            Plan.last_day >= row.day,
        )
        .options(defer(Plan.unmet))
        .order_by(Plan.number.desc())
    )
    return session.scalars(query).first()


def find_by_uid(session: Session, plan_id: int, uid: str) -> int | None:
    """Return the id of a session in one version, by its ``uid``."""
    return session.scalar(
        select(GroupSession.id).where(GroupSession.plan_id == plan_id, GroupSession.uid == uid)
    )


def day_of(session: Session, plan_id: int, uid: str) -> date | None:
    """Return the day of a session in one version, by its ``uid``."""
    return session.scalar(
        select(GroupSession.day).where(GroupSession.plan_id == plan_id, GroupSession.uid == uid)
    )


def places(session: Session) -> list[Place]:
    """Return every room by site, and every site for what needs no room."""
    sites = session.scalars(select(Site).where(Site.active).order_by(Site.is_outside, Site.name)).all()
    rooms = session.scalars(select(Room).where(Room.active).order_by(Room.name)).all()
    found = []
    for site in sites:
        found += [
            Place(site.id, r.id, f"{r.name} – {site.name}", r.seats) for r in rooms if r.site_id == site.id
        ]
        found.append(Place(site.id, None, site.name, None))
    return found


def able_first(session: Session, role: Mapping[str, Any]) -> tuple[list[Named], list[Named]]:
    """Return those who have the skills of a role, and all others, each by name."""
    wanted, kinds = set(role.get("skills") or ()), set(role.get("kinds") or ("staff",))
    able: list[Named] = []
    others: list[Named] = []
    query = select(StaffMember).where(StaffMember.active)
    for row in session.scalars(query.order_by(StaffMember.first_name, StaffMember.last_name)):
        fits = wanted <= set(row.skills) and row.kind in kinds
        (able if fits else others).append(Named(row.id, row.name))
    return able, others


def people_to_add(session: Session, sheet: Sheet) -> tuple[list[Named], list[Named]]:
    """Return those who still need this activity on the session's day, and all others, by name."""
    waiting = set(_waiting(session, sheet.plan, sheet.row))
    inside = {x.participant_id for x in sheet.expected}
    query = select(Participant.id, Participant.first_name, Participant.last_name).where(Participant.active)
    first: list[Named] = []
    others: list[Named] = []
    for number, given, family in session.execute(
        query.order_by(Participant.first_name, Participant.last_name)
    ):
        if number not in inside:
            (first if number in waiting else others).append(Named(number, f"{given} {family}".strip()))
    return first, others


def _waiting(session: Session, plan: Plan, row: GroupSession) -> Iterable[int]:
    activity = row.activity
    rules = {
        rule.id
        for rule in session.scalars(
            select(DemandRule).where(DemandRule.programme_id == activity.programme_id)
        )
        if activity.key in rule.activity_keys
    }
    asked = {
        task.id
        for task in session.scalars(select(Task).where(Task.kind == RAISE_DEMAND))
        if task.facts.get("programme") == activity.programme_id and activity.key in task.facts["activities"]
    }
    day = (row.day - plan.first_day).days
    for unmet in plan.unmet:
        task_id = raised_task(unmet["demand"])
        wanted = task_id in asked if task_id is not None else demand_rows(unmet["demand"])[0] in rules
        if wanted and unmet["first_day"] <= day < unmet["end_day"]:
            yield row_id(unmet["participant"])


def activities_by_programme(session: Session) -> list[tuple[str, list[Activity]]]:
    """Return the active activities of each active programme, in the order of the programme."""
    query = (
        select(Programme)
        .where(Programme.active)
        .options(selectinload(Programme.activities))
        .order_by(Programme.name)
    )
    return [(p.name, [a for a in p.activities if a.active]) for p in session.scalars(query)]

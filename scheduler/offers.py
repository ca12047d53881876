"""Places of published sessions that wait for somebody: offered, taken, given back.

A published version never changes in place. A place given back is therefore only written down: the
holder stays named until somebody else takes it. Taking one is an ordinary edit and publication, so
the judge decides on it and everything that reads the plan sees it. An open draft of the same days
gets the same change, where it names the same leaders; otherwise it is out of date, and says so when
somebody wants to publish it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from scheduler.edit import edit
from scheduler.edit_acts import ChangeLeaders
from scheduler.errors import InvalidInputError, NotFoundError, PlanRejectedError, SchedulerError
from scheduler.in_force import days_in_force, holds
from scheduler.message import N_
from scheduler.models import (
    Attendance,
    Availability,
    BusyPeriod,
    Centre,
    GroupSession,
    Plan,
    PlanState,
    SlotReturn,
    SlotState,
    StaffKind,
    StaffMember,
    Task,
)
from scheduler.publish import PublishResult, check_fresh, publish
from scheduler.tasks import OPEN, close_task
from scheduler.timegrid import to_wall

#: Kind of the task that tells the coordination that somebody gave a place back.
SLOT_RETURNED = "slot_returned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A place in a session that somebody may take; ``instead_of`` is who gave it back, if anybody."""

    session: GroupSession
    role: str
    instead_of: int | None


def list_offers(session: Session, centre: Centre, member: StaffMember, now: datetime) -> list[Offer]:
    """Return the places that fit somebody's kind, skills, languages and hours, in order of time.

    What is shown here is a first sieve; whether a place can be had is for the judge, when it is taken.
    """
    zone = ZoneInfo(centre.timezone)
    rows = _coming(session, centre, now)
    returned = {
        (row.session_uid, row.role): row.staff_id
        for row in session.scalars(
            select(SlotReturn).where(SlotReturn.centre_id == centre.id, SlotReturn.state == SlotState.OPEN)
        )
    }
    hours = list(session.scalars(select(Availability).where(Availability.staff_id == member.id)))
    away = [
        (row.starts_at, row.ends_at)
        for row in session.scalars(select(BusyPeriod).where(BusyPeriod.staff_id == member.id))
    ]
    away += [
        (row.starts_at, row.ends_at) for row in rows if any(x.staff_id == member.id for x in row.leaders)
    ]
    found = []
    for row in rows:
        if any(starts < row.ends_at and row.starts_at < ends for starts, ends in away):
            continue
        if not _within_hours(hours, row, zone):
            continue
        for role in row.activity.roles:
            giver = returned.get((row.uid, role["id"]))
            if (giver is not None or _lacks(row, role)) and _fits(member, row, role):
                found.append(Offer(session=row, role=role["id"], instead_of=giver))
    return found


def _coming(session: Session, centre: Centre, now: datetime) -> Sequence[GroupSession]:
    query = (
        select(GroupSession)
        .where(
            GroupSession.centre_id == centre.id,
            GroupSession.starts_at > now,
            GroupSession.cancelled_at.is_(None),
            holds(days_in_force(session, centre.id), to_wall(now, ZoneInfo(centre.timezone))[0], None),
        )
        .options(
            joinedload(GroupSession.activity),
            joinedload(GroupSession.site),
            joinedload(GroupSession.room),
            selectinload(GroupSession.leaders),
            selectinload(GroupSession.attendances).joinedload(Attendance.participant),
        )
        .order_by(GroupSession.starts_at, GroupSession.id)
    )
    return session.scalars(query).all()


def _within_hours(hours: Sequence[Availability], row: GroupSession, zone: ZoneInfo) -> bool:
    if not hours:
        return True
    day, starts = to_wall(row.starts_at, zone)
    ends = to_wall(row.ends_at, zone)[1]
    return any(
        each.weekday == day.weekday()
        and each.starts <= starts
        and ends <= each.ends
        and (each.valid_from is None or each.valid_from <= day)
        and (each.valid_until is None or day <= each.valid_until)
        for each in hours
    )


def _people(row: GroupSession) -> list[Any]:
    return [x.participant for x in row.attendances if not x.excluded]


def _lacks(row: GroupSession, role: dict[str, Any]) -> bool:
    if role.get("only_if_needed") and not any(person.needs_interpreter for person in _people(row)):
        return False
    wanted: int = role.get("count", 1)
    return len([x for x in row.leaders if x.role == role["id"]]) < wanted


def _fits(member: StaffMember, row: GroupSession, role: dict[str, Any]) -> bool:
    """Whether a role asks nothing that somebody lacks; compare ``solver.verify.rules_leaders``."""
    spoken = {code for person in _people(row) for code in person.languages}
    language, named = role.get("language", "any"), role.get("staff")
    return bool(
        member.kind in (role.get("kinds") or [StaffKind.STAFF])
        and set(role.get("skills") or ()) <= set(member.skills)
        and (not role.get("languages") or set(role["languages"]) & set(member.languages))
        and (named is None or member.id in named)
        and (language != "group" or row.language in member.languages)
        and (language != "participant" or spoken & set(member.languages))
    )


def own_returns(session: Session, centre: Centre, staff_id: int) -> dict[tuple[str, str], SlotReturn]:
    """Return the places somebody gave back that nobody took yet, by session and role."""
    query = select(SlotReturn).where(
        SlotReturn.centre_id == centre.id,
        SlotReturn.staff_id == staff_id,
        SlotReturn.state == SlotState.OPEN,
    )
    return {(row.session_uid, row.role): row for row in session.scalars(query)}


def give_back(
    session: Session,
    centre: Centre,
    member: StaffMember,
    uid: str,
    now: datetime,
    *,
    reason: str = "",
) -> list[SlotReturn]:
    """Offer somebody's places in a session to the others, and tell the coordination.

    Raises
    ------
    NotFoundError
        If they have none in a session to come.
    """
    row = _session(session, centre, uid, now)
    roles = sorted(x.role for x in row.leaders if x.staff_id == member.id)
    if not roles:
        raise NotFoundError(f"place of staff {member.id} in session {uid}")
    known = own_returns(session, centre, member.id)
    made = [
        SlotReturn(
            centre_id=centre.id,
            session_uid=uid,
            role=role,
            staff_id=member.id,
            reason=reason.strip()[:200],
            returned_at=now,
        )
        for role in roles
        if (uid, role) not in known
    ]
    session.add_all(made)
    if made:
        session.add(
            Task(
                centre_id=centre.id,
                kind=SLOT_RETURNED,
                session_uid=uid,
                facts={"staff": member.id, "name": member.name, "reason": reason.strip()[:200]},
                due_on=row.day,
                created_at=now,
            )
        )
    session.flush()
    return made


def keep(
    session: Session, centre: Centre, member: StaffMember, uid: str, now: datetime, *, user_id: int | None
) -> None:
    """Take back that somebody gave their places in a session back.

    Raises
    ------
    NotFoundError
        If they did not, or somebody else has taken the place.
    """
    rows = [row for (of, _role), row in own_returns(session, centre, member.id).items() if of == uid]
    if not rows:
        raise NotFoundError(f"place given back by staff {member.id} in session {uid}")
    for row in rows:
        row.state, row.settled_at = SlotState.KEPT, now
    _close(session, centre, uid, member.id, now, "no_need", user_id)
    session.flush()


def take(
    session: Session,
    centre: Centre,
    member: StaffMember,
    uid: str,
    role: str,
    now: datetime,
    *,
    user_id: int | None,
) -> PublishResult:
    """Give somebody a place that is offered: edit what is in force and publish it.

    What the plan in force breaks already, by the data as they are now, stays as it is and is kept
    with its sessions; the taking itself may break nothing.

    Raises
    ------
    NotFoundError
        If the place is not offered to them, or no longer.
    InvalidInputError
        If the judge finds that they cannot fill it.
    """
    offer = next(
        (x for x in list_offers(session, centre, member, now) if (x.session.uid, x.role) == (uid, role)), None
    )
    if offer is None:
        raise NotFoundError(f"offer of {role} in session {uid}")
    row = offer.session
    before = tuple(sorted((x.role, x.staff_id) for x in row.leaders))
    after = tuple(sorted({x for x in before if x != (role, offer.instead_of)} | {(role, member.id)}))
    act = ChangeLeaders(uid=uid, leaders=after)
    plan = session.get_one(Plan, row.plan_id)
    drafts = _drafts(session, plan, uid, before)
    result = edit(session, centre, plan, act, now, user_id=user_id)
    if not result.stored:
        raise InvalidInputError(
            N_("Cette place ne peut pas vous être donnée : une règle du plan ne le permet pas.")
        )
    try:
        published = publish(session, centre, result.plan, now, user_id=user_id, acknowledged=True)
    except PlanRejectedError as error:
        raise InvalidInputError(
            N_("Le plan doit d'abord être mis à jour par la coordination. Votre place n'est pas changée.")
        ) from error
    for draft in drafts:
        _follow(session, centre, draft, act, published.plan, now, user_id)
    if offer.instead_of is not None:
        for returned in session.scalars(
            select(SlotReturn).where(
                SlotReturn.centre_id == centre.id,
                SlotReturn.session_uid == uid,
                SlotReturn.role == role,
                SlotReturn.state == SlotState.OPEN,
            )
        ):
            returned.state, returned.taken_by_id, returned.settled_at = SlotState.TAKEN, member.id, now
        _close(session, centre, uid, offer.instead_of, now, "done", user_id)
    session.flush()
    return published


def _drafts(session: Session, plan: Plan, uid: str, leaders: tuple[tuple[str, int], ...]) -> list[Plan]:
    """Return the open drafts that are up to date and name the same leaders for a session."""
    query = select(Plan).where(
        Plan.centre_id == plan.centre_id,
        Plan.state == PlanState.DRAFT,
        Plan.first_day <= plan.last_day,
        Plan.last_day >= plan.first_day,
    )
    found = []
    for draft in session.scalars(query):
        row = session.scalars(
            select(GroupSession).where(GroupSession.plan_id == draft.id, GroupSession.uid == uid)
        ).one_or_none()
        try:
            check_fresh(session, draft)
        except SchedulerError:
            continue
        if row is not None and tuple(sorted((x.role, x.staff_id) for x in row.leaders)) == leaders:
            found.append(draft)
    return found


def _follow(
    session: Session,
    centre: Centre,
    draft: Plan,
    act: ChangeLeaders,
    published: Plan,
    now: datetime,
    user_id: int | None,
) -> None:
    """Make a draft say the same; where the judge forbids it there, the draft is out of date."""
    if edit(session, centre, draft, act, now, user_id=user_id).stored:
        draft.basis = published.publication or draft.basis


def _session(session: Session, centre: Centre, uid: str, now: datetime) -> GroupSession:
    query = (
        select(GroupSession)
        .where(
            GroupSession.centre_id == centre.id,
            GroupSession.uid == uid,
            GroupSession.starts_at > now,
            GroupSession.cancelled_at.is_(None),
            holds(days_in_force(session, centre.id), None, None),
        )
        .options(selectinload(GroupSession.leaders))
    )
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFoundError(f"session {uid}")
    return row


def _close(
    session: Session,
    centre: Centre,
    uid: str,
    staff_id: int,
    now: datetime,
    outcome: str,
    user_id: int | None,
) -> None:
    query = select(Task).where(
        Task.centre_id == centre.id,
        Task.kind == SLOT_RETURNED,
        Task.session_uid == uid,
        Task.state == OPEN,
    )
    for task in session.scalars(query):
        if task.facts.get("staff") == staff_id:
            close_task(task, outcome, now, user_id=user_id)

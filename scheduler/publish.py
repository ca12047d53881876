"""Publishing: a draft becomes the version in force on its days, and says what that changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, load_only

from scheduler.audit import record
from scheduler.changes import PlanChanges, compare
from scheduler.errors import InvalidInputError, PlanRejectedError, StalePlanError
from scheduler.generate import chosen_overrides
from scheduler.held_places import Hold, lost_holds, take_away
from scheduler.in_force import days_in_force, last_publication, sessions_of, states_in_force
from scheduler.judge import Judge, Judgement
from scheduler.message import N_
from scheduler.models import Centre, GroupSession, Plan, PlanState
from scheduler.raised import settle_demands
from scheduler.session_state import SessionState, new_row, stamped, state_of, write_state
from scheduler.timegrid import to_wall
from solver.verify import NEVER_OVERRIDDEN, Breach


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishResult:
    """What a publication did: what changed for whom, and which versions it replaced."""

    plan: Plan
    changes: PlanChanges
    superseded: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """What publishing a draft would do.

    ``conflicts`` are the hard rules that its coming sessions break by the data of now, without those
    that a person has overridden: somebody fell ill, a course day moved. ``lost`` are the places that
    are kept for people and that it has no room for.
    """

    conflicts: tuple[Breach, ...]
    changes: PlanChanges
    lost: tuple[Hold, ...]


def preview(session: Session, centre: Centre, draft: Plan, now: datetime) -> Preview:
    """Return what publishing a draft would do, from one reading of the data."""
    judge = Judge(session, centre, draft, now)
    drafted = {state.uid: state for state in judge.built.base}
    announced = {state.uid: state for state in judge.built.announced if state.day <= draft.last_day}
    report = judge.judge(drafted.values()).report
    return Preview(
        conflicts=upcoming(report.broken, drafted, now),
        changes=compare(announced.values(), drafted.values()),
        lost=tuple(lost_holds(session, centre, draft.first_day, draft.last_day, announced, drafted, now)),
    )


def publish(
    session: Session,
    centre: Centre,
    plan: Plan,
    now: datetime,
    *,
    user_id: int | None = None,
    acknowledged: bool = False,
) -> PublishResult:
    """Make a draft the version in force on its days.

    What has begun by now stays as it was announced, whatever the draft says of it. Versions none of
    whose coming days are left become superseded; all stay readable as they are. Places that are kept
    for people and that the draft has no room for are taken away from them.

    Parameters
    ----------
    acknowledged : bool
        Publish though the data have changed since the plan was made and it breaks hard rules now; the
        rules are then kept with the sessions as overridden.

    Raises
    ------
    InvalidInputError
        If the plan is no draft.
    StalePlanError
        If another version was published for some of the days since the draft was made.
    PlanRejectedError
        If the plan breaks hard rules now, and nobody acknowledged it.
    """
    if plan.state != PlanState.DRAFT:
        raise InvalidInputError(N_("Seul un brouillon peut être publié."))
    check_fresh(session, plan)
    before = states_in_force(session, centre.id, plan.first_day, plan.last_day)
    rows = {row.uid: row for row in sessions_of(session, plan)}
    _keep_what_has_begun(session, plan, rows, before, now)
    stored = {uid: state_of(row) for uid, row in rows.items()}
    verdict = Judge(session, centre, plan, now).judge(stored.values())
    after = {}
    for uid, state in accepted(stored, verdict, now, acknowledged=acknowledged).items():
        after[uid] = stamped(state, before.get(uid), now, state)
        if after[uid] != stored[uid]:
            write_state(rows[uid], after[uid])
    return put_in_force(session, centre, plan, before, after, verdict, now, user_id=user_id)


def accepted(
    states: Mapping[str, SessionState], verdict: Judgement, now: datetime, *, acknowledged: bool
) -> dict[str, SessionState]:
    """Return the sessions of a plan with the hard rules that somebody has knowingly let each break.

    Raises
    ------
    PlanRejectedError
        If the plan breaks hard rules that nobody acknowledged, or that nobody may override.
    """
    found = dict(states)
    broken = upcoming(verdict.report.broken, found, now)
    if broken and (not acknowledged or any(breach.rule in NEVER_OVERRIDDEN for breach in broken)):
        raise PlanRejectedError([f"{breach.rule}: {breach.message}" for breach in broken])
    for breach in broken:
        for uid in breach.sessions:
            if uid in found:
                rules = {*found[uid].overrides, breach.rule}
                found[uid] = replace(found[uid], overrides=tuple(sorted(rules)))
    return found


def put_in_force(
    session: Session,
    centre: Centre,
    plan: Plan,
    before: Mapping[str, SessionState],
    after: Mapping[str, SessionState],
    verdict: Judgement,
    now: datetime,
    *,
    user_id: int | None = None,
) -> PublishResult:
    """Make a draft that is fresh and accepted the version in force on its days.

    Parameters
    ----------
    before, after : mapping of str to SessionState
        The sessions in force on those days, and those that the draft has, as they are stored.

    Raises
    ------
    StalePlanError
        If another version is published at this very moment.
    """
    settle_demands(session, plan, verdict, now, user_id=user_id)
    plan.overridden = chosen_overrides((*verdict.report.overridden, *verdict.report.broken), after.values())
    plan.state = PlanState.PUBLISHED
    plan.published_at, plan.published_by_id = now, user_id
    try:
        with session.begin_nested():
            plan.publication = last_publication(session, centre.id) + 1
            session.flush()
    except IntegrityError as error:
        raise StalePlanError(plan.number) from error
    if lost := lost_holds(session, centre, plan.first_day, plan.last_day, before, after, now):
        take_away(session, centre, lost)
    replaced = _supersede(session, centre, plan, now)
    entry = record(session, user_id, "plan.publish", f"plan:{plan.id}", {"superseded": replaced}, now=now)
    entry.centre_id = centre.id
    session.flush()
    changes = compare(before.values(), after.values())
    return PublishResult(plan=plan, changes=changes, superseded=tuple(replaced))


def check_fresh(session: Session, plan: Plan) -> None:
    """Make sure that nobody published for some of a draft's days since it was made.

    Raises
    ------
    StalePlanError
        With the number of the version published meanwhile.
    """
    query = (
        select(Plan.number)
        .where(
            Plan.centre_id == plan.centre_id,
            Plan.publication > plan.basis,
            Plan.first_day <= plan.last_day,
            Plan.last_day >= plan.first_day,
        )
        .order_by(Plan.publication.desc())
    )
    newer = session.scalars(query).first()
    if newer is not None:
        raise StalePlanError(newer)


def upcoming(
    breaches: tuple[Breach, ...], states: Mapping[str, SessionState], now: datetime
) -> tuple[Breach, ...]:
    """Return the breaches that a session has a part in which has not begun."""
    return tuple(
        breach
        for breach in breaches
        if not breach.sessions
        or any(uid in states and states[uid].starts_at > now for uid in breach.sessions)
    )


def _keep_what_has_begun(
    session: Session,
    plan: Plan,
    rows: dict[str, GroupSession],
    before: dict[str, SessionState],
    now: datetime,
) -> None:
    """Make the draft say of the past what was announced, since it may be days old."""
    for uid, row in list(rows.items()):
        announced = before.get(uid)
        if row.starts_at > now and (announced is None or announced.starts_at > now):
            continue
        if announced is None:
            session.delete(rows.pop(uid))
        else:
            write_state(row, announced)
    for uid, announced in before.items():
        if announced.starts_at <= now and uid not in rows:
            rows[uid] = new_row(announced, plan)
            session.add(rows[uid])
    session.flush()


def _supersede(session: Session, centre: Centre, plan: Plan, now: datetime) -> list[int]:
    """Mark the versions that say nothing any more about a day to come; return their ids."""
    today = to_wall(now, ZoneInfo(centre.timezone))[0]
    alive = {piece.plan_id for piece in days_in_force(session, centre.id) if piece.last_day >= today}
    # What the judge found of a large plan is long, and is not needed here.
    query = (
        select(Plan)
        .where(Plan.centre_id == centre.id, Plan.state == PlanState.PUBLISHED)
        .options(load_only(Plan.state, Plan.version))
    )
    replaced = [row for row in session.scalars(query) if row.id not in alive and row.id != plan.id]
    for row in replaced:
        row.state = PlanState.SUPERSEDED
    return sorted(row.id for row in replaced)


def discard(
    session: Session, centre: Centre, plan: Plan, now: datetime, *, user_id: int | None = None
) -> None:
    """Put a draft aside; it stays readable.

    Raises
    ------
    InvalidInputError
        If it is no draft.
    """
    if plan.state != PlanState.DRAFT:
        raise InvalidInputError(N_("Seul un brouillon peut être abandonné."))
    plan.state = PlanState.DISCARDED
    entry = record(session, user_id, "plan.discard", f"plan:{plan.id}", now=now)
    entry.centre_id = centre.id
    session.flush()

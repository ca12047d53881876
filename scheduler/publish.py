"""Publishing: a draft becomes the version in force on its days, and says what that changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from scheduler.audit import record
from scheduler.changes import PlanChanges, compare
from scheduler.errors import InvalidInputError, PlanRejectedError, StalePlanError
from scheduler.generate import chosen_overrides
from scheduler.held_places import Hold, lost_holds, take_away
from scheduler.in_force import days_in_force, last_publication, sessions_in_force, sessions_of
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
    verdict: Judgement | None = None,
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
    verdict : Judgement, optional
        What the judge found a moment ago of just these sessions, since judging takes the most time.

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
    before = {
        row.uid: state_of(row) for row in sessions_in_force(session, centre.id, plan.first_day, plan.last_day)
    }
    rows = {row.uid: row for row in sessions_of(session, plan)}
    if _keep_what_has_begun(session, plan, rows, before, now) or verdict is None:
        verdict = Judge(session, centre, plan, now).judge(state_of(row) for row in rows.values())
    broken = upcoming(verdict.report.broken, {uid: state_of(row) for uid, row in rows.items()}, now)
    if broken:
        if not acknowledged or any(breach.rule in NEVER_OVERRIDDEN for breach in broken):
            raise PlanRejectedError([f"{breach.rule}: {breach.message}" for breach in broken])
        _override(rows, broken)
    after = []
    for uid, row in rows.items():
        state = state_of(row)
        after.append(stamped(state, before.get(uid), now, state))
        if after[-1] != state:
            write_state(row, after[-1])
    settle_demands(session, plan, verdict, now, user_id=user_id)
    plan.overridden = chosen_overrides((*verdict.report.overridden, *verdict.report.broken), after)
    plan.state = PlanState.PUBLISHED
    plan.published_at, plan.published_by_id = now, user_id
    try:
        with session.begin_nested():
            plan.publication = last_publication(session, centre.id) + 1
            session.flush()
    except IntegrityError as error:
        raise StalePlanError(plan.number) from error
    states = {state.uid: state for state in after}
    if lost := lost_holds(session, centre, plan.first_day, plan.last_day, before, states, now):
        take_away(session, centre, lost)
    replaced = _supersede(session, centre, plan, now)
    entry = record(session, user_id, "plan.publish", f"plan:{plan.id}", {"superseded": replaced}, now=now)
    entry.centre_id = centre.id
    session.flush()
    return PublishResult(plan=plan, changes=compare(before.values(), after), superseded=tuple(replaced))


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
    breaches: tuple[Breach, ...], states: dict[str, SessionState], now: datetime
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
) -> bool:
    """Make the draft say of the past what was announced, since it may be days old; tell if it did not."""
    changed = False
    for uid, row in list(rows.items()):
        announced = before.get(uid)
        if row.starts_at > now and (announced is None or announced.starts_at > now):
            continue
        if announced is None:
            session.delete(rows.pop(uid))
        elif announced == state_of(row):
            continue
        else:
            write_state(row, announced)
        changed = True
    for uid, announced in before.items():
        if announced.starts_at <= now and uid not in rows:
            rows[uid] = new_row(announced, plan)
            session.add(rows[uid])
            changed = True
    session.flush()
    return changed


def _override(rows: dict[str, GroupSession], broken: tuple[Breach, ...]) -> None:
    """Keep with every session the rules that somebody has knowingly let it break."""
    for breach in broken:
        for uid in breach.sessions:
            if uid in rows:
                state = state_of(rows[uid])
                write_state(
                    rows[uid], replace(state, overrides=tuple(sorted({*state.overrides, breach.rule})))
                )


def _supersede(session: Session, centre: Centre, plan: Plan, now: datetime) -> list[int]:
    """Mark the versions that say nothing any more about a day to come; return their ids."""
    today = to_wall(now, ZoneInfo(centre.timezone))[0]
    alive = {piece.plan_id for piece in days_in_force(session, centre.id) if piece.last_day >= today}
    query = select(Plan).where(Plan.centre_id == centre.id, Plan.state == PlanState.PUBLISHED)
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

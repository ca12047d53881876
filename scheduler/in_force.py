"""Which version of the plan holds on which day, and the sessions that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, false, func, or_, select
from sqlalchemy.orm import Session, selectinload

from scheduler.models import GroupSession, Plan
from scheduler.session_state import SessionState, load_states


@dataclass(frozen=True, slots=True)
class DaysInForce:
    """Days in a row, ends included, on which one version of the plan holds."""

    plan_id: int
    first_day: date
    last_day: date


def last_publication(session: Session, centre_id: int) -> int:
    """Return the number of the centre's last publication, 0 when nothing was ever published."""
    query = select(func.max(Plan.publication)).where(Plan.centre_id == centre_id)
    return session.scalar(query) or 0


def days_in_force(
    session: Session, centre_id: int, *, before: int | None = None, until: date | None = None
) -> list[DaysInForce]:
    """Return which published version holds on which days, in order of time.

    Parameters
    ----------
    centre_id : int
        Whose plans.
    before : int, optional
        Only count publications before this one: what held until it came.
    until : date, optional
        Leave out what begins after this day.
    """
    query = select(Plan.id, Plan.first_day, Plan.last_day).where(
        Plan.centre_id == centre_id, Plan.publication.is_not(None)
    )
    if before is not None:
        query = query.where(Plan.publication < before)
    if until is not None:
        query = query.where(Plan.first_day <= until)
    held: list[DaysInForce] = []
    for plan_id, first, last in session.execute(query.order_by(Plan.publication)):
        held = [piece for old in held for piece in _around(old, first, last)]
        held.append(DaysInForce(plan_id, first, last))
    return sorted(held, key=lambda piece: piece.first_day)


def _around(old: DaysInForce, first: date, last: date) -> list[DaysInForce]:
    """Return what is left of some days once a newer version holds from first to last."""
    if old.last_day < first or old.first_day > last:
        return [old]
    left = []
    if old.first_day < first:
        left.append(DaysInForce(old.plan_id, old.first_day, first - timedelta(days=1)))
    if old.last_day > last:
        left.append(DaysInForce(old.plan_id, last + timedelta(days=1), old.last_day))
    return left


def plan_by_day(held: list[DaysInForce], first_day: date, last_day: date) -> dict[date, int]:
    """Return the id of the version that holds on each day from first to last, ends included."""
    table = {}
    for piece in held:
        day = max(piece.first_day, first_day)
        while day <= min(piece.last_day, last_day):
            table[day] = piece.plan_id
            day += timedelta(days=1)
    return table


def holds(held: list[DaysInForce], first_day: date | None, last_day: date | None) -> ColumnElement[bool]:
    """Return the condition that a session is in force, between two days where given (ends included)."""
    pieces = []
    for piece in held:
        first = max(piece.first_day, first_day) if first_day else piece.first_day
        last = min(piece.last_day, last_day) if last_day else piece.last_day
        if first <= last:
            pieces.append(
                and_(
                    GroupSession.plan_id == piece.plan_id,
                    GroupSession.day >= first,
                    GroupSession.day <= last,
                )
            )
    return or_(*pieces) if pieces else false()


def loaded_sessions(session: Session, *where: ColumnElement[bool]) -> list[GroupSession]:
    """Return sessions with their leaders and attendances, in order of time, in three queries."""
    query = (
        select(GroupSession)
        .where(*where)
        .options(selectinload(GroupSession.leaders), selectinload(GroupSession.attendances))
        .order_by(GroupSession.starts_at, GroupSession.id)
    )
    return list(session.scalars(query))


def sessions_in_force(
    session: Session, centre_id: int, first_day: date, last_day: date, *, before: int | None = None
) -> list[GroupSession]:
    """Return the sessions in force between two days, ends included, cancelled ones too."""
    held = days_in_force(session, centre_id, before=before)
    return loaded_sessions(session, GroupSession.centre_id == centre_id, holds(held, first_day, last_day))


def states_in_force(
    session: Session, centre_id: int, first_day: date, last_day: date, *, before: int | None = None
) -> dict[str, SessionState]:
    """Return the same as :func:`sessions_in_force` as data, by uid."""
    held = days_in_force(session, centre_id, before=before)
    found = load_states(session, GroupSession.centre_id == centre_id, holds(held, first_day, last_day))
    return {state.uid: state for state in found}


def sessions_of(session: Session, plan: Plan) -> list[GroupSession]:
    """Return the sessions of one version with their leaders and attendances."""
    return loaded_sessions(session, GroupSession.centre_id == plan.centre_id, GroupSession.plan_id == plan.id)

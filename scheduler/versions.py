"""The versions of a centre's plan and the runs that made them, for lists and pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, defer

from scheduler.errors import NotFoundError
from scheduler.models import GroupSession, Plan, PlanRun, User

MOST_RUNS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A version with how many sessions it holds and who published it."""

    plan: Plan
    sessions: int
    publisher: str


def find_version(session: Session, centre_id: int, number: int) -> Plan:
    """Return a version by its number.

    Raises
    ------
    NotFoundError
        If the centre has none of that number.
    """
    query = select(Plan).where(Plan.centre_id == centre_id, Plan.number == number)
    plan = session.scalars(query).one_or_none()
    if plan is None:
        raise NotFoundError(f"Plan {number}")
    return plan


def list_versions(session: Session, centre_id: int, most: int = 100) -> list[Version]:
    """Return the newest versions, in three queries."""
    query = (
        select(Plan)
        .where(Plan.centre_id == centre_id)
        .options(defer(Plan.unmet), defer(Plan.overridden))
        .order_by(Plan.number.desc())
        .limit(most)
    )
    plans = session.scalars(query).all()
    counted = (
        select(GroupSession.plan_id, func.count())
        .where(GroupSession.plan_id.in_([p.id for p in plans]), GroupSession.cancelled_at.is_(None))
        .group_by(GroupSession.plan_id)
    )
    sessions: dict[int, int] = {row[0]: row[1] for row in session.execute(counted)}
    names = user_names(session, (p.published_by_id for p in plans))
    return [
        Version(plan=p, sessions=sessions.get(p.id, 0), publisher=names.get(p.published_by_id or 0, ""))
        for p in plans
    ]


def list_runs(session: Session, centre_id: int) -> list[PlanRun]:
    """Return the newest runs without their problems."""
    query = (
        select(PlanRun)
        .where(PlanRun.centre_id == centre_id)
        .options(defer(PlanRun.problem), defer(PlanRun.progress))
        .order_by(PlanRun.id.desc())
        .limit(MOST_RUNS)
    )
    return list(session.scalars(query))


def find_run(session: Session, centre_id: int, run_id: int) -> PlanRun:
    """Return a run without its problem.

    Raises
    ------
    NotFoundError
        If the centre has no such run.
    """
    query = (
        select(PlanRun)
        .where(PlanRun.centre_id == centre_id, PlanRun.id == run_id)
        .options(defer(PlanRun.problem))
    )
    run = session.scalars(query).one_or_none()
    if run is None:
        raise NotFoundError(f"PlanRun {run_id}")
    return run


def plan_of_run(session: Session, run: PlanRun) -> Plan | None:
    """Return the draft that a run made, if it made one."""
    query = select(Plan).where(Plan.centre_id == run.centre_id, Plan.run_id == run.id)
    return session.scalars(query.options(defer(Plan.unmet)).order_by(Plan.number.desc())).first()


def numbers_by_run(session: Session, run_ids: Iterable[int]) -> dict[int, int]:
    """Return the number of the version that each run made."""
    query = select(Plan.run_id, Plan.number).where(Plan.run_id.in_(list(run_ids)))
    return {run_id: number for run_id, number in session.execute(query) if run_id is not None}


def user_names(session: Session, user_ids: Iterable[int | None]) -> dict[int, str]:
    """Return accounts by name."""
    wanted = {number for number in user_ids if number is not None}
    query = select(User.id, User.name).where(User.id.in_(wanted or {0}))
    return {row[0]: row[1] for row in session.execute(query)}


def sessions_by_uid(session: Session, centre_id: int, uids: Iterable[str]) -> dict[str, GroupSession]:
    """Return the newest row of some sessions."""
    query = (
        select(GroupSession)
        .where(GroupSession.centre_id == centre_id, GroupSession.uid.in_(list(uids)))
        .order_by(GroupSession.id)
    )
    return {row.uid: row for row in session.scalars(query)}

"""From the planner's answer to a new draft."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.errors import PlanRejectedError
from scheduler.in_force import last_publication
from scheduler.models import Activity, Centre, Plan, PlanRun, PlanState
from scheduler.planner_ids import activity_rows
from scheduler.problem_builder import BuiltProblem
from scheduler.session_state import SessionState, from_planned, insert_states, stamped
from scheduler.timegrid import monday_of, to_wall
from solver.problem import PlannedSession
from solver.solution import Solution
from solver.verify import Breach, verify_solution


def new_draft(
    session: Session,
    centre: Centre,
    first_day: date,
    last_day: date,
    now: datetime,
    *,
    based_on_id: int | None = None,
    basis: int | None = None,
) -> Plan:
    """Add an empty draft with the centre's next number.

    Parameters
    ----------
    based_on_id : int, optional
        The version or draft it was made from.
    basis : int, optional
        The centre's last publication when the data were read; by default that of now.
    """
    highest = session.scalar(select(func.max(Plan.number)).where(Plan.centre_id == centre.id)) or 0
    plan = Plan(
        centre_id=centre.id,
        number=highest + 1,
        basis=last_publication(session, centre.id) if basis is None else basis,
        state=PlanState.DRAFT,
        first_day=first_day,
        last_day=last_day,
        based_on_id=based_on_id,
        created_at=now,
    )
    session.add(plan)
    session.flush()
    return plan


def store_solution(
    session: Session,
    centre: Centre,
    built: BuiltProblem,
    solution: Solution,
    now: datetime,
    *,
    base_plan_id: int | None = None,
    run: PlanRun | None = None,
) -> Plan:
    """Store a solution as a new draft, once the judge has found nothing wrong with it.

    A session keeps its ``uid`` when it is the same one as in the draft it was planned from or in
    the version in force: the planner kept its id; or it is of the same activity (and cohort, and
    person where there is only one) at the same start; or, of those left, in the same week, those
    with most people in common first and the nearest in time of equals. A session in force that the
    plan does without is kept as cancelled and ``withdrawn``, for those who had been told of it.

    Returns
    -------
    Plan
        The draft, with every session flushed.

    Raises
    ------
    PlanRejectedError
        If the plan breaks a hard rule or claims what is not so. Nothing is stored.
    """
    report = verify_solution(built.problem, solution)
    if report.broken:
        raise PlanRejectedError([f"{breach.rule}: {breach.message}" for breach in report.broken])
    plan = new_draft(
        session,
        centre,
        built.grid.first_day,
        built.grid.last_day,
        now,
        based_on_id=base_plan_id,
        basis=built.publication,
    )
    plan.run_id = None if run is None else run.id
    plan.objective, plan.full_value, plan.bound = solution.objective, solution.full_value, solution.bound
    plan.terms = dict(solution.terms)
    plan.unmet = [asdict(unmet) for unmet in solution.unmet]
    states = _states(session, centre, built, built.reserved.without(solution.sessions), now)
    plan.overridden = chosen_overrides(report.overridden, states)
    session.flush()
    insert_states(session, plan, states)
    return plan


def chosen_overrides(overridden: Iterable[Breach], states: Iterable[SessionState]) -> list[dict[str, object]]:
    """Return the overridden breaches that a person chose, leaving out those the past is excused."""
    chosen = {state.uid: set(state.overrides) for state in states}
    return [
        asdict(breach)
        for breach in overridden
        if any(breach.rule in chosen.get(uid, ()) for uid in breach.sessions)
    ]


def _states(
    session: Session,
    centre: Centre,
    built: BuiltProblem,
    sessions: Sequence[PlannedSession],
    now: datetime,
) -> list[SessionState]:
    """Return what the draft says: sessions planned, cancelled ones kept, and withdrawn ones."""
    wanted = {activity_rows(planned.activity)[0] for planned in sessions}
    query = select(Activity).where(Activity.id.in_(wanted or {0}))
    activities = {row.id: row for row in session.scalars(query)}
    base = {state.uid: state for state in built.base}
    announced = {state.uid: state for state in built.announced}
    fixed = {fixed.session.id for fixed in built.problem.fixed}
    kept = {uid: state for uid, state in base.items() if not state.withdrawn}
    same = match(built, sessions, {**announced, **kept}, activities)
    found: list[SessionState] = []
    for planned in sessions:
        activity_id, cohort_id = activity_rows(planned.activity)
        uid = same.get(planned.id)
        before = kept.get(uid) if uid else None
        state = from_planned(
            planned,
            activities[activity_id],
            built.grid,
            uid=uid or str(uuid4()),
            now=now,
            cohort_id=cohort_id,
            before=before,
        )
        if planned.id in fixed and before is not None:
            state = _standing(before, state)
        elif before is not None:
            state = replace(state, locked=False, overrides=())
        found.append(stamped(state, announced.get(uid) if uid else None, now, before))
    used = {state.uid for state in found}
    found += [state for state in kept.values() if not state.held and state.uid not in used]
    used |= {state.uid for state in found}
    today = to_wall(now, built.grid.zone)[0]
    for state in announced.values():
        if state.uid in used:
            continue
        if state.held and state.day >= today:
            state = replace(state, cancelled_at=now, withdrawn=True, locked=False, overrides=())
        found.append(stamped(state, announced[state.uid], now))
    return found


def _standing(before: SessionState, planned: SessionState) -> SessionState:
    """Return a fixed session as it was, with the people it has now."""
    return replace(before, people=planned.people)


def match(
    built: BuiltProblem,
    sessions: Sequence[PlannedSession],
    known: dict[str, SessionState],
    activities: dict[int, Activity],
) -> dict[str, str]:
    """Return which stored session each planned one is, as ids of the plan to ``uid``.

    The rule is that of :func:`store_solution`. Sessions that were cancelled are not matched.
    """
    grid = built.grid
    found: dict[str, str] = {}
    free = {uid: state for uid, state in known.items() if state.held}
    open_: dict[str, SessionState] = {}
    for planned in sessions:
        if planned.id in free:
            found[planned.id] = planned.id
    for uid in found.values():
        del free[uid]
    for planned in sessions:
        if planned.id not in found:
            activity_id, cohort_id = activity_rows(planned.activity)
            open_[planned.id] = from_planned(
                planned,
                activities[activity_id],
                grid,
                uid=planned.id,
                now=grid.starts_at,
                cohort_id=cohort_id,
            )
    by_key: dict[tuple[int, int | None, int | None], list[SessionState]] = defaultdict(list)
    for state in free.values():
        by_key[state.key].append(state)
    for at_same_start in (True, False):
        pairs = []
        for planned_id, state in open_.items():
            for old in by_key.get(state.key, ()):
                shared = len(old.attendees & state.attendees)
                apart = abs(old.starts_at - state.starts_at)
                near = monday_of(old.day) == monday_of(state.day) and (
                    shared > 0 or not (old.attendees and state.attendees)
                )
                if (apart == timedelta(0)) if at_same_start else near:
                    pairs.append((-shared, apart, old.uid, planned_id))
        for _, _, uid, planned_id in sorted(pairs):
            if uid in free and planned_id in open_:
                found[planned_id] = uid
                del free[uid], open_[planned_id]
        for key in by_key:
            by_key[key] = [state for state in by_key[key] if state.uid in free]
    return found

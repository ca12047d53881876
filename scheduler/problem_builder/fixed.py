"""Stored sessions as the planner's: what stands, what was announced, what is locked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from scheduler.planner_ids import activity_key, participant_key
from scheduler.session_state import SessionState, to_planned
from scheduler.timegrid import TimeGrid
from solver.problem import Activity, FixedSession, PlannedSession, Problem
from solver.verify import NEVER_OVERRIDDEN, verify


def planned_sessions(
    states: Iterable[SessionState], grid: TimeGrid, activities: dict[str, Activity]
) -> tuple[PlannedSession, ...]:
    """Return the sessions that are held, of those the planner knows the activity of.

    Leaders in roles that the activity no longer has are left out.
    """
    found = []
    for state in states:
        activity = activities.get(activity_key(state.activity_id, state.cohort_id))
        if not state.held or activity is None:
            continue
        planned = to_planned(state, grid, (role.id for role in activity.roles))
        if planned.start % grid.slots_per_day + activity.duration_slots <= grid.slots_per_day:
            found.append(planned)
    return tuple(found)


def running_runs(
    states: Iterable[SessionState], frozen_until: date, before: dict[str, int], lengths: dict[str, int]
) -> set[str]:
    """Return the activities with a run of consecutive days that has begun or is announced to.

    Parameters
    ----------
    states : iterable of SessionState
        Sessions planning starts from.
    frozen_until : date
        Last day that stays as it is.
    before : dict
        Sessions of the run already held before the horizon, by activity.
    lengths : dict
        Days of a run, by activity that is held in runs.
    """
    begun = {key for key, held in before.items() if key in lengths and 0 < held < lengths[key]}
    for state in states:
        key = activity_key(state.activity_id, state.cohort_id)
        if key in lengths and state.held and state.day <= frozen_until:
            begun.add(key)
    return begun


def fixed_sessions(
    states: Sequence[SessionState],
    planned: Sequence[PlannedSession],
    frozen_until: date,
    running: set[str],
) -> tuple[FixedSession, ...]:
    """Return the sessions that stay: past, announced for the days frozen, or locked by hand.

    Past and frozen ones and those of a run under way keep exactly their people. A session in
    which somebody is locked in or kept out stays too, or the choice would mean nothing.
    """
    by_uid = {state.uid: state for state in states}
    found = []
    for session in planned:
        state = by_uid[session.id]
        frozen = state.day <= frozen_until or session.activity in running
        locked = [x for x in state.people if x.locked]
        excluded = [x for x in state.people if x.excluded]
        if frozen or state.locked or locked or excluded:
            found.append(
                FixedSession(
                    session=session,
                    locked=tuple(sorted(participant_key(x.participant_id) for x in locked)),
                    excluded=tuple(sorted(participant_key(x.participant_id) for x in excluded)),
                    closed=frozen,
                    overrides=tuple(sorted(set(state.overrides) - NEVER_OVERRIDDEN)),
                )
            )
    return tuple(found)


def excuse_what_stands(
    problem: Problem, states: Sequence[SessionState], frozen_until: date, running: set[str]
) -> Problem:
    """Give past and frozen sessions the overrides they need, and locked ones that of their earliest day.

    What has happened or is announced for tomorrow cannot be planned otherwise, even if a leader has
    fallen ill or a course day moved since: a person has to decide, and the rest of the weeks can be
    planned meanwhile. ``scheduler.publish`` names such sessions and asks about them. A session that was
    placed in time does not become wrong because its lead time has begun.
    """
    if not problem.fixed:
        return problem
    report = verify(problem, [fixed.session for fixed in problem.fixed])
    broken: dict[str, set[str]] = defaultdict(set)
    for breach in report.broken:
        if breach.rule not in NEVER_OVERRIDDEN:
            for uid in breach.sessions:
                broken[uid].add(breach.rule)
    day_of = {state.uid: state.day for state in states}
    fixed = []
    for old in problem.fixed:
        session, rules = old.session, broken[old.session.id]
        day = day_of.get(session.id)
        excused = rules if day is not None and day <= frozen_until else set()
        if session.activity in running:
            excused = excused | rules & {"pattern", "block", "frequency", "start"}
        excused = excused | _late(problem, session)
        fixed.append(replace(old, overrides=tuple(sorted({*old.overrides, *excused}))))
    return replace(problem, fixed=tuple(fixed))


def _late(problem: Problem, session: PlannedSession) -> set[str]:
    """Return the rule ``start`` if only the activity's earliest day stands against a session."""
    activity = problem.activity_by_id[session.activity]
    day, slot = divmod(session.start, problem.slots_per_day)
    right_time = (day % 7, slot) in activity.starts
    return {"start"} if right_time and day < activity.earliest_day else set()

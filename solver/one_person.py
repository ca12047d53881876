"""The places that one person could have instead of another, everybody else's week as it is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from solver.alternatives import Alternative, alternatives
from solver.candidates import find_candidates
from solver.problem import Demand, DemandWindow, FixedSession, PlannedSession, Problem
from solver.result import plan_of
from solver.score import Scorer
from solver.solution import Solution


def places_of_one(
    problem: Problem,
    sessions: Sequence[PlannedSession],
    demand: Demand,
    window: DemandWindow,
    *,
    activities: Collection[str],
    instead_of: str | None,
    first_start: int,
    shut: Collection[str] = (),
    k: int = 3,
    tolerance_points: int = 0,
    time_limit_s: float = 2.0,
) -> list[Alternative]:
    """Find up to ``k`` places that are as good for the plan, the best first.

    The problem is narrowed to the person before it is solved: all that others attend is fixed, so
    that an answer takes a fraction of a second on a centre of any size. What the plan was before
    plays no part: offering a choice is itself the reason to change it.

    Parameters
    ----------
    problem : Problem
        With the overrides of sessions as ``fixed``; other fixed sessions play no part.
    sessions : sequence of PlannedSession
        A valid plan, with the session ``instead_of`` if there is one.
    demand : Demand
        What the place is for; one of the problem's.
    window : DemandWindow
        The days on which it may be; no more sessions than now, or one more where there is no
        ``instead_of``.
    activities : collection of str
        Which of the demand's activities to look at.
    instead_of : str or None
        Id of the session that the person attends until they choose another, if any; it is not among
        the places found.
    first_start : int
        The first slot at which a place may start.
    shut : collection of str
        Ids of sessions that the person cannot join.
    k : int
        How many places at most.
    tolerance_points : int
        How many points a place may lose against ``instead_of``, or else against the best place.
    time_limit_s : float
        Seconds in all.
    """
    narrow = _narrow(problem, sessions, demand, window, set(activities), instead_of, first_start, set(shut))
    scorer = Scorer(narrow)
    now = scorer.score(plan_of(find_candidates(narrow), sessions))
    solution = Solution(status="feasible", sessions=tuple(sessions), objective=now.objective, seed=1)
    # Without a place so far every place is a gain, and only the best tells how good the others are.
    points = tolerance_points if instead_of is not None else 2 * scorer.full_value
    found = alternatives(
        narrow,
        solution,
        demand.participant,
        demand.id,
        k=k,
        tolerance=points / max(scorer.full_value, 1),
        time_limit_s=time_limit_s,
    )
    least = min((a.lost for a in found), default=0) if instead_of is None else 0
    return [
        a for a in found if a.lost <= least + tolerance_points and _is_open(a, narrow, window, first_start)
    ]


def _is_open(found: Alternative, problem: Problem, window: DemandWindow, first_start: int) -> bool:
    start = found.session.start
    return start >= first_start and window.first_day <= start // problem.slots_per_day < window.end_day


def _narrow(
    problem: Problem,
    sessions: Sequence[PlannedSession],
    demand: Demand,
    window: DemandWindow,
    wanted: set[str],
    instead_of: str | None,
    first_start: int,
    shut: set[str],
) -> Problem:
    """Return the problem in which nothing is free but the person's place."""
    person, per_day = demand.participant, problem.slots_per_day
    overrides = {fixed.session.id: fixed.overrides for fixed in problem.fixed}

    def stands(session: PlannedSession) -> FixedSession:
        others = tuple(seat.participant for seat in session.attendees if seat.participant != person)
        given = overrides.get(session.id, ())
        joinable = (
            session.activity in wanted
            and not problem.activity_by_id[session.activity].individual
            and window.first_day <= session.start // per_day < window.end_day
            and session.start >= first_start
            and session.id not in shut
            and len(others) == len(session.attendees)
        )
        if joinable or session.id == instead_of:
            return FixedSession(session=session, locked=others, overrides=given)
        return FixedSession(session=session, closed=True, overrides=given)

    fixed = tuple(
        stands(session)
        for session in sessions
        if session.id != instead_of or not problem.activity_by_id[session.activity].individual
    )
    first_day = max(-(-first_start // per_day), window.first_day)
    kept = next((s for s in sessions if s.id == instead_of), None)
    if kept is not None:
        first_day = min(first_day, kept.start // per_day)
    return replace(
        problem,
        activities=tuple(
            replace(
                activity,
                earliest_day=max(activity.earliest_day, first_day),
                latest_day=window.end_day - 1
                if activity.latest_day is None
                else min(activity.latest_day, window.end_day - 1),
            )
            if activity.individual and activity.id in wanted
            else replace(activity, starts=())
            for activity in problem.activities
        ),
        demands=(
            *_kept_demands(problem, person),
            _cap(problem, sessions, demand, window, wanted, instead_of),
        ),
        fixed=fixed,
        previous=None,
    )


def _kept_demands(problem: Problem, person: str) -> Iterator[Demand]:
    """Yield the person's demands, and those of the people they must be with, who need the same."""
    beside = {person}
    for rule in problem.pair_rules:
        if person in (rule.a, rule.b):
            beside |= {rule.a, rule.b}
    return (d for d in problem.demands if d.participant in beside)


def _cap(
    problem: Problem,
    sessions: Sequence[PlannedSession],
    demand: Demand,
    window: DemandWindow,
    wanted: set[str],
    instead_of: str | None,
) -> Demand:
    """Return a demand that allows no more sessions in the window than there are places to have."""
    attended = sum(
        session.activity in wanted
        and window.first_day <= session.start // problem.slots_per_day < window.end_day
        and any(seat.participant == demand.participant for seat in session.attendees)
        for session in sessions
    )
    return Demand(
        id=f"{demand.id}-places",
        participant=demand.participant,
        activities=tuple(sorted(wanted)),
        from_day=window.first_day,
        to_day=window.end_day,
        min=0,
        target=0,
        max=attended + (instead_of is None),
        weight=0,
    )

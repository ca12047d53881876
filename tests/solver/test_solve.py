"""The planner's entry: progress, cancelling, seeds, empty problems, fixed sessions."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from benchmarks.instances import instance
from solver.alternatives import alternatives
from solver.candidates import Plan
from solver.problem import Participant, Problem, Room, Staff
from solver.score import Score, Scorer
from solver.solve import Progress, _Solve, solve
from solver.verify import verify, verify_solution
from tests.solver.builders import (
    AFTERNOON,
    MORNING,
    at,
    make_activity,
    make_demand,
    make_fixed,
    make_problem,
    make_session,
)


@pytest.mark.parametrize(
    "problem",
    [
        make_problem(0),
        make_problem(3, closed_days=tuple(range(7))),
        make_problem(2, activities=(make_activity(starts=()),)),
        make_problem(2, staff=()),
        make_problem(2, rooms=()),
        make_problem(2, demands=()),
        make_problem(2, activities=(), demands=()),
        make_problem(1, activities=(make_activity(individual=True),), demands=(), days=1),
        make_problem(2, participants=(Participant(id="p1", busy=((0, 7 * 96),)),)),
    ],
    ids=[
        "nobody",
        "holidays",
        "no_starts",
        "no_staff",
        "no_rooms",
        "no_demands",
        "nothing",
        "one_day",
        "busy",
    ],
)
@pytest.mark.parametrize("workers", [1, 2])
def test_nothing_to_plan_is_a_plan(problem: Problem, workers: int) -> None:
    solution = solve(problem, time_limit_s=5.0, workers=workers)
    assert solution.status == "optimal"
    assert solution.sessions == ()
    assert verify_solution(problem, solution).broken == ()


def test_small_problem_is_solved_to_proof() -> None:
    problem = make_problem(4, rooms=(Room(id="r1", site="site", seats=3),))
    solution = solve(problem, time_limit_s=10.0)
    assert solution.status == "optimal"
    assert solution.gap == 0
    assert solution.unmet == ()
    assert solution.bound == solution.objective
    assert verify_solution(problem, solution).broken == ()


@pytest.mark.parametrize("workers", [1, 2])
def test_progress_tells_of_a_growing_plan(workers: int) -> None:
    seen: list[Progress] = []
    problem = instance("S", 3)
    solution = solve(problem, time_limit_s=3.0, workers=workers, on_progress=seen.append)
    values = [p.objective for p in seen if p.objective is not None]
    bounds = [p.bound for p in seen if p.bound is not None]
    assert values == sorted(values)
    assert bounds == sorted(bounds, reverse=True)
    assert {p.full_value for p in seen} == {solution.full_value}
    assert seen[0].phase == "prepare"
    assert values[-1] <= solution.objective
    assert all(p.bound is not None and (p.objective is None or p.objective <= p.bound) for p in seen)
    assert verify_solution(problem, solution).broken == ()


@pytest.mark.parametrize("workers", [1, 2])
def test_cancelled_solve_keeps_its_plan(workers: int) -> None:
    problem = instance("S", 4)
    best: list[Progress] = []

    def stop() -> bool:
        return bool(best) and (best[-1].objective or 0) > 0

    began = time.monotonic()
    solution = solve(problem, time_limit_s=60.0, workers=workers, on_progress=best.append, should_stop=stop)
    assert time.monotonic() - began < 40.0
    assert solution.status == "cancelled"
    assert solution.sessions
    assert verify_solution(problem, solution).broken == ()


def test_one_worker_repeats_a_proof_with_its_seed() -> None:
    problem = make_problem(4, rooms=(Room(id="r1", site="site", seats=3),))
    first, second = (solve(problem, time_limit_s=10.0, workers=1, seed=5) for _ in range(2))
    assert replace(first, wall_time_s=0.0) == replace(second, wall_time_s=0.0)
    assert first.seed == 5


def test_fixed_sessions_stay_as_they_are() -> None:
    session = make_session("mine", 2, AFTERNOON, ("p1",))
    problem = make_problem(3, fixed=(make_fixed(session, locked=("p1",), excluded=("p3",)),))
    solution = solve(problem, time_limit_s=10.0)
    assert solution.status == "optimal"
    assert verify_solution(problem, solution).broken == ()
    kept = next(s for s in solution.sessions if s.id == "mine")
    assert (kept.start, kept.room, kept.leaders) == (session.start, session.room, session.leaders)
    assert solution.unmet == ()


def test_fixed_sessions_in_conflict_are_answered_not_raised() -> None:
    one, two = (make_session(i, 0, MORNING, (p,)) for i, p in (("x", "p1"), ("y", "p2")))
    fixed = (make_fixed(one, closed=True), make_fixed(two, closed=True))
    activity = make_activity(max_parallel=2)
    problem = make_problem(2, activities=(activity,), fixed=fixed)
    solution = solve(problem, time_limit_s=5.0)
    assert solution.status == "infeasible"
    assert solution.sessions == ()
    assert solution.bound is None
    assert {c.rule for c in solution.conflicts} & {"room_overlap", "staff_overlap"}


@pytest.mark.parametrize(
    ("problem", "rule"),
    [
        (make_problem(1, closed_days=(0,)), "closed_day"),
        (make_problem(1, participants=(Participant(id="p1", busy=((at(0), at(1)),)),)), "busy"),
        (make_problem(1, staff=(Staff(id="s1", available=()),)), "staff_unavailable"),
    ],
)
def test_override_lets_a_fixed_session_break_its_rule(problem: Problem, rule: str) -> None:
    session = make_session(people=("p1",))
    refused = replace(problem, fixed=(make_fixed(session, closed=True),))
    assert solve(refused, time_limit_s=5.0).status == "infeasible"
    allowed = replace(problem, fixed=(make_fixed(session, closed=True, overrides=(rule,)),))
    solution = solve(allowed, time_limit_s=5.0)
    assert solution.status == "optimal"
    report = verify_solution(allowed, solution)
    assert report.broken == ()
    assert {b.rule for b in report.overridden} == {rule}


def test_overridden_clash_is_not_made_worse() -> None:
    one, two = (make_session(i, 0, MORNING, (p,)) for i, p in (("x", "p1"), ("y", "p2")))
    fixed = tuple(
        make_fixed(s, closed=True, overrides=("room_overlap", "staff_overlap", "parallel"))
        for s in (one, two)
    )
    problem = make_problem(3, fixed=fixed)
    solution = solve(problem, time_limit_s=5.0)
    assert verify_solution(problem, solution).broken == ()
    assert [s.start for s in solution.sessions].count(at(0)) == 2
    assert solution.unmet == ()


def test_previous_plan_is_kept_where_it_can_be() -> None:
    before = tuple(
        make_session(f"old{i}", i, AFTERNOON, (f"p{i + 1}",), staff=(f"s{i % 2 + 1}",)) for i in range(4)
    )
    staff = (Staff(id="s1"), Staff(id="s2", available=((at(0, 0), at(2, 0)),)))
    problem = make_problem(4, staff=staff, previous=before)
    solution = solve(problem, time_limit_s=10.0)
    assert solution.status == "optimal"
    assert verify_solution(problem, solution).broken == ()
    assert solution.terms["stability"] == 0
    assert {s.id for s in solution.sessions if s.attendees} == {s.id for s in before}


def test_alternatives_are_valid_places_within_the_tolerance() -> None:
    starts = ((0, MORNING), (1, MORNING), (2, MORNING), (3, AFTERNOON))
    activity = make_activity(individual=True, duration_slots=4, starts=starts)
    problem = make_problem(2, activities=(activity,))
    solution = solve(problem, time_limit_s=10.0)
    mine = next(s for s in solution.sessions if s.attendees[0].participant == "p1")
    found = alternatives(problem, solution, "p1", "p1-a", k=2, tolerance=0.2)
    assert len(found) == 2
    assert len({a.session.start for a in found} | {mine.start}) == 3
    assert [a.lost for a in found] == sorted(a.lost for a in found)
    for other in found:
        report = verify(problem, other.sessions)
        assert report.broken == ()
        assert report.objective == other.objective == solution.objective - other.lost
        assert other.lost <= 0.2 * solution.full_value
    taken = {s.start for s in solution.sessions}
    everywhere = alternatives(problem, solution, "p1", "p1-a", k=9, tolerance=0.2)
    assert {a.session.start for a in everywhere} == {at(d, slot) for d, slot in starts} - taken
    assert alternatives(problem, solution, "p1", "p1-a", tolerance=-1.0) == []
    with pytest.raises(KeyError):
        alternatives(problem, solution, "p1", "p2-a", tolerance=0.1)


def test_alternative_in_a_session_of_others() -> None:
    activity = make_activity(starts=((0, MORNING), (1, MORNING)))
    problem = make_problem(3, activities=(activity,), demands=tuple(make_demand(f"p{i}") for i in (1, 2, 3)))
    before = (make_session("x", 0, MORNING, ("p1", "p2")), make_session("y", 1, MORNING, ("p3",)))
    solution = solve(replace(problem, fixed=tuple(make_fixed(s) for s in before)), time_limit_s=10.0)
    own = next(s for s in solution.sessions if any(a.participant == "p1" for a in s.attendees))
    found = alternatives(problem, solution, "p1", "p1-a", tolerance=0.5)
    assert all(a.session.start != own.start for a in found)


def test_plans_offered_at_once_are_scored_one_after_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scorer keeps the plan it works on: two threads at once would get figures of neither plan."""
    work = _Solve(instance("S", seed=1), 1.0, 1, 2, None, None)
    work.scorer = scorer = Scorer(work.problem)
    inside = threading.Lock()
    true_score, together = scorer.score, []

    def score(plan: Plan) -> Score:
        if not inside.acquire(blocking=False):
            together.append(plan)
            return true_score(plan)
        try:
            time.sleep(0.01)
            return true_score(plan)
        finally:
            inside.release()

    monkeypatch.setattr(scorer, "score", score)
    threads = [threading.Thread(target=work._offer, args=([],)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == []

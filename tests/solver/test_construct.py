"""The first plan places what binds many sessions before the days of its people are full."""

from __future__ import annotations

from dataclasses import replace

from solver.candidates import find_candidates
from solver.construct import construct
from solver.problem import Frequency, Problem, Room, Staff
from solver.result import sessions_of
from solver.score import Scorer
from solver.start import find_start
from solver.verify import verify

from .builders import (
    AFTERNOON,
    MORNING,
    make_activity,
    make_demand,
    make_fixed,
    make_problem,
    make_session,
)


def _run_and_rival() -> Problem:
    """Return three people who want a run of three mornings, and the same mornings for another activity."""
    mornings = tuple((weekday, MORNING) for weekday in range(3))
    run = make_activity(
        "run",
        starts=mornings,
        pattern="consecutive",
        run_length=3,
        block=True,
        seats_min=2,
        frequency=Frequency(period_weeks=0, min=0, max=3),
    )
    rival = make_activity("rival", starts=((0, MORNING), (1, MORNING), (3, AFTERNOON)))
    wanted = make_problem(people=3, activities=(run, rival))
    demands = []
    for person in wanted.participants:
        demands.append(replace(make_demand(person.id, "run"), min=3, target=3))
        demands.append(make_demand(person.id, "rival"))
    return replace(wanted, demands=tuple(demands))


def test_a_run_is_placed_before_what_would_take_its_days() -> None:
    problem = _run_and_rival()
    plan = construct(find_candidates(problem), (), lambda: False)
    report = verify(problem, sessions_of(problem, plan))
    assert report.broken == ()
    assert sorted(h.placement.day for h in plan if h.placement.activity.id == "run") == [0, 1, 2]
    assert report.terms["below_min"] == 0
    assert report.terms["below_target"] == 0


def test_a_run_is_left_out_when_told_to_stop() -> None:
    assert construct(find_candidates(_run_and_rival()), (), lambda: True) == ()


def test_what_is_missing_is_what_the_terms_lose() -> None:
    problem = _run_and_rival()
    scorer = Scorer(problem)
    plan = construct(find_candidates(problem), (), lambda: False)
    for part in (plan, plan[:2], ()):
        terms = scorer.score(part).terms
        lost = terms["obligation"] + terms["below_min"] + terms["below_target"]
        assert sum(points for _, _, points in scorer.missing(part)) == lost
    assert scorer.missing(plan) == []
    assert len(scorer.missing(())) == len(problem.demands)


def test_a_group_is_placed_when_a_room_for_all_of_it_is_free() -> None:
    once = Frequency(period_weeks=1, min=0, max=1)
    wanted = make_activity(starts=((0, MORNING), (1, MORNING)), frequency=once)
    problem = make_problem(
        people=6,
        rooms=(Room(id="large", site="site", seats=6), Room(id="small", site="site", seats=2)),
        staff=(Staff(id="s1"), Staff(id="s2")),
        activities=(wanted, make_activity("b")),
        demands=tuple(make_demand(f"p{i + 1}") for i in range(6)),
    )
    taken = make_session("x", 0, MORNING, activity="b", room="large", staff=("s1",))
    candidates = find_candidates(replace(problem, fixed=(make_fixed(taken, closed=True),)))
    start = find_start(candidates, seconds_left=lambda: 5.0, seed=1)
    assert start.plan is not None
    plan = construct(candidates, start.plan, lambda: False)
    [held] = [h for h in plan if h.placement.activity.id == "a"]
    assert (held.placement.day, held.room, len(held.people)) == (1, "large", 6)

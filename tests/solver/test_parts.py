"""Parts of a plan are dealt so that nothing is forgotten, and what pays comes oftener."""

from __future__ import annotations

from collections import Counter

from benchmarks.instances import instance
from solver.candidates import find_candidates
from solver.parts import Parts
from solver.problem import Problem
from solver.score import Scorer
from tests.solver.builders import make_activity, make_demand, make_problem

SMALL = instance("S", seed=1)


def _first_round(parts: Parts, problem: Problem) -> int:
    """Deal the half-days of groups once and return how many there were."""
    groups = {p for p in parts.candidates.placements if not p.activity.individual}
    halves = {(p.day, p.start % problem.slots_per_day >= problem.slots_per_day // 2) for p in groups}
    dealt = Counter(p for _ in halves for p in parts.choose([])[1].free)
    assert dealt == Counter(groups)
    return len(halves)


def test_first_round_frees_the_groups_of_every_half_day_once() -> None:
    assert _first_round(Parts(find_candidates(SMALL), seed=3), SMALL) > 20


def test_equal_seeds_deal_alike_and_others_do_not() -> None:
    candidates = find_candidates(SMALL)

    def walk(seed: int) -> list[tuple[int, frozenset[str]]]:
        parts = Parts(candidates, seed)
        return [(len(part.free), part.people) for _ in range(60) for part in [parts.choose([])[1]]]

    assert walk(1) == walk(1) != walk(2)


def test_kind_that_gains_most_is_drawn_most() -> None:
    parts = Parts(find_candidates(SMALL), seed=1)
    _first_round(parts, SMALL)
    best, _ = parts.choose([])
    for _ in range(300):
        kind, _ = parts.choose([])
        parts.learn(kind, closed=True, gain=1000 if kind is best else 0, effort=0.1)
    drawn = Counter(parts.choose([])[0] is best for _ in range(200))
    assert drawn[True] > 100
    assert drawn[False] > 0
    assert best.size > 1


def test_what_is_missing_is_freed_with_those_who_miss_the_same() -> None:
    activities = (make_activity("a", individual=True), make_activity("b", individual=True))
    demands = (*(make_demand(p, "a") for p in ("p1", "p2")), make_demand("p3", "b"))
    problem = make_problem(3, activities=activities, demands=demands)
    candidates = find_candidates(problem)
    missing = [x for x in Scorer(problem).missing(()) if x[0].participant == "p1"]
    parts = Parts(candidates, seed=1)
    freed = [part for _ in range(200) for part in [parts.choose(missing)[1]] if part.people == {"p1"}]
    assert any(set(part.free) == set(candidates.of_participant["p1"]) for part in freed)


def test_nothing_to_place_is_no_part() -> None:
    assert not Parts(find_candidates(make_problem(0)), seed=1)

"""Random centres: model, score and judge agree on every plan, and the bound is no lie."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st
from ortools.sat.python import cp_model

from solver.bound import Bounder
from solver.candidates import find_candidates
from solver.check import check_problem
from solver.construct import construct
from solver.decompose import decompose
from solver.improve import Improver
from solver.model import Model
from solver.parts import Parts
from solver.problem import PlannedSession, Problem
from solver.relaxation import linear_program, safe_bound, solve_dual
from solver.result import plan_of, sessions_of
from solver.score import Scorer
from solver.solve import solve
from solver.verify import verify, verify_solution
from tests.solver.centres import random_centre
from tests.solver.fixing import modelled

seeds = st.integers(0, 2**20)


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_solution_passes_the_judge_and_its_claims_hold(seed: int) -> None:
    problem = random_centre(seed)
    check_problem(problem)
    solution = solve(problem, time_limit_s=0.6, seed=seed % 1000, workers=1)
    assert verify_solution(problem, solution).broken == ()
    assert modelled(problem, solution.sessions) == solution.objective


@settings(max_examples=15, deadline=None)
@given(seed=seeds)
def test_first_plan_and_every_improvement_are_valid(seed: int) -> None:
    problem = random_centre(seed)
    candidates = find_candidates(problem)
    scorer = Scorer(problem)
    first = construct(candidates, (), lambda: False)
    assert verify(problem, sessions_of(problem, first)).broken == ()
    improver = Improver(Parts(candidates, seed), scorer, first, seed=seed, seconds_left=lambda: 1.0)
    value = improver.score.objective
    for _ in range(8):
        improver.step()
        report = verify(problem, sessions_of(problem, improver.plan))
        assert report.broken == ()
        assert report.objective == improver.score.objective >= value
        assert report.terms == improver.score.terms
        value = report.objective


@settings(max_examples=25, deadline=None)
@given(seed=seeds)
def test_model_and_judge_agree_on_spoiled_plans(seed: int) -> None:
    rng = Random(seed)
    problem = random_centre(seed)
    candidates = find_candidates(problem)
    sessions = sessions_of(problem, construct(candidates, (), lambda: False))
    for _ in range(4):
        spoiled = _spoil(problem, sessions, rng)
        report = verify(problem, spoiled)
        assert modelled(problem, spoiled) == (report.objective if report.valid else None)


def _spoil(problem: Problem, sessions: tuple[PlannedSession, ...], rng: Random) -> tuple[PlannedSession, ...]:
    """Move, drop or swap something, most often into a breach."""
    if not sessions:
        return sessions
    one = rng.choice(sessions)
    others = tuple(s for s in sessions if s is not one)
    other = rng.choice(sessions)
    change = rng.randrange(5)
    if change == 0:
        return others
    if change == 1:
        return (*others, replace(one, start=other.start))
    if change == 2 and len(one.attendees) > 1:
        return (*others, replace(one, attendees=one.attendees[1:]))
    if change == 3:
        return (*others, replace(one, leaders=tuple(x for x in other.leaders)))
    return (*others, replace(one, room=other.room, site=other.site))


@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_linear_bound_is_above_every_plan(seed: int) -> None:
    problem = random_centre(seed)
    candidates = find_candidates(problem)
    scorer = Scorer(problem)
    bounder = Bounder(candidates, scorer.full_value)
    bounder.relax(lambda: 5.0)
    best = solve(problem, time_limit_s=2.0, workers=1)
    assert best.objective <= bounder.bound <= scorer.full_value


def test_bound_holds_for_any_prices() -> None:
    problem = random_centre(7)
    program = linear_program(Model(find_candidates(problem)).variables.model)
    prices, converged = solve_dual(program, time_limit_s=10.0)
    assert prices is not None
    assert converged
    exact = safe_bound(program, prices)
    lost = solve(problem, time_limit_s=5.0).full_value - solve(problem, time_limit_s=5.0).objective
    assert safe_bound(program, prices * 1.3) <= exact + abs(exact) * 1e-3 + 1e-6
    assert exact <= lost + 1e-6
    assert safe_bound(program, -prices) <= lost


@settings(max_examples=10, deadline=None)
@given(seed=seeds)
def test_sessions_read_back_are_the_same_plan(seed: int) -> None:
    problem = random_centre(seed)
    candidates = find_candidates(problem)
    plan = construct(candidates, (), lambda: False)
    sessions = sessions_of(problem, plan)
    again = plan_of(candidates, sessions)
    assert {h.placement for h in again} <= set(candidates.placements)
    assert sessions_of(problem, again) == sessions


@settings(max_examples=10, deadline=None)
@given(seed=seeds, most=st.sampled_from([0, 30, 80]))
def test_parts_of_a_problem_lose_no_more_than_the_whole(seed: int, most: int) -> None:
    problem = random_centre(seed)
    best = solve(problem, time_limit_s=5.0, workers=1)
    if seed % 2:
        problem = replace(problem, previous=best.sessions[::2])
        best = solve(problem, time_limit_s=5.0, workers=1)
    lost = 0
    for part in decompose(find_candidates(problem), most=most):
        model = Model(part.candidates, partly_seen=part.partly_seen)
        solver = cp_model.CpSolver()
        solver.parameters.max_time_in_seconds = 5.0
        solver.parameters.num_workers = 1
        solver.solve(model.variables.model)
        lost += math.ceil(solver.best_objective_bound - 1e-6) if model.lost.vars else model.lost.constant
    assert best.full_value - lost >= best.objective

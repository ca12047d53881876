"""Plans that no planner would make: random ones, mutated ones, huge ones, and false claims."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.problem import Leader, Participant, PlannedSession, Problem, Room, Seat, Staff
from solver.solution import Solution, UnmetDemand
from solver.verify import RULES, TERMS, Report, verify, verify_solution
from solver.verify.plan import MOST_PAIRS
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
from tests.solver.rule_cases import cases

_IDS = st.sampled_from(["x1", "x2", "a", "b", "p1", "p2", "s1", "r1", "site", "leader", "", "nobody"])
_SESSIONS = st.builds(
    PlannedSession,
    id=_IDS,
    activity=_IDS,
    start=st.integers(-(10**20), 10**20) | st.integers(-100, 800),
    site=_IDS,
    room=st.none() | _IDS,
    language=st.none() | _IDS,
    leaders=st.lists(st.builds(Leader, role=_IDS, staff=_IDS), max_size=3).map(tuple),
    attendees=st.lists(
        st.builds(Seat, participant=_IDS, subgroup=st.none() | st.integers(-2, 3)), max_size=4
    ).map(tuple),
)


@settings(max_examples=120, deadline=None)
@given(case=st.sampled_from(cases()), sessions=st.lists(_SESSIONS, max_size=6))
def test_any_plan_is_judged_without_an_exception(case: Any, sessions: list[PlannedSession]) -> None:
    report = verify(case.problem, sessions)
    assert set(report.terms) == set(TERMS)
    assert all(points >= 0 for points in report.terms.values())
    assert report.objective == report.full_value - sum(report.terms.values())
    assert {b.rule for b in report.broken + report.overridden} <= set(RULES)
    assert all("\n" not in b.message for b in report.broken)


PEOPLE = 12
DAYS = 12


def _town() -> Problem:
    """Return a fortnight with one group session a day, twelve people and two rooms."""
    activity = make_activity(seats_min=1, seats_max=6)
    return make_problem(
        days=14,
        closed_days=(5, 6, 12, 13),
        participants=tuple(
            Participant(id=f"p{i}", busy=tuple((at(d, 66), at(d, 70)) for d in range(DAYS)))
            for i in range(PEOPLE)
        ),
        staff=(Staff(id="s1"), Staff(id="s2")),
        rooms=(Room(id="r1", site="site", seats=8), Room(id="r2", site="site", seats=8)),
        activities=(activity,),
        demands=tuple(make_demand(f"p{i}", target=4, max=6, gap_days=1) for i in range(PEOPLE)),
    )


def _valid_plan(rng: random.Random) -> tuple[PlannedSession, ...]:
    days = [d for d in range(DAYS) if d % 7 < 5]
    plan = []
    for day in rng.sample(days, 6):
        people = rng.sample([f"p{i}" for i in range(PEOPLE)], rng.randint(1, 6))
        plan.append(make_session(f"x{day}", day, rng.choice((MORNING, AFTERNOON)), people))
    return tuple(plan)


Mutation = Callable[[random.Random, PlannedSession], PlannedSession]

MUTATIONS: dict[str, Mutation] = {
    "start": lambda rng, s: replace(s, start=s.start + rng.choice((-7, -1, 1, 7))),
    "closed_day": lambda rng, s: replace(s, start=at(rng.choice((5, 6, 12, 13)), MORNING)),
    "horizon": lambda rng, s: replace(s, start=s.start + at(14 * rng.choice((1, -1)), 0)),
    "busy": lambda rng, s: replace(s, start=at(s.start // 96, rng.randint(55, 69))),
    "site": lambda rng, s: replace(s, site="elsewhere"),
    "room": lambda rng, s: replace(s, room=None),
    "role": lambda rng, s: replace(s, leaders=s.leaders * rng.choice((0, 2))),
    "seats": lambda rng, s: replace(s, attendees=tuple(Seat(participant=f"p{i}") for i in range(7))),
    "duplicate": lambda rng, s: replace(s, attendees=s.attendees + s.attendees[:1]),
    "subgroups": lambda rng, s: replace(
        s, attendees=(replace(s.attendees[0], subgroup=rng.randint(0, 3)), *s.attendees[1:])
    ),
    "language_group": lambda rng, s: replace(s, language="fr"),
    "unknown": lambda rng, s: replace(s, attendees=(Seat(participant="ghost"),)),
}


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), rule=st.sampled_from(sorted(MUTATIONS)))
def test_one_mutation_of_a_valid_plan_is_caught(seed: int, rule: str) -> None:
    rng = random.Random(seed)
    problem, plan = _town(), _valid_plan(rng)
    assert verify(problem, plan).broken == ()
    i = rng.randrange(len(plan))
    mutated = (*plan[:i], MUTATIONS[rule](rng, plan[i]), *plan[i + 1 :])
    assert rule in {b.rule for b in verify(problem, mutated).broken}


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_second_session_at_once_is_caught(seed: int) -> None:
    rng = random.Random(seed)
    problem, plan = _town(), _valid_plan(rng)
    twin = replace(rng.choice(plan), id="twin", start=rng.choice(plan).start)
    rules = {b.rule for b in verify(problem, (*plan, twin)).broken}
    assert {"room_overlap", "staff_overlap", "parallel"} <= rules


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_change_of_a_fixed_session_is_caught(seed: int) -> None:
    rng = random.Random(seed)
    problem, plan = _town(), _valid_plan(rng)
    problem = replace(problem, fixed=tuple(make_fixed(s, closed=True) for s in plan))
    assert verify(problem, plan).valid
    i = rng.randrange(len(plan))
    changed = rng.choice(
        [
            replace(plan[i], start=plan[i].start + 96),
            replace(plan[i], room="r2"),
            replace(plan[i], leaders=(Leader(role="leader", staff="s2"),)),
            replace(plan[i], attendees=plan[i].attendees[1:]),
            replace(plan[i], id="other"),
        ]
    )
    assert "lock" in {b.rule for b in verify(problem, (*plan[:i], changed, *plan[i + 1 :])).broken}


def test_of_a_senseless_moment_repeated_only_so_many_pairs_are_told() -> None:
    sessions = [make_session(f"x{i}", people=("p1",)) for i in range(150)]
    report = verify(make_problem(), sessions)
    for rule in ("room_overlap", "staff_overlap", "participant_overlap"):
        pairs = [b for b in report.broken if b.rule == rule]
        assert 149 <= len(pairs) <= 150 * MOST_PAIRS
        assert {name for b in pairs for name in b.sessions} == {s.id for s in sessions}


def _solution(report: Report, sessions: tuple[PlannedSession, ...], **changes: Any) -> Solution:
    base = Solution(
        status="feasible",
        sessions=sessions,
        objective=report.objective,
        bound=report.objective + 48,
        full_value=report.full_value,
        gap=48 / report.full_value,
        terms=dict(report.terms),
        unmet=(UnmetDemand(demand="p2-a", participant="p2", first_day=0, end_day=7, got=0, min=0, target=1),),
    )
    return replace(base, **changes)


def _claims(**changes: Any) -> list[str]:
    problem, sessions = make_problem(2), (make_session(people=("p1",)),)
    report = verify_solution(problem, _solution(verify(problem, sessions), sessions, **changes))
    assert {b.rule for b in report.broken} <= {"claim"}
    assert report.valid is not bool(report.broken)
    return [b.params["reason"] for b in report.broken]


# One of two people is placed: 480 points are worth having, 240 are lost and 4 for a day.
OBJECTIVE = 480 - 240 - 4


def test_true_claims_are_accepted() -> None:
    assert _claims() == []
    assert _claims(bound=None, gap=None) == []
    assert _claims(status="optimal", bound=OBJECTIVE, gap=0.0) == []
    assert _claims(status="cancelled") == []


@pytest.mark.parametrize(
    ("changes", "claims"),
    [
        ({"objective": OBJECTIVE + 1}, ["objective"]),
        ({"full_value": 481}, ["full_value"]),
        ({"terms": {}}, [f"terms.{t}" for t in TERMS]),
        ({"bound": OBJECTIVE - 1, "gap": -1 / 480}, ["bound"]),
        ({"gap": 0.11}, ["gap"]),
        ({"gap": None}, ["gap"]),
        ({"bound": None}, ["gap"]),
        ({"bound": None, "gap": None, "status": "optimal"}, ["bound"]),
        ({"status": "optimal"}, ["bound"]),
        ({"unmet": ()}, ["unmet p2-a (days 0 to 7)"]),
        ({"status": "infeasible"}, ["status"]),
        ({"status": "unknown"}, ["status"]),
    ],
)
def test_false_claims_are_caught(changes: dict[str, Any], claims: list[str]) -> None:
    assert _claims(**changes) == claims


def test_false_terms_and_unmet_amounts_are_caught() -> None:
    problem, sessions = make_problem(2), (make_session(people=("p1",)),)
    solution = _solution(verify(problem, sessions), sessions)
    wrong = replace(solution, terms=solution.terms | {"days": 5, "charm": 0})
    assert {b.params["reason"] for b in verify_solution(problem, wrong).broken} == {
        "terms.days",
        "terms.charm",
    }
    for change in ({"got": 1}, {"target": 2}, {"participant": "p1"}, {"end_day": 6}, {"demand": "none"}):
        unmet = (replace(solution.unmet[0], **change),)
        assert not verify_solution(problem, replace(solution, unmet=unmet)).valid
    assert not verify_solution(problem, replace(solution, unmet=solution.unmet * 2)).valid


def test_plan_worth_nothing_has_no_gap_but_that_of_its_bound() -> None:
    problem = make_problem(demands=())
    report = verify(problem, ())
    assert report.full_value == 0

    def claims(bound: int, gap: float | None) -> list[str]:
        solution = Solution(status="feasible", terms=dict(report.terms), bound=bound, gap=gap)
        return [b.params["reason"] for b in verify_solution(problem, solution).broken]

    assert claims(0, 0.0) == []
    assert claims(0, None) == ["gap"]
    assert claims(3, None) == []
    assert claims(3, 0.0) == ["gap"]

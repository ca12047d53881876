"""Every hard rule: an empty plan, a plan that keeps it, a plan that breaks it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from solver.problem import Problem
from solver.verify import NEVER_OVERRIDDEN, RULES, Breach, Report, breaches_touching, verify
from tests.solver.builders import AFTERNOON, make_activity, make_fixed, make_problem, make_session
from tests.solver.rule_cases import Case, cases

CASES = cases()


def of_rule(report: Report, rule: str) -> list[Breach]:
    return [b for b in report.broken if b.rule == rule]


def test_every_rule_has_a_case() -> None:
    assert {c.rule for c in CASES} == set(RULES)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_plan_that_keeps_the_rule_has_no_breach_of_it(case: Case) -> None:
    assert of_rule(verify(case.problem, case.good), case.rule) == []


@pytest.mark.parametrize("case", CASES, ids=str)
def test_plan_that_breaks_the_rule_is_caught(case: Case) -> None:
    report = verify(case.problem, case.bad)
    found = of_rule(report, case.rule)
    assert found
    assert not report.valid
    if case.reason:
        assert case.reason in {b.params["reason"] for b in found}
    for breach in found:
        assert breach.message.endswith(".")
        assert breach.sessions
        assert all(isinstance(v, str) for v in breach.params.values())


@pytest.mark.parametrize("case", CASES, ids=str)
def test_plan_without_sessions_breaks_only_locks(case: Case) -> None:
    report = verify(case.problem, ())
    assert {b.rule for b in report.broken} <= {"lock"}
    assert len(report.broken) == len(case.problem.fixed)


@pytest.mark.parametrize("case", [c for c in CASES if c.rule not in NEVER_OVERRIDDEN], ids=str)
def test_override_moves_a_breach_but_never_hides_it(case: Case) -> None:
    before = verify(case.problem, case.bad)
    for breach in of_rule(before, case.rule):
        session = next(s for s in case.bad if s.id in breach.sessions)
        fixed = make_fixed(session, locked=(), overrides=(case.rule,))
        after = verify(replace(case.problem, fixed=(fixed,)), case.bad)
        assert breach in after.overridden
        assert breach not in after.broken


@pytest.mark.parametrize("rule", sorted(NEVER_OVERRIDDEN))
def test_some_rules_cannot_be_overridden(rule: str) -> None:
    tried = [c for c in CASES if c.rule == rule and c.bad and c.reason != "activity"]
    assert tried
    for case in tried:
        fixed = (*case.problem.fixed, make_fixed(case.bad[0], overrides=RULES))
        assert of_rule(verify(replace(case.problem, fixed=fixed), case.bad), rule)


def test_override_of_one_session_does_not_spare_another() -> None:
    problem = make_problem(2)
    sessions = (make_session("x1", 0, 30), make_session("x2", 1, 30))
    fixed = make_fixed(sessions[0], overrides=("start",))
    report = verify(replace(problem, fixed=(fixed,)), sessions)
    assert [b.sessions for b in report.overridden] == [("x1",)]
    assert [b.sessions for b in report.broken] == [("x2",)]


def test_pair_is_overridden_by_either_of_its_sessions() -> None:
    problem = make_problem()
    sessions = tuple(make_session(f"x{i}", people=("p1",) if i < 2 else ()) for i in range(3))
    fixed = (make_fixed(sessions[1], overrides=("room_overlap", "staff_overlap", "parallel")),)
    report = verify(replace(problem, fixed=fixed), sessions)
    rooms = {b.sessions for b in report.broken if b.rule == "room_overlap"}
    spared = {b.sessions for b in report.overridden if b.rule == "room_overlap"}
    assert rooms == {("x0", "x2")}
    assert spared == {("x0", "x1"), ("x1", "x2")}


def test_breaches_touching_a_session() -> None:
    report = verify(make_problem(), (make_session("x1", 0, 30), make_session("x2", 0, AFTERNOON, staff=())))
    assert [b.rule for b in breaches_touching(report, "x1")] == ["start"]
    assert [b.rule for b in breaches_touching(report, "x2")] == ["role"]
    assert breaches_touching(report, "x3") == ()


def test_messages_name_people_things_and_times() -> None:
    activity = make_activity(name="Atelier santé")
    problem = make_problem(activities=(activity,), closed_days=(2,))
    (breach,) = verify(problem, (make_session(day=2),)).broken
    assert breach.message == "“Atelier santé” (Wed 2026-11-25 09:00) is on a day when the centre is closed."
    assert breach.params == {"activity": "a", "start": str(2 * 96 + 36), "day": "2"}


def test_staff_and_participants_with_one_id_are_told_apart() -> None:
    problem: Problem = make_problem()
    problem = replace(
        problem,
        participants=(replace(problem.participants[0], id="1", name="Amina"),),
        staff=(replace(problem.staff[0], id="1", name="Tom", available=()),),
        demands=(replace(problem.demands[0], participant="1"),),
    )
    (breach,) = verify(problem, (make_session(people=("1",), staff=("1",)),)).broken
    assert breach.rule == "staff_unavailable"
    assert breach.message.startswith("Tom ")

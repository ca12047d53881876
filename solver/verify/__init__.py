"""The judge: recomputes every hard rule and soft term from a problem and a plan alone.

Written from ``docs/planning-model.md`` and independent of the CP-SAT model: nothing of
``solver.model`` or its parts is imported here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from solver.problem import PlannedSession, Problem
from solver.solution import Solution
from solver.verify.amounts import WindowAmount, full_value, window_amounts
from solver.verify.claims import check_claims
from solver.verify.plan import Plan
from solver.verify.report import NEVER_OVERRIDDEN, RULES, TERMS, Breach, Report, breaches_touching
from solver.verify.rules_activity import check_activities
from solver.verify.rules_attendance import check_blocks, check_demands, check_orders
from solver.verify.rules_leaders import check_roles, check_staff_time
from solver.verify.rules_people import check_fitness, check_pair_rules, check_participant_time
from solver.verify.rules_session import check_place, check_size, check_time, check_unknown
from solver.verify.rules_shared import check_equipment, check_locks, check_rooms
from solver.verify.terms import terms_of

__all__ = [
    "NEVER_OVERRIDDEN",
    "RULES",
    "TERMS",
    "Breach",
    "Report",
    "breaches_touching",
    "verify",
    "verify_solution",
]

_CHECKS = (
    check_unknown,
    check_time,
    check_place,
    check_size,
    check_roles,
    check_rooms,
    check_staff_time,
    check_participant_time,
    check_fitness,
    check_activities,
    check_blocks,
    check_orders,
    check_pair_rules,
    check_equipment,
    check_locks,
)


def verify(problem: Problem, sessions: Sequence[PlannedSession]) -> Report:
    """Judge a plan.

    Parameters
    ----------
    problem : Problem
        A problem that passed :func:`solver.check.check_problem`.
    sessions : sequence of PlannedSession
        Any plan: unknown ids, impossible times and repetitions are reported, never raised.

    Returns
    -------
    Report
        Breaches in the order of the rules, the terms, and the objective.
    """
    return _judge(problem, sessions)[0]


def verify_solution(problem: Problem, solution: Solution) -> Report:
    """Judge a solution: its plan, and all that it says of itself (rule ``claim``)."""
    report, amounts = _judge(problem, solution.sessions)
    claims = tuple(check_claims(solution, report, amounts))
    return replace(report, broken=report.broken + claims)


def _judge(problem: Problem, sessions: Sequence[PlannedSession]) -> tuple[Report, list[WindowAmount]]:
    plan = Plan(problem, sessions)
    amounts = window_amounts(plan)
    found = [breach for check in _CHECKS for breach in check(plan)]
    found += check_demands(plan, amounts)
    broken, overridden = _split(plan, found)
    terms = terms_of(plan, amounts)
    value = full_value(problem, amounts)
    report = Report(
        broken=broken,
        overridden=overridden,
        terms=terms,
        objective=value - sum(terms.values()),
        full_value=value,
    )
    return report, amounts


def _split(plan: Plan, found: Iterable[Breach]) -> tuple[tuple[Breach, ...], tuple[Breach, ...]]:
    rank = {rule: i for i, rule in enumerate(RULES)}
    ordered = sorted(found, key=lambda b: rank[b.rule])
    spared = [not plan.spared.get(b.rule, frozenset()).isdisjoint(b.sessions) for b in ordered]
    return (
        tuple(b for b, over in zip(ordered, spared, strict=True) if not over),
        tuple(b for b, over in zip(ordered, spared, strict=True) if over),
    )

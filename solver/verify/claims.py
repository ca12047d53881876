"""Whether what a solution says of itself is true (rule ``claim``)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from solver.solution import Solution
from solver.verify.amounts import WindowAmount
from solver.verify.report import Breach, Report

GAP_TOLERANCE = 1e-9

#: Statuses of a solution that holds no plan.
WITHOUT_PLAN = ("infeasible", "unknown")


def check_claims(solution: Solution, report: Report, amounts: Sequence[WindowAmount]) -> Iterator[Breach]:
    """Compare every claim of a solution with what was recomputed."""
    if solution.status in WITHOUT_PLAN:
        yield _claim(
            "status", solution.status, "a plan", f"The status is {solution.status}: there is no plan."
        )
        return
    pairs: list[tuple[str, object, object]] = [
        ("objective", solution.objective, report.objective),
        ("full_value", solution.full_value, report.full_value),
        *((f"terms.{t}", solution.terms.get(t), report.terms[t]) for t in report.terms),
        *((f"terms.{t}", solution.terms[t], None) for t in solution.terms if t not in report.terms),
    ]
    for name, said, found in pairs:
        if said != found:
            yield _claim(name, said, found)
    yield from _bound_and_gap(solution, report)
    yield from _unmet(solution, amounts)


def _claim(name: str, said: object, found: object, message: str = "") -> Breach:
    return Breach(
        rule="claim",
        message=message or f"The solution says {name} is {said}; it is {found}.",
        params={"reason": name, "claimed": str(said), "found": str(found)},
    )


def _bound_and_gap(solution: Solution, report: Report) -> Iterator[Breach]:
    bound = solution.bound
    if bound is None:
        if solution.gap is not None:
            yield _claim("gap", solution.gap, None)
        if solution.status == "optimal":
            yield _claim("bound", None, report.objective)
        return
    if bound < report.objective or (solution.status == "optimal" and bound != report.objective):
        yield _claim(
            "bound", bound, f"{report.objective} or more" if bound < report.objective else report.objective
        )
    lost = bound - report.objective
    gap = lost / report.full_value if report.full_value else 0.0 if lost == 0 else None
    close = solution.gap is not None and gap is not None and abs(solution.gap - gap) <= GAP_TOLERANCE
    if not close and solution.gap is not gap:
        yield _claim("gap", solution.gap, gap)


def _unmet(solution: Solution, amounts: Sequence[WindowAmount]) -> Iterator[Breach]:
    found = {
        (w.demand.id, w.window.first_day, w.window.end_day): (
            w.demand.participant,
            w.got_own,
            w.window.min,
            w.window.target,
        )
        for w in amounts
        if w.got < w.target
    }
    said = {
        (u.demand, u.first_day, u.end_day): (u.participant, u.got, u.min, u.target) for u in solution.unmet
    }
    if len(said) != len(solution.unmet):
        yield _claim("unmet", len(solution.unmet), len(found))
    for key in dict.fromkeys((*found, *said)):
        if said.get(key) != found.get(key):
            name = f"unmet {key[0]} (days {key[1]} to {key[2]})"
            yield _claim(name, said.get(key, "met"), found.get(key, "met"))

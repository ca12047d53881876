"""``together`` and ``apart``."""

from __future__ import annotations

from solver.candidates import Placement
from solver.literals import Lit
from solver.problem import PairRule
from solver.variables import Variables


def together(variables: Variables) -> None:
    """``attends(a, s) = attends(b, s)`` for group sessions on days on which both need the activity."""
    for pair in variables.problem.pair_rules:
        if pair.kind == "together":
            for placement in _shared(variables, pair):
                _same(variables, placement, pair.a, pair.b)


def apart(variables: Variables) -> None:
    """``attends(a, s) + attends(b, s) <= 1``."""
    for pair in variables.problem.pair_rules:
        if pair.kind != "apart":
            continue
        for placement, lit in variables.of_person.get(pair.a, []):
            other = variables.attends.get((placement, pair.b))
            if other is None:
                continue
            items = [(1, placement, lit), (1, placement, other)]
            if variables.open([(placement, lit), (placement, other)]):
                variables.at_most(items, 1, "apart")


def _shared(variables: Variables, pair: PairRule) -> list[Placement]:
    found = {p: None for person in (pair.a, pair.b) for p, _ in variables.of_person.get(person, [])}
    return [
        p
        for p in found
        if not p.activity.individual
        and "together" not in p.overrides
        and all(_wanted(variables, person, p) for person in (pair.a, pair.b))
    ]


def _wanted(variables: Variables, person: str, placement: Placement) -> bool:
    days = variables.candidates.eligibility.demand_days.get((person, placement.activity.id), ())
    return any(first <= placement.day < end for first, end in days)


def _same(variables: Variables, placement: Placement, a: str, b: str) -> None:
    lits: list[Lit] = [lit for p in (a, b) if (lit := variables.attends.get((placement, p))) is not None]
    if len(lits) == 1:
        variables.forbid(lits[0], "together")
        return
    for one, other in (lits, lits[::-1]):
        variables.imply(one, other, "together")

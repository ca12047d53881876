"""``order``: before, same week, not on the same day."""

from __future__ import annotations

from collections import defaultdict

from solver.candidates import Placement
from solver.literals import Lit
from solver.problem import Order
from solver.variables import Variables

Item = tuple[Placement, Lit]


def order(variables: Variables) -> None:
    """Keep every order rule for every participant who could attend its second activity."""
    for rule in variables.problem.orders:
        for person in variables.people():
            firsts = [x for x in variables.of_person[person] if x[0].activity.id == rule.first]
            seconds = [x for x in variables.of_person[person] if x[0].activity.id == rule.second]
            if not seconds or not variables.open([*firsts, *seconds]):
                continue
            if rule.kind == "before":
                _before(variables, rule, person, firsts, seconds)
            elif rule.kind == "same_week":
                _same_week(variables, firsts, seconds)
            else:
                _not_same_day(variables, firsts, seconds)


def _needs(variables: Variables, second: Item, firsts: list[Item]) -> None:
    """``attends(second) <= sum attends(first)``."""
    placement, lit = second
    if any(isinstance(x, int) for _, x in firsts):
        return
    if isinstance(lit, int):
        if "order" in placement.overrides:
            return
        if not firsts:
            variables.contradict("order")
            return
        variables.model.add_bool_or([x for _, x in firsts])
    else:
        variables.model.add_bool_or([*(x for _, x in firsts), ~lit])


def _never_both(variables: Variables, a: Item, b: Item) -> None:
    lits = [lit for lit in (a[1], b[1]) if not isinstance(lit, int)]
    if len(lits) == 2:
        variables.model.add_at_most_one(lits)
    elif lits:
        variables.forbid(lits[0], "order")
    elif variables.whole and "order" not in a[0].overrides | b[0].overrides:
        variables.contradict("order")


def _before(variables: Variables, rule: Order, person: str, firsts: list[Item], seconds: list[Item]) -> None:
    """No second starts before an attended first has ended; a first is attended or completed."""
    completed = rule.first in variables.problem.participant_by_id[person].completed
    later: list[Lit] = []
    ends = sorted({first[0].end for first in firsts})
    by_end: dict[int, list[Item]] = defaultdict(list)
    for first in firsts:
        by_end[first[0].end].append(first)
    has_standing = any(isinstance(lit, int) for _, lit in [*firsts, *seconds])
    if not has_standing and len(firsts) * len(seconds) > 30:
        # ended_after[e]: some attended first ends at e or later; a chain instead of every pair.
        chain: dict[int, Lit] = {}
        previous: Lit | None = None
        for end in reversed(ends):
            here = variables.new_bool()
            for _, lit in by_end[end]:
                variables.imply(lit, here, "order")
            if previous is not None:
                variables.imply(previous, here, "order")
            chain[end] = previous = here
        for placement, lit in seconds:
            late = next((e for e in ends if e > placement.start), None)
            if late is not None:
                later = [lit, chain[late]]
                variables.model.add_at_most_one(later)
    else:
        for first in firsts:
            for second in seconds:
                if second[0].start < first[0].end:
                    _never_both(variables, first, second)
    if not completed:
        for second in seconds:
            _needs(variables, second, [f for f in firsts if f[0].end <= second[0].start])


def _same_week(variables: Variables, firsts: list[Item], seconds: list[Item]) -> None:
    for second in seconds:
        _needs(variables, second, [f for f in firsts if f[0].week == second[0].week])


def _not_same_day(variables: Variables, firsts: list[Item], seconds: list[Item]) -> None:
    for first in firsts:
        for second in seconds:
            if first[0].day == second[0].day and first[0] is not second[0]:
                _never_both(variables, first, second)

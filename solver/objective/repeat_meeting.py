"""``repeat_meeting``: pairs who meet again in sessions meant to mix people."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations

from solver.candidates import Placement
from solver.literals import Lit, Sum
from solver.problem import Problem
from solver.variables import Variables

Pair = tuple[str, str]


def met_before(problem: Problem) -> Counter[Pair]:
    """Return how often each pair, in the order of ids, has met before the horizon."""
    met: Counter[Pair] = Counter()
    for entry in problem.met:
        met[min(entry.a, entry.b), max(entry.a, entry.b)] += entry.times
    return met


def repeat_meeting(variables: Variables) -> Sum:
    """``(met + common - 1)+ - (met - 1)+`` over all pairs.

    ``together(a, b, s) >= attends(a, s) + attends(b, s) - 1``. Someone can be in one only of
    sessions that overlap, so sessions at one start share a literal.
    """
    met = met_before(variables.problem)
    common: dict[Pair, dict[int, list[tuple[Lit, Lit]]]] = defaultdict(lambda: defaultdict(list))
    for placement in variables.placements:
        if placement.activity.mix and not placement.activity.individual:
            _meetings(variables, placement, common)
    lost = Sum()
    for pair, starts in common.items():
        known = min(met[pair], 1)
        if known + len(starts) < 2:
            continue
        total = Sum()
        for chances in starts.values():
            total.add(1, _both(variables, chances))
        if known:
            lost.extend(total)
        elif not total.vars:
            lost.constant += max(total.constant - 1, 0)
        else:
            again = variables.model.new_int_var(0, len(starts) - 1, "")
            variables.model.add(again >= total.expr() - 1)
            lost.add(1, again)
    return lost


def _meetings(
    variables: Variables,
    placement: Placement,
    common: dict[Pair, dict[int, list[tuple[Lit, Lit]]]],
) -> None:
    people = sorted(placement.people)
    lits = [variables.attends[placement, person] for person in people]
    for (a, x), (b, y) in combinations(zip(people, lits, strict=True), 2):
        common[a, b][placement.start].append((x, y))


def _both(variables: Variables, chances: list[tuple[Lit, Lit]]) -> Lit:
    if any(isinstance(x, int) and isinstance(y, int) for x, y in chances):
        return 1
    if len(chances) == 1:
        for one, other in (chances[0], chances[0][::-1]):
            if isinstance(one, int):
                return other
    both = variables.new_bool()
    for pair in chances:
        variables.model.add_bool_or([both, *(~x for x in pair if not isinstance(x, int))])
    return both

"""``level_spread``: people of far levels in one group."""

from __future__ import annotations

from collections import defaultdict

from solver.candidates import Placement
from solver.literals import Lit, Sum
from solver.variables import Variables


def level_spread(variables: Variables) -> Sum:
    """Highest minus lowest level spoken of each group session with attendees.

    ``low_k``: someone of level ``k`` or below attends; ``high_k``: someone above. Each threshold
    ``k`` with both costs the steps up to the next level that occurs.
    """
    lost = Sum()
    for placement in variables.placements:
        if not placement.activity.individual and not placement.activity.drop_in:
            _spread(variables, placement, lost)
    return lost


def _spread(variables: Variables, placement: Placement, lost: Sum) -> None:
    by_level: dict[int, list[Lit]] = defaultdict(list)
    for person in placement.people:
        lit = variables.attends[placement, person]
        by_level[variables.problem.participant_by_id[person].level_spoken].append(lit)
    levels = sorted(by_level)
    if len(levels) < 2 or (
        not variables.whole and all(isinstance(x, int) for lits in by_level.values() for x in lits)
    ):
        return
    low = _reached(variables, [by_level[k] for k in levels[:-1]])
    high = _reached(variables, [by_level[k] for k in reversed(levels[1:])])[::-1]
    for k, (below, above) in enumerate(zip(low, high, strict=True)):
        both = Sum()
        both.add(1, below)
        both.add(1, above)
        both.add(-1, variables.held[placement])
        steps = levels[k + 1] - levels[k]
        if not both.vars:
            lost.add(steps, max(both.constant, 0))
        elif placement.standing and len(both.vars) == 1:
            lost.add(steps, both.vars[0])
        else:
            spread = variables.new_bool()
            variables.model.add(spread >= both.expr())
            lost.add(steps, spread)


def _reached(variables: Variables, lits_by_step: list[list[Lit]]) -> list[Lit]:
    """Return literals: someone of this step or one before attends (forced up, not down)."""
    found: list[Lit] = []
    for lits in lits_by_step:
        certain = any(isinstance(x, int) for x in lits) or (found and isinstance(found[-1], int))
        here: Lit = 1 if certain else variables.new_bool()
        for lit in lits:
            variables.imply(lit, here, "")
        if found:
            variables.imply(found[-1], here, "")
        found.append(here)
    return found

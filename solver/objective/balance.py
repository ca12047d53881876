"""``balance``: newcomers and long-standing participants in one group."""

from __future__ import annotations

from solver.literals import Lit, Sum
from solver.variables import Variables


def balance(variables: Variables) -> Sum:
    """``(n - 3 newcomers)+ + (n - 3 others)+`` for every session of a ``balance`` activity."""
    lost = Sum()
    for placement in variables.placements:
        if not placement.activity.balance:
            continue
        newcomers: list[Lit] = []
        others: list[Lit] = []
        for person in placement.people:
            is_new = variables.problem.participant_by_id[person].newcomer
            (newcomers if is_new else others).append(variables.attends[placement, person])
        for many, few in ((others, newcomers), (newcomers, others)):
            _imbalance(variables, many, few, lost)
    return lost


def _imbalance(variables: Variables, many: list[Lit], few: list[Lit], lost: Sum) -> None:
    """``(n - 3 few)+ = (many - 2 few)+``."""
    total = Sum()
    for lit in many:
        total.add(1, lit)
    for lit in few:
        total.add(-2, lit)
    if total.highest <= 0:
        return
    if total.lowest >= 0:
        lost.extend(total)
        return
    excess = variables.model.new_int_var(0, total.highest, "")
    variables.model.add(excess >= total.expr())
    lost.add(1, excess)

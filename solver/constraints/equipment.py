"""``equipment``."""

from __future__ import annotations

from collections import defaultdict

from solver.candidates import Placement
from solver.overlap import maximal_cliques
from solver.variables import Variables


def equipment(variables: Variables) -> None:
    """At every slot ``sum units held <= units of the pool``."""
    pools = {e.id: e.units for e in variables.problem.equipment}
    users: dict[str, list[tuple[int, Placement]]] = defaultdict(list)
    for placement in variables.placements:
        for need in placement.activity.equipment:
            users[need.equipment].append((need.units, placement))
    for pool, sessions in users.items():
        for clique in maximal_cliques([(p.start, p.end) for _, p in sessions]):
            items = [(sessions[i][0], sessions[i][1], variables.held[sessions[i][1]]) for i in clique]
            if variables.open([(p, lit) for _, p, lit in items]):
                variables.at_most(items, pools[pool], "equipment")

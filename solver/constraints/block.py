"""``block``."""

from __future__ import annotations

from collections import defaultdict

from solver.candidates import Placement
from solver.literals import Lit
from solver.variables import Variables


def block(variables: Variables) -> None:
    """``attends(p, s) >= in_block(p) + held(s) - 1`` and ``attends(p, s) <= in_block(p)``.

    A session that a person cannot attend keeps them out of the block while it is held.
    """
    for sessions in variables.of_activity.values():
        activity = sessions[0].activity
        placements = [p for p in sessions if "block" not in p.overrides]
        if not activity.block or activity.individual or activity.drop_in:
            continue
        people: dict[str, list[tuple[Placement, Lit]]] = defaultdict(list)
        for placement in placements:
            for person in placement.people:
                people[person].append((placement, variables.attends[placement, person]))
        for items in people.values():
            _all_or_none(variables, placements, dict(items))


def _all_or_none(variables: Variables, placements: list[Placement], items: dict[Placement, Lit]) -> None:
    inside: Lit = 1 if any(isinstance(lit, int) for lit in items.values()) else variables.new_bool()
    for lit in items.values():
        variables.imply(lit, inside, "block")
    for placement in placements:
        held, attends = variables.held[placement], items.get(placement)
        if isinstance(attends, int):
            continue
        clause = [~x for x in (inside, held) if not isinstance(x, int)]
        if attends is not None:
            clause.append(attends)
        if clause:
            variables.model.add_bool_or(clause)
        else:
            variables.contradict("block")

"""``participant_overlap``."""

from __future__ import annotations

from solver.overlap import no_overlap
from solver.variables import Variables


def overlap(variables: Variables) -> None:
    """Two sessions of a participant are apart by ``max(break_slots, travel)`` slots."""
    for person in variables.people():
        pause = variables.problem.participant_by_id[person].break_slots
        no_overlap(
            variables, variables.of_person[person], pause=pause, rule="participant_overlap", person=person
        )

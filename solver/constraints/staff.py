"""``staff_overlap``, for leaders and mentors."""

from __future__ import annotations

from solver.overlap import no_overlap
from solver.variables import Variables


def overlap(variables: Variables) -> None:
    """Two sessions of a staff member are apart by ``max(break_slots, travel)`` slots."""
    for staff in variables.staff():
        pause = variables.problem.staff_by_id[staff].break_slots
        no_overlap(variables, variables.of_staff[staff], pause=pause, rule="staff_overlap")

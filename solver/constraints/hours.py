"""``staff_hours`` and ``participant_hours``."""

from __future__ import annotations

from collections import defaultdict

from solver.candidates import Placement
from solver.literals import Lit, Sum
from solver.variables import Variables

Weighted = tuple[int, Placement, Lit]


def staff_hours(variables: Variables) -> None:
    """``sum duration use <= max_slots_day`` each day and ``max_slots_week`` each week."""
    for staff_id in variables.staff():
        staff = variables.problem.staff_by_id[staff_id]
        items = variables.of_staff[staff_id]
        if staff.max_slots_day is not None:
            for part in _split(items, 1):
                variables.at_most(part, staff.max_slots_day, "staff_hours")
        if staff.max_slots_week is not None:
            for part in _split(items, 7):
                variables.at_most(part, staff.max_slots_week, "staff_hours")


def participant_hours(variables: Variables) -> None:
    """``sum duration attends <= max_slots_day`` a day; ``sum day <= max_days_week`` a week."""
    for person_id in variables.people():
        person = variables.problem.participant_by_id[person_id]
        items = variables.of_person[person_id]
        if person.max_slots_day is not None:
            for part in _split(items, 1):
                variables.at_most(part, person.max_slots_day, "participant_hours")
        if person.max_days_week is None:
            continue
        for part in _split(items, 7):
            total = Sum()
            for day in sorted({placement.day for _, placement, _ in part}):
                total.add(1, variables.day(person_id, day))
            overridden = any(isinstance(x, int) and "participant_hours" in p.overrides for _, p, x in part)
            variables.at_most_sum(total, person.max_days_week, "participant_hours", overridden=overridden)


def _split(items: list[tuple[Placement, Lit]], days: int) -> list[list[Weighted]]:
    parts: dict[int, list[Weighted]] = defaultdict(list)
    for placement, lit in items:
        parts[placement.day // days].append((placement.end - placement.start, placement, lit))
    return list(parts.values())

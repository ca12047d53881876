"""``stability``: what changes against the previous plan."""

from __future__ import annotations

from collections import defaultdict

from solver.literals import Lit, Sum
from solver.problem import Problem
from solver.variables import Variables

Moment = tuple[str, int]


def previous_moments(problem: Problem) -> tuple[set[Moment], set[tuple[Moment, str]]]:
    """Return the (activity, start) held before, and those attended with their participant."""
    sessions = problem.previous or ()
    held = {(s.activity, s.start) for s in sessions}
    return held, {((s.activity, s.start), seat.participant) for s in sessions for seat in s.attendees}


def stability(variables: Variables) -> Sum:
    """1 for each (activity, start, participant) changed, 1 for each (activity, start) dropped."""
    lost = Sum()
    if variables.problem.previous is None:
        return lost
    held_before, attended_before = previous_moments(variables.problem)
    held: dict[Moment, list[Lit]] = defaultdict(list)
    attended: dict[tuple[Moment, str], list[Lit]] = defaultdict(list)
    for placement in variables.placements:
        moment = (placement.activity.id, placement.start)
        if moment in held_before:
            held[moment].append(variables.held[placement])
        for person in placement.people:
            attended[moment, person].append(variables.attends[placement, person])
    lost.constant += len(attended_before) + len(held_before)
    for key, lits in attended.items():
        for lit in lits:
            lost.add(-1 if key in attended_before else 1, lit)
    for lits in held.values():
        lost.add(-1, 1 if any(isinstance(x, int) for x in lits) else variables.any_of(lits))
    return lost

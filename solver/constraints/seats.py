"""``seats`` and ``subgroups``."""

from __future__ import annotations

from ortools.sat.python import cp_model

from solver.candidates import Placement
from solver.literals import Sum
from solver.variables import Variables


def seats(variables: Variables) -> None:
    """``seats_min held <= n(s) <= seats_max held``; exactly one attendee of an individual session."""
    for placement in variables.placements:
        activity, held = placement.activity, variables.held[placement]
        if activity.drop_in or placement.participant is not None:
            continue
        people = variables.attendees(placement)
        if not variables.whole and all(isinstance(lit, int) for lit in people):
            continue
        least, most = (1, 1) if activity.individual else (activity.seats_min, activity.seats_max)
        total = Sum()
        for lit in people:
            total.add(1, lit)
        overridden = "seats" in placement.overrides
        if total.constant > most and not overridden:
            variables.contradict("seats")
            continue
        if total.highest > most:
            limit = max(most, total.constant)
            variables.model.add(total.expr() <= limit * held)
        if total.constant < least and not overridden:
            if total.highest < least and placement.standing:
                variables.contradict("seats")
            else:
                variables.model.add(total.expr() >= least * held)


def subgroup_sizes(n: int, bounds: tuple[int, int]) -> list[int] | None:
    """Return sizes of subgroups for ``n`` people, all within the bounds, or ``None``."""
    low, high = bounds
    if n == 0:
        return []
    groups = -(-n // max(high, 1))
    if high < 1 or groups * low > n:
        return None
    return [n // groups + (1 if i < n % groups else 0) for i in range(groups)]


def subgroups(variables: Variables) -> None:
    """``n(s)`` is a number of people that can be divided into subgroups within their bounds."""
    for placement in variables.placements:
        bounds = placement.activity.subgroups
        if bounds is None or not placement.people or "subgroups" in placement.overrides:
            continue
        sizes = [n for n in range(len(placement.people) + 1) if subgroup_sizes(n, bounds) is not None]
        _restrict(variables, placement, sizes)


def _restrict(variables: Variables, placement: Placement, sizes: list[int]) -> None:
    total = Sum()
    for lit in variables.attendees(placement):
        total.add(1, lit)
    if not total.vars:
        if variables.whole and total.constant not in sizes:
            variables.contradict("subgroups")
        return
    domain = cp_model.Domain.from_values(sizes)
    variables.model.add_linear_expression_in_domain(total.expr(), domain)

"""``demand_max`` and ``demand_gap``."""

from __future__ import annotations

from solver.demands import allowed, windows
from solver.problem import Demand
from solver.variables import Variables


def most(variables: Variables) -> None:
    """``n <= max`` in each window and ``n <= max_per_week`` in each week of the horizon."""
    problem = variables.problem
    for demand in variables.counter.demands:
        for window in windows(problem, demand):
            if window.max is not None:
                _limit(variables, demand, window.first_day, window.end_day, window.max)
        weekly = allowed(problem, demand, demand.max_per_week)
        if weekly is not None:
            for monday in range(0, problem.days, 7):
                _limit(variables, demand, monday, monday + 7, weekly)


def _limit(variables: Variables, demand: Demand, first_day: int, end_day: int, limit: int) -> None:
    items = variables.counter.items[demand.id]
    overridden = any(
        isinstance(lit, int) and "demand_max" in p.overrides
        for p, lit in items
        if first_day <= p.day < end_day
    )
    total = variables.counter.amount(demand, first_day, end_day)
    variables.at_most_sum(total, limit, "demand_max", overridden=overridden)


def gap(variables: Variables) -> None:
    """Days of two counted sessions differ by at least ``gap_days``.

    ``sum of sessions of one day <= 1``, and in every run of ``gap_days`` days at most one day.
    """
    for demand in variables.counter.demands:
        if demand.gap_days < 1:
            continue
        days = variables.counter.by_day(demand)
        for first in days:
            run = [
                item
                for day, items in days.items()
                if first <= day < first + demand.gap_days
                for item in items
            ]
            variables.at_most([(1, p, lit) for p, lit in run], 1, "demand_gap")


def one_a_day(variables: Variables) -> None:
    """``sum of counted sessions of a day <= day(person, day)`` where more than one a day is ruled out.

    Implied by :func:`most`, :func:`gap` and what makes a day used, but far tighter when relaxed.
    """
    for demand in variables.counter.demands:
        seldom = demand.unit == "sessions" and 1 in (demand.max, demand.max_per_week)
        if not seldom and demand.gap_days < 1:
            continue
        for day, items in variables.counter.by_day(demand).items():
            lits = [lit for _, lit in items if not isinstance(lit, int)]
            if 1 < len(lits) == len(items):
                used = variables.day(demand.participant, day)
                if not isinstance(used, int):
                    variables.model.add_at_most_one([*lits, ~used])

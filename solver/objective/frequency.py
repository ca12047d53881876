"""``frequency``: sessions an activity should have and does not."""

from __future__ import annotations

from solver.literals import Sum
from solver.problem import Frequency, Problem
from solver.variables import Variables


def wanted_sessions(problem: Problem, frequency: Frequency) -> list[tuple[int, int, int]]:
    """Return ``(first_day, end_day, min)`` of every window; a shorter last one has a share of ``min``."""
    period = 7 * frequency.period_weeks or max(problem.days, 1)
    return [
        (
            first,
            min(first + period, problem.days),
            frequency.min * min(period, problem.days - first) // period,
        )
        for first in range(0, problem.days, period)
    ]


def frequency(variables: Variables) -> Sum:
    """``(min - number of sessions)+`` over every group activity and window."""
    lost = Sum()
    for activity_id, activity in variables.problem.activity_by_id.items():
        if activity.individual or activity.frequency.min <= 0:
            continue
        if activity_id not in variables.of_activity and not variables.whole:
            continue
        for first, end, least in wanted_sessions(variables.problem, activity.frequency):
            total = Sum(least)
            for placement in variables.of_activity.get(activity_id, ()):
                if first <= placement.day < end:
                    total.add(-1, variables.held[placement])
            if total.highest <= 0:
                continue
            if total.lowest >= 0:
                lost.extend(total)
                continue
            short = variables.model.new_int_var(0, total.highest, "")
            variables.model.add(short >= total.expr())
            lost.add(1, short)
    return lost

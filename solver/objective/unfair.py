"""``unfair_participant`` and ``unfair_staff``: the worst off count most."""

from __future__ import annotations

from collections import defaultdict

from solver.demands import windows
from solver.literals import Sum
from solver.objective.shortage import min_shortage
from solver.variables import Variables

#: Shares of the weekly hours, in percent, beyond which each slot costs a point.
LOAD_STEPS_PERCENT = (70, 85)


def unfair_participant(variables: Variables) -> Sum:
    """``k (k - 1) / 2`` for ``k`` windows below their minimum: the j-th costs ``j - 1``."""
    lost = Sum()
    missed: dict[str, Sum] = defaultdict(Sum)
    people = set(variables.people())
    open_demands = {demand.id for demand in variables.counter.demands}
    for demand in variables.problem.demands:
        if not variables.whole and demand.participant not in people:
            continue
        decided = demand.id in open_demands
        for window in windows(variables.problem, demand):
            if window.min < 1:
                continue
            total = missed[demand.participant]
            if decided:
                short = min_shortage(variables, demand, window)
            else:
                amount = variables.counter.amount(demand, window.first_day, window.end_day)
                short = Sum(max(window.min - amount.constant, 0))
            if not short.vars:
                total.constant += short.constant > 0
                continue
            miss = variables.new_bool()
            variables.model.add(short.expr() <= window.min * miss)
            total.add(1, miss)
    for total in missed.values():
        _worst_first(variables, total, lost)
    return lost


def _worst_first(variables: Variables, total: Sum, lost: Sum) -> None:
    sure = total.constant
    lost.constant += sure * (sure - 1) // 2
    if total.highest < 2 or not total.vars:
        return
    steps = [variables.new_bool() for _ in total.vars]
    variables.model.add(sum(steps) >= sum(total.vars))
    for j, step in enumerate(steps):
        lost.add(sure + j, step)


def unfair_staff(variables: Variables) -> Sum:
    """``(load - 70 %)+ + (load - 85 %)+`` of the weekly hours, in slots, per week."""
    lost = Sum()
    for staff_id in variables.staff():
        hours = variables.problem.staff_by_id[staff_id].max_slots_week
        if hours is None:
            continue
        weeks: dict[int, Sum] = defaultdict(Sum)
        for placement, lit in variables.of_staff[staff_id]:
            weeks[placement.week].add(placement.end - placement.start, lit)
        for load in weeks.values():
            for percent in LOAD_STEPS_PERCENT:
                limit = hours * percent // 100
                if load.highest <= limit:
                    continue
                if not load.vars:
                    lost.constant += load.constant - limit
                    continue
                excess = variables.model.new_int_var(0, load.highest - limit, "")
                variables.model.add(excess >= load.expr() - limit)
                lost.add(1, excess)
    return lost

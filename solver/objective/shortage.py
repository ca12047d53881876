"""``obligation``, ``below_min`` and ``below_target``: what people need and do not get."""

from __future__ import annotations

from solver.demands import POINTS_PER_UNIT, Window, windows
from solver.literals import Sum
from solver.problem import Demand
from solver.variables import Variables


def obligation(variables: Variables) -> Sum:
    """``u w (min - n)+`` over the windows of legal demands."""
    return _below_min(variables, legal=True)


def below_min(variables: Variables) -> Sum:
    """``u w (min - n)+`` over the windows of all other demands."""
    return _below_min(variables, legal=False)


def below_target(variables: Variables) -> Sum:
    """``u w (target - max(min, n))+ = u w ((target - n)+ - (min - n)+)``."""
    lost = Sum()
    for demand in variables.counter.demands:
        unit = POINTS_PER_UNIT[demand.unit] * demand.weight
        for window in windows(variables.problem, demand):
            if window.target > window.min:
                amount = variables.counter.amount(demand, window.first_day, window.end_day)
                lost.extend(_shortage(variables, amount, window.target), unit)
                lost.extend(min_shortage(variables, demand, window), -unit)
    return lost


def min_shortage(variables: Variables, demand: Demand, window: Window) -> Sum:
    """``(min - n)+`` of a window, exact when the weights do not force it from above."""
    key = (demand.id, window.first_day)
    if key not in variables.shortages:
        weights = variables.problem.weights
        weight = weights.obligation if demand.legal else weights.below_min
        amount = variables.counter.amount(demand, window.first_day, window.end_day)
        exact = weight < weights.below_target and window.target > window.min
        variables.shortages[key] = _shortage(variables, amount, window.min, exact=exact)
    return variables.shortages[key]


def _below_min(variables: Variables, *, legal: bool) -> Sum:
    lost = Sum()
    for demand in variables.counter.demands:
        if demand.legal == legal:
            unit = POINTS_PER_UNIT[demand.unit] * demand.weight
            for window in windows(variables.problem, demand):
                lost.extend(min_shortage(variables, demand, window), unit)
    return lost


def _shortage(variables: Variables, amount: Sum, wanted: int, *, exact: bool = False) -> Sum:
    """``(wanted - n)+``."""
    missing = Sum(wanted)
    missing.extend(amount, -1)
    if missing.highest <= 0:
        return Sum()
    if missing.lowest >= 0:
        return missing
    short = variables.model.new_int_var(0, missing.highest, "")
    if exact:
        variables.model.add_max_equality(short, [missing.expr(), 0])
    else:
        variables.model.add(short >= missing.expr())
    result = Sum()
    result.add(1, short)
    return result

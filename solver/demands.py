"""Windows of demands in the planner's own units: sessions, slots or days."""

from __future__ import annotations

from dataclasses import dataclass

from solver.problem import Demand, Problem

POINTS_PER_UNIT = {"sessions": 12, "minutes": 1, "days": 4}


@dataclass(frozen=True, slots=True)
class Window:
    """Days ``[first_day, end_day)`` of a demand and the units wanted; ``max`` is hard."""

    first_day: int
    end_day: int
    min: int
    target: int
    max: int | None


def windows(problem: Problem, demand: Demand) -> list[Window]:
    """Cut a demand into windows with amounts in units, minutes turned into slots."""
    return [
        Window(
            w.first_day,
            w.end_day,
            _wanted(problem, demand, w.min),
            max(_wanted(problem, demand, w.target), _wanted(problem, demand, w.min)),
            allowed(problem, demand, w.max),
        )
        for w in problem.windows(demand)
    ]


def points(problem: Problem, demand: Demand) -> tuple[int, int]:
    """Return the points lost per unit below the minimum, and per unit below the target."""
    unit = POINTS_PER_UNIT[demand.unit] * demand.weight
    weights = problem.weights
    return unit * (weights.obligation if demand.legal else weights.below_min), unit * weights.below_target


def full_value(problem: Problem) -> int:
    """Return the value of a plan that meets every demand fully at no cost."""
    total = 0
    for demand in problem.demands:
        below_min, below_target = points(problem, demand)
        for window in windows(problem, demand):
            total += below_min * window.min + below_target * (window.target - window.min)
    return total


def allowed(problem: Problem, demand: Demand, amount: int | None) -> int | None:
    """Return a maximum in units; a started slot counts in full, so minutes are rounded down."""
    if amount is None or demand.unit != "minutes":
        return amount
    return amount // problem.slot_minutes


def _wanted(problem: Problem, demand: Demand, amount: int) -> int:
    return -(-amount // problem.slot_minutes) if demand.unit == "minutes" else amount

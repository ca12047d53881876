"""How much of each demand a plan gives, window by window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from solver.problem import Demand, DemandWindow, Problem, Unit
from solver.verify.plan import Held, Plan

#: Points per unit: a session, a slot of a demand in minutes, a day.
POINTS_PER_UNIT: Final[dict[Unit, int]] = {"sessions": 12, "minutes": 1, "days": 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowAmount:
    """What one window of a demand gets.

    ``got``, ``min`` and ``target`` are in the units of the model (minutes become slots, wanted
    ones rounded up); ``got_own`` is in the demand's own unit. ``starts_demand`` marks the first
    window of each demand.
    """

    demand: Demand
    window: DemandWindow
    sessions: tuple[Held, ...]
    got: int
    got_own: int
    min: int
    target: int
    starts_demand: bool

    @property
    def points(self) -> int:
        """Points per unit times the weight of the demand."""
        return POINTS_PER_UNIT[self.demand.unit] * self.demand.weight


def amount(unit: Unit, sessions: Sequence[Held], slot_minutes: int) -> int:
    """Return how much the sessions amount to, in a demand's own unit."""
    if unit == "sessions":
        return len(sessions)
    if unit == "minutes":
        return sum(h.duration for h in sessions) * slot_minutes
    return len({h.day for h in sessions})


def window_amounts(plan: Plan) -> list[WindowAmount]:
    """Measure every window of every demand, in the problem's order."""
    return [found for demand in plan.problem.demands for found in measure(plan, demand)]


def measure(plan: Plan, demand: Demand) -> list[WindowAmount]:
    """Measure every window of one demand, in order of time."""
    problem, counted, found = plan.problem, plan.counted(demand), []
    step = problem.slot_minutes if demand.unit == "minutes" else 1
    for i, window in enumerate(problem.windows(demand)):
        inside = tuple(h for h in counted if window.first_day <= h.day < window.end_day)
        got_own = amount(demand.unit, inside, problem.slot_minutes)
        found.append(
            WindowAmount(
                demand=demand,
                window=window,
                sessions=inside,
                got=got_own // step,
                got_own=got_own,
                min=-(-window.min // step),
                target=-(-window.target // step),
                starts_demand=i == 0,
            )
        )
    return found


def full_value(problem: Problem, amounts: Sequence[WindowAmount]) -> int:
    """Return the points of a plan that meets every demand fully at no cost."""
    weights = problem.weights
    total = 0
    for w in amounts:
        base = weights.obligation if w.demand.legal else weights.below_min
        total += w.points * (base * w.min + weights.below_target * (w.target - w.min))
    return total

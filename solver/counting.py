"""What a demand counts, as sums over attendances."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from solver.candidates import Placement
from solver.literals import Lit, Sum, distinct
from solver.problem import Demand

if TYPE_CHECKING:
    from solver.variables import Variables

Item = tuple[Placement, Lit]


class Counter:
    """Counted sessions of every demand about which anything is to be decided.

    Parameters
    ----------
    variables : Variables
        Where the attendances are.
    """

    def __init__(self, variables: Variables) -> None:
        self.variables = variables
        self._day_used: dict[tuple[str, int], Lit] = {}
        self.items: dict[str, list[Item]] = {}
        self.demands: list[Demand] = []
        people = set(variables.people())
        for demand in variables.problem.demands:
            if variables.whole or demand.participant in people:
                counted = self._counted(demand)
                self.items[demand.id] = counted
                if variables.open(counted):
                    self.demands.append(demand)

    def _counted(self, demand: Demand) -> list[Item]:
        first, last = (
            demand.from_day,
            min(demand.to_day or self.variables.problem.days, self.variables.problem.days),
        )
        return [
            (placement, lit)
            for placement, lit in self.variables.of_person.get(demand.participant, ())
            if placement.activity.id in demand.activities and first <= placement.day < last
        ]

    def amount(self, demand: Demand, first_day: int, end_day: int) -> Sum:
        """Return the amount attended on days ``[first_day, end_day)`` in the demand's unit."""
        total = Sum()
        items = [(p, lit) for p, lit in self.items[demand.id] if first_day <= p.day < end_day]
        if demand.unit == "days":
            for day in sorted({p.day for p, _ in items}):
                total.add(1, self.day(demand, day))
            return total
        for placement, lit in items:
            total.add(placement.end - placement.start if demand.unit == "minutes" else 1, lit)
        return total

    def day(self, demand: Demand, day: int) -> Lit:
        """Return the literal of a session counted by the demand on a day."""
        key = (demand.id, day)
        if key not in self._day_used:
            self._day_used[key] = self.variables.any_of(
                distinct(lit for p, lit in self.items[demand.id] if p.day == day)
            )
        return self._day_used[key]

    def by_day(self, demand: Demand) -> dict[int, list[Item]]:
        """Return the counted sessions of a demand by day."""
        days: dict[int, list[Item]] = defaultdict(list)
        for placement, lit in self.items[demand.id]:
            days[placement.day].append((placement, lit))
        return dict(sorted(days.items()))

"""What a mentor and their person settled by themselves, taken off what the planner is asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from scheduler.planner_ids import demand_key
from solver.problem import DAYS_PER_WEEK, Demand, Unit


@dataclass(frozen=True, slots=True)
class OwnMeeting:
    """A meeting that a pair agreed on and did not cancel: on which day, and for how long."""

    participant_id: int
    day: date
    minutes: int


def amount(meetings: Sequence[tuple[int, int]], first_day: int, end_day: int, unit: Unit) -> int:
    """Return what meetings (day, minutes) on days ``[first_day, end_day)`` come to, in a demand's unit."""
    found = [(day, minutes) for day, minutes in meetings if first_day <= day < end_day]
    if unit == "minutes":
        return sum(minutes for _, minutes in found)
    if unit == "days":
        return len({day for day, _ in found})
    return len(found)


def less_settled(
    demand: Demand,
    rows: tuple[int, int],
    meetings: Sequence[tuple[int, int]],
    planned: Collection[int],
    *,
    judging: bool,
) -> Iterator[Demand]:
    """Yield a demand without what is settled already: the windows concerned each ask for the rest.

    A meeting at the centre that stands beside one of their own is allowed, it is only not asked for.

    Parameters
    ----------
    rows : tuple of int
        Ids of the demand's rule and participant.
    meetings : sequence of (int, int)
        Day of the horizon and minutes of each meeting settled.
    planned : collection of int
        Days on which the demand's activities are in the plan already.
    """
    assert demand.to_day is not None
    period = DAYS_PER_WEEK * demand.period_weeks or demand.to_day - demand.from_day
    begun = demand.from_day
    for first in range(demand.from_day, demand.to_day, period):
        end = min(first + period, demand.to_day)
        settled = amount(meetings, first, end, demand.unit)
        if not settled:
            continue
        if begun < first:
            yield _days(demand, rows, begun, first)
        begun = end
        least = max(demand.min * (end - first) // period - settled, 0)
        target = max(demand.target * (end - first) // period - settled, least)
        most = demand.max
        if most is not None and not judging and not any(first <= day < end for day in planned):
            most = max(most - settled, 0)
        if target or most != 0:
            window = _days(demand, rows, first, end)
            yield replace(window, period_weeks=0, min=least, target=target, max=most)
    if begun == demand.from_day:
        yield demand
    elif begun < demand.to_day:
        yield _days(demand, rows, begun, demand.to_day)


def _days(demand: Demand, rows: tuple[int, int], first: int, end: int) -> Demand:
    """Return the demand on some of its days only, whole windows."""
    if first == demand.from_day:
        return replace(demand, to_day=end)
    return replace(demand, id=demand_key(*rows, day=first), from_day=first, to_day=end)

"""``spacing``."""

from __future__ import annotations

from collections import defaultdict

from solver.candidates import Placement
from solver.literals import Lit
from solver.variables import Variables


def used_days(variables: Variables, placements: list[Placement]) -> dict[int, Lit]:
    """Return a literal for each day on which a group activity could be held: it is held then."""
    by_day: dict[int, list[Lit]] = defaultdict(list)
    for placement in placements:
        by_day[placement.day].append(variables.held[placement])
    return {day: variables.any_of(lits) for day, lits in sorted(by_day.items())}


def spacing(variables: Variables) -> None:
    """Different days with sessions of a group activity are ``min_days_between`` days apart.

    In every run of ``min_days_between`` days at most one has sessions.
    """
    for activity_id in variables.groups():
        placements = variables.of_activity[activity_id]
        gap = placements[0].activity.min_days_between
        if gap < 2:
            continue
        days = used_days(variables, placements)
        waived = {p.day for p in placements if p.standing and "spacing" in p.overrides}
        for first in days:
            run = [day for day in days if first <= day < first + gap]
            standing = [day for day in run if isinstance(days[day], int)]
            if len(standing) > 1 and variables.whole and len(set(standing) - waived) > 1:
                variables.contradict("spacing")
            open_lits = [lit for day in run if not isinstance(lit := days[day], int)]
            if standing:
                for lit in open_lits:
                    variables.forbid(lit, "spacing")
            elif len(open_lits) > 1:
                variables.model.add_at_most_one(open_lits)

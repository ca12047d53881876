"""``frequency`` (its hard maximum) and ``parallel``."""

from __future__ import annotations

from collections import defaultdict
from itertools import pairwise

from solver.candidates import Placement
from solver.variables import Variables


def frequency(variables: Variables) -> None:
    """At most ``max`` sessions of a group activity in each window of ``period_weeks`` weeks."""
    for activity_id in variables.groups():
        placements = variables.of_activity[activity_id]
        wanted = placements[0].activity.frequency
        windows: dict[int, list[Placement]] = defaultdict(list)
        for placement in placements:
            windows[placement.week // wanted.period_weeks if wanted.period_weeks else 0].append(placement)
        for window in windows.values():
            items = [(1, p, variables.held[p]) for p in window]
            variables.at_most(items, wanted.max, "frequency")


def parallel(variables: Variables) -> None:
    """At most ``max_parallel`` sessions of a group activity start at one slot.

    Copies of one placement are alike, so a later copy is held only if the earlier one is.
    """
    for activity_id in variables.groups():
        placements = variables.of_activity[activity_id]
        starts: dict[int, list[Placement]] = defaultdict(list)
        copies: dict[tuple[int, str, str | None], list[Placement]] = defaultdict(list)
        for placement in placements:
            starts[placement.start].append(placement)
            if not placement.standing:
                copies[placement.start, placement.site, placement.language].append(placement)
        for same_start in starts.values():
            items = [(1, p, variables.held[p]) for p in same_start]
            variables.at_most(items, placements[0].activity.max_parallel, "parallel")
        for alike in copies.values():
            for first, second in pairwise(alike):
                variables.imply(variables.held[second], variables.held[first], "parallel")

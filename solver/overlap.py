"""Overlap in time as cliques: sets of intervals of which at most one can be chosen."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from solver.candidates import Placement
from solver.literals import Lit
from solver.variables import Variables

Item = tuple[Placement, Lit]


def maximal_cliques(intervals: Sequence[tuple[int, int]]) -> Iterator[list[int]]:
    """Yield the maximal sets of pairwise overlapping intervals, as indices.

    Parameters
    ----------
    intervals : sequence of (int, int)
        Half-open, not empty.
    """
    events = sorted(
        [(end, 0, i) for i, (_, end) in enumerate(intervals)]
        + [(start, 1, i) for i, (start, _) in enumerate(intervals)]
    )
    active: dict[int, None] = {}
    grown = False
    for _, opens, i in events:
        if opens:
            active[i] = None
            grown = True
        else:
            if grown:
                yield list(active)
                grown = False
            del active[i]


def no_overlap(
    variables: Variables,
    items: Sequence[Item],
    *,
    pause: int,
    rule: str,
    person: str | None = None,
) -> None:
    """Keep sessions of one person apart by ``max(pause, travel between their sites)`` slots.

    For each maximal clique ``K`` of intervals ``[start, end + pause)``: ``sum_K lit <= 1``. When
    all of a clique is on one day and ``person`` is given, ``sum_K lit <= day(person, day)``.
    """
    fixed = [item for item in items if isinstance(item[1], int)]
    if fixed:
        _against_standing(variables, fixed, items, pause, rule)
    open_items = [(p, lit) for p, lit in items if not isinstance(lit, int)]
    for clique in maximal_cliques([(p.start, p.end + pause) for p, _ in open_items]):
        chosen = [open_items[i][1] for i in clique]
        days = {open_items[i][0].day for i in clique}
        day = variables.day(person, next(iter(days))) if person is not None and len(days) == 1 else 1
        if not isinstance(day, int):
            variables.model.add_at_most_one([*chosen, ~day])
        elif len(chosen) > 1:
            variables.model.add_at_most_one(chosen)
        if person is not None and len(days) > 1:
            for i in clique:
                variables.imply(open_items[i][1], variables.day(person, open_items[i][0].day), rule)
    if len({p.site for p, _ in open_items}) > 1:
        _travel(variables, open_items, pause)


def needed_gap(variables: Variables, a: Placement, b: Placement, pause: int) -> int:
    """Return the slots that two sessions of one person must be apart."""
    return max(pause, variables.problem.travel_slots.get((a.site, b.site), 0))


def too_close(variables: Variables, a: Placement, b: Placement, pause: int) -> bool:
    """Tell whether one person cannot be in both sessions."""
    gap = needed_gap(variables, a, b, pause)
    return a.start < b.end + gap and b.start < a.end + gap


def _against_standing(
    variables: Variables, fixed: Sequence[Item], items: Sequence[Item], pause: int, rule: str
) -> None:
    open_items = [(p, lit) for p, lit in items if not isinstance(lit, int)]
    reach = max(pause, *variables.problem.travel_slots.values(), 0)
    for n, (one, _) in enumerate(fixed):
        # Most of a month is far away: looked at first, because it is cheap to see.
        first, last = one.start - reach, one.end + reach
        for other, lit in open_items:
            if other.start < last and first < other.end and too_close(variables, one, other, pause):
                variables.forbid(lit, rule)
        if variables.whole:
            for other, _ in fixed[n + 1 :]:
                if too_close(variables, one, other, pause) and rule not in one.overrides | other.overrides:
                    variables.contradict(rule)


def _travel(variables: Variables, items: Sequence[Item], pause: int) -> None:
    """Pairs at different sites that the pause alone does not keep apart."""
    ends: dict[str, dict[int, list[Item]]] = defaultdict(lambda: defaultdict(list))
    starts: dict[str, dict[int, list[Lit]]] = defaultdict(lambda: defaultdict(list))
    for placement, lit in items:
        ends[placement.site][placement.end].append((placement, lit))
        starts[placement.site][placement.start].append(lit)
    for site, leaving in ends.items():
        for other, arriving in starts.items():
            travel = variables.problem.travel_slots.get((site, other), 0)
            if travel <= pause or site == other:
                continue
            for start, there in arriving.items():
                moments = range(start - travel + 1, start - pause + 1)
                near = [item for end in moments for item in leaving.get(end, ())]
                if not near:
                    continue
                if min(p.end - p.start for p, _ in near) >= travel - 2 * pause:
                    variables.model.add_at_most_one([*(lit for _, lit in near), *there])
                else:
                    for _, lit in near:
                        variables.model.add_at_most_one([lit, *there])

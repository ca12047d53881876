"""Parts of a plan that are worth solving again, dealt so that nothing is forgotten.

There are several kinds of parts: the sessions of some half-days, people with all they attend,
activities, and what could serve an unmet demand. A kind is drawn the oftener the more points it has
gained of late for its effort; its parts grow when they are solved to the end and shrink when they are
not. The half-days of groups come first, each once: what groups lose to each other's rooms and times
in a plan made session by session is the most that can be had back, and the soonest.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Generic, TypeVar

from solver.candidates import Candidates, Placement
from solver.demands import Window
from solver.problem import Demand

Missing = list[tuple[Demand, Window, int]]
#: A day, and whether the second half of it is meant.
HalfDay = tuple[int, bool]
Item = TypeVar("Item")

#: Points per unit of effort expected of a kind before it is tried.
FIRST_MERIT = 1000.0
#: Weight of the last part in the merit of its kind.
LAST_SHARE = 0.3
#: Share of the highest merit that every kind has on top of its own.
CURIOSITY = 0.04
#: Bounds of the size of a part.
LEAST, MOST = 1.0, 400.0


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a plan to be set free: placements, and people whose every attendance is open."""

    free: list[Placement]
    people: frozenset[str] = frozenset()


class _Deck(Generic[Item]):
    """Items in a random order, each dealt once before any comes again."""

    def __init__(self, items: Iterable[Item], random: Random) -> None:
        self.items = list(items)
        self.rounds = 0
        self._random = random
        self._left: list[Item] = []

    def deal(self, count: int) -> list[Item]:
        """Return up to ``count`` items, fewer at the end of a round."""
        if not self._left:
            self._left = self._random.sample(self.items, len(self.items))
        dealt, self._left = self._left[:count], self._left[count:]
        self.rounds += not self._left
        return dealt


@dataclass(eq=False)
class Kind:
    """One way to choose parts, with their present size and what they gained of late."""

    draw: Callable[[int], Part]
    size: float
    growth: float = 1.25
    merit: float = FIRST_MERIT

    def learn(self, *, closed: bool, gain: int, effort: float) -> None:
        """Take note of how a part of this kind did."""
        factor = self.growth if closed else 1 / self.growth
        self.size = min(max(self.size * factor, LEAST), MOST)
        self.merit += LAST_SHARE * (max(gain, 0) / effort - self.merit)


class Parts:
    """Chooses parts for one or several improvers, which share what is learned.

    Parameters
    ----------
    candidates : Candidates
        Of the whole problem.
    seed : int
        Of the choice.
    """

    def __init__(self, candidates: Candidates, seed: int) -> None:
        self.candidates = candidates
        self._random = Random(seed)
        self._lock = threading.Lock()
        self._standing: dict[str, list[Placement]] = defaultdict(list)
        self._missing: Missing = []
        for placement in candidates.placements:
            if placement.standing:
                self._standing[placement.activity.id].append(placement)
        self._kinds: list[Kind] = []
        groups = [p for p in candidates.placements if not p.activity.individual]
        self._first_round = self._halves(groups)
        if groups:
            self._kinds.append(self._half_days(groups, self._first_round))
        if candidates.placements:
            self._kinds += [self._half_days(candidates.placements), Kind(self._serve_missing, 4)]
        self._make_clusters()

    def __bool__(self) -> bool:
        return bool(self._kinds)

    def choose(self, missing: Missing) -> tuple[Kind, Part]:
        """Return the next part and its kind, given what the plan leaves short."""
        with self._lock:
            self._missing = missing
            if self._first_round.items and not self._first_round.rounds:
                return self._kinds[0], self._kinds[0].draw(1)
            curiosity = CURIOSITY * max(kind.merit for kind in self._kinds) + 1.0
            kind = self._random.choices(self._kinds, [k.merit + curiosity for k in self._kinds])[0]
            return kind, kind.draw(max(1, round(kind.size)))

    def learn(self, kind: Kind, *, closed: bool, gain: int, effort: float) -> None:
        """Take note of how a part did."""
        with self._lock:
            kind.learn(closed=closed, gain=gain, effort=effort)

    def _make_clusters(self) -> None:
        """Make kinds for each programme, whose people, staff and activities belong together."""
        problem = self.candidates.problem
        programme = {a.id: a.programme for a in problem.activities}
        places: dict[str, list[Placement]] = defaultdict(list)
        for placement in self.candidates.placements:
            places[placement.activity.programme].append(placement)
        with_places = {p.activity.id for p in self.candidates.placements}
        activities: dict[str, list[str]] = defaultdict(list)
        for activity in problem.activities:
            if activity.id in with_places and not activity.individual:
                activities[activity.programme].append(activity.id)
        people: dict[str, dict[str, None]] = defaultdict(dict)
        for demand in problem.demands:
            for name in with_places.intersection(demand.activities):
                people[programme[name]][demand.participant] = None
        for cluster, placements in places.items():
            someone = _Deck(people[cluster], self._random)
            something = _Deck(activities[cluster], self._random)
            if someone.items:
                self._kinds.append(Kind(partial(self._open, someone, None), 6))
            if something.items:
                self._kinds.append(Kind(partial(self._open, None, something), 1))
            if someone.items and something.items:
                self._kinds.append(Kind(partial(self._open, someone, something), 5))
            self._kinds.append(self._half_days(placements, size=6))

    def _halves(self, placements: Iterable[Placement]) -> _Deck[HalfDay]:
        return _Deck(sorted({self._half(p) for p in placements}), self._random)

    def _half(self, placement: Placement) -> HalfDay:
        per_day = self.candidates.problem.slots_per_day
        return placement.day, placement.start % per_day >= per_day // 2

    def _half_days(
        self, placements: Iterable[Placement], deck: _Deck[HalfDay] | None = None, *, size: float = 1
    ) -> Kind:
        """Return the kind that frees what is placed on half-days that follow each other."""
        by_half: dict[HalfDay, list[Placement]] = defaultdict(list)
        for placement in placements:
            by_half[self._half(placement)].append(placement)
        halves = sorted(by_half)
        where = {half: n for n, half in enumerate(halves)}
        dealt = deck or _Deck(halves, self._random)

        def draw(count: int) -> Part:
            first = where[dealt.deal(1)[0]]
            return Part([p for half in halves[first : first + count] for p in by_half[half]])

        return Kind(draw, size, growth=1.02)

    def _open(self, people: _Deck[str] | None, activities: _Deck[str] | None, size: int) -> Part:
        """Free activities as a whole and people with all they attend."""
        named = activities.deal(1 if people else size) if activities else []
        persons = people.deal(size) if people else []
        free = [p for a in sorted(named) for p in self.candidates.of_activity.get(a, ())]
        free += [p for a in sorted(named) for p in self._standing[a]]
        free += [p for one in sorted(persons) for p in self.candidates.of_participant.get(one, ())]
        return Part(free, frozenset(persons))

    def _serve_missing(self, size: int) -> Part:
        """Free what could serve an unmet demand in its window, with people who miss the same."""
        if not self._missing:
            return Part([])
        demand, window, _ = self._random.choices(self._missing, [lost for _, _, lost in self._missing])[0]
        names = frozenset(demand.activities)
        alike = sorted(
            {
                d.participant
                for d, w, _ in self._missing
                if not names.isdisjoint(d.activities)
                and w.first_day < window.end_day
                and window.first_day < w.end_day
            }
            - {demand.participant}
        )
        people = frozenset(self._random.sample(alike, min(size - 1, len(alike)))) | {demand.participant}
        days = range(window.first_day, window.end_day)
        free = [
            p
            for name in sorted(names)
            for p in (*self.candidates.of_activity.get(name, ()), *self._standing.get(name, ()))
            if (p.day in days or p.activity.pattern != "free" or p.activity.block)
            and (p.participant is None or p.participant in people)
        ]
        chosen = set(free)
        free += [
            p
            for one in sorted(people)
            for p in self.candidates.of_participant.get(one, ())
            if p.day in days and p not in chosen
        ]
        return Part(free, people)

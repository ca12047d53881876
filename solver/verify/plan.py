"""A plan read against its problem: every session with its times and people resolved."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from solver.problem import DAYS_PER_WEEK, Activity, Demand, Interval, PlannedSession, Problem
from solver.verify.report import NEVER_OVERRIDDEN

#: Clashing pairs reported of one session at most.
MOST_PAIRS = 50


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A session of the plan with what follows from its activity.

    ``start`` and ``end`` are slots, ``week`` and ``weekday`` follow from ``day``. ``people`` are
    the attendees that the problem knows, once each; ``staff`` the known leaders and, where they
    come along, mentors, once each. Compared by identity: a hostile plan may repeat a session.
    """

    session: PlannedSession
    activity: Activity
    start: int
    end: int
    day: int
    slot_of_day: int
    people: tuple[str, ...]
    staff: tuple[str, ...]

    @property
    def id(self) -> str:
        """The session's id."""
        return self.session.id

    @property
    def week(self) -> int:
        """Week of the horizon, 0 first."""
        return self.day // DAYS_PER_WEEK

    @property
    def weekday(self) -> int:
        """Day of the week, 0 is Monday."""
        return self.day % DAYS_PER_WEEK

    @property
    def duration(self) -> int:
        """Length in slots."""
        return self.end - self.start


class Plan:
    """Sessions of a plan indexed by what they occupy.

    Sessions of unknown activities are left out of every index (the rule ``unknown`` reports
    them): nothing is known of how long they last.

    Parameters
    ----------
    problem : Problem
        A problem that passed :func:`solver.check.check_problem`.
    sessions : sequence of PlannedSession
        Any plan, however wrong.
    """

    def __init__(self, problem: Problem, sessions: Sequence[PlannedSession]) -> None:
        self.problem = problem
        self.sessions = tuple(sessions)
        self.held = [self.hold(s) for s in self.sessions if s.activity in problem.activity_by_id]
        self.held.sort(key=lambda h: (h.start, h.end, h.id))
        self.by_activity: dict[str, list[Held]] = defaultdict(list)
        self.by_participant: dict[str, list[Held]] = defaultdict(list)
        self.by_staff: dict[str, list[Held]] = defaultdict(list)
        self.by_room: dict[str, list[Held]] = defaultdict(list)
        for h in self.held:
            self.by_activity[h.activity.id].append(h)
            for person in h.people:
                self.by_participant[person].append(h)
            for member in h.staff:
                self.by_staff[member].append(h)
            if h.session.room is not None:
                self.by_room[h.session.room].append(h)

    def hold(self, session: PlannedSession) -> Held:
        """Resolve one session of a known activity, whether or not it is in the plan."""
        problem = self.problem
        activity = problem.activity_by_id[session.activity]
        known = problem.participant_by_id
        people = dict.fromkeys(s.participant for s in session.attendees if s.participant in known)
        staff = dict.fromkeys(x.staff for x in session.leaders)
        if activity.with_mentor:
            staff |= dict.fromkeys(m for p in people if (m := known[p].mentor) is not None)
        day, slot_of_day = divmod(session.start, problem.slots_per_day)
        return Held(
            session,
            activity,
            session.start,
            session.start + activity.duration_slots,
            day,
            slot_of_day,
            tuple(people),
            tuple(s for s in staff if s in problem.staff_by_id),
        )

    @cached_property
    def spared(self) -> dict[str, frozenset[str]]:
        """Ids of the fixed sessions that override a rule, by rule."""
        table: dict[str, set[str]] = defaultdict(set)
        for fixed in self.problem.fixed:
            for rule in fixed.overrides:
                if rule not in NEVER_OVERRIDDEN:
                    table[rule].add(fixed.session.id)
        return {rule: frozenset(ids) for rule, ids in table.items()}

    @cached_property
    def demands_of(self) -> dict[tuple[str, str], list[Demand]]:
        """Demands by (participant, activity)."""
        table: dict[tuple[str, str], list[Demand]] = defaultdict(list)
        for demand in self.problem.demands:
            for activity in dict.fromkeys(demand.activities):
                table[demand.participant, activity].append(demand)
        return dict(table)

    def wants(self, participant: str, activity: str, day: int) -> bool:
        """Whether a demand of the participant lists the activity on that day."""
        return any(
            d.from_day <= day < end_day(self.problem, d)
            for d in self.demands_of.get((participant, activity), ())
        )

    def counted(self, demand: Demand) -> list[Held]:
        """Return the attended sessions that a demand counts, in order of time."""
        first, end, listed = demand.from_day, end_day(self.problem, demand), set(demand.activities)
        return [
            h
            for h in self.by_participant.get(demand.participant, ())
            if h.activity.id in listed and first <= h.day < end
        ]

    def who(self, participant: str) -> str:
        """Return the name of a participant, or the id."""
        found = self.problem.participant_by_id.get(participant)
        return (found.name if found else "") or participant

    def member(self, staff: str) -> str:
        """Return the name of someone of the staff, or the id."""
        found = self.problem.staff_by_id.get(staff)
        return (found.name if found else "") or staff

    def what(self, h: Held) -> str:
        """Return a session in words: its activity and its start."""
        return f"“{h.activity.name or h.activity.id}” ({self.when(h.start)})"

    def when(self, slot: int) -> str:
        """Return a slot in words, for example ``Wed 2026-11-25 13:30``."""
        day, slot_of_day = divmod(slot, self.problem.slots_per_day)
        minutes = slot_of_day * self.problem.slot_minutes
        return f"{self.date(day)} {minutes // 60:02d}:{minutes % 60:02d}"

    def date(self, day: int) -> str:
        """Return a day in words, for example ``Wed 2026-11-25``."""
        if not 0 <= day < self.problem.days:
            return f"day {day}"
        return f"{date.fromisoformat(self.problem.start_date) + timedelta(day):%a %Y-%m-%d}"


def end_day(problem: Problem, demand: Demand) -> int:
    """Return the end (exclusive) of a demand's days."""
    return problem.days if demand.to_day is None else min(demand.to_day, problem.days)


def contains(available: Sequence[Interval] | None, start: int, end: int) -> bool:
    """Whether one interval of ``available`` (``None``: always) contains ``[start, end)``."""
    return available is None or any(a <= start and end <= b for a, b in available)


class BusyTimes:
    """Merged busy intervals, asked often for overlap."""

    def __init__(self, intervals: Sequence[Interval]) -> None:
        merged: list[list[int]] = []
        for a, b in sorted(intervals):
            if merged and a <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], b)
            else:
                merged.append([a, b])
        self.starts = [a for a, _ in merged]
        self.ends = [b for _, b in merged]

    def first_overlap(self, start: int, end: int) -> Interval | None:
        """Return the earliest busy interval that overlaps ``[start, end)``, or ``None``."""
        i = bisect_left(self.starts, start)
        if i and self.ends[i - 1] > start:
            i -= 1
        if i < len(self.starts) and self.starts[i] < end:
            return self.starts[i], self.ends[i]
        return None


def pairs_closer_than(
    items: Sequence[Held],
    *,
    least: int = 0,
    travel: dict[tuple[str, str], int] | None = None,
    spared: Set[str] = frozenset(),
) -> Iterator[tuple[Held, Held, int]]:
    """Yield pairs of sessions with less time between them than needed.

    Of one session at most :data:`MOST_PAIRS` pairs are given that no override spares, so that a
    senseless plan is answered in linear time and never found valid.

    Parameters
    ----------
    items : sequence of Held
        Sessions of one person or room, by start.
    least : int
        Slots needed between any two.
    travel : dict
        Travel time in slots by ordered pair of sites.
    spared : set of str
        Ids of sessions whose override names the rule.

    Yields
    ------
    tuple of Held, Held, int
        The earlier session, the later one, and the slots needed between them.
    """
    travel = travel or {}
    reach = max(least, max(travel.values(), default=0))
    for i, a in enumerate(items):
        found = 0
        for j in range(i + 1, len(items)):
            b = items[j]
            if b.start >= a.end + reach or found == MOST_PAIRS:
                break
            need = max(least, travel.get((a.session.site, b.session.site), 0))
            if b.start < a.end + need:
                found += a.id not in spared and b.id not in spared
                yield a, b, need

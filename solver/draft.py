"""A plan under construction that answers at once whether one more session or seat fits.

Only additions are tried. What a draft cannot judge on the spot (blocks, runs of days, mentors,
pairs of people) is left to the model: :func:`Draft.understands` says no.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from solver.candidates import Candidates, Held, Placement, Plan
from solver.constraints.pattern import weekly_times
from solver.constraints.seats import subgroup_sizes
from solver.demands import Window, allowed, points, windows
from solver.problem import Demand, Leader, Order


class Draft:
    """Sessions placed so far and what they occupy.

    Parameters
    ----------
    candidates : Candidates
        Of the whole problem.
    plan : Plan
        A valid plan to start from.
    """

    def __init__(self, candidates: Candidates, plan: Plan) -> None:
        problem = self.problem = candidates.problem
        self.held: list[Held] = []
        self._times: dict[tuple[str, str], list[Placement]] = defaultdict(list)
        self._load: Counter[tuple[str, str, int]] = Counter()
        self._days: dict[str, set[int]] = defaultdict(set)
        self._sessions: dict[str, list[Placement]] = defaultdict(list)
        self._equipment: dict[str, list[tuple[Placement, int]]] = defaultdict(list)
        self._pool = {e.id: e.units for e in problem.equipment}
        self.demands_of: dict[tuple[str, str], list[Demand]] = defaultdict(list)
        self._windows: dict[str, list[Window]] = {}
        self._points: dict[str, tuple[int, int]] = {}
        self._weekly: dict[str, int | None] = {}
        self.counted: dict[str, list[Placement]] = defaultdict(list)
        for demand in problem.demands:
            self._windows[demand.id] = windows(problem, demand)
            self._points[demand.id] = points(problem, demand)
            self._weekly[demand.id] = allowed(problem, demand, demand.max_per_week)
            for activity in demand.activities:
                self.demands_of[demand.participant, activity].append(demand)
        self._orders: dict[str, list[Order]] = defaultdict(list)
        for order in problem.orders:
            for activity in {order.first, order.second}:
                self._orders[activity].append(order)
        self._paired = {x for pair in problem.pair_rules for x in (pair.a, pair.b)}
        for one in plan:
            self.add(one)

    def plan(self) -> Plan:
        """Return the plan so far."""
        return tuple(self.held)

    def understands(self, placement: Placement) -> bool:
        """Tell whether every rule about an activity can be judged session by session."""
        a = placement.activity
        return not (a.block or a.pattern == "consecutive" or a.with_mentor)

    def add(self, held: Held) -> None:
        """Add a session that is known to fit."""
        placement = held.placement
        self.held.append(held)
        if held.room is not None:
            self._times["room", held.room].append(placement)
        mentors = [self.problem.participant_by_id[p].mentor for p in held.people]
        staff = {x.staff for x in held.leaders}
        if placement.activity.with_mentor:
            staff |= {m for m in mentors if m is not None}
        for one in staff:
            self._occupy("staff", one, placement)
        for person in held.people:
            self._occupy("person", person, placement)
            self._days[person].add(placement.day)
            for demand in self.demands_of[person, placement.activity.id]:
                first, last = demand.from_day, demand.to_day or self.problem.days
                if first <= placement.day < last:
                    self.counted[demand.id].append(placement)
        self._sessions[placement.activity.id].append(placement)
        for need in placement.activity.equipment:
            self._equipment[need.equipment].append((placement, need.units))

    def gain(self, person: str, placement: Placement) -> int:
        """Return the points a person would gain by attending, or a negative number if they cannot."""
        if person in self._paired or not self._free("person", person, placement):
            return -1
        who = self.problem.participant_by_id[person]
        if who.max_days_week is not None:
            days = {d for d in self._days[person] if d // 7 == placement.week} | {placement.day}
            if len(days) > who.max_days_week:
                return -1
        if not self._within("person", person, placement, who.max_slots_day, None):
            return -1
        if not all(self._in_order(order, person, placement) for order in self._orders[placement.activity.id]):
            return -1
        total = 0
        for demand in self.demands_of[person, placement.activity.id]:
            gained = self._demand_gain(demand, placement)
            if gained < 0:
                return -1
            total += gained
        return total

    def day_used(self, person: str, day: int) -> bool:
        """Tell whether a person comes on a day already."""
        return day in self._days[person]

    def can_hold(self, placement: Placement) -> bool:
        """Tell whether the rules of the activity allow one more session here."""
        activity, sessions = placement.activity, self._sessions[placement.activity.id]
        for need in activity.equipment:
            users = self._equipment[need.equipment]
            used = sum(n for p, n in users if p.start < placement.end and placement.start < p.end)
            if used + need.units > self._pool[need.equipment]:
                return False
        if activity.individual:
            return True
        period = activity.frequency.period_weeks
        same_window = sum(not period or p.week // period == placement.week // period for p in sessions)
        if same_window >= activity.frequency.max:
            return False
        if sum(p.start == placement.start for p in sessions) >= activity.max_parallel:
            return False
        gap = activity.min_days_between
        if any(0 < abs(p.day - placement.day) < gap for p in sessions):
            return False
        if activity.pattern == "alternating":
            if placement.day < 7 and placement.day == activity.previous_weekday:
                return False
            return all(abs(p.day - placement.day) != 7 for p in sessions)
        if activity.pattern == "same_time":
            per_day = self.problem.slots_per_day
            times = {(p.day % 7, p.start % per_day) for p in (*sessions, placement)}
            return len(times) <= weekly_times(self.problem, activity)
        return True

    def staff_for(self, placement: Placement, preferred: Sequence[str] = ()) -> tuple[Leader, ...] | None:
        """Return free staff for every role, the least busy first, or ``None``."""
        chosen: list[Leader] = []
        taken: set[str] = set()
        for role, able in placement.staffing:
            ranked = sorted(
                able, key=lambda s: (s not in preferred, self._load["staff", s, -1 - placement.week], s)
            )
            found = [s for s in ranked if s not in taken and self._staff_free(s, placement)][: role.count]
            if len(found) < role.count:
                return None
            taken.update(found)
            chosen.extend(Leader(role=role.id, staff=s) for s in found)
        return tuple(chosen)

    def room_for(self, placement: Placement, people: int) -> str | None:
        """Return the smallest free room for a number of people, or the largest free one."""
        seats = {r: self.problem.room_by_id[r].seats for r in placement.rooms}
        free = sorted((r for r in placement.rooms if self._free("room", r, placement)), key=seats.__getitem__)
        return next((r for r in free if seats[r] >= people), free[-1] if free else None)

    def size_allowed(self, placement: Placement, people: int) -> int:
        """Return the largest number of attendees up to ``people`` that the activity allows, or -1."""
        activity = placement.activity
        for n in range(min(people, activity.seats_max), activity.seats_min - 1, -1):
            if activity.subgroups is None or subgroup_sizes(n, activity.subgroups) is not None:
                return n
        return -1

    def _in_order(self, order: Order, person: str, placement: Placement) -> bool:
        mine = self._times["person", person]
        firsts = [p for p in mine if p.activity.id == order.first]
        seconds = [p for p in mine if p.activity.id == order.second]
        if order.kind == "not_same_day":
            others = seconds if placement.activity.id == order.first else firsts
            return all(p.day != placement.day for p in others)
        if placement.activity.id == order.first:
            return order.kind == "same_week" or all(p.start >= placement.end for p in seconds)
        if order.kind == "same_week":
            return any(p.week == placement.week for p in firsts)
        completed = order.first in self.problem.participant_by_id[person].completed
        return (completed or bool(firsts)) and all(p.end <= placement.start for p in firsts)

    def _occupy(self, kind: str, name: str, placement: Placement) -> None:
        slots = placement.end - placement.start
        self._times[kind, name].append(placement)
        self._load[kind, name, placement.day] += slots
        self._load[kind, name, -1 - placement.week] += slots

    def _free(self, kind: str, name: str, placement: Placement) -> bool:
        pause = 0
        if kind == "person":
            pause = self.problem.participant_by_id[name].break_slots
        elif kind == "staff":
            pause = self.problem.staff_by_id[name].break_slots
        for other in self._times[kind, name]:
            gap = pause
            if kind != "room" and other.site != placement.site:
                gap = max(pause, self.problem.travel_slots.get((other.site, placement.site), 0))
            if placement.start < other.end + gap and other.start < placement.end + gap:
                return False
        return True

    def _within(
        self, kind: str, name: str, placement: Placement, per_day: int | None, per_week: int | None
    ) -> bool:
        slots = placement.end - placement.start
        if per_day is not None and self._load[kind, name, placement.day] + slots > per_day:
            return False
        return per_week is None or self._load[kind, name, -1 - placement.week] + slots <= per_week

    def _staff_free(self, name: str, placement: Placement) -> bool:
        staff = self.problem.staff_by_id[name]
        return self._within(
            "staff", name, placement, staff.max_slots_day, staff.max_slots_week
        ) and self._free("staff", name, placement)

    def _demand_gain(self, demand: Demand, placement: Placement) -> int:
        day = placement.day
        window = next((w for w in self._windows[demand.id] if w.first_day <= day < w.end_day), None)
        if window is None:
            return 0
        counted = self.counted[demand.id]
        if any(abs(p.day - day) < demand.gap_days for p in counted):
            return -1
        inside = [p for p in counted if window.first_day <= p.day < window.end_day]
        before, after = _amount(demand, inside), _amount(demand, [*inside, placement])
        if window.max is not None and after > window.max:
            return -1
        weekly = self._weekly[demand.id]
        if weekly is not None:
            this_week = [p for p in counted if p.week == placement.week]
            if _amount(demand, [*this_week, placement]) > weekly:
                return -1
        below_min, below_target = self._points[demand.id]
        low = min(after, window.min) - min(before, window.min)
        high = min(after, window.target) - min(before, window.target) - low
        return low * below_min + high * below_target


def _amount(demand: Demand, sessions: list[Placement]) -> int:
    if demand.unit == "days":
        return len({p.day for p in sessions})
    if demand.unit == "minutes":
        return sum(p.end - p.start for p in sessions)
    return len(sessions)

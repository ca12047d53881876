"""Whether a problem contradicts itself, before anything is planned from it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import date

from solver.errors import ProblemError
from solver.problem import (
    DAYS_PER_WEEK,
    FORMAT_VERSION,
    LEVELS,
    Activity,
    Demand,
    FixedSession,
    Interval,
    Participant,
    PlannedSession,
    Problem,
    Role,
)
from solver.verify.report import NEVER_OVERRIDDEN, RULES

MOST_DAYS = 91
MOST_ROWS = 200_000
MOST_NUMBER = 1_000_000


def check_problem(problem: Problem) -> None:
    """Refuse a problem that contradicts itself.

    What merely cannot be met (nobody able to lead, too few seats, no common time) is no
    contradiction: the plan leaves it unmet and says why.

    Raises
    ------
    ProblemError
        With every contradiction found, in reading order.
    """
    reasons = _Checker(problem).run()
    if reasons:
        raise ProblemError(reasons)


class _Checker:
    """Collects contradictions; the grid comes first, since the rest is measured on it."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.reasons: list[str] = []
        self.sites = {x.id for x in problem.sites}
        self.rooms = {x.id for x in problem.rooms}
        self.pools = {x.id for x in problem.equipment}
        self.staff = {x.id for x in problem.staff}
        self.people = {x.id for x in problem.participants}
        self.activities = {x.id for x in problem.activities}

    def run(self) -> list[str]:
        self._grid()
        if self.reasons:
            return self.reasons
        self._resources()
        for person in self.problem.participants:
            self._participant(person)
        self._pairs()
        for activity in self.problem.activities:
            self._activity(activity)
        self._orders()
        for demand in self.problem.demands:
            self._demand(demand)
        self._cohorts()
        self._unique("fixed session", [f.session.id for f in self.problem.fixed])
        for fixed in self.problem.fixed:
            self._fixed(fixed)
        self._unique("previous session", [s.id for s in self.problem.previous or ()])
        for session in self.problem.previous or ():
            self._session(f"previous session {session.id!r}", session)
        for spec in fields(self.problem.weights):
            self._number("weights", spec.name, getattr(self.problem.weights, spec.name))
        return self.reasons

    def _say(self, label: str, reason: str) -> None:
        self.reasons.append(f"{label}: {reason}")

    def _number(
        self, label: str, name: str, value: int | None, low: int = 0, high: int = MOST_NUMBER
    ) -> None:
        if value is not None and not low <= value <= high:
            self._say(label, f"{name} is {value}, not from {low} to {high}")

    def _known(self, label: str, name: str, ids: Iterable[str], known: set[str]) -> None:
        for missing in dict.fromkeys(x for x in ids if x not in known):
            self._say(label, f"{name} {missing!r} does not exist")

    def _unique(self, label: str, ids: Iterable[str]) -> None:
        for name, times in Counter(ids).items():
            if times > 1:
                self._say(label, f"the id {name!r} is used {times} times")
            if not name:
                self._say(label, "an id is empty")

    def _intervals(self, label: str, name: str, intervals: Sequence[Interval] | None) -> None:
        end_of_horizon = self.problem.days * self.problem.slots_per_day
        for a, b in intervals or ():
            if a >= b:
                self._say(label, f"{name} [{a}, {b}) is empty")
            elif a < 0 or b > end_of_horizon:
                self._say(label, f"{name} [{a}, {b}) lies outside the horizon [0, {end_of_horizon})")

    def _grid(self) -> None:
        p = self.problem
        if p.version != FORMAT_VERSION:
            self._say("version", f"{p.version} is not supported; this is version {FORMAT_VERSION}")
        try:
            first = date.fromisoformat(p.start_date)
        except ValueError:
            self._say("start_date", f"{p.start_date[:40]!r} is not a date like 2026-11-23")
        else:
            if first.isoformat() != p.start_date:
                self._say("start_date", f"{p.start_date!r} is not written like 2026-11-23")
            elif first.weekday() != 0:
                self._say("start_date", f"{p.start_date} is not a Monday")
        if p.slot_minutes < 1 or 60 % p.slot_minutes:
            self._say("slot_minutes", f"{p.slot_minutes} does not divide an hour")
        self._number("horizon", "days", p.days, 1, MOST_DAYS)
        for spec in fields(p):
            rows = getattr(p, spec.name)
            if isinstance(rows, tuple) and len(rows) > MOST_ROWS:
                self._say(spec.name, f"{len(rows)} entries are more than {MOST_ROWS}")

    def _resources(self) -> None:
        p = self.problem
        for day in p.closed_days:
            self._number("closed_days", "day", day, 0, p.days - 1)
        self._unique("site", (x.id for x in p.sites))
        pairs: dict[frozenset[str], int] = {}
        for t in p.travel:
            label = f"travel {t.a!r} - {t.b!r}"
            self._known(label, "site", (t.a, t.b), self.sites)
            self._number(label, "slots", t.slots, 0, p.slots_per_day)
            if t.a == t.b:
                self._say(label, "goes from a site to itself")
            if pairs.setdefault(frozenset((t.a, t.b)), t.slots) != t.slots:
                self._say(label, "is given twice with different times")
        self._unique("room", (x.id for x in p.rooms))
        for room in p.rooms:
            label = f"room {room.id!r}"
            self._known(label, "site", (room.site,), self.sites)
            self._number(label, "seats", room.seats)
            self._intervals(label, "available", room.available)
        self._unique("equipment", (x.id for x in p.equipment))
        for pool in p.equipment:
            self._number(f"equipment {pool.id!r}", "units", pool.units)
        self._unique("staff", (x.id for x in p.staff))
        for member in p.staff:
            label = f"staff {member.id!r}"
            self._intervals(label, "available", member.available)
            self._number(label, "max_slots_day", member.max_slots_day)
            self._number(label, "max_slots_week", member.max_slots_week)
            self._number(label, "break_slots", member.break_slots, 0, p.slots_per_day)
        self._unique("participant", (x.id for x in p.participants))
        self._unique("activity", (x.id for x in p.activities))
        self._unique("demand", (x.id for x in p.demands))

    def _participant(self, person: Participant) -> None:
        label, last = f"participant {person.id!r}", self.problem.slots_per_day
        self._intervals(label, "busy", person.busy)
        if person.day_hours is not None:
            if len(person.day_hours) != DAYS_PER_WEEK:
                self._say(label, f"day_hours has {len(person.day_hours)} pairs, not {DAYS_PER_WEEK}")
            for a, b in person.day_hours:
                if not 0 <= a <= b <= last:
                    self._say(label, f"day_hours [{a}, {b}] is not in order within a day of {last} slots")
        self._known(label, "site", person.sites or (), self.sites)
        self._known(label, "preferred site", person.preferred_sites, self.sites)
        self._known(label, "preferred activity", person.preferred_activities, self.activities)
        self._known(label, "referent", person.referents, self.staff)
        self._known(label, "mentor", () if person.mentor is None else (person.mentor,), self.staff)
        self._number(label, "level_spoken", person.level_spoken, 0, len(LEVELS) - 1)
        self._number(label, "level_written", person.level_written, 0, len(LEVELS) - 1)
        self._number(label, "max_slots_day", person.max_slots_day)
        self._number(label, "max_days_week", person.max_days_week)
        self._number(label, "break_slots", person.break_slots, 0, last)

    def _pairs(self) -> None:
        kinds: dict[frozenset[str], set[str]] = defaultdict(set)
        for rule in self.problem.pair_rules:
            label = f"pair rule {rule.a!r} {rule.kind} {rule.b!r}"
            self._known(label, "participant", (rule.a, rule.b), self.people)
            if rule.a == rule.b:
                self._say(label, "names one person twice")
            kinds[frozenset((rule.a, rule.b))].add(rule.kind)
        for pair, given in kinds.items():
            if len(given) > 1:
                self._say("pair rules", f"{' and '.join(sorted(pair))} are both together and apart")
        seen: set[frozenset[str]] = set()
        for met in self.problem.met:
            label, pair = f"met {met.a!r} - {met.b!r}", frozenset((met.a, met.b))
            self._known(label, "participant", (met.a, met.b), self.people)
            self._number(label, "times", met.times)
            if met.a == met.b:
                self._say(label, "names one person twice")
            if pair in seen:
                self._say(label, "is given twice")
            seen.add(pair)

    def _activity(self, a: Activity) -> None:
        label, day = f"activity {a.id!r}", self.problem.slots_per_day
        self._number(label, "duration_slots", a.duration_slots, 1, day)
        for weekday, slot in a.starts:
            if not (0 <= weekday < DAYS_PER_WEEK and slot >= 0 and slot + a.duration_slots <= day):
                self._say(
                    label, f"the start [{weekday}, {slot}] does not leave {a.duration_slots} slots in a day"
                )
        for start in a.closed_starts:
            self._number(label, "closed start", start, 0, self.problem.days * day - 1)
        self._number(label, "frequency.period_weeks", a.frequency.period_weeks, 0, MOST_DAYS)
        self._ordered(label, "frequency", a.frequency.min, a.frequency.max)
        self._ordered(label, "seats", a.seats_min, a.seats_max)
        self._ordered(label, "day", a.earliest_day, MOST_NUMBER if a.latest_day is None else a.latest_day)
        self._number(label, "previous_weekday", a.previous_weekday, 0, DAYS_PER_WEEK - 1)
        self._number(label, "min_days_between", a.min_days_between)
        self._number(label, "max_parallel", a.max_parallel, 1)
        self._number(label, "run_length", a.run_length)
        if a.pattern == "consecutive" and a.run_length < 1:
            self._say(label, "the pattern consecutive needs a run_length of at least 1")
        if a.individual and (a.drop_in or a.block or a.pattern != "free"):
            self._say(label, "an individual activity is not drop_in, has no block and no pattern")
        if a.drop_in and a.seats_min:
            self._say(label, "a drop_in activity lists nobody, so seats_min must be 0")
        self._known(label, "member", a.members or (), self.people)
        self._known(label, "site", a.sites, self.sites)
        self._known(label, "room", a.rooms or (), self.rooms)
        for name in ("level_spoken", "level_written"):
            low, high = getattr(a, name)
            if not 0 <= low <= high < len(LEVELS):
                self._say(label, f"{name} [{low}, {high}] is not in order from 0 to {len(LEVELS) - 1}")
        if a.subgroups is not None:
            self._ordered(label, "subgroups", *a.subgroups, least=1)
        self._unique(f"{label}, roles", (r.id for r in a.roles))
        for role in a.roles:
            self._role(label, a, role)
        for need in a.equipment:
            self._known(label, "equipment", (need.equipment,), self.pools)
            self._number(label, f"units of {need.equipment!r}", need.units)

    def _ordered(self, label: str, name: str, low: int, high: int, least: int = 0) -> None:
        if not least <= low <= MOST_NUMBER or high > MOST_NUMBER or low > high:
            self._say(label, f"{name}: the least, {low}, and the most, {high}, are not in order from {least}")

    def _role(self, label: str, a: Activity, role: Role) -> None:
        label = f"{label}, role {role.id!r}"
        self._number(label, "count", role.count)
        self._known(label, "staff", role.staff or (), self.staff)
        if role.language == "group" and not a.language_groups:
            self._say(label, "needs the group's language, but the activity has no language_groups")
        if role.language == "participant" and not a.individual:
            self._say(label, "needs the participant's language, but the activity is not individual")

    def _orders(self) -> None:
        later: dict[str, set[str]] = defaultdict(set)
        for order in self.problem.orders:
            label = f"order {order.first!r} {order.kind} {order.second!r}"
            self._known(label, "activity", (order.first, order.second), self.activities)
            if order.first == order.second:
                self._say(label, "names one activity twice")
            elif order.kind == "before":
                later[order.first].add(order.second)
        while ends := {a for a in later if not later[a] & later.keys()}:
            for a in ends:
                del later[a]
        if later:
            self._say(
                "orders", f"these activities come before one another in a circle: {', '.join(sorted(later))}"
            )

    def _demand(self, d: Demand) -> None:
        label = f"demand {d.id!r}"
        self._known(label, "participant", (d.participant,), self.people)
        self._known(label, "activity", d.activities, self.activities)
        self._known(label, "staff", d.staff or (), self.staff)
        if not d.activities:
            self._say(label, "lists no activity")
        numbers = {
            "period_weeks": d.period_weeks,
            "from_day": d.from_day,
            "min": d.min,
            "target": d.target,
            "max": d.max,
            "max_per_week": d.max_per_week,
            "gap_days": d.gap_days,
            "weight": d.weight,
        }
        before = len(self.reasons)
        for name, value in numbers.items():
            self._number(label, name, value)
        if d.target < d.min:
            self._say(label, f"target {d.target} is less than min {d.min}")
        if d.max is not None and d.max < d.target:
            self._say(label, f"max {d.max} is less than target {d.target}")
        end = self.problem.days if d.to_day is None else d.to_day
        if not d.from_day < end or d.from_day >= self.problem.days:
            self._say(label, f"the days [{d.from_day}, {end}) are empty or outside the horizon")
        if len(self.reasons) == before:
            self._within_reach(label, d)

    def _within_reach(self, label: str, d: Demand) -> None:
        """Refuse a least amount that the demand's own caps exclude in a window."""
        for w in self.problem.windows(d):
            weeks = (w.end_day - 1) // DAYS_PER_WEEK - w.first_day // DAYS_PER_WEEK + 1
            if d.max_per_week is not None and d.max_per_week * weeks < w.min:
                self._say(label, f"min {w.min} from day {w.first_day} is more than max_per_week allows")
                return
            most = 1 + (w.end_day - w.first_day - 1) // d.gap_days if d.gap_days else MOST_NUMBER
            if d.unit != "minutes" and most < w.min:
                self._say(label, f"min {w.min} from day {w.first_day} is more than gap_days allows")
                return

    def _cohorts(self) -> None:
        """Refuse a closed group whose members must all come and cannot all have a seat."""
        wanted: dict[str, list[Demand]] = defaultdict(list)
        for d in self.problem.demands:
            if d.min > 0 and len(d.activities) == 1:
                wanted[d.activities[0]].append(d)
        for a in self.problem.activities:
            mine = [d for d in wanted[a.id] if a.members is not None and d.participant in a.members]
            who = {d.participant for d in mine}
            if a.individual or a.drop_in or len(who) <= a.seats_max:
                continue
            same = [d for d in mine if d.unit == "sessions" and d.period_weeks == a.frequency.period_weeks]
            seats = a.seats_max * a.frequency.max
            if a.block or sum(d.min for d in same) > seats:
                self._say(
                    f"activity {a.id!r}",
                    f"{len(who)} members of its closed group must come, "
                    f"more than its seats allow ({a.seats_max} a session)",
                )

    def _fixed(self, f: FixedSession) -> None:
        label, listed = f"fixed session {f.session.id!r}", {x.participant for x in f.session.attendees}
        self._session(label, f.session)
        activity = self.problem.activity_by_id.get(f.session.activity)
        if activity is not None:
            self._known(label, "role", (x.role for x in f.session.leaders), {r.id for r in activity.roles})
        self._known(label, "staff", (x.staff for x in f.session.leaders), self.staff)
        self._known(label, "room", () if f.session.room is None else (f.session.room,), self.rooms)
        self._known(label, "participant", f.excluded, self.people)
        if len(listed) != len(f.session.attendees):
            self._say(label, "lists someone more than once")
        if outside := sorted(set(f.locked) - listed):
            self._say(label, f"locks people it does not list: {', '.join(outside)}")
        if both := sorted(set(f.locked) & set(f.excluded)):
            self._say(label, f"both locks and excludes {', '.join(both)}")
        if f.closed and (both := sorted(listed & set(f.excluded))):
            self._say(label, f"is closed with people it excludes: {', '.join(both)}")
        for rule in f.overrides:
            if rule not in RULES or rule in NEVER_OVERRIDDEN:
                self._say(label, f"overrides {rule!r}, which is no rule that can be overridden")

    def _session(self, label: str, s: PlannedSession) -> None:
        self._known(label, "activity", (s.activity,), self.activities)
        self._known(label, "site", (s.site,), self.sites)
        self._known(label, "participant", (x.participant for x in s.attendees), self.people)
        activity = self.problem.activity_by_id.get(s.activity)
        duration = activity.duration_slots if activity else 1
        day, slot = divmod(s.start, self.problem.slots_per_day)
        if not 0 <= day < self.problem.days or slot + duration > self.problem.slots_per_day:
            self._say(label, f"its start {s.start} does not leave it within one day of the horizon")

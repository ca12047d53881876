"""Whether a centre could hold one more session: times, leaders, rooms, equipment."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cached_property

from solver.explain.person import Block
from solver.problem import Activity, Leader, Participant, PlannedSession, Role, Room, Seat, Staff
from solver.verify.plan import Held, Plan, contains
from solver.verify.rules_activity import frequency_windows
from solver.verify.rules_leaders import role_is_needed, staff_fault


class Supply:
    """What a plan leaves free, asked about possible new sessions.

    Answers that do not depend on the person are kept, since many people ask the same.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.closed = frozenset(plan.problem.closed_days)
        self._blocks: dict[tuple[object, ...], list[Block]] = {}
        self._able: dict[tuple[object, ...], list[Staff]] = {}

    @cached_property
    def _staff_days(self) -> dict[tuple[str, int], list[Held]]:
        return self._by_day(self.plan.by_staff)

    @cached_property
    def _room_days(self) -> dict[tuple[str, int], list[Held]]:
        return self._by_day(self.plan.by_room)

    @cached_property
    def _staff_weeks(self) -> Counter[tuple[str, int]]:
        load: Counter[tuple[str, int]] = Counter()
        for staff, sessions in self.plan.by_staff.items():
            for h in sessions:
                load[staff, h.week] += h.duration
        return load

    @cached_property
    def _pool_days(self) -> dict[tuple[str, int], list[tuple[Held, int]]]:
        table: dict[tuple[str, int], list[tuple[Held, int]]] = defaultdict(list)
        for h in self.plan.held:
            for need in h.activity.equipment:
                table[need.equipment, h.day].append((h, need.units))
        return table

    @staticmethod
    def _by_day(index: dict[str, list[Held]]) -> dict[tuple[str, int], list[Held]]:
        table: dict[tuple[str, int], list[Held]] = defaultdict(list)
        for name, sessions in index.items():
            for h in sessions:
                table[name, h.day].append(h)
        return table

    def of_activity(self, activity: Activity, start: int) -> list[Block]:
        """Return which rules of the activity itself a new session at ``start`` would break."""
        key = ("activity", activity.id, start)
        if key not in self._blocks:
            self._blocks[key] = list(self._of_activity(activity, start))
        return self._blocks[key]

    def _of_activity(self, a: Activity, start: int) -> Iterator[Block]:
        day, slot = divmod(start, self.plan.problem.slots_per_day)
        last = self.plan.problem.days - 1 if a.latest_day is None else a.latest_day
        if day in self.closed:
            yield "closed_day", {"day": str(day)}
        if not a.earliest_day <= day <= last:
            yield "date", {"first_day": str(a.earliest_day), "last_day": str(last), "day": str(day)}
        if a.individual:
            return
        sessions = self.plan.by_activity.get(a.id, [])
        for first, end, _ in frequency_windows(self.plan.problem, a):
            if first <= day < end and sum(first <= h.day < end for h in sessions) >= a.frequency.max:
                yield (
                    "frequency",
                    {"most": str(a.frequency.max), "first_day": str(first), "end_day": str(end)},
                )
        if sum(h.start == start for h in sessions) >= a.max_parallel:
            yield "parallel", {"most": str(a.max_parallel)}
        near = [h for h in sessions if 0 < abs(h.day - day) < a.min_days_between]
        if near:
            facts = {"least": str(a.min_days_between), "other_start": str(near[0].start)}
            yield "spacing", facts | {"week": str(day // 7)}
        if self._breaks_pattern(a, sessions, day, slot):
            yield "pattern", {"reason": a.pattern, "week": str(day // 7)}
        if a.block and sessions:
            yield "pattern", {"reason": "block", "week": str(day // 7)}

    def _breaks_pattern(self, a: Activity, sessions: list[Held], day: int, slot: int) -> bool:
        if a.pattern == "same_time":
            weeks = a.frequency.period_weeks or -(-self.plan.problem.days // 7)
            times = {(h.weekday, h.slot_of_day) for h in sessions} | {(day % 7, slot)}
            return len(times) > max(-(-a.frequency.max // weeks), 0)
        if a.pattern == "alternating":
            beside = any(abs(h.week - day // 7) == 1 and h.weekday == day % 7 for h in sessions)
            return beside or (day < 7 and day == a.previous_weekday)
        if a.pattern == "consecutive":
            return bool(sessions) or self.run_days(a, day, slot) is None
        return False

    def run_days(self, a: Activity, day: int, slot: int) -> list[int] | None:
        """Return the days of a run of consecutive working days from ``day``, if it can be held."""
        days: list[int] = []
        for d in range(day, self.plan.problem.days):
            if len(days) == a.run_length:
                break
            if d % 7 < 5 and d not in self.closed:
                days.append(d)
        fits = len(days) == a.run_length and all((d % 7, slot) in a.starts for d in days)
        return days if fits and days[0] == day else None

    def of_place(
        self, activity: Activity, start: int, site: str, language: str | None, person: Participant
    ) -> list[Block]:
        """Return the leaders, rooms and equipment that a new session for a person would lack."""
        who = self._matters(activity, person)
        key = ("place", activity.id, start, site, language, who)
        if key not in self._blocks:
            trial = self._trial(activity, start, site, language, person)
            found = list(self._of_leaders(trial, who))
            self._blocks[key] = found + list(self._of_room(trial)) + list(self._of_pools(trial))
        return self._blocks[key]

    def of_mentor(self, activity: Activity, start: int, site: str, person: Participant) -> list[Block]:
        """Return ``mentor_busy`` if the person's mentor could not come along."""
        mentor = self.plan.problem.staff_by_id.get(person.mentor or "")
        if not activity.with_mentor or mentor is None:
            return []
        reason = self._unfree(self._trial(activity, start, site, None, person), mentor)
        return [("mentor_busy", {"staff": mentor.id, "reason": reason})] if reason else []

    def _trial(
        self, activity: Activity, start: int, site: str, language: str | None, person: Participant
    ) -> Held:
        seats = (Seat(participant=person.id),)
        return self.plan.hold(
            PlannedSession(
                id="", activity=activity.id, start=start, site=site, language=language, attendees=seats
            )
        )

    def offer(
        self, activity: Activity, start: int, site: str, language: str | None, person: Participant
    ) -> tuple[tuple[Leader, ...], str | None] | None:
        """Return leaders and a room for a new session, or ``None`` if something is lacking."""
        if self.of_place(activity, start, site, language, person):
            return None
        trial = self._trial(activity, start, site, language, person)
        free, _ = self._free_staff(trial, self._matters(activity, person))
        if not activity.needs_room:
            return _assigned(free), None
        rooms = [r for r in self._rooms_there(trial) if not self._occupied(r, trial)]
        # Seats for all who may still join, then the smallest such room.
        best = min(rooms, key=lambda r: (-min(r.seats, activity.seats_max), r.seats))
        return _assigned(free), best.id

    def _of_leaders(self, trial: Held, who: object) -> Iterator[Block]:
        free, lacking = self._free_staff(trial, who)
        if lacking is not None:
            yield lacking
        elif len(_assigned(free)) < sum(role.count for role, _ in free):
            facts = {"role": free[-1][0].id, "skills": ", ".join(free[-1][0].skills), "count": "1"}
            yield "leader_occupied", facts | {"staff": ""}

    def _free_staff(self, trial: Held, who: object) -> tuple[list[tuple[Role, list[str]]], Block | None]:
        """Return who is free for each role needed, and the first role short of people."""
        free: list[tuple[Role, list[str]]] = []
        for role in (r for r in trial.activity.roles if role_is_needed(self.plan, trial, r)):
            able = self._qualified(trial, role, who)
            reasons = {s.id: self._unfree(trial, s) for s in able}
            free.append((role, [s for s, reason in reasons.items() if not reason]))
            if len(free[-1][1]) < role.count:
                facts = {"role": role.id, "skills": ", ".join(role.skills), "count": str(role.count)}
                if len(able) < role.count:
                    return free, ("nobody_qualified", facts)
                common = Counter(r for r in reasons.values() if r).most_common(1)[0][0]
                concerned = sorted(s for s, reason in reasons.items() if reason == common)
                return free, (common, facts | {"staff": ", ".join(concerned)})
        return free, None

    def _matters(self, activity: Activity, person: Participant) -> object:
        """Return all of a person that decides who can lead a session for them."""
        if not activity.individual:
            return None
        demands = self.plan.demands_of.get((person.id, activity.id), ())
        return person.needs_interpreter, person.languages, tuple(d.staff for d in demands)

    def _qualified(self, trial: Held, role: Role, who: object) -> list[Staff]:
        key = (trial.activity.id, role.id, trial.session.language, who)
        if key not in self._able:
            staff = self.plan.problem.staff
            self._able[key] = [s for s in staff if staff_fault(self.plan, trial, role, s) is None]
        return self._able[key]

    def _unfree(self, trial: Held, member: Staff) -> str:
        if not contains(member.available, trial.start, trial.end):
            return "leader_unavailable"
        travel, site = self.plan.problem.travel_slots, trial.session.site
        today = self._staff_days.get((member.id, trial.day), ())
        for h in today:
            need = max(member.break_slots, travel.get((h.session.site, site), 0))
            if trial.start < h.end + need and h.start < trial.end + need:
                return "leader_occupied"
        day = sum(h.duration for h in today) + trial.duration
        week = self._staff_weeks[member.id, trial.week] + trial.duration
        if member.max_slots_day is not None and day > member.max_slots_day:
            return "leader_hours"
        if member.max_slots_week is not None and week > member.max_slots_week:
            return "leader_hours"
        return ""

    def _of_room(self, trial: Held) -> Iterator[Block]:
        a, site = trial.activity, trial.session.site
        if not a.needs_room:
            return
        facts = {"site": site, "features": ", ".join(a.room_features)}
        if not any(r.site == site and suits(a, r) for r in self.plan.problem.rooms):
            yield "no_suitable_room", facts
        elif not (there := self._rooms_there(trial)):
            yield "room_unavailable", facts
        elif all(self._occupied(r, trial) for r in there):
            yield "room_occupied", facts

    def _rooms_there(self, trial: Held) -> list[Room]:
        return [
            r
            for r in self.plan.problem.rooms
            if r.site == trial.session.site
            and suits(trial.activity, r)
            and contains(r.available, trial.start, trial.end)
        ]

    def _occupied(self, room: Room, trial: Held) -> bool:
        today = self._room_days.get((room.id, trial.day), ())
        return any(h.start < trial.end and trial.start < h.end for h in today)

    def _of_pools(self, trial: Held) -> Iterator[Block]:
        units = {p.id: p.units for p in self.plan.problem.equipment}
        for need in trial.activity.equipment:
            today = self._pool_days.get((need.equipment, trial.day), ())
            during = [(h, u) for h, u in today if h.start < trial.end and trial.start < h.end]
            moments = {trial.start, *(h.start for h, _ in during if h.start > trial.start)}
            used = max(sum(u for h, u in during if h.start <= t < h.end) for t in moments)
            if used + need.units > units[need.equipment]:
                yield "equipment", {"equipment": need.equipment, "most": str(units[need.equipment])}


def suits(activity: Activity, room: Room) -> bool:
    """Whether a room could ever hold a session of the activity, its site aside."""
    return (
        (activity.rooms is None or room.id in activity.rooms)
        and set(activity.room_features) <= set(room.features)
        and room.seats >= max(1, activity.seats_min)
    )


def _assigned(free: list[tuple[Role, list[str]]]) -> tuple[Leader, ...]:
    """Fill as many places of the roles as different people can (augmenting paths)."""
    places = [(role.id, staff) for role, staff in free for _ in range(role.count)]
    taken: dict[str, int] = {}

    def place(i: int, tried: set[str]) -> bool:
        for name in places[i][1]:
            if name not in tried:
                tried.add(name)
                if name not in taken or place(taken[name], tried):
                    taken[name] = i
                    return True
        return False

    for i in range(len(places)):
        place(i, set())
    return tuple(Leader(role=places[i][0], staff=staff) for staff, i in taken.items())

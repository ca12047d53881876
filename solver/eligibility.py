"""Who may attend, lead and host what: every rule that concerns one session by itself."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator

from solver.problem import DAYS_PER_WEEK, Activity, Interval, Leader, Participant, Problem, Role, Room, Staff


class Eligibility:
    """Answers about single people, rooms and times, with everything looked up once.

    Parameters
    ----------
    problem : Problem
        Taken as it is; ids are expected to exist.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.closed = frozenset(problem.closed_days)
        self._starts = {a.id: frozenset(a.starts) for a in problem.activities}
        self._members = {
            a.id: None if a.members is None else frozenset(a.members) for a in problem.activities
        }
        self._busy = {p.id: sorted(p.busy) for p in problem.participants}
        self._staff_hours = {s.id: _sorted_or_none(s.available) for s in problem.staff}
        self._room_hours = {r.id: _sorted_or_none(r.available) for r in problem.rooms}
        self._available: dict[tuple[str, int, int], bool] = {}
        self._qualified: dict[tuple[str, str, str, str | None, str | None], bool] = {}
        self.demand_days: dict[tuple[str, str], list[Interval]] = defaultdict(list)
        self.first_role_staff: dict[tuple[str, str], frozenset[str]] = {}
        for demand in problem.demands:
            days = (demand.from_day, min(demand.to_day or problem.days, problem.days))
            for activity in demand.activities:
                key = (demand.participant, activity)
                self.demand_days[key].append(days)
                if demand.staff is not None:
                    allowed = frozenset(demand.staff)
                    self.first_role_staff[key] = self.first_role_staff.get(key, allowed) & allowed

    def time_breaches(self, activity: Activity, start: int) -> Iterator[str]:
        """Yield the rules that an activity breaks by starting at a slot."""
        per_day = self.problem.slots_per_day
        day, slot = divmod(start, per_day)
        if start < 0 or day >= self.problem.days or slot + activity.duration_slots > per_day:
            yield "horizon"
        if day in self.closed:
            yield "closed_day"
        latest = self.problem.days if activity.latest_day is None else activity.latest_day
        if (
            (day % DAYS_PER_WEEK, slot) not in self._starts[activity.id]
            or start in activity.closed_starts
            or not activity.earliest_day <= day <= latest
        ):
            yield "start"

    def person_breaches(self, person: Participant, activity: Activity) -> Iterator[str]:
        """Yield the rules that keep a person out of an activity at any time and place."""
        low, high = activity.level_spoken
        low_written, high_written = activity.level_written
        if not (low <= person.level_spoken <= high and low_written <= person.level_written <= high_written):
            yield "level"
        members = self._members[activity.id]
        if members is not None and person.id not in members:
            yield "cohort"
        if activity.id in person.opt_outs or not set(activity.themes).isdisjoint(person.opt_outs):
            yield "opt_out"
        if person.brings_children and not activity.children_welcome:
            yield "children"
        if activity.with_mentor and person.mentor is None:
            yield "mentor"

    def moment_breaches(self, person: Participant, activity: Activity, start: int) -> Iterator[str]:
        """Yield the rules that keep a person out of an activity at a time."""
        end = start + activity.duration_slots
        day, slot = divmod(start, self.problem.slots_per_day)
        if any(a < end and start < b for a, b in self._busy[person.id]):
            yield "busy"
        if person.day_hours is not None:
            earliest, latest = person.day_hours[day % DAYS_PER_WEEK]
            if slot < earliest or slot + activity.duration_slots > latest:
                yield "day_hours"
        if not any(a <= day < b for a, b in self.demand_days.get((person.id, activity.id), ())):
            yield "no_demand"
        mentor = person.mentor if activity.with_mentor else None
        if mentor is not None and not self.staff_available(mentor, start, end):
            yield "staff_unavailable"

    def place_breaches(self, person: Participant, site: str, language: str | None) -> Iterator[str]:
        """Yield the rules that keep a person away from a site or a language."""
        if person.sites is not None and site not in person.sites:
            yield "reach"
        if language is not None and language not in person.languages:
            yield "language_group"

    def attendance_breaches(
        self, person: Participant, activity: Activity, start: int, site: str, language: str | None
    ) -> Iterator[str]:
        """Yield every rule that one attendance breaks by itself."""
        yield from self.person_breaches(person, activity)
        yield from self.moment_breaches(person, activity, start)
        yield from self.place_breaches(person, site, language)

    def staff_available(self, staff: str, start: int, end: int) -> bool:
        """Tell whether one available interval of a staff member contains ``[start, end)``."""
        key = (staff, start, end)
        if key not in self._available:
            self._available[key] = _contains(self._staff_hours[staff], start, end)
        return self._available[key]

    def room_fits(self, room: Room, activity: Activity, start: int) -> bool:
        """Tell whether a room has the features and hours for a session, seats aside."""
        return (
            (activity.rooms is None or room.id in activity.rooms)
            and set(activity.room_features) <= set(room.features)
            and _contains(self._room_hours[room.id], start, start + activity.duration_slots)
        )

    def role_filled(self, activity: Activity, role: Role, attendee: Participant | None) -> bool:
        """Tell whether a role is to be filled at all; ``attendee`` is that of an individual session."""
        return not role.only_if_needed or (
            activity.individual and attendee is not None and attendee.needs_interpreter
        )

    def qualified(
        self, staff: Staff, activity: Activity, role: Role, language: str | None, attendee: Participant | None
    ) -> bool:
        """Tell whether someone may fill a role of a session, availability aside."""
        key = (staff.id, activity.id, role.id, language, attendee.id if attendee else None)
        if key not in self._qualified:
            self._qualified[key] = self._may_fill(staff, activity, role, language, attendee)
        return self._qualified[key]

    def _may_fill(
        self, staff: Staff, activity: Activity, role: Role, language: str | None, attendee: Participant | None
    ) -> bool:
        if staff.kind not in role.kinds or not set(role.skills) <= set(staff.skills):
            return False
        if role.languages and set(role.languages).isdisjoint(staff.languages):
            return False
        if role.language == "group" and language is not None and language not in staff.languages:
            return False
        if role.staff is not None and staff.id not in role.staff:
            return False
        if not activity.individual or attendee is None:
            return True
        if role.language == "participant" and set(attendee.languages).isdisjoint(staff.languages):
            return False
        allowed = self.first_role_staff.get((attendee.id, activity.id))
        return allowed is None or role.id != activity.roles[0].id or staff.id in allowed

    def roles_kept(
        self,
        activity: Activity,
        leaders: tuple[Leader, ...],
        language: str | None,
        attendee: Participant | None,
    ) -> bool:
        """Tell whether given leaders fill every role of a session exactly."""
        if len({leader.staff for leader in leaders}) != len(leaders):
            return False
        named: dict[str, list[str]] = defaultdict(list)
        for leader in leaders:
            named[leader.role].append(leader.staff)
        for role in activity.roles:
            staff = named.pop(role.id, [])
            if len(staff) != (role.count if self.role_filled(activity, role, attendee) else 0):
                return False
            people = [self.problem.staff_by_id[s] for s in staff]
            if not all(self.qualified(s, activity, role, language, attendee) for s in people):
                return False
        return not named


def _sorted_or_none(intervals: tuple[Interval, ...] | None) -> list[Interval] | None:
    return None if intervals is None else sorted(intervals)


def _contains(hours: list[Interval] | None, start: int, end: int) -> bool:
    if hours is None:
        return True
    last = bisect_right(hours, (start, 1 << 60))
    return any(b >= end for _, b in hours[:last])

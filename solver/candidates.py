"""Candidate placements: every session that could be part of a plan, before any is chosen.

A placement is an activity with its start, site and language, and for an individual activity
its attendee. Only people, staff and rooms that could take part are listed, so that most of the
hard rules never reach the model. Fixed sessions are *standing* placements: they are held in
any case, with the leaders and the room they have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from solver.eligibility import Eligibility
from solver.problem import Activity, FixedSession, Leader, Participant, Problem, Role


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Placement:
    """One session that could be held, or one that is held in any case.

    ``people`` may attend, ``certain`` attend in any case (only of standing placements).
    ``staffing`` gives the staff who could fill each role that is to be filled; ``rooms`` the
    rooms that could be used. ``overrides`` are rules a person has knowingly broken here.
    """

    activity: Activity
    start: int
    end: int
    day: int
    site: str
    language: str | None = None
    copy: int = 0
    participant: str | None = None
    people: tuple[str, ...] = ()
    certain: frozenset[str] = frozenset()
    staffing: tuple[tuple[Role, tuple[str, ...]], ...] = ()
    rooms: tuple[str, ...] = ()
    standing: bool = False
    leaders: tuple[Leader, ...] = ()
    room: str | None = None
    session_id: str | None = None
    overrides: frozenset[str] = frozenset()

    @property
    def week(self) -> int:
        """Week of the horizon, counted from 0."""
        return self.day // 7


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A placement that a plan has chosen, with its room, leaders and attendees."""

    placement: Placement
    room: str | None
    leaders: tuple[Leader, ...]
    people: tuple[str, ...]


Plan = tuple[Held, ...]


@dataclass(frozen=True, eq=False)
class Candidates:
    """Everything that could be placed in a problem.

    ``breaches`` are the rules that fixed sessions break by themselves without an override: with
    any, no plan exists.
    """

    problem: Problem
    eligibility: Eligibility
    placements: tuple[Placement, ...]
    breaches: tuple[str, ...] = ()

    @cached_property
    def of_activity(self) -> dict[str, list[Placement]]:
        """Placements that are not standing, by activity."""
        found: dict[str, list[Placement]] = defaultdict(list)
        for placement in self.placements:
            if not placement.standing:
                found[placement.activity.id].append(placement)
        return found

    @cached_property
    def of_participant(self) -> dict[str, list[Placement]]:
        """Individual placements by their attendee."""
        found: dict[str, list[Placement]] = defaultdict(list)
        for placement in self.placements:
            if placement.participant is not None:
                found[placement.participant].append(placement)
        return found


def find_candidates(problem: Problem) -> Candidates:
    """List every placement that no rule about a single session excludes."""
    rules = Eligibility(problem)
    placements: list[Placement] = []
    breaches: list[str] = []
    for fixed in problem.fixed:
        placement, broken = _standing(problem, rules, fixed)
        placements.append(placement)
        breaches.extend(broken)
    wanted = _people_by_activity(problem, rules)
    held_before = {(s.activity, s.start) for s in problem.previous or ()}
    for activity in problem.activities:
        people = wanted.get(activity.id, [])
        if activity.individual:
            placements.extend(_individual(problem, rules, activity, people))
        else:
            placements.extend(_group(problem, rules, activity, people, held_before))
    return Candidates(problem, rules, tuple(placements), tuple(dict.fromkeys(breaches)))


def _people_by_activity(problem: Problem, rules: Eligibility) -> dict[str, list[Participant]]:
    wanted: dict[str, list[Participant]] = defaultdict(list)
    for person_id, activity_id in rules.demand_days:
        person, activity = problem.participant_by_id[person_id], problem.activity_by_id[activity_id]
        if next(rules.person_breaches(person, activity), None) is None:
            wanted[activity_id].append(person)
    return wanted


def _start_slots(problem: Problem, rules: Eligibility, activity: Activity) -> Iterable[int]:
    by_weekday: dict[int, list[int]] = defaultdict(list)
    for weekday, slot in sorted(set(activity.starts)):
        by_weekday[weekday].append(slot)
    for day in range(problem.days):
        for slot in by_weekday.get(day % 7, ()):
            start = day * problem.slots_per_day + slot
            if next(rules.time_breaches(activity, start), None) is None:
                yield start


def _fitting_rooms(
    problem: Problem, rules: Eligibility, activity: Activity, start: int, site: str
) -> list[str]:
    least = max(activity.seats_min, 1) if activity.individual else activity.seats_min
    return [
        room.id
        for room in problem.rooms
        if room.site == site and room.seats >= least and rules.room_fits(room, activity, start)
    ]


def _staffing(
    problem: Problem,
    rules: Eligibility,
    activity: Activity,
    start: int,
    language: str | None,
    attendee: Participant | None,
) -> tuple[tuple[Role, tuple[str, ...]], ...] | None:
    """Staff by role, or ``None`` when a role cannot be filled."""
    found: list[tuple[Role, tuple[str, ...]]] = []
    end = start + activity.duration_slots
    for role in activity.roles:
        if role.count < 1 or not rules.role_filled(activity, role, attendee):
            continue
        able = tuple(
            s.id
            for s in problem.staff
            if rules.qualified(s, activity, role, language, attendee)
            and rules.staff_available(s.id, start, end)
        )
        if len(able) < role.count:
            return None
        found.append((role, able))
    return tuple(found)


def _individual(
    problem: Problem, rules: Eligibility, activity: Activity, people: list[Participant]
) -> Iterable[Placement]:
    starts = list(_start_slots(problem, rules, activity))
    rooms = {(t, s): _fitting_rooms(problem, rules, activity, t, s) for t in starts for s in activity.sites}
    for person in people:
        languages: tuple[str | None, ...] = (None,)
        if activity.language_groups:
            languages = tuple(dict.fromkeys(person.languages))
        if not any(role.language == "group" for role in activity.roles):
            languages = languages[:1]
        for start in starts:
            if next(rules.moment_breaches(person, activity, start), None) is not None:
                continue
            for language in languages:
                staffing = _staffing(problem, rules, activity, start, language, person)
                if staffing is None:
                    continue
                for site in activity.sites:
                    if next(rules.place_breaches(person, site, language), None) is not None:
                        continue
                    if activity.needs_room and not rooms[start, site]:
                        continue
                    yield Placement(
                        activity=activity,
                        start=start,
                        end=start + activity.duration_slots,
                        day=start // problem.slots_per_day,
                        site=site,
                        language=language,
                        participant=person.id,
                        people=(person.id,),
                        staffing=staffing,
                        rooms=tuple(rooms[start, site]) if activity.needs_room else (),
                    )


def _group(
    problem: Problem,
    rules: Eligibility,
    activity: Activity,
    people: list[Participant],
    held_before: set[tuple[str, int]],
) -> Iterable[Placement]:
    spoken: tuple[str | None, ...] = (None,)
    if activity.language_groups:
        known = [p.languages for p in people] + [s.languages for s in problem.staff]
        spoken = tuple(sorted({language for languages in known for language in languages}))
    for start in _start_slots(problem, rules, activity):
        free = [p for p in people if next(rules.moment_breaches(p, activity, start), None) is None]
        useful_empty = (
            activity.frequency.min > 0
            or activity.pattern == "consecutive"
            or (activity.id, start) in held_before
        )
        for language in spoken:
            staffing = _staffing(problem, rules, activity, start, language, None)
            if staffing is None:
                continue
            for site in activity.sites:
                able = tuple(
                    p.id for p in free if next(rules.place_breaches(p, site, language), None) is None
                )
                able = () if activity.drop_in else able
                if not activity.drop_in and len(able) < activity.seats_min:
                    continue
                if not able and not useful_empty:
                    continue
                rooms = _fitting_rooms(problem, rules, activity, start, site) if activity.needs_room else []
                if activity.needs_room and not rooms:
                    continue
                for copy in range(_copies(activity, able, rooms)):
                    yield Placement(
                        activity=activity,
                        start=start,
                        end=start + activity.duration_slots,
                        day=start // problem.slots_per_day,
                        site=site,
                        language=language,
                        copy=copy,
                        people=able,
                        staffing=staffing,
                        rooms=tuple(rooms),
                    )


def _copies(activity: Activity, people: tuple[str, ...], rooms: list[str]) -> int:
    most = min(activity.max_parallel, activity.frequency.max)
    if activity.pattern == "consecutive":
        most = min(most, 1)
    if activity.needs_room:
        most = min(most, len(rooms))
    if activity.seats_min > 0:
        most = min(most, len(people) // activity.seats_min)
    return most


def _standing(problem: Problem, rules: Eligibility, fixed: FixedSession) -> tuple[Placement, list[str]]:
    """Turn a fixed session into a placement; also name the rules it breaks without override."""
    session, activity = fixed.session, problem.activity_by_id[fixed.session.activity]
    start, end = session.start, session.start + activity.duration_slots
    attendees = tuple(seat.participant for seat in session.attendees)
    certain = frozenset(attendees if fixed.closed else fixed.locked)
    overrides = frozenset(fixed.overrides)
    broken = list(rules.time_breaches(activity, start))
    if session.site not in activity.sites:
        broken.append("site")
    room = None if session.room is None else problem.room_by_id[session.room]
    if activity.needs_room != (room is not None) or (
        room is not None and not (room.site == session.site and rules.room_fits(room, activity, start))
    ):
        broken.append("room")
    if (session.language is not None) != activity.language_groups:
        broken.append("language_group")
    if len(set(attendees)) != len(attendees) and fixed.closed:
        broken.append("duplicate")
    if certain & set(fixed.excluded):
        broken.append("lock")
    if not all(rules.staff_available(x.staff, start, end) for x in session.leaders):
        broken.append("staff_unavailable")
    for person_id in sorted(certain):
        person = problem.participant_by_id[person_id]
        broken.extend(rules.attendance_breaches(person, activity, start, session.site, session.language))
        if activity.individual and not rules.roles_kept(activity, session.leaders, session.language, person):
            broken.append("role")
    if not activity.individual and not rules.roles_kept(activity, session.leaders, session.language, None):
        broken.append("role")
    people = [] if fixed.closed or activity.drop_in else _welcome(problem, rules, fixed, activity)
    placement = Placement(
        activity=activity,
        start=start,
        end=end,
        day=start // problem.slots_per_day,
        site=session.site,
        language=session.language,
        people=tuple(dict.fromkeys([*sorted(certain), *people])),
        certain=certain,
        standing=True,
        leaders=session.leaders,
        room=session.room,
        session_id=session.id,
        overrides=overrides,
    )
    return placement, [rule for rule in broken if rule not in overrides or rule in ("lock", "horizon")]


def _welcome(problem: Problem, rules: Eligibility, fixed: FixedSession, activity: Activity) -> list[str]:
    """People who could be in a fixed session without breaking a rule by it.

    Those it lists already may break what it overrides.
    """
    session, found = fixed.session, []
    listed = {seat.participant for seat in session.attendees}
    for person in problem.participants:
        if person.id in fixed.excluded:
            continue
        breaches = set(
            rules.attendance_breaches(person, activity, session.start, session.site, session.language)
        )
        if (person.id, activity.id) not in rules.demand_days:
            breaches.add("no_demand")
        if activity.individual and not rules.roles_kept(activity, session.leaders, session.language, person):
            breaches.add("role")
        if not breaches or (person.id in listed and breaches <= set(fixed.overrides)):
            found.append(person.id)
    return found

"""Participants of a problem: when they are busy, where they can come, whom they met."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import combinations
from typing import Literal, cast

from scheduler import settings
from scheduler.holidays_calendar import COMMUNITIES, course_free_days
from scheduler.models import Course, CourseEnrolment, CourseException, CourseMeeting, Participant
from scheduler.planner_ids import activity_rows, participant_key, site_key, staff_key
from scheduler.problem_builder.load import Facts, by, ids
from scheduler.problem_builder.resources import single_intervals, weekly_intervals
from scheduler.timegrid import SLOT_MINUTES, Interval, TimeGrid, merged, slots_up
from solver import problem as planner

DAYS_PER_WEEK = 7


class CourseDays:
    """When courses meet in the horizon, holidays and exceptions taken into account.

    A course follows the school holidays of the Community of its language, or else the centre's.
    """

    def __init__(self, facts: Facts) -> None:
        self.grid = facts.grid
        self.community = facts.centre.community
        self.courses = {row.id: row for row in facts.courses}
        self.meetings: dict[int, list[CourseMeeting]] = by(facts.meetings, "course_id")
        self.exceptions: dict[tuple[int, date], list[CourseException]] = by(
            facts.exceptions, "course_id", "on"
        )
        self.free = {
            community: course_free_days(facts.closures, community, facts.grid.first_day, facts.grid.last_day)
            for community in {*COMMUNITIES, self.community}
        }
        self._held: dict[int, list[tuple[date, Interval]]] = {}

    def busy(self, enrolment: CourseEnrolment) -> list[Interval]:
        """Return the slots that a person spends in a course and on the way to and from it."""
        course = self.courses.get(enrolment.course_id)
        if course is None:
            return []
        first, last = enrolment.starts_on or course.starts_on, enrolment.ends_on or course.ends_on
        return [span for day, span in self.held(course) if first <= day <= last]

    def held(self, course: Course) -> list[tuple[date, Interval]]:
        """Return the days on which a course meets with the slots it takes, travel included."""
        if course.id not in self._held:
            self._held[course.id] = self._meetings_of(course)
        return self._held[course.id]

    def _meetings_of(self, course: Course) -> list[tuple[date, Interval]]:
        grid = self.grid
        free = self.free[course.language if course.language in COMMUNITIES else self.community]
        found = []
        for index in range(grid.days):
            day = grid.date_of(index)
            if not course.starts_on <= day <= course.ends_on:
                continue
            exceptions = self.exceptions.get((course.id, day), [])
            if day not in free and not any(row.starts is None for row in exceptions):
                weekly = self.meetings.get(course.id, [])
                found += [(day, row.starts, row.ends) for row in weekly if row.weekday == day.weekday()]
            found += [
                (day, row.starts, row.ends)
                for row in exceptions
                if row.starts is not None and row.ends is not None
            ]
        spans = []
        for day, starts, ends in found:
            travel = slots_up(course.travel_minutes)
            span = grid.clipped(grid.slot_at(day, starts) - travel, grid.slot_at(day, ends, up=True) + travel)
            if span is not None:
                spans.append((day, span))
        return spans


def build_participants(facts: Facts, activity_ids: set[str]) -> tuple[planner.Participant, ...]:
    """Return everybody to plan for.

    Names are left out: a problem can be stored and sent around without saying who it is about.

    Parameters
    ----------
    activity_ids : set of str
        Ids of the problem's activities.
    """
    courses = CourseDays(facts)
    enrolled = by(facts.course_enrolments, "participant_id")
    weekly, single = by(facts.weekly, "participant_id"), by(facts.single, "participant_id")
    mentors = {row.participant_id: row.mentor_id for row in reversed(facts.mentoring)}
    new = newcomers(facts)
    keys = _activity_keys(facts, activity_ids)
    completed = _completed(facts, activity_ids)
    sites, staff = ids(facts.sites), ids(facts.staff)
    people = []
    for row in facts.participants:
        busy = [span for e in enrolled.get(row.id, []) for span in courses.busy(e)]
        busy += weekly_intervals(weekly.get(row.id, []), facts.grid, outwards=True)
        busy += single_intervals(single.get(row.id, []), facts.grid)
        people.append(
            planner.Participant(
                id=participant_key(row.id),
                busy=merged(busy),
                day_hours=_day_hours(row, facts.grid),
                sites=_site_keys(row.site_ids, sites) if row.site_ids is not None else None,
                level_spoken=row.level_spoken,
                level_written=row.level_written,
                languages=tuple(row.languages),
                newcomer=row.id in new,
                opt_outs=_opt_outs(row, keys),
                brings_children=row.brings_children,
                needs_interpreter=row.needs_interpreter,
                max_slots_day=None if row.max_minutes_day is None else row.max_minutes_day // SLOT_MINUTES,
                max_days_week=row.max_days_week,
                preferred_activities=tuple(
                    sorted({key for word in row.preferred_activities for key in keys.get(word, ())})
                ),
                preferred_sites=_site_keys(row.preferred_site_ids, sites),
                referents=(staff_key(row.referent_id),) if row.referent_id in staff else (),
                mentor=staff_key(mentors[row.id]) if row.id in mentors else None,
                project=row.project,
                completed=completed.get(row.id, ()),
            )
        )
    return tuple(people)


def newcomers(facts: Facts) -> set[int]:
    """Return the ids of the participants who count as new."""
    started = _started_on(facts)
    new_since = facts.grid.first_day - timedelta(weeks=settings.newcomer_weeks(facts.centre))
    return {
        row.id
        for row in facts.participants
        if (begun := row.started_on or started.get(row.id)) is not None and begun > new_since
    }


def _started_on(facts: Facts) -> dict[int, date]:
    started: dict[int, date] = {}
    for row in facts.enrolments:
        started[row.participant_id] = min(row.starts_on, started.get(row.participant_id, row.starts_on))
    return started


def _day_hours(row: Participant, grid: TimeGrid) -> tuple[Interval, ...] | None:
    if row.earliest is None and row.latest is None:
        return None
    first = 0 if row.earliest is None else grid.slot_at(grid.first_day, row.earliest, up=True)
    last = grid.slots_per_day if row.latest is None else grid.slot_at(grid.first_day, row.latest)
    return ((first, max(first, last)),) * DAYS_PER_WEEK


def _site_keys(site_ids: list[int], known: set[int]) -> tuple[str, ...]:
    return tuple(site_key(x) for x in site_ids if x in known)


def _activity_keys(facts: Facts, activity_ids: set[str]) -> dict[str, list[str]]:
    """Return the planner's ids of the activities that carry a key, their copies included."""
    copies = copies_of(activity_ids)
    table: dict[str, list[str]] = defaultdict(list)
    for row in facts.activities:
        table[row.key] += copies.get(row.id, [])
    return table


def copies_of(activity_ids: set[str]) -> dict[int, list[str]]:
    """Return the planner's ids of every activity row: itself or its copies for cohorts."""
    table: dict[int, list[str]] = defaultdict(list)
    for key in sorted(activity_ids):
        table[activity_rows(key)[0]].append(key)
    return table


def _opt_outs(row: Participant, keys: dict[str, list[str]]) -> tuple[str, ...]:
    """Return themes as they are, and activities by every id they go by."""
    words = set(row.opt_outs)
    return tuple(sorted(words.union(*(keys.get(word, ()) for word in words)))) if words else ()


def _completed(facts: Facts, activity_ids: set[str]) -> dict[int, tuple[str, ...]]:
    """Return the activities that each person attended before the horizon."""
    copies = copies_of(activity_ids)
    found: dict[int, set[str]] = defaultdict(set)
    for past in facts.attended:
        found[past.participant_id].update(copies.get(past.activity_id, ()))
    return {person: tuple(sorted(keys)) for person, keys in found.items()}


def build_pair_rules(facts: Facts) -> tuple[planner.PairRule, ...]:
    """Return who comes together and who never to the same session."""
    known = ids(facts.participants)
    return tuple(
        planner.PairRule(
            kind=cast(Literal["together", "apart"], row.kind),
            a=participant_key(row.participant_a_id),
            b=participant_key(row.participant_b_id),
        )
        for row in facts.pairs
        if row.participant_a_id in known
        and row.participant_b_id in known
        and row.participant_a_id != row.participant_b_id
    )


def build_met(facts: Facts) -> tuple[planner.Met, ...]:
    """Return how often pairs of participants were in one mixing session before the horizon."""
    mixing = {row.id for row in facts.activities if row.mix}
    known = ids(facts.participants)
    groups: dict[str, set[int]] = defaultdict(set)
    for past in facts.attended:
        if past.activity_id in mixing and past.participant_id in known:
            groups[past.uid].add(past.participant_id)
    times = Counter(pair for group in groups.values() for pair in combinations(sorted(group), 2))
    return tuple(
        planner.Met(a=participant_key(a), b=participant_key(b), times=count)
        for (a, b), count in sorted(times.items())
    )

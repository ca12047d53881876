"""A course as its times: what tables and calendars are turned into, and what rows say."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import NamedTuple

from scheduler.models import Course
from scheduler.roster_import.weekly_hours import WeeklyTime


class Meeting(NamedTuple):
    """One time that a course is held, local wall time."""

    on: date
    starts: time
    ends: time


class ExceptionDay(NamedTuple):
    """A day without the weekly times (``starts`` empty), or a meeting besides them."""

    on: date
    starts: time | None = None
    ends: time | None = None


@dataclass(frozen=True, slots=True)
class CourseDraft:
    """A course as a file describes it."""

    school: str
    name: str
    starts_on: date
    ends_on: date
    weekly: frozenset[WeeklyTime]
    exceptions: frozenset[ExceptionDay] = frozenset()
    level: int | None = None
    language: str | None = None
    travel_minutes: int | None = None

    def meetings(self) -> list[Meeting]:
        """Every time it is held, in order."""
        return sorted(expand(self.starts_on, self.ends_on, self.weekly, self.exceptions))


def expand(
    starts_on: date, ends_on: date, weekly: Iterable[WeeklyTime], exceptions: Iterable[ExceptionDay]
) -> Iterator[Meeting]:
    """Times between two dates, ends included.

    A day with an exception without hours loses all its weekly times; an exception with hours is
    one more meeting of that day. Together they move or shorten a meeting.
    """
    exceptions = list(exceptions)
    without = {each.on for each in exceptions if each.starts is None}
    found = {
        Meeting(each.on, each.starts, each.ends)
        for each in exceptions
        if each.starts is not None and each.ends is not None and starts_on <= each.on <= ends_on
    }
    for each in weekly:
        day = starts_on + timedelta(days=(each.weekday - starts_on.weekday()) % 7)
        while day <= ends_on:
            if day not in without:
                found.add(Meeting(day, each.starts, each.ends))
            day += timedelta(days=7)
    yield from found


def course_meetings(course: Course, from_day: date, until_day: date) -> list[Meeting]:
    """Times at which a stored course is held between two days, ends included.

    Parameters
    ----------
    course : Course
        With its ``meetings`` and ``exceptions`` loaded.
    """
    first, last = max(from_day, course.starts_on), min(until_day, course.ends_on)
    return sorted(
        meeting
        for meeting in expand(
            first,
            last,
            (WeeklyTime(each.weekday, each.starts, each.ends) for each in course.meetings),
            (ExceptionDay(each.on, each.starts, each.ends) for each in course.exceptions),
        )
    )


def fit(
    meetings: Iterable[Meeting], free_days: Collection[date] = ()
) -> tuple[date, date, frozenset[WeeklyTime], frozenset[ExceptionDay]]:
    """The shortest description of dated meetings: weekly times, and days that differ from them.

    A time counts as weekly when it is held in more than half of the weeks between the first and
    the last meeting. ``expand`` of the result gives back exactly the meetings.

    Parameters
    ----------
    free_days : collection of date
        Days on which weekly times do not count, such as school holidays: a meeting held there
        all the same is kept as an exception with hours.

    Returns
    -------
    tuple
        First day, last day, weekly times, exceptions.
    """
    held = set(meetings)
    first, last = min(each.on for each in held), max(each.on for each in held)
    slots: dict[WeeklyTime, int] = {}
    for each in held:
        slot = WeeklyTime(each.on.weekday(), each.starts, each.ends)
        slots[slot] = slots.get(slot, 0) + 1
    weekly = frozenset(slot for slot, count in slots.items() if count * 2 > _weeks(first, last, slot.weekday))
    expected = set(expand(first, last, weekly, ()))
    missing = {each.on for each in expected - held}
    exceptions = {ExceptionDay(day) for day in missing}
    exceptions |= {
        ExceptionDay(*each)
        for each in held
        if each not in expected or each.on in missing or each.on in free_days
    }
    return first, last, weekly, frozenset(exceptions)


def _weeks(first: date, last: date, weekday: int) -> int:
    """Number of times a weekday occurs between two days, ends included."""
    return ((last - first).days - (weekday - first.weekday()) % 7) // 7 + 1

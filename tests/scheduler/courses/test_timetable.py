"""Courses as times."""

from __future__ import annotations

from datetime import date, time, timedelta

from hypothesis import given
from hypothesis import strategies as st

from scheduler.courses.timetable import ExceptionDay, Meeting, course_meetings, expand, fit
from scheduler.models import Course, CourseException, CourseMeeting
from scheduler.roster_import.weekly_hours import WeeklyTime

MONDAY = date(2026, 9, 7)
NINE, TEN, NOON = time(9), time(10), time(12)


def weekly(*days: int, weeks: int = 10) -> set[Meeting]:
    return {
        Meeting(MONDAY + timedelta(days=7 * week + day), NINE, NOON) for week in range(weeks) for day in days
    }


def test_a_regular_course_has_no_exceptions() -> None:
    first, last, times, exceptions = fit(weekly(0, 3))
    assert (first, last) == (MONDAY, MONDAY + timedelta(days=66))
    assert times == {WeeklyTime(0, NINE, NOON), WeeklyTime(3, NINE, NOON)}
    assert not exceptions


def test_a_day_that_is_missing_and_one_that_is_moved() -> None:
    missing = Meeting(MONDAY + timedelta(days=21), NINE, NOON)
    moved = Meeting(MONDAY + timedelta(days=24), NINE, NOON)
    held = weekly(0, 3) - {missing, moved} | {Meeting(moved.on, TEN, NOON)}
    _first, _last, times, exceptions = fit(held)
    assert times == {WeeklyTime(0, NINE, NOON), WeeklyTime(3, NINE, NOON)}
    assert exceptions == {ExceptionDay(missing.on), ExceptionDay(moved.on), ExceptionDay(moved.on, TEN, NOON)}


def test_a_single_day_is_a_course_of_one_day() -> None:
    first, last, times, exceptions = fit({Meeting(MONDAY, NINE, NOON)})
    assert (first, last, times, exceptions) == (MONDAY, MONDAY, {WeeklyTime(0, NINE, NOON)}, frozenset())


def test_a_meeting_in_the_holidays_is_kept_with_its_hours() -> None:
    holiday = MONDAY + timedelta(days=14)
    _first, _last, _times, exceptions = fit(weekly(0), {holiday})
    assert exceptions == {ExceptionDay(holiday, NINE, NOON)}
    without_free_days = set(
        expand(MONDAY, MONDAY + timedelta(days=63), {WeeklyTime(0, NINE, NOON)}, exceptions)
    )
    assert without_free_days == weekly(0)


_slots = st.sampled_from([(time(8), time(9)), (NINE, NOON), (TEN, NOON), (time(13), time(16, 30))])
_meetings = st.sets(
    st.tuples(st.integers(0, 60), _slots).map(
        lambda each: Meeting(MONDAY + timedelta(days=each[0]), *each[1])
    ),
    min_size=1,
    max_size=60,
)


@given(_meetings)
def test_whatever_the_meetings_their_description_gives_them_back(meetings: set[Meeting]) -> None:
    assert set(expand(*fit(meetings))) == meetings


@given(_meetings, st.sets(st.integers(0, 60), max_size=10))
def test_no_meeting_is_lost_when_weekly_times_stop_in_the_holidays(
    meetings: set[Meeting], offs: set[int]
) -> None:
    free = {MONDAY + timedelta(days=off) for off in offs}
    first, last, times, exceptions = fit(meetings, free)
    kept = {each for each in expand(first, last, times, ()) if each.on not in free}
    without = {each.on for each in exceptions if each.starts is None}
    kept = {each for each in kept if each.on not in without} | set(expand(first, last, (), exceptions))
    assert kept == meetings


def test_a_stored_course_gives_its_meetings_between_two_days() -> None:
    course = Course(starts_on=MONDAY, ends_on=MONDAY + timedelta(days=60))
    course.meetings = [CourseMeeting(weekday=0, starts=NINE, ends=NOON)]
    course.exceptions = [
        CourseException(on=MONDAY + timedelta(days=7), starts=None, ends=None),
        CourseException(on=MONDAY + timedelta(days=9), starts=TEN, ends=NOON),
    ]
    found = course_meetings(course, MONDAY - timedelta(days=7), MONDAY + timedelta(days=14))
    assert found == [
        Meeting(MONDAY, NINE, NOON),
        Meeting(MONDAY + timedelta(days=9), TEN, NOON),
        Meeting(MONDAY + timedelta(days=14), NINE, NOON),
    ]

"""When a participant is elsewhere during some days: courses, weekly engagements, single ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from scheduler.holidays_calendar import COMMUNITIES, closures_between, course_free_days
from scheduler.models import Availability, BusyPeriod, Centre, Course, CourseEnrolment
from scheduler.timegrid import to_instant, to_wall


@dataclass(frozen=True, slots=True, order=True)
class Engagement:
    """A time at which somebody is not free, travel left out."""

    starts_at: datetime
    ends_at: datetime
    day: date
    label: str


def engagements(
    session: Session, centre: Centre, participant_id: int, first_day: date, last_day: date
) -> list[Engagement]:
    """Return when a participant is elsewhere between two days, ends included, in order of time."""
    zone = ZoneInfo(centre.timezone)
    days = [first_day + timedelta(n) for n in range((last_day - first_day).days + 1)]
    found = [
        Engagement(to_instant(day, starts, zone), to_instant(day, ends, zone), day, label)
        for day, starts, ends, label in (
            *_courses(session, centre, participant_id, days),
            *_weekly(session, participant_id, days),
        )
    ]
    return sorted([*found, *_single(session, participant_id, days, zone)])


def _courses(
    session: Session, centre: Centre, participant_id: int, days: list[date]
) -> Iterator[tuple[date, time, time, str]]:
    closures = closures_between(session, centre.id, days[0], days[-1])
    query = (
        select(CourseEnrolment)
        .where(CourseEnrolment.participant_id == participant_id)
        .options(
            joinedload(CourseEnrolment.course).selectinload(Course.meetings),
            joinedload(CourseEnrolment.course).selectinload(Course.exceptions),
        )
    )
    for enrolment in session.scalars(query):
        course = enrolment.course
        community = course.language if course.language in COMMUNITIES else centre.community
        free = course_free_days(closures, community, days[0], days[-1])
        first = max(course.starts_on, enrolment.starts_on or course.starts_on)
        last = min(course.ends_on, enrolment.ends_on or course.ends_on)
        label = f"{course.name} ({course.school})"
        for day in days:
            if not first <= day <= last:
                continue
            changed = [row for row in course.exceptions if row.on == day]
            if day not in free and not any(row.starts is None for row in changed):
                for meeting in course.meetings:
                    if meeting.weekday == day.weekday():
                        yield day, meeting.starts, meeting.ends, label
            for row in changed:
                if row.starts is not None and row.ends is not None:
                    yield day, row.starts, row.ends, label


def _weekly(
    session: Session, participant_id: int, days: list[date]
) -> Iterator[tuple[date, time, time, str]]:
    query = select(Availability).where(Availability.participant_id == participant_id)
    for row in session.scalars(query):
        for day in days:
            begun = row.valid_from is None or row.valid_from <= day
            if row.weekday == day.weekday() and begun and (row.valid_until is None or day <= row.valid_until):
                yield day, row.starts, row.ends, row.label


def _single(session: Session, participant_id: int, days: list[date], zone: ZoneInfo) -> Iterator[Engagement]:
    first = to_instant(days[0], time(), zone)
    last = to_instant(days[-1] + timedelta(1), time(), zone)
    query = select(BusyPeriod).where(
        BusyPeriod.participant_id == participant_id, BusyPeriod.starts_at < last, BusyPeriod.ends_at > first
    )
    for row in session.scalars(query):
        day, _moment = to_wall(max(row.starts_at, first), zone)
        while day <= days[-1]:
            begins = max(row.starts_at, to_instant(day, time(), zone))
            ends = min(row.ends_at, to_instant(day + timedelta(1), time(), zone))
            if begins >= ends:
                break
            yield Engagement(begins, ends, day, row.label)
            day += timedelta(1)

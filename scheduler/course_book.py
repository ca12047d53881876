"""Courses of outside schools: the list of them, one course, and who attends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session, selectinload

from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.models import (
    Course,
    CourseEnrolment,
    CourseException,
    CourseMeeting,
    CourseSource,
    Participant,
)
from scheduler.records import change, check_unique, check_version, find
from scheduler.weekly import WeeklyHours


@dataclass(frozen=True, slots=True)
class CourseRow:
    """A line of the list of courses."""

    id: int
    school: str
    name: str
    language: str
    level: int | None
    starts_on: date
    ends_on: date
    travel_minutes: int
    meetings: tuple[WeeklyHours, ...]
    people: int
    is_followed: bool

    def is_over(self, today: date) -> bool:
        """Whether the last day has passed."""
        return self.ends_on < today


@dataclass(frozen=True, slots=True)
class Attendee:
    """Somebody in a course."""

    enrolment_id: int
    person_id: int
    name: str
    starts_on: date | None
    ends_on: date | None
    active: bool


def list_courses(session: Session) -> list[CourseRow]:
    """Return every course with its times and number of people, in three queries."""
    counts = session.execute(
        select(CourseEnrolment.course_id, func.count()).group_by(CourseEnrolment.course_id)
    )
    people = dict(counts.all())
    return [
        CourseRow(
            id=course.id,
            school=course.school,
            name=course.name,
            language=course.language,
            level=course.level,
            starts_on=course.starts_on,
            ends_on=course.ends_on,
            travel_minutes=course.travel_minutes,
            meetings=tuple((each.weekday, each.starts, each.ends) for each in course.meetings),
            people=people.get(course.id, 0),
            is_followed=course.source_id is not None,
        )
        for course in session.scalars(select(Course).options(selectinload(Course.meetings)))
    ]


def course_choices(session: Session, today: date) -> list[tuple[str, str]]:
    """Return id, school and name of every course that is not over."""
    query = (
        select(Course.id, Course.school, Course.name)
        .where(Course.ends_on >= today)
        .order_by(Course.school, Course.name)
    )
    return [(str(course_id), f"{school} – {name}") for course_id, school, name in session.execute(query)]


def find_course(session: Session, course_id: int) -> Course:
    """Return a course with its times and exceptions."""
    return find(session, Course, course_id, selectinload(Course.meetings), selectinload(Course.exceptions))


def source_of(session: Session, course: Course) -> CourseSource | None:
    """Return the address that a course is refreshed from, if any."""
    return None if course.source_id is None else find(session, CourseSource, course.source_id)


def list_attendees(session: Session, course: Course) -> list[Attendee]:
    """Return who is in a course, by name."""
    rows = session.execute(
        select(CourseEnrolment, Participant)
        .join(Participant, Participant.id == CourseEnrolment.participant_id)
        .where(CourseEnrolment.course_id == course.id)
        .order_by(Participant.last_name, Participant.first_name)
    )
    return [
        Attendee(row.id, person.id, person.name, row.starts_on, row.ends_on, person.active)
        for row, person in rows
    ]


def save_course(
    session: Session,
    course: Course | None,
    values: Mapping[str, Any],
    meetings: Iterable[WeeklyHours],
    version: int | None,
) -> Course:
    """Add a course with its weekly times, or change one.

    Raises
    ------
    InvalidInputError
        On the field that cannot be.
    """
    if course is not None:
        check_version(course, version)
    if values["ends_on"] < values["starts_on"]:
        raise InvalidInputError(N_("Le dernier jour vient avant le premier."), "ends_on")
    check_unique(session, Course, course, "name", school=values["school"], name=values["name"])
    if course is None:
        course = Course(**values)
        session.add(course)
    else:
        change(course, values)
    wanted = sorted(set(meetings))
    if sorted((each.weekday, each.starts, each.ends) for each in course.meetings) != wanted:
        course.meetings = [
            CourseMeeting(weekday=day, starts=starts, ends=ends) for day, starts, ends in wanted
        ]
    session.flush()
    return course


def delete_course(session: Session, course: Course) -> None:
    """Delete a course with its times and enrolments; the people stay."""
    session.execute(delete(CourseEnrolment).where(CourseEnrolment.course_id == course.id))
    session.delete(course)
    session.flush()


def add_exception(
    session: Session, course: Course, on: date, starts: time | None, ends: time | None
) -> CourseException:
    """Note a day without the course, or an extra meeting when hours are given."""
    if (starts is None) != (ends is None) or (starts and ends and ends <= starts):
        raise InvalidInputError(
            N_("Donnez une heure de début et une heure de fin, ou aucune des deux."), "ends"
        )
    if not course.starts_on <= on <= course.ends_on:
        raise InvalidInputError(N_("Ce jour n'est pas entre le début et la fin du cours."), "on")
    row = CourseException(course_id=course.id, on=on, starts=starts, ends=ends)
    session.add(row)
    session.flush()
    return row


def remove_exception(session: Session, course: Course, row_id: int) -> None:
    """Forget an exception."""
    row = find(session, CourseException, row_id)
    if row.course_id != course.id:
        raise InvalidInputError(N_("Cette exception est celle d'un autre cours."))
    session.delete(row)
    session.flush()


def join(
    session: Session, person: Participant, course_id: int, starts_on: date | None, ends_on: date | None
) -> CourseEnrolment:
    """Put a person into a course.

    Raises
    ------
    InvalidInputError
        If the person is in it already, or if the dates make no sense.
    """
    course = find(session, Course, course_id)
    if starts_on and ends_on and ends_on < starts_on:
        raise InvalidInputError(N_("Le dernier jour vient avant le premier."), "ends_on")
    if (starts_on and starts_on > course.ends_on) or (ends_on and ends_on < course.starts_on):
        raise InvalidInputError(N_("Le cours n'a pas lieu à ces dates."), "starts_on")
    known = select(CourseEnrolment.id).where(
        CourseEnrolment.course_id == course_id, CourseEnrolment.participant_id == person.id
    )
    if session.scalars(known).first() is not None:
        raise InvalidInputError(N_("%(name)s suit déjà ce cours.", name=person.name), "course_id")
    row = CourseEnrolment(course_id=course_id, participant_id=person.id, starts_on=starts_on, ends_on=ends_on)
    session.add(row)
    session.flush()
    return row


def leave(session: Session, person: Participant, enrolment_id: int) -> Course:
    """Take a person out of a course and return it."""
    row = find(session, CourseEnrolment, enrolment_id)
    if row.participant_id != person.id:
        raise InvalidInputError(N_("Cette inscription est celle d'une autre personne."))
    course = find(session, Course, row.course_id)
    session.delete(row)
    session.flush()
    return course

"""Writing courses as the dry run showed them; enrolments stay."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from scheduler.courses.preview import CourseStep
from scheduler.courses.timetable import CourseDraft, ExceptionDay
from scheduler.models import Centre, Course, CourseException, CourseMeeting
from scheduler.roster_import.preview import Preview
from scheduler.roster_import.weekly_hours import WeeklyTime


def write_courses(session: Session, centre: Centre, preview: Preview, source_id: int | None = None) -> None:
    """Write every course to be created or changed; flushes, never commits.

    Parameters
    ----------
    source_id : int, optional
        The address that all courses of this import come from, from now on.
    """
    steps: list[CourseStep] = [row.payload for row in preview.rows if row.payload is not None]
    wanted = {step.course_id for step in steps}
    known = {
        course.id: course
        for course in session.scalars(
            select(Course)
            .where(Course.centre_id == centre.id)
            .options(selectinload(Course.meetings), selectinload(Course.exceptions))
        )
        if course.id in wanted
    }
    for step in steps:
        course = known.get(step.course_id) if step.course_id is not None else None
        if course is None:
            course = Course(
                centre_id=centre.id,
                school=step.draft.school,
                name=step.draft.name,
                language=centre.community,
            )
            session.add(course)
        _write(course, step.draft, centre)
        if source_id is not None:
            course.source_id = source_id
    session.flush()


def _write(course: Course, draft: CourseDraft, centre: Centre) -> None:
    course.starts_on, course.ends_on = draft.starts_on, draft.ends_on
    for name in ("level", "language", "travel_minutes"):
        value = getattr(draft, name)
        if value is not None:
            setattr(course, name, value)
    weekly = {WeeklyTime(each.weekday, each.starts, each.ends): each for each in course.meetings}
    for slot, row in weekly.items():
        if slot not in draft.weekly:
            course.meetings.remove(row)
    course.meetings.extend(
        CourseMeeting(centre_id=centre.id, weekday=slot.weekday, starts=slot.starts, ends=slot.ends)
        for slot in sorted(draft.weekly)
        if slot not in weekly
    )
    exceptions = {ExceptionDay(each.on, each.starts, each.ends): each for each in course.exceptions}
    for day, exception in exceptions.items():
        if day not in draft.exceptions:
            course.exceptions.remove(exception)
    course.exceptions.extend(
        CourseException(centre_id=centre.id, on=day.on, starts=day.starts, ends=day.ends)
        for day in sorted(draft.exceptions - exceptions.keys(), key=str)
    )

"""What bringing in course times would create or change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from scheduler.courses.from_calendar import CalendarReading, school_years
from scheduler.courses.from_table import TimetableRow, join_rows, read_rows
from scheduler.courses.timetable import CourseDraft, ExceptionDay
from scheduler.holidays_calendar import COMMUNITIES, course_free_days
from scheduler.message import N_, Message
from scheduler.models import Centre, Closure, Course
from scheduler.roster_import.folding import fold
from scheduler.roster_import.languages import language_name
from scheduler.roster_import.preview import Coded, FieldChange, Outcome, Preview, PreviewRow
from scheduler.roster_import.table import Table
from scheduler.roster_import.weekly_hours import WeeklyTime, as_text
from solver.problem import LEVELS


@dataclass(slots=True)
class CourseStep:
    """A course to be written: over ``course_id``, or new."""

    draft: CourseDraft
    course_id: int | None


def known_courses(session: Session, centre: Centre) -> dict[tuple[str, str], Course]:
    """Courses of a centre by folded school and class, with their times loaded."""
    rows = session.scalars(
        select(Course)
        .where(Course.centre_id == centre.id)
        .options(selectinload(Course.meetings), selectinload(Course.exceptions))
        .order_by(Course.id)
    )
    return {(fold(row.school), fold(row.name)): row for row in rows}


def school_free_days(session: Session, centre: Centre, today: date) -> set[date]:
    """Days in the school years read of calendars on which the schools of any Community are free."""
    first, last = school_years(today)
    closures = session.scalars(select(Closure).where(Closure.centre_id == centre.id)).all()
    return {day for each in COMMUNITIES for day in course_free_days(closures, each, first, last)}


def preview_timetable(
    session: Session, centre: Centre, table: Table, columns: Mapping[str, str], school: str, today: date
) -> Preview:
    """What importing a table of course times would do.

    Rows of one class make one course. When one of them is refused, all are: a course of which
    some times are missing would let sessions be planned over the others.

    Parameters
    ----------
    school : str
        The school of rows that name none.
    """
    rows = read_rows(table, columns, school, today, centre.locale)
    known = known_courses(session, centre)
    groups: dict[tuple[str, str], list[TimetableRow]] = {}
    for row in rows:
        groups.setdefault(row.key, []).append(row)
    shown: list[PreviewRow] = []
    for key, group in groups.items():
        shown.extend(_group(group, known.get(key)))
    return Preview(table.headers, sorted(shown, key=lambda row: row.number), list(table.notices))


def _group(rows: list[TimetableRow], course: Course | None) -> list[PreviewRow]:
    bad = next((row for row in rows if row.problems), None)
    joined: CourseDraft | Message | None = None if bad else join_rows(rows)
    shown = []
    for index, row in enumerate(rows):
        out = PreviewRow(
            row.number, f"{row.school} – {row.name}".strip(" –"), Outcome.REFUSE, cells=row.cells
        )
        if bad is not None:
            out.reasons = row.problems or [
                N_("une autre ligne de ce cours est refusée : ligne %(line)s", line=bad.number)
            ]
        elif isinstance(joined, Message):
            out.reasons = [joined]
        elif joined is not None:
            _compare(out, joined, course)
            if index and out.payload is not None:
                out.payload, out.changes = None, []
                out.notices = [N_("avec la ligne %(line)s", line=rows[0].number)]
        shown.append(out)
    return shown


def preview_calendar(
    session: Session, centre: Centre, reading: CalendarReading, school: str, source_id: int | None = None
) -> Preview:
    """What importing a calendar would do: a row for every course and every event left out.

    Parameters
    ----------
    source_id : int, optional
        The address it came from; its courses that are no longer there are listed, and kept.
    """
    known = known_courses(session, centre)
    rows: list[PreviewRow] = []
    for draft in reading.drafts:
        out = PreviewRow(
            len(rows) + 1, draft.name, Outcome.REFUSE, cells=(draft.school, draft.name, as_text(draft.weekly))
        )
        _compare(out, draft, known.get((fold(draft.school), fold(draft.name))))
        rows.append(out)
    for outcome, entries in ((Outcome.REFUSE, reading.refused), (Outcome.IGNORE, reading.ignored)):
        for title, why in entries:
            rows.append(PreviewRow(len(rows) + 1, title, outcome, [why], cells=(school, title, "")))
    if source_id is not None:
        present = {(fold(draft.school), fold(draft.name)) for draft in reading.drafts}
        for key, course in known.items():
            if course.source_id == source_id and key not in present:
                why = N_("n'est plus dans l'agenda de l'école : ses horaires sont gardés tels quels")
                rows.append(
                    PreviewRow(
                        len(rows) + 1, course.name, Outcome.IGNORE, [why], cells=(school, course.name, "")
                    )
                )
    return Preview((str(N_("École")), str(N_("Classe")), str(N_("Horaire"))), rows)


def _compare(out: PreviewRow, draft: CourseDraft, course: Course | None) -> None:
    out.changes = list(_changes(draft, course))
    if course is None:
        out.outcome, out.payload = Outcome.CREATE, CourseStep(draft, None)
    elif out.changes:
        out.outcome, out.payload = Outcome.CHANGE, CourseStep(draft, course.id)
    else:
        out.outcome, out.reasons = Outcome.IGNORE, [N_("rien à changer")]


def _changes(draft: CourseDraft, course: Course | None) -> Iterable[FieldChange]:
    weekly = (
        frozenset(WeeklyTime(each.weekday, each.starts, each.ends) for each in course.meetings)
        if course
        else frozenset()
    )
    exceptions = (
        frozenset(ExceptionDay(each.on, each.starts, each.ends) for each in course.exceptions)
        if course
        else frozenset()
    )
    if weekly != draft.weekly:
        yield FieldChange(N_("Horaire"), _hours(weekly), _hours(draft.weekly))
    for label, old, new in (
        (N_("Premier jour"), course.starts_on if course else None, draft.starts_on),
        (N_("Dernier jour"), course.ends_on if course else None, draft.ends_on),
    ):
        if old != new:
            yield FieldChange(label, f"{old:%d/%m/%Y}" if old else "", f"{new:%d/%m/%Y}")
    if exceptions != draft.exceptions:
        yield FieldChange(
            N_("Jours particuliers"),
            _days(exceptions - draft.exceptions),
            _days(draft.exceptions - exceptions),
        )
    if draft.level is not None and (course is None or course.level != draft.level):
        yield FieldChange(
            N_("Niveau"),
            LEVELS[course.level] if course and course.level is not None else "",
            LEVELS[draft.level],
        )
    if draft.language is not None and (course is None or course.language != draft.language):
        yield FieldChange(
            N_("Langue enseignée"),
            _language(course.language) if course else "",
            _language(draft.language),
        )
    if draft.travel_minutes is not None and (course is None or course.travel_minutes != draft.travel_minutes):
        yield FieldChange(
            N_("Trajet (minutes)"), str(course.travel_minutes) if course else "", str(draft.travel_minutes)
        )


def _hours(times: frozenset[WeeklyTime]) -> Coded:
    return Coded("hours", sorted(times), as_text(times))


def _language(code: str) -> Coded:
    return Coded("languages", [code], language_name(code))


def _days(days: Iterable[ExceptionDay]) -> str:
    ordered = sorted(days, key=lambda each: (each.on, each.starts is not None, each.starts or each.on))
    texts = [
        f"{each.on:%d/%m/%Y}"
        + (f" {each.starts:%H:%M}-{each.ends:%H:%M}" if each.starts and each.ends else "")
        for each in ordered[:20]
    ]
    return ", ".join(texts) + (f", +{len(ordered) - 20}" if len(ordered) > 20 else "")

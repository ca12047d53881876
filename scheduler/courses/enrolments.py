"""Who is in which course, from a school's list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.courses.fields import BY_KEY
from scheduler.message import N_
from scheduler.models import Centre, Course, CourseEnrolment
from scheduler.roster_import import cells
from scheduler.roster_import.cells import CellError
from scheduler.roster_import.columns import pick
from scheduler.roster_import.directory import NameIndex
from scheduler.roster_import.people import NEW_PERSON, People, Person, as_candidates, load_people, same_words
from scheduler.roster_import.preview import FieldChange, Outcome, Preview, PreviewRow
from scheduler.roster_import.roster_row import split_name
from scheduler.roster_import.table import Row, Table


@dataclass(slots=True)
class EnrolmentStep:
    """A person to be put in a course, or whose dates there change (``None``: left as they are)."""

    course_id: int
    participant_id: int
    starts_on: date | None
    ends_on: date | None


def preview_enrolments(
    session: Session,
    centre: Centre,
    table: Table,
    columns: Mapping[str, str],
    choices: Mapping[str, str],
    today: date,
    course_id: int | None = None,
) -> Preview:
    """What a list of who is in which course would change. Nobody is created, nobody taken out.

    Parameters
    ----------
    course_id : int, optional
        The course of rows that name none.
    """
    courses = {row.id: row for row in session.scalars(select(Course).where(Course.centre_id == centre.id))}
    known = {
        (row.course_id, row.participant_id): (row.starts_on, row.ends_on)
        for row in session.scalars(select(CourseEnrolment).where(CourseEnrolment.centre_id == centre.id))
    }
    planner = _Planner(courses, load_people(session, centre), known, columns, choices, today, course_id)
    return Preview(table.headers, [planner.plan(row) for row in table.rows], list(table.notices))


class _Planner:
    def __init__(
        self,
        courses: dict[int, Course],
        people: People,
        known: dict[tuple[int, int], tuple[date | None, date | None]],
        columns: Mapping[str, str],
        choices: Mapping[str, str],
        today: date,
        course_id: int | None,
    ) -> None:
        self.courses = courses
        self.people = people
        self.known = known
        self.columns = columns
        self.choices = choices
        self.today = today
        self.course_id = course_id
        self.by_name = NameIndex((course.name, course.id) for course in courses.values())
        self.by_school_and_name = NameIndex(
            (f"{course.school} {course.name}", course.id) for course in courses.values()
        )

    def plan(self, row: Row) -> PreviewRow:
        given = pick(row.cells, self.columns)
        name = f"{given.get('first_name', '')} {given.get('last_name', '')}".strip()
        if not name and "full_name" in given:
            name = " ".join(split_name(given["full_name"], last_first=True)).strip()
        shown = PreviewRow(row.number, name or given.get("reference", ""), Outcome.REFUSE, cells=row.cells)
        shown.reasons = list(row.problems)
        dates: dict[str, date | None] = {"starts_on": None, "ends_on": None}
        birth_date = None
        course_id = self.course_id
        try:
            if "course" in given:
                course_id = self._course(given)
            for key in dates:
                if key in given:
                    dates[key] = cells.parse_plan_date(given[key], self.today)
            if "birth_date" in given:
                birth_date = cells.parse_birth_date(given["birth_date"], self.today)
        except CellError as error:
            shown.reasons.append(error.text)
        if course_id is None and not shown.reasons:
            shown.reasons.append(N_("la classe manque"))
        if shown.reasons:
            return shown
        person = self._person(given.get("reference"), name, birth_date, shown)
        if person is None or person.participant_id is None or course_id is None:
            return shown
        shown.title = person.name
        return self._compare(
            shown, self.courses[course_id], person.participant_id, dates["starts_on"], dates["ends_on"]
        )

    def _course(self, given: Mapping[str, str]) -> int:
        unknown = N_(
            "le cours « %(name)s » n'existe pas : importez d'abord les horaires des cours",
            name=given["course"],
        )
        ambiguous = N_("plusieurs écoles ont un cours « %(name)s » : précisez l'école", name=given["course"])
        if "school" in given:
            return self.by_school_and_name.find(f"{given['school']} {given['course']}", unknown, ambiguous)
        try:
            return self.by_name.find(given["course"], unknown, ambiguous)
        except CellError as error:
            if error.text is ambiguous:
                raise
            return self.by_school_and_name.find(given["course"], unknown, ambiguous)

    def _person(
        self, reference: str | None, name: str, birth_date: date | None, shown: PreviewRow
    ) -> Person | None:
        if reference:
            holder = self.people.with_reference(reference)
            if holder is None:
                shown.reasons = [N_("personne n'a la référence %(reference)s", reference=reference)]
            return holder
        if not name:
            shown.reasons = [N_("la ligne ne donne pas de nom")]
            return None
        certain = self.people.certain(name, birth_date, None)
        if certain is not None:
            return certain
        found = self.people.candidates(name, birth_date, None)
        choice = self.choices.get(str(shown.number), "")
        if len(found) == 1 and same_words(found[0][0].name, name):
            return found[0][0]
        if choice in {NEW_PERSON, *(person.key for person, _why in found)}:
            shown.candidates, shown.choice = as_candidates(found), choice
        for person, _why in found:
            if choice == person.key:
                return person
        if not found or choice == NEW_PERSON:
            shown.reasons = [N_("personne ne s'appelle ainsi dans ce centre : inscrivez d'abord la personne")]
            return None
        shown.outcome = Outcome.DECIDE
        shown.reasons = [N_("dites de qui il s'agit")]
        shown.candidates = as_candidates(found)
        return None

    def _compare(
        self,
        shown: PreviewRow,
        course: Course,
        participant_id: int,
        starts_on: date | None,
        ends_on: date | None,
    ) -> PreviewRow:
        key = (course.id, participant_id)
        current = self.known.get(key)
        wanted = (starts_on or (current or (None,))[0], ends_on or (current or (None, None))[1])
        first, last = wanted[0] or course.starts_on, wanted[1] or course.ends_on
        if last < first:
            shown.reasons = [N_("le dernier jour du cours vient avant le premier")]
            return shown
        shown.reasons = []
        if current is None:
            shown.outcome = Outcome.CREATE
            shown.changes = [FieldChange(N_("Cours de langue"), "", f"{course.school} – {course.name}")]
        elif current == wanted:
            shown.outcome, shown.reasons = Outcome.IGNORE, [N_("rien à changer")]
            return shown
        else:
            shown.outcome = Outcome.CHANGE
        old = current or (None, None)
        shown.changes.extend(
            FieldChange(BY_KEY[name].label, f"{before:%d/%m/%Y}" if before else "", f"{after:%d/%m/%Y}")
            for name, before, after in (("starts_on", old[0], wanted[0]), ("ends_on", old[1], wanted[1]))
            if after is not None and before != after
        )
        shown.payload = EnrolmentStep(course.id, participant_id, *wanted)
        self.known[key] = wanted
        return shown


def write_enrolments(session: Session, centre: Centre, preview: Preview) -> None:
    """Write every enrolment to be created or changed; flushes, never commits."""
    known: dict[tuple[int, int], CourseEnrolment] = {
        (row.course_id, row.participant_id): row
        for row in session.scalars(select(CourseEnrolment).where(CourseEnrolment.centre_id == centre.id))
    }
    for row in preview.rows:
        step: EnrolmentStep | None = row.payload
        if step is None:
            continue
        key = (step.course_id, step.participant_id)
        if key not in known:
            known[key] = CourseEnrolment(centre_id=centre.id, course_id=key[0], participant_id=key[1])
            session.add(known[key])
        known[key].starts_on, known[key].ends_on = step.starts_on, step.ends_on
    session.flush()

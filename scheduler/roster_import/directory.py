"""What a centre already has, found by the names that people give it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from rapidfuzz import fuzz, process
from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from scheduler.message import N_, Message
from scheduler.models import Activity, Centre, Course, Phase, Programme, Site, StaffMember
from scheduler.roster_import.cells import CellError
from scheduler.roster_import.folding import fold

#: A name this alike (0 to 100), and clearly more than any other, is taken for a slip of the pen.
LIKENESS = 90.0

Named = TypeVar("Named")


class NameIndex(Generic[Named]):
    """Rows by folded name; a name of two rows finds neither."""

    def __init__(self, named: Iterable[tuple[str, Named]]) -> None:
        self._rows: dict[str, list[Named]] = {}
        for name, row in named:
            rows = self._rows.setdefault(fold(name), [])
            if row not in rows:
                rows.append(row)
        self._rows.pop("", None)

    def find(self, text: str, unknown: Message, ambiguous: Message) -> Named:
        """The one row of that name, small slips allowed.

        Raises
        ------
        CellError
            With ``unknown`` or ``ambiguous``.
        """
        wanted = fold(text)
        found = self._rows.get(wanted)
        if found is None:
            close = process.extract(
                wanted, self._rows.keys(), scorer=fuzz.ratio, score_cutoff=LIKENESS, limit=2
            )
            if not close or (len(close) > 1 and close[0][1] == close[1][1]):
                raise CellError(unknown)
            found = self._rows[close[0][0]]
        if len(found) > 1:
            raise CellError(ambiguous)
        return found[0]


class Directory:
    """Names of a centre's sites, staff, programmes, activities and courses, read once."""

    def __init__(self, session: Session, centre: Centre) -> None:
        own = centre.id
        sites = session.scalars(select(Site).where(Site.centre_id == own)).all()
        staff = session.scalars(
            select(StaffMember).where(StaffMember.centre_id == own, StaffMember.active)
        ).all()
        programmes = session.scalars(
            select(Programme).where(Programme.centre_id == own).options(selectinload(Programme.phases))
        ).all()
        activities = session.scalars(select(Activity).where(Activity.centre_id == own)).all()
        courses = session.scalars(select(Course).where(Course.centre_id == own)).all()
        self.site_names = {site.id: site.name for site in sites}
        self.staff_names = {person.id: person.name for person in staff}
        self.programmes = {programme.id: programme for programme in programmes}
        self.courses = {course.id: course for course in courses}
        self.activity_names = {activity.key: activity.name for activity in activities}
        self._sites = NameIndex((site.name, site.id) for site in sites)
        self._staff = NameIndex(
            (name, person.id)
            for person in staff
            for name in (
                person.name,
                f"{person.last_name} {person.first_name}",
                person.email or "",
                person.last_name,
            )
        )
        self._programmes = NameIndex(
            (name, programme.id)
            for programme in programmes
            for name in (programme.name, programme.key, programme.neutral_name)
        )
        self._courses = NameIndex(
            (name, course.id)
            for course in courses
            for name in (course.name, f"{course.school} {course.name}", f"{course.name} {course.school}")
        )
        self._activities = NameIndex(
            (name, activity.key)
            for activity in activities
            for name in (activity.name, activity.key, activity.neutral_name)
        )

    def site(self, text: str) -> int:
        """Id of a site."""
        return self._sites.find(
            text,
            N_("le lieu « %(name)s » n'existe pas dans ce centre", name=text),
            N_("plusieurs lieux s'appellent « %(name)s »", name=text),
        )

    def staff_member(self, text: str) -> int:
        """Id of an active member of staff, by full name, last name or address."""
        return self._staff.find(
            text,
            N_("« %(name)s » ne fait pas partie de l'équipe", name=text),
            N_("plusieurs membres de l'équipe s'appellent « %(name)s »", name=text),
        )

    def programme(self, text: str) -> Programme:
        """A programme by name or key."""
        found = self._programmes.find(
            text,
            N_("le programme « %(name)s » n'existe pas dans ce centre", name=text),
            N_("plusieurs programmes s'appellent « %(name)s »", name=text),
        )
        return self.programmes[found]

    def phase(self, programme: Programme, text: str) -> Phase:
        """A phase of a programme by name, key or number."""
        if text.strip().isdecimal() and 1 <= int(text) <= len(programme.phases):
            return programme.phases[int(text) - 1]
        index = NameIndex((name, phase.id) for phase in programme.phases for name in (phase.name, phase.key))
        unknown = N_(
            "le programme « %(programme)s » n'a pas de phase « %(name)s »",
            programme=programme.name,
            name=text,
        )
        found = index.find(text, unknown, unknown)
        return next(phase for phase in programme.phases if phase.id == found)

    def course(self, text: str) -> int:
        """Id of a course by class name, or school and class name."""
        return self._courses.find(
            text,
            N_("le cours « %(name)s » n'existe pas : importez d'abord les horaires des cours", name=text),
            N_("plusieurs écoles ont un cours « %(name)s » : précisez l'école", name=text),
        )

    def activity(self, text: str) -> str:
        """Key of an activity by name or key."""
        return self._activities.find(
            text,
            N_("l'activité « %(name)s » n'existe pas dans ce centre", name=text),
            N_("plusieurs activités s'appellent « %(name)s »", name=text),
        )

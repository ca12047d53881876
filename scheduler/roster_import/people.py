"""People as they will be: those of the database and those of the file's earlier rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from rapidfuzz import fuzz
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.message import N_, Message
from scheduler.models import Availability, Centre, CourseEnrolment, Enrolment, EnrolmentStatus, Participant
from scheduler.roster_import.folding import fold, listed, skeleton, sound
from scheduler.roster_import.preview import Candidate
from scheduler.roster_import.roster_row import BUSY_LABELS
from scheduler.roster_import.weekly_hours import WeeklyTime

#: The choice "none of these people".
NEW_PERSON = "new"
#: Names this alike (0 to 100) may be one person's.
NEAR_NAME = 88.0
NEAR_NAME_BORN_ALIKE = 80.0
#: A reference of somebody whose name is less alike than this is doubted.
DOUBTFUL_NAME = 60.0
#: Letters that two equal consonant skeletons need before they mean anything.
SKELETON_LETTERS = 5

ATTRIBUTES = listed(
    "reference,first_name,last_name,birth_date,phone,email,municipality,languages,message_language,"
    "level_spoken,level_written,reads_little,eu_national,started_on,brings_children,needs_interpreter,"
    "opt_outs,preferred_activities,preferred_site_ids,site_ids,project,referent_id,note"
)

_ByYear = defaultdict[int | None, list["Person"]]


@dataclass(frozen=True, slots=True)
class EnrolmentState:
    """Where somebody stands in one programme."""

    phase_id: int | None
    status: EnrolmentStatus
    starts_on: date


@dataclass(slots=True, eq=False)
class Person:
    """Somebody in the state that the rows so far leave them in."""

    participant_id: int | None
    row_number: int | None
    values: dict[str, Any]
    enrolments: dict[int, EnrolmentState] = field(default_factory=dict)
    course_ids: set[int] = field(default_factory=set)
    busy: dict[str, frozenset[WeeklyTime]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.values.get('first_name') or ''} {self.values.get('last_name') or ''}".strip()

    @property
    def key(self) -> str:
        """What a choice calls this person; the same from one dry run to the next."""
        return f"p{self.participant_id}" if self.participant_id is not None else f"r{self.row_number}"


def same_words(one: str, other: str) -> bool:
    """Whether two names have the same words, in whatever order."""
    return sorted(fold(one).split()) == sorted(fold(other).split())


class People:
    """Everybody who may be meant by a row, found by what identifies them."""

    def __init__(self, people: Iterable[Person] = ()) -> None:
        self._all: dict[str, Person] = {}
        self._by_reference: dict[str, Person] = {}
        self._by_phone: defaultdict[str, list[Person]] = defaultdict(list)
        self._by_birth: defaultdict[date | None, list[Person]] = defaultdict(list)
        self._by_beginning: defaultdict[str, _ByYear] = defaultdict(lambda: defaultdict(list))
        self._names: dict[str, tuple[str, str, str]] = {}
        self._places: dict[str, Any] = {}
        for person in people:
            self.add(person)

    def add(self, person: Person) -> None:
        """Make somebody findable; again after their values changed."""
        known = self._all.get(person.key)
        self._all[person.key] = person
        values = person.values
        if values.get("reference"):
            self._by_reference[fold(values["reference"])] = person
        if values.get("phone") and person not in self._by_phone[values["phone"]]:
            self._by_phone[values["phone"]].append(person)
        names = (" ".join(sorted(fold(person.name).split())), sound(person.name), skeleton(person.name))
        birth_date = values.get("birth_date")
        place = (names, birth_date)
        if known is not None and self._places.get(person.key) == place:
            return
        self._names[person.key], self._places[person.key] = names, place
        self._by_birth[birth_date].append(person)
        for beginning in _beginnings(names[1]):
            self._by_beginning[beginning][birth_date.year if birth_date else None].append(person)

    def get(self, key: str) -> Person | None:
        """The person that a choice refers to."""
        return self._all.get(key)

    def with_reference(self, reference: str | None) -> Person | None:
        """Whoever has this reference."""
        return self._by_reference.get(fold(reference)) if reference else None

    def certain(self, name: str, birth_date: date | None, phone: str | None) -> Person | None:
        """The one person with the same name and the same birth date, or name and phone."""
        found = [
            person
            for person in self._near(name, birth_date)
            if same_words(person.name, name)
            and (
                (birth_date is not None and person.values.get("birth_date") == birth_date)
                or (
                    phone is not None
                    and person.values.get("phone") == phone
                    and (birth_date is None or person.values.get("birth_date") is None)
                )
            )
        ]
        return found[0] if len(found) == 1 else None

    def candidates(
        self, name: str, birth_date: date | None, phone: str | None
    ) -> list[tuple[Person, Message]]:
        """Everybody who may be the same person, and why."""
        found: dict[str, tuple[Person, Message]] = {}
        for person in self._near(name, birth_date):
            found.setdefault(person.key, (person, _why_near(person, name, birth_date)))
        for person in self._by_phone.get(phone or "", ()):
            found.setdefault(person.key, (person, N_("même numéro de téléphone")))
        return list(found.values())

    def _near(self, name: str, birth_date: date | None) -> list[Person]:
        heard, bones = sound(name), skeleton(name)
        words = " ".join(sorted(fold(name).split()))
        pool: dict[str, Person] = {}
        for beginning in _beginnings(heard):
            by_year: Mapping[int | None, list[Person]] = self._by_beginning.get(beginning, {})
            years = by_year if birth_date is None else (birth_date.year, None)
            for year in years:
                pool.update((person.key, person) for person in by_year.get(year, ()))
        if birth_date is not None:
            pool.update((person.key, person) for person in self._by_birth.get(birth_date, ()))
        near = []
        for person in pool.values():
            if not _dates_agree(birth_date, person.values.get("birth_date")):
                continue
            person_words, person_heard, person_bones = self._names[person.key]
            same_birth = birth_date is not None and birth_date == person.values.get("birth_date")
            alike = (
                words == person_words
                or fuzz.ratio(heard, person_heard) >= (NEAR_NAME_BORN_ALIKE if same_birth else NEAR_NAME)
                or (bones == person_bones and (same_birth or len(bones) >= SKELETON_LETTERS))
            )
            if alike:
                near.append(person)
        return near


def _beginnings(heard: str) -> set[str]:
    return {word[:2] for word in heard.split()}


def _dates_agree(one: date | None, other: date | None) -> bool:
    """Whether two birth dates may be one: equal, missing, day and month swapped, or a stand-in 1 January."""
    if one is None or other is None or one == other:
        return True
    if one.year != other.year:
        return False
    return (one.day, one.month) == (other.month, other.day) or (1, 1) in (
        (one.day, one.month),
        (other.day, other.month),
    )


def _why_near(person: Person, name: str, birth_date: date | None) -> Message:
    same_date = birth_date is not None and person.values.get("birth_date") == birth_date
    if same_words(person.name, name):
        if same_date:
            return N_("même nom et même date de naissance")
        if birth_date and person.values.get("birth_date"):
            return N_("même nom, date de naissance proche")
        return N_("même nom")
    return N_("nom proche et même date de naissance") if same_date else N_("nom proche")


def as_candidates(found: Iterable[tuple[Person, Message]]) -> list[Candidate]:
    """Candidates in the form that a dry run shows."""
    return [Candidate(person.key, person.name, why) for person, why in found]


def load_people(session: Session, centre: Centre) -> People:
    """Everybody of a centre, in four queries."""
    people = {
        row.id: Person(row.id, None, {name: getattr(row, name) for name in ATTRIBUTES})
        for row in session.scalars(select(Participant).where(Participant.centre_id == centre.id))
    }
    for enrolment in session.scalars(select(Enrolment).where(Enrolment.centre_id == centre.id)):
        people[enrolment.participant_id].enrolments[enrolment.programme_id] = EnrolmentState(
            enrolment.phase_id, EnrolmentStatus(enrolment.status), enrolment.starts_on
        )
    for attended in session.scalars(select(CourseEnrolment).where(CourseEnrolment.centre_id == centre.id)):
        people[attended.participant_id].course_ids.add(attended.course_id)
    for busy in session.scalars(
        select(Availability).where(
            Availability.centre_id == centre.id,
            Availability.participant_id.is_not(None),
            Availability.label.in_(BUSY_LABELS.values()),
        )
    ):
        times = people[busy.participant_id or 0].busy
        times[busy.label] = times.get(busy.label, frozenset()) | {
            WeeklyTime(busy.weekday, busy.starts, busy.ends)
        }
    return People(people.values())

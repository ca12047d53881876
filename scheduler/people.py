"""Participants: the list of them, and the acts on one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, true
from sqlalchemy.orm import Session, joinedload

from scheduler.errors import InvalidInputError, NotFoundError
from scheduler.levels import note_levels
from scheduler.message import N_
from scheduler.models import (
    CohortMember,
    Course,
    CourseEnrolment,
    CourseMeeting,
    Enrolment,
    EnrolmentStatus,
    Participant,
    Phase,
    Programme,
    StaffMember,
)
from scheduler.records import change, check_unique, check_version, find

#: The status of somebody in several programmes is the first of these that holds in one of them.
STATUS_ORDER = (
    EnrolmentStatus.ACTIVE,
    EnrolmentStatus.TRIAL,
    EnrolmentStatus.WAITING,
    EnrolmentStatus.PAUSED,
    EnrolmentStatus.ENDED,
)


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose files a reader may see: everybody's, or those referred to one staff member.

    ``referent_id`` of ``None`` with ``everybody`` false is nobody: an account that belongs to no
    staff member has no people of its own.
    """

    everybody: bool = True
    referent_id: int | None = None

    def condition(self) -> ColumnElement[bool]:
        """The SQL condition on ``Participant``; own people count only with their consent to share."""
        if self.everybody:
            return true()
        return and_(
            Participant.referent_id == (self.referent_id or 0), Participant.consent_sharing_at.is_not(None)
        )

    def covers(self, person: Participant) -> bool:
        """Whether a person's file lies within it."""
        return self.everybody or (
            self.referent_id is not None
            and person.referent_id == self.referent_id
            and person.consent_sharing_at is not None
        )


@dataclass(frozen=True, slots=True)
class ProgrammeStanding:
    """A person's place in one programme."""

    programme_id: int
    programme: str
    phase: str | None
    status: EnrolmentStatus


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A line of the list of participants. ``course_days`` are weekdays, 0 a Monday."""

    id: int
    first_name: str
    last_name: str
    reference: str | None
    phone: str | None
    email: str | None
    municipality: str
    languages: tuple[str, ...]
    level_spoken: int
    level_written: int
    referent_id: int | None
    referent: str
    active: bool
    brings_children: bool
    needs_interpreter: bool
    has_consented: bool
    started_on: date | None
    standings: tuple[ProgrammeStanding, ...]
    course_days: tuple[int, ...]
    cohort_ids: frozenset[int]

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def status(self) -> EnrolmentStatus | None:
        """Where the person stands in the programme that matters most; ``None`` without any."""
        return next((s for s in STATUS_ORDER if any(each.status == s for each in self.standings)), None)

    @property
    def current(self) -> tuple[ProgrammeStanding, ...]:
        """The programmes that have not ended."""
        return tuple(each for each in self.standings if each.status != EnrolmentStatus.ENDED)


def list_people(session: Session, today: date, reach: Reach | None = None) -> list[PersonRow]:
    """Return every participant within reach, archived ones included, in four queries."""
    condition = (reach or Reach()).condition()
    standings: dict[int, list[ProgrammeStanding]] = {}
    for person_id, programme_id, programme, phase, status in session.execute(
        select(Enrolment.participant_id, Programme.id, Programme.name, Phase.name, Enrolment.status)
        .join(Programme, Programme.id == Enrolment.programme_id)
        .outerjoin(Phase, Phase.id == Enrolment.phase_id)
        .order_by(Programme.name)
    ):
        standing = ProgrammeStanding(programme_id, programme, phase, EnrolmentStatus(status))
        standings.setdefault(person_id, []).append(standing)
    days: dict[int, set[int]] = {}
    for person_id, weekday in session.execute(
        select(CourseEnrolment.participant_id, CourseMeeting.weekday)
        .join(Course, Course.id == CourseEnrolment.course_id)
        .join(CourseMeeting, CourseMeeting.course_id == Course.id)
        .where(
            Course.ends_on >= today, or_(CourseEnrolment.ends_on.is_(None), CourseEnrolment.ends_on >= today)
        )
        .distinct()
    ):
        days.setdefault(person_id, set()).add(weekday)
    cohorts: dict[int, set[int]] = {}
    for person_id, cohort_id in session.execute(select(CohortMember.participant_id, CohortMember.cohort_id)):
        cohorts.setdefault(person_id, set()).add(cohort_id)
    rows = session.execute(
        select(
            Participant.id,
            Participant.first_name,
            Participant.last_name,
            Participant.reference,
            Participant.phone,
            Participant.email,
            Participant.municipality,
            Participant.languages,
            Participant.level_spoken,
            Participant.level_written,
            Participant.referent_id,
            StaffMember.first_name,
            StaffMember.last_name,
            Participant.active,
            Participant.brings_children,
            Participant.needs_interpreter,
            Participant.consent_sharing_at,
            Participant.started_on,
        )
        .outerjoin(StaffMember, StaffMember.id == Participant.referent_id)
        .where(condition)
    )
    return [
        PersonRow(
            id=row[0],
            first_name=row[1],
            last_name=row[2],
            reference=row[3],
            phone=row[4],
            email=row[5],
            municipality=row[6],
            languages=tuple(row[7]),
            level_spoken=row[8],
            level_written=row[9],
            referent_id=row[10],
            referent=f"{row[11] or ''} {row[12] or ''}".strip(),
            active=row[13],
            brings_children=row[14],
            needs_interpreter=row[15],
            has_consented=row[16] is not None,
            started_on=row[17],
            standings=tuple(standings.get(row[0], ())),
            course_days=tuple(sorted(days.get(row[0], ()))),
            cohort_ids=frozenset(cohorts.get(row[0], ())),
        )
        for row in rows
    ]


def find_person(session: Session, person_id: int, reach: Reach | None = None) -> Participant:
    """Return a participant within reach.

    Raises
    ------
    NotFoundError
        If there is none, in another centre, or not this reader's to see: the three look the same.
    """
    person = find(session, Participant, person_id, joinedload(Participant.referent))
    if reach is not None and not reach.covers(person):
        raise NotFoundError(f"Participant {person_id}")
    return person


def create_person(session: Session, values: Mapping[str, Any], now: datetime) -> Participant:
    """Add a participant; ``values`` are columns of ``Participant``.

    Raises
    ------
    InvalidInputError
        On the field that cannot be.
    """
    _check(session, None, values)
    person = Participant(**values, created_at=now)
    session.add(person)
    session.flush()
    return person


def change_person(
    session: Session,
    person: Participant,
    values: Mapping[str, Any],
    version: int | None,
    *,
    today: date | None = None,
) -> list[str]:
    """Change a participant's columns and return the names of those that differ.

    With ``today``, a change of level is kept with its day for reports.

    Raises
    ------
    StaleError
        If somebody else changed the person since ``version``.
    InvalidInputError
        On the field that cannot be.
    """
    check_version(person, version)
    _check(session, person, values)
    before = (person.level_spoken, person.level_written)
    changed = change(person, values)
    if today is not None:
        note_levels(session, person, before, today)
    session.flush()
    return changed


def archive_person(session: Session, person: Participant) -> None:
    """Take a participant out of planning and lists; ``restore_person`` undoes it."""
    person.active = False
    session.flush()


def restore_person(session: Session, person: Participant) -> None:
    """Bring an archived participant back."""
    person.active = True
    session.flush()


def record_consent(session: Session, person: Participant, consent_at: datetime | None, now: datetime) -> None:
    """Write down when the person agreed that services share their file, or that they took it back.

    Raises
    ------
    InvalidInputError
        If the agreement would come tomorrow or later.
    """
    if consent_at is not None and consent_at > now + timedelta(days=1):
        raise InvalidInputError(N_("Cette date n'est pas encore passée."), "agreed_on")
    person.consent_sharing_at = consent_at
    session.flush()


def people_choices(session: Session) -> list[tuple[int, str]]:
    """Return id and name of every active participant, by name."""
    query = (
        select(Participant.id, Participant.first_name, Participant.last_name)
        .where(Participant.active)
        .order_by(Participant.last_name, Participant.first_name)
    )
    return [(row[0], f"{row[2]} {row[1]}".strip()) for row in session.execute(query)]


def _check(session: Session, person: Participant | None, values: Mapping[str, Any]) -> None:
    if "first_name" in values and not values["first_name"].strip():
        raise InvalidInputError(N_("Donnez au moins un prénom."), "first_name")
    if values.get("reference"):
        try:
            check_unique(session, Participant, person, "reference", reference=values["reference"])
        except InvalidInputError:
            raise InvalidInputError(
                N_("Une autre personne a déjà ce numéro de dossier."), "reference"
            ) from None
    earliest, latest = values.get("earliest"), values.get("latest")
    if earliest is not None and latest is not None and earliest >= latest:
        raise InvalidInputError(N_("La journée finirait avant de commencer."), "latest")
    if values.get("referent_id") is not None:
        find(session, StaffMember, values["referent_id"])

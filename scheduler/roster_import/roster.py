"""The roster: who would be created or changed, and then writing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rapidfuzz import fuzz
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.levels import note_levels
from scheduler.message import N_, Message
from scheduler.models import Availability, Centre, CourseEnrolment, Enrolment, EnrolmentStatus, Participant
from scheduler.roster_import.columns import pick
from scheduler.roster_import.directory import Directory
from scheduler.roster_import.folding import sound
from scheduler.roster_import.people import (
    DOUBTFUL_NAME,
    NEW_PERSON,
    EnrolmentState,
    People,
    Person,
    as_candidates,
    load_people,
    same_words,
)
from scheduler.roster_import.preview import Outcome, Preview, PreviewRow
from scheduler.roster_import.roster_changes import describe
from scheduler.roster_import.roster_row import RosterDraft, read_row
from scheduler.roster_import.table import Row, Table


@dataclass(slots=True)
class RosterStep:
    """What one row does: the person it is about and how they will be afterwards."""

    person: Person
    values: dict[str, Any]
    enrolment: tuple[int, EnrolmentState] | None
    course_ids: frozenset[int]
    busy: dict[str, frozenset[Any]]


def preview_roster(
    session: Session,
    centre: Centre,
    table: Table,
    columns: Mapping[str, str],
    choices: Mapping[str, str],
    today: date,
) -> Preview:
    """What importing a roster would do.

    Parameters
    ----------
    columns : mapping
        Column number, as text, to field key.
    choices : mapping
        Row number, as text, to ``NEW_PERSON`` or the key of a candidate.
    """
    planner = _Planner(
        Directory(session, centre), load_people(session, centre), columns, choices, today, centre.locale
    )
    return Preview(table.headers, [planner.plan(row) for row in table.rows], list(table.notices))


class _Planner:
    def __init__(
        self,
        directory: Directory,
        people: People,
        columns: Mapping[str, str],
        choices: Mapping[str, str],
        today: date,
        language: str,
    ) -> None:
        self.directory = directory
        self.people = people
        self.columns = columns
        self.choices = choices
        self.today = today
        self.language = language

    def plan(self, row: Row) -> PreviewRow:
        draft = read_row(pick(row.cells, self.columns), self.directory, self.today, self.language)
        problems = [*row.problems, *draft.problems]
        shown = PreviewRow(row.number, draft.name, Outcome.REFUSE, cells=row.cells, notices=draft.notices)
        if problems:
            shown.reasons = problems
            return shown
        person = self._identify(row, draft, shown)
        if shown.outcome is Outcome.DECIDE or shown.reasons:
            return shown
        if person is None:
            return self._create(row, draft, shown)
        return self._change(draft, shown, person)

    def _identify(self, row: Row, draft: RosterDraft, shown: PreviewRow) -> Person | None:
        """The known person that the row is about; otherwise none, with reasons when it must not go on."""
        reference, birth_date, phone = (draft.values.get(key) for key in ("reference", "birth_date", "phone"))
        choice = self.choices.get(str(row.number), "")
        holder = self.people.with_reference(reference)
        if holder is not None:
            if not draft.name or not _doubtful(draft.name, holder.name):
                return holder
            shown.candidates = as_candidates([(holder, N_("même référence"))])
            shown.choice = choice if choice in (holder.key, NEW_PERSON) else ""
            if choice == holder.key:
                return holder
            if choice == NEW_PERSON:
                shown.reasons = [
                    N_(
                        "la référence %(reference)s est déjà celle de %(name)s",
                        reference=reference,
                        name=holder.name,
                    )
                ]
                return None
            shown.outcome = Outcome.DECIDE
            shown.reasons = [
                N_(
                    "la référence %(reference)s est celle de quelqu'un au nom très différent",
                    reference=reference,
                )
            ]
            return None
        if not draft.name:
            shown.reasons = [
                N_(
                    "personne n'a la référence %(reference)s et la ligne ne donne pas de nom",
                    reference=reference,
                )
                if reference
                else N_("la ligne ne donne pas de nom")
            ]
            return None
        certain = self.people.certain(draft.name, birth_date, phone)
        if certain is not None and not _two_references(certain, reference):
            return certain
        found = [
            (person, why)
            for person, why in self.people.candidates(draft.name, birth_date, phone)
            if not _two_references(person, reference)
        ]
        by_key = {person.key: person for person, _why in found}
        if not found:
            return None
        if choice == NEW_PERSON or choice in by_key:
            shown.candidates, shown.choice = as_candidates(found), choice
            return by_key.get(choice)
        if len(found) == 1 and not describe(self.directory, found[0][0], self._step(draft, found[0][0])):
            return found[0][0]
        shown.outcome = Outcome.DECIDE
        shown.reasons = [N_("cette personne est peut-être déjà connue : dites s'il s'agit de la même")]
        shown.candidates = as_candidates(found)
        return None

    def _step(self, draft: RosterDraft, person: Person) -> RosterStep:
        values = dict(draft.values)
        if person.name and same_words(person.name, draft.name):
            # Capitals, lost accents, or another cut into first and last name are no change.
            values.pop("first_name", None)
            values.pop("last_name", None)
        if draft.mother_tongue and "languages" not in values:
            known = person.values.get("languages") or []
            values["languages"] = [
                draft.mother_tongue,
                *(each for each in known if each != draft.mother_tongue),
            ]
        enrolment = None
        if draft.enrolment is not None:
            wanted, current = draft.enrolment, person.enrolments.get(draft.enrolment.programme_id)
            if current is None:
                phases = self.directory.programmes[wanted.programme_id].phases
                started_on = values.get("started_on") or person.values.get("started_on")
                state = EnrolmentState(
                    wanted.phase_id or (phases[0].id if phases else None),
                    wanted.status or EnrolmentStatus.ACTIVE,
                    wanted.starts_on or started_on or self.today,
                )
            else:
                state = EnrolmentState(
                    wanted.phase_id or current.phase_id,
                    wanted.status or current.status,
                    wanted.starts_on or current.starts_on,
                )
            if state != current:
                enrolment = (wanted.programme_id, state)
        return RosterStep(person, values, enrolment, draft.course_ids, draft.busy)

    def _create(self, row: Row, draft: RosterDraft, shown: PreviewRow) -> PreviewRow:
        person = Person(None, row.number, {})
        step = self._step(draft, person)
        shown.changes = describe(self.directory, person, step)
        shown.outcome, shown.payload = Outcome.CREATE, step
        self._advance(step)
        return shown

    def _change(self, draft: RosterDraft, shown: PreviewRow, person: Person) -> PreviewRow:
        step = self._step(draft, person)
        shown.title = shown.title or person.name
        shown.changes = describe(self.directory, person, step)
        if person.row_number is not None and person.participant_id is None:
            shown.notices = [
                *shown.notices,
                N_("même personne que la ligne %(line)s", line=person.row_number),
            ]
        clash = self._clash(step)
        if clash is not None:
            shown.reasons = [clash]
        elif shown.changes:
            shown.outcome, shown.payload = Outcome.CHANGE, step
            self._advance(step)
        else:
            shown.outcome = Outcome.IGNORE
            shown.reasons = [N_("rien à changer")]
        return shown

    def _clash(self, step: RosterStep) -> Message | None:
        """Rows of one file that contradict each other about who somebody is are not guessed at."""
        if step.person.row_number is None:
            return None
        for key in ("birth_date", "reference"):
            old, new = step.person.values.get(key), step.values.get(key)
            if old and new and old != new:
                return N_(
                    "la ligne %(line)s donne autre chose pour la même personne", line=step.person.row_number
                )
        return None

    def _advance(self, step: RosterStep) -> None:
        person = step.person
        person.values.update(step.values)
        if step.enrolment is not None:
            person.enrolments[step.enrolment[0]] = step.enrolment[1]
        person.course_ids |= step.course_ids
        person.busy.update(step.busy)
        self.people.add(person)


def _doubtful(name: str, holder: str) -> bool:
    return fuzz.token_sort_ratio(sound(name), sound(holder)) < DOUBTFUL_NAME


def _two_references(person: Person, reference: str | None) -> bool:
    known = person.values.get("reference")
    return bool(known and reference and known != reference)


def write_roster(session: Session, centre: Centre, preview: Preview, now: datetime) -> None:
    """Write every row to be created or changed; flushes, never commits."""
    steps = [row.payload for row in preview.rows if row.payload is not None]
    known_ids = {step.person.participant_id for step in steps} - {None}
    participants: dict[str, Participant] = {
        f"p{row.id}": row
        for row in session.scalars(select(Participant).where(Participant.centre_id == centre.id))
        if row.id in known_ids
    }
    for step in steps:
        participant = participants.get(step.person.key)
        if participant is None:
            participant = Participant(centre_id=centre.id, created_at=now, first_name="")
            participants[step.person.key] = participant
            session.add(participant)
        before = (participant.level_spoken, participant.level_written)
        for name, value in step.values.items():
            if getattr(participant, name) != value:
                setattr(participant, name, value)
        if participant.id is not None:
            note_levels(session, participant, before, now.astimezone(ZoneInfo(centre.timezone)).date())
    session.flush()
    owned = {step.person.key: participants[step.person.key].id for step in steps}
    _write_enrolments(session, centre, steps, owned)
    _write_courses(session, centre, steps, owned)
    _write_busy(session, centre, steps, owned)
    session.flush()


def _write_enrolments(
    session: Session, centre: Centre, steps: list[RosterStep], owned: dict[str, int]
) -> None:
    known = {
        (row.programme_id, row.participant_id): row
        for row in session.scalars(select(Enrolment).where(Enrolment.centre_id == centre.id))
    }
    for step in steps:
        if step.enrolment is None:
            continue
        programme_id, state = step.enrolment
        key = (programme_id, owned[step.person.key])
        if key not in known:
            known[key] = Enrolment(centre_id=centre.id, programme_id=key[0], participant_id=key[1])
            session.add(known[key])
        known[key].phase_id, known[key].status, known[key].starts_on = (
            state.phase_id,
            state.status,
            state.starts_on,
        )


def _write_courses(session: Session, centre: Centre, steps: list[RosterStep], owned: dict[str, int]) -> None:
    known = {
        (row.course_id, row.participant_id)
        for row in session.scalars(select(CourseEnrolment).where(CourseEnrolment.centre_id == centre.id))
    }
    for step in steps:
        for course_id in sorted(step.course_ids):
            key = (course_id, owned[step.person.key])
            if key not in known:
                known.add(key)
                session.add(CourseEnrolment(centre_id=centre.id, course_id=key[0], participant_id=key[1]))


def _write_busy(session: Session, centre: Centre, steps: list[RosterStep], owned: dict[str, int]) -> None:
    wanted: dict[tuple[int, str], frozenset[Any]] = {
        (owned[step.person.key], label): times for step in steps for label, times in step.busy.items()
    }
    if not wanted:
        return
    labels = {label for _id, label in wanted}
    for row in session.scalars(
        select(Availability).where(Availability.centre_id == centre.id, Availability.label.in_(labels))
    ):
        if (row.participant_id, row.label) in wanted:
            session.delete(row)
    for (participant_id, label), times in wanted.items():
        for each in sorted(times):
            session.add(
                Availability(
                    centre_id=centre.id,
                    participant_id=participant_id,
                    label=label,
                    weekday=each.weekday,
                    starts=each.starts,
                    ends=each.ends,
                )
            )

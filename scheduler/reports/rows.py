"""The rows that figures count: one a person and session, with every name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.attendance import THERE
from scheduler.levels import levels_between
from scheduler.models import (
    AbsenceReason,
    Activity,
    AttendanceRecord,
    AttendanceState,
    Centre,
    Participant,
    Programme,
    Site,
)
from scheduler.reports.selection import Absence, Nationality, Period, Selection

#: A level at the start and at the end of a period.
LevelChoice = tuple[int, int]


class AttendanceRow(NamedTuple):
    """One person in one session whose list was taken; ``day`` is local."""

    session_uid: str
    participant_id: int
    first_name: str
    last_name: str
    reference: str | None
    starts_at: datetime
    day: date
    programme_id: int
    programme: str
    activity_id: int
    activity: str
    kind: str
    site_id: int
    site: str
    state: AttendanceState
    counts_as: Absence
    reason_id: int | None
    reason: str
    minutes: int
    nationality: Nationality
    first_time: bool

    @property
    def person(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class PersonTotal:
    """What one person adds to a figure."""

    participant_id: int
    first_name: str
    last_name: str
    reference: str | None
    nationality: Nationality
    first_time: bool
    presences: int
    excused: int
    missed: int
    minutes: int

    @property
    def person(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


@dataclass(frozen=True, slots=True)
class SessionTotal:
    """What one session adds to a figure; ``minutes`` are those of all its people together."""

    session_uid: str
    starts_at: datetime
    activity: str
    programme: str
    kind: str
    site: str
    presences: int
    excused: int
    missed: int
    minutes: int


def attendance_rows(
    session: Session, centre: Centre, period: Period, selection: Selection | None = None
) -> list[AttendanceRow]:
    """Return the marked attendances of a period that a selection keeps, in order of time."""
    chosen = selection or Selection()
    first, end = period.instants(centre)
    zone = ZoneInfo(centre.timezone)
    record = AttendanceRecord
    query = (
        select(
            record.session_uid,
            record.participant_id,
            record.starts_at,
            record.programme_id,
            record.activity_id,
            record.site_id,
            record.state,
            record.reason_id,
            record.attended_minutes,
        )
        .where(
            record.centre_id == centre.id,
            record.starts_at >= first,
            record.starts_at < end,
            record.state != AttendanceState.UNMARKED,
        )
        .order_by(record.starts_at, record.id)
    )
    if chosen.programme_id is not None:
        query = query.where(record.programme_id == chosen.programme_id)
    if chosen.activity_id is not None:
        query = query.where(record.activity_id == chosen.activity_id)
    programmes = names(session, Programme, centre.id)
    sites = names(session, Site, centre.id)
    activities = {
        row_id: (name, kind)
        for row_id, name, kind in session.execute(
            select(Activity.id, Activity.name, Activity.kind).where(Activity.centre_id == centre.id)
        )
    }
    reasons: dict[int, tuple[str, bool]] = {
        row_id: (name, excused)
        for row_id, name, excused in session.execute(
            select(AbsenceReason.id, AbsenceReason.name, AbsenceReason.excused).where(
                AbsenceReason.centre_id == centre.id
            )
        )
    }
    people = {
        row[0]: (row[1], row[2], row[3], Nationality.of(row[4]))
        for row in session.execute(
            select(
                Participant.id,
                Participant.first_name,
                Participant.last_name,
                Participant.reference,
                Participant.eu_national,
            ).where(Participant.centre_id == centre.id)
        )
    }
    new = first_timers(session, centre, period, chosen.programme_id)
    found = []
    for uid, person, at, programme, activity, site, state, reason, minutes in session.execute(query):
        first_name, last_name, reference, nationality = people[person]
        reason_name, accepted = reasons.get(reason or 0, ("", False))
        title, kind = activities[activity]
        row = AttendanceRow(
            uid,
            person,
            first_name,
            last_name,
            reference,
            at,
            at.astimezone(zone).date(),
            programme,
            programmes[programme],
            activity,
            title,
            kind,
            site,
            sites[site],
            AttendanceState(state),
            Absence.of(state, accepted),
            reason,
            reason_name,
            minutes,
            nationality,
            person in new,
        )
        if chosen.keeps(row):
            found.append(row)
    return found


def by_person(rows: Iterable[AttendanceRow]) -> list[PersonTotal]:
    """Add rows up by person, by name."""
    held: dict[int, list[AttendanceRow]] = {}
    for row in rows:
        held.setdefault(row.participant_id, []).append(row)
    return sorted(
        (
            PersonTotal(
                each[0].participant_id,
                each[0].first_name,
                each[0].last_name,
                each[0].reference,
                each[0].nationality,
                each[0].first_time,
                *_counts(each),
            )
            for each in held.values()
        ),
        key=lambda total: (total.last_name, total.first_name, total.participant_id),
    )


def at_levels(
    session: Session,
    centre: Centre,
    period: Period,
    people: list[PersonTotal],
    *,
    spoken: LevelChoice | None = None,
    written: LevelChoice | None = None,
) -> list[PersonTotal]:
    """Return those whose levels at the start and at the end of a period are as given."""
    if spoken is None and written is None:
        return people
    found = levels_between(
        session, centre.id, period.first_day, period.last_day, {total.participant_id for total in people}
    )
    return [
        total
        for total in people
        for before, after in [found[total.participant_id]]
        if spoken in (None, (before[0], after[0])) and written in (None, (before[1], after[1]))
    ]


def by_session(rows: Iterable[AttendanceRow]) -> list[SessionTotal]:
    """Add rows up by session, in order of time."""
    held: dict[str, list[AttendanceRow]] = {}
    for row in rows:
        held.setdefault(row.session_uid, []).append(row)
    return [
        SessionTotal(
            uid,
            each[0].starts_at,
            each[0].activity,
            each[0].programme,
            each[0].kind,
            each[0].site,
            *_counts(each),
        )
        for uid, each in held.items()
    ]


def _counts(rows: list[AttendanceRow]) -> tuple[int, int, int, int]:
    kinds = [row.counts_as for row in rows]
    return (
        kinds.count(Absence.THERE),
        kinds.count(Absence.EXCUSED),
        kinds.count(Absence.MISSED),
        sum(row.minutes for row in rows),
    )


def first_timers(session: Session, centre: Centre, period: Period, programme_id: int | None) -> set[int]:
    """Return the people who came for the first time in a period: to the programme, or at all."""
    first, end = period.instants(centre)
    query = (
        select(AttendanceRecord.participant_id)
        .where(AttendanceRecord.centre_id == centre.id, AttendanceRecord.state.in_(sorted(THERE)))
        .group_by(AttendanceRecord.participant_id)
        .having(func.min(AttendanceRecord.starts_at) >= first, func.min(AttendanceRecord.starts_at) < end)
    )
    if programme_id is not None:
        query = query.where(AttendanceRecord.programme_id == programme_id)
    return set(session.scalars(query))


def names(session: Session, model: type[Programme] | type[Site], centre_id: int) -> dict[int, str]:
    """Return the names of programmes or sites by id."""
    query = select(model.id, model.name).where(model.centre_id == centre_id)
    return {row[0]: row[1] for row in session.execute(query)}

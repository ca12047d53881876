"""A day's sessions with their lists, as the person who takes attendance sees them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, joinedload, load_only, selectinload

from scheduler.attendance import expected_ids
from scheduler.in_force import days_in_force, holds
from scheduler.models import (
    AbsenceReason,
    Answer,
    AttendanceRecord,
    AttendanceState,
    GroupSession,
    Participant,
    SessionLeader,
)
from scheduler.roster_import.folding import fold

#: Fewest letters typed before people are offered as walk-ins, and most people offered.
FEWEST_LETTERS = 3
MOST_FOUND = 8

#: Hours after the end of a session at which its leader, then the coordinator, hear that nobody took its list.
LEADER_AFTER = timedelta(hours=2)
COORDINATOR_AFTER = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One person of a list; the name is the first name and an initial."""

    participant_id: int
    name: str
    state: AttendanceState
    minutes: int
    reason_id: int | None
    answer: Answer | None
    answer_reason: str
    walk_in: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RollCall:
    """The list of one session."""

    uid: str
    starts_at: datetime
    ends_at: datetime
    title: str
    kind: str
    place: str
    leaders: tuple[str, ...]
    cancelled: bool
    drop_in: bool
    lines: tuple[Line, ...]

    @property
    def taken(self) -> bool:
        """Whether everybody has a state."""
        return all(line.state is not AttendanceState.UNMARKED for line in self.lines)


def short_name(person: Participant) -> str:
    """Return the first name and the initial of the last one."""
    return f"{person.first_name} {person.last_name[:1]}.".strip() if person.last_name else person.first_name


def roll_calls(session: Session, centre_id: int, day: date, *, staff_id: int | None = None) -> list[RollCall]:
    """Return the lists of a day in order of time, of one leader where given; a fixed number of queries."""
    held_then = holds(days_in_force(session, centre_id, until=day), day, day)
    query = (
        select(GroupSession)
        .where(held_then, *_listed(centre_id, staff_id))
        .options(
            selectinload(GroupSession.attendances),
            selectinload(GroupSession.leaders).joinedload(SessionLeader.staff),
            joinedload(GroupSession.activity),
            joinedload(GroupSession.site),
            joinedload(GroupSession.room),
        )
        .order_by(GroupSession.starts_at, GroupSession.id)
    )
    held = list(session.scalars(query))
    records = _records(session, centre_id, [row.uid for row in held])
    ids = {a for row in held for a in expected_ids(row)} | {
        key for found in records.values() for key in found
    }
    people = _people(session, ids)
    return [_roll_call(row, records[row.uid], people) for row in held]


def next_day(session: Session, centre_id: int, after: date, *, staff_id: int | None = None) -> date | None:
    """Return the first day after one on which there are lists, of one leader where given."""
    held_then = holds(days_in_force(session, centre_id), after + timedelta(days=1), None)
    return session.scalar(select(func.min(GroupSession.day)).where(held_then, *_listed(centre_id, staff_id)))


def _listed(centre_id: int, staff_id: int | None) -> list[ColumnElement[bool]]:
    where = [GroupSession.centre_id == centre_id, GroupSession.withdrawn.is_(False)]
    if staff_id is not None:
        led = select(SessionLeader.session_id).where(SessionLeader.staff_id == staff_id)
        where.append(GroupSession.id.in_(led))
    return where


def find_walk_ins(session: Session, typed: str) -> list[tuple[int, str]]:
    """Return people of the current centre of whom a name begins so, as id and short name.

    Accents and case make no difference.
    """
    wanted = fold(typed)
    if len(wanted) < FEWEST_LETTERS:
        return []
    found = (
        (person.id, short_name(person))
        for person in _possible_walk_ins(session)
        if any(start.startswith(wanted) for start in _beginnings(person))
    )
    return list(islice(found, MOST_FOUND))


def walk_ins_to_keep(session: Session) -> list[tuple[int, str, list[str]]]:
    """Return everybody who may walk in, for a phone without network.

    Phones get lost, so last names are not in it.

    Returns
    -------
    list of (id, short name, first letters of each of the names)
        The letters are without accents and in lower case.
    """
    return [
        (person.id, short_name(person), sorted({start[:FEWEST_LETTERS] for start in _beginnings(person)}))
        for person in _possible_walk_ins(session)
    ]


def _possible_walk_ins(session: Session) -> Iterable[Participant]:
    query = (
        select(Participant)
        .where(Participant.active)
        .options(load_only(Participant.first_name, Participant.last_name, Participant.centre_id))
        .order_by(Participant.first_name, Participant.last_name, Participant.id)
    )
    return session.scalars(query)


def _beginnings(person: Participant) -> list[str]:
    """Return what somebody may begin to type for a person: either name first, or any part of them."""
    first, last = fold(person.first_name), fold(person.last_name)
    return [f"{first} {last}".strip(), f"{last} {first}".strip(), *first.split(), *last.split()]


def absence_reasons(session: Session) -> list[AbsenceReason]:
    """Return the reasons that the current centre uses, in its order."""
    query = (
        select(AbsenceReason).where(AbsenceReason.active).order_by(AbsenceReason.position, AbsenceReason.id)
    )
    return list(session.scalars(query))


def not_taken(
    session: Session,
    centre_id: int,
    now: datetime,
    *,
    after: timedelta,
    first_day: date,
    staff_id: int | None = None,
) -> list[tuple[str, str, datetime]]:
    """Return sessions since ``first_day`` that ended that long ago and whose list has gaps.

    Returns
    -------
    list of (uid, title, starts_at)
        In order of time.
    """
    held = days_in_force(session, centre_id)
    query = (
        select(GroupSession)
        .where(
            GroupSession.centre_id == centre_id,
            GroupSession.cancelled_at.is_(None),
            GroupSession.ends_at <= now - after,
            holds(held, first_day, None),
        )
        .options(selectinload(GroupSession.attendances), joinedload(GroupSession.activity))
        .order_by(GroupSession.starts_at)
    )
    if staff_id is not None:
        led = select(SessionLeader.session_id).where(SessionLeader.staff_id == staff_id)
        query = query.where(GroupSession.id.in_(led))
    rows = list(session.scalars(query))
    records = _records(session, centre_id, [row.uid for row in rows])
    missing = []
    for row in rows:
        marked = {key for key, r in records[row.uid].items() if r.state != AttendanceState.UNMARKED}
        if expected_ids(row) - marked:
            missing.append((row.uid, row.activity.name, row.starts_at))
    return missing


def _records(session: Session, centre_id: int, uids: Iterable[str]) -> dict[str, dict[int, AttendanceRecord]]:
    query = select(AttendanceRecord).where(
        AttendanceRecord.centre_id == centre_id, AttendanceRecord.session_uid.in_(list(uids))
    )
    found: dict[str, dict[int, AttendanceRecord]] = defaultdict(dict)
    for row in session.scalars(query):
        found[row.session_uid][row.participant_id] = row
    return found


def _people(session: Session, ids: set[int]) -> dict[int, Participant]:
    query = (
        select(Participant)
        .where(Participant.id.in_(ids))
        .options(load_only(Participant.first_name, Participant.last_name, Participant.centre_id))
    )
    return {person.id: person for person in session.scalars(query)}


def _roll_call(
    row: GroupSession, records: dict[int, AttendanceRecord], people: dict[int, Participant]
) -> RollCall:
    expected = expected_ids(row)
    walked_in = {key for key, record in records.items() if record.walk_in and key not in expected}
    lines = []
    for participant_id in expected | walked_in:
        record = records.get(participant_id)
        whole = int((row.ends_at - row.starts_at).total_seconds()) // 60
        state = AttendanceState(record.state) if record else AttendanceState.UNMARKED
        partial = state in (AttendanceState.LATE, AttendanceState.LEFT_EARLY)
        lines.append(
            Line(
                participant_id=participant_id,
                name=short_name(people[participant_id]),
                state=state,
                minutes=whole - record.attended_minutes if record and partial else 0,
                reason_id=record.reason_id if record else None,
                answer=Answer(record.answer) if record and record.answer else None,
                answer_reason=record.answer_reason if record else "",
                walk_in=participant_id in walked_in,
            )
        )
    return RollCall(
        uid=row.uid,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        title=row.activity.name,
        kind=row.activity.kind,
        place=", ".join(part for part in (row.room.name if row.room else "", row.site.name) if part),
        leaders=tuple(leader.staff.first_name for leader in row.leaders),
        cancelled=row.cancelled_at is not None,
        drop_in=row.activity.drop_in,
        lines=tuple(sorted(lines, key=lambda line: (line.walk_in, line.name.casefold()))),
    )

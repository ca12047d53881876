"""Answers before a session and marks during it: one row a person and session, its history kept.

A mark is never lost: one that comes late from a phone without network is put in its place in time,
one sent twice counts once, and of two people's marks for the same person the later tap wins while
both stay in the history.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload, load_only, selectinload

from scheduler.errors import InvalidInputError, NotFoundError
from scheduler.in_force import days_in_force, holds
from scheduler.message import N_
from scheduler.models import (
    AbsenceReason,
    Activity,
    Answer,
    Attendance,
    AttendanceMark,
    AttendanceRecord,
    AttendanceState,
    GroupSession,
    Participant,
    Task,
)

#: States in which a person was there, at least in part.
THERE = frozenset({AttendanceState.PRESENT, AttendanceState.LATE, AttendanceState.LEFT_EARLY})

#: Kind of the task that asks a worker to call a person back.
CALL_BACK = "call_back"

#: How far a phone's tap may lie before its session without being taken for a mistake.
EARLIEST_MARK = timedelta(hours=12)

#: How long after a session a coordinator's centre still takes marks.
LATEST_MARK = timedelta(days=60)


class Outcome(StrEnum):
    """What became of a mark."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tap:
    """One tap on a phone.

    ``key`` is made by the device and unique. ``tapped_at`` and ``sent_at`` are read from the
    device's clock; their distance is trusted, the clock itself is not. ``device`` is the same in all
    taps of one device, whose order its clock tells better than ours, since a message may travel for
    seconds. ``minutes`` are those missed, for ``late`` and ``left_early``.
    """

    key: str
    session_uid: str
    participant_id: int
    state: AttendanceState
    minutes: int = 0
    reason_id: int | None = None
    walk_in: bool = False
    tapped_at: datetime
    sent_at: datetime
    source: str = "roll_call"
    device: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of one tap, and the state that now holds."""

    key: str
    outcome: Outcome
    state: AttendanceState | None = None
    reason: str = ""


def session_in_force(session: Session, centre_id: int, uid: str) -> GroupSession:
    """Return the version of a session that is in force, with its people.

    Raises
    ------
    NotFoundError
        If no published version of this centre that is in force has it.
    """
    query = _in_force(session, centre_id, [uid]).options(
        selectinload(GroupSession.attendances), joinedload(GroupSession.activity)
    )
    held = session.scalars(query).one_or_none()
    if held is None:
        raise NotFoundError(uid)
    return held


def _in_force(session: Session, centre_id: int, uids: Iterable[str]) -> Select[GroupSession]:
    return select(GroupSession).where(
        GroupSession.centre_id == centre_id,
        GroupSession.uid.in_(set(uids)),
        holds(days_in_force(session, centre_id), None, None),
    )


def expected_ids(held: GroupSession) -> set[int]:
    """Return the ids of the participants expected in a session."""
    return {row.participant_id for row in held.attendances if not row.excluded}


def answer(
    session: Session,
    held: GroupSession,
    participant_id: int,
    given: Answer,
    now: datetime,
    *,
    reason: str = "",
) -> AttendanceRecord:
    """Store what a person said about a session beforehand; the last answer counts.

    A wish to be called leaves a yes or no standing.

    Raises
    ------
    InvalidInputError
        If the person is not expected there, or the session is cancelled or over.
    """
    if participant_id not in expected_ids(held):
        raise InvalidInputError(N_("Cette personne n'est pas attendue à cette séance."))
    if held.cancelled_at is not None:
        raise InvalidInputError(N_("Cette séance est annulée."))
    if held.ends_at <= now:
        raise InvalidInputError(N_("Cette séance est passée."))
    record = _record(session, held, participant_id)
    if given is not Answer.CALL_ME or record.answer is None:
        record.answer, record.answer_reason, record.answered_at = given, reason[:200], now
    if given is Answer.CALL_ME:
        _ask_for_a_call(session, held, participant_id, now)
    session.flush()
    return record


def say_coming(
    session: Session, centre_id: int, said: Sequence[tuple[GroupSession, int]], now: datetime
) -> None:
    """Store that people come, each to a session they are expected in that takes place.

    Two queries, however many people.
    """
    records = _records(session, centre_id, [(held.uid, person) for held, person in said])
    for held, person in said:
        record = records.get((held.uid, person)) or _new_record(session, held, person)
        record.answer, record.answer_reason, record.answered_at = Answer.COMING, "", now
        records[held.uid, person] = record
    session.flush()


def _ask_for_a_call(session: Session, held: GroupSession, participant_id: int, now: datetime) -> None:
    """Raise one open task to call a person back about a session."""
    query = select(Task.id).where(
        Task.centre_id == held.centre_id,
        Task.kind == CALL_BACK,
        Task.participant_id == participant_id,
        Task.session_uid == held.uid,
        Task.state == "open",
    )
    if session.scalar(query) is None:
        session.add(
            Task(
                centre_id=held.centre_id,
                kind=CALL_BACK,
                participant_id=participant_id,
                session_uid=held.uid,
                created_at=now,
            )
        )


def apply_taps(
    session: Session, centre_id: int, taps: list[Tap], now: datetime, *, user_id: int | None
) -> list[Result]:
    """Store taps in the order of their time; each gets its own result, none spoils another.

    A fixed number of queries, however many taps: this is what everybody does at nine o'clock.
    """
    held = _sessions_of(session, centre_id, taps)
    known = _known_keys(session, centre_id, taps)
    records = _records(session, centre_id, [(tap.session_uid, tap.participant_id) for tap in taps])
    expected = _expected(session, held, taps)
    people = _strangers(session, centre_id, taps, expected)
    reasons = _reasons(session, centre_id, taps)
    results: dict[int, Result] = {}
    for index, tap in sorted(enumerate(taps), key=lambda pair: _instant(pair[1], now)):
        if tap.key in known:
            results[index] = Result(key=tap.key, outcome=Outcome.DUPLICATE, state=known[tap.key])
            continue
        where = (tap.session_uid, tap.participant_id)
        known_person = where in expected or tap.participant_id in people
        row = held.get(tap.session_uid) if known_person else None
        refusal = _refusal(tap, row, where in expected, reasons, now)
        if refusal:
            results[index] = Result(key=tap.key, outcome=Outcome.REFUSED, reason=refusal)
            continue
        if where not in records:
            records[where] = _new_record(session, held[tap.session_uid], tap.participant_id)
        results[index] = _apply(session, records[where], tap, now, user_id)
        known[tap.key] = records[where].state
    session.flush()
    return [results[index] for index in range(len(taps))]


def attended_minutes(record: AttendanceRecord, state: AttendanceState, minutes_missed: int) -> int:
    """Return the minutes that count: attended ones, never planned ones."""
    if state not in THERE:
        return 0
    whole = int((record.ends_at - record.starts_at).total_seconds()) // 60
    missed = minutes_missed if state is not AttendanceState.PRESENT else 0
    return max(0, whole - missed)


def _instant(tap: Tap, now: datetime) -> datetime:
    """Return when a tap happened by our clock: as long ago as the device says it was."""
    return min(now, now - (tap.sent_at - tap.tapped_at))


def _sessions_of(session: Session, centre_id: int, taps: list[Tap]) -> dict[str, GroupSession]:
    """Return the sessions of some taps with just what a mark is made of."""
    query = _in_force(session, centre_id, (tap.session_uid for tap in taps)).options(
        load_only(
            GroupSession.centre_id,
            GroupSession.uid,
            GroupSession.activity_id,
            GroupSession.site_id,
            GroupSession.starts_at,
            GroupSession.ends_at,
            GroupSession.cancelled_at,
        ),
        joinedload(GroupSession.activity).load_only(Activity.centre_id, Activity.programme_id),
    )
    return {row.uid: row for row in session.scalars(query)}


def _expected(session: Session, held: dict[str, GroupSession], taps: list[Tap]) -> set[tuple[str, int]]:
    """Return who of those marked is expected where."""
    uids = {row.id: uid for uid, row in held.items()}
    query = select(Attendance.session_id, Attendance.participant_id).where(
        Attendance.session_id.in_(uids),
        Attendance.participant_id.in_({tap.participant_id for tap in taps}),
        Attendance.excluded.is_(False),
    )
    return {(uids[row_id], person) for row_id, person in session.execute(query)}


def _strangers(session: Session, centre_id: int, taps: list[Tap], expected: set[tuple[str, int]]) -> set[int]:
    """Return which people of the centre are marked where they are not expected."""
    marked = {tap.participant_id for tap in taps if (tap.session_uid, tap.participant_id) not in expected}
    if not marked:
        return set()
    query = select(Participant.id).where(Participant.centre_id == centre_id, Participant.id.in_(marked))
    return set(session.scalars(query))


def _reasons(session: Session, centre_id: int, taps: list[Tap]) -> set[int]:
    """Return which of the reasons given exist."""
    given = {tap.reason_id for tap in taps if tap.reason_id is not None}
    if not given:
        return set()
    query = select(AbsenceReason.id).where(AbsenceReason.centre_id == centre_id, AbsenceReason.id.in_(given))
    return set(session.scalars(query))


def _known_keys(session: Session, centre_id: int, taps: list[Tap]) -> dict[str, AttendanceState]:
    query = select(AttendanceMark.key, AttendanceMark.state).where(
        AttendanceMark.centre_id == centre_id, AttendanceMark.key.in_({tap.key for tap in taps})
    )
    return {key: AttendanceState(state) for key, state in session.execute(query)}


def _records(
    session: Session, centre_id: int, where: Collection[tuple[str, int]]
) -> dict[tuple[str, int], AttendanceRecord]:
    """Return what is stored of some people in some sessions, by session and person."""
    uids, people = {uid for uid, _ in where}, {person for _, person in where}
    query = select(AttendanceRecord).where(
        AttendanceRecord.centre_id == centre_id,
        AttendanceRecord.session_uid.in_(uids),
        AttendanceRecord.participant_id.in_(people),
    )
    return {(row.session_uid, row.participant_id): row for row in session.scalars(query)}


def _refusal(tap: Tap, held: GroupSession | None, expected: bool, reasons: set[int], now: datetime) -> str:
    if held is None:
        return "unknown"
    if held.cancelled_at is not None:
        return "cancelled"
    if not expected and not tap.walk_in:
        return "not_expected"
    if tap.reason_id is not None and tap.reason_id not in reasons:
        return "unknown_reason"
    whole = int((held.ends_at - held.starts_at).total_seconds()) // 60
    if not 0 <= tap.minutes <= whole:
        return "minutes"
    if not held.starts_at - EARLIEST_MARK <= now <= held.ends_at + LATEST_MARK:
        return "too_early" if now < held.starts_at else "too_late"
    return ""


def _apply(
    session: Session, record: AttendanceRecord, tap: Tap, now: datetime, user_id: int | None
) -> Result:
    minutes = attended_minutes(record, tap.state, tap.minutes)
    tapped_at = _instant(tap, now)
    session.add(
        AttendanceMark(
            record=record,
            centre_id=record.centre_id,
            key=tap.key,
            state=tap.state,
            attended_minutes=minutes,
            reason_id=tap.reason_id,
            source=tap.source,
            marked_at=tapped_at,
            received_at=now,
            marked_by_id=user_id,
        )
    )
    if _is_older(tap, tapped_at, record):
        return Result(key=tap.key, outcome=Outcome.SUPERSEDED, state=AttendanceState(record.state))
    record.state, record.attended_minutes, record.reason_id = tap.state, minutes, tap.reason_id
    record.walk_in = record.walk_in or tap.walk_in
    record.marked_at = tapped_at
    record.marked_device, record.marked_device_at = tap.device, tap.tapped_at
    return Result(key=tap.key, outcome=Outcome.APPLIED, state=tap.state)


def _is_older(tap: Tap, tapped_at: datetime, record: AttendanceRecord) -> bool:
    """Tell whether a tap came before the one that holds."""
    if tap.device and tap.device == record.marked_device and record.marked_device_at is not None:
        return record.marked_device_at > tap.tapped_at
    return record.marked_at is not None and record.marked_at > tapped_at


def _record(session: Session, held: GroupSession, participant_id: int) -> AttendanceRecord:
    query = select(AttendanceRecord).where(
        AttendanceRecord.centre_id == held.centre_id,
        AttendanceRecord.session_uid == held.uid,
        AttendanceRecord.participant_id == participant_id,
    )
    return session.scalars(query).first() or _new_record(session, held, participant_id)


def _new_record(session: Session, held: GroupSession, participant_id: int) -> AttendanceRecord:
    record = AttendanceRecord(
        centre_id=held.centre_id,
        session_uid=held.uid,
        participant_id=participant_id,
        activity_id=held.activity_id,
        programme_id=held.activity.programme_id,
        site_id=held.site_id,
        starts_at=held.starts_at,
        ends_at=held.ends_at,
        state=AttendanceState.UNMARKED,
        attended_minutes=0,
        walk_in=False,
    )
    session.add(record)
    return record

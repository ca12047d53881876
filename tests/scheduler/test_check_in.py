"""Checking in by oneself: only there, only then, only those expected; nothing forged, nothing stale."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.attendance import Tap, apply_taps
from scheduler.check_in import (
    MOST_TRIES,
    TRIES_WITHIN,
    CheckInRefusedError,
    Refusal,
    check_digits,
    check_in,
    read_token,
    room_sign,
)
from scheduler.models import AttendanceState as State
from tests.factories import Make, making_in

KEY = b"a key"
#: The sessions of the factories start at 8:00 UTC and last three hours.
START = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)


@pytest.fixture
def held(make: Make) -> m.GroupSession:
    plan = make(m.Plan, publication=1, state=m.PlanState.PUBLISHED, published_at=START - timedelta(days=9))
    return make(m.GroupSession, plan=plan)


@pytest.fixture
def person(make: Make, held: m.GroupSession) -> m.Participant:
    person = make(m.Participant)
    make(m.Attendance, session=held, participant=person)
    return person


def refusal_of(
    session: Session, person: m.Participant, token: str, now: datetime, key: bytes = KEY
) -> Refusal | None:
    try:
        read_token(session, key, person, token, now)
    except CheckInRefusedError as error:
        return error.refusal
    return None


@pytest.mark.parametrize(
    ("after_start", "shown"),
    [
        (timedelta(minutes=-30, seconds=-1), False),
        (timedelta(minutes=-30), True),
        (timedelta(hours=3, seconds=-1), True),
        (timedelta(hours=3), False),
        (timedelta(days=1), False),
    ],
)
def test_the_screen_shows_a_code_only_near_and_during_the_session(
    held: m.GroupSession, after_start: timedelta, shown: bool
) -> None:
    assert (room_sign(KEY, held, START + after_start) is not None) is shown


def test_a_code_is_accepted_in_its_window_and_the_next_one(
    session: Session, held: m.GroupSession, person: m.Participant
) -> None:
    sign = room_sign(KEY, held, START)
    assert sign is not None
    for seconds, refusal in ((0, None), (29, None), (30, None), (59, None), (60, Refusal.STALE)):
        assert refusal_of(session, person, sign.token, START + timedelta(seconds=seconds)) is refusal
    assert refusal_of(session, person, sign.token, START - timedelta(seconds=1)) is Refusal.STALE


def test_forged_codes_are_refused(
    session: Session, make: Make, held: m.GroupSession, person: m.Participant
) -> None:
    sign = room_sign(KEY, held, START)
    assert sign is not None
    uid, window, mac = sign.token.split(".")
    other = make(m.GroupSession, plan=held.plan)
    for token in (
        "",
        "x",
        "..",
        uid,
        f"{uid}.{window}.",
        f"{uid}.{window}.é",
        f"{uid}.{int(window) + 1}.{mac}",
        f"{other.uid}.{window}.{mac}",
        f"{uid}.{window}.{mac[:-1]}",
        f"{uid}.{window}.{mac}.",
        f"none.{window}.{mac}",
    ):
        assert refusal_of(session, person, token, START) is Refusal.FORGED, token
    assert refusal_of(session, person, sign.token, START, b"another key") is Refusal.FORGED
    assert refusal_of(session, person, sign.token, START) is None


def test_a_code_of_another_centre_is_refused(
    session: Session, held: m.GroupSession, person: m.Participant
) -> None:
    elsewhere = m.Centre(name="Autre", slug="autre", created_at=START)
    session.add(elsewhere)
    session.flush()
    with making_in(session, elsewhere) as make_elsewhere:
        stranger = make_elsewhere(m.Participant)
    sign = room_sign(KEY, held, START)
    assert sign is not None
    assert refusal_of(session, stranger, sign.token, START) is Refusal.FORGED


def test_who_is_not_expected_asks_unless_anybody_may_come(
    session: Session, make: Make, held: m.GroupSession
) -> None:
    stranger = make(m.Participant)
    sign = room_sign(KEY, held, START)
    assert sign is not None
    assert refusal_of(session, stranger, sign.token, START) is Refusal.NOT_EXPECTED
    held.activity.drop_in = True
    session.flush()
    assert check_in(session, stranger, held, START) is State.PRESENT
    record = session.scalars(select(m.AttendanceRecord)).one()
    assert (record.walk_in, record.participant_id) == (True, stranger.id)


def test_a_cancelled_session_takes_nobody(
    session: Session, held: m.GroupSession, person: m.Participant
) -> None:
    sign = room_sign(KEY, held, START)
    assert sign is not None
    held.cancelled_at = START
    session.flush()
    assert room_sign(KEY, held, START) is None
    assert refusal_of(session, person, sign.token, START) is Refusal.CANCELLED


@pytest.mark.parametrize(
    ("minutes", "state", "attended"),
    [
        (-20, State.PRESENT, 180),
        (0, State.PRESENT, 180),
        (5, State.PRESENT, 180),
        (6, State.LATE, 174),
        (90, State.LATE, 90),
    ],
)
def test_late_arrivals_miss_their_minutes(
    session: Session,
    held: m.GroupSession,
    person: m.Participant,
    minutes: int,
    state: State,
    attended: int,
) -> None:
    assert check_in(session, person, held, START + timedelta(minutes=minutes)) is state
    record = session.scalars(select(m.AttendanceRecord)).one()
    assert (record.state, record.attended_minutes) == (state, attended)
    assert [mark.source for mark in record.marks] == ["code"]


def test_a_second_time_changes_nothing_but_absence_is_corrected(
    session: Session, held: m.GroupSession, person: m.Participant
) -> None:
    assert check_in(session, person, held, START) is State.PRESENT
    assert check_in(session, person, held, START + timedelta(hours=1)) is State.PRESENT
    record = session.scalars(select(m.AttendanceRecord)).one()
    assert len(record.marks) == 1
    at = START + timedelta(minutes=70)
    tap = Tap(
        key="a",
        session_uid=held.uid,
        participant_id=person.id,
        state=State.ABSENT,
        tapped_at=at,
        sent_at=at,
    )
    apply_taps(session, held.centre_id, [tap], at, user_id=None)
    assert check_in(session, person, held, START + timedelta(minutes=80)) is State.LATE
    assert record.attended_minutes == 100


def test_wrong_digits_are_counted_for_each_person(
    session: Session, make: Make, held: m.GroupSession, person: m.Participant
) -> None:
    other = make(m.Participant)
    make(m.Attendance, session=held, participant=other)
    session.refresh(held)
    sign = room_sign(KEY, held, START)
    assert sign is not None
    assert len(sign.digits) == 4
    wrong = f"{(int(sign.digits) + 1) % 10_000:04d}"

    def answer(who: m.Participant, digits: str, at: datetime) -> Refusal | None:
        try:
            check_digits(session, KEY, who, held, digits, at)
        except CheckInRefusedError as error:
            return error.refusal
        return None

    assert answer(person, sign.digits, START) is None
    for _try in range(MOST_TRIES):
        assert answer(person, wrong, START) is Refusal.WRONG_CODE
    assert answer(person, sign.digits, START) is Refusal.TOO_MANY_TRIES
    assert answer(other, sign.digits, START) is None
    assert answer(person, sign.digits, START + TRIES_WITHIN) is None
    assert answer(other, "", START) is Refusal.WRONG_CODE


def test_the_digits_are_of_one_session_and_one_key(make: Make, held: m.GroupSession) -> None:
    signs = {
        getattr(room_sign(key, row, START), "digits", "")
        for key in (b"1", b"2", b"3")
        for row in (held, make(m.GroupSession, plan=held.plan))
    }
    assert len(signs) > 1
    first, later = room_sign(KEY, held, START), room_sign(KEY, held, START + timedelta(hours=1))
    assert first is not None
    assert later is not None
    assert first.digits == later.digits
    assert first.token != later.token

"""Answers and marks: nothing lost, nothing twice, the later tap wins, foreign things refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.attendance import Outcome, Tap, answer, apply_taps, session_in_force
from scheduler.errors import InvalidInputError, NotFoundError
from scheduler.models import AttendanceState as State
from tests.factories import Make

#: The sessions of the factories start at 8:00 UTC and last three hours.
AT_NINE = datetime(2026, 11, 30, 9, 0, tzinfo=UTC)


@pytest.fixture
def held(make: Make) -> m.GroupSession:
    plan = make(m.Plan, publication=1, state=m.PlanState.PUBLISHED, published_at=AT_NINE - timedelta(days=9))
    return make(m.GroupSession, plan=plan)


@pytest.fixture
def person(make: Make, held: m.GroupSession) -> m.Participant:
    person = make(m.Participant)
    make(m.Attendance, session=held, participant=person)
    return person


def tap(held: m.GroupSession, person: m.Participant, state: State, **changes: object) -> Tap:
    values: dict[str, object] = {
        "key": f"{state}-{changes.get('tapped_at', AT_NINE)}",
        "session_uid": held.uid,
        "participant_id": person.id,
        "state": state,
        "tapped_at": AT_NINE,
        "sent_at": AT_NINE,
        **changes,
    }
    return Tap(**values)  # type: ignore[arg-type]


def record_of(session: Session, person: m.Participant) -> m.AttendanceRecord:
    session.expire_all()
    return session.query(m.AttendanceRecord).filter_by(participant_id=person.id).one()


@pytest.mark.parametrize(
    ("state", "missed", "attended"),
    [
        (State.PRESENT, 0, 180),
        (State.LATE, 20, 160),
        (State.LEFT_EARLY, 60, 120),
        (State.EXCUSED, 0, 0),
        (State.ABSENT, 0, 0),
    ],
)
def test_attended_minutes_are_counted(
    session: Session, held: m.GroupSession, person: m.Participant, state: State, missed: int, attended: int
) -> None:
    taps = [tap(held, person, state, minutes=missed)]
    (result,) = apply_taps(session, held.centre_id, taps, AT_NINE, user_id=None)
    assert (result.outcome, result.state) == (Outcome.APPLIED, state)
    assert record_of(session, person).attended_minutes == attended


def test_the_same_tap_twice_counts_once(
    session: Session, held: m.GroupSession, person: m.Participant
) -> None:
    one = tap(held, person, State.PRESENT)
    outcomes = [
        result.outcome
        for taps in ([one, one], [one])
        for result in apply_taps(session, held.centre_id, taps, AT_NINE, user_id=None)
    ]
    assert outcomes == [Outcome.APPLIED, Outcome.DUPLICATE, Outcome.DUPLICATE]
    assert len(record_of(session, person).marks) == 1


def test_a_slow_message_does_not_turn_round_the_taps_of_one_phone(
    session: Session, held: m.GroupSession, person: m.Participant
) -> None:
    first = tap(held, person, State.PRESENT, device="a", sent_at=AT_NINE)
    second_at = AT_NINE + timedelta(seconds=1)
    second = tap(held, person, State.LATE, device="a", tapped_at=second_at, sent_at=second_at)
    # The first message travels for three seconds, the second for one.
    for each, received_at in (
        (first, AT_NINE + timedelta(seconds=3)),
        (second, second_at + timedelta(seconds=1)),
    ):
        (result,) = apply_taps(session, held.centre_id, [each], received_at, user_id=None)
        assert result.outcome is Outcome.APPLIED
    assert record_of(session, person).state == State.LATE


def test_the_later_tap_wins_whatever_comes_first_and_both_are_kept(
    session: Session, held: m.GroupSession, person: m.Participant
) -> None:
    late_arrival = tap(held, person, State.ABSENT, tapped_at=AT_NINE, sent_at=AT_NINE + timedelta(hours=1))
    now = AT_NINE + timedelta(hours=1)
    online = tap(held, person, State.PRESENT, tapped_at=now - timedelta(minutes=30), sent_at=now)
    (first,) = apply_taps(session, held.centre_id, [online], now, user_id=None)
    (second,) = apply_taps(session, held.centre_id, [late_arrival], now, user_id=None)
    assert (first.outcome, second.outcome) == (Outcome.APPLIED, Outcome.SUPERSEDED)
    record = record_of(session, person)
    assert (record.state, record.attended_minutes) == (State.PRESENT, 180)
    assert [mark.state for mark in record.marks] == [State.ABSENT, State.PRESENT]


def test_a_phone_whose_clock_is_a_day_off_is_believed_about_durations_only(
    session: Session, held: m.GroupSession, person: m.Participant
) -> None:
    wrong = timedelta(days=1)
    sent = tap(
        held, person, State.PRESENT, tapped_at=AT_NINE + wrong - timedelta(minutes=5), sent_at=AT_NINE + wrong
    )
    apply_taps(session, held.centre_id, [sent], AT_NINE, user_id=None)
    assert record_of(session, person).marked_at == AT_NINE - timedelta(minutes=5)


def test_each_refusal_has_its_reason_and_spoils_nothing_else(
    session: Session, make: Make, held: m.GroupSession, person: m.Participant
) -> None:
    stranger = make(m.Participant)
    cancelled = make(m.GroupSession, plan=held.plan, cancelled_at=AT_NINE)
    make(m.Attendance, session=cancelled, participant=person)
    taps = [
        tap(held, stranger, State.PRESENT, key="a"),
        tap(cancelled, person, State.PRESENT, key="b"),
        tap(held, person, State.LATE, key="c", minutes=181),
        tap(held, person, State.EXCUSED, key="d", reason_id=999_999),
        tap(held, person, State.PRESENT, key="e", session_uid="none"),
        tap(held, person, State.PRESENT, key="f"),
        tap(held, stranger, State.PRESENT, key="g", walk_in=True),
    ]
    results = {
        r.key: (r.outcome, r.reason) for r in apply_taps(session, held.centre_id, taps, AT_NINE, user_id=None)
    }
    assert results == {
        "a": (Outcome.REFUSED, "not_expected"),
        "b": (Outcome.REFUSED, "cancelled"),
        "c": (Outcome.REFUSED, "minutes"),
        "d": (Outcome.REFUSED, "unknown_reason"),
        "e": (Outcome.REFUSED, "unknown"),
        "f": (Outcome.APPLIED, ""),
        "g": (Outcome.APPLIED, ""),
    }
    assert record_of(session, stranger).walk_in


def test_marks_of_another_centre_are_refused(
    session: Session, make: Make, held: m.GroupSession, person: m.Participant
) -> None:
    other = make(m.Centre)
    (result,) = apply_taps(session, other.id, [tap(held, person, State.PRESENT)], AT_NINE, user_id=None)
    assert (result.outcome, result.reason) == (Outcome.REFUSED, "unknown")
    with pytest.raises(NotFoundError):
        session_in_force(session, other.id, held.uid)


def test_answers_are_kept_and_the_impossible_ones_refused(
    session: Session, make: Make, held: m.GroupSession, person: m.Participant, now: datetime
) -> None:
    answer(session, held, person.id, m.Answer.COMING, now)
    answer(session, held, person.id, m.Answer.NOT_COMING, now, reason="malade")
    record = record_of(session, person)
    assert (record.answer, record.answer_reason, record.state) == (
        m.Answer.NOT_COMING,
        "malade",
        State.UNMARKED,
    )
    with pytest.raises(InvalidInputError):
        answer(session, held, make(m.Participant).id, m.Answer.COMING, now)
    with pytest.raises(InvalidInputError):
        answer(session, held, person.id, m.Answer.COMING, held.ends_at)
    held.cancelled_at = now
    with pytest.raises(InvalidInputError):
        answer(session, held, person.id, m.Answer.COMING, now)


def test_asking_for_a_call_raises_one_task(
    session: Session, held: m.GroupSession, person: m.Participant, now: datetime
) -> None:
    for _ in range(2):
        answer(session, held, person.id, m.Answer.CALL_ME, now)
    (task,) = session.query(m.Task).all()
    assert (task.kind, task.participant_id, task.session_uid, task.state) == (
        "call_back",
        person.id,
        held.uid,
        "open",
    )

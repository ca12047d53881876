"""Whom to call: those who asked, those who may not know, then where a call saves most; and what follows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations
from typing import Any

import pytest
from sqlalchemy.orm import Session

from notifications import models as n
from notifications.call import AFTER_LATER, AFTER_NO_ANSWER, CALL_EFFECT, CALL_EFFECT_IN_LANGUAGE, Call
from notifications.call_list import CallList, call_list, choose
from notifications.calls import record_call, take_back_call
from notifications.models import CallOutcome, CallReason
from notifications.risk.history import store_fit
from notifications.risk.model import Fit, Rule
from notifications.unreached import unreached, unreached_people
from scheduler import models as m
from scheduler.attendance import answer
from scheduler.errors import InvalidInputError, NotFoundError
from tests.factories import Make
from tests.queries import recorded

TOMORROW = date(2026, 11, 24)
PHONE = "+32470123456"


def bare(number: int, minutes: int, saved: float, reason: CallReason = CallReason.RISK) -> Call:
    return Call(
        participant=m.Participant(id=number),
        phone=PHONE,
        reason=reason,
        sessions=(),
        reasons=(),
        minutes=minutes,
        saved=saved,
        in_language=True,
    )


def test_the_chosen_calls_save_the_most_for_the_minutes() -> None:
    calls = [bare(number, 5 if number % 3 else 10, 0.05 + (number * 37 % 11) / 40) for number in range(9)]
    for minutes in (0, 4, 5, 17, 25, 40, 200):
        most = max(
            sum(call.saved for call in some)
            for size in range(10)
            for some in combinations(calls, size)
            if sum(call.minutes for call in some) <= minutes
        )
        chosen = choose(calls, minutes)
        assert sum(call.saved for call in chosen) == pytest.approx(most)
        assert sum(call.minutes for call in chosen) <= minutes


def test_those_who_asked_come_first_whatever_they_save() -> None:
    asked = bare(1, 10, 0.0, CallReason.CALL_ME)
    told = bare(2, 10, 0.0, CallReason.CHANGE)
    likely = bare(3, 5, 0.4)
    assert choose([likely, asked, told], 12) == [asked]
    assert choose([likely, asked, told], 26) == [asked, told, likely]


@dataclass
class Centre:
    """A centre with a session tomorrow in which everybody may be missing."""

    session: Session
    row: m.Centre
    make: Make
    now: datetime
    held: m.GroupSession

    def person(self, **values: Any) -> m.Participant:
        person = self.make(m.Participant, **{"phone": PHONE} | values)
        self.make(m.Attendance, session=self.held, participant=person)
        return person

    def calls(self, minutes: int = 60, later: timedelta = timedelta()) -> CallList:
        return call_list(self.session, self.row, self.now + later, minutes)

    def listed(self, **given: Any) -> set[int]:
        return {call.participant.id for call in self.calls(**given).chosen}

    def record(self, person: m.Participant, outcome: CallOutcome, **values: Any) -> list[n.PhoneCall]:
        given: dict[str, Any] = {"reason": CallReason.RISK} | values
        uids = given.pop("uids", [self.held.uid])
        return record_call(self.session, self.row, person.id, uids, outcome, self.now, **given)

    def told_of_change(self, person: m.Participant, kind: n.MessageKind = n.MessageKind.CHANGE) -> None:
        message = self.make(
            n.Message, kind=kind, participant=person, created_at=self.now - timedelta(hours=9)
        )
        self.make(
            n.MessageTopic,
            message=message,
            participant=person,
            session_uid=self.held.uid,
            starts_at=self.held.starts_at,
            confirm_by=self.now - timedelta(hours=1),
        )


@pytest.fixture
def place(session: Session, centre: m.Centre, make: Make, now: datetime) -> Centre:
    session.info["centre_id"] = centre.id
    plan = make(
        m.Plan,
        state="published",
        publication=1,
        first_day=date(2026, 11, 1),
        last_day=date(2026, 12, 31),
        published_at=now - timedelta(days=9),
    )
    starts = datetime(2026, 11, 24, 9, tzinfo=UTC)
    held = make(
        m.GroupSession, plan=plan, day=TOMORROW, starts_at=starts, ends_at=starts + timedelta(hours=2)
    )
    store_fit(session, centre, Fit(rule=Rule.BASE_RATE, base_rate=0.3, visits=90), None, now)
    return Centre(session, centre, make, now, held)


def test_only_people_who_have_not_answered_are_called(place: Centre) -> None:
    silent, coming, staying, exempt = (place.person() for _number in range(4))
    answer(place.session, place.held, coming.id, m.Answer.COMING, place.now)
    answer(place.session, place.held, staying.id, m.Answer.NOT_COMING, place.now)
    place.make(n.ContactChoice, participant=exempt, exempt=True)
    chosen = place.calls().chosen
    assert [call.participant.id for call in chosen] == [silent.id]
    assert chosen[0].sessions[0].chance == pytest.approx(0.3)
    assert chosen[0].saved == pytest.approx(0.3 * CALL_EFFECT)
    assert chosen[0].phone == PHONE
    assert chosen[0].reasons


def test_a_call_in_the_persons_language_saves_more_and_names_who_can(place: Centre) -> None:
    somali, arab, ukrainian = (place.person(message_language=code) for code in ("so", "ar", "uk"))
    place.make(m.StaffMember, kind=m.StaffKind.STAFF, languages=["fr", "ar"])
    interpreter = place.make(m.StaffMember, kind=m.StaffKind.INTERPRETER, languages=["so"])
    by_person = {call.participant.id: call for call in place.calls().chosen}
    assert by_person[somali.id].interpreters == (interpreter,)
    assert by_person[somali.id].minutes > by_person[arab.id].minutes
    assert by_person[arab.id].saved == pytest.approx(0.3 * CALL_EFFECT_IN_LANGUAGE)
    assert not by_person[ukrainian.id].in_language
    assert by_person[ukrainian.id].saved == pytest.approx(0.3 * CALL_EFFECT)


def test_wishes_and_changes_come_first_also_without_a_risk(place: Centre) -> None:
    place.row.settings = {"absence_risk": False}
    silent, asked, changed, cancelled, anything = (place.person() for _number in range(5))
    answer(place.session, place.held, asked.id, m.Answer.CALL_ME, place.now)
    place.told_of_change(changed)
    place.told_of_change(cancelled, n.MessageKind.CANCELLATION)
    place.make(m.Task, kind="call_back", participant=anything)
    chosen = place.calls().chosen
    assert [(call.participant.id, call.reason, call.answerable) for call in chosen[:2]] == [
        (asked.id, CallReason.CALL_ME, True),
        (anything.id, CallReason.CALL_ME, True),
    ]
    assert {call.participant.id for call in chosen[2:]} == {changed.id, cancelled.id}
    assert {call.reason for call in chosen[2:]} == {CallReason.CHANGE}
    assert silent.id not in {call.participant.id for call in chosen}


def test_who_asks_for_a_call_after_a_no_is_called_about_that_session(place: Centre) -> None:
    person = place.person()
    answer(place.session, place.held, person.id, m.Answer.NOT_COMING, place.now, reason="ill")
    record = answer(place.session, place.held, person.id, m.Answer.CALL_ME, place.now)
    assert (record.answer, record.answer_reason) == (m.Answer.NOT_COMING, "ill")
    (call,) = place.calls().chosen
    assert [each.uid for each in call.sessions] == [place.held.uid]


@pytest.mark.parametrize(
    ("outcome", "given"),
    [(CallOutcome.COMING, m.Answer.COMING), (CallOutcome.NOT_COMING, m.Answer.NOT_COMING)],
)
def test_an_answer_by_telephone_is_an_answer(place: Centre, outcome: CallOutcome, given: m.Answer) -> None:
    person = place.person()
    answer(place.session, place.held, person.id, m.Answer.CALL_ME, place.now)
    place.told_of_change(person)
    place.record(person, outcome, reason=CallReason.CALL_ME, chance=0.3)
    record = place.session.query(m.AttendanceRecord).filter_by(participant_id=person.id).one()
    assert record.answer == given
    task = place.session.query(m.Task).filter_by(participant_id=person.id, kind="call_back").one()
    assert (task.state, task.outcome) == ("closed", "called")
    assert place.session.query(n.MessageTopic).filter_by(participant_id=person.id).one().confirmed_at
    assert place.session.query(n.PhoneCall).one().outcome == outcome
    assert place.listed() == set()


def test_of_a_cancelled_session_people_are_told(place: Centre) -> None:
    person = place.person()
    place.told_of_change(person, n.MessageKind.CANCELLATION)
    place.held.cancelled_at = place.now
    place.session.flush()
    (call,) = place.calls().chosen
    assert [each.cancelled for each in call.sessions] == [True]
    assert not call.answerable
    place.record(person, CallOutcome.TOLD, reason=CallReason.CHANGE)
    assert place.calls().chosen == ()


def test_nobody_is_called_again_at_once(place: Centre) -> None:
    silent, busy = place.person(), place.person()
    place.record(silent, CallOutcome.NO_ANSWER)
    place.record(busy, CallOutcome.LATER)
    assert place.listed() == set()
    assert place.listed(later=AFTER_LATER) == {busy.id}
    assert place.listed(later=AFTER_NO_ANSWER) == {busy.id, silent.id}
    tried = next(c for c in place.calls(later=AFTER_NO_ANSWER).chosen if c.participant.id == silent.id)
    assert tried.tries == 1
    for hours in (2, 4):
        place.now += timedelta(hours=hours)
        place.record(silent, CallOutcome.NO_ANSWER)
    assert silent.id not in place.listed(later=timedelta(hours=3))


def test_a_wrong_number_is_not_used_again_and_is_put_right_by_somebody(place: Centre) -> None:
    person, other = place.person(), place.person(phone="0471 99 88 77")
    nobody = place.person(phone=None)
    place.record(person, CallOutcome.WRONG_NUMBER)
    found = place.calls()
    assert [call.participant.id for call in found.chosen] == [other.id]
    assert {each.id for each in found.without_phone} == {person.id, nobody.id}
    row = place.session.query(n.ContactAddress).filter_by(channel=n.ChannelKind.VOICE, address=PHONE).one()
    assert row.state == n.AddressState.UNREACHABLE
    assert row.flagged_at == place.now
    person.phone = "+32470999888"
    place.session.flush()
    assert person.id in place.listed()


@pytest.mark.parametrize("outcome", CallOutcome)
def test_a_slip_of_the_thumb_is_undone_with_all_that_followed(place: Centre, outcome: CallOutcome) -> None:
    person = place.person()
    answer(place.session, place.held, person.id, m.Answer.CALL_ME, place.now - timedelta(hours=1))
    place.told_of_change(person)
    before = place.calls().chosen
    (call,) = place.record(person, outcome, reason=CallReason.CALL_ME)
    assert place.calls().chosen != before
    assert take_back_call(place.session, place.row, call.id, place.now + timedelta(minutes=5)) is person
    assert place.calls().chosen == before
    record = place.session.query(m.AttendanceRecord).filter_by(participant_id=person.id).one()
    assert record.answer == m.Answer.CALL_ME
    assert place.session.query(n.PhoneCall).count() == 0
    assert place.session.query(n.MessageTopic).one().confirmed_at is None
    assert place.session.query(m.FreedSeat).filter_by(state=m.FreedState.WAITING).count() == 0


def test_what_was_said_since_stays_and_yesterday_cannot_be_undone(place: Centre) -> None:
    person = place.person()
    (call,) = place.record(person, CallOutcome.NOT_COMING)
    answer(place.session, place.held, person.id, m.Answer.COMING, place.now + timedelta(minutes=1))
    take_back_call(place.session, place.row, call.id, place.now + timedelta(minutes=5))
    assert place.session.query(m.AttendanceRecord).one().answer == m.Answer.COMING
    (call,) = place.record(person, CallOutcome.LATER)
    with pytest.raises(InvalidInputError, match="aujourd'hui"):
        take_back_call(place.session, place.row, call.id, place.now + timedelta(days=1))


def test_the_same_tap_twice_is_one_call(place: Centre) -> None:
    person = place.person()
    first = place.record(person, CallOutcome.NO_ANSWER)
    assert place.record(person, CallOutcome.NO_ANSWER) == first
    place.now += timedelta(minutes=1)
    assert place.record(person, CallOutcome.NO_ANSWER) == first
    assert place.record(person, CallOutcome.COMING) != first
    assert place.session.query(n.PhoneCall).count() == 2


def test_who_was_spoken_to_is_not_asked_about_another_session_the_same_day(place: Centre) -> None:
    person = place.person()
    day, starts = TOMORROW + timedelta(1), place.held.starts_at + timedelta(1)
    other = place.make(
        m.GroupSession,
        plan=place.held.plan,
        day=day,
        starts_at=starts,
        ends_at=starts + timedelta(hours=2),
    )
    place.make(m.Attendance, session=other, participant=person)
    place.record(person, CallOutcome.COMING)
    assert place.listed() == set()
    assert place.listed(later=timedelta(days=1)) == {person.id}
    place.told_of_change(person)
    topic = place.session.query(n.MessageTopic).one()
    topic.session_uid, topic.starts_at = other.uid, starts
    place.session.flush()
    assert place.listed() == {person.id}


def test_whom_no_reminder_reached_is_called_before_others_and_told_why(place: Centre) -> None:
    told, held_back, failed, tried_again = (place.person(phone=f"+3247000000{each}") for each in range(4))
    for person, states in (
        (told, ["delivered", "withheld"]),
        (held_back, ["superseded", "withheld"]),
        (failed, ["undelivered"]),
        (tried_again, ["undelivered", "queued"]),
    ):
        for number, state in enumerate(states):
            message = place.make(
                n.Message, key=f"{person.id}-{number}", participant=person, state=state, error_code="budget"
            )
            place.make(
                n.MessageTopic,
                message=message,
                participant=person,
                session_uid=place.held.uid,
                starts_at=place.held.starts_at,
            )
    chosen = place.calls().chosen
    assert {call.participant.id for call in chosen[:2]} == {held_back.id, failed.id}
    assert [call.saved for call in chosen] == pytest.approx(
        [(1 - 0.7 / 1.14) * CALL_EFFECT] * 2 + [0.3 * CALL_EFFECT] * 2
    )
    assert "budget du mois" in str(chosen[0].reasons[0])
    assert {person.id for person, _own in unreached_people(place.session, place.row, place.now)} == {
        held_back.id,
        failed.id,
    }
    answer(place.session, place.held, failed.id, m.Answer.COMING, place.now)
    assert [each.participant_id for each in unreached(place.session, place.row, place.now)] == [held_back.id]
    # Of a session that is not held nobody needs to know.
    place.held.cancelled_at = place.now
    place.session.flush()
    assert unreached(place.session, place.row, place.now) == []


def test_what_cannot_be_answered_is_refused(place: Centre) -> None:
    person = place.person()
    with pytest.raises(NotFoundError):
        record_call(
            place.session,
            place.row,
            0,
            [place.held.uid],
            CallOutcome.COMING,
            place.now,
            reason=CallReason.RISK,
        )
    with pytest.raises(InvalidInputError):
        place.record(person, CallOutcome.COMING, uids=["gone"])
    place.held.cancelled_at = place.now
    with pytest.raises(InvalidInputError):
        place.record(person, CallOutcome.COMING)
    place.record(person, CallOutcome.TOLD)


def test_what_there_is_no_time_for_is_counted(place: Centre) -> None:
    for _number in range(5):
        place.person()
    found = place.calls(minutes=12)
    assert len(found.chosen) == 2
    assert found.left_over == 3
    assert found.minutes == 10
    assert found.saved == pytest.approx(2 * 0.3 * CALL_EFFECT)


def test_small_chances_are_nobodys_time(place: Centre) -> None:
    place.person()
    low = Fit(rule=Rule.BASE_RATE, base_rate=0.3, visits=90)
    store_fit(place.session, place.row, replace(low, base_rate=0.05), None, place.now)
    assert place.calls().chosen == ()


def test_queries_do_not_grow_with_people(place: Centre) -> None:
    def used() -> int:
        place.session.flush()
        place.session.expire_all()
        place.session.refresh(place.row)
        with recorded() as statements:
            place.calls(minutes=480)
        return len(statements)

    place.told_of_change(place.person())
    one = used()
    for _number in range(6):
        place.told_of_change(place.person())
        place.person()
    assert used() == one <= 16

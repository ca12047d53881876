"""What answers do: sessions, seats, tasks and addresses follow, once, and every answer is answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from notifications import models as n
from notifications.claimed import COLUMNS, LAST_WORD, read_claimed
from notifications.contacts import may_send, people_at
from notifications.models import ChannelKind, InboundState, Meaning, MessageKind, MessageState
from notifications.replies.acknowledge import MOST_PER_HOUR
from notifications.replies.act import act, act_on_waiting
from notifications.telephone import meaning_of_key
from notifications.wording import Told, as_facts
from scheduler import models as m
from scheduler.models import Answer
from tests.factories import Make
from tests.notifications.replies.conftest import NOW, PHONE, Phone, record_of


def test_coming_is_stored_confirmed_and_thanked_for_in_the_persons_language(
    session: Session, phone: Phone, held: m.GroupSession, person: m.Participant
) -> None:
    person.message_language = "ar"
    message = phone.send((person, held))
    row = phone.answer("نعم، شكرا")
    assert (row.state, row.meaning) == (InboundState.DONE, Meaning.COMING)
    assert (row.participant_id, row.about_id) == (person.id, message.id)
    assert record_of(session, person).answer == Answer.COMING
    assert message.topics[0].confirmed_at == phone.now
    (said,) = phone.said
    assert (said.language, said.channel, said.address) == ("ar", ChannelKind.SMS, PHONE)
    assert said.facts["answer"] == "thanks_coming"
    assert "Amira" in said.body


def test_not_coming_frees_the_seat_and_asks_why(
    session: Session, phone: Phone, held: m.GroupSession, person: m.Participant
) -> None:
    phone.send((person, held))
    phone.answer("Je ne peux pas venir désolée")
    assert record_of(session, person).answer == Answer.NOT_COMING
    seat = session.scalars(select(m.FreedSeat)).one()
    assert (seat.session_uid, seat.participant_id) == (held.uid, person.id)
    name, text = phone.last()
    assert name == "thanks_cannot"
    assert "1 = malade" in text
    row = phone.answer("2")
    assert (row.meaning, row.state) == (Meaning.REASON, InboundState.DONE)
    assert record_of(session, person).answer_reason == "child"
    assert phone.last()[0] == "thanks"
    # Nothing is asked twice, and thanks for thanks end it.
    phone.answer("merci")
    assert len(phone.said) == 2
    phone.answer("2")
    assert record_of(session, person).answer_reason == "child"
    assert phone.last()[0] == "thanks"


def test_an_excuse_is_not_asked_for_again(
    session: Session, phone: Phone, held: m.GroupSession, person: m.Participant
) -> None:
    phone.send((person, held))
    phone.answer("non, je suis malade")
    record = record_of(session, person)
    assert (record.answer, record.answer_reason) == (Answer.NOT_COMING, "ill")
    assert phone.last()[0] == "thanks"


def test_the_last_answer_counts_and_keeps_the_seat(
    session: Session, phone: Phone, held: m.GroupSession, person: m.Participant
) -> None:
    phone.send((person, held))
    phone.answer("2")
    assert phone.said
    # Yes is no reason for not coming: it may be a change of mind.
    assert phone.answer("oui").state == InboundState.OPEN
    phone.answer("3")
    assert phone.said
    assert record_of(session, person).answer == Answer.NOT_COMING
    phone.answer("oui je viens")
    assert record_of(session, person).answer == Answer.COMING
    assert session.scalars(select(m.FreedSeat.state)).one() == m.FreedState.CLOSED


def test_a_seat_that_somebody_else_took_is_gone(
    session: Session, phone: Phone, make: Make, held: m.GroupSession, person: m.Participant
) -> None:
    phone.send((person, held))
    phone.answer("non, je suis malade")
    session.scalars(select(m.FreedSeat)).one().state = m.FreedState.TAKEN
    assert phone.said
    row = phone.answer("oui je viens")
    assert record_of(session, person).answer == Answer.NOT_COMING
    assert row.state == InboundState.OPEN
    assert phone.last()[0] == "place_gone"


def test_call_me_is_one_task(
    session: Session, phone: Phone, held: m.GroupSession, person: m.Participant
) -> None:
    phone.send((person, held))
    phone.answer("Appelez-moi svp")
    phone.answer("9")
    task = session.scalars(select(m.Task)).one()
    assert (task.kind, task.participant_id, task.session_uid) == ("call_back", person.id, held.uid)
    assert phone.last()[0] == "we_will_call"


def test_call_me_about_nothing_is_a_task_too(session: Session, phone: Phone, person: m.Participant) -> None:
    phone.answer("appelez moi")
    assert session.scalars(select(m.Task.session_uid)).one() is None


def test_unknown_words_are_put_before_a_person_and_the_question_is_explained_once(
    session: Session, phone: Phone, held: m.GroupSession, person: m.Participant
) -> None:
    phone.send((person, held))
    row = phone.answer("Je peux venir avec ma soeur ?")
    assert (row.state, row.meaning, row.participant_id) == (InboundState.OPEN, Meaning.UNKNOWN, person.id)
    name, text = phone.last()
    assert name == "not_understood"
    assert "1 = je viens" in text
    assert phone.answer("Et mon fils ?").state == InboundState.OPEN
    assert len(phone.said) == 1
    assert phone.answer("1").meaning is not Meaning.UNKNOWN
    assert record_of(session, person).answer == Answer.COMING


def test_an_answer_to_nothing_is_read_by_a_person(phone: Phone, person: m.Participant) -> None:
    row = phone.answer("oui")
    assert (row.state, row.participant_id) == (InboundState.OPEN, person.id)
    assert phone.last()[0] == "thanks"


def test_an_unknown_number_is_read_by_a_person_and_not_written_to(phone: Phone) -> None:
    row = phone.answer("oui", address="+32470999999")
    assert (row.state, row.participant_id) == (InboundState.OPEN, None)
    assert phone.said == []


def test_after_the_session_it_is_too_late(
    session: Session, phone: Phone, held: m.GroupSession, person: m.Participant
) -> None:
    phone.send((person, held))
    phone.now += timedelta(days=3)
    phone.answer("oui")
    assert session.scalars(select(m.AttendanceRecord)).first() is None
    assert phone.last()[0] == "too_late"


def test_a_day_that_was_not_asked_about_is_read_by_a_person(
    session: Session, phone: Phone, held: m.GroupSession, person: m.Participant
) -> None:
    phone.send((person, held))
    assert phone.answer("je ne viens pas aujourd'hui").state == InboundState.OPEN
    assert phone.answer("je ne viens pas demain").state == InboundState.DONE
    assert record_of(session, person).answer == Answer.NOT_COMING


def test_a_household_answers_for_all_the_message_spoke_of(
    session: Session, phone: Phone, make: Make, held: m.GroupSession, person: m.Participant
) -> None:
    brother = make(m.Participant, first_name="Bilal", phone=PHONE)
    make(m.Attendance, session=held, participant=brother)
    phone.send((person, held), (brother, held))
    row = phone.answer("1")
    assert row.participant_id is None
    assert record_of(session, person).answer == record_of(session, brother).answer == Answer.COMING
    assert "Bilal" in phone.last()[1]
    # A name then says who is meant, and is not passed over.
    assert phone.answer("Amira non").state == InboundState.OPEN


def test_of_two_people_of_one_telephone_it_is_asked_who_is_meant(
    session: Session, phone: Phone, make: Make, held: m.GroupSession, person: m.Participant
) -> None:
    brother = make(m.Participant, first_name="Bilal", phone=PHONE)
    make(m.Attendance, session=held, participant=brother)
    first = phone.send((person, held))
    phone.send((brother, held))
    asked = phone.answer("2")
    assert asked.state == InboundState.OPEN
    assert session.scalars(select(m.AttendanceRecord)).first() is None
    name, text = phone.last()
    assert name == "which"
    assert "1 = Amira :" in text
    assert "2 = Bilal :" in text
    settled = phone.answer("1")
    assert (settled.state, asked.state) == (InboundState.DONE, InboundState.DONE)
    assert (asked.participant_id, settled.meaning) == (person.id, Meaning.NOT_COMING)
    assert record_of(session, person).answer == Answer.NOT_COMING
    assert session.scalars(select(m.AttendanceRecord).filter_by(participant_id=brother.id)).first() is None
    name, text = phone.last()
    assert (name, "Merci Amira" in text) == ("thanks_cannot", True)
    phone.answer("1")
    assert record_of(session, person).answer_reason == "ill"
    # A reply to one message by name of the provider is certain.
    assert phone.answer("1", about_id=first.id).state == InboundState.DONE
    assert record_of(session, person).answer == Answer.COMING


@pytest.fixture
def thursday(make: Make, held: m.GroupSession, person: m.Participant) -> m.GroupSession:
    """A second session of Amira's, three days after the first."""
    found = make(
        m.GroupSession,
        plan=held.plan,
        starts_at=held.starts_at + timedelta(days=3),
        ends_at=held.ends_at + timedelta(days=3),
    )
    make(m.Attendance, session=found, participant=person)
    return found


def answers_of(session: Session, person: m.Participant) -> dict[str, Answer | None]:
    found = session.scalars(select(m.AttendanceRecord).filter_by(participant_id=person.id))
    return {row.session_uid: row.answer for row in found}


def test_a_no_to_two_messages_at_once_is_asked_about(
    session: Session, phone: Phone, held: m.GroupSession, thursday: m.GroupSession, person: m.Participant
) -> None:
    phone.send((person, held))
    phone.send((person, thursday))
    assert phone.answer("je ne peux pas").state == InboundState.OPEN
    assert answers_of(session, person) == {}
    assert phone.last()[0] == "which"
    # The day may be named as well as the number.
    assert phone.answer("lundi").state == InboundState.DONE
    assert answers_of(session, person) == {held.uid: Answer.NOT_COMING}
    assert phone.last()[0] == "thanks_cannot"


def test_a_day_says_which_of_two_messages_is_meant(
    session: Session, phone: Phone, held: m.GroupSession, thursday: m.GroupSession, person: m.Participant
) -> None:
    phone.send((person, held))
    phone.send((person, thursday))
    assert phone.answer("lundi je ne peux pas").state == InboundState.DONE
    assert answers_of(session, person) == {held.uid: Answer.NOT_COMING}


def test_each_session_gets_its_own_answer(
    session: Session, phone: Phone, held: m.GroupSession, thursday: m.GroupSession, person: m.Participant
) -> None:
    phone.send((person, held), (person, thursday), kind=MessageKind.CHANGE)
    row = phone.answer("lundi non, jeudi oui")
    assert (row.state, row.meaning) == (InboundState.DONE, Meaning.MIXED)
    assert answers_of(session, person) == {held.uid: Answer.NOT_COMING, thursday.uid: Answer.COMING}
    name, text = phone.last()
    assert name == "thanks_some"
    assert (
        text.index("jeudi") < text.index("Vous ne venez pas") < text.index("lundi") < text.index("Pourquoi")
    )
    phone.answer("1")
    records = session.scalars(select(m.AttendanceRecord)).all()
    assert {row.session_uid: row.answer_reason for row in records} == {held.uid: "ill", thursday.uid: ""}


def both(*held: m.GroupSession, **changes: str) -> dict[str, Any]:
    """What a message about some sessions is filled with."""
    return as_facts({"sessions": [Told(starts_at=each.starts_at, **changes) for each in held]})


@pytest.mark.parametrize("kind", [MessageKind.REMINDER, MessageKind.CHANGE])
def test_a_no_to_a_message_about_two_days_is_asked_about_and_a_yes_is_not(
    session: Session,
    phone: Phone,
    held: m.GroupSession,
    thursday: m.GroupSession,
    person: m.Participant,
    kind: MessageKind,
) -> None:
    phone.send((person, held), (person, thursday), kind=kind, facts=both(held, thursday))
    assert phone.answer("2").state == InboundState.OPEN
    assert answers_of(session, person) == {}
    assert phone.last()[0] == "which"
    assert phone.answer("2").state == InboundState.DONE
    assert answers_of(session, person) == {thursday.uid: Answer.NOT_COMING}
    assert phone.answer("1").state == InboundState.DONE  # the reason
    phone.send((person, held), (person, thursday), kind=kind, facts=both(held, thursday))
    assert phone.answer("1").state == InboundState.DONE
    assert set(answers_of(session, person).values()) == {Answer.COMING}


def test_a_no_by_key_to_a_call_about_two_days_asks_for_a_call(
    session: Session, phone: Phone, held: m.GroupSession, thursday: m.GroupSession, person: m.Participant
) -> None:
    facts = both(held, thursday)
    message = phone.send((person, held), (person, thursday), channel=ChannelKind.VOICE, facts=facts)
    assert [meaning_of_key(message, digit) for digit in "12"] == ["coming", "call_me"]
    row = phone.answer("2", channel=ChannelKind.VOICE, about_id=message.id)
    assert (row.state, row.meaning) == (InboundState.DONE, Meaning.CALL_ME)
    assert answers_of(session, person) == {held.uid: Answer.CALL_ME}
    assert len(session.scalars(select(m.Task).filter_by(kind="call_back")).all()) == 1


def test_all_sessions_of_a_message_are_meant_by_a_number(
    session: Session, phone: Phone, held: m.GroupSession, thursday: m.GroupSession, person: m.Participant
) -> None:
    phone.send((person, held), (person, thursday), kind=MessageKind.CHANGE)
    assert phone.answer("1").state == InboundState.DONE
    assert set(answers_of(session, person).values()) == {Answer.COMING}
    assert phone.answer("vendredi non").state == InboundState.OPEN


def test_what_cannot_be_opened_is_said_and_put_before_a_person(
    session: Session, phone: Phone, held: m.GroupSession, person: m.Participant
) -> None:
    phone.send((person, held))
    assert phone.answer("[audio]", channel=ChannelKind.WHATSAPP).state == InboundState.OPEN
    name, text = phone.last()
    assert name == "not_opened"
    assert "1 = je viens" in text
    # With words beside it, somebody looks at both.
    assert phone.answer("oui [image]", channel=ChannelKind.WHATSAPP).state == InboundState.OPEN
    assert len(phone.said) == 1
    assert session.scalars(select(m.AttendanceRecord)).first() is None


def test_help_is_explained_and_read(
    session: Session, phone: Phone, held: m.GroupSession, person: m.Participant
) -> None:
    row = phone.answer("AIDE")
    assert (row.state, row.meaning) == (InboundState.OPEN, Meaning.HELP)
    name, text = phone.last()
    assert name == "help"
    assert "STOP" in text
    assert "1 =" not in text
    phone.send((person, held))
    phone.answer("help")
    assert "1 = je viens" in phone.last()[1]


def test_two_answers_that_differ_are_both_kept_and_the_last_counts(
    session: Session, phone: Phone, held: m.GroupSession, person: m.Participant
) -> None:
    phone.send((person, held))
    rows = [phone.answer("1"), phone.answer("je ne peux pas"), phone.answer("je viens")]
    assert [row.meaning for row in rows] == [Meaning.COMING, Meaning.NOT_COMING, Meaning.COMING]
    assert record_of(session, person).answer == Answer.COMING


def test_who_wants_no_messages_is_heard_and_not_answered(
    session: Session, phone: Phone, held: m.GroupSession, person: m.Participant
) -> None:
    phone.send((person, held))
    phone.answer("STOP")
    assert phone.answer("2").state == InboundState.DONE
    assert record_of(session, person).answer == Answer.NOT_COMING
    assert [row.facts["answer"] for row in phone.said] == ["opted_out"]


def test_silence_for_a_shared_telephone_is_before_the_team_with_everybody_there(
    session: Session, phone: Phone, make: Make, centre: m.Centre, held: m.GroupSession, person: m.Participant
) -> None:
    make(m.Participant, first_name="Bilal", phone=PHONE)
    phone.send((person, held))
    assert phone.answer("je stop pas").state == InboundState.OPEN
    phone.answer("STOP")
    people = people_at(session, centre.id, ChannelKind.SMS, PHONE)
    assert {each.first_name for each in people} == {"Amira", "Bilal"}
    assert not may_send(session, centre.id, ChannelKind.SMS, PHONE)


def test_stop_holds_at_once_and_is_confirmed(
    session: Session, phone: Phone, make: Make, held: m.GroupSession, person: m.Participant
) -> None:
    phone.send((person, held))
    waiting = make(n.Message, participant=person, address=PHONE)
    row = phone.answer("ARRÊT")
    assert (row.state, row.meaning) == (InboundState.DONE, Meaning.STOP)
    known = session.scalars(select(n.ContactAddress)).one()
    assert (known.state, known.flagged_at) == (n.AddressState.OPTED_OUT, phone.now)
    session.refresh(waiting)
    assert waiting.state == MessageState.WITHHELD
    said = session.scalars(select(n.Message).where(n.Message.kind == MessageKind.ANSWER)).one()
    assert (said.facts["answer"], said.step) == ("opted_out", LAST_WORD)
    columns = session.execute(select(*COLUMNS).where(n.Message.id == said.id)).all()
    assert read_claimed(session, columns, phone.now)[0].closed is None
    phone.answer("stop")
    assert len(phone.said) == 1
    phone.answer("START")
    session.refresh(known)
    assert known.state == n.AddressState.USABLE
    assert phone.last()[0] == "opted_in"


def test_a_key_in_a_call_counts_and_is_not_answered_in_writing(
    session: Session, phone: Phone, held: m.GroupSession, person: m.Participant
) -> None:
    message = phone.send((person, held), channel=ChannelKind.VOICE)
    phone.answer("2", channel=ChannelKind.VOICE, about_id=message.id)
    assert record_of(session, person).answer == Answer.NOT_COMING
    # In the same call it was asked why: there a 1 is no "I come".
    row = phone.answer("1", channel=ChannelKind.VOICE, about_id=message.id, button="reason")
    assert (row.meaning, row.state) == (Meaning.REASON, InboundState.DONE)
    kept = record_of(session, person)
    assert (kept.answer, kept.answer_reason) == (Answer.NOT_COMING, "ill")
    assert phone.said == []


def test_who_can_only_be_called_hears_in_another_call_what_the_first_did_not_say(
    phone: Phone, held: m.GroupSession, person: m.Participant
) -> None:
    person.phone = "081 22 33 44"
    message = phone.send((person, held), channel=ChannelKind.VOICE, address="+3281223344")
    phone.now += timedelta(days=3)
    phone.answer("1", channel=ChannelKind.VOICE, about_id=message.id, address="+3281223344")
    (said,) = phone.said
    assert (said.channel, said.facts["answer"]) == (ChannelKind.VOICE, "too_late")


def test_a_cancellation_is_confirmed(
    session: Session, phone: Phone, held: m.GroupSession, person: m.Participant
) -> None:
    held.cancelled_at = NOW
    message = phone.send((person, held), kind=MessageKind.CANCELLATION)
    assert phone.answer("ok").state == InboundState.DONE
    assert message.topics[0].confirmed_at == phone.now
    assert session.scalars(select(m.AttendanceRecord)).first() is None
    assert phone.last()[0] == "thanks"


def test_a_mark_for_a_session_is_kept(phone: Phone, held: m.GroupSession, person: m.Participant) -> None:
    phone.send((person, held), kind=MessageKind.SATISFACTION)
    row = phone.answer("3")
    assert (row.meaning, row.choice, row.state) == (Meaning.CHOICE, 3, InboundState.DONE)


def test_a_place_is_chosen_by_number(
    session: Session, phone: Phone, make: Make, held: m.GroupSession, person: m.Participant
) -> None:
    offer = make(
        m.ChoiceOffer,
        participant=person,
        activity=held.activity,
        session_uid=held.uid,
        state=m.OfferState.OPEN,
        opened_at=NOW,
    )
    make(
        m.ChoicePlace,
        offer=offer,
        session_uid=held.uid,
        starts_at=held.starts_at,
        ends_at=held.ends_at,
        site=held.site,
    )
    facts = {"choices": [{"starts_at": held.starts_at.isoformat()}], "offer_id": offer.id}
    phone.send((person, held), kind=MessageKind.INVITATION, facts=facts)
    row = phone.answer("1")
    assert (row.meaning, row.choice) == (Meaning.CHOICE, 1)
    session.refresh(offer)
    assert offer.chosen_number == 1
    assert record_of(session, person).answer == Answer.COMING
    assert phone.last()[0] == "place_chosen"
    assert phone.answer("4").state == InboundState.OPEN
    # Whoever thinks better of it later stays away like everybody else.
    phone.answer("non merci")
    session.expire_all()
    assert record_of(session, person).answer == Answer.NOT_COMING
    assert phone.last()[0] == "thanks_cannot"
    phone.answer("1")
    assert record_of(session, person).answer_reason == "ill"


def test_a_seat_that_is_declined_goes_to_the_next(
    session: Session, phone: Phone, make: Make, held: m.GroupSession, person: m.Participant
) -> None:
    seat = make(m.FreedSeat, session_uid=held.uid, state=m.FreedState.OFFERED)
    offer = make(
        m.ChoiceOffer,
        participant=person,
        activity=held.activity,
        kind=m.OfferKind.FREED_SEAT,
        freed_seat_id=seat.id,
        state=m.OfferState.OPEN,
        opened_at=NOW,
    )
    phone.send((person, held), kind=MessageKind.FREED_SEAT)
    phone.answer("non merci")
    session.refresh(offer)
    session.refresh(seat)
    assert (offer.state, seat.state) == (m.OfferState.DECLINED, m.FreedState.WAITING)
    assert phone.last()[0] == "thanks"


def test_machines_are_not_thanked(
    session: Session, phone: Phone, held: m.GroupSession, person: m.Participant
) -> None:
    message = phone.send((person, held), body="Nous vous attendons demain.")
    assert phone.answer("Nous vous attendons demain.").state == InboundState.DONE
    away = "Réponse automatique : je suis absent du bureau."
    assert phone.answer(away, channel=ChannelKind.EMAIL, about_id=message.id).state == InboundState.DONE
    assert phone.said == []
    for _again in range(MOST_PER_HOUR + 3):
        phone.answer("1")
    assert len(phone.said) == MOST_PER_HOUR


def test_words_of_the_team_are_answered_to_the_team(
    session: Session, phone: Phone, held: m.GroupSession, person: m.Participant
) -> None:
    phone.send((person, held))
    phone.now += timedelta(minutes=5)
    phone.send((person, held), kind=MessageKind.ANSWER, facts={"written_by": 1}, body="Et jeudi ?")
    row = phone.answer("oui")
    assert (row.state, row.participant_id) == (InboundState.OPEN, person.id)
    assert session.scalars(select(m.AttendanceRecord)).first() is None


def test_an_answer_is_acted_on_once_and_a_fault_leaves_it_to_a_person(
    session: Session, phone: Phone, make: Make, held: m.GroupSession, person: m.Participant,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    phone.send((person, held))
    first = make(n.InboundMessage, body="1", address=PHONE, received_at=NOW + timedelta(minutes=1))
    second = make(n.InboundMessage, body="2", address=PHONE, received_at=NOW + timedelta(minutes=2))
    session.commit()
    assert act_on_waiting(session, lambda: NOW + timedelta(minutes=3)) == 2
    assert not act(session, first.id, NOW)
    assert record_of(session, person).answer == Answer.NOT_COMING
    broken = make(n.InboundMessage, body="1", address=PHONE, received_at=NOW + timedelta(minutes=4))
    session.commit()

    def fail(*_args: object) -> None:
        raise RuntimeError("fault")

    def wait(*_args: object) -> None:
        raise OperationalError("UPDATE", {}, RuntimeError("deadlock detected"))

    monkeypatch.setattr("notifications.replies.act.find_context", wait)
    assert act_on_waiting(session, lambda: NOW) == 0
    session.expire_all()
    assert broken.state == InboundState.RECEIVED
    monkeypatch.setattr("notifications.replies.act.find_context", fail)
    assert act_on_waiting(session, lambda: NOW) == 0
    session.expire_all()
    assert (second.state, broken.state) == (InboundState.DONE, InboundState.OPEN)


def test_what_asks_about_no_session_is_no_rival_of_a_reminder_to_the_same_person(
    session: Session, phone: Phone, make: Make, held: m.GroupSession, person: m.Participant
) -> None:
    phone.send((person, held))
    make(
        n.Message,
        participant=person,
        kind=MessageKind.SATISFACTION,
        address=PHONE,
        state=MessageState.DELIVERED,
        sent_at=NOW + timedelta(seconds=30),
        created_at=NOW + timedelta(seconds=30),
    )
    row = phone.answer("3")
    assert (row.meaning, row.choice, row.state) == (Meaning.CHOICE, 3, InboundState.DONE)

"""Answers that come late, cross one another, or would once have been taken for something else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications import models as n
from notifications.models import ChannelKind, InboundState, MessageKind, MessageState
from notifications.replies import handling
from notifications.replies.act import act
from scheduler import models as m
from scheduler.attendance import answer
from scheduler.errors import InvalidInputError
from scheduler.models import Answer
from tests.factories import Make
from tests.notifications.replies.conftest import NOW, PHONE, Phone, record_of


def test_the_teams_own_short_words_are_no_echo(
    session: Session, phone: Phone, held: m.GroupSession, person: m.Participant
) -> None:
    phone.send((person, held), kind=MessageKind.ANSWER, facts={"written_by": 1}, body="ok")
    # In a conversation an "ok" is what the team waits for; thanks end it.
    assert phone.answer("ok").state == InboundState.OPEN
    assert phone.answer("merci").state == InboundState.DONE
    phone.send((person, held))
    phone.answer("ok")
    assert record_of(session, person).answer == Answer.COMING


def test_a_person_may_write_of_messages_and_absences(
    phone: Phone, held: m.GroupSession, person: m.Participant
) -> None:
    phone.send((person, held), channel=ChannelKind.EMAIL)
    row = phone.answer("Voici un message d'absence : mon fils est malade.", channel=ChannelKind.EMAIL)
    assert row.state == InboundState.OPEN


@pytest.mark.parametrize("given", ["1", "2"])
def test_a_wish_to_be_called_leaves_the_answer_standing(
    session: Session, phone: Phone, held: m.GroupSession, person: m.Participant, given: str
) -> None:
    phone.send((person, held))
    phone.answer(given)
    before = record_of(session, person).answer
    phone.answer("appelez moi")
    assert record_of(session, person).answer == before
    assert session.scalars(select(m.Task.session_uid)).one() == held.uid


def test_an_answer_to_a_message_in_doubt_is_not_taken_for_one_to_an_older(
    session: Session, phone: Phone, make: Make, held: m.GroupSession, person: m.Participant
) -> None:
    moved = {"starts_at": held.starts_at + timedelta(days=1), "ends_at": held.ends_at + timedelta(days=1)}
    other = make(m.GroupSession, plan=held.plan, **moved)
    make(m.Attendance, session=other, participant=person)
    phone.send((person, held))
    phone.now += timedelta(hours=10)
    message = phone.send((person, other))
    message.state, message.sent_at, message.claimed_at = MessageState.UNCERTAIN, None, phone.now
    session.flush()
    row = phone.answer("2")
    assert (row.state, row.about_id) == (InboundState.OPEN, message.id)
    assert phone.last()[0] == "which"
    assert session.scalars(select(m.AttendanceRecord)).first() is None


def test_an_answer_counts_from_when_it_came_in(
    session: Session, phone: Phone, make: Make, held: m.GroupSession, person: m.Participant
) -> None:
    phone.send((person, held))
    said_at = held.starts_at - timedelta(minutes=10)
    row = make(n.InboundMessage, body="2", address=PHONE, received_at=said_at)
    assert act(session, row.id, held.ends_at + timedelta(minutes=5))
    record = record_of(session, person)
    assert (record.answer, record.answered_at) == (Answer.NOT_COMING, said_at)


@pytest.mark.parametrize(("at_minute", "kept"), [(30, Answer.NOT_COMING), (90, Answer.COMING)])
def test_what_was_said_since_is_not_undone_but_the_clock_may_be_put_back(
    session: Session,
    phone: Phone,
    make: Make,
    held: m.GroupSession,
    person: m.Participant,
    at_minute: int,
    kept: Answer,
) -> None:
    phone.send((person, held))
    row = make(n.InboundMessage, body="1", address=PHONE, received_at=NOW + timedelta(minutes=1))
    answer(session, held, person.id, Answer.NOT_COMING, NOW + timedelta(minutes=at_minute))
    assert act(session, row.id, NOW + timedelta(minutes=60))
    assert record_of(session, person).answer == kept
    assert row.state == InboundState.DONE


def test_who_would_come_for_nothing_is_put_before_the_team(
    phone: Phone, held: m.GroupSession, person: m.Participant
) -> None:
    phone.send((person, held))
    held.cancelled_at = NOW
    assert phone.answer("oui").state == InboundState.OPEN
    assert phone.answer("je ne peux pas venir").state == InboundState.DONE


def test_the_reason_for_refusing_a_place_one_had_chosen_is_kept(
    session: Session, phone: Phone, make: Make, held: m.GroupSession, person: m.Participant
) -> None:
    offer = make(
        m.ChoiceOffer,
        participant=person,
        activity=held.activity,
        state=m.OfferState.CHOSEN,
        chosen_number=2,
        opened_at=NOW,
    )
    times = {"starts_at": held.starts_at, "ends_at": held.ends_at, "site": held.site}
    make(m.ChoicePlace, offer=offer, number=1, **times)
    make(m.ChoicePlace, offer=offer, number=2, session_uid=held.uid, **times)
    facts = {"choices": [{"starts_at": held.starts_at.isoformat()}] * 2, "offer_id": offer.id}
    message = phone.send((person, held), kind=MessageKind.INVITATION, facts=facts)
    message.topics[0].session_uid = "where they were before"
    phone.answer("non merci")
    assert phone.last()[0] == "thanks_cannot"
    assert phone.answer("1").state == InboundState.DONE
    assert record_of(session, person).answer_reason == "ill"


@pytest.mark.parametrize(("stays", "said"), [(True, "thanks_coming"), (False, "place_gone")])
def test_once_the_plan_has_followed_it_says_whether_there_is_room_for_both(
    session: Session,
    phone: Phone,
    make: Make,
    centre: m.Centre,
    held: m.GroupSession,
    person: m.Participant,
    stays: bool,
    said: str,
) -> None:
    seat = make(m.FreedSeat, session_uid=held.uid, participant=person, state=m.FreedState.TAKEN)
    offer = make(
        m.ChoiceOffer,
        participant=make(m.Participant),
        activity=held.activity,
        kind=m.OfferKind.FREED_SEAT,
        freed_seat_id=seat.id,
        state=m.OfferState.CHOSEN,
    )
    phone.send((person, held))
    row = phone.answer("oui")
    assert (row.state, phone.last()[0]) == (InboundState.OPEN, "place_gone")
    with pytest.raises(InvalidInputError):
        handling.understand_as(session, centre, row, held.uid, person.id, Answer.COMING, phone.now, 1)
    offer.state = m.OfferState.APPLIED
    held.attendances[0].excluded = not stays
    session.flush()
    phone.answer("oui je viens")
    assert phone.last()[0] == said

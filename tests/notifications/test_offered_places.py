"""Messages about places: the invitation, its answer, the reminder without one, and what the clock does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import InboundMessage, Message, MessageKind, MessageState
from notifications.offered_places import take_back, tell_offers
from notifications.replies.act import act
from notifications.settling import Means, settle_choices
from scheduler import models as m
from scheduler.attendance import answer, session_in_force
from scheduler.choices import choose, propose, withdraw
from scheduler.choices.freed import offer_freed_seat
from scheduler.choices.rounds import send_round
from scheduler.in_force import sessions_in_force
from tests.factories import MONDAY, Make
from tests.planning import World, hold
from tests.scheduler.choices.conftest import LAST, TUESDAY, enrol, interview, ready, world

__all__ = ["enrol", "interview", "ready", "world"]

#: What follows from rules, not from SQL, is tested once.
one_database = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

MEANS = Means(secret_key="secret", public_url="https://semainier.example")


@pytest.fixture
def invited(
    session: Session, centre: m.Centre, world: World, interview: Any, ready: Any, now: datetime
) -> m.ChoiceOffer:
    """Somebody with a telephone, invited to choose their interview."""
    world["person"].phone, world["person"].first_name = "+32470123456", "Amina"
    world["interview"].neutral_name = "Rendez-vous"
    centre.settings = {"message_name": "CPAS"}
    interview(world["person"])
    ready()
    made = propose(session, centre, world["interview"].id, MONDAY, LAST, now)
    (offer,) = send_round(session, centre, made, now)
    assert tell_offers(session, centre, [offer], now) == 1
    return offer


def messages(session: Session) -> list[Message]:
    return list(session.scalars(select(Message).order_by(Message.id)))


def settle(session: Session, at: datetime) -> dict[str, int]:
    session.commit()
    return settle_choices(session, lambda: at, MEANS)


@one_database
def test_an_invitation_names_the_places_and_the_deadline_once(
    session: Session, centre: m.Centre, invited: m.ChoiceOffer, now: datetime
) -> None:
    (sent,) = messages(session)
    assert (sent.kind, sent.state, sent.expires_at) == (
        MessageKind.INVITATION,
        MessageState.QUEUED,
        invited.expires_at,
    )
    for part in ("Amina", "1 = mardi 8/12, 9h - 10h", "2 = ", "3 = ", "25/11"):
        assert part in sent.body
    assert sent.facts["offer_id"] == invited.id
    assert tell_offers(session, centre, [invited], now) == 0
    withdraw(session, [invited], now)
    assert take_back(session, centre, [invited], now) == 1
    assert sent.state == MessageState.SUPERSEDED


def test_answering_the_number_is_choosing(
    session: Session, centre: m.Centre, world: World, make: Make, invited: m.ChoiceOffer, now: datetime
) -> None:
    (sent,) = messages(session)
    sent.state, sent.sent_at = MessageState.DELIVERED, now
    inbound = make(
        InboundMessage,
        address=sent.address,
        body="2",
        received_at=now + timedelta(hours=1),
        channel=sent.channel,
    )
    session.flush()
    assert act(session, inbound.id, now + timedelta(hours=1))
    assert (invited.state, invited.chosen_number) == (m.OfferState.CHOSEN, 2)
    assert messages(session)[-1].facts["answer"] == "place_chosen"
    # Choices gather before they become a version; then nobody is told what they chose themselves.
    assert settle(session, now + timedelta(hours=1, minutes=5))["applied"] == 0
    assert settle(session, now + timedelta(hours=1, minutes=11))["applied"] == 1
    held = {x.uid: x for x in sessions_in_force(session, centre.id, MONDAY, LAST)}
    assert held[invited.session_uid or ""].starts_at == invited.places[1].starts_at
    assert [x.kind for x in messages(session)] == [MessageKind.INVITATION, MessageKind.ANSWER]


@one_database
def test_without_an_answer_a_reminder_says_which_place_it_is(
    session: Session, invited: m.ChoiceOffer, now: datetime
) -> None:
    assert settle(session, now + timedelta(hours=47))["expired"] == 0
    assert settle(session, now + timedelta(hours=49))["expired"] == 1
    sent = messages(session)[-1]
    assert (sent.kind, sent.step) == (MessageKind.REMINDER, "choice")
    assert "mardi 8/12" in sent.body
    assert set(settle(session, now + timedelta(hours=50)).values()) == {0}


@one_database
def test_whoever_loses_a_place_to_the_plan_is_told_what_is_left(
    session: Session, centre: m.Centre, world: World, invited: m.ChoiceOffer, now: datetime
) -> None:
    (sent,) = messages(session)
    sent.state, sent.sent_at = MessageState.DELIVERED, now

    def take(*numbers: int) -> None:
        for number in numbers:
            invited.places[number - 1].state = m.PlaceState.LOST

    take(2)
    assert settle(session, now + timedelta(minutes=1))["lost"] == 1
    again = messages(session)[-1]
    assert (again.kind, again.facts["numbers"]) == (MessageKind.INVITATION, [1, 3])
    assert "2 = " in again.body
    assert "3 = " not in again.body
    assert settle(session, now + timedelta(minutes=2))["lost"] == 0
    # Of what has not left yet only the last is sent.
    take(3)
    assert settle(session, now + timedelta(minutes=3))["lost"] == 1
    assert again.state == MessageState.SUPERSEDED
    kept = messages(session)[-1]
    assert (kept.kind, kept.step, invited.state) == (MessageKind.REMINDER, "choice", m.OfferState.EXPIRED)


@one_database
def test_whoever_loses_everything_is_told_so(session: Session, invited: m.ChoiceOffer, now: datetime) -> None:
    for place in invited.places:
        place.state = m.PlaceState.LOST
    assert settle(session, now + timedelta(minutes=1))["lost"] == 1
    first, last = messages(session)
    assert first.state == MessageState.SUPERSEDED
    assert (last.kind, last.facts["answer"]) == (MessageKind.ANSWER, "place_gone")
    assert session.scalars(select(m.Task.kind)).all() == ["choice_refused"]


@one_database
def test_whoever_loses_the_place_they_chose_hears_what_is_left_and_chooses_again(
    session: Session, make: Make, world: World, invited: m.ChoiceOffer, now: datetime
) -> None:
    choose(session, invited, 2, now)
    place = invited.places[1]
    make(m.BusyPeriod, participant=world["person"], starts_at=place.starts_at, ends_at=place.ends_at)
    for each in messages(session):
        each.state, each.sent_at = MessageState.DELIVERED, now
    assert settle(session, now + timedelta(minutes=15))["refused"] == 1
    assert settle(session, now + timedelta(minutes=16))["lost"] == 1
    sent = messages(session)[-1]
    assert (sent.kind, sent.facts["answer"], sent.facts["numbers"]) == (
        MessageKind.ANSWER,
        "place_gone",
        [1, 3],
    )
    for part in ("déjà prise", "1 = mardi 8/12, 9h - 10h", "2 = "):
        assert part in sent.body
    sent.state, sent.sent_at = MessageState.DELIVERED, now + timedelta(minutes=17)
    inbound = make(
        InboundMessage,
        address=sent.address,
        body="2",
        received_at=now + timedelta(hours=1),
        channel=sent.channel,
    )
    session.flush()
    assert act(session, inbound.id, now + timedelta(hours=1))
    assert (invited.state, invited.chosen_number) == (m.OfferState.CHOSEN, 3)


@one_database
def test_a_freed_seat_is_offered_and_then_the_next_is_asked(
    session: Session,
    centre: m.Centre,
    world: World,
    make: Make,
    enrol: Callable[..., m.Participant],
    ready: Any,
    now: datetime,
) -> None:
    world["activity"].seats_max = 1
    people = [enrol(first_name=name, phone=f"+3247012345{n}") for n, name in enumerate(("Bilal", "Chiara"))]
    row = hold(make, world, world["plan"], TUESDAY, world["person"])
    ready()
    held = session_in_force(session, centre.id, row.uid)
    answer(session, held, world["person"].id, m.Answer.NOT_COMING, now)
    assert len(offer_freed_seat(session, centre, row.uid, now)) == 1
    assert settle(session, now)["asked"] == 1
    assert settle(session, now + timedelta(minutes=1))["asked"] == 0
    assert settle(session, now + timedelta(hours=4))["asked"] == 1
    assert [(x.kind, x.participant_id) for x in messages(session)] == [
        (MessageKind.FREED_SEAT, person.id) for person in people
    ]
    assert "Une place est libre" in messages(session)[0].body

"""How people are reached, and what is learned of their addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.orm import Session

from notifications.contact_file import belongs_to, contact_file, flagged, forget_strangers, settle
from notifications.contacts import (
    Route,
    exempt_people,
    learn,
    may_send,
    note_inbound,
    opt_in,
    opt_out,
    people_at,
    phone_number,
    routes,
    routes_of,
    sender_of,
    takes_free_text,
)
from notifications.models import AddressState, ChannelKind, ContactAddress, ContactChoice
from scheduler.models import Centre, Participant
from tests.factories import Make

SMS, WHATSAPP, VOICE, EMAIL = (
    ChannelKind.SMS,
    ChannelKind.WHATSAPP,
    ChannelKind.VOICE,
    ChannelKind.EMAIL,
)
MOBILE, LANDLINE = "+32470123456", "+3281223344"


@pytest.fixture
def person(make: Make) -> Participant:
    row: Participant = make(Participant, phone="0470 12 34 56", email="amina@example.org")
    return row


@pytest.fixture
def address(session: Session) -> Callable[[ChannelKind], ContactAddress | None]:
    """The row of a channel for the one number of a test."""

    def read(channel: ChannelKind) -> ContactAddress | None:
        return session.scalars(select(ContactAddress).where(ContactAddress.channel == channel)).one_or_none()

    return read


@pytest.fixture
def queries(session: Session) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        seen.append(statement)

    event.listen(session.get_bind(), "before_cursor_execute", note)
    yield seen
    event.remove(session.get_bind(), "before_cursor_execute", note)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0470 12 34 56", MOBILE),
        ("0470/12.34.56", MOBILE),
        ("+32 470 12 34 56", MOBILE),
        ("0032470123456", MOBILE),
        ("081 22 33 44", LANDLINE),
        ("+33 6 12 34 56 78", "+33612345678"),
        ("12", None),
        ("pas de téléphone", None),
        ("", None),
        (None, None),
    ],
)
def test_numbers_are_belgian_unless_they_say_otherwise(typed: str | None, number: str | None) -> None:
    assert phone_number(typed) == number


def test_a_person_is_reached_as_they_chose_or_else_as_everybody(
    session: Session, centre: Centre, make: Make, person: Participant
) -> None:
    usual = [Route(SMS, MOBILE), Route(VOICE, MOBILE), Route(EMAIL, "amina@example.org")]
    assert routes(session, centre, person) == usual
    centre.settings = {"message_channels": ["whatsapp", "sms", "pigeon"]}
    assert routes(session, centre, person) == [Route(WHATSAPP, MOBILE), Route(SMS, MOBILE)]
    make(ContactChoice, participant=person, channels=["voice", "email", "voice"], exempt=True)
    assert routes(session, centre, person) == [Route(VOICE, MOBILE), Route(EMAIL, "amina@example.org")]
    assert exempt_people(session, centre) == {person.id}
    person.phone, person.email = None, ""
    assert routes(session, centre, person) == []


def test_nobody_texts_a_landline(session: Session, centre: Centre, person: Participant) -> None:
    centre.settings = {"message_channels": ["sms", "whatsapp", "voice"]}
    person.phone = "081 22 33 44"
    assert routes(session, centre, person) == [Route(VOICE, LANDLINE)]


def test_routes_of_many_take_as_many_queries_as_of_three(
    session: Session, centre: Centre, make: Make, queries: list[str]
) -> None:
    people = [make(Participant, phone=f"0470 00 {n // 100:02d} {n % 100:02d}") for n in range(130)]
    opt_out(session, centre.id, SMS, "+32470000007", datetime.now().astimezone())
    counts = []
    for chosen in (people[:3], people):
        queries.clear()
        found = routes_of(session, centre, chosen)
        counts.append(len(queries))
        assert list(found) == [each.id for each in chosen]
    assert counts == [2, 2]
    assert [route.channel for route in found[people[7].id]] == [VOICE]
    assert [route.channel for route in found[people[8].id]] == [SMS, VOICE]


def test_a_dead_number_is_learned_on_every_channel_and_shown_once(
    session: Session,
    centre: Centre,
    person: Participant,
    address: Callable[..., ContactAddress],
    now: datetime,
) -> None:
    learn(session, centre.id, SMS, MOBILE, "21211", now)
    assert routes(session, centre, person) == [Route(EMAIL, "amina@example.org")]
    row = address(SMS)
    assert (row.state, row.error_code, row.flagged_at) == (AddressState.UNREACHABLE, "21211", now)
    assert address(VOICE).flagged_at is None
    settle(session, row, now, works=False)
    learn(session, centre.id, SMS, MOBILE, "21211", now + timedelta(days=1))
    assert (row.flagged_at, row.settled_at) == (now, now)


@pytest.mark.parametrize(
    ("code", "state", "flagged"),
    [
        ("30003", None, False),
        ("30005", AddressState.UNREACHABLE, True),
        ("30006", AddressState.LANDLINE, True),
        ("21610", AddressState.OPTED_OUT, True),
        ("20429", None, False),
        ("never heard of", None, False),
    ],
)
def test_each_code_teaches_what_the_table_says(
    session: Session,
    centre: Centre,
    address: Callable[..., ContactAddress | None],
    now: datetime,
    code: str,
    state: AddressState | None,
    flagged: bool,
) -> None:
    learn(session, centre.id, SMS, MOBILE, code, now)
    row = address(SMS)
    assert (row.state if row else None, bool(row and row.flagged_at)) == (state, flagged)
    assert may_send(session, centre.id, VOICE, MOBILE)


def test_who_asked_for_silence_on_a_channel_has_it_until_they_ask_again(
    session: Session,
    centre: Centre,
    person: Participant,
    address: Callable[..., ContactAddress],
    now: datetime,
) -> None:
    opt_out(session, centre.id, SMS, MOBILE, now)
    later = now + timedelta(hours=1)
    opt_out(session, centre.id, SMS, MOBILE, later)
    learn(session, centre.id, SMS, MOBILE, "30005", later)
    note_inbound(session, centre.id, SMS, MOBILE, later)
    row = address(SMS)
    assert (row.state, row.flagged_at, row.settled_at) == (AddressState.OPTED_OUT, now, None)
    assert not may_send(session, centre.id, SMS, MOBILE)
    assert routes(session, centre, person)[0] == Route(VOICE, MOBILE)
    opt_in(session, centre.id, SMS, MOBILE, later)
    assert (row.state, row.settled_at) == (AddressState.USABLE, later)
    assert routes(session, centre, person)[0] == Route(SMS, MOBILE)


def test_whoever_writes_is_alive_and_opens_a_conversation_for_a_day(
    session: Session, centre: Centre, address: Callable[..., ContactAddress | None], now: datetime
) -> None:
    note_inbound(session, centre.id, SMS, MOBILE, now)
    assert address(SMS) is None
    learn(session, centre.id, SMS, MOBILE, "30005", now)
    note_inbound(session, centre.id, SMS, MOBILE, now)
    assert may_send(session, centre.id, SMS, MOBILE)
    assert not takes_free_text(session, centre.id, MOBILE, now)
    note_inbound(session, centre.id, WHATSAPP, MOBILE, now)
    assert takes_free_text(session, centre.id, MOBILE, now + timedelta(hours=23, minutes=59))
    assert not takes_free_text(session, centre.id, MOBILE, now + timedelta(hours=24))
    learn(session, centre.id, WHATSAPP, MOBILE, "63016", now)
    assert not takes_free_text(session, centre.id, MOBILE, now)
    assert may_send(session, centre.id, WHATSAPP, MOBILE)


def test_a_number_may_be_that_of_several_people(
    session: Session, centre: Centre, make: Make, person: Participant
) -> None:
    brother = make(Participant, phone="+32 470/12.34.56")
    make(Participant, phone="0470 12 34 56", active=False)
    make(Participant, phone="+33470123456")
    make(Participant, phone=None, email="Amina@Example.org")
    assert {each.id for each in people_at(session, centre.id, SMS, MOBILE)} == {person.id, brother.id}
    assert len(people_at(session, centre.id, EMAIL, "amina@example.org")) == 2
    zoe = make(Participant, phone=None, email="ZOÉ@Example.org")
    assert people_at(session, centre.id, EMAIL, "zoé@example.org") == [zoe]
    assert people_at(session, centre.id, SMS, "+32499000000") == []


def test_a_centre_may_have_a_sender_of_its_own() -> None:
    settings = {"sms_sender": " +3280 ", "voice_sender": 7}
    assert [sender_of(settings, each) for each in (SMS, VOICE, WHATSAPP, EMAIL)] == [
        "+3280",
        None,
        None,
        None,
    ]


def test_a_number_that_is_none_is_shown_once_and_used_again_whole(
    session: Session, centre: Centre, person: Participant, now: datetime
) -> None:
    learn(session, centre.id, SMS, MOBILE, "21211", now)
    opt_out(session, centre.id, EMAIL, "amina@example.org", now)
    shown = contact_file(session, centre, person)
    assert [(row.channel, row.address) for row in shown.known] == [
        (SMS, MOBILE),
        (EMAIL, "amina@example.org"),
    ]
    assert list(shown.ways) == []
    settle(session, shown.known[0], now, works=True)
    assert [route.channel for route in contact_file(session, centre, person).ways] == [SMS, VOICE]


def test_addresses_of_nobody_are_forgotten_in_time(
    session: Session, centre: Centre, person: Participant, now: datetime
) -> None:
    for number in (MOBILE, "+32499000000"):
        opt_out(session, centre.id, SMS, number, now)
    assert forget_strangers(session, now + timedelta(days=150)) == 0
    assert forget_strangers(session, now + timedelta(days=250)) == 1
    assert session.scalars(select(ContactAddress.address)).all() == [MOBILE]


def test_silence_holds_for_a_mailbox_however_its_address_is_typed(
    session: Session, make: Make, centre: Centre, person: Participant
) -> None:
    now = datetime.now().astimezone()
    opt_out(session, centre.id, EMAIL, "Amina@Example.org", now)
    assert all(route.channel is not EMAIL for route in routes(session, centre, person))
    (known,) = contact_file(session, centre, person).known
    assert belongs_to(known, person)
    assert [each.people for each in flagged(session, centre)] == [[person]]
    assert forget_strangers(session, now + timedelta(days=4000)) == 0

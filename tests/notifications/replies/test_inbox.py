"""What waits for a person: shown with what it may be about, and settled in one act."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications import models as n
from notifications.contacts import opt_out
from notifications.models import ChannelKind, InboundState, Meaning, MessageKind, MessageState
from notifications.replies import handling, inbox
from notifications.replies.conversation import conversations, telephones
from scheduler import models as m
from scheduler.errors import InvalidInputError
from scheduler.models import Answer
from scheduler.roster_import.folding import fold
from tests.factories import Make

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
PHONE = "+32470000001"


@pytest.fixture
def held(make: Make) -> m.GroupSession:
    plan = make(m.Plan, publication=1, state=m.PlanState.PUBLISHED, published_at=NOW - timedelta(days=9))
    return make(m.GroupSession, plan=plan)


@pytest.fixture
def person(make: Make, held: m.GroupSession) -> m.Participant:
    person = make(m.Participant, first_name="Amira", last_name="Élias", phone=PHONE)
    make(m.Attendance, session=held, participant=person)
    return person


@pytest.fixture
def user(make: Make) -> m.User:
    return make(m.User)


def wait(make: Make, body: str, minutes: int = 0, **columns: object) -> n.InboundMessage:
    return make(
        n.InboundMessage,
        body=body,
        address=PHONE,
        state=InboundState.OPEN,
        meaning=Meaning.UNKNOWN,
        received_at=NOW + timedelta(minutes=minutes),
        **columns,
    )


def test_an_entry_has_all_that_is_needed_to_settle_it(
    session: Session, make: Make, centre: m.Centre, held: m.GroupSession, person: m.Participant
) -> None:
    make(n.Message, participant=person, address=PHONE, body="Vous venez ?", created_at=NOW, sent_at=NOW)
    wait(make, "Avec ma soeur ?", 1, participant_id=person.id)
    last = wait(make, "Ou seule ?", 2, participant_id=person.id)
    stranger = make(
        n.InboundMessage,
        address="+32470000009",
        state=InboundState.OPEN,
        received_at=NOW + timedelta(hours=1),
    )
    assert inbox.count_waiting(session, centre.id) == 3
    entry, unknown = inbox.list_waiting(session, centre, NOW + timedelta(hours=2))
    assert (entry.inbound.id, len(entry.open_ids), entry.person) == (last.id, 2, person)
    assert [(who.id, card.uid) for who, card in entry.sessions] == [(person.id, held.uid)]
    assert [line.body for line in entry.lines] == ["Vous venez ?", "Avec ma soeur ?", "Ou seule ?"]
    assert entry.silence == ""
    assert (unknown.inbound.id, unknown.person, unknown.people) == (stranger.id, None, ())


def test_understood_by_a_person_counts_and_settles_all_from_there(
    session: Session, make: Make, centre: m.Centre, held: m.GroupSession, person: m.Participant, user: m.User
) -> None:
    first, second = wait(make, "hm", 1), wait(make, "alors non", 2)
    handling.understand_as(session, centre, second, held.uid, person.id, Answer.NOT_COMING, NOW, user.id)
    session.expire_all()
    assert {first.state, second.state} == {InboundState.CLOSED}
    assert (second.meaning, second.participant_id, second.handled_by_id) == ("not_coming", person.id, user.id)
    record = session.scalars(select(m.AttendanceRecord)).one()
    assert record.answer == Answer.NOT_COMING
    assert session.scalars(select(m.FreedSeat.participant_id)).one() == person.id
    assert [row.id for row, _name in inbox.list_settled(session, centre.id)] == [second.id, first.id]
    handling.reopen(second)
    assert inbox.count_waiting(session, centre.id) == 1


def test_own_words_go_out_once_the_way_the_answer_came(
    session: Session, make: Make, centre: m.Centre, person: m.Participant, user: m.User
) -> None:
    row = wait(make, "?", participant_id=person.id)
    sent = handling.write(session, centre, row, "Oui, venez à deux.", NOW, user.id, form_key="k")
    assert sent is not None
    assert (sent.kind, sent.channel, sent.address) == (MessageKind.ANSWER, ChannelKind.SMS, PHONE)
    assert sent.facts["written_by"] == user.id
    assert handling.write(session, centre, row, "Oui, venez à deux.", NOW, user.id, form_key="k") is None
    for text in ("  ", "x" * (handling.LONGEST_TEXT + 1)):
        with pytest.raises(InvalidInputError):
            handling.write(session, centre, row, text, NOW, user.id, form_key="l")


def test_nothing_is_written_where_it_may_not_be(
    session: Session, make: Make, centre: m.Centre, person: m.Participant, user: m.User
) -> None:
    row = wait(make, "?", participant_id=person.id)
    opt_out(session, centre.id, ChannelKind.SMS, PHONE, NOW)
    assert inbox.list_waiting(session, centre, NOW)[0].silence == "opted_out"
    with pytest.raises(InvalidInputError):
        handling.write(session, centre, row, "Bonjour", NOW, user.id, form_key="k")
    row.channel = ChannelKind.WHATSAPP
    assert inbox.list_waiting(session, centre, NOW)[0].silence == "window"


def test_telephones_are_found_by_name_and_number(
    session: Session, make: Make, centre: m.Centre, person: m.Participant
) -> None:
    make(n.Message, participant=person, address=PHONE, created_at=NOW)
    make(n.Message, address="+32470000002", created_at=NOW + timedelta(minutes=1))
    make(n.Message, address="+32470000003", created_at=NOW, state=MessageState.SUPERSEDED)
    make(n.Message, address="a@example.org", channel=ChannelKind.EMAIL, created_at=NOW)
    found = telephones(session, centre.id, [ChannelKind.SMS])
    assert [each.address for each in found] == ["+32470000002", PHONE]
    found = telephones(session, centre.id, [ChannelKind.SMS], typed="elias", fold=fold)
    assert [(each.address, each.names) for each in found] == [(PHONE, ("Amira Élias",))]
    assert conversations(session, centre.id, []) == {}


def test_who_looks_after_an_answer_is_seen_and_may_change(
    session: Session, make: Make, centre: m.Centre, person: m.Participant, user: m.User
) -> None:
    rows = [wait(make, "?", 1), wait(make, "??", 2)]
    assert handling.take(session, rows[0], user.id)
    session.expire_all()
    assert {row.handled_by_id for row in rows} == {user.id}
    assert inbox.list_waiting(session, centre, NOW)[0].taken_by == user
    assert handling.take(session, rows[0], None)
    session.expire_all()
    assert inbox.list_waiting(session, centre, NOW)[0].taken_by is None
    handling.close(session, rows[0], NOW, user.id)
    assert not handling.take(session, rows[0], user.id)


def test_whoever_comes_second_hears_of_it(
    session: Session, make: Make, centre: m.Centre, held: m.GroupSession, person: m.Participant, user: m.User
) -> None:
    row = wait(make, "?", participant_id=person.id)
    seen = inbox.list_waiting(session, centre, NOW)[0].stamp
    handling.check_seen(session, row, seen)
    handling.write(session, centre, row, "Oui", NOW + timedelta(minutes=1), user.id, form_key="a")
    with pytest.raises(InvalidInputError, match="continué"):
        handling.check_seen(session, row, seen)
    seen = inbox.list_waiting(session, centre, NOW)[0].stamp
    wait(make, "Encore une question", 2, participant_id=person.id)
    with pytest.raises(InvalidInputError, match="continué"):
        handling.check_seen(session, row, seen)
    handling.close(session, row, NOW, user.id)
    with pytest.raises(InvalidInputError, match="vient de traiter"):
        handling.check_seen(session, row, "")
    with pytest.raises(InvalidInputError, match="vient de traiter"):
        handling.understand_as(session, centre, row, held.uid, person.id, Answer.COMING, NOW, user.id)


def test_ready_texts_are_in_the_persons_language_and_a_promised_call_is_a_task(
    session: Session, make: Make, centre: m.Centre, person: m.Participant
) -> None:
    centre.settings = {"send_unreviewed": True}
    person.message_language = "ar"
    row = wait(make, "[audio]")
    entry = inbox.list_waiting(session, centre, NOW)[0]
    shown = dict(entry.ready)
    assert set(shown) == set(inbox.READY)
    quiet = make(n.InboundMessage, body="?", address="+32470000088", state=InboundState.OPEN, received_at=NOW)
    quiet.participant_id = person.id
    assert "not_opened" not in dict(inbox.list_waiting(session, centre, NOW)[1].ready)
    sent = handling.write_ready(session, centre, row, "we_will_call", NOW, form_key="k")
    assert sent is not None
    assert (sent.language, sent.body, sent.address) == ("ar", shown["we_will_call"], PHONE)
    task = session.scalars(select(m.Task)).one()
    assert (task.kind, task.participant_id) == ("call_back", person.id)
    assert handling.is_sent(session, row, "k")
    unknown = make(n.InboundMessage, address="+32470000077", state=InboundState.OPEN, received_at=NOW)
    with pytest.raises(InvalidInputError):
        handling.write_ready(session, centre, unknown, "thanks", NOW, form_key="k")


def test_one_persons_answers_stay_theirs_when_another_of_the_telephone_is_named(
    session: Session, make: Make, centre: m.Centre, held: m.GroupSession, person: m.Participant, user: m.User
) -> None:
    other = make(m.Participant, first_name="Bilal", phone=PHONE)
    make(m.Attendance, session=held, participant=other)
    hers, his = wait(make, "je ne sais pas", 1, participant_id=person.id), wait(make, "on verra", 2)
    handling.understand_as(session, centre, his, held.uid, other.id, Answer.COMING, NOW, user.id)
    session.expire_all()
    assert (hers.state, hers.participant_id) == (InboundState.OPEN, person.id)
    assert (his.state, his.participant_id) == (InboundState.CLOSED, other.id)


def test_who_writes_much_hides_nobody(
    session: Session, make: Make, centre: m.Centre, person: m.Participant
) -> None:
    for minute in range(inbox.MOST_SHOWN + 1):
        wait(make, "allo ?", minute, participant_id=person.id)
    make(
        n.InboundMessage, address="+32470000009", state=InboundState.OPEN, received_at=NOW + timedelta(days=1)
    )
    first, second = inbox.list_waiting(session, centre, NOW + timedelta(days=2))
    assert (first.person, len(first.open_ids)) == (person, inbox.MOST_SHOWN + 1)
    assert second.inbound.address == "+32470000009"

"""The outbox: one message per key, taken back while it is still in the house."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from notifications.models import ChannelKind, Message, MessageEvent, MessageKind, MessageState
from notifications.outbox import Draft, Topic, enqueue, supersede, withhold
from scheduler.db import begin_writing
from scheduler.models import Centre, Participant
from tests.factories import Make


@pytest.fixture
def person(make: Make) -> Participant:
    row: Participant = make(Participant)
    return row


def _draft(centre: Centre, person: Participant, key: str = "k", uid: str = "u1", **columns: object) -> Draft:
    given: dict[str, object] = {
        "centre_id": centre.id,
        "key": key,
        "kind": MessageKind.REMINDER,
        "channel": ChannelKind.SMS,
        "address": "+32470000001",
        "participant_id": person.id,
        "body": "À demain",
        "topics": (Topic(participant_id=person.id, session_uid=uid, starts_at=centre.created_at),),
    }
    return Draft(**given | columns)  # type: ignore[arg-type]


def test_a_message_is_stored_whole(
    session: Session, centre: Centre, person: Participant, now: datetime
) -> None:
    message = enqueue(session, _draft(centre, person, facts={"heure": "9:00"}, step="3d"), now)
    assert message is not None
    session.expire_all()
    assert (message.state, message.next_at, message.created_at) == (MessageState.QUEUED, now, now)
    assert (message.body, message.facts, message.step) == ("À demain", {"heure": "9:00"}, "3d")
    assert len(message.token) > 16
    assert [topic.session_uid for topic in message.topics] == ["u1"]


def test_a_known_key_stores_nothing(
    session: Session, centre: Centre, person: Participant, now: datetime
) -> None:
    assert enqueue(session, _draft(centre, person), now)
    assert enqueue(session, _draft(centre, person, body="Autre"), now) is None
    assert session.scalars(select(Message.body).where(Message.centre_id == centre.id)).all() == ["À demain"]


def test_what_a_rule_stops_is_seen_and_not_sent(
    session: Session, centre: Centre, person: Participant, now: datetime
) -> None:
    message = enqueue(session, _draft(centre, person, withheld="budget"), now)
    assert message is not None
    assert (message.state, message.error_code, message.final_at) == (MessageState.WITHHELD, "budget", now)


def test_the_same_key_at_the_same_moment_is_stored_once(engine: Engine, now: datetime) -> None:
    with Session(engine) as session:
        centre = Centre(name="Essai", slug=f"essai-{uuid4().hex}", created_at=now)
        session.add(centre)
        session.commit()
        session.refresh(centre)
        draft = Draft(
            centre_id=centre.id,
            key="k",
            kind=MessageKind.CHANGE,
            channel=ChannelKind.EMAIL,
            address="a@example.org",
        )
    together = threading.Barrier(4)
    stored: list[bool] = []

    def store() -> None:
        with Session(engine) as session:
            together.wait(timeout=30)
            begin_writing(session)
            stored.append(enqueue(session, draft, now) is not None)
            session.commit()

    threads = [threading.Thread(target=store) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    try:
        assert sorted(stored) == [False, False, False, True]
    finally:
        with Session(engine) as session:
            session.delete(session.get_one(Centre, draft.centre_id))
            session.commit()


def test_taking_back_what_is_about_a_session(
    session: Session, make: Make, centre: Centre, person: Participant, now: datetime
) -> None:
    other = make(Participant)
    first = enqueue(session, _draft(centre, person, "a"), now)
    second = enqueue(session, _draft(centre, other, "b", participant_id=other.id), now)
    elsewhere = enqueue(session, _draft(centre, person, "c", uid="u2"), now)
    assert first
    assert second
    assert elsewhere
    assert supersede(session, centre.id, now, session_uid="u1", participant_id=person.id) == [first]
    assert first.state == MessageState.SUPERSEDED
    assert supersede(session, centre.id, now, session_uid="u1", kinds=[MessageKind.CHANGE]) == []
    assert supersede(session, centre.id, now, session_uid="u1") == [second]
    assert elsewhere.state == MessageState.QUEUED
    assert supersede(session, centre.id, now, participant_id=person.id) == [elsewhere]
    events = session.scalars(select(MessageEvent.status).where(MessageEvent.message_id == first.id))
    assert events.all() == ["superseded"]


def test_what_is_under_way_is_not_tried_again_once_taken_back(
    session: Session, make: Make, centre: Centre, now: datetime
) -> None:
    late = now + timedelta(days=1)
    messages = {
        state: make(Message, state=state, address="+32470000009", expires_at=late) for state in MessageState
    }
    taken = withhold(session, centre.id, ChannelKind.SMS, "+32470000009", "21610", now)
    assert taken == [messages[MessageState.QUEUED]]
    session.expire_all()
    ending = {state for state, message in messages.items() if message.expires_at == now}
    assert ending == {MessageState.CLAIMED, MessageState.UNCERTAIN}

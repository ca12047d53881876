"""What comes in the place of a message that failed."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from notifications.allowance import BUDGET_TASK
from notifications.compose import BECAUSE
from notifications.contacts import opt_out
from notifications.fallback import RETRY_AFTER, after_failure, follow_failures
from notifications.forecast import sent_since
from notifications.models import (
    AddressState,
    ChannelKind,
    ContactAddress,
    Message,
    MessageKind,
    MessageState,
    MessageTopic,
)
from notifications.policy import Policy, save_policy
from notifications.wording import as_facts
from scheduler.db import begin_writing
from scheduler.models import Centre, GroupSession, Participant, Task
from tests.factories import Make, making_in

SMS, WHATSAPP, VOICE, EMAIL = (
    ChannelKind.SMS,
    ChannelKind.WHATSAPP,
    ChannelKind.VOICE,
    ChannelKind.EMAIL,
)
MOBILE = "+32470123456"
Fail = Callable[..., Message]


@pytest.fixture
def person(make: Make) -> Participant:
    row: Participant = make(
        Participant,
        first_name="Amina",
        phone="0470 12 34 56",
        email="amina@example.org",
        message_language="fr",
    )
    return row


@pytest.fixture
def failed(make: Make, person: Participant, now: datetime) -> Fail:
    """Make a reminder that failed."""

    def make_failed(code: str | None = "30005", **columns: Any) -> Message:
        starts_at = now + timedelta(days=1)
        given = {
            "name": person.first_name,
            "sessions": [
                {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=3), "title": "Atelier"}
            ],
        }
        values: dict[str, Any] = {
            "participant": person,
            "key": "reminder:1:d1",
            "address": MOBILE,
            "body": "Bonjour Amina. Répondez 1 ou 2.",
            "facts": as_facts(given),
            "state": MessageState.UNDELIVERED,
            "error_code": code,
            "step": "d1",
            "expires_at": now + timedelta(hours=20),
            "next_at": now,
            "final_at": now,
        }
        row: Message = make(Message, **(values | columns))
        make(MessageTopic, message=row, participant=person, starts_at=starts_at)
        return row

    return make_failed


def test_the_next_way_is_worded_for_its_channel_and_knows_where_it_comes_from(
    session: Session, failed: Fail, now: datetime
) -> None:
    message = failed("30005")
    call = after_failure(session, message, message.error_code, now)
    assert call is not None
    assert (call.channel, call.address, call.state) == (VOICE, MOBILE, MessageState.QUEUED)
    assert (call.fallback_of_id, call.step, call.kind) == (message.id, "d1", MessageKind.REMINDER)
    assert call.key == "reminder:1:d1>1-voice"
    assert call.expires_at == message.expires_at
    assert "tapez" in call.body.lower()
    assert "Répondez" not in call.body
    assert [topic.session_uid for topic in call.topics] == [topic.session_uid for topic in message.topics]
    row = session.scalars(select(ContactAddress)).one()
    assert (row.channel, row.state, row.flagged_at) == (SMS, AddressState.UNREACHABLE, now)
    assert after_failure(session, message, message.error_code, now) is None


def test_ways_are_tried_in_order_until_none_is_left(
    session: Session, centre: Centre, failed: Fail, now: datetime
) -> None:
    message: Message | None = failed("30005")
    seen = []
    while message is not None:
        seen.append(message.channel)
        message = after_failure(session, message, "30005", now)
    assert seen == [SMS, VOICE, EMAIL]


def test_what_was_out_of_reach_for_a_moment_is_tried_again_the_same_way_first(
    session: Session, failed: Fail, now: datetime
) -> None:
    message: Message | None = failed("30003")
    seen = []
    while message is not None:
        seen.append((message.channel, message.next_at - now))
        message = after_failure(session, message, "30003", now)
    none = timedelta()
    waits = (none, *RETRY_AFTER)
    assert seen == [(channel, wait) for channel in (SMS, VOICE, EMAIL) for wait in waits]


def test_outside_a_conversation_the_template_goes_by_whatsapp_again(
    session: Session, centre: Centre, failed: Fail, now: datetime
) -> None:
    centre.settings = {"message_channels": ["whatsapp", "voice", "sms"]}
    first = failed("63016", channel=WHATSAPP, content_sid="HX" + "a" * 32, content_variables={"1": "Amina"})
    second = after_failure(session, first, "63016", now)
    assert second is not None
    assert (second.channel, second.content_sid, second.content_variables) == (
        WHATSAPP,
        first.content_sid,
        {"1": "Amina"},
    )
    third = after_failure(session, second, "63016", now)
    assert third is not None
    assert third.channel == VOICE


@pytest.mark.parametrize(("code", "channel"), [("63016", VOICE), ("63024", SMS), ("63003", SMS)])
def test_whatsapp_falls_back_as_the_code_asks(
    session: Session, centre: Centre, failed: Fail, now: datetime, code: str, channel: ChannelKind
) -> None:
    centre.settings = {"message_channels": ["whatsapp", "voice", "sms"]}
    found = after_failure(session, failed(code, channel=WHATSAPP), code, now)
    assert found is not None
    assert found.channel == channel


def test_nothing_rings_at_night_and_nothing_comes_too_late(
    session: Session, failed: Fail, now: datetime
) -> None:
    night = datetime(2026, 11, 23, 21, 30, tzinfo=UTC)
    morning = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
    call = after_failure(session, failed(expires_at=morning + timedelta(hours=1)), "30005", night)
    assert call is not None
    assert (call.channel, call.next_at) == (VOICE, morning)
    by_mail = after_failure(
        session, failed(key="reminder:2", expires_at=morning - timedelta(hours=1)), "30005", night
    )
    assert by_mail is not None
    assert (by_mail.channel, by_mail.next_at) == (EMAIL, night)
    assert after_failure(session, failed(key="reminder:3", expires_at=night), "30005", night) is None


def test_a_programme_has_its_own_night(session: Session, centre: Centre, make: Make, failed: Fail) -> None:
    evening, morning = datetime(2026, 11, 23, 17, 30, tzinfo=UTC), datetime(2026, 11, 24, 8, tzinfo=UTC)
    message = failed(expires_at=morning + timedelta(hours=1))
    held = make(GroupSession, uid=message.topics[0].session_uid)
    own = Policy(quiet_from=time(18, 15), quiet_until=time(9))
    save_policy(session, centre, own, programme_id=held.activity.programme_id)
    call = after_failure(session, message, "30005", evening)
    assert call is not None
    assert (call.channel, call.next_at) == (VOICE, morning)


def test_some_failures_are_followed_by_nothing(
    session: Session, centre: Centre, person: Participant, failed: Fail, now: datetime
) -> None:
    assert after_failure(session, failed("unconfirmed", key="a"), "unconfirmed", now) is None
    assert after_failure(session, failed(key="b", kind=MessageKind.ANSWER), "30005", now) is None
    opt_out(session, centre.id, VOICE, MOBILE, now)
    person.email = None
    assert after_failure(session, failed(key="c"), "30005", now) is None
    person.active = False
    assert after_failure(session, failed("30003", key="d"), "30003", now) is None


def test_what_comes_instead_waits_for_money_too_unless_it_costs_nothing(
    session: Session, centre: Centre, failed: Fail, person: Participant, now: datetime
) -> None:
    save_policy(session, centre, Policy(budget_eur_cents=6, prices={"voice": 6_000}))
    first = after_failure(session, failed(key="a"), "30005", now)
    assert first is not None
    assert (first.channel, first.state) == (VOICE, MessageState.QUEUED)
    by_mail = after_failure(session, failed(key="b"), "30005", now)
    assert by_mail is not None
    assert (by_mail.channel, by_mail.state) == (EMAIL, MessageState.QUEUED)
    assert (by_mail.facts.get(BECAUSE), first.facts.get(BECAUSE)) == ("budget", None)
    person.email = None
    held = after_failure(session, failed(key="c"), "30005", now)
    assert held is not None
    assert (held.channel, held.state, held.error_code) == (VOICE, MessageState.WITHHELD, "budget")
    assert len(session.scalars(select(Task).where(Task.kind == BUDGET_TASK)).all()) == 1
    change = after_failure(session, failed(key="d", kind=MessageKind.CHANGE), "30005", now)
    assert change is not None
    assert change.state == MessageState.QUEUED
    assert sent_since(session, centre, now.date().replace(day=1)).price_eur_millicents == 12_000


def test_two_failures_at_once_do_not_spend_the_same_money(engine: Engine, money_for_one: list[int]) -> None:
    started = threading.Event()

    def follow(session: Session, message_id: int) -> None:
        begin_writing(session)
        message = session.get_one(Message, message_id)
        after_failure(session, message, "30005", message.created_at)

    def second() -> None:
        with Session(engine) as session:
            started.set()
            follow(session, money_for_one[1])
            session.commit()

    thread = threading.Thread(target=second)
    with Session(engine) as session:
        follow(session, money_for_one[0])
        thread.start()
        assert started.wait(30)
        thread.join(0.3)
        assert thread.is_alive()
        session.commit()
    thread.join(60)
    with Session(engine) as session:
        states = session.scalars(select(Message.state).where(Message.fallback_of_id.in_(money_for_one)))
        assert sorted(states) == [MessageState.QUEUED, MessageState.WITHHELD]


@pytest.fixture
def money_for_one(engine: Engine, now: datetime) -> Iterator[list[int]]:
    """Two committed reminders that failed, of a centre with money for one call."""
    with Session(engine, expire_on_commit=False) as session:
        centre = Centre(name="CPAS d'essai", slug=f"essai-{uuid.uuid4().hex[:8]}", created_at=now)
        session.add(centre)
        session.flush()
        with making_in(session, centre) as make:
            save_policy(session, centre, Policy(budget_eur_cents=6, prices={"voice": 6_000}))
            rows = []
            for number in range(2):
                person = make(Participant, phone=f"+3247000000{number}")
                values = {"participant": person, "address": person.phone, "created_at": now}
                rows.append(make(Message, **values, state=MessageState.UNDELIVERED, error_code="30005"))
        session.commit()
        yield [row.id for row in rows]
        session.execute(delete(Centre).where(Centre.id == centre.id))
        session.commit()


def test_a_job_follows_what_providers_told_of_once(
    session: Session, failed: Fail, make: Make, now: datetime
) -> None:
    failed("30005")
    failed("30005", key="old", next_at=now - timedelta(days=3))
    make(Message, state=MessageState.DELIVERED, next_at=now)
    assert [follow_failures(session, lambda: now) for _time in range(2)] == [1, 0]
    assert session.scalars(select(Message.key).where(Message.channel == VOICE)).all() == [
        "reminder:1:d1>1-voice"
    ]


def test_a_failure_that_cannot_be_followed_does_not_hold_up_the_others(
    session: Session, failed: Fail, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad, good = failed("30005", key="bad"), failed("30005", key="good")
    real = after_failure

    def sometimes(session: Session, message: Message, code: str | None, now: datetime) -> Message | None:
        found = real(session, message, code, now)
        if message.id == bad.id:
            raise ValueError("broken")
        return found

    monkeypatch.setattr("notifications.fallback.after_failure", sometimes)
    assert [follow_failures(session, lambda: now) for _time in range(2)] == [2, 0]
    followers = select(Message.fallback_of_id).where(Message.fallback_of_id.is_not(None))
    assert session.scalars(followers).all() == [good.id]


def test_a_key_stays_short_enough(session: Session, failed: Fail, now: datetime) -> None:
    found = after_failure(session, failed(key="k" * 158), "30005", now)
    assert found is not None
    assert len(found.key) < 160

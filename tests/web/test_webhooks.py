"""What Twilio tells and brings: signed or refused, once or twice, in any order."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifications.contacts import takes_free_text
from notifications.models import (
    ChannelKind,
    InboundMessage,
    InboundState,
    Message,
    MessageEvent,
    MessageKind,
    MessageState,
    MessageTopic,
)
from notifications.models.recordings import Recording
from notifications.recording_list import to_record
from notifications.telephone import meaning_of_key
from notifications.wording import as_facts
from scheduler.models import Centre, Participant
from tests.factories import Make, making_in
from tests.twilio_stand_in import Callback, Heard, Recorded, TwilioStandIn, make_call, play
from tests.twilio_stand_in.server import ACCOUNT_SID, SMS_SENDER, VOICE_SENDER

PUBLIC = "https://semainier.example"
NUMBER = "+32470123456"
INBOUND = f"{PUBLIC}/messages/twilio/inbound"
Post = Callable[[Callback], Any]


@pytest.fixture
def stand_in() -> TwilioStandIn:
    """A Twilio that is not asked anything here: it tells."""
    return TwilioStandIn()


@pytest.fixture
def post(app: Flask, stand_in: TwilioStandIn) -> Post:
    """A function that hands a request of Twilio's to the application, as a proxy passes it on."""
    app.config["TWILIO_AUTH_TOKEN"] = stand_in.auth_token
    app.config["PUBLIC_URL"] = PUBLIC
    client = app.test_client()

    def act(callback: Callback) -> Any:
        path = callback.url.removeprefix(PUBLIC)
        return client.post(
            path, data=callback.form, headers=callback.headers, base_url="http://10.0.0.7:8000"
        )

    return act


@pytest.fixture
def make(rows: Session, app_centre: Centre) -> Iterator[Make]:
    with making_in(rows, app_centre) as function:
        yield function


@pytest.fixture
def sent(rows: Session, make: Make) -> Callable[..., tuple[Message, Recorded]]:
    """A message that Twilio has taken, on both sides."""

    def make_sent(channel: ChannelKind = ChannelKind.SMS, **columns: Any) -> tuple[Message, Recorded]:
        message: Message = make(
            Message, channel=channel, address=NUMBER, state=MessageState.ACCEPTED, **columns
        )
        hooks = f"{PUBLIC}/messages/twilio"
        if channel is ChannelKind.VOICE:
            form = {
                "To": [NUMBER],
                "From": [VOICE_SENDER],
                "Url": [f"{hooks}/voice/{message.token}"],
                "StatusCallback": [f"{hooks}/call/{message.token}"],
            }
        else:
            form = {
                "To": [NUMBER],
                "From": [SMS_SENDER],
                "Body": [message.body],
                "StatusCallback": [f"{hooks}/status/{message.token}"],
            }
        kind = "CA" if channel is ChannelKind.VOICE else "SM"
        taken = Recorded(
            kind + message.token[:8].ljust(32, "0"), ACCOUNT_SID, form, kind == "CA", message.body
        )
        message.provider, message.provider_sid = "twilio", taken.sid
        rows.commit()
        return message, taken

    return make_sent


def count(rows: Session, table: type) -> int:
    rows.rollback()
    return rows.scalar(select(func.count()).select_from(table)) or 0


def test_events_move_a_message_to_its_end_however_they_come(
    rows: Session, stand_in: TwilioStandIn, post: Post, sent: Callable[..., tuple[Message, Recorded]]
) -> None:
    message, taken = sent()
    events = stand_in.callbacks([taken])
    assert {post(each).status_code for each in [*reversed(events), *events]} == {204}
    rows.refresh(message)
    assert message.state == MessageState.DELIVERED
    assert message.final_at is not None
    kept = rows.scalars(select(MessageEvent).order_by(MessageEvent.id)).all()
    assert [(each.status, each.applied) for each in kept] == [("delivered", True), ("accepted", False)]


@pytest.mark.parametrize(
    ("fate", "channel", "state", "code"),
    [
        (("undelivered", 30005), ChannelKind.SMS, MessageState.UNDELIVERED, "30005"),
        (("failed", None), ChannelKind.SMS, MessageState.FAILED, "failed"),
        (("no-answer", None), ChannelKind.VOICE, MessageState.UNDELIVERED, "no-answer"),
    ],
)
def test_an_end_without_success_keeps_its_code(
    rows: Session,
    stand_in: TwilioStandIn,
    post: Post,
    sent: Callable[..., tuple[Message, Recorded]],
    fate: tuple[str, int | None],
    channel: ChannelKind,
    state: MessageState,
    code: str,
) -> None:
    stand_in.world.fates[NUMBER] = fate
    message, taken = sent(channel)
    assert set(play(stand_in.callbacks([taken]), lambda each: post(each).status_code)) == {204}
    rows.refresh(message)
    assert (message.state, message.error_code) == (state, code)


def test_the_failure_of_another_attempt_is_kept_and_changes_nothing(
    rows: Session, stand_in: TwilioStandIn, post: Post, sent: Callable[..., tuple[Message, Recorded]]
) -> None:
    message, taken = sent()
    stand_in.world.fates[NUMBER] = ("undelivered", 30003)
    taken.sid = "SM" + "f" * 32
    post(stand_in.callbacks([taken])[-1])
    rows.refresh(message)
    assert message.state == MessageState.ACCEPTED
    assert count(rows, MessageEvent) == 1


def test_what_twilio_did_not_sign_is_refused_and_changes_nothing(
    app: Flask,
    rows: Session,
    stand_in: TwilioStandIn,
    post: Post,
    sent: Callable[..., tuple[Message, Recorded]],
    caplog: pytest.LogCaptureFixture,
) -> None:
    message, taken = sent()
    true = stand_in.callbacks([taken])[-1]
    text = stand_in.inbound(INBOUND, NUMBER, "Je suis malade")
    forged = [
        Callback(true.url, {**true.form, "MessageStatus": "failed"}, true.signature),
        Callback(true.url.replace("/status/", "/call/"), true.form, true.signature),
        Callback(text.url, {**text.form, "From": "+32499999999"}, text.signature),
        Callback(text.url, text.form, "bm90IHNpZ25lZA=="),
        Callback(text.url, text.form, ""),
        Callback(f"{PUBLIC}/messages/twilio/voice/{message.token}", text.form, text.signature),
    ]
    with caplog.at_level(logging.DEBUG):
        assert [post(each).status_code for each in forged] == [403] * len(forged)
        app.config["TWILIO_AUTH_TOKEN"] = ""
        assert post(true).status_code == 403
    assert "refused" in caplog.text
    for secret in (NUMBER, "malade", message.token, stand_in.auth_token):
        assert secret not in caplog.text
    rows.refresh(message)
    assert message.state == MessageState.ACCEPTED
    assert count(rows, MessageEvent) == count(rows, InboundMessage) == 0


def test_the_signature_holds_for_the_address_that_a_proxy_tells(
    app: Flask, stand_in: TwilioStandIn, post: Post, sent: Callable[..., tuple[Message, Recorded]]
) -> None:
    _message, taken = sent()
    taken.form["StatusCallback"] = [
        taken.form["StatusCallback"][0].replace(PUBLIC, "https://autre.example:8443")
    ]
    event = stand_in.callbacks([taken])[0]
    path = urlsplit(event.url).path
    client = app.test_client()

    def ask(base: str) -> int:
        return client.post(path, data=event.form, headers=event.headers, base_url=base).status_code

    assert ask("http://10.0.0.7:8000") == 403
    assert ask("https://autre.example:8443") == 204


def test_a_text_from_outside_is_kept_once_and_answered_with_nothing(
    rows: Session,
    app_centre: Centre,
    stand_in: TwilioStandIn,
    post: Post,
    sent: Callable[..., tuple[Message, Recorded]],
) -> None:
    message, taken = sent()
    text = stand_in.inbound(INBOUND, NUMBER, "Ja, ik kom!")
    reply = stand_in.inbound(
        INBOUND,
        f"whatsapp:{NUMBER}",
        "Je viens",
        ButtonPayload="coming",
        OriginalRepliedMessageSid=taken.sid,
    )
    spoken = stand_in.inbound(INBOUND, NUMBER, "", NumMedia="1", MediaContentType0="audio/ogg")
    answers = [post(each) for each in (text, text, reply, spoken)]
    assert {each.status_code for each in answers} == {200}
    assert {each.get_data(as_text=True).rpartition("?>")[2] for each in answers} == {"<Response />"}
    assert not any("Set-Cookie" in each.headers for each in answers)
    kept = rows.scalars(select(InboundMessage).order_by(InboundMessage.id)).all()
    assert [(each.channel, each.body, each.button, each.about_id) for each in kept] == [
        ("sms", "Ja, ik kom!", "", None),
        ("whatsapp", "Je viens", "coming", message.id),
        ("sms", "[audio]", "", None),
    ]
    assert {(each.address, each.state, each.centre_id) for each in kept} == {
        (NUMBER, InboundState.RECEIVED, app_centre.id)
    }
    later = datetime.now(UTC) + timedelta(hours=23)
    assert takes_free_text(rows, app_centre.id, NUMBER, later)


def test_a_text_finds_the_centre_it_is_for(
    rows: Session,
    app_centre: Centre,
    stand_in: TwilioStandIn,
    post: Post,
    sent: Callable[..., tuple[Message, Recorded]],
    make: Make,
) -> None:
    own = make(Centre, settings={"sms_sender": "+32460000009"})
    other = make(Centre)
    make(Participant, centre=other, phone="0499 11 22 33")
    sent(sent_at=datetime.now(UTC), created_at=datetime.now(UTC))
    rows.commit()
    told = {
        "to its own number": stand_in.inbound(INBOUND, NUMBER, "1", to="+32460000009"),
        "of somebody written to": stand_in.inbound(INBOUND, NUMBER, "2"),
        "of somebody known": stand_in.inbound(INBOUND, "+32499112233", "3"),
        "of nobody known": stand_in.inbound(INBOUND, "+32499000000", "4"),
    }
    assert {post(each).status_code for each in told.values()} == {200}
    kept = rows.execute(
        select(InboundMessage.body, InboundMessage.centre_id).order_by(InboundMessage.body)
    ).all()
    assert [tuple(each) for each in kept] == [("1", own.id), ("2", app_centre.id), ("3", other.id)]
    other.is_demo = True
    rows.commit()
    post(stand_in.inbound(INBOUND, "+32499000000", "5"))
    stranger = select(InboundMessage.centre_id).where(InboundMessage.body == "5")
    assert rows.scalars(stranger).all() == [app_centre.id]


@pytest.fixture
def call(
    stand_in: TwilioStandIn, post: Post, sent: Callable[..., tuple[Message, Recorded]], make: Make
) -> Callable[..., tuple[Message, list[Heard]]]:
    """Ring somebody about a reminder and press keys."""

    def act(
        *keys: str, language: str = "fr", answered_by: str = "", **columns: Any
    ) -> tuple[Message, list[Heard]]:
        person = make(Participant, first_name="Amina")
        starts_at = datetime(2026, 11, 24, 8, tzinfo=UTC)
        session = {"starts_at": starts_at, "ends_at": starts_at + timedelta(hours=2), "title": "Atelier"}
        message, taken = sent(
            ChannelKind.VOICE,
            participant=person,
            language=language,
            kind=MessageKind.REMINDER,
            body="Bonjour Amina. Vous venez ? Tapez 1.",
            facts=as_facts({"name": "Amina", "sessions": [session]}),
            **columns,
        )
        heard = make_call(
            taken, stand_in.auth_token, lambda each: post(each).get_data(as_text=True), keys, answered_by
        )
        return message, heard

    return act


def test_a_call_speaks_waits_and_keeps_the_key(
    rows: Session, call: Callable[..., tuple[Message, list[Heard]]]
) -> None:
    message, heard = call("", "2")
    words = Heard(message.body, language="fr-BE")
    assert heard[:2] == [words, words]
    assert len(heard) == 3
    assert "Merci Amina" in heard[2].text
    (kept,) = rows.scalars(select(InboundMessage)).all()
    assert (kept.channel, kept.body, kept.about_id, kept.participant_id, kept.state) == (
        ChannelKind.VOICE,
        "2",
        message.id,
        message.participant_id,
        InboundState.RECEIVED,
    )


def test_a_key_that_was_not_offered_says_it_all_again_but_not_for_ever(
    rows: Session, call: Callable[..., tuple[Message, list[Heard]]]
) -> None:
    message, heard = call("7", "7", "7", "7")
    assert [each.text for each in heard] == [message.body] * 3
    assert count(rows, InboundMessage) == 0


def test_the_key_of_a_telephone_that_two_people_share_is_of_nobody_alone(
    rows: Session, make: Make, call: Callable[..., tuple[Message, list[Heard]]], stand_in: TwilioStandIn
) -> None:
    message, _heard = call()
    for _person in range(2):
        make(MessageTopic, message=message)
    rows.commit()
    taken = Recorded("CA" + "1" * 32, ACCOUNT_SID, {}, True, "")
    assert taken.is_call
    from notifications.callbacks import record_key

    assert record_key(rows, message, call_sid=taken.sid, digit="1", now=datetime.now(UTC))
    assert not record_key(rows, message, call_sid=taken.sid, digit="1", now=datetime.now(UTC))
    assert rows.scalars(select(InboundMessage.participant_id)).all() == [None]


def test_a_language_without_machine_is_played_from_recordings_or_else_spoken_in_french(
    rows: Session, app_centre: Centre, make: Make, call: Callable[..., tuple[Message, list[Heard]]]
) -> None:
    _message, heard = call(language="ti")
    assert {each.language for each in heard} == {"fr-BE"}
    assert "Amina" in heard[0].text
    listed = to_record(rows, app_centre, "ti", datetime.now(UTC))
    for each in listed:
        make(Recording, language="ti", name=each.piece.name, token=each.piece.name.replace(".", "-"))
    rows.commit()
    _message, heard = call("", "2", "1", language="ti")
    tokens = [each.recording.rpartition("/")[2] for each in heard]
    once = tokens[: tokens.index(tokens[0], 1)]
    assert once[1:4] == [tokens[1], "weekday-1", "date-24"]
    assert {"hour-9", "part-0"} <= set(once)
    # "Atelier" is an activity that this centre does not have any more: a name is right in any voice.
    assert [each.text for each in heard if each.text] == ["Atelier", "Atelier"]
    assert len(rows.scalars(select(InboundMessage)).all()) == 2


def test_who_cannot_come_is_asked_why_and_both_are_kept(
    rows: Session, call: Callable[..., tuple[Message, list[Heard]]]
) -> None:
    message, heard = call("2", "0", "8", "3")
    assert [each.text for each in heard[:1]] == [message.body]
    assert "Un cours : tapez 3" in heard[1].text
    assert heard[1] == heard[2] == heard[3]
    assert "Merci Amina pour votre réponse" in heard[4].text
    kept = rows.execute(select(InboundMessage.body, InboundMessage.button).order_by(InboundMessage.id)).all()
    assert [tuple(each) for each in kept] == [("2", ""), ("3", "reason")]


def test_a_reason_that_is_not_given_is_not_missed(
    rows: Session, call: Callable[..., tuple[Message, list[Heard]]]
) -> None:
    _message, heard = call("2")
    assert len(heard) == 2
    assert count(rows, InboundMessage) == 1


def test_everything_is_heard_again_with_zero(
    rows: Session, call: Callable[..., tuple[Message, list[Heard]]]
) -> None:
    message, heard = call("0", "0", "0", "0", "1")
    assert [each.text for each in heard[:5]] == [message.body] * 5
    assert "vous venez" in heard[5].text
    assert count(rows, InboundMessage) == 1


def test_an_answering_machine_hears_it_once_and_no_question(
    rows: Session, call: Callable[..., tuple[Message, list[Heard]]]
) -> None:
    message, heard = call(answered_by="machine_end_beep")
    assert len(heard) == 1
    assert "mardi 24 novembre, de 9h à" in heard[0].text
    assert "apez" not in heard[0].text
    assert rows.scalars(select(MessageEvent.status)).all() == ["machine"]
    assert message.state == MessageState.ACCEPTED
    assert call(answered_by="fax")[1] == []
    assert len(call(answered_by="unknown")[1]) == 2


def test_only_what_was_offered_can_be_chosen(
    rows: Session, sent: Callable[..., tuple[Message, Recorded]]
) -> None:
    told = [{"starts_at": datetime(2026, 11, day, 8, tzinfo=UTC)} for day in (24, 25)]
    message, _taken = sent(kind=MessageKind.INVITATION, facts=as_facts({"name": "Amina", "choices": told}))
    assert [meaning_of_key(message, key) for key in "1239"] == ["choice", "choice", None, "call_me"]
    message.facts = as_facts({"sessions": [{**told[0], "change": "cancelled"}]})
    message.kind = MessageKind.CHANGE
    assert [meaning_of_key(message, key) for key in "129"] == ["coming", None, "call_me"]


def test_a_call_about_nothing_hangs_up(app: Flask, stand_in: TwilioStandIn, post: Post) -> None:
    form = {
        "To": [NUMBER],
        "From": [VOICE_SENDER],
        "Url": [f"{PUBLIC}/messages/twilio/voice/unknown"],
    }
    taken = Recorded("CA" + "0" * 32, ACCOUNT_SID, form, True, "")
    assert make_call(taken, stand_in.auth_token, lambda each: post(each).get_data(as_text=True)) == []

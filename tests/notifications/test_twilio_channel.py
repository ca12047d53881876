"""The real client against a server that keeps to Twilio's description, also when things go wrong."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from notifications.channels import Accepted, DeliveryError, Outgoing, Verdict
from notifications.channels.twilio import TwilioChannel, TwilioSettings
from notifications.models import ChannelKind
from tests.twilio_stand_in import Fault, TwilioStandIn
from tests.twilio_stand_in.server import ACCOUNT_SID, SERVICE, SMS_SENDER, VOICE_SENDER, WHATSAPP_SENDER

TEMPLATE = "HX" + "a" * 32
NUMBER = "+32470123456"


@pytest.fixture(scope="module")
def running() -> Iterator[TwilioStandIn]:
    with TwilioStandIn() as stand_in:
        stand_in.world.templates[TEMPLATE] = "Bonjour {{1}}, rendez-vous {{2}}."
        yield stand_in


@pytest.fixture(scope="module")
def channel(running: TwilioStandIn) -> Iterator[TwilioChannel]:
    with closing(TwilioChannel(settings_for(running))) as channel:
        yield channel


@pytest.fixture(scope="module")
def impatient(running: TwilioStandIn) -> Iterator[TwilioChannel]:
    """A channel that gives up at once."""
    with closing(TwilioChannel(settings_for(running, timeout_s=(30, 0.1)))) as channel:
        yield channel


@pytest.fixture
def stand_in(running: TwilioStandIn) -> Iterator[TwilioStandIn]:
    running.records.clear()
    running.refusals.clear()
    yield running
    running.assert_as_described()


def settings_for(stand_in: TwilioStandIn, **changes: object) -> TwilioSettings:
    settings = TwilioSettings(
        account_sid=stand_in.account_sid,
        auth_token=stand_in.auth_token,
        public_url="https://semainier.example",
        sms_sender=SMS_SENDER,
        whatsapp_sender=WHATSAPP_SENDER.removeprefix("whatsapp:"),
        voice_sender=VOICE_SENDER,
        api_base=stand_in.url,
        timeout_s=(30, 30),
    )
    return replace(settings, **changes)  # type: ignore[arg-type]


def outgoing(channel: ChannelKind = ChannelKind.SMS, **changes: object) -> Outgoing:
    message = Outgoing(
        token="jeton-1",
        channel=channel,
        address=NUMBER,
        body="Bonjour Amina, lundi à 9 h. Répondez 1 ou 2.",
        claimed_at=datetime.now(UTC),
    )
    return replace(message, **changes)  # type: ignore[arg-type]


def test_a_text_goes_out_with_its_callback_and_its_time_limit(
    stand_in: TwilioStandIn, channel: TwilioChannel
) -> None:
    now = datetime.now(UTC)
    answer = channel.send(outgoing(claimed_at=now, expires_at=now + timedelta(minutes=30)))
    (row,) = stand_in.sent_to(NUMBER)
    assert answer == Accepted(provider_sid=row.sid, status="accepted")
    assert row.form == {
        "To": [NUMBER],
        "From": [SMS_SENDER],
        "Body": ["Bonjour Amina, lundi à 9 h. Répondez 1 ou 2."],
        "StatusCallback": ["https://semainier.example/messages/twilio/status/jeton-1"],
        "ValidityPeriod": ["1800"],
    }


def test_a_centre_may_have_a_messaging_service_of_its_own(
    stand_in: TwilioStandIn, channel: TwilioChannel
) -> None:
    channel.send(outgoing(sender=SERVICE, media_url="https://semainier.example/image.png"))
    (row,) = stand_in.sent_to(NUMBER)
    assert row.form["MessagingServiceSid"] == [SERVICE]
    assert row.form["MediaUrl"] == ["https://semainier.example/image.png"]
    assert "From" not in row.form


def test_whatsapp_takes_free_text_in_a_conversation_and_a_template_outside(
    stand_in: TwilioStandIn, channel: TwilioChannel
) -> None:
    template = {"content_sid": TEMPLATE, "content_variables": {"1": "Amina", "2": "lundi"}}
    channel.send(outgoing(ChannelKind.WHATSAPP, free_text=True, **template))
    channel.send(outgoing(ChannelKind.WHATSAPP, **template))
    free, fixed = stand_in.sent_to(NUMBER)
    assert free.form["From"] == [WHATSAPP_SENDER]
    assert free.form["To"] == [f"whatsapp:{NUMBER}"]
    assert "ContentSid" not in free.form
    assert fixed.text == "Bonjour Amina, rendez-vous lundi."
    assert "Body" not in fixed.form
    with pytest.raises(DeliveryError) as caught:
        channel.send(outgoing(ChannelKind.WHATSAPP))
    assert (caught.value.code, caught.value.verdict) == ("no_window", Verdict.FALL_BACK)


def test_a_call_fetches_its_words_and_reports_its_end(
    stand_in: TwilioStandIn, channel: TwilioChannel
) -> None:
    answer = channel.send(outgoing(ChannelKind.VOICE))
    (row,) = stand_in.records
    assert answer.provider_sid == row.sid
    assert row.form["From"] == [VOICE_SENDER]
    assert row.form["Url"] == ["https://semainier.example/messages/twilio/voice/jeton-1"]
    assert row.form["StatusCallback"] == ["https://semainier.example/messages/twilio/call/jeton-1"]
    assert row.form["MachineDetection"] == ["DetectMessageEnd"]


def test_who_takes_a_call_is_found_out_unless_it_is_turned_off(stand_in: TwilioStandIn) -> None:
    config = {
        "TWILIO_ACCOUNT_SID": ACCOUNT_SID,
        "TWILIO_AUTH_TOKEN": "x",
        "PUBLIC_URL": "https://semainier.example",
    }
    for value, found_out in (("", True), ("yes", True), ("no", False)):
        settings = TwilioSettings.of({**config, "TWILIO_ANSWERING_MACHINES": value})
        assert settings is not None
        assert settings.answering_machines is found_out


@pytest.mark.parametrize(
    ("changes", "code", "verdict"),
    [
        ({"address": "0470"}, "21211", Verdict.STOP),
        ({"address": "+3281999999"}, "21614", Verdict.STOP),
        ({"address": "+32470666666"}, "21610", Verdict.FALL_BACK),
        ({"body": ""}, "21602", Verdict.STOP),
        ({"body": "x" * 1601}, "21617", Verdict.STOP),
        ({"sender": "+32999"}, "21606", Verdict.STOP),
        ({"sender": "+32470123456"}, "21266", Verdict.STOP),
        ({"channel": ChannelKind.WHATSAPP, "content_sid": "HX" + "0" * 32}, "21655", Verdict.STOP),
        ({"channel": ChannelKind.VOICE, "sender": SERVICE.lower()}, "21210", Verdict.STOP),
        ({"channel": ChannelKind.VOICE, "address": "nobody"}, "21211", Verdict.STOP),
    ],
)
def test_a_refusal_carries_twilios_code(
    stand_in: TwilioStandIn, channel: TwilioChannel, changes: dict[str, object], code: str, verdict: Verdict
) -> None:
    stand_in.world.landlines = {"+3281999999"}
    stand_in.world.opted_out = {"+32470666666"}
    with pytest.raises(DeliveryError) as caught:
        channel.send(outgoing(**changes))  # type: ignore[arg-type]
    assert (caught.value.code, caught.value.verdict) == (code, verdict)
    assert stand_in.records == []


def test_a_channel_without_sender_leaves_the_message_to_the_next(stand_in: TwilioStandIn) -> None:
    with pytest.raises(DeliveryError) as caught:
        TwilioChannel(settings_for(stand_in, voice_sender="")).send(outgoing(ChannelKind.VOICE))
    assert (caught.value.code, caught.value.verdict) == ("no_sender", Verdict.FALL_BACK)


@pytest.mark.parametrize(
    ("fault", "code", "verdict", "taken"),
    [
        (Fault.RATE_LIMIT, "20429", Verdict.RETRY, False),
        (Fault.ERROR, "20500", Verdict.UNCERTAIN, False),
        (Fault.ERROR_AFTER, "20500", Verdict.UNCERTAIN, True),
        (Fault.RESET, "connection_lost", Verdict.UNCERTAIN, False),
        (Fault.RESET_AFTER, "connection_lost", Verdict.UNCERTAIN, True),
        (Fault.SILENCE, "timeout", Verdict.UNCERTAIN, False),
        (Fault.SILENCE_AFTER, "timeout", Verdict.UNCERTAIN, True),
        (Fault.NONSENSE_AFTER, "unreadable_answer", Verdict.UNCERTAIN, True),
    ],
)
@pytest.mark.parametrize("kind", [ChannelKind.SMS, ChannelKind.VOICE])
def test_what_is_not_known_is_asked_before_it_is_sent_again(
    stand_in: TwilioStandIn,
    channel: TwilioChannel,
    impatient: TwilioChannel,
    kind: ChannelKind,
    fault: Fault,
    code: str,
    verdict: Verdict,
    taken: bool,
) -> None:
    message = outgoing(kind)
    stand_in.plan(fault)
    sending = impatient if fault in {Fault.SILENCE, Fault.SILENCE_AFTER} else channel
    with pytest.raises(DeliveryError) as caught:
        sending.send(message)
    stand_in.wait_for(1 if taken else 0)
    assert (caught.value.code, caught.value.verdict) == (code, verdict)
    assert caught.value.retry_after_s == (2 if fault is Fault.RATE_LIMIT else None)
    found = channel.find(message)
    assert (found is not None) is taken
    if found is not None:
        assert found.provider_sid == stand_in.records[0].sid


def test_nothing_left_the_house_when_nobody_listens(stand_in: TwilioStandIn) -> None:
    deaf = TwilioChannel(settings_for(stand_in, api_base="http://127.0.0.1:9"))
    with closing(deaf), pytest.raises(DeliveryError) as caught:
        deaf.send(outgoing())
    assert (caught.value.code, caught.value.verdict) == ("not_connected", Verdict.RETRY)


def test_messages_wait_while_the_account_is_not_in_order(stand_in: TwilioStandIn) -> None:
    stranger = TwilioChannel(settings_for(stand_in, auth_token="wrong"))
    with closing(stranger), pytest.raises(DeliveryError) as caught:
        stranger.send(outgoing())
    assert (caught.value.code, caught.value.verdict) == ("20003", Verdict.RETRY)


def test_only_the_message_itself_is_found_again(stand_in: TwilioStandIn, channel: TwilioChannel) -> None:
    message = outgoing()
    assert channel.find(message) is None
    other = channel.send(outgoing(body="Autre chose."))
    first = channel.send(message)
    second = channel.send(message)
    stand_in.callbacks(stand_in.records[1:2])
    assert channel.find(message) == Accepted(provider_sid=first.provider_sid, status="delivered")
    assert channel.find(replace(message, taken=frozenset({first.provider_sid}))) == second
    assert channel.find(replace(message, address="+32470999999")) is None
    later = replace(message, claimed_at=message.claimed_at + timedelta(hours=1))
    assert channel.find(later) is None
    assert other.provider_sid not in {first.provider_sid, second.provider_sid}


def test_a_failure_that_came_meanwhile_is_found_with_its_code(
    stand_in: TwilioStandIn, channel: TwilioChannel
) -> None:
    stand_in.world.fates["+32470000005"] = ("undelivered", 30005)
    stand_in.world.fates["+32470000006"] = ("no-answer", None)
    text = outgoing(address="+32470000005")
    call = outgoing(ChannelKind.VOICE, address="+32470000006")
    for message in (text, call):
        channel.send(message)
    stand_in.callbacks()
    found = [channel.find(message) for message in (text, call)]
    assert [(each.status, each.error_code) for each in found if each] == [
        ("undelivered", "30005"),
        ("undelivered", "no-answer"),
    ]


def test_neither_secrets_nor_numbers_nor_texts_are_logged_or_shown(
    stand_in: TwilioStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    settings = settings_for(stand_in)
    with closing(TwilioChannel(settings)) as channel:
        channel.send(outgoing())
        stand_in.plan(Fault.ERROR)
        with pytest.raises(DeliveryError) as caught:
            channel.send(outgoing())
    shown = caplog.text + repr(settings) + str(caught.value)
    for secret in (stand_in.auth_token, NUMBER, NUMBER.replace("+", "%2B"), "Amina"):
        assert secret not in shown


def test_the_stand_in_refuses_what_the_description_does_not_know(stand_in: TwilioStandIn) -> None:
    import requests

    answer = requests.post(
        f"{stand_in.url}/2010-04-01/Accounts/{stand_in.account_sid}/Messages.json",
        data={"To": NUMBER, "From": SMS_SENDER, "Body": "x", "Boddy": "x"},
        auth=(stand_in.account_sid, stand_in.auth_token),
        timeout=10,
    )
    assert answer.status_code == 400
    assert set(answer.json()) == {"code", "message", "more_info", "status"}
    assert "Boddy" in stand_in.complaints.pop()

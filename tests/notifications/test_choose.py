"""Which provider serves which channel, and what a wrong setting says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from notifications.channels import Outgoing
from notifications.channels.choose import ConfigurationError, choose_channels, providers
from notifications.channels.sandbox import SandboxChannel
from notifications.models import ChannelKind

MAIL = {"SMTP_URL": "smtps://mail.example", "MAIL_FROM": "rdv@cpas.example"}
TWILIO = {
    "TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
    "TWILIO_AUTH_TOKEN": "secret",
    "PUBLIC_URL": "https://semainier.example",
}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, ("sandbox", "sandbox", "sandbox", "sandbox")),
        (MAIL, ("none", "none", "none", "smtp")),
        (TWILIO, ("twilio", "twilio", "twilio", "none")),
        (MAIL | TWILIO, ("twilio", "twilio", "twilio", "smtp")),
        (MAIL | {"CHANNEL_SMS": " Sandbox "}, ("sandbox", "none", "none", "smtp")),
        (MAIL | TWILIO | {"CHANNEL_VOICE": "none"}, ("twilio", "twilio", "none", "smtp")),
        ({"CHANNEL_VOICE": "none"}, ("sandbox", "sandbox", "none", "sandbox")),
    ],
)
def test_channels_follow_the_configuration(config: dict[str, Any], expected: tuple[str, ...]) -> None:
    kinds = (ChannelKind.SMS, ChannelKind.WHATSAPP, ChannelKind.VOICE, ChannelKind.EMAIL)
    assert tuple(providers(config)[kind] for kind in kinds) == expected
    made = choose_channels(config)
    assert {kind: channel.provider for kind, channel in made.items()} == {
        kind: name for kind, name in zip(kinds, expected, strict=True) if name != "none"
    }


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"CHANNEL_SMS": "pigeon"}, "CHANNEL_SMS is 'pigeon': twilio, sandbox or none"),
        ({"CHANNEL_EMAIL": "twilio"}, "CHANNEL_EMAIL is 'twilio': smtp, sandbox or none"),
        ({"CHANNEL_WHATSAPP": "twilio"}, "twilio has no account configured"),
        ({"CHANNEL_EMAIL": "smtp"}, "smtp has no account configured"),
        ({"SMTP_URL": "mail.example:25"}, "SMTP_URL"),
    ],
)
def test_a_setting_that_cannot_hold_is_named(config: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        choose_channels(config)


def test_the_sandbox_delivers_everything_alike_each_time() -> None:
    message = Outgoing(
        token="t1",
        channel=ChannelKind.SMS,
        address="+32470000001",
        body="Bonjour",
        claimed_at=datetime(2026, 11, 23, tzinfo=UTC),
    )
    answer = SandboxChannel().send(message)
    assert answer == SandboxChannel().find(message)
    assert (answer.status, answer.provider_sid) == ("delivered", "sandbox-t1")

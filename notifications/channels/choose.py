"""Which provider serves which channel: by configuration, the sandbox when there is none.

===================  ======================================================================
key                  value
===================  ======================================================================
``CHANNEL_SMS``      ``twilio``, ``sandbox`` or ``none``
``CHANNEL_WHATSAPP`` the same
``CHANNEL_VOICE``    the same
``CHANNEL_EMAIL``    ``smtp``, ``sandbox`` or ``none``
===================  ======================================================================

A channel of which nothing is said is served by the provider whose account is configured. With no
account at all every channel is a sandbox; beside a real one, what has none is ``none``: a message that
somebody waits for is then sent by another channel instead of ending on a page of a trial.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from notifications.channels import Channel, email, sandbox, twilio
from notifications.channels.email import EmailChannel
from notifications.channels.sandbox import SandboxChannel
from notifications.channels.twilio import TwilioChannel, TwilioSettings
from notifications.models import ChannelKind

NONE: Final = "none"

#: The provider of each channel beside the sandbox.
PROVIDERS: Final[Mapping[ChannelKind, str]] = {
    ChannelKind.SMS: twilio.PROVIDER,
    ChannelKind.WHATSAPP: twilio.PROVIDER,
    ChannelKind.VOICE: twilio.PROVIDER,
    ChannelKind.EMAIL: email.PROVIDER,
}


class ConfigurationError(ValueError):
    """Settings of channels that cannot hold; the text names the setting."""


def providers(config: Mapping[str, Any]) -> dict[ChannelKind, str]:
    """Return the provider of each channel, or ``none``.

    Raises
    ------
    ConfigurationError
        If a setting is not one of those listed above, or its provider has no account.
    """
    ready = {
        twilio.PROVIDER: TwilioSettings.of(config) is not None,
        email.PROVIDER: _mail_ready(config),
    }
    chosen = {}
    for kind, provider in PROVIDERS.items():
        name = f"CHANNEL_{kind.value.upper()}"
        given = str(config.get(name) or "").strip().lower()
        if given not in {"", provider, sandbox.PROVIDER, NONE}:
            raise ConfigurationError(
                f"{name} is {given!r}: {provider}, {sandbox.PROVIDER} or {NONE} expected"
            )
        if given == provider and not ready[provider]:
            raise ConfigurationError(f"{name} is {given!r}, but {provider} has no account configured")
        if not given:
            given = provider if ready[provider] else NONE if any(ready.values()) else sandbox.PROVIDER
        chosen[kind] = given
    return chosen


def choose_channels(config: Mapping[str, Any]) -> dict[ChannelKind, Channel]:
    """Return the channels of an installation; a kind that has no provider is left out."""
    found: dict[ChannelKind, Channel] = {}
    settings = TwilioSettings.of(config)
    made: dict[str, Channel] = {sandbox.PROVIDER: SandboxChannel()}
    if settings is not None:
        made[twilio.PROVIDER] = TwilioChannel(settings)
    if _mail_ready(config):
        made[email.PROVIDER] = EmailChannel(str(config["SMTP_URL"]), str(config["MAIL_FROM"]))
    for kind, provider in providers(config).items():
        if provider != NONE:
            found[kind] = made[provider]
    return found


def _mail_ready(config: Mapping[str, Any]) -> bool:
    url, sender = config.get("SMTP_URL"), config.get("MAIL_FROM")
    if url:
        where = urlsplit(str(url))
        if where.scheme not in {"smtp", "smtps"} or not where.hostname:
            raise ConfigurationError("SMTP_URL is not smtp://host or smtps://host")
    return bool(url and sender)

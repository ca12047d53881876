"""Channels: ways out of the house, each a small class that sends one message and can look for one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from notifications.models import ChannelKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """One message as a channel needs it, read from the outbox so that no transaction stays open.

    ``sender`` is the centre's own (``contacts.sender_of``), where it has one. ``free_text``: WhatsApp
    takes the body as it is (``contacts.takes_free_text``); otherwise the template ``content_sid`` goes.
    ``taken`` are the provider's ids of other messages to this address, which ``find`` leaves alone.
    ``expires_at`` is from when the message is of no use; the provider then drops what it still holds.
    """

    token: str
    channel: ChannelKind
    address: str
    body: str
    language: str = "fr"
    subject: str = ""
    content_sid: str | None = None
    content_variables: dict[str, str] = field(default_factory=dict)
    media_url: str | None = None
    sender: str | None = None
    free_text: bool = False
    taken: frozenset[str] = frozenset()
    expires_at: datetime | None = None
    claimed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What a provider said when it took a message; ``status`` is a state of ``MessageState``."""

    provider_sid: str
    status: str = "accepted"
    error_code: str | None = None


class Verdict(StrEnum):
    """What follows from an error."""

    RETRY = "retry"
    STOP = "stop"
    FALL_BACK = "fall_back"
    UNCERTAIN = "uncertain"


class DeliveryError(Exception):
    """A message that was not taken, or perhaps was.

    Parameters
    ----------
    code : str
        The provider's error code, or a short name of ours.
    verdict : Verdict
        ``UNCERTAIN`` when the message may have been taken: the provider is asked before any retry.
    retry_after_s : int, optional
        How long the provider asks to wait.
    """

    def __init__(
        self, code: str, verdict: Verdict, reason: str = "", retry_after_s: int | None = None
    ) -> None:
        super().__init__(f"{code} {reason}".strip())
        self.code = code
        self.verdict = verdict
        self.reason = reason
        self.retry_after_s = retry_after_s


class Channel(Protocol):
    """A provider for some kinds of channel; ``provider`` is what the outbox remembers it by.

    ``can_be_asked``: ``find`` knows what was taken. Otherwise a message of which nothing was heard is
    given up, since nobody is to be told twice.
    """

    provider: str
    can_be_asked: bool

    def send(self, message: Outgoing) -> Accepted:
        """Hand one message over, once.

        Raises
        ------
        DeliveryError
            If it was not taken, or it is not known whether it was.
        """
        ...

    def find(self, message: Outgoing) -> Accepted | None:
        """Return what the provider knows of a message handed over since ``claimed_at``, if anything.

        Raises
        ------
        DeliveryError
            If the provider cannot be asked now.
        """
        ...

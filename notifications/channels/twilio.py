"""Text messages, WhatsApp and telephone calls by Twilio.

References
----------
https://www.twilio.com/docs/messaging/api/message-resource
https://www.twilio.com/docs/voice/api/call-resource
https://www.twilio.com/docs/voice/answering-machine-detection
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from notifications.channels import Accepted, DeliveryError, Outgoing, Verdict
from notifications.models import ChannelKind, MessageState
from notifications.provider_errors import consequence_of, consequence_of_answer

if TYPE_CHECKING:
    from twilio.rest import Client

P = ParamSpec("P")
T = TypeVar("T")

PROVIDER: Final = "twilio"
API: Final = "https://api.twilio.com"

#: Where Twilio's callbacks arrive, below the public address; see ``web.webhooks``.
HOOKS: Final = "/messages/twilio"

WHATSAPP_PREFIX: Final = "whatsapp:"

#: Seconds to connect, and to wait for an answer.
TIMEOUT_S: Final = (3.05, 12.0)

#: A telephone rings shorter than most answering machines wait; a call never lasts longer than this.
RING_S: Final = 25
CALL_LIMIT_S: Final = 240

#: Who took a call is found out before anything is said: after a beep if it is a machine, as soon as
#: somebody has said a word, or has said nothing for so many milliseconds, otherwise.
SILENCE_MS: Final = 2500

#: The longest that Twilio holds a message.
LONGEST_VALIDITY_S: Final = 36_000

#: How far back ``find`` looks before the claim: clocks differ, and an attempt before it may turn up late.
LOOK_BACK: Final = timedelta(minutes=10)
LOOK_AT: Final = 50

#: Twilio's words for where a message or call is.
STATES: Final[dict[str, MessageState]] = {
    "accepted": MessageState.ACCEPTED,
    "scheduled": MessageState.ACCEPTED,
    "queued": MessageState.ACCEPTED,
    "sending": MessageState.ACCEPTED,
    "sent": MessageState.ACCEPTED,
    "delivered": MessageState.DELIVERED,
    "partially_delivered": MessageState.DELIVERED,
    "read": MessageState.READ,
    "undelivered": MessageState.UNDELIVERED,
    "failed": MessageState.FAILED,
    "canceled": MessageState.FAILED,
    "initiated": MessageState.ACCEPTED,
    "ringing": MessageState.ACCEPTED,
    "in-progress": MessageState.ACCEPTED,
    "completed": MessageState.DELIVERED,
    "busy": MessageState.UNDELIVERED,
    "no-answer": MessageState.UNDELIVERED,
}

#: Ends of a call that have no error code: the word itself is the code.
ENDS_OF_CALLS: Final = frozenset({"busy", "no-answer"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioSettings:
    """Account and senders of an installation; ``api_base`` is for another host than Twilio's.

    ``sms_sender`` and ``whatsapp_sender`` are numbers or messaging services (``MG...``). ``timeout_s``
    is how many seconds a connection and an answer may take. ``answering_machines``: find out whether one
    took a call, and leave it a message instead of a question.
    """

    account_sid: str
    auth_token: str = field(repr=False)
    public_url: str
    sms_sender: str = ""
    whatsapp_sender: str = ""
    voice_sender: str = ""
    api_base: str = ""
    timeout_s: tuple[float, float] = TIMEOUT_S
    answering_machines: bool = True

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> TwilioSettings | None:
        """Return the settings in a configuration; ``None`` where there is no account."""
        if not config.get("TWILIO_ACCOUNT_SID") or not config.get("TWILIO_AUTH_TOKEN"):
            return None
        return cls(
            account_sid=config["TWILIO_ACCOUNT_SID"],
            auth_token=config["TWILIO_AUTH_TOKEN"],
            public_url=config["PUBLIC_URL"],
            sms_sender=config.get("TWILIO_SMS_SENDER", ""),
            whatsapp_sender=config.get("TWILIO_WHATSAPP_SENDER", ""),
            voice_sender=config.get("TWILIO_VOICE_SENDER", ""),
            api_base=config.get("TWILIO_API_BASE", ""),
            answering_machines=config.get("TWILIO_ANSWERING_MACHINES", "") != "no",
        )

    def sender(self, channel: ChannelKind) -> str:
        """Return the number, or messaging service, that a channel sends from; empty: none."""
        return {
            ChannelKind.SMS: self.sms_sender,
            ChannelKind.WHATSAPP: self.whatsapp_sender,
            ChannelKind.VOICE: self.voice_sender,
        }.get(channel, "")


class TwilioChannel:
    """Sends and finds messages and calls; one for a process, usable from several threads."""

    provider = PROVIDER
    can_be_asked = True

    def __init__(self, settings: TwilioSettings) -> None:
        self.settings = settings
        self._client: Client | None = None
        self._lock = Lock()

    def send(self, message: Outgoing) -> Accepted:
        """Hand one message over, once; see ``Channel``."""
        sender = message.sender or self.settings.sender(message.channel)
        if not sender:
            raise DeliveryError("no_sender", Verdict.FALL_BACK, "no number to send from")
        if message.channel is ChannelKind.VOICE:
            return self._ask(self._call, message, sender)
        return self._ask(self._write, message, sender)

    def find(self, message: Outgoing) -> Accepted | None:
        """Return what Twilio knows of a message; see ``Channel``.

        Messages are listed by number, not by date sent: one that still waits has no such date.
        """
        found = self._ask(self._listed, message)
        earliest = message.claimed_at - LOOK_BACK
        ours = [
            row
            for row in found
            if row.sid not in message.taken
            and str(row.direction).startswith("outbound")
            and (row.date_created is None or _aware(row.date_created) >= earliest)
            and self._says_the_same(message, row)
        ]
        if not ours:
            return None
        # Newest first, by the second: the last of the earliest was the first.
        ours.reverse()
        return _accepted(min(ours, key=lambda row: _aware(row.date_created or message.claimed_at)))

    def close(self) -> None:
        """Hang up the connections that are kept open between messages."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.http_client.session.close()

    def _write(self, message: Outgoing, sender: str) -> Accepted:
        values: dict[str, Any] = {
            "to": _channel_address(message.channel, message.address),
            "status_callback": f"{self.settings.public_url}{HOOKS}/status/{message.token}",
        }
        if sender.startswith("MG"):
            values["messaging_service_sid"] = sender
        else:
            values["from_"] = _channel_address(message.channel, sender)
        if _by_template(message):
            values["content_sid"] = message.content_sid
            values["content_variables"] = json.dumps(message.content_variables, ensure_ascii=False)
        elif message.channel is ChannelKind.WHATSAPP and not message.free_text:
            raise DeliveryError("no_window", Verdict.FALL_BACK, "no template and no open conversation")
        else:
            values["body"] = message.body
            if message.media_url:
                values["media_url"] = [message.media_url]
        if message.expires_at is not None:
            left_s = int((message.expires_at - message.claimed_at).total_seconds())
            if left_s < LONGEST_VALIDITY_S:
                values["validity_period"] = max(left_s, 1)
        return _accepted(self._account().messages.create(**values))

    def _call(self, message: Outgoing, sender: str) -> Accepted:
        hooks = f"{self.settings.public_url}{HOOKS}"
        found_out = {"machine_detection": "DetectMessageEnd", "machine_detection_silence_timeout": SILENCE_MS}
        call = self._account().calls.create(
            to=message.address,
            from_=sender,
            url=f"{hooks}/voice/{message.token}",
            method="POST",
            status_callback=f"{hooks}/call/{message.token}",
            status_callback_method="POST",
            status_callback_event=["completed"],
            timeout=RING_S,
            time_limit=CALL_LIMIT_S,
            **(found_out if self.settings.answering_machines else {}),
        )
        return _accepted(call)

    def _listed(self, message: Outgoing) -> list[Any]:
        address = _channel_address(message.channel, message.address)
        if message.channel is ChannelKind.VOICE:
            return list(self._account().calls.list(to=address, limit=LOOK_AT))
        return list(self._account().messages.list(to=address, limit=LOOK_AT))

    @staticmethod
    def _says_the_same(message: Outgoing, row: Any) -> bool:
        """Whether a listed message has our text; Twilio writes that of templates, and trials add words."""
        if message.channel is ChannelKind.VOICE or _by_template(message):
            return True
        return " ".join((row.body or "").split()).endswith(" ".join(message.body.split()))

    def _ask(self, act: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Do something at Twilio; every way in which that can end badly is a ``DeliveryError``."""
        import requests
        from twilio.base.exceptions import TwilioException

        try:
            return act(*arguments, **named)
        except _RefusedError as error:
            raise error.as_delivery_error() from None
        except requests.ConnectTimeout:
            code = "not_connected"
        except requests.Timeout:
            code = "timeout"
        except requests.ConnectionError as error:
            code = "not_connected" if _never_connected(error) else "connection_lost"
        except (requests.RequestException, TwilioException, ValueError, KeyError):
            code = "unreadable_answer"
        # Without the cause: it holds the request, with the number and the text.
        raise DeliveryError(code, consequence_of(code).verdict) from None

    def _account(self) -> Client:
        """Return the client, made at first use because importing it takes more than a second."""
        with self._lock:
            if self._client is None:
                self._client = _make_client(self.settings)
            return self._client


class _RefusedError(Exception):
    """Twilio answered with an error: HTTP status, its code and text, and how long it asks to wait."""

    def __init__(self, status: int, body: str, headers: Mapping[str, str]) -> None:
        super().__init__(str(status))
        self.status = status
        try:
            told = json.loads(body)
        except ValueError:
            told = {}
        self.code = told.get("code") if isinstance(told, dict) else None
        wait = headers.get("Retry-After", "") if headers else ""
        self.retry_after_s = int(wait) if wait.isdecimal() else None

    def as_delivery_error(self) -> DeliveryError:
        """Return the error as the outbox knows it, without Twilio's text, which may hold the number."""
        consequence = consequence_of_answer(self.status, self.code)
        code = str(self.code) if self.code is not None else f"http_{self.status}"
        return DeliveryError(code, consequence.verdict, f"HTTP {self.status}", self.retry_after_s)


def _make_client(settings: TwilioSettings) -> Client:
    import logging
    import os

    from requests.utils import get_environ_proxies
    from twilio.http.http_client import TwilioHttpClient
    from twilio.http.response import Response
    from twilio.rest import Client

    # The client's own log holds numbers: it says nothing.
    silent = logging.Logger("semainier.twilio", logging.CRITICAL + 1)

    class HttpClient(TwilioHttpClient):  # type: ignore[misc]
        """Time limits for every request, errors with their headers, and another host where configured."""

        def __init__(self) -> None:
            # Read once: the library would look at the environment with every message.
            super().__init__(logger=silent, proxy=get_environ_proxies(settings.api_base or API))
            self.session.trust_env = False
            self.session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
            self.timeout = settings.timeout_s

        def request(self, method: str, url: str, *arguments: Any, **options: Any) -> Response:
            if settings.api_base:
                url = settings.api_base.rstrip("/") + "/" + url.split("/", 3)[3]
            answer = super().request(method, url, *arguments, **options)
            # What was sent last is kept by the library for its own tests only.
            self._test_only_last_request = None
            if answer.status_code >= 400:
                raise _RefusedError(answer.status_code, answer.text, answer.headers)
            return answer

    return Client(settings.account_sid, settings.auth_token, http_client=HttpClient())


def _by_template(message: Outgoing) -> bool:
    return (
        message.channel is ChannelKind.WHATSAPP and message.content_sid is not None and not message.free_text
    )


def _channel_address(channel: ChannelKind, address: str) -> str:
    if channel is ChannelKind.WHATSAPP and not address.startswith((WHATSAPP_PREFIX, "MG")):
        return WHATSAPP_PREFIX + address
    return address


def _accepted(row: Any) -> Accepted:
    status = str(row.status)
    error_code = getattr(row, "error_code", None)
    if error_code is None and status in ENDS_OF_CALLS:
        error_code = status
    return Accepted(
        provider_sid=row.sid,
        status=STATES.get(status, MessageState.ACCEPTED).value,
        error_code=None if error_code is None else str(error_code),
    )


def _aware(instant: datetime) -> datetime:
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _never_connected(error: Exception) -> bool:
    """Whether a connection failed before anything could be sent on it."""
    from urllib3.exceptions import MaxRetryError, NewConnectionError

    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)

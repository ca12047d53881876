"""What Twilio tells the application: signed events of messages and calls, and what people write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from random import Random
from uuid import uuid4

import requests
from twilio.request_validator import RequestValidator

from tests.twilio_stand_in.records import VERSION, Recorded
from tests.twilio_stand_in.rules import World

#: Code of WhatsApp's refusal of free text out of a conversation; it comes after the message was taken.
NO_CONVERSATION = 63016


@dataclass(frozen=True)
class Callback:
    """One request of Twilio's to the application."""

    url: str
    form: dict[str, str]
    signature: str

    @property
    def headers(self) -> dict[str, str]:
        """Headers that come with it."""
        return {"X-Twilio-Signature": self.signature, "User-Agent": "TwilioProxy/1.1"}


def signed(url: str, form: dict[str, str], auth_token: str) -> Callback:
    """Return a request with Twilio's signature."""
    return Callback(url, form, RequestValidator(auth_token).compute_signature(url, form))


def callbacks_of(row: Recorded, world: World, auth_token: str) -> list[Callback]:
    """Return every event of a message or call until its end, in order, and move the row there."""
    if "StatusCallback" not in row.form:
        return []
    fate, code = world.fates.get(row.number, (None, None))
    if row.is_call:
        ends = [fate or "completed"]
    elif row.by_whatsapp and "ContentSid" not in row.form and row.number not in world.conversations:
        ends, code = ["failed"], NO_CONVERSATION
    elif row.by_whatsapp:
        ends = ["sent", fate] if fate else ["sent", "delivered", "read"]
    else:
        ends = ["sent", fate or "delivered"]
    row.status, row.error_code = ends[-1], code
    events = []
    for at, status in enumerate(ends):
        last = at == len(ends) - 1
        form = _call_form(row, status, at) if row.is_call else _message_form(row, status)
        if last and code is not None and not row.is_call:
            form["ErrorCode"] = str(code)
        events.append(signed(row.form["StatusCallback"][0], form, auth_token))
    return events


def inbound(
    url: str, sender: str, body: str, to: str, account_sid: str, auth_token: str, **more: str
) -> Callback:
    """Return the request that brings a message from outside."""
    sid = "SM" + uuid4().hex
    form = {
        "ToCountry": "BE",
        "FromCountry": "BE",
        "SmsMessageSid": sid,
        "SmsSid": sid,
        "MessageSid": sid,
        "SmsStatus": "received",
        "NumMedia": "0",
        "NumSegments": "1",
        "Body": body,
        "To": to,
        "From": sender,
        "AccountSid": account_sid,
        "ApiVersion": VERSION,
        **more,
    }
    if sender.startswith("whatsapp:"):
        form |= {"ProfileName": "", "WaId": sender.removeprefix("whatsapp:+")}
    return signed(url, form, auth_token)


def play(
    callbacks: Sequence[Callback],
    post: Callable[[Callback], int] | None = None,
    *,
    duplicates: float = 0,
    shuffled: bool = False,
    seed: int = 0,
    at_once: int = 1,
) -> list[int]:
    """Deliver events, some of them twice, in any order, and several at once if so asked.

    Returns
    -------
    list of int
        The HTTP statuses.
    """
    random = Random(seed)
    events = [*callbacks, *(each for each in callbacks if random.random() < duplicates)]
    if shuffled:
        random.shuffle(events)
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(post or by_http, events))


def by_http(callback: Callback) -> int:
    """Deliver one event over the network."""
    answer = requests.post(callback.url, data=callback.form, headers=callback.headers, timeout=30)
    return answer.status_code


def _message_form(row: Recorded, status: str) -> dict[str, str]:
    form = {
        "SmsSid": row.sid,
        "SmsStatus": status,
        "MessageSid": row.sid,
        "MessageStatus": status,
        "To": row.to,
        "From": row.form.get("From", [""])[0],
        "AccountSid": row.account_sid,
        "ApiVersion": VERSION,
    }
    if row.by_whatsapp:
        form |= {"ChannelPrefix": "whatsapp", "ChannelToAddress": row.number}
    return form


def _call_form(row: Recorded, status: str, number: int) -> dict[str, str]:
    return {
        "CallSid": row.sid,
        "CallStatus": status,
        "CallDuration": "31" if status == "completed" else "0",
        "Called": row.to,
        "Caller": row.form["From"][0],
        "To": row.to,
        "From": row.form["From"][0],
        "AccountSid": row.account_sid,
        "ApiVersion": VERSION,
        "Direction": "outbound-api",
        "CallbackSource": "call-progress-events",
        "SequenceNumber": str(number),
    }

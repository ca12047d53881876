"""What Twilio refuses although its description lets it pass, with its own codes.

References
----------
https://www.twilio.com/docs/api/errors
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

Form = Mapping[str, Sequence[str]]

_NUMBER = re.compile(r"\+[1-9]\d{7,14}")
_CHANNEL = "whatsapp:"
MOST_LETTERS = 1600


@dataclass
class World:
    """What Twilio knows: numbers of the account, and numbers outside that are not as others.

    ``conversations`` are WhatsApp numbers that wrote in the last 24 hours. ``fates`` end messages and
    calls to a number in another way: state and error code.
    """

    senders: set[str]
    whatsapp_senders: set[str]
    templates: dict[str, str] = field(default_factory=dict)
    landlines: set[str] = field(default_factory=set)
    opted_out: set[str] = field(default_factory=set)
    conversations: set[str] = field(default_factory=set)
    fates: dict[str, tuple[str, int | None]] = field(default_factory=dict)


@dataclass(frozen=True)
class Refusal:
    """A refusal as Twilio words it."""

    code: int
    message: str
    status: int = 400

    def body(self) -> bytes:
        """Return Twilio's error body."""
        return json.dumps(
            {
                "code": self.code,
                "message": self.message,
                "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
                "status": self.status,
            }
        ).encode()


def refuse_message(world: World, form: Form) -> Refusal | None:
    """Return why a message is refused, if it is."""
    to, sender, service = _one(form, "To"), _one(form, "From"), _one(form, "MessagingServiceSid")
    if not to:
        return Refusal(21604, "A 'To' phone number is required.")
    if not sender and not service:
        return Refusal(21603, "A 'From' phone number is required.")
    if not (_one(form, "Body") or _one(form, "ContentSid") or form.get("MediaUrl")):
        return Refusal(21602, "Message body is required.")
    number = to.removeprefix(_CHANNEL)
    if not _NUMBER.fullmatch(number):
        return Refusal(21211, f"Invalid 'To' Phone Number: {to}")
    if sender == to:
        return Refusal(21266, "'To' and 'From' number cannot be the same.")
    by_whatsapp = to.startswith(_CHANNEL)
    if sender and by_whatsapp != sender.startswith(_CHANNEL):
        return Refusal(21910, "Invalid 'From' and 'To' pair. 'From' and 'To' should be of the same channel")
    if by_whatsapp and sender and sender not in world.whatsapp_senders:
        return Refusal(63007, "Twilio could not find a Channel with the specified 'From' address")
    if not by_whatsapp and sender and sender not in world.senders:
        return Refusal(21606, f"The 'From' phone number {sender} is not a valid, SMS-capable number")
    if service and service not in world.senders | world.whatsapp_senders:
        return Refusal(21701, "The Messaging Service does not exist")
    if len(_one(form, "Body")) > MOST_LETTERS:
        return Refusal(21617, "The concatenated message body exceeds the 1600 character limit")
    if number in world.opted_out and not by_whatsapp:
        return Refusal(21610, "Attempt to send to unsubscribed recipient")
    if number in world.landlines and not by_whatsapp:
        return Refusal(21614, f"'To' number: {to}, is not a mobile number")
    return _refuse_content(world, form) or _refuse_addresses(form, "StatusCallback", 21609)


def refuse_call(world: World, form: Form) -> Refusal | None:
    """Return why a call is refused, if it is."""
    to, sender = _one(form, "To"), _one(form, "From")
    if not to:
        return Refusal(21201, "No 'To' number is specified")
    if not sender:
        return Refusal(21213, "Caller phone number is required")
    if not _NUMBER.fullmatch(to):
        return Refusal(21211, f"Invalid 'To' Phone Number: {to}")
    if sender not in world.senders:
        return Refusal(21210, "'From' phone number not verified")
    if not any(_one(form, name) for name in ("Url", "Twiml", "ApplicationSid")):
        return Refusal(21205, "Url parameter is required")
    return _refuse_addresses(form, "Url", 21205) or _refuse_addresses(form, "StatusCallback", 21609)


def _refuse_content(world: World, form: Form) -> Refusal | None:
    content, variables = _one(form, "ContentSid"), _one(form, "ContentVariables")
    if content and content not in world.templates:
        return Refusal(21655, "The ContentSid is Invalid")
    if variables and not content:
        return Refusal(21654, "ContentSid Required")
    if variables:
        try:
            read = json.loads(variables)
        except ValueError:
            read = None
        if not isinstance(read, dict) or not all(isinstance(value, str) for value in read.values()):
            return Refusal(21656, "The ContentVariables Parameter is invalid")
    return None


def _refuse_addresses(form: Form, name: str, code: int) -> Refusal | None:
    for given in form.get(name, ()):
        parts = urlsplit(given)
        if parts.scheme not in {"http", "https"} or not parts.hostname or "_" in parts.hostname:
            return Refusal(code, f"The {name} URL {given} is not a valid URL.")
    return None


def _one(form: Form, name: str) -> str:
    return next(iter(form.get(name, ())), "")

"""One message of a mailbox as far as it matters: who wrote, to what, by hand or not, and which words."""

from __future__ import annotations

import email
import hashlib
import re
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from typing import Any, Final

from notifications.mailbox.quoting import html_to_text, own_words
from notifications.replies.attached import with_attached

#: Tokens of ours, in the ids of messages that a letter answers.
_TOKEN: Final = re.compile(r"<([\w-]{22})@")
_ANSWERED: Final = ("In-Reply-To", "References")

#: Headers that only machines set (RFC 3834 and what was done before it).
_MACHINE_HEADERS: Final = ("X-Autoreply", "X-Autorespond", "X-Auto-Response", "List-Id", "Feedback-ID")
_MACHINE_PRECEDENCE: Final = frozenset({"bulk", "junk", "list", "auto_reply"})
_MACHINE_SENDERS: Final = re.compile(
    r"(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)([+.-].*)?"
)

#: What mail programs put before the subject of an answer.
_REPLIED: Final = re.compile(
    r"\s*(re|ré|aw|antw|sv|vs|tr|fwd?|wg|doorst|odp|ynt|rif|res)\s?(\[\d+\])?\s?:", re.I
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What the headers of a message say; ``tokens`` are those of our messages that it answers."""

    sender: str
    tokens: tuple[str, ...]
    is_report: bool
    is_automatic: bool
    failed_checks: bool
    message_id: str


def read_headers(raw: bytes) -> Letter:
    """Return what the headers of a message say; whatever is malformed says nothing."""
    message = parse(raw)
    answered = " ".join(_header(message, name) for name in _ANSWERED)
    sender = parseaddr(_header(message, "From"))[1].strip().casefold()
    message_id = _header(message, "Message-ID").strip() or hashlib.sha256(raw).hexdigest()
    return Letter(
        sender=sender,
        tokens=tuple(dict.fromkeys(_TOKEN.findall(answered))),
        is_report=message.get_content_type() == "multipart/report",
        is_automatic=_is_automatic(message, sender),
        failed_checks="dmarc=fail" in _header(message, "Authentication-Results").lower(),
        message_id=hashlib.sha256(message_id.encode(errors="replace")).hexdigest(),
    )


def read_words(raw: bytes, told: str) -> str:
    """Return what somebody wrote themselves, without what they quote; their subject if that is all.

    Parameters
    ----------
    told : str
        The message that is answered: its words end their own.
    """
    message = parse(raw)
    text = own_words(_text(message), told)
    subject = _header(message, "Subject").strip()
    if not text and not _REPLIED.match(subject):
        text = " ".join(subject.split())
    types = [
        part.get_content_type() for part in message.walk() if part.get_content_disposition() == "attachment"
    ]
    return with_attached(text, types)


def parse(raw: bytes) -> EmailMessage:
    """Return a message, however badly it is made."""
    message = email.message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def tokens_of(part: EmailMessage) -> tuple[str, ...]:
    """Return the token of a message of ours that a part of another one holds, whole or as its headers."""
    inside: Any = part.get_payload()
    if isinstance(inside, list):
        found = " ".join(_header(each, "Message-ID") for each in inside)
    else:
        headers: Any = part.get_payload(decode=True)
        found = _header(parse(headers or b""), "Message-ID")
    return tuple(_TOKEN.findall(found))


def _header(message: EmailMessage, name: str) -> str:
    """Return the values of a header, one after the other; nothing where it cannot be read."""
    try:
        return " ".join(str(value) for value in message.get_all(name, ()))
    except (ValueError, LookupError, AttributeError, TypeError):
        return ""


def _is_automatic(message: EmailMessage, sender: str) -> bool:
    submitted = re.split(r"[;(]", _header(message, "Auto-Submitted"))[0].strip().lower()
    return (
        submitted not in ("", "no")
        or _header(message, "Return-Path").strip() == "<>"
        or _header(message, "Precedence").strip().lower() in _MACHINE_PRECEDENCE
        or any(name in message for name in _MACHINE_HEADERS)
        or message.get_content_type() == "multipart/report"
        or _MACHINE_SENDERS.fullmatch(sender.partition("@")[0]) is not None
    )


def _text(message: EmailMessage) -> str:
    """Return the text of a message; of one in HTML alone, or with an empty text beside it, the HTML's."""
    found: dict[str, str] = {}
    for part in message.walk():
        kind = part.get_content_type()
        if kind in ("text/plain", "text/html") and part.get_content_disposition() != "attachment":
            found.setdefault(kind, _decoded(part))
    plain = found.get("text/plain", "")
    return plain if plain.strip() else html_to_text(found.get("text/html", ""))


def _decoded(part: EmailMessage) -> str:
    content = part.get_payload(decode=True)
    raw = content if isinstance(content, bytes) else b""
    charset = part.get_content_charset() or "utf-8"
    try:
        return raw.decode("utf-8" if charset == "us-ascii" else charset, errors="replace")
    except (LookupError, ValueError):
        return raw.decode("utf-8", errors="replace")

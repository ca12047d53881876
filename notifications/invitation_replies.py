"""Answers to invitations, read back from the mailbox (iTIP REPLY, RFC 5546; iMIP, RFC 6047)."""

from __future__ import annotations

import email
import imaplib
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import MailInvitation
from scheduler.attendance import answer, session_in_force
from scheduler.db import begin_writing
from scheduler.errors import InvalidInputError, NotFoundError
from scheduler.models import Answer, AttendanceRecord

TIMEOUT_S: Final = 30
MOST_MESSAGES: Final = 100
MOST_BYTES: Final = 512 * 1024

#: What is taken for an answer; a tentative or delegated one is not.
ANSWERS: Final = {"ACCEPTED": Answer.COMING, "DECLINED": Answer.NOT_COMING}


class MailboxError(Exception):
    """A mailbox that cannot be read; the message never holds its password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationReply:
    """What one person's calendar program answered about one appointment."""

    uid: str
    address: str
    sequence: int
    answer: Answer
    replied_at: datetime


def read_replies(session: Session, clock: Callable[[], datetime], imap_url: str) -> dict[str, int]:
    """Take the answers among the unread messages of a mailbox, and leave all others unread.

    A message is marked as read after its answer is stored: one that is read twice changes nothing.

    Parameters
    ----------
    imap_url : str
        ``imaps://user:password@host/folder``, or ``imap://`` with STARTTLS wherever it is offered.

    Raises
    ------
    MailboxError
        If the mailbox cannot be read.
    """
    counts = {"taken": 0, "ignored": 0}
    try:
        with _open(imap_url) as mailbox:
            for number, raw in _unread(mailbox):
                replies = parse_replies(raw)
                if not replies:
                    continue
                begin_writing(session)
                for reply in replies:
                    counts["taken" if take_reply(session, reply, clock()) else "ignored"] += 1
                session.commit()
                mailbox.store(number, "+FLAGS", r"(\Seen)")
    except (imaplib.IMAP4.error, OSError) as error:
        raise MailboxError(type(error).__name__) from None
    return counts


def parse_replies(raw: bytes) -> list[InvitationReply]:
    """Return the answers in a message; none if it is anything else, or malformed.

    Only an answer that comes from the address it speaks for counts.
    """
    message = email.message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    try:
        sender = parseaddr(str(message["From"] or ""))[1].casefold()
        found = []
        for part in message.walk():
            if part.get_content_type() == "text/calendar":
                calendar = Calendar.from_ical(bytes(part.get_payload(decode=True)))
                if str(calendar.get("METHOD", "")).upper() == "REPLY":
                    found += [reply for event in calendar.walk("VEVENT") for reply in _answers(event)]
    except (ValueError, KeyError, IndexError, LookupError, AttributeError, TypeError):
        return []
    return [reply for reply in found if reply.address == sender]


def take_reply(session: Session, reply: InvitationReply, now: datetime) -> bool:
    """Store an answer, unless it is to no invitation of ours, to an older one, or older than what we know."""
    query = (
        select(MailInvitation)
        .where(MailInvitation.uid == reply.uid)
        .order_by(MailInvitation.sequence.desc(), MailInvitation.id.desc())
    )
    sent = [row for row in session.scalars(query) if row.address.casefold() == reply.address]
    if not sent or reply.sequence < sent[0].sequence:
        return False
    invitation = sent[0]
    known = session.scalar(
        select(AttendanceRecord.answered_at).where(
            AttendanceRecord.centre_id == invitation.centre_id,
            AttendanceRecord.session_uid == reply.uid,
            AttendanceRecord.participant_id == invitation.participant_id,
        )
    )
    replied_at = min(reply.replied_at, now)
    if known is not None and known >= replied_at:
        return False
    try:
        held = session_in_force(session, invitation.centre_id, reply.uid)
        answer(session, held, invitation.participant_id, reply.answer, now)
    except (NotFoundError, InvalidInputError):
        return False
    return True


def _answers(event: Any) -> Iterable[InvitationReply]:
    attendees = event.get("ATTENDEE", [])
    for attendee in attendees if isinstance(attendees, list) else [attendees]:
        given = ANSWERS.get(str(attendee.params.get("PARTSTAT", "")).upper())
        stamp = event["DTSTAMP"].dt
        if given is not None and isinstance(stamp, datetime):
            yield InvitationReply(
                uid=str(event["UID"]).removesuffix("@semainier"),
                address=str(attendee).partition(":")[2].casefold(),
                sequence=int(event.get("SEQUENCE", 0)),
                answer=given,
                replied_at=stamp if stamp.tzinfo else stamp.replace(tzinfo=UTC),
            )


def _open(imap_url: str) -> imaplib.IMAP4:
    where = urlsplit(imap_url)
    host, context = where.hostname or "localhost", ssl.create_default_context()
    if where.scheme == "imaps":
        mailbox: imaplib.IMAP4 = imaplib.IMAP4_SSL(
            host, where.port or 993, ssl_context=context, timeout=TIMEOUT_S
        )
    else:
        mailbox = imaplib.IMAP4(host, where.port or 143, timeout=TIMEOUT_S)
    try:
        if where.scheme == "imap" and "STARTTLS" in mailbox.capabilities:
            mailbox.starttls(context)
        mailbox.login(unquote(where.username or ""), unquote(where.password or ""))
        folder = unquote(where.path.strip("/")) or "INBOX"
        if mailbox.select(f'"{folder}"')[0] != "OK":
            raise MailboxError(f"no folder {folder}")
    except BaseException:
        mailbox.shutdown()
        raise
    return mailbox


def _unread(mailbox: imaplib.IMAP4) -> Iterable[tuple[str, bytes]]:
    """Yield the newest unread messages of a fair size, in order, without marking them as read."""
    numbers = mailbox.search(None, "UNSEEN", "SMALLER", str(MOST_BYTES))[1][0].decode().split()
    for number in numbers[-MOST_MESSAGES:]:
        parts = mailbox.fetch(number, "(BODY.PEEK[])")[1]
        raw = next((part[1] for part in parts if isinstance(part, tuple)), None)
        if raw is not None:
            yield number, raw

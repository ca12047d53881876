"""Answers to invitations in e-mail (iTIP REPLY, RFC 5546; iMIP, RFC 6047)."""

from __future__ import annotations

import email
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from email.utils import parseaddr
from typing import Any, Final

from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import MailInvitation
from scheduler.attendance import answer, session_in_force
from scheduler.errors import InvalidInputError, NotFoundError
from scheduler.models import Answer, AttendanceRecord

#: What is taken for an answer; a tentative or delegated one is not.
ANSWERS: Final = {"ACCEPTED": Answer.COMING, "DECLINED": Answer.NOT_COMING}


@dataclass(frozen=True, slots=True, kw_only=True)
class InvitationReply:
    """What one person's calendar program answered about one appointment."""

    uid: str
    address: str
    sequence: int
    answer: Answer
    replied_at: datetime


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

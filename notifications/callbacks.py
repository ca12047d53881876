"""What the provider tells and brings: recorded in a few statements, worked on afterwards by jobs."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.channels.twilio import PROVIDER, STATES, WHATSAPP_PREFIX
from notifications.contacts import SENDERS, ends_like, known_address, note_inbound, phone_number
from notifications.models import (
    ChannelKind,
    InboundMessage,
    InboundState,
    Message,
    MessageTopic,
)
from notifications.replies.letters import storable
from notifications.status import FAILURES, News, insert_or_ignore
from scheduler.models import Centre, Participant

log = logging.getLogger("semainier.callbacks")

#: How long after a message an answer to it is expected at the centre that sent it.
ANSWERED_WITHIN: Final = timedelta(days=60)

LONGEST_BODY: Final = 4000


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """One text from outside. ``replied_sid`` is the provider's id of the message it answers, if told."""

    sid: str
    sender: str
    to: str
    body: str
    button: str = ""
    replied_sid: str = ""


def read_event(token: str, *, sid: str, status: str, error_code: str | None, now: datetime) -> News | None:
    """Return what the provider tells of the message or call with a token; ``None`` for an unknown word.

    The same event again, and one that comes after its successor, change nothing (``status.move_all``).
    """
    state = STATES.get(status)
    if state is None:
        log.info("event of an unknown status")
        return None
    return News(
        of=token,
        status=state,
        source="provider",
        key=f"{sid[-12:]}-{status}"[:80],
        now=now,
        provider_sid=sid,
        error_code=(error_code or status)[:40] if state in FAILURES else None,
    )


def record_incoming(session: Session, incoming: Incoming, now: datetime) -> bool:
    """Store a text from outside, once, with the centre it is for; ``False`` if it is known already.

    Who sent it and what it means is found out by a job.
    """
    channel = ChannelKind.WHATSAPP if incoming.sender.startswith(WHATSAPP_PREFIX) else ChannelKind.SMS
    address = incoming.sender.removeprefix(WHATSAPP_PREFIX)
    about = _replied_to(session, incoming.replied_sid)
    centre_id = about.centre_id if about is not None else _centre_of(session, channel, address, incoming, now)
    if centre_id is None:
        log.warning("a text from an unknown number fits no centre and is not kept")
        return False
    stored = _store(
        session,
        {
            "centre_id": centre_id,
            "provider_sid": incoming.sid,
            "channel": channel,
            "address": address,
            "body": storable(incoming.body)[:LONGEST_BODY],
            "button": storable(incoming.button)[:80],
            "about_id": about.id if about is not None else None,
            "received_at": now,
        },
    )
    if stored and (
        channel is ChannelKind.WHATSAPP or known_address(session, centre_id, channel, address) is not None
    ):
        note_inbound(session, centre_id, channel, address, now)
    return stored


def record_key(
    session: Session, message: Message, *, call_sid: str, digit: str, now: datetime, asked: str = ""
) -> bool:
    """Store a key that somebody pressed during a call; the same key of a call counts once.

    ``asked`` is what was asked after the message, if anything (``telephone.REASON``).
    """
    people = set(
        session.scalars(select(MessageTopic.participant_id).where(MessageTopic.message_id == message.id))
    )
    if not people and message.participant_id is not None:
        people = {message.participant_id}
    return _store(
        session,
        {
            "centre_id": message.centre_id,
            "provider_sid": "-".join(part for part in (call_sid, asked, digit) if part),
            "channel": ChannelKind.VOICE,
            "address": message.address,
            "body": digit,
            "button": asked,
            "participant_id": people.pop() if len(people) == 1 else None,
            "about_id": message.id,
            "received_at": now,
        },
    )


def find_message(session: Session, token: str) -> Message | None:
    """Return the message that a callback names."""
    return session.scalars(select(Message).where(Message.token == token)).one_or_none()


def _store(session: Session, columns: dict[str, Any]) -> bool:
    stored = session.scalar(
        insert_or_ignore(session, InboundMessage).returning(InboundMessage.id),
        {"provider": PROVIDER, "state": InboundState.RECEIVED, **columns},
    )
    return stored is not None


def _replied_to(session: Session, sid: str) -> Any:
    if not sid:
        return None
    query = select(Message.id, Message.centre_id).where(Message.provider_sid == sid)
    return session.execute(query.limit(1)).one_or_none()


def _centre_of(
    session: Session, channel: ChannelKind, address: str, incoming: Incoming, now: datetime
) -> int | None:
    """Return the centre a text is for.

    It is the one whose number the text came to, who wrote last, who knows the person, or the only one
    that is there.
    """
    to = incoming.to.removeprefix(WHATSAPP_PREFIX)
    centres = session.execute(select(Centre.id, Centre.settings, Centre.is_demo)).all()
    key = SENDERS[channel]
    own = [
        row.id
        for row in centres
        if str(row.settings.get(key) or "").strip().removeprefix(WHATSAPP_PREFIX) == to
    ]
    candidates = own or [row.id for row in centres if not row.settings.get(key)]
    if len(candidates) == 1:
        return int(candidates[0])
    last = session.scalar(
        select(Message.centre_id)
        .where(
            Message.centre_id.in_(candidates),
            Message.address == address,
            Message.created_at > now - ANSWERED_WITHIN,
            Message.sent_at.is_not(None),
        )
        .order_by(Message.created_at.desc(), Message.id.desc())
        .limit(1)
    )
    if last is not None:
        return last
    real = [row.id for row in centres if row.id in candidates and not row.is_demo]
    return _centre_that_knows(session, candidates, address) or (real[0] if len(real) == 1 else None)


def _centre_that_knows(session: Session, candidates: list[int], address: str) -> int | None:
    """Return the one centre with a person of this number; numbers are stored as people typed them."""
    rows = session.execute(
        select(Participant.centre_id, Participant.phone).where(
            Participant.centre_id.in_(candidates), Participant.active, ends_like(address)
        )
    )
    known = {row.centre_id for row in rows if phone_number(row.phone) == address}
    return known.pop() if len(known) == 1 else None

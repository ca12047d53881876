"""Putting messages in the outbox and taking back what has not left the house.

Nothing is sent here: a message is a row of the same transaction as what causes it, so that both
hold or neither does.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from notifications.models import ChannelKind, Message, MessageKind, MessageState, MessageTopic
from notifications.status import insert_or_ignore, lock, record_moves


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """One session of one person that a message speaks of; see ``MessageTopic``."""

    participant_id: int
    session_uid: str
    starts_at: datetime
    sequence: int = 0
    confirm_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message to be; the columns of ``Message``.

    Parameters
    ----------
    key : str
        Names what causes the message: the same key is never stored twice in a centre.
    next_at : datetime, optional
        Not before; at once if not given.
    expires_at : datetime, optional
        Of no use from then on.
    withheld : str, optional
        The rule that stops the message, which is stored all the same so that it can be seen.
    """

    centre_id: int
    key: str
    kind: MessageKind
    channel: ChannelKind
    address: str
    participant_id: int | None = None
    language: str = "fr"
    subject: str = ""
    body: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    content_sid: str | None = None
    content_variables: dict[str, Any] = field(default_factory=dict)
    media_url: str | None = None
    recording_id: int | None = None
    segments: int = 1
    price_eur_millicents: int = 0
    step: str = ""
    variant: str = ""
    next_at: datetime | None = None
    expires_at: datetime | None = None
    fallback_of_id: int | None = None
    withheld: str | None = None
    topics: tuple[Topic, ...] = ()


def enqueue(session: Session, draft: Draft, now: datetime) -> Message | None:
    """Store a message in the transaction of its cause; ``None`` when its key is known.

    Two transactions with the same key at the same moment: the later waits for the earlier, and stores
    nothing if that one is committed.
    """
    session.flush()
    row = session.scalar(insert_or_ignore(session, Message).returning(Message), _columns(draft, now))
    if row is None:
        return None
    message: Message = row
    if draft.topics:
        session.execute(insert(MessageTopic), _topics(draft, message.id))
    return message


def enqueue_all(session: Session, drafts: Sequence[Draft], now: datetime) -> int:
    """Store many messages in a few statements, those whose key is known left out; return how many."""
    if not drafts:
        return 0
    session.flush()
    by_key = {(draft.centre_id, draft.key): draft for draft in drafts}
    rows = session.execute(
        insert_or_ignore(session, Message).returning(Message.id, Message.centre_id, Message.key),
        [_columns(draft, now) for draft in by_key.values()],
    ).all()
    topics = [
        topic for message_id, centre_id, key in rows for topic in _topics(by_key[centre_id, key], message_id)
    ]
    if topics:
        session.execute(insert(MessageTopic), topics)
    return len(rows)


def supersede(
    session: Session,
    centre_id: int,
    now: datetime,
    *,
    session_uid: str | None = None,
    participant_id: int | None = None,
    kinds: Collection[MessageKind] | None = None,
) -> list[Message]:
    """Take back unsent messages about a session, a person, or a session of a person.

    A message of several topics is taken back whole: the caller puts a new one, with a key of its own,
    in its place if something of it still holds.

    Returns
    -------
    list of Message
        What was taken back, with its topics.
    """
    if session_uid is None and participant_id is None:
        raise ValueError("name a session or a person")
    chosen = select(MessageTopic.message_id).where(MessageTopic.centre_id == centre_id)
    if session_uid is not None:
        chosen = chosen.where(MessageTopic.session_uid == session_uid)
    if participant_id is not None:
        chosen = chosen.where(MessageTopic.participant_id == participant_id)
    about = Message.id.in_(chosen)
    condition = about if session_uid else or_(about, Message.participant_id == participant_id)
    if kinds is not None:
        condition = condition & Message.kind.in_(kinds)
    return _withdraw(session, centre_id, condition, MessageState.SUPERSEDED, "superseded", now)


def take_back(session: Session, centre_id: int, ids: Collection[int], now: datetime) -> list[Message]:
    """Take back those of some messages that have not been sent; see ``supersede``."""
    if not ids:
        return []
    return _withdraw(session, centre_id, Message.id.in_(ids), MessageState.SUPERSEDED, "superseded", now)


def withhold(
    session: Session, centre_id: int, channel: ChannelKind, address: str, reason: str, now: datetime
) -> list[Message]:
    """Stop unsent messages to an address, as when its owner wants no more; return them."""
    condition = (Message.channel == channel) & (Message.address == address)
    return _withdraw(session, centre_id, condition, MessageState.WITHHELD, reason, now)


def _withdraw(
    session: Session, centre_id: int, condition: Any, state: MessageState, reason: str, now: datetime
) -> list[Message]:
    session.flush()
    under_way = (MessageState.CLAIMED, MessageState.UNCERTAIN)
    own = Message.centre_id == centre_id, condition
    lock(session.connection(), *own, Message.state.in_((MessageState.QUEUED, *under_way)))
    rows = session.execute(
        update(Message)
        .where(*own, Message.state == MessageState.QUEUED)
        .values(state=state, error_code=reason, final_at=now)
        .returning(Message.id, Message.centre_id, Message.attempts)
        .execution_options(synchronize_session=False)
    ).all()
    record_moves(session, rows, state, source="person", now=now, reason=reason)
    # What is under way cannot be called back, but is not tried again either.
    session.execute(
        update(Message)
        .where(*own, Message.state.in_(under_way))
        .values(expires_at=now)
        .execution_options(synchronize_session=False)
    )
    ids = [row.id for row in rows]
    if not ids:
        return []
    query = select(Message).where(Message.id.in_(ids)).order_by(Message.id)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def _topics(draft: Draft, message_id: int) -> list[dict[str, Any]]:
    return [
        {
            "centre_id": draft.centre_id,
            "message_id": message_id,
            "participant_id": topic.participant_id,
            "session_uid": topic.session_uid,
            "sequence": topic.sequence,
            "starts_at": topic.starts_at,
            "confirm_by": topic.confirm_by,
        }
        for topic in draft.topics
    ]


def _columns(draft: Draft, now: datetime) -> dict[str, Any]:
    held = draft.withheld is not None
    return {
        "centre_id": draft.centre_id,
        "key": draft.key,
        "kind": draft.kind,
        "channel": draft.channel,
        "participant_id": draft.participant_id,
        "address": draft.address,
        "language": draft.language,
        "subject": draft.subject,
        "body": draft.body,
        "facts": draft.facts,
        "content_sid": draft.content_sid,
        "content_variables": draft.content_variables,
        "media_url": draft.media_url,
        "recording_id": draft.recording_id,
        "segments": draft.segments,
        "price_eur_millicents": draft.price_eur_millicents,
        "step": draft.step,
        "variant": draft.variant,
        "state": MessageState.WITHHELD if held else MessageState.QUEUED,
        "error_code": draft.withheld,
        "next_at": draft.next_at or now,
        "expires_at": draft.expires_at,
        "fallback_of_id": draft.fallback_of_id,
        "created_at": now,
        "final_at": now if held else None,
    }

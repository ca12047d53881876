"""Who was told of a change and has not said that they know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from notifications.changes import TELLING
from notifications.models import Message, MessageKind, MessageState, MessageTopic
from notifications.net_changes import NetChange
from notifications.replies.effects import confirm
from scheduler.models import AttendanceRecord, Centre, Participant

#: States in which the message itself has told nobody: no reason to wait for an answer.
NOT_TOLD = (MessageState.FAILED, MessageState.UNDELIVERED, MessageState.WITHHELD, MessageState.EXPIRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unconfirmed:
    """One person who may not know of a change of one session to come.

    ``starts_at`` is when the session starts now, or would have started if it is cancelled. ``told`` is
    false when no message has reached them.
    """

    participant_id: int
    session_uid: str
    starts_at: datetime
    message_id: int
    kind: MessageKind
    queued_at: datetime
    told: bool


def unconfirmed(session: Session, centre: Centre, now: datetime) -> list[Unconfirmed]:
    """Return who should be called about a change, the most urgent first, in one query.

    These are the people who have not confirmed in time, and at once those whose message could not be
    sent. Answering for the session on one's page counts as confirming. Of several messages about a
    session only the last counts.
    """
    rows = _unconfirmed(session, now, MessageTopic.centre_id == centre.id)
    found = [
        Unconfirmed(
            participant_id=row.participant_id,
            session_uid=row.session_uid,
            starts_at=row.starts_at,
            message_id=row.id,
            kind=MessageKind(row.kind),
            queued_at=row.created_at,
            told=row.state not in NOT_TOLD,
        )
        for row in rows
        if row.state in NOT_TOLD or row.confirm_by <= now
    ]
    return sorted(found, key=lambda each: (each.starts_at, each.participant_id, each.session_uid))


def news_of(session: Session, person: Participant, now: datetime) -> dict[str, NetChange]:
    """Return what has changed for one person and they have not confirmed yet, by session."""
    rows = _unconfirmed(session, now, MessageTopic.participant_id == person.id)
    ids = {row.id for row in rows}
    texts = session.execute(select(Message.id, Message.facts).where(Message.id.in_(ids))) if ids else ()
    told = {
        (message_id, change.uid): change
        for message_id, facts in texts
        for change in map(NetChange.from_json, facts.get("changes", ()))
        if change.participant_id == person.id
    }
    keys = [(row.id, row.session_uid) for row in rows]
    return {uid: told[message_id, uid] for message_id, uid in keys if (message_id, uid) in told}


def confirm_news(session: Session, person: Participant, uid: str, now: datetime) -> None:
    """Keep that a person has seen what has changed about one session."""
    query = (
        select(MessageTopic)
        .join(MessageTopic.message)
        .where(
            MessageTopic.participant_id == person.id,
            MessageTopic.session_uid == uid,
            Message.kind.in_(TELLING),
        )
    )
    confirm(session.scalars(query), now)


def _unconfirmed(session: Session, now: datetime, whose: ColumnElement[bool]) -> list[Any]:
    """Return the last message of each person about each session, unless they have answered it."""
    query = (
        select(
            MessageTopic.participant_id,
            MessageTopic.session_uid,
            MessageTopic.starts_at,
            MessageTopic.confirm_by,
            MessageTopic.confirmed_at,
            Message.id,
            Message.kind,
            Message.state,
            Message.created_at,
            AttendanceRecord.answered_at,
        )
        .join(MessageTopic.message)
        .outerjoin(
            AttendanceRecord,
            and_(
                AttendanceRecord.centre_id == MessageTopic.centre_id,
                AttendanceRecord.session_uid == MessageTopic.session_uid,
                AttendanceRecord.participant_id == MessageTopic.participant_id,
            ),
        )
        .where(
            whose,
            MessageTopic.starts_at > now,
            MessageTopic.confirm_by.is_not(None),
            Message.kind.in_(TELLING),
            Message.state != MessageState.SUPERSEDED,
        )
        .order_by(Message.id)
    )
    # A message that failed is followed by another way's, which is newer and counts instead.
    last = {(row.participant_id, row.session_uid): row for row in session.execute(query)}
    return [
        row
        for row in last.values()
        if row.confirmed_at is None and not (row.answered_at and row.answered_at > row.created_at)
    ]

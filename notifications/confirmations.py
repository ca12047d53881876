"""Who was told of a change and has not said that they know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from notifications.changes import TELLING
from notifications.models import Message, MessageKind, MessageState, MessageTopic
from scheduler.models import AttendanceRecord, Centre

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
            MessageTopic.centre_id == centre.id,
            MessageTopic.starts_at > now,
            MessageTopic.confirm_by.is_not(None),
            Message.kind.in_(TELLING),
            Message.state != MessageState.SUPERSEDED,
        )
        .order_by(Message.id)
    )
    last: dict[tuple[int, str], Unconfirmed] = {}
    for row in session.execute(query):
        key = row.participant_id, row.session_uid
        answered = row.answered_at is not None and row.answered_at > row.created_at
        not_told = row.state in NOT_TOLD
        # A message that failed is followed by another way's, which is newer and counts instead.
        last.pop(key, None)
        if row.confirmed_at is not None or answered or not (not_told or row.confirm_by <= now):
            continue
        last[key] = Unconfirmed(
            participant_id=row.participant_id,
            session_uid=row.session_uid,
            starts_at=row.starts_at,
            message_id=row.id,
            kind=MessageKind(row.kind),
            queued_at=row.created_at,
            told=not not_told,
        )
    return sorted(last.values(), key=lambda each: (each.starts_at, each.participant_id, each.session_uid))

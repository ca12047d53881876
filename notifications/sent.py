"""What was sent to whom, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, selectinload

from notifications.compose import BECAUSE
from notifications.models import (
    ChannelKind,
    InboundMessage,
    Message,
    MessageKind,
    MessageState,
    MessageTopic,
)
from scheduler.models import Participant
from scheduler.records import find

#: Messages of a list at most, the newest ones.
MOST = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SentRow:
    """One message of a list.

    ``people`` is how many people it speaks of, ``because`` the rule for which it does not take the person's
    first way, if so.
    """

    id: int
    created_at: datetime
    next_at: datetime
    sent_at: datetime | None
    kind: MessageKind
    channel: ChannelKind
    state: MessageState
    error_code: str | None
    because: str | None
    address: str
    language: str
    step: str
    attempts: int
    price_eur_millicents: int
    participant_id: int | None
    first_name: str
    last_name: str
    people: int

    @property
    def at(self) -> datetime:
        """When it left the house, or is to."""
        return self.sent_at or max(self.next_at, self.created_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """One message with all that is known of it.

    ``names`` are those of everybody it speaks of, by id. ``replaces`` failed before it,
    ``replaced_by`` came after it; ``answers`` are what people said to it.
    """

    message: Message
    names: dict[int, str]
    replaces: Message | None
    replaced_by: Message | None
    answers: Sequence[InboundMessage]


def list_sent(session: Session, centre_id: int, since: datetime) -> list[SentRow]:
    """Return the messages written since an instant, the newest first, in one query."""
    people = (
        select(func.count(MessageTopic.participant_id.distinct()))
        .where(MessageTopic.message_id == Message.id)
        .correlate(Message)
        .scalar_subquery()
    )
    query = (
        select(
            Message.id,
            Message.created_at,
            Message.next_at,
            Message.sent_at,
            Message.kind,
            Message.channel,
            Message.state,
            Message.error_code,
            Message.facts[BECAUSE].as_string().label("because"),
            Message.address,
            Message.language,
            Message.step,
            Message.attempts,
            Message.price_eur_millicents,
            Message.participant_id,
            func.coalesce(Participant.first_name, "").label("first_name"),
            func.coalesce(Participant.last_name, "").label("last_name"),
            people.label("people"),
        )
        .outerjoin(Participant, Participant.id == Message.participant_id)
        .where(Message.centre_id == centre_id, Message.created_at >= since)
        .order_by(Message.created_at.desc(), Message.id.desc())
        .limit(MOST)
    )
    return [SentRow(**row._mapping) for row in session.execute(query)]


def find_sent(session: Session, message_id: int) -> SentMessage:
    """Return one message of the session's centre.

    Raises
    ------
    NotFoundError
        If there is none, or it is another centre's.
    """
    message = find(session, Message, message_id, selectinload(Message.topics), selectinload(Message.events))
    ids = {topic.participant_id for topic in message.topics} | {message.participant_id}
    named = session.scalars(select(Participant).where(Participant.id.in_(ids - {None})))
    answers = session.scalars(
        select(InboundMessage).where(InboundMessage.about_id == message_id).order_by(InboundMessage.id)
    )
    return SentMessage(
        message=message,
        names={person.id: person.name for person in named},
        replaces=session.get(Message, message.fallback_of_id) if message.fallback_of_id else None,
        replaced_by=session.scalar(select(Message).where(Message.fallback_of_id == message_id).limit(1)),
        answers=answers.all(),
    )

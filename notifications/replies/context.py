"""Whose answer it is, to which message, and what that message asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from notifications.contacts import people_at
from notifications.models import (
    ChannelKind,
    InboundMessage,
    InboundState,
    Message,
    MessageKind,
    MessageTopic,
)
from notifications.replies.understand import Question
from notifications.wording import SPECS
from scheduler.models import Centre, Participant

#: How long a message may be answered.
ANSWERED_WITHIN: Final = timedelta(days=60)

#: Two messages to one address within so long may both be meant by an answer.
CLOSE: Final = timedelta(days=2)

#: After words of the team's own, what a person writes is part of a conversation.
CONVERSATION: Final = timedelta(days=1)

#: Key of ``Message.facts``: the account that wrote a message by hand.
WRITTEN_BY: Final = "written_by"

_READ_BACK: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known of an answer before it is read.

    Parameters
    ----------
    people : tuple of Participant
        For whom it counts: those the message spoke of, or whoever is reached at the address.
    about : Message, optional
        The message that it answers.
    numbers : tuple of int
        Numbers of the places that were last offered, in the order in which they were shown.
    certain : bool
        False when another message to the same telephone, about other people, may be meant as well.
    in_conversation : bool
        The team itself wrote last, and reads what follows.
    """

    centre: Centre
    people: tuple[Participant, ...]
    about: Message | None
    question: Question
    topics: tuple[MessageTopic, ...] = ()
    numbers: tuple[int, ...] = ()
    certain: bool = True
    in_conversation: bool = False

    @property
    def language(self) -> str | None:
        """The language of whom the answer counts for."""
        if self.people:
            return self.people[0].message_language
        return self.about.language if self.about is not None else None


def find_context(session: Session, centre: Centre, inbound: InboundMessage) -> Context:
    """Find out what an answer is about."""
    known = people_at(session, centre.id, ChannelKind(inbound.channel), inbound.address)
    sent = _sent(session, inbound)
    newest = session.get(Message, inbound.about_id) if inbound.about_id is not None else None
    told = newest is not None
    newest = newest or next(iter(sent), None)
    if newest is None:
        return Context(centre=centre, people=tuple(known), about=None, question=Question())
    about, question, numbers = _asked(session, newest, sent)
    topics = tuple(about.topics) if about is not None else ()
    people = _people(session, about, topics) or tuple(known)
    return Context(
        centre=centre,
        people=people,
        about=about,
        question=question,
        topics=topics,
        numbers=numbers,
        certain=told or about is None or not _rivals(session, about, sent, inbound.received_at),
        in_conversation=_is_conversation(newest, inbound.received_at),
    )


def way_of(message: Message) -> str:
    """Return how a message asks to be answered: a key of ``REPLIES``, or nothing."""
    if message.kind == MessageKind.ANSWER:
        return str(message.facts.get("reply") or "")
    told = message.facts.get("sessions") or ()
    if message.kind == MessageKind.CHANGE and told and all(x.get("change") == "cancelled" for x in told):
        return "understood"
    return str(message.facts.get("reply") or next(spec.reply for spec in SPECS if spec.kind == message.kind))


def _asked(
    session: Session, newest: Message, sent: Sequence[Message]
) -> tuple[Message | None, Question, tuple[int, ...]]:
    """Return the message an answer is about, the question that is open, and the numbers of its places."""
    about: Message | None = newest
    way, pending = way_of(newest), True
    numbers = [int(each) for each in newest.facts.get("numbers") or ()]
    if newest.kind == MessageKind.ANSWER:
        about = session.get(Message, newest.facts.get("about") or 0)
        if about is None:
            about = next((each for each in sent if each.kind != MessageKind.ANSWER), None)
        if not way:
            way, pending = way_of(about) if about is not None else "", False
    if way == "choice" and not numbers and about is not None:
        numbers = list(range(1, len(about.facts.get("choices") or ()) + 1))
    return about, Question(way=way, places=len(numbers), pending=pending), tuple(numbers)


def _sent(session: Session, inbound: InboundMessage) -> Sequence[Message]:
    """Return what was last sent to the address, the newest first, whatever the channel."""
    query = (
        select(Message)
        .where(
            Message.centre_id == inbound.centre_id,
            Message.address == inbound.address,
            Message.address != "",
            Message.sent_at.is_not(None),
            Message.sent_at <= inbound.received_at,
            Message.created_at > inbound.received_at - ANSWERED_WITHIN,
        )
        .options(selectinload(Message.topics))
        .order_by(Message.sent_at.desc(), Message.id.desc())
        .limit(_READ_BACK)
    )
    return session.scalars(query).all()


def _people(
    session: Session, about: Message | None, topics: Sequence[MessageTopic]
) -> tuple[Participant, ...]:
    if about is None:
        return ()
    ids = {topic.participant_id for topic in topics} or {about.participant_id or 0}
    query = select(Participant).where(Participant.centre_id == about.centre_id, Participant.id.in_(ids))
    found = {person.id: person for person in session.scalars(query)}
    first = [about.participant_id] if about.participant_id in found else []
    return tuple(found[each] for each in dict.fromkeys([*first, *sorted(found)]) if each is not None)


def _rivals(session: Session, about: Message, sent: Sequence[Message], now: datetime) -> bool:
    """Whether an open message to the same address speaks of people that this one does not."""
    own = {topic.participant_id for topic in about.topics}
    others = [
        each
        for each in sent
        if each.id != about.id
        and way_of(each)
        and each.kind != MessageKind.ANSWER
        and abs(each.created_at - about.created_at) <= CLOSE
        and any(topic.participant_id not in own and topic.starts_at > now for topic in each.topics)
    ]
    if not others:
        return False
    answered = set(
        session.scalars(
            select(InboundMessage.about_id).where(
                InboundMessage.about_id.in_([each.id for each in others]),
                InboundMessage.state.in_((InboundState.DONE, InboundState.CLOSED)),
            )
        )
    )
    return any(each.id not in answered for each in others)


def _is_conversation(newest: Message, now: datetime) -> bool:
    return WRITTEN_BY in newest.facts and newest.created_at > now - CONVERSATION

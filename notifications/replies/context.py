"""Whose answer it is, to which message, and what that message asked."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, selectinload

from notifications.contacts import people_at
from notifications.models import (
    ChannelKind,
    InboundMessage,
    InboundState,
    Message,
    MessageKind,
    MessageState,
    MessageTopic,
)
from notifications.replies.understand import Question
from notifications.wording import SPECS, Told
from notifications.wording.facts import first_of_days
from scheduler.models import Centre, Participant

#: How long a message may be answered.
ANSWERED_WITHIN: Final = timedelta(days=60)

#: Two messages to one address within so long may both be meant by an answer.
CLOSE: Final = timedelta(days=2)

#: Messages that leave within so long of one another are read together: a "no" may be to each of them.
TOGETHER: Final = timedelta(hours=6)

#: After words of the team's own, what a person writes is part of a conversation.
CONVERSATION: Final = timedelta(days=1)

#: Key of ``Message.facts``: the account that wrote a message by hand.
WRITTEN_BY: Final = "written_by"

_READ_BACK: Final = 20

#: Ways of answering messages that offer something, whose moments are in what they are filled with.
_OFFERING: Final = frozenset({"choice", "seat"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What is known of an answer before it is read.

    Parameters
    ----------
    people : tuple of Participant
        For whom it counts: those the message spoke of, or whoever is reached at the address.
    about : Message, optional
        The message that it answers.
    others : tuple of MessageTopic
        Sessions to come of which another message of these days spoke, still unanswered.
    numbers : tuple of int
        Numbers of the places that were last offered, in the order in which they were shown.
    asked : Message, optional
        The last message to the address, whose question is open.
    certain : bool
        False when another message to the same telephone, about other people, may be meant as well.
    together : bool
        Whether sessions of several days were told, in one message or at about the same time.
    in_conversation : bool
        The team itself wrote last, and reads what follows.
    """

    centre: Centre
    people: tuple[Participant, ...]
    about: Message | None
    question: Question
    topics: tuple[MessageTopic, ...] = ()
    others: tuple[MessageTopic, ...] = ()
    numbers: tuple[int, ...] = ()
    asked: Message | None = None
    certain: bool = True
    together: bool = False
    in_conversation: bool = False

    @property
    def language(self) -> str | None:
        """The language of whom the answer counts for."""
        if self.people:
            return self.people[0].message_language
        return self.about.language if self.about is not None else None

    def topics_at(self, numbers: Collection[int]) -> list[MessageTopic]:
        """Return the sessions that begin at some of the question's moments, and whose they are."""
        zone = ZoneInfo(self.centre.timezone)
        wanted = {self.question.moments[number] for number in numbers}
        return [each for each in (*self.topics, *self.others) if each.starts_at.astimezone(zone) in wanted]


def find_context(session: Session, centre: Centre, inbound: InboundMessage) -> Context:
    """Find out what an answer is about."""
    known = people_at(session, centre.id, ChannelKind(inbound.channel), inbound.address)
    sent = _sent(session, inbound)
    newest = session.get(Message, inbound.about_id) if inbound.about_id is not None else None
    told = newest is not None
    newest = newest or next(iter(sent), None)
    if newest is None:
        return Context(centre=centre, people=tuple(known), about=None, question=Question())
    about, way, pending, numbers = _asked(session, newest, sent)
    topics = tuple(about.topics) if about is not None else ()
    others = _others(session, about, sent, inbound.received_at) if about is not None and not told else {}
    people = _people(session, about) or tuple(known)
    own = _spoken_of(about) if about is not None else set()
    zone = ZoneInfo(centre.timezone)
    if way in _OFFERING:
        offer = about if newest.kind == MessageKind.ANSWER and "choices" not in newest.facts else newest
        moments = _offered(offer, zone)
    else:
        every = [*topics, *(topic for found in others.values() for topic in found)]
        moments = sorted({topic.starts_at.astimezone(zone) for topic in every})
    return Context(
        centre=centre,
        people=people,
        about=about,
        question=Question(
            way=way,
            places=len(numbers),
            pending=pending,
            moments=tuple(moments),
            today=inbound.received_at.astimezone(zone).date(),
        ),
        topics=topics,
        others=tuple(topic for found in others.values() for topic in found),
        numbers=numbers,
        asked=newest,
        certain=all(topic.participant_id in own for found in others.values() for topic in found),
        together=about is not None
        and (asks_of_days(about) or any(_are_together(about, each) for each in others)),
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


def asks_of_days(message: Message) -> bool:
    """Whether a message asks about sessions of several days: a "no" may be for one of them only."""
    told = [Told.of(each) for each in message.facts.get("sessions") or ()]
    held = [each for each in told if each.change != "cancelled"]
    return way_of(message) == "come" and len(first_of_days(held)) > 1


def _asked(
    session: Session, newest: Message, sent: Sequence[Message]
) -> tuple[Message | None, str, bool, tuple[int, ...]]:
    """Return the message an answer is about, the way it is answered, whether that is still open, and the
    numbers of its places.
    """
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
    return about, way, pending, tuple(numbers)


def _offered(message: Message | None, zone: ZoneInfo) -> list[datetime]:
    """Return when the places that a message offers begin, in the order of their numbers."""
    facts = message.facts if message is not None else {}
    told = facts.get("choices") or facts.get("sessions") or ()
    return [datetime.fromisoformat(each["starts_at"]).astimezone(zone) for each in told]


def _sent(session: Session, inbound: InboundMessage) -> Sequence[Message]:
    """Return what was last sent to the address, the newest first, whatever the channel.

    What may or may not have left is taken to have: an answer comes before the provider could be asked.
    """
    left_at = func.coalesce(Message.sent_at, Message.claimed_at)
    query = (
        select(Message)
        .where(
            Message.centre_id == inbound.centre_id,
            Message.address == inbound.address,
            Message.address != "",
            or_(Message.sent_at.is_not(None), Message.state == MessageState.UNCERTAIN),
            left_at <= inbound.received_at,
            Message.created_at > inbound.received_at - ANSWERED_WITHIN,
        )
        .options(selectinload(Message.topics))
        .order_by(left_at.desc(), Message.id.desc())
        .limit(_READ_BACK)
    )
    return session.scalars(query).all()


def _people(session: Session, about: Message | None) -> tuple[Participant, ...]:
    if about is None:
        return ()
    ids = _spoken_of(about)
    query = select(Participant).where(Participant.centre_id == about.centre_id, Participant.id.in_(ids))
    found = {person.id: person for person in session.scalars(query)}
    first = [about.participant_id] if about.participant_id in found else []
    return tuple(found[each] for each in dict.fromkeys([*first, *sorted(found)]) if each is not None)


def _others(
    session: Session, about: Message, sent: Sequence[Message], now: datetime
) -> dict[Message, list[MessageTopic]]:
    """Return what open messages of these days asked about beside what this one does, and is to come."""
    own = {(topic.participant_id, topic.session_uid) for topic in about.topics}
    people = _spoken_of(about)
    found: dict[Message, list[MessageTopic]] = {}
    for each in sent:
        if each.id == about.id or each.kind == MessageKind.ANSWER or not way_of(each):
            continue
        # An offer of places, or a question how it was, is no question of the same kind, unless it was
        # to somebody else: a number may be for either.
        asks = way_of(each) == way_of(about) == "come"
        topics = [
            topic
            for topic in each.topics
            if topic.starts_at > now
            and (topic.participant_id, topic.session_uid) not in own
            and (asks or topic.participant_id not in people)
        ]
        if topics and _is_close(about, each, CLOSE):
            found[each] = topics
            own |= {(topic.participant_id, topic.session_uid) for topic in topics}
    if not found:
        return {}
    answered = set(
        session.scalars(
            select(InboundMessage.about_id).where(
                InboundMessage.about_id.in_([each.id for each in found]),
                InboundMessage.state.in_((InboundState.DONE, InboundState.CLOSED)),
            )
        )
    )
    return {each: topics for each, topics in found.items() if each.id not in answered}


def _spoken_of(message: Message) -> set[int]:
    """Return the ids of the people that a message is for."""
    return {topic.participant_id for topic in message.topics} or {message.participant_id or 0}


def _is_close(one: Message, other: Message, within: timedelta) -> bool:
    return abs(one.created_at - other.created_at) <= within


def _are_together(one: Message, other: Message) -> bool:
    """Whether a "no" may be to either of two messages."""
    return one.sent_at is None or other.sent_at is None or _is_close(one, other, TOGETHER)


def _is_conversation(newest: Message, now: datetime) -> bool:
    return WRITTEN_BY in newest.facts and newest.created_at > now - CONVERSATION

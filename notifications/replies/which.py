"""Asking which session a yes or no is for, where several may be meant, and taking the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from notifications.models import ChannelKind, InboundMessage, InboundState, Meaning, MessageTopic
from notifications.replies.acknowledge import Reply
from notifications.replies.context import Context
from notifications.replies.effects import in_force, told
from notifications.replies.understand import Question, Understood
from notifications.wording import REPLIES
from scheduler.models import Participant

NAME: Final = "which"

#: Sessions one may be asked to choose from.
MOST: Final = sum(said == Meaning.CHOICE for _number, said in REPLIES["choice"])


def is_in_doubt(context: Context, said: Understood) -> bool:
    """Whether a yes or no without a day may be meant for one session of several.

    Other people's sessions are never passed over. Of one's own, which were told together, only a no is
    asked about: it gives a seat away.
    """
    if said.coming or said.absent:
        people = {each.participant_id for each in context.topics_at(said.coming | said.absent)}
        return not context.certain and len(people) > 1
    return not context.certain or (context.together and said.meaning is Meaning.NOT_COMING)


def ask_which(
    session: Session, context: Context, inbound: InboundMessage, said: Understood, now: datetime
) -> Reply | None:
    """Return the question which session is meant; ``None`` where it cannot be asked in few words.

    The answer stays before the team until the person has said.
    """
    if said.coming or said.absent or inbound.channel == ChannelKind.VOICE:
        return None
    topics, choices = [], []
    several = len({each.participant_id for each in (*context.topics, *context.others)}) > 1
    people: dict[int, Participant] = {}
    for topic in sorted(
        (*context.topics, *context.others), key=lambda each: (each.starts_at, each.participant_id)
    ):
        held = in_force(session, context.centre, topic.session_uid)
        if held is None or held.cancelled_at is not None or held.ends_at <= now:
            continue
        person = people.setdefault(topic.participant_id, session.get_one(Participant, topic.participant_id))
        topics.append(topic.id)
        choices.append(told(held, person.first_name if several else ""))
    if not 1 < len(choices) <= MOST:
        return None
    return Reply(
        name=NAME,
        people=tuple(people.values()),
        choices=choices,
        numbers=range(1, len(choices) + 1),
        reply="choice",
        facts={"topics": topics, "meaning": said.meaning.value, "reason": said.reason, "of": inbound.id},
    )


def settle(session: Session, context: Context, said: Understood) -> tuple[Context, Understood] | None:
    """Return what was said before and of which session, if a number or day tells now which was meant."""
    facts = context.asked.facts if context.asked is not None else {}
    if facts.get("answer") != NAME or said.meaning is not Meaning.CHOICE or said.choice is None:
        return None
    topics: Sequence[int] = facts["topics"]
    topic = session.get(MessageTopic, topics[said.choice - 1]) if said.choice <= len(topics) else None
    if topic is None:
        return None
    before = session.get(InboundMessage, facts["of"])
    if before is not None and before.state == InboundState.OPEN:
        before.state, before.participant_id = InboundState.DONE, topic.participant_id
    meant = replace(
        context,
        people=(session.get_one(Participant, topic.participant_id),),
        about=topic.message,
        question=Question(way="come"),
        topics=(topic,),
        others=(),
        certain=True,
        together=False,
    )
    return meant, Understood(meaning=Meaning(facts["meaning"]), reason=str(facts["reason"]))

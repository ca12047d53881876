"""What the people of a demonstration centre answer, each in their own language; all of it invented."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import cycle
from random import Random
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import ChannelKind, Message, MessageKind, MessageState
from notifications.replies.trial import answer_on_trial
from scheduler.demo.tune import SOUGHT_AFTER
from scheduler.models import (
    Activity,
    Answer,
    AttendanceRecord,
    Centre,
    GroupSession,
    Participant,
    Programme,
)
from scheduler.wording import known_language, plain_words

#: Share of reminders that are answered, and what is said in turn, so that there is some of each.
_ANSWERED: Final = 0.12
_IN_TURN: Final = ("come", "come", "question", "come", "cannot", "come", "call_me", "come", "come", "come")

#: Share of people who say why they cannot come, and who answer when a place is offered.
_SAY_WHY, _CHOOSE = 0.7, 0.6

_WHY: Final = ("ill", "child", "course")

#: The keys of a call.
_KEYS: Final = {"come": "1", "cannot": "2", "call_me": "9"}

#: What no rule understands, so that the team has something to read.
QUESTIONS: Final = {
    "ar": "هل يمكنني إحضار ابنتي معي؟",
    "en": "Is there a bus that early in the morning?",
    "es": "¿Puedo llegar media hora más tarde?",
    "fa": "می‌توانم نیم ساعت دیرتر بیایم؟",
    "fr": "Est-ce que je dois apporter mon titre de séjour ?",
    "ru": "Можно прийти с ребёнком?",
    "so": "Ma keeni karaa ilmahayga?",
    "tr": "Yarım saat geç gelebilir miyim?",
    "uk": "Чи можна прийти з дитиною?",
}

#: Within so long they have answered.
_WITHIN_MINUTES: Final = 25


def turns_of_answers() -> Iterator[str]:
    """Return what reminders are answered, one after the other, without end."""
    return cycle(_IN_TURN)


def answer_messages(
    session: Session,
    centre: Centre,
    rng: Random,
    turns: Iterator[str],
    since: datetime,
    now: datetime,
) -> int:
    """Have some people answer what they were sent from an instant on; return how many did.

    In each session that more people want to join than can, the first who is reminded cannot come. Belongs
    in a writing transaction.
    """
    query = (
        select(Message)
        .where(
            Message.centre_id == centre.id,
            Message.state == MessageState.DELIVERED,
            Message.channel != ChannelKind.EMAIL,
            Message.sent_at >= since,
            Message.sent_at <= now,
        )
        .order_by(Message.id)
    )
    to_give_up = _full_sessions(session, centre)
    answered = 0
    for message in session.scalars(query).all():
        person = session.get(Participant, message.participant_id)
        if person is None:
            continue
        gives_up = {topic.session_uid for topic in message.topics} & to_give_up
        if gives_up and message.kind == MessageKind.REMINDER:
            to_give_up -= gives_up
            said = _in_words(message, person, "cannot")
        else:
            said = _draw(rng, turns, message, person)
        if said:
            at = now + timedelta(minutes=rng.randint(1, _WITHIN_MINUTES))
            calling = message.channel == ChannelKind.VOICE and said.isdecimal()
            answered += answer_on_trial(
                session,
                centre.id,
                message.address,
                said,
                at,
                key=f"{rng.getrandbits(120):030x}",
                about=message if calling else None,
                channel=ChannelKind.SMS
                if message.channel == ChannelKind.VOICE and not calling
                else ChannelKind(message.channel),
            )
    return answered


def _draw(rng: Random, turns: Iterator[str], message: Message, person: Participant) -> str:
    """Return what somebody answers, if anything."""
    draw = rng.random()
    if message.kind in (MessageKind.INVITATION, MessageKind.FREED_SEAT):
        return str(rng.choice(message.facts.get("numbers") or [1])) if draw < _CHOOSE else ""
    if message.facts.get("reply") == "reason":
        return _in_words(message, person, rng.choice(_WHY)) if draw < _SAY_WHY else ""
    if message.kind != MessageKind.REMINDER or draw >= _ANSWERED:
        return ""
    meaning = next(turns)
    question = QUESTIONS.get(known_language(person.message_language), "")
    return question if meaning == "question" and question else _in_words(message, person, meaning)


def _in_words(message: Message, person: Participant, meaning: str) -> str:
    """Return an answer in the person's language, or the key of a call."""
    meaning = "come" if meaning == "question" else meaning
    if message.channel == ChannelKind.VOICE and meaning in _KEYS:
        return _KEYS[meaning]
    words = plain_words(person.message_language)[meaning]
    if meaning != "cannot":
        return words
    # With the day, since the same evening may have brought a message about another.
    return f"{message.topics[0].starts_at:%d/%m} {words}"


def _full_sessions(session: Session, centre: Centre) -> set[str]:
    """Return the sessions that others would like to join, and in which nobody gave up a seat yet."""
    query = (
        select(GroupSession.uid, Programme.key, Activity.key)
        .join(GroupSession.activity)
        .join(Activity.programme)
        .where(
            GroupSession.centre_id == centre.id,
            GroupSession.uid.not_in(
                select(AttendanceRecord.session_uid).where(
                    AttendanceRecord.centre_id == centre.id, AttendanceRecord.answer == Answer.NOT_COMING
                )
            ),
        )
    )
    return {
        uid for uid, programme, activity in session.execute(query) if (programme, activity) in SOUGHT_AFTER
    }

"""What is heard in the call of one message, and what the keys of its telephone mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import ChannelKind, Message, MessageKind
from notifications.models.recordings import Recording
from notifications.voices import VOICES, Speech
from notifications.wording import REPLIES, SPECS, Rendered, WordingError, render
from scheduler.models import Centre, Participant

#: Returns the address of a recording by its token.
Play = Callable[[str], str]

#: Text of thanks for what a key stands for; for everything else the short one.
THANKS: Final = {"coming": "thanks_coming", "call_me": "we_will_call"}

#: Spoken by the machine where the words asked for can neither be spoken nor played.
HOME: Final = "fr"


def words_of(session: Session, message: Message, play: Play) -> Speech:
    """Return what a call says: the message's own words, or simple French where nobody can say those."""
    if message.recording_id is None and message.language in VOICES:
        return Speech(text=message.body, language=message.language)
    for language in (message.language, HOME):
        speech = _speech(session, _again(session, message, language), play)
        if speech is not None:
            return speech
    return Speech(text=message.body, language=HOME)


def meaning_of_key(message: Message, digit: str) -> str | None:
    """Return what a key stands for in the call of a message; ``None`` when it was not offered."""
    way = message.facts.get("reply") or next(spec.reply for spec in SPECS if spec.kind == message.kind)
    return dict(REPLIES.get(way, ())).get(digit)


def thanks(session: Session, message: Message, meaning: str, play: Play) -> Speech | None:
    """Return what is said to somebody who pressed a key."""
    name = message.facts.get("name")
    if not name and message.participant_id is not None:
        person = session.get(Participant, message.participant_id)
        name = person.first_name if person else None
    try:
        words = render(
            session,
            session.get_one(Centre, message.centre_id),
            MessageKind.ANSWER,
            ChannelKind.VOICE,
            message.language,
            {"name": name},
            name=THANKS.get(meaning, "thanks"),
        )
    except WordingError:
        return None
    return _speech(session, words, play)


def _again(session: Session, message: Message, language: str) -> Rendered | None:
    """Return the words of a message put together anew, with all the recordings they are heard by."""
    try:
        return render(
            session,
            session.get_one(Centre, message.centre_id),
            MessageKind(message.kind),
            ChannelKind.VOICE,
            language,
            message.facts,
        )
    except WordingError:
        return None


def _speech(session: Session, words: Rendered | None, play: Play) -> Speech | None:
    if words is None:
        return None
    played = tuple(play(token) for token in _tokens(session, words.recording_ids))
    if not played and words.language not in VOICES:
        return None
    return Speech(text=words.body, language=words.language, recordings=played)


def _tokens(session: Session, ids: Sequence[int]) -> list[str]:
    if not ids:
        return []
    query = select(Recording.id, Recording.token).where(Recording.id.in_(ids))
    tokens = {row.id: row.token for row in session.execute(query)}
    return [tokens[each] for each in ids if each in tokens]

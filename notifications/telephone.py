"""What is heard in the call of one message, and what the keys of its telephone mean."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from notifications.models import ChannelKind, Message, MessageEvent, MessageKind
from notifications.replies.context import asks_of_days, way_of
from notifications.status import insert_or_ignore
from notifications.voices import Part, Speech, voices_of
from notifications.wording import REPLIES, WordingError, Wordings
from notifications.wording.facts import BRUSSELS
from scheduler import settings
from scheduler.models import Centre, Participant

#: Returns the address of a recording by its token.
Play = Callable[[str], str]

#: Says everything again; asks for a call, whatever the question.
AGAIN: Final = "0"
CALL: Final = "9"

#: The question that follows when somebody cannot come.
REASON: Final = "reason"

#: What the history of a message says of a call that an answering machine took.
MACHINE: Final = "machine"

#: Texts of thanks for what a key stands for, by the way of answering; for everything else the short one.
_THANKS: Final = {("come", "coming"): "thanks_coming", ("come", "not_coming"): "thanks_cannot"}


def words_of(session: Session, message: Message, play: Play, now: datetime, *, ask: bool = True) -> Speech:
    """Return what a call says: the message's own words, or the centre's where nobody can say those.

    Parameters
    ----------
    now : datetime
        Time of the call.
    ask : bool
        Whether somebody is there to press a key.
    """
    caller = _Caller(session, message, play, now)
    return caller.message(ask=ask)


def meaning_of_key(message: Message, digit: str, asked: str = "") -> str | None:
    """Return what a key stands for in the call of a message; ``None`` when it was not offered.

    Parameters
    ----------
    asked : str
        What was asked after the message, if anything: ``REASON``.
    """
    if digit == CALL:
        return "call_me"
    way = asked or way_of(message)
    meaning = dict(REPLIES.get(way, ())).get(digit)
    if meaning == "choice":
        places = len(message.facts.get("numbers") or message.facts.get("choices") or ())
        return meaning if int(digit) <= places else None
    # For which of several days, somebody asks who calls them.
    return "call_me" if meaning == "not_coming" and asks_of_days(message) else meaning


def asks_reason(message: Message, meaning: str) -> bool:
    """Whether somebody who pressed a key is asked why they cannot come."""
    return meaning == "not_coming" and way_of(message) == "come"


def thanks(session: Session, message: Message, meaning: str, play: Play, now: datetime) -> Speech:
    """Return what is said to somebody who pressed a key, and what they are asked."""
    caller = _Caller(session, message, play, now)
    if meaning == "call_me":
        return caller.answer("we_will_call")
    return caller.answer(_THANKS.get((way_of(message), meaning), "thanks"))


def record_machine(session: Session, message: Message, *, call_sid: str, now: datetime) -> None:
    """Keep that an answering machine took a call."""
    session.execute(
        insert_or_ignore(session, MessageEvent),
        {
            "centre_id": message.centre_id,
            "message_id": message.id,
            "key": f"{call_sid[-12:]}-{MACHINE}",
            "source": "provider",
            "status": MACHINE,
            "error_code": None,
            "applied": False,
            "happened_at": now,
        },
    )


class _Caller:
    """Speaks in the call of one message."""

    def __init__(self, session: Session, message: Message, play: Play, now: datetime) -> None:
        self._session, self._message, self._play = session, message, play
        self._centre = session.get_one(Centre, message.centre_id)
        self._voices = voices_of(self._centre)
        self._today = now.astimezone(BRUSSELS).date()

    def message(self, *, ask: bool) -> Speech:
        """Return the words of the message."""
        told, language = self._message, self._message.language
        if ask and language in self._voices:
            return self._speech(Part(told.body, language))
        name = told.facts.get("answer") if told.kind == MessageKind.ANSWER else None
        try:
            return self._words(MessageKind(told.kind), name, told.facts | {"asks": ask}, language)
        except WordingError:
            return self._speech(Part(told.body, settings.message_language(self._centre)))

    def answer(self, name: str) -> Speech:
        """Return one of the short answers to a key; nothing is said to nobody."""
        told = self._message
        person = self._session.get(Participant, told.participant_id) if told.participant_id else None
        who = told.facts.get("name") or (person.first_name if person else "")
        try:
            return self._words(MessageKind.ANSWER, name, {"name": who}, told.language)
        except WordingError:
            return self._speech()

    def _words(self, kind: MessageKind, name: str | None, given: Mapping[str, Any], language: str) -> Speech:
        wordings = Wordings(self._session, self._centre)
        words = wordings.render(kind, ChannelKind.VOICE, language, given, name=name)
        if words.language in self._voices:
            return self._speech(Part(words.body, words.language))
        spec = wordings.spec(kind, name, given)
        played = wordings.spoken.played(
            spec, words.language, given, today=self._today, ask=given.get("asks") is not False
        )
        return self._speech(
            *(
                Part(each.text, words.language, self._play(each.token))
                if each.token
                else Part(each.text, wordings.home)
                for each in played or ()
            )
        )

    def _speech(self, *parts: Part) -> Speech:
        return Speech(tuple(part for part in parts if part.text), self._voices)

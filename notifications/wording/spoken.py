"""What calls say by somebody's recordings, where no machine speaks the language or the centre wants none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import ChannelKind, MessageKind
from notifications.models.recordings import Recording
from notifications.models.wording import CentreWording
from notifications.voices import voices_of
from notifications.wording.facts import Speaker, Told, first_of_days
from notifications.wording.pieces import Heard, Reader, Said, heard, without_question
from notifications.wording.shipped import shipped
from notifications.wording.texts import TextSpec
from scheduler import settings
from scheduler.models import Centre

#: Kinds of message about what is still to come, which say all of a session.
TO_COME: Final = (MessageKind.REMINDER, MessageKind.FREED_SEAT, MessageKind.INVITATION)

#: What a text may name of the first session.
ONE: Final = ("person", "day", "start", "end", "hours", "moment", "title", "place", "old_day", "old_start")

Own = Mapping[tuple[str, str, str, str], CentreWording]


class Spoken:
    """The recordings of one centre, read once; ``own`` are the centre's own texts.

    ``voices`` are those of machines; what they speak is not played.
    """

    def __init__(self, session: Session, centre: Centre, home: str, own: Own) -> None:
        self.voices = voices_of(centre)
        self._centre, self._home, self._own = centre, home, own
        self._tokens: dict[str, dict[str, str]] = {}
        self._ids: dict[str, int] = {}
        columns = (Recording.language, Recording.name, Recording.token, Recording.id)
        query = select(*columns).where(Recording.centre_id == centre.id)
        for code, name, token, recording_id in session.execute(query):
            self._tokens.setdefault(code, {})[name] = token
            self._ids[token] = recording_id

    def recording_id(self, token: str) -> int | None:
        """Return which recording has a token."""
        return self._ids.get(token)

    def played(
        self,
        spec: TextSpec,
        code: str,
        given: Mapping[str, Any],
        *,
        today: date | None = None,
        ask: bool = True,
    ) -> tuple[Heard, ...] | None:
        """Return what a call plays in a language; ``None`` where too little of it is recorded.

        Parameters
        ----------
        today : date, optional
            Day of the call: for a day that is further away a weekday alone is not enough.
        ask : bool
            Whether somebody is there to press a key.
        """
        tokens = self._tokens.get(code)
        if not tokens:
            return None
        said = self.said(spec, code, given, today=today)
        unsaid = self.reader(code).unsaid()
        return heard(said if ask else without_question(said), tokens, unsaid)

    def said(
        self, spec: TextSpec, code: str, given: Mapping[str, Any], *, today: date | None = None
    ) -> tuple[Said, ...]:
        """Return a text cut into pieces that can be recorded; for ``given`` see ``notifications.wording``."""
        reader, own = self.reader(code), self._own.get((code, ChannelKind.VOICE, spec.kind, spec.name))
        sessions, choices = told_of(given, "sessions"), told_of(given, "choices")
        one_place = len({each.place for each in choices}) == 1
        first = (sessions or choices)[:1]
        values: dict[str, Sequence[Said]] = dict.fromkeys(ONE, ())
        values |= reader.values(first[0], today) if first else {}
        if sessions:
            values["day"] = [
                said for each in first_of_days(sessions) for said in reader.day(each.starts_at, today)
            ]
        if choices and not one_place:
            values["place"] = ()
        told = "session" if spec.kind in TO_COME else "session_short"
        values["sessions"] = [reader.session(told, each, today) for each in sessions]
        values["absent"] = [reader.session(told, each, today) for each in told_of(given, "absent")]
        values["changes"] = [reader.session(each.change or "moved", each, today) for each in sessions]
        values["choices"] = [
            reader.session("choice", each, today, number=number, place=not one_place)
            for number, each in enumerate(choices, 1)
        ]
        values["deadline"] = reader.moment(given["deadline"], today) if given.get("deadline") else ()
        values["hello"] = reader.hello(Speaker(self._home, ChannelKind.VOICE).names(given.get("name") or ""))
        way = way_of_reply(spec, given, sessions, bool(choices))
        values["reply"] = reader.question(way) if way else ()
        return reader.text(own.text if own else shipped(code).texts[spec.key], values)

    def session(self, code: str, told: Told, today: date) -> tuple[Heard, ...]:
        """Return how one session is heard by recordings; nothing where there are none."""
        tokens = self._tokens.get(code)
        if not tokens:
            return ()
        part = "cancelled" if told.change == "cancelled" else "session"
        return heard([self.reader(code).session(part, told, today)], tokens) or ()

    def reader(self, code: str) -> Reader:
        """Return what cuts the texts of a language."""
        return Reader(code, self._home, settings.message_name(self._centre))


def told_of(given: Mapping[str, Any], key: str) -> list[Told]:
    """Return the ``sessions`` or ``choices`` among the values of a text."""
    return [Told.of(each) for each in given.get(key) or ()]


def way_of_reply(spec: TextSpec, given: Mapping[str, Any], sessions: Sequence[Told], choices: bool) -> str:
    """Return how a text is to be answered: a key of ``REPLIES``, or nothing."""
    way = str(given.get("reply") or spec.reply)
    if given.get("asks") is False or (way == "choice" and not choices):
        return ""
    if spec.kind is MessageKind.CHANGE and all(each.change == "cancelled" for each in sessions):
        return "understood"
    return way

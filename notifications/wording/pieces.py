"""What a call says, cut into pieces that somebody can record once and that are then played in any order.

The order is that of the language: its texts and parts are walked through as they stand, words between two
values are one piece, and each value is said by pieces of its own (a weekday, an hour, the name of a place).
The section ``recorded`` of a language holds what is said in another way by pieces than in one breath.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from babel.dates import format_date

from notifications.models import ChannelKind
from notifications.wording.facts import BRUSSELS, Speaker, Told, day_name
from notifications.wording.fill import VARIABLE, fill
from notifications.wording.shipped import shipped
from scheduler.wording import plain_words

#: Days from today on which a weekday alone says which day is meant.
NEAR_DAYS: Final = 7

AFTERNOON_HOUR, EVENING_HOUR = 12, 18


@dataclass(frozen=True, slots=True)
class Piece:
    """Words read aloud in one go; the name of sentences and places holds a digest of their words."""

    name: str
    words: str


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a call says.

    Parameters
    ----------
    options : tuple of tuple of Piece
        Ways of saying it by recordings, the best first.
    inner : tuple of Said
        What it is put together from, where it is a whole session.
    instead : str
        What a machine says in the centre's language when a piece is missing.
    needed : bool
        Without it the rest would mislead.
    proper : bool
        A name, which is right in any voice.
    asks : bool
        Part of the question at the end, which an answering machine is not asked.
    """

    options: tuple[tuple[Piece, ...], ...] = ()
    inner: tuple[Said, ...] = ()
    instead: str = ""
    needed: bool = False
    proper: bool = False
    asks: bool = False


Values = Mapping[str, Sequence[Said]]


def phrase(words: str) -> Piece:
    """Return a piece that is a sentence or some words of one."""
    return Piece(f"say.{_digest(words.rstrip(_STOPS))}", words)


def proper_name(words: str) -> Piece:
    """Return a piece that is the name of a place or an activity."""
    return Piece(f"name.{_digest(words)}", words)


class Reader:
    """Cuts texts of one language into pieces; ``home`` is the language of the machine that stands in."""

    def __init__(self, code: str, home: str, centre: str) -> None:
        self.code, self.centre = code, centre
        self._words = shipped(code)
        self._here, self._home = Speaker(code, ChannelKind.VOICE), Speaker(home, ChannelKind.VOICE)

    def text(self, template: str, values: Values) -> tuple[Said, ...]:
        """Return a text; a line that names something empty is left out, as in writing."""
        said: list[Said] = []
        for line in template.splitlines():
            bare = line.replace("{centre}", self.centre).replace("{name}", "")
            if all(values.get(name) for name in VARIABLE.findall(bare)):
                said += self._line(_TIDY.sub(r"\1", bare), values)
        return tuple(said)

    def hello(self, name: str) -> tuple[Said, ...]:
        """Return the greeting: without the name where it is recorded."""
        template = self._words.parts["hello_voice"]
        bare = template.replace("{centre}", self.centre).replace("{name}", "")
        words = " ".join(_TIDY.sub(r"\1", " ".join(line.split())) for line in bare.splitlines())
        home = shipped(self._home.code).parts["hello_voice"]
        instead = fill(home, {"centre": self.centre, "name": name}) if name else ""
        return (Said(((phrase(words),),), instead=" ".join(instead.splitlines()), proper=True),)

    def question(self, way: str) -> tuple[Said, ...]:
        """Return the keys to press, and the one to hear it all again."""
        return (
            Said(((phrase(self._words.keys[way]),),), needed=True, asks=True),
            Said(((phrase(self._words.parts["again"]),),), asks=True),
        )

    def unsaid(self) -> Piece:
        """Return what is said when a machine had to say something in another language."""
        return phrase(self._words.recorded["unsaid"])

    def session(
        self, part: str, told: Told, today: date | None, *, number: int | None = None, place: bool = True
    ) -> Said:
        """Return one session as a part of the language tells it."""
        order = self._words.recorded.get(part) or self._here.part(part)
        home = self._home.part(f"{part}_place" if number and place else part)
        given = {"number": str(number or "")}
        if not place:
            order = order.replace("{place}", "")
        inner = self.text(order.replace("{number}", given["number"]), self.values(told, today))
        instead = fill(home, self._home.session(told) | given)
        whose = (Said(instead=told.person, proper=True),) if told.person else ()
        whole = " ".join(line if line[-1] in ".:" else f"{line}." for line in instead.splitlines())
        return Said(inner=whose + inner, instead=whole)

    def values(self, told: Told, today: date | None) -> dict[str, tuple[Said, ...]]:
        """Return what texts and parts may name of a session."""
        start, end = self.time(told.starts_at), self.time(told.ends_at)
        span = {"start": start, "end": end}
        day = self.day(told.starts_at, today)
        return {
            "day": day,
            "start": start,
            "end": end,
            "hours": self.text(self._words.recorded["span"], span) if end else start,
            "moment": (*day, *start),
            "title": self._title(told),
            "place": self.name(told.place),
            "old_day": self.day(told.was, today) if told.was else (),
            "old_start": self.time(told.was),
        }

    def moment(self, value: date | datetime | str, today: date | None) -> tuple[Said, ...]:
        """Return a deadline: a day, or a day and an hour."""
        if isinstance(value, str):
            read = datetime if len(value) > len("2026-11-23") else date
            value = read.fromisoformat(value)
        if isinstance(value, datetime):
            return (*self.day(value, today), *self.time(value))
        return self.day(datetime(value.year, value.month, value.day, tzinfo=BRUSSELS), today)

    def day(self, instant: datetime, today: date | None) -> tuple[Said, ...]:
        """Return a day: weekday, number and month, or the weekday alone where the day is near."""
        day = instant.astimezone(BRUSSELS).date()
        pieces = {
            "weekday": self.weekday(day.weekday()),
            "date": self.date(day.day),
            "month": self.month(day.month),
        }
        whole = tuple(pieces[name] for name in VARIABLE.findall(self._words.recorded["day"]))
        near = today is None or abs((day - today).days) < NEAR_DAYS
        options = (whole, (pieces["weekday"],)) if near else (whole,)
        return (Said(options, instead=self._home.day(instant)),)

    def time(self, instant: datetime | None) -> tuple[Said, ...]:
        """Return an hour of the day, nothing without one."""
        if instant is None:
            return ()
        wall = instant.astimezone(BRUSSELS)
        pieces = {"hour": self.hour(wall.hour)}
        if wall.minute:
            pieces["minute"] = self.minute(wall.minute)
        if self.parts_of_day:
            pieces["part"] = self.part_of_day(wall.hour)
        order = VARIABLE.findall(self._words.recorded["time"])
        whole = tuple(pieces[name] for name in order if name in pieces)
        return (Said((whole,), instead=self._home.time(instant)),)

    def name(self, words: str) -> tuple[Said, ...]:
        """Return the name of a place or an activity."""
        return (Said(((proper_name(words),),), instead=words, proper=True),) if words else ()

    def weekday(self, weekday: int) -> Piece:
        """Return a weekday, Monday being 0."""
        return Piece(f"weekday.{weekday}", day_name(self.code, weekday))

    def date(self, day: int) -> Piece:
        """Return a day of the month."""
        return Piece(f"date.{day}", str(day))

    def month(self, month: int) -> Piece:
        """Return a month."""
        name = format_date(date(2026, month, 1), "MMMM", locale=self.code)
        return Piece(f"month.{month}", self._words.recorded["month"].replace("{name}", name))

    def hour(self, hour: int) -> Piece:
        """Return an hour of the day, as it is counted in the language."""
        counted = hour if self._words.recorded["hours"] == 24 else hour % 12 or 12
        return self._number("hour", counted)

    def minute(self, minute: int) -> Piece:
        """Return some minutes after the hour."""
        return self._number("minute", minute)

    @property
    def parts_of_day(self) -> tuple[Piece, ...]:
        """Morning, afternoon and evening, where hours are counted up to twelve."""
        words = self._words.recorded["parts"]
        return tuple(Piece(f"part.{number}", each) for number, each in enumerate(words))

    def part_of_day(self, hour: int) -> Piece:
        """Return which part of the day an hour is in."""
        return self.parts_of_day[(hour >= AFTERNOON_HOUR) + (hour >= EVENING_HOUR)]

    def _number(self, kind: str, number: int) -> Piece:
        return Piece(f"{kind}.{number}", self._words.recorded[kind].replace("{number}", str(number)))

    def _title(self, told: Told) -> tuple[Said, ...]:
        if told.title:
            return self.name(told.title)
        key = "appointment" if told.individual else "activity"
        words = plain_words(self.code)[key]
        return (Said(((proper_name(words),),), instead=plain_words(self._home.code)[key], proper=True),)

    def _line(self, line: str, values: Values) -> Iterable[Said]:
        for number, each in enumerate(VARIABLE.split(line)):
            if number % 2:
                yield from values[each]
                continue
            words = " ".join(_EDGES.sub("", each).split())
            if any(letter.isalpha() for letter in words):
                yield Said(((phrase(words),),), needed=True)


@dataclass(frozen=True, slots=True)
class Heard:
    """A piece that is played, or words that a machine says (``token`` is empty)."""

    text: str
    token: str = ""


def heard(
    said: Iterable[Said], tokens: Mapping[str, str], unsaid: Piece | None = None
) -> tuple[Heard, ...] | None:
    """Return what is played and said, in order; ``None`` when something is missing that is needed.

    Parameters
    ----------
    tokens : mapping
        Tokens of the recordings there are, by the name of their piece.
    unsaid : Piece, optional
        Played, where it is recorded, when a machine has to speak another language.
    """
    found: list[Heard] = []
    question: list[Heard] = []
    complete = True
    for each in said:
        parts, whole = _heard(each, tokens)
        if parts is None:
            return None
        (question if each.asks else found).extend(parts)
        complete = complete and whole
    if not complete and unsaid is not None and unsaid.name in tokens:
        found.append(Heard(unsaid.words, tokens[unsaid.name]))
    return (*found, *question)


def _heard(each: Said, tokens: Mapping[str, str]) -> tuple[list[Heard] | None, bool]:
    """Return what is heard of one thing, and whether all of it is in the language."""
    if each.inner:
        parts, complete = list[Heard](), True
        for inner in each.inner:
            found, whole = _heard(inner, tokens)
            if found is None:
                return [Heard(each.instead)], False
            parts, complete = parts + found, complete and whole
        return parts, complete
    for option in each.options:
        if all(piece.name in tokens for piece in option):
            return [Heard(piece.words, tokens[piece.name]) for piece in option], True
    if each.needed:
        return None, False
    return [Heard(each.instead)] if each.instead else [], each.proper or not each.instead


def pieces_of(said: Iterable[Said]) -> Iterable[Piece]:
    """Yield every piece that may be played, in order."""
    for each in said:
        yield from pieces_of(each.inner)
        for option in each.options:
            yield from option


def without_question(said: Iterable[Said]) -> tuple[Said, ...]:
    """Return what is said to an answering machine."""
    return tuple(each for each in said if not each.asks)


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:20]


#: Signs that do not change how words are read at the end.
_STOPS: Final = " .\u1362\u06d4"

#: A space left before a sign where a name stood, and signs around the words between two values.
_TIDY: Final = re.compile(r"\s*,?\s+([.!,،።፣])")
_EDGES: Final = re.compile(r"^[\s.,:;()\u060c\u1361\u1362\u1363\u1366-]+|[\s,:;()\u060c\u1363\u1366-]+$")

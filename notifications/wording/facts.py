"""What a message is filled with: people, sessions and places, put into the words of a language."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time
from babel.lists import format_list

from notifications.models import ChannelKind
from notifications.wording.errors import MissingVariableError
from notifications.wording.shipped import shipped
from scheduler.wording import RIGHT_TO_LEFT, plain_words

BRUSSELS = ZoneInfo("Europe/Brussels")

FIRST_STRONG, LEFT_TO_RIGHT, POP = "\u2068", "\u2066", "\u2069"

#: What may have become of a session that a change tells of.
CHANGES = ("moved", "moved_place", "added", "cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One session as a message tells it; ``of`` reads it from a mapping, a card or a row.

    ``person`` says whose it is in a message to a household, ``change`` what became of it (one of
    ``CHANGES``), ``was`` when it was to start before.
    """

    starts_at: datetime
    ends_at: datetime | None = None
    title: str = ""
    place: str = ""
    individual: bool = False
    person: str = ""
    change: str = ""
    was: datetime | None = None

    @classmethod
    def of(cls, thing: Any) -> Told:
        """Read a session from whatever names its ``starts_at``.

        Raises
        ------
        MissingVariableError
            If it has no instant to start at, or one without a timezone.
        """
        if isinstance(thing, cls):
            return thing
        found: dict[str, Any] = {}
        for spec in fields(cls):
            value = thing.get(spec.name) if isinstance(thing, Mapping) else getattr(thing, spec.name, None)
            if value is not None:
                found[spec.name] = _instant(value) if spec.name in _INSTANTS else value
        if "starts_at" not in found:
            raise MissingVariableError("sessions.starts_at")
        return cls(**found)


_INSTANTS = frozenset({"starts_at", "ends_at", "was"})
_FIELDS = tuple(spec.name for spec in fields(Told))


def _instant(value: datetime | str) -> datetime:
    instant = datetime.fromisoformat(value) if isinstance(value, str) else value
    if instant.tzinfo is None:
        raise MissingVariableError("timezone")
    return instant


def as_facts(variables: Mapping[str, Any]) -> dict[str, Any]:
    """Return variables as JSON holds them, to be kept beside a message and rendered again from."""
    facts: dict[str, Any] = {}
    for key, value in variables.items():
        if key in ("sessions", "absent", "choices"):
            facts[key] = [_told_facts(Told.of(each)) for each in value]
        elif isinstance(value, date):
            facts[key] = value.isoformat()
        elif isinstance(value, (list, tuple)):
            facts[key] = list(value)
        else:
            facts[key] = value
    return facts


def _told_facts(told: Told) -> dict[str, Any]:
    return {
        key: value.isoformat() if isinstance(value, datetime) else value
        for key in _FIELDS
        if (value := getattr(told, key)) not in ("", None, False)
    }


def first_of_days(told: Sequence[Told]) -> list[Told]:
    """Return the first of each day's sessions in Brussels, in the order in which they are told."""
    found: dict[date, Told] = {}
    for each in told:
        found.setdefault(each.starts_at.astimezone(BRUSSELS).date(), each)
    return list(found.values())


@lru_cache(maxsize=4096)
def day_words(code: str, day: date, *, long: bool = False) -> str:
    """Return a day with its weekday, ``lundi 23/11``, or ``lundi 23 novembre`` when ``long``."""
    formats = shipped(code).formats
    pattern = formats["long_day" if long else "day"]
    if "days" in formats:
        pattern = pattern.replace("EEEE", f"'{day_name(code, day.weekday())}'")
    return format_date(day, pattern, locale=code)


def day_name(code: str, weekday: int) -> str:
    """Return the name of a weekday, Monday being 0."""
    formats = shipped(code).formats
    # The bare pattern, as the names that stand alone are mixed up between languages in the locale data.
    monday = date(2026, 11, 23)
    return (
        str(formats["days"][weekday])
        if "days" in formats
        else format_date(monday + timedelta(weekday), "EEEE", locale=code)
    )


@lru_cache(maxsize=4096)
def time_words(code: str, hour: int, minute: int) -> str:
    """Return an hour of the day, ``9h30``, or ``9h`` where a language writes full hours so."""
    formats = shipped(code).formats
    wall = datetime(2000, 1, 1, hour, minute).time()  # noqa: DTZ001
    pattern = formats["time"] if minute else formats.get("full_hour", formats["time"])
    return format_time(wall, pattern, locale=code)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Puts facts into the words of one language for one channel."""

    code: str
    channel: ChannelKind

    @property
    def spoken(self) -> bool:
        """Whether the words are heard, not read."""
        return self.channel is ChannelKind.VOICE

    @property
    def _long(self) -> bool:
        return self.channel in (ChannelKind.VOICE, ChannelKind.EMAIL)

    def part(self, name: str) -> str:
        """Return a part of the language, as it is spoken on the telephone where it differs."""
        parts = shipped(self.code).parts
        return (self.spoken and parts.get(f"{name}_voice")) or parts[name]

    def value(self, text: str) -> str:
        """Return a name or a place so that it keeps its own direction inside of a line."""
        if self.spoken or not text:
            return text
        other = {"L"} if self.code in RIGHT_TO_LEFT else {"R", "AL"}
        mixed = any(unicodedata.bidirectional(letter) in other for letter in text)
        return f"{FIRST_STRONG}{text}{POP}" if mixed else text

    def phone(self, number: str) -> str:
        """Return a telephone number whose groups stay in order in a line of any direction."""
        if self.code in RIGHT_TO_LEFT and not self.spoken and number:
            return f"{LEFT_TO_RIGHT}{number}{POP}"
        return number

    def names(self, given: str | Sequence[str]) -> str:
        """Return one name, or several joined as the language does."""
        if isinstance(given, str):
            return self.value(given)
        return format_list([self.value(each) for each in given], locale=self.code)

    def days(self, told: Sequence[Told]) -> str:
        """Return the days of some sessions, joined as the language does."""
        return format_list([self.day(each.starts_at) for each in first_of_days(told)], locale=self.code)

    def day(self, instant: datetime) -> str:
        """Return the day of an instant in Brussels."""
        return day_words(self.code, instant.astimezone(BRUSSELS).date(), long=self._long)

    def time(self, instant: datetime | None) -> str:
        """Return the hour of an instant in Brussels, nothing without one."""
        if instant is None:
            return ""
        wall = instant.astimezone(BRUSSELS)
        return time_words(self.code, wall.hour, wall.minute)

    def moment(self, value: date | datetime | str) -> str:
        """Return a deadline: a day, or a day and an hour."""
        if isinstance(value, str):
            read = datetime if len(value) > len("2026-11-23") else date
            value = read.fromisoformat(value)
        if isinstance(value, datetime):
            instant = _instant(value)
            return self._at(instant)
        return day_words(self.code, value, long=self._long)

    def _at(self, instant: datetime) -> str:
        words = self.part("moment")
        return words.replace("{day}", self.day(instant)).replace("{start}", self.time(instant))

    def session(self, told: Told) -> dict[str, str]:
        """Return what a part about one session may name."""
        words = plain_words(self.code)
        start, end = self.time(told.starts_at), self.time(told.ends_at)
        span = self.part("span").replace("{start}", start).replace("{end}", end)
        return {
            "person": self.value(told.person),
            "day": self.day(told.starts_at),
            "start": start,
            "end": end,
            "hours": span if end else start,
            "moment": self._at(told.starts_at),
            "title": self.value(told.title) or words["appointment" if told.individual else "activity"],
            "place": self.value(told.place),
            "old_day": self.day(told.was) if told.was else "",
            "old_start": self.time(told.was),
        }

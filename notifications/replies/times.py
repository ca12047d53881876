"""Days and hours that people name in an answer, and which of the sessions they mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from typing import Final

#: Groups of phrases for the days of the week, Monday first.
WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

#: Parts of the day: from which hour, and until which.
_PARTS: Final = {"morning": (0, 12), "afternoon": (12, 18), "evening": (17, 24)}
_RELATIVE: Final = {"today": 0, "this": 0, "tomorrow": 1}

#: Words for hours and dates that ``mark`` puts in the place of digits and signs.
_MARKED: Final = re.compile(r"(clock|date)(\d\d)(\d\d)")

_CLOCK: Final = re.compile(
    r"(?<![\w:./])(\d{1,2})(?:\s?(?:h|hrs?|heures?|u|uur|uhr)\s?(\d\d)?|:(\d\d))(?![\w:])"
)
_TWELVE: Final = re.compile(r"(?<![\w:./])(\d{1,2})(?:[:.](\d\d))?\s?([ap])\.?m\b\.?")
_DATE: Final = re.compile(r"(?<![\w:./-])(\d{1,2})[/.-](\d{1,2})(?:[/.-](?:\d\d){1,2})?(?![\w/-])")


def mark(text: str) -> str:
    """Put one word for each hour and date that is written in digits, as in ``14h30``, ``2 pm``, ``24/11``."""
    text = _TWELVE.sub(_twelve, text)
    text = _CLOCK.sub(lambda found: f" clock{int(found[1]):02d}{found[2] or found[3] or '00'} ", text)
    return _DATE.sub(lambda found: f" date{int(found[1]):02d}{int(found[2]):02d} ", text)


def _twelve(found: re.Match[str]) -> str:
    hour = int(found[1]) % 12 + (12 if found[3] == "p" else 0)
    return f" clock{hour:02d}{found[2] or '00'} "


@dataclass(frozen=True, slots=True)
class Named:
    """A day or an hour as somebody names it; what is ``None`` was not said.

    ``number`` is a day of the month, ``month_day`` the month too, ``clock`` hour and minute.
    """

    weekday: int | None = None
    relative: int | None = None
    number: int | None = None
    month_day: tuple[int, int] | None = None
    part: str | None = None
    clock: tuple[int, int] | None = None

    def joined(self, other: Named) -> Named | None:
        """Return both as one, as in "Tuesday at two"; ``None`` when the other begins another one."""
        said = {spec.name for spec in fields(self) if getattr(self, spec.name) is not None}
        more = {
            spec.name: value for spec in fields(other) if (value := getattr(other, spec.name)) is not None
        }
        return None if said & more.keys() else replace(self, **more)

    def holds(self, moment: datetime, today: date) -> bool:
        """Whether a session that starts at a local moment may be meant."""
        from_hour, to_hour = _PARTS[self.part] if self.part else (0, 24)
        return (
            self.weekday in (None, moment.weekday())
            and (self.relative is None or moment.date() == today + timedelta(self.relative))
            and self.number in (None, moment.day)
            and self.month_day in (None, (moment.month, moment.day))
            and from_hour <= moment.hour < to_hour
            and self.clock in (None, (moment.hour, moment.minute))
        )


def is_number_of_time(word: str) -> bool:
    """Whether a word is an hour or a date of ``mark``, or a number that may be a day of the month."""
    return _MARKED.fullmatch(word) is not None or (len(word) == 2 and word.isdecimal())


def named(group: str) -> Named | None:
    """Return what a group of phrases, or a word of ``mark``, names; ``None`` for all others."""
    found = _MARKED.fullmatch(group)
    if found is not None:
        pair = int(found[2]), int(found[3])
        return Named(clock=pair) if found[1] == "clock" else Named(month_day=(pair[1], pair[0]))
    if is_number_of_time(group):
        return Named(number=int(group))
    if group in _PARTS:
        return Named(part=group)
    day, _, part = group.partition("_")
    if part and part not in _PARTS:
        return None
    if day in WEEKDAYS:
        return Named(weekday=WEEKDAYS.index(day), part=part or None)
    if day in _RELATIVE:
        return Named(relative=_RELATIVE[day], part=part or None)
    return None


def meant(what: Iterable[Named], moments: Sequence[datetime], today: date) -> frozenset[int]:
    """Return the numbers of the moments that are meant; none where one of them leaves a doubt.

    Each must name sessions of one day and no other: of two Tuesdays nobody knows which is meant.
    """
    found: set[int] = set()
    for each in what:
        fits = {at for at, moment in enumerate(moments) if each.holds(moment, today)}
        if len({moments[at].date() for at in fits}) != 1:
            return frozenset()
        found |= fits
    return frozenset(found)

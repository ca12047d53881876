"""How each kind of value is read from a programme file and written back to one."""

from __future__ import annotations

import dataclasses
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Generic, TypeVar

from scheduler.message import N_
from scheduler.programmes.spec import Text
from scheduler.programmes.yaml_nodes import Complaint, Item, RefusedError, closest, unknown
from scheduler.timegrid import SLOT_MINUTES
from solver.problem import LEVELS

T = TypeVar("T")

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PERIODS = {"week": 1, "fortnight": 2, "month": 4, "quarter": 13, "horizon": 0}
MAX_PERIOD_WEEKS = 104
_KEY = re.compile(r"[a-z][a-z0-9_]*")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})")
_DURATION = re.compile(r"(?:(\d{1,4})\s?h\s?(?:(\d{1,2})(?:\s?min)?)?)|(?:(\d{1,5})\s?min)")
_WEEKS = re.compile(r"(\d{1,3}) weeks?")
_DAYS = re.compile(r"(\d{1,3}) days?")


def minutes_of_clock(clock: str) -> int:
    """Give the minutes since midnight of a time such as ``13:30``."""
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


class Codec(ABC, Generic[T]):
    """Reads a value from a file and writes it back."""

    @abstractmethod
    def read(self, item: Item) -> T:
        """Read the value, or complain and raise ``RefusedError``."""

    @abstractmethod
    def write(self, value: T) -> Any:
        """Give what stands for it in the file."""

    def given(self, _values: Mapping[str, Any]) -> Codec[T]:
        """The codec to use when the values read before it in the same group are known."""
        return self


class Plain(Codec[str]):
    """A line of text, not empty, up to so many characters."""

    def __init__(self, most: int = 200) -> None:
        self.most = most

    def read(self, item: Item) -> str:
        text = item.scalar().strip()
        if not text:
            item.refuse(N_("un texte est attendu ici"))
        if len(text) > self.most:
            item.refuse(N_("ce texte dépasse %(most)s caractères", most=self.most))
        return text

    def write(self, value: str) -> str:
        return value


class Key(Codec[str]):
    """A key: small letters, digits and underscores, at most so many."""

    def __init__(self, most: int = 60) -> None:
        self.most = most

    def read(self, item: Item) -> str:
        text = item.scalar()
        if not _KEY.fullmatch(text) or len(text) > self.most:
            item.refuse(
                N_(
                    "« %(text)s » n'est pas une clé: lettres minuscules, chiffres et « _ », %(most)s au plus",
                    text=text,
                    most=self.most,
                )
            )
        return text

    def write(self, value: str) -> str:
        return value


class LanguageCode(Codec[str]):
    """An ISO 639 code such as ``fr``, ``ti`` or ``prs``."""

    def read(self, item: Item) -> str:
        text = item.scalar()
        if not _LANGUAGE.fullmatch(text):
            item.refuse(N_("« %(text)s » n'est pas un code de langue", text=text))
        return text

    def write(self, value: str) -> str:
        return value


class Translated(Codec[Text]):
    """A French text, or texts by language with the French one among them."""

    def __init__(self, most: int = 200) -> None:
        self.line = Plain(most)

    def read(self, item: Item) -> Text:
        if item.is_scalar:
            return Text(self.line.read(item))
        texts = {}
        for language, entry in item.entries().items():
            if not _LANGUAGE.fullmatch(language):
                entry.refuse(N_("« %(text)s » n'est pas un code de langue", text=language))
            texts[language] = self.line.read(entry)
        if "fr" not in texts:
            item.refuse(N_("il manque le texte français (fr)"))
        return Text(texts.pop("fr"), texts)

    def write(self, value: Text) -> Any:
        return {"fr": value.fr, **value.translations} if value.translations else value.fr


class Whole(Codec[int]):
    """A whole number between two bounds."""

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def read(self, item: Item) -> int:
        text = item.scalar()
        if not re.fullmatch(r"\d{1,9}", text):
            item.refuse(N_("« %(text)s » n'est pas un nombre entier", text=text))
        if not self.low <= int(text) <= self.high:
            item.refuse(
                N_("%(text)s n'est pas entre %(low)s et %(high)s", text=text, low=self.low, high=self.high)
            )
        return int(text)

    def write(self, value: int) -> int:
        return value


class YesNo(Codec[bool]):
    """``true`` or ``false``."""

    def read(self, item: Item) -> bool:
        text = item.scalar()
        if text not in ("true", "false"):
            item.refuse(N_("« %(text)s » : écrire true ou false", text=text))
        return text == "true"

    def write(self, value: bool) -> bool:
        return value


class Word(Codec[str]):
    """One of a set of words; with ``open_set`` other keys are taken too, unless one looks misspelt."""

    def __init__(self, choices: Collection[str], *, open_set: bool = False) -> None:
        self.choices = choices
        self.open_set = open_set

    def read(self, item: Item) -> str:
        text = item.scalar()
        if text in self.choices:
            return text
        if self.open_set and not closest(text, self.choices, cutoff=0.85):
            return Key(40).read(item)
        message = N_("« %(text)s » n'est pas connu ici", text=text)
        item.refuse(unknown(text, [c for c in self.choices if c], message))

    def write(self, value: str) -> str:
        return value


class Duration(Codec[int]):
    """Minutes, written ``3h``, ``1h30`` or ``45min``."""

    def __init__(self, *, grid: bool = False, most: int = 100_000) -> None:
        self.grid = grid
        self.most = most

    def read(self, item: Item) -> int:
        text = item.scalar().strip()
        match = _DURATION.fullmatch(text)
        if match is None or (match[2] and int(match[2]) >= 60):
            item.refuse(N_("« %(text)s » n'est pas une durée; écrire 3h, 1h30 ou 45min", text=text))
        minutes = int(match[3]) if match[3] else int(match[1]) * 60 + int(match[2] or 0)
        if self.grid and minutes % SLOT_MINUTES:
            item.refuse(N_("une durée est un multiple de %(minutes)s minutes", minutes=SLOT_MINUTES))
        if not 0 < minutes <= self.most:
            item.refuse(N_("« %(text)s » est trop court ou trop long", text=text))
        return minutes

    def write(self, value: int) -> str:
        hours, minutes = divmod(value, 60)
        return f"{minutes}min" if not hours else f"{hours}h{minutes:02}" if minutes else f"{hours}h"


class Clock(Codec[str]):
    """A time of the day such as ``13:30``, on the planner's grid."""

    def read(self, item: Item) -> str:
        text = item.scalar().strip()
        match = _CLOCK.fullmatch(text)
        if match is None:
            item.refuse(N_("« %(text)s » n'est pas une heure; écrire 13:30", text=text))
        hours, minutes = int(match[1]), int(match[2])
        if hours > 23 or minutes > 59:
            item.refuse(N_("%(text)s n'existe pas: une journée va de 00:00 à 23:59", text=text))
        if minutes % SLOT_MINUTES:
            item.refuse(N_("une heure est un multiple de %(minutes)s minutes", minutes=SLOT_MINUTES))
        return f"{hours:02}:{minutes:02}"

    def write(self, value: str) -> str:
        return value


class Weekday(Codec[int]):
    """A day of the week, 0 a Monday, written ``mon`` to ``sun``."""

    def read(self, item: Item) -> int:
        return WEEKDAYS.index(Word(WEEKDAYS).read(item))

    def write(self, value: int) -> str:
        return WEEKDAYS[value]


class Period(Codec[int]):
    """Weeks, written ``week``, ``fortnight``, ``month``, ``quarter``, ``6 weeks`` or ``horizon`` (0)."""

    def read(self, item: Item) -> int:
        text = item.scalar().strip()
        if text in PERIODS:
            return PERIODS[text]
        match = _WEEKS.fullmatch(text)
        if match is None:
            message = N_(
                "« %(text)s » n'est pas une période; écrire par exemple fortnight ou 6 weeks", text=text
            )
            item.refuse(unknown(text, PERIODS, message))
        if not 1 <= int(match[1]) <= MAX_PERIOD_WEEKS:
            item.refuse(N_("une période va de 1 à %(most)s semaines", most=MAX_PERIOD_WEEKS))
        return int(match[1])

    def write(self, value: int) -> str:
        word = next((word for word, weeks in PERIODS.items() if weeks == value), None)
        return word or f"{value} weeks"


class Days(Codec[int]):
    """A number of days, written ``28 days``."""

    def read(self, item: Item) -> int:
        match = _DAYS.fullmatch(item.scalar().strip())
        if match is None:
            item.refuse(N_("« %(text)s » n'est pas un nombre de jours; écrire 28 days", text=item.scalar()))
        return int(match[1])

    def write(self, value: int) -> str:
        return f"{value} days"


class Levels(Codec[tuple[int, int]]):
    """A band of levels, ends included, written ``A0-A2`` or ``A1``."""

    def read(self, item: Item) -> tuple[int, int]:
        text = item.scalar()
        low, _, high = text.partition("-")
        if low not in LEVELS or (high or low) not in LEVELS:
            item.refuse(N_("« %(text)s » n'est pas un niveau; écrire A1 ou A0-A2 (A0 à C2)", text=text))
        band = LEVELS.index(low), LEVELS.index(high or low)
        if band[0] > band[1]:
            item.refuse(N_("le niveau le plus bas vient en premier: « %(text)s »", text=text))
        return band

    def write(self, value: tuple[int, int]) -> str:
        low, high = (LEVELS[level] for level in value)
        return low if low == high else f"{low}-{high}"


class Items(Codec[tuple[T, ...]]):
    """A list."""

    def __init__(self, codec: Codec[T], *, least: int = 0) -> None:
        self.codec = codec
        self.least = least

    def read(self, item: Item) -> tuple[T, ...]:
        values, refused = [], False
        for element in item.elements():
            try:
                values.append(self.codec.read(element))
            except RefusedError:
                refused = True
        if refused:
            raise RefusedError
        if len(values) < self.least:
            item.refuse(N_("cette liste est vide"))
        return tuple(values)

    def write(self, value: Sequence[T]) -> list[Any]:
        return [self.codec.write(element) for element in value]


class Amount(Codec[int]):
    """An amount in the unit of its demand: a number, or a duration when minutes are counted."""

    def read(self, item: Item) -> int:
        return Whole(0, 1000).read(item)

    def write(self, value: int) -> Any:
        return value

    def given(self, values: Mapping[str, Any]) -> Codec[int]:
        return MinutesOrNone() if values.get("unit") == "minutes" else self


class MinutesOrNone(Codec[int]):
    """A duration, or 0."""

    def read(self, item: Item) -> int:
        return 0 if item.scalar() == "0" else Duration().read(item)

    def write(self, value: int) -> Any:
        return Duration().write(value) if value else 0


class Record(Codec[T]):
    """A group of keys that makes one dataclass.

    Parameters
    ----------
    cls : type
        The dataclass; its fields without a default are the keys that must be there.
    fields : mapping
        Key to codec, in reading order. A key that is a word of Python has ``_`` after it in ``cls``.
    then : callable, optional
        Finishes the value, given the item; may complain.
    """

    def __init__(
        self, cls: type[T], fields: Mapping[str, Codec[Any]], then: Callable[[T, Item], T] | None = None
    ) -> None:
        self.cls = cls
        self.fields = fields
        self.then = then
        described: Any = cls
        self.defaults = {
            f.name: f.default_factory() if f.default_factory is not dataclasses.MISSING else f.default
            for f in dataclasses.fields(described)
        }

    def read(self, item: Item) -> T:
        entries = item.entries()
        for name in entries.keys() - self.fields.keys():
            message = unknown(name, self.fields, N_("cette clé n'est pas connue ici"))
            entries[name].complain(message)
        values: dict[str, Any] = {}
        complete = True
        for name, codec in self.fields.items():
            attribute = _attribute(name)
            if name in entries:
                try:
                    values[attribute] = codec.given(values).read(entries[name])
                except RefusedError:
                    complete = False
            elif self.defaults[attribute] is dataclasses.MISSING:
                missing = f"{item.key}.{name}".lstrip(".")
                item.book.complaints.append(Complaint(missing, N_("cette clé manque"), item.line))
                complete = False
        if not complete:
            raise RefusedError
        value = self.cls(**values)
        return self.then(value, item) if self.then else value

    def write(self, value: T) -> dict[str, Any]:
        values = {_attribute(name): getattr(value, _attribute(name)) for name in self.fields}
        return {
            name: codec.given(values).write(values[_attribute(name)])
            for name, codec in self.fields.items()
            if values[_attribute(name)] != self.defaults[_attribute(name)]
        }


def _attribute(name: str) -> str:
    return f"{name}_" if name in ("from",) else name

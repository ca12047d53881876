"""Weekly hours in one cell: ``lun 8:30-9:00; mer 12:00-16:00``."""

from __future__ import annotations

import re
from datetime import time
from typing import NamedTuple

from scheduler.message import N_
from scheduler.roster_import.cells import CellError, parse_time, split_statements
from scheduler.roster_import.folding import fold


class WeeklyTime(NamedTuple):
    """A time of every week, local wall time, weekday 0 a Monday."""

    weekday: int
    starts: time
    ends: time


_FRENCH = (
    "lu lun lundi",
    "ma mar mardi",
    "me mer mercredi",
    "je jeu jeudi",
    "ve ven vendredi",
    "sa sam samedi",
    "di dim dimanche",
)
_DUTCH = (
    "ma maa maandag",
    "di din dinsdag",
    "wo woe woensdag",
    "do don donderdag",
    "vr vrij vrijdag",
    "za zat zaterdag",
    "zo zon zondag",
)
_ENGLISH = (
    "mo mon monday",
    "tu tue tues tuesday",
    "we wed wednesday",
    "th thu thur thurs thursday",
    "fr fri friday",
    "sat saturday",
    "su sun sunday",
)
_EVERY_DAY = {
    "tous les jours": range(7),
    "en semaine": range(5),
    "weekdays": range(5),
    "elke dag": range(7),
    "chaque jour": range(7),
}
MAX_STATEMENT_CHARS = 200

_FILLERS = {"du", "de", "le", "les", "chaque", "van", "elke", "et", "en", "and", "from", "every"}
_UNTIL = {"au", "a", "tot", "to", "until"}
_DUTCH_ONLY = re.compile(r"\b(wo|woe|do|don|vr|vrij|za|zat|zo|zon|\w+dag)\b")

_STATEMENT = re.compile(
    r"(?P<days>[^\d]+?)\s*(?:(?:de|van|from)\s+)?"
    r"(?P<hours>\d[\d:.hHuU ]*?\s*(?:-|–|—|à|a|tot|to|>)\s*\d[\d:.hHuU ]*"
    r"(?:\s*(?:,|et|en|and)\s*\d[\d:.hHuU ]*?\s*(?:-|–|—|à|a|tot|to|>)\s*\d[\d:.hHuU ]*)*)"
)


def _names(groups: tuple[str, ...]) -> dict[str, int]:
    return {name: day for day, names in enumerate(groups) for name in names.split()}


_DAYS_FR, _DAYS_NL, _DAYS_EN = _names(_FRENCH), _names(_DUTCH), _names(_ENGLISH)


def parse_weekday(text: str, language: str = "fr") -> int:
    """Weekday 0 to 6 of a name or its beginning.

    Parameters
    ----------
    language : str
        Decides ``ma`` and ``di``, which are other days in French and in Dutch.
    """
    word = fold(text).removesuffix("s") if len(text) > 4 else fold(text)
    orders = (_DAYS_NL, _DAYS_FR, _DAYS_EN) if language == "nl" else (_DAYS_FR, _DAYS_NL, _DAYS_EN)
    for names in orders:
        if word in names:
            return names[word]
    raise CellError(N_("« %(text)s » n'est pas un jour de la semaine", text=text))


def parse_hours(text: str) -> tuple[time, time]:
    """Start and end of ``8h30-9h``, start first."""
    ends = re.split(r"\s*(?:-|–|—|à|\ba\b|\btot\b|\bto\b|>)\s*", text.strip())
    if len(ends) != 2:
        raise CellError(N_("« %(text)s » n'est pas un horaire (attendu : 8h30-12h)", text=text))
    starts, finishes = parse_time(ends[0]), parse_time(ends[1])
    if starts >= finishes:
        raise CellError(N_("l'horaire « %(text)s » finit avant de commencer", text=text))
    return starts, finishes


def parse_weekly_hours(text: str, language: str = "fr") -> frozenset[WeeklyTime]:
    """All weekly times in a cell.

    Days may be listed (``lu, je``), spanned (``lu-ve``) or ``tous les jours``; several hours may
    follow one day.
    """
    found: set[WeeklyTime] = set()
    for statement in split_statements(text):
        if len(statement) > MAX_STATEMENT_CHARS:
            raise CellError(N_("l'horaire dépasse %(limit)s caractères", limit=MAX_STATEMENT_CHARS))
        match = _STATEMENT.fullmatch(statement)
        if not match:
            raise CellError(N_("« %(text)s » n'est pas un horaire (attendu : lun 8:30-9:00)", text=statement))
        spoken = "nl" if _DUTCH_ONLY.search(fold(match["days"])) else language
        days = _days(match["days"].strip(" :,.("), spoken)
        for hours in re.split(r"\s*(?:,|\bet\b|\ben\b|\band\b)\s*", match["hours"]):
            starts, ends = parse_hours(hours)
            found.update(WeeklyTime(day, starts, ends) for day in days)
    return frozenset(found)


def _days(text: str, language: str) -> list[int]:
    if (folded := fold(text)) in _EVERY_DAY:
        return list(_EVERY_DAY[folded])
    days: list[int] = []
    spanning = False
    for word in fold(re.sub("[-–—]", " au ", text)).split():
        if word in _FILLERS:
            continue
        if word in _UNTIL:
            spanning = bool(days)
            continue
        day = parse_weekday(word, language)
        if spanning:
            if day < days[-1]:
                raise CellError(N_("« %(text)s » : le dernier jour vient avant le premier", text=text))
            days.extend(range(days[-1] + 1, day))
        days.append(day)
        spanning = False
    if not days:
        raise CellError(N_("« %(text)s » n'est pas un jour de la semaine", text=text))
    return days


def as_text(times: frozenset[WeeklyTime]) -> str:
    """The same times in the form that is read back."""
    names = ("lun", "mar", "mer", "jeu", "ven", "sam", "dim")
    return "; ".join(f"{names[each.weekday]} {each.starts:%H:%M}-{each.ends:%H:%M}" for each in sorted(times))

"""Course times from a table: one row or several for each class."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TypeVar

from scheduler.courses.fields import BY_KEY
from scheduler.courses.timetable import CourseDraft, ExceptionDay
from scheduler.message import N_, Message
from scheduler.roster_import import cells
from scheduler.roster_import.cells import CellError
from scheduler.roster_import.columns import pick
from scheduler.roster_import.folding import fold
from scheduler.roster_import.languages import parse_language
from scheduler.roster_import.table import Table
from scheduler.roster_import.weekly_hours import WeeklyTime, parse_hours, parse_weekday, parse_weekly_hours

MAX_COURSE_DAYS = 3 * 366
MAX_TRAVEL_MINUTES = 240

T = TypeVar("T")


@dataclass(slots=True)
class TimetableRow:
    """What one row says of a course."""

    number: int
    cells: tuple[str, ...]
    school: str = ""
    name: str = ""
    level: int | None = None
    language: str | None = None
    weekly: frozenset[WeeklyTime] = frozenset()
    starts_on: date | None = None
    ends_on: date | None = None
    exceptions: frozenset[ExceptionDay] = frozenset()
    travel_minutes: int | None = None
    problems: list[Message] = field(default_factory=list)

    @property
    def key(self) -> tuple[str, str]:
        """What makes rows belong to one course."""
        return fold(self.school), fold(self.name)


def read_rows(
    table: Table, columns: Mapping[str, str], default_school: str, today: date, language: str
) -> list[TimetableRow]:
    """Understand every row; what could not be is in its ``problems``."""
    return [
        _Reader(pick(row.cells, columns), today, language).read(
            TimetableRow(row.number, row.cells, problems=list(row.problems)), default_school
        )
        for row in table.rows
    ]


class _Reader:
    def __init__(self, given: Mapping[str, str], today: date, language: str) -> None:
        self.given = given
        self.today = today
        self.language = language
        self.problems: list[Message] = []

    def read(self, row: TimetableRow, default_school: str) -> TimetableRow:
        row.school = " ".join((self.given.get("school") or default_school).split())
        row.name = " ".join(self.given.get("name", "").split())
        for text, missing in ((row.school, N_("l'école manque")), (row.name, N_("la classe manque"))):
            if not text:
                self.problems.append(missing)
            elif len(text) > 120:
                self.problems.append(N_("le texte dépasse %(limit)s caractères", limit=120))
        row.level = self._parsed("level", cells.parse_level)
        row.language = self._parsed("language", parse_language)
        row.travel_minutes = self._parsed("travel_minutes", _minutes)
        row.starts_on = self._parsed("starts_on", lambda text: cells.parse_plan_date(text, self.today))
        row.ends_on = self._parsed("ends_on", lambda text: cells.parse_plan_date(text, self.today))
        row.exceptions = self._parsed("exceptions", self._days_off) or frozenset()
        row.weekly = self._weekly()
        row.problems.extend(self.problems)
        return row

    def _parsed(self, key: str, parse: Callable[[str], T]) -> T | None:
        text = self.given.get(key)
        if text is None:
            return None
        try:
            return parse(text)
        except CellError as error:
            self.problems.append(N_("%(field)s : %(why)s", field=BY_KEY[key].label, why=error.text))
            return None

    def _weekly(self) -> frozenset[WeeklyTime]:
        given = self.given
        if "hours" in given and "weekday" not in given:
            return self._parsed("hours", lambda text: parse_weekly_hours(text, self.language)) or frozenset()
        if "weekday" not in given:
            self.problems.append(N_("le jour de cours manque"))
            return frozenset()
        days = self._parsed(
            "weekday", lambda text: [parse_weekday(part, self.language) for part in cells.split_list(text)]
        )
        if "hours" in given:
            hours = self._parsed("hours", parse_hours)
        elif "starts" in given and "ends" in given:
            first, last = self._parsed("starts", cells.parse_time), self._parsed("ends", cells.parse_time)
            hours = (first, last) if first and last else None
            if hours and hours[0] >= hours[1]:
                self.problems.append(N_("le cours finit avant de commencer"))
                hours = None
        else:
            self.problems.append(N_("l'heure de début ou de fin manque"))
            hours = None
        return frozenset(WeeklyTime(day, *hours) for day in days) if days and hours else frozenset()

    def _days_off(self, text: str) -> frozenset[ExceptionDay]:
        days: set[ExceptionDay] = set()
        for part in re.split(r"\s*[;,\n|]\s*", text.strip()):
            if not part:
                continue
            ends = _range_ends(part)
            first = cells.parse_plan_date(ends[0], self.today)
            last = cells.parse_plan_date(ends[-1], self.today)
            if not 0 <= (last - first).days <= MAX_COURSE_DAYS:
                raise CellError(N_("« %(text)s » : le dernier jour vient avant le premier", text=part))
            days.update(ExceptionDay(first + timedelta(days=step)) for step in range((last - first).days + 1))
        return frozenset(days)


def _range_ends(text: str) -> list[str]:
    """One date, or the two ends of ``21/12/2026-03/01/2027`` or ``21/12/2026 au 3/1/2027``."""
    words = re.split(r"\s+(?:au|à|t/m|tot|to|until|-|–)\s+", re.sub(r"^(?:du|van|from)\s+", "", text.strip()))
    if len(words) == 2:
        return words
    match = re.fullmatch(
        r"(\d{1,2}/\d{1,2}/\d{2,4}|\d{4}-\d{2}-\d{2})\s*[-–/]\s*(\d{1,2}/\d{1,2}/\d{2,4}|\d{4}-\d{2}-\d{2})",
        text.strip(),
    )
    return list(match.groups()) if match else [text]


def _minutes(text: str) -> int:
    match = re.fullmatch(r"(\d{1,3})\s*(?:min(?:utes|uten)?|m|')?", text.strip(), re.IGNORECASE)
    if not match or int(match.group(1)) > MAX_TRAVEL_MINUTES:
        raise CellError(
            N_(
                "« %(text)s » n'est pas un nombre de minutes (0 à %(limit)s)",
                text=text,
                limit=MAX_TRAVEL_MINUTES,
            )
        )
    return int(match.group(1))


def join_rows(rows: list[TimetableRow]) -> CourseDraft | Message:
    """The course that rows of one class describe together, or why they do not.

    Weekly times and days off add up; dates, level and language must agree where they are given.
    """
    for name, label in (
        ("starts_on", N_("Premier jour")),
        ("ends_on", N_("Dernier jour")),
        ("level", N_("Niveau")),
        ("language", N_("Langue enseignée")),
    ):
        if len({getattr(row, name) for row in rows} - {None}) > 1:
            return N_("les lignes de ce cours se contredisent : %(field)s", field=label)
    first = next((row.starts_on for row in rows if row.starts_on), None)
    last = next((row.ends_on for row in rows if row.ends_on), None)
    if first is None or last is None:
        return N_("le premier ou le dernier jour du cours manque")
    if last < first:
        return N_("le dernier jour du cours vient avant le premier")
    if (last - first).days > MAX_COURSE_DAYS:
        return N_("le cours durerait plus de trois ans")
    weekly = frozenset(each for row in rows for each in row.weekly)
    if _overlaps(weekly):
        return N_("deux moments du cours se chevauchent le même jour")
    weekdays = {each.weekday for each in weekly}
    exceptions = frozenset(
        day
        for row in rows
        for day in row.exceptions
        if first <= day.on <= last and day.on.weekday() in weekdays
    )
    return CourseDraft(
        rows[0].school,
        rows[0].name,
        first,
        last,
        weekly,
        exceptions,
        next((row.level for row in rows if row.level is not None), None),
        next((row.language for row in rows if row.language), None),
        next((row.travel_minutes for row in rows if row.travel_minutes is not None), None),
    )


def _overlaps(weekly: frozenset[WeeklyTime]) -> bool:
    ordered = sorted(weekly)
    return any(
        one.weekday == other.weekday and other.starts < one.ends for one, other in itertools.pairwise(ordered)
    )

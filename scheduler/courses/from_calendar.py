"""Course times from an iCalendar file (RFC 5545), which a stranger may have written."""

from __future__ import annotations

import re
import time
import warnings
from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any

import recurring_ical_events
from icalendar import Calendar

from scheduler.courses.timetable import CourseDraft, Meeting, fit
from scheduler.errors import InvalidInputError
from scheduler.message import N_, Message
from scheduler.roster_import.cells import CellError, parse_level
from scheduler.roster_import.delimited import decode
from scheduler.roster_import.folding import fold

MAX_CALENDAR_BYTES = 5 * 1024 * 1024
MAX_EVENTS = 5_000
MAX_SERIES = 500
MAX_OCCURRENCES = 20_000
MAX_TIMES_A_DAY = 4
MAX_SECONDS = 10.0
OLDEST_START = date(1990, 1, 1)
LONGEST_MEETING = timedelta(hours=14)

_DAY_OFF = re.compile(
    r"\b(conges?|vacances|feries?|ferme|fermee|fermeture|pas de cours|suspendu|vakantie|feestdag|gesloten|"
    r"geen les|verlof|holidays?|closed|no class|ferien|feiertag)\b"
)
_OFTEN = frozenset({"DAILY", "WEEKLY"})
_FREQUENCIES = _OFTEN | {"MONTHLY", "YEARLY"}
#: Parts that daily and weekly rules hardly ever have, and that can make them never hold.
_SPARSE = ("BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS")
_LEVEL_WORD = re.compile(r"\b(alpha\w*|alfa\w*|[abc][0-2])\b")


@dataclass(slots=True)
class CalendarReading:
    """What a calendar holds: courses, and the events that are not courses or cannot be read."""

    drafts: list[CourseDraft] = field(default_factory=list)
    refused: list[tuple[str, Message]] = field(default_factory=list)
    ignored: list[tuple[str, Message]] = field(default_factory=list)


def school_years(today: date) -> tuple[date, date]:
    """The days that are read of a calendar: this school year and the next, first and last day.

    Fixed days, rather than some time from today, make a calendar that did not change give the
    same courses every day.
    """
    first = date(today.year - (today.month < 8), 8, 1)
    return first, date(first.year + 2, 8, 31)


def read_calendar(
    content: bytes, school: str, timezone: tzinfo, today: date, free_days: Collection[date] = ()
) -> CalendarReading:
    """Understand a calendar as courses: events of one title are one course.

    Repetitions, their exceptions, moved and cancelled occurrences are followed (RFC 5545, 3.8.5).
    Times without zone are local ones. Days that an all-day event calls a holiday lose all courses.

    Parameters
    ----------
    content : bytes
    school : str
        The school all courses are given to.
    timezone : tzinfo
        The centre's, in which courses are kept.
    free_days : collection of date
        School holidays, on which weekly times do not count (``timetable.fit``).

    Raises
    ------
    InvalidInputError
        When it is no calendar, or larger than the limits.
    """
    events = _events(content)
    reading = CalendarReading()
    window = school_years(today)
    meetings: defaultdict[str, set[Meeting]] = defaultdict(set)
    titles: dict[str, str] = {}
    days_off: set[date] = set()
    total = 0
    deadline = time.monotonic() + MAX_SECONDS
    for components, calendar in events:
        if time.monotonic() > deadline:
            # Rules that never hold are searched to the year 9999: each is short, a file of them is not.
            raise InvalidInputError(N_("Les répétitions de cet agenda sont trop compliquées pour être lues."))
        title = _title(components[0])
        try:
            held = list(_occurrences(components, calendar, window))
            total += len(held)
            if total > MAX_OCCURRENCES:
                raise InvalidInputError(
                    N_("Cet agenda a plus de %(limit)s moments sur deux ans.", limit=MAX_OCCURRENCES)
                )
            if not held:
                reading.ignored.append(
                    (title, N_("annulé, ou aucun moment dans les deux années scolaires à venir"))
                )
            elif all(not isinstance(each.start, datetime) for each in held):
                if _DAY_OFF.search(fold(title)):
                    days_off.update(day for each in held for day in _whole_days(each.start, each.end))
                    reading.ignored.append(
                        (title, N_("jours sans cours : retirés de tous les cours de cet agenda"))
                    )
                else:
                    reading.ignored.append((title, N_("dure toute la journée : ce n'est pas un cours")))
            else:
                for each in held:
                    name = fold(each.title) or fold(title)
                    titles.setdefault(name, each.title or title)
                    meetings[name].add(_meeting(each, timezone))
        except CellError as error:
            reading.refused.append((title, error.text))
    for name, held_at in sorted(meetings.items()):
        kept = {each for each in held_at if each.on not in days_off}
        if not kept:
            reading.ignored.append((titles[name], N_("toutes les dates tombent sur des jours sans cours")))
            continue
        first, last, weekly, exceptions = fit(kept, free_days)
        reading.drafts.append(
            CourseDraft(school, titles[name], first, last, weekly, exceptions, _level(titles[name]))
        )
    return reading


@dataclass(frozen=True, slots=True)
class _Occurrence:
    start: date
    end: date
    title: str


def _events(content: bytes) -> list[tuple[list[Any], Any]]:
    """Events of one UID together, each group with the calendar it came from."""
    if len(content) > MAX_CALENDAR_BYTES:
        raise InvalidInputError(
            N_(
                "Ce fichier dépasse la taille permise de %(limit)s Mo.",
                limit=MAX_CALENDAR_BYTES // (1024 * 1024),
            )
        )
    text, _notices = decode(content)
    if "BEGIN:VCALENDAR" not in text.upper():
        raise InvalidInputError(N_("Ce n'est pas un agenda au format ICS."))
    if text.upper().count("BEGIN:VEVENT") > MAX_EVENTS:
        raise InvalidInputError(N_("Cet agenda a plus de %(limit)s événements.", limit=MAX_EVENTS))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            calendars = Calendar.from_ical(text, multiple=True)
    except Exception as error:  # the parser fails in many ways on damaged files
        raise InvalidInputError(N_("Cet agenda est abîmé et ne peut pas être lu.")) from error
    groups: list[tuple[list[Any], Any]] = []
    series = 0
    for calendar in calendars:
        by_uid: dict[str, list[Any]] = {}
        for number, event in enumerate(calendar.walk("VEVENT")):
            by_uid.setdefault(str(event.get("UID") or f"without-{number}"), []).append(event)
            series += "RRULE" in event
        groups.extend((events, calendar) for events in by_uid.values())
    if series > MAX_SERIES:
        raise InvalidInputError(N_("Cet agenda a plus de %(limit)s événements répétés.", limit=MAX_SERIES))
    if not groups:
        raise InvalidInputError(N_("Cet agenda ne contient aucun événement."))
    return groups


def _occurrences(components: list[Any], calendar: Any, window: tuple[date, date]) -> Iterator[_Occurrence]:
    single = Calendar()
    if "X-WR-TIMEZONE" in calendar:
        single["X-WR-TIMEZONE"] = calendar["X-WR-TIMEZONE"]
    for component in components:
        _check_event(component)
        bound_rules(component, window[1])
        single.add_component(component)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = recurring_ical_events.of(single).between(window[0], window[1] + timedelta(days=1))
    except Exception as error:  # rules that contradict themselves fail in many ways
        raise CellError(N_("les répétitions de cet événement ne peuvent pas être lues")) from error
    for each in found:
        if str(each.get("STATUS", "")).upper() != "CANCELLED":
            yield _Occurrence(each["DTSTART"].dt, each["DTEND"].dt, _title(each))


def _check_event(component: Any) -> None:
    if component.errors:
        raise CellError(N_("cet événement est abîmé (%(field)s)", field=component.errors[0][0] or "?"))
    start = component.get("DTSTART")
    if start is None or not hasattr(start, "dt"):
        raise CellError(N_("cet événement n'a pas de date de début"))
    day = start.dt.date() if isinstance(start.dt, datetime) else start.dt
    if day < OLDEST_START:
        raise CellError(N_("cet événement commence avant %(year)s", year=OLDEST_START.year))


def bound_rules(component: Any, last_day: date) -> None:
    """Refuse rules that repeat many times a day, and end all others at the last day read."""
    rules = component.get("RRULE") or []
    start = component["DTSTART"].dt
    until: date = last_day
    if isinstance(start, datetime):
        until = datetime(
            last_day.year, last_day.month, last_day.day, 23, 59, 59, tzinfo=UTC if start.tzinfo else None
        )
    for rule in rules if isinstance(rules, list) else [rules]:
        times = 1
        for part in ("BYHOUR", "BYMINUTE", "BYSECOND"):
            times *= max(1, len(rule.get(part, [])))
        frequency = str(rule.get("FREQ", [""])[0]).upper()
        if frequency not in _FREQUENCIES or times > MAX_TIMES_A_DAY:
            raise CellError(N_("cet événement se répète trop souvent dans la journée pour être un cours"))
        if frequency in _OFTEN and any(part in rule for part in _SPARSE):
            raise CellError(N_("les répétitions de cet événement ne peuvent pas être lues"))
        given = rule.get("UNTIL")
        if not given or _day(given[0]) > last_day:
            rule["UNTIL"] = [until]


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _whole_days(start: date, end: date) -> Iterator[date]:
    day = start
    while day < end or day == start:
        yield day
        day += timedelta(days=1)


def _meeting(each: _Occurrence, timezone: tzinfo) -> Meeting:
    if not isinstance(each.start, datetime) or not isinstance(each.end, datetime):
        raise CellError(N_("cet événement mêle des journées entières et des heures"))
    start, end = (
        moment.astimezone(timezone) if moment.tzinfo else moment.replace(tzinfo=timezone)
        for moment in (each.start, each.end)
    )
    if start.date() != end.date():
        raise CellError(N_("cet événement se termine un autre jour qu'il ne commence"))
    if not timedelta(0) < end - start <= LONGEST_MEETING:
        raise CellError(N_("cet événement n'a pas de durée, ou dure plus de %(hours)s heures", hours=14))
    return Meeting(
        start.date(),
        start.time().replace(second=0, microsecond=0),
        end.time().replace(second=0, microsecond=0),
    )


def _title(component: Any) -> str:
    return " ".join(str(component.get("SUMMARY") or "Cours").split())[:120]


def _level(title: str) -> int | None:
    found = _LEVEL_WORD.search(fold(title.replace(".", " ")))
    return parse_level(found.group(1)) if found else None

"""When somebody is busy, from a calendar that a stranger may have written (RFC 5545)."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta, tzinfo
from datetime import time as clock_time
from typing import Any

import recurring_ical_events
from icalendar import Calendar

from scheduler.courses.from_calendar import bound_rules
from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.roster_import.cells import CellError

Busy = tuple[datetime, datetime]

PAST = timedelta(days=1)
AHEAD = timedelta(weeks=13)
MAX_EVENTS = 20_000
MAX_SERIES = 2_000
MAX_PERIODS = 2_000
MAX_SECONDS = 10.0
OLDEST_DAILY = date(1990, 1, 1)

#: End of the UIDs of our own feeds: what the plan itself put there is no reason not to plan.
OWN_UIDS = "@semainier"


def window(now: datetime, timezone: tzinfo) -> Busy:
    """Return the time that is read of a calendar: whole days, ends excluded."""
    today = now.astimezone(timezone).date()
    return _midnight(today - PAST, timezone), _midnight(today + AHEAD, timezone)


def read_busy(contents: Iterable[bytes], timezone: tzinfo, now: datetime) -> list[Busy]:
    """Return the times at which the owner of a calendar is busy, in order, none touching another.

    Nothing but times is taken. Events that are cancelled, private, or shown as free do not count, nor do
    those of our own feeds. All-day events fill their days. Times without zone are local ones.

    Parameters
    ----------
    contents : iterable of bytes
        One calendar each, as a CalDAV server keeps one per event.
    timezone : tzinfo
        The centre's.

    Raises
    ------
    InvalidInputError
        When one is no calendar, is damaged, or repeats beyond the limits: half of somebody's busy
        times would be worse than those known before.
    """
    first, last = window(now, timezone)
    deadline = time.monotonic() + MAX_SECONDS
    found: set[Busy] = set()
    events = series = 0
    for content in contents:
        for components, calendar in _groups(content):
            events += len(components)
            series += any("RRULE" in each for each in components)
            if events > MAX_EVENTS:
                raise InvalidInputError(N_("Cet agenda a plus de %(limit)s événements.", limit=MAX_EVENTS))
            if series > MAX_SERIES:
                raise InvalidInputError(
                    N_("Cet agenda a plus de %(limit)s événements répétés.", limit=MAX_SERIES)
                )
            if time.monotonic() > deadline:
                raise InvalidInputError(
                    N_("Les répétitions de cet agenda sont trop compliquées pour être lues.")
                )
            for each in _occurrences(components, calendar, first, last, timezone):
                if _counts(each):
                    span = _span(each, timezone)
                    if span[0] < span[1] and span[0] < last and span[1] > first:
                        found.add((max(span[0], first), min(span[1], last)))
    merged = _merged(found)
    if len(merged) > MAX_PERIODS:
        raise InvalidInputError(
            N_("Cet agenda a plus de %(limit)s moments occupés sur trois mois.", limit=MAX_PERIODS)
        )
    return merged


def _groups(content: bytes) -> Iterator[tuple[list[Any], Any]]:
    """Yield the events of each UID, with the calendar they came from."""
    # Some files open with a byte order mark, and names of components may be in small letters.
    head = content[:2_000].removeprefix(b"\xef\xbb\xbf").lstrip().upper()
    if not head.startswith(b"BEGIN:VCALENDAR"):
        raise InvalidInputError(N_("Ce n'est pas un agenda au format ICS."))
    if content.upper().count(b"BEGIN:VEVENT") > MAX_EVENTS:
        raise InvalidInputError(N_("Cet agenda a plus de %(limit)s événements.", limit=MAX_EVENTS))
    if not content[-2_000:].rstrip().upper().endswith(b"END:VCALENDAR"):
        raise InvalidInputError(N_("Cet agenda est abîmé et ne peut pas être lu."))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            calendars = Calendar.from_ical(content.decode("utf-8-sig"), multiple=True)
    except Exception as error:  # the parser fails in many ways on damaged files
        raise InvalidInputError(N_("Cet agenda est abîmé et ne peut pas être lu.")) from error
    for calendar in calendars:
        by_uid: dict[str, list[Any]] = {}
        for number, event in enumerate(calendar.walk("VEVENT")):
            uid = str(event.get("UID") or f"without-{number}")
            if not uid.endswith(OWN_UIDS):
                by_uid.setdefault(uid, []).append(event)
        for components in by_uid.values():
            yield components, calendar


def _occurrences(
    components: list[Any], calendar: Any, first: datetime, last: datetime, timezone: tzinfo
) -> Iterable[Any]:
    single = Calendar()
    if "X-WR-TIMEZONE" in calendar:
        single["X-WR-TIMEZONE"] = calendar["X-WR-TIMEZONE"]
    last_day = last.astimezone(timezone).date()
    for component in components:
        start = component.get("DTSTART")
        if start is None or not hasattr(start, "dt"):
            raise InvalidInputError(N_("Un événement de cet agenda n'a pas de date de début."))
        if "RRULE" in component:
            _check_rules(component, last_day)
        single.add_component(component)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return list(recurring_ical_events.of(single).between(first, last))
    except Exception as error:  # rules that contradict themselves fail in many ways
        raise InvalidInputError(
            N_("Les répétitions d'un événement de cet agenda ne peuvent pas être lues.")
        ) from error


def _check_rules(component: Any, last_day: date) -> None:
    refused = InvalidInputError(N_("Un événement de cet agenda se répète sans fin ou trop souvent."))
    try:
        bound_rules(component, last_day)
    except CellError:
        raise refused from None
    rules = component["RRULE"]
    started = component["DTSTART"].dt
    day = started.date() if isinstance(started, datetime) else started
    for rule in rules if isinstance(rules, list) else [rules]:
        if str(rule.get("FREQ", [""])[0]).upper() in ("DAILY", "WEEKLY") and day < OLDEST_DAILY:
            raise refused


def _counts(event: Any) -> bool:
    return (
        str(event.get("STATUS", "")).upper() != "CANCELLED"
        and str(event.get("TRANSP", "")).upper() != "TRANSPARENT"
        and str(event.get("CLASS", "")).upper() not in ("PRIVATE", "CONFIDENTIAL")
    )


def _span(event: Any, timezone: tzinfo) -> Busy:
    start, end = event["DTSTART"].dt, event["DTEND"].dt
    if not isinstance(start, datetime) and end <= start:
        end = start + timedelta(days=1)
    return _instant(start, timezone), _instant(end, timezone)


def _instant(moment: date, timezone: tzinfo) -> datetime:
    if not isinstance(moment, datetime):
        return _midnight(moment, timezone)
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone)


def _midnight(day: date, timezone: tzinfo) -> datetime:
    return datetime.combine(day, clock_time(), timezone)


def _merged(spans: Iterable[Busy]) -> list[Busy]:
    merged: list[Busy] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged

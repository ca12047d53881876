"""Feeds as iCalendar text.

No METHOD is sent: with ``METHOD:PUBLISH`` an ORGANIZER becomes mandatory (RFC 5546, section 3.2.1) and
strict readers refuse the feed without it.

References
----------
RFC 5545 (iCalendar), RFC 7986 (NAME, REFRESH-INTERVAL, COLOR and others).
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, Timezone, vDuration

from scheduler.feeds.events import FeedEvent, Wording

PRODUCT = "-//Semainier//Semainier//FR"
REFRESH = timedelta(minutes=30)
BRUSSELS = ZoneInfo("Europe/Brussels")

#: The rule of summer time since 1996 (Directive 2000/84/EC).
VTIMEZONE = "\r\n".join(
    (
        "BEGIN:VTIMEZONE",
        "TZID:Europe/Brussels",
        "BEGIN:DAYLIGHT",
        "DTSTART:19960331T020000",
        "RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU",
        "TZNAME:CEST",
        "TZOFFSETFROM:+0100",
        "TZOFFSETTO:+0200",
        "END:DAYLIGHT",
        "BEGIN:STANDARD",
        "DTSTART:19961027T030000",
        "RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU",
        "TZNAME:CET",
        "TZOFFSETFROM:+0200",
        "TZOFFSETTO:+0100",
        "END:STANDARD",
        "END:VTIMEZONE",
        "",
    )
)

_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u0085\u2028\u2029]")


def clean(text: str) -> str:
    """Return a text without control characters; only plain line feeds stay."""
    return _CONTROLS.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))


def render_feed(name: str, events: list[FeedEvent], wording: Wording) -> bytes:
    """Return a calendar of these events: CRLF line ends, lines of at most 75 octets."""
    calendar = _calendar(wording.calendar.format(name=name).strip(), wording.language)
    head, _end, _rest = calendar.to_ical().partition(b"END:VCALENDAR")
    return b"".join((head, _timezone(), *map(event_lines, events), b"END:VCALENDAR\r\n"))


def render_tombstone(link_id: int, revoked_at: datetime, wording: Wording) -> bytes:
    """Return what a revoked address answers for some days: one cancelled event that says so.

    An empty calendar or an error would leave the old events on the device of whoever subscribed.
    """
    event = FeedEvent(
        uid=f"link-{link_id}",
        sequence=1,
        stamp=revoked_at,
        starts_at=revoked_at,
        ends_at=revoked_at + timedelta(minutes=15),
        summary=wording.no_longer_shared,
        cancelled=True,
    )
    return render_feed("", [event], wording)


@lru_cache(maxsize=20_000)
def event_lines(event: FeedEvent) -> bytes:
    """Return the VEVENT of an event; the same session is rendered once for all its people."""
    lines = Event()
    lines.add("uid", f"{event.uid}@semainier")
    lines.add("dtstamp", event.stamp)
    lines.add("last-modified", event.stamp)
    lines.add("sequence", event.sequence)
    lines.add("dtstart", event.starts_at.astimezone(BRUSSELS))
    lines.add("dtend", event.ends_at.astimezone(BRUSSELS))
    lines.add("summary", clean(event.summary))
    if event.description:
        lines.add("description", clean(event.description))
    if event.location:
        lines.add("location", clean(event.location))
    if event.latitude is not None and event.longitude is not None:
        lines.add("geo", (event.latitude, event.longitude))
    lines.add("status", "CANCELLED" if event.cancelled else "CONFIRMED")
    lines.add("transp", "TRANSPARENT" if event.cancelled else "OPAQUE")
    lines.add("class", "PRIVATE")
    if event.alarm_minutes and not event.cancelled:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", clean(event.summary))
        alarm.add("trigger", timedelta(minutes=-event.alarm_minutes))
        lines.add_component(alarm)
    return bytes(lines.to_ical())


@lru_cache(maxsize=1)
def _timezone() -> bytes:
    return bytes(Timezone.from_ical(VTIMEZONE).to_ical())


def _calendar(name: str, language: str) -> Calendar:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("name", clean(name), parameters={"LANGUAGE": language})
    calendar.add("x-wr-calname", clean(name))
    calendar.add("x-wr-timezone", "Europe/Brussels")
    calendar.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))
    return calendar

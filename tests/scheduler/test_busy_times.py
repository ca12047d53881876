"""Busy times out of calendars: only times, whatever somebody wrote into them."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduler.busy_times import read_busy, window
from scheduler.errors import InvalidInputError

BRUSSELS = ZoneInfo("Europe/Brussels")


def calendar(*events: str) -> bytes:
    body = "".join(
        f"BEGIN:VEVENT\r\nUID:e{number}\r\n{event}\r\nEND:VEVENT\r\n" for number, event in enumerate(events)
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n{body}END:VCALENDAR\r\n".encode()


def local(now: datetime, *events: str) -> list[tuple[str, str]]:
    return [
        (start.astimezone(BRUSSELS).strftime("%d/%m %H:%M"), end.astimezone(BRUSSELS).strftime("%d/%m %H:%M"))
        for start, end in read_busy([calendar(*events)], BRUSSELS, now)
    ]


MEETING = "DTSTART:20261124T090000Z\r\nDTEND:20261124T100000Z\r\nSUMMARY:Secret"


def test_times_with_and_without_zone_and_whole_days(now: datetime) -> None:
    assert local(
        now,
        MEETING,
        "DTSTART:20261125T090000\r\nDTEND:20261125T100000",
        "DTSTART;VALUE=DATE:20261126\r\nDTEND;VALUE=DATE:20261128",
        "DTSTART;VALUE=DATE:20261130",
        "DTSTART:20261202T090000\r\nDURATION:PT45M",
    ) == [
        ("24/11 10:00", "24/11 11:00"),
        ("25/11 09:00", "25/11 10:00"),
        ("26/11 00:00", "28/11 00:00"),
        ("30/11 00:00", "01/12 00:00"),
        ("02/12 09:00", "02/12 09:45"),
    ]


@pytest.mark.parametrize(
    "line", ["TRANSP:TRANSPARENT", "STATUS:CANCELLED", "CLASS:PRIVATE", "CLASS:CONFIDENTIAL"]
)
def test_what_does_not_count(now: datetime, line: str) -> None:
    assert local(now, f"{MEETING}\r\n{line}") == []
    assert len(local(now, f"{MEETING}\r\n{line}", MEETING)) == 1


def test_the_plans_own_sessions_are_no_reason_not_to_plan(now: datetime) -> None:
    own = calendar(MEETING).replace(b"UID:e0", b"UID:5f6c@semainier")
    assert read_busy([own], BRUSSELS, now) == []


def test_times_that_touch_or_overlap_are_one(now: datetime) -> None:
    assert local(
        now,
        MEETING,
        "DTSTART:20261124T100000Z\r\nDTEND:20261124T110000Z",
        "DTSTART:20261124T093000Z\r\nDTEND:20261124T094500Z",
    ) == [("24/11 10:00", "24/11 12:00")]


def test_repetitions_keep_their_wall_time_and_exceptions(now: datetime) -> None:
    weekly = (
        "DTSTART;TZID=Europe/Brussels:20200106T090000\r\nDTEND;TZID=Europe/Brussels:20200106T120000\r\n"
        "RRULE:FREQ=WEEKLY;BYDAY=MO\r\nEXDATE;TZID=Europe/Brussels:20261130T090000"
    )
    found = local(now, weekly)
    assert found[:2] == [("23/11 09:00", "23/11 12:00"), ("07/12 09:00", "07/12 12:00")]
    assert len(found) == 12  # thirteen Mondays of the window without the one excepted


def test_only_a_day_back_and_thirteen_weeks_ahead(now: datetime) -> None:
    first, last = window(now, BRUSSELS)
    assert (last - first).days == 92
    assert first <= now - timedelta(days=1)
    assert local(now, "DTSTART:20200101T000000Z\r\nDTEND:20400101T000000Z") == [
        (first.strftime("%d/%m %H:%M"), last.strftime("%d/%m %H:%M"))
    ]
    assert local(now, "DTSTART:20270301T090000Z\r\nDTEND:20270301T100000Z") == []


def test_both_days_on_which_the_clock_changes() -> None:
    now = datetime(2026, 10, 20, tzinfo=UTC)
    night = "DTSTART;VALUE=DATE:20261025\r\nDTEND;VALUE=DATE:20261026"
    ((start, end),) = read_busy([calendar(night)], BRUSSELS, now)
    assert end.astimezone(UTC) - start.astimezone(UTC) == timedelta(hours=25)


def test_an_empty_calendar_is_nobody_busy(now: datetime) -> None:
    assert read_busy([calendar()], BRUSSELS, now) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html>Connexion</html>", "format ICS"),
        (b"", "format ICS"),
        (b"\x00" * 5000, "format ICS"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:2026", "abîmé"),
        (calendar("SUMMARY:sans date"), "date de début"),
        (calendar(f"{MEETING}\r\nRRULE:FREQ=SECONDLY"), "sans fin ou trop souvent"),
        (calendar(f"{MEETING}\r\nRRULE:FREQ=MINUTELY"), "sans fin ou trop souvent"),
        (calendar("DTSTART:10000101T090000Z\r\nRRULE:FREQ=DAILY"), "sans fin ou trop souvent"),
        (calendar(*["DTSTART:20261124T090000Z"] * 20_001), "plus de 20000"),
    ],
)
def test_hostile_calendars_are_refused_in_words_and_in_time(now: datetime, content: bytes, said: str) -> None:
    started = time.monotonic()
    with pytest.raises(InvalidInputError, match=said):
        read_busy([content], BRUSSELS, now)
    assert time.monotonic() - started < 15

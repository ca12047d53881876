"""The bytes of a feed, read back by two parsers that are not ours and by eye."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from ical.calendar_stream import IcsCalendarStream
from icalendar import Calendar

from scheduler.feeds import FeedEvent, render_feed, render_tombstone
from scheduler.feeds.render import event_lines
from web.feeds import wording_in

FRENCH = wording_in("fr")
EVENT = FeedEvent(
    uid="0b9c1d52-7d1c-4c8e-9c70-6a2f0a3f1b11",
    sequence=2,
    stamp=datetime(2026, 11, 20, 10, 30, tzinfo=UTC),
    starts_at=datetime(2026, 11, 30, 8, 0, tzinfo=UTC),
    ends_at=datetime(2026, 11, 30, 11, 0, tzinfo=UTC),
    summary="Activité",
    description="Avec Nadia",
    location="Salle 2, Maison, rue de la Paix 4",
    latitude=50.41,
    longitude=4.44,
)


def _lines(body: bytes) -> list[bytes]:
    assert body.endswith(b"\r\n")
    return body.split(b"\r\n")[:-1]


def _only_event(body: bytes) -> object:
    (event,) = Calendar.from_ical(body).walk("VEVENT")
    return event


@pytest.mark.parametrize(
    "text",
    [
        "Simple",
        "Virgule, point-virgule; barre \\ et deux-points:",
        "Deux\nlignes\r\net trois",
        "نشاط المجموعة يوم الأربعاء في مركز المدينة مع المشرفة، الرجاء إحضار الدفتر والقلم معكم في كل مرة",
        "ንጥፈት ሰሙን ኣብ ማእከል ከተማ ምስ መራሒት ጉጅለ፡ በጃኹም ጥራዝን ፒሮን ሒዝኩም ንዑ",
        "BEGIN:VEVENT\nUID:faux\nEND:VEVENT",
        "🙂" * 40,
    ],
)
def test_any_text_comes_back_and_lines_stay_short(text: str) -> None:
    body = render_feed("Amina", [replace(EVENT, summary=text, description=text)], FRENCH)
    for line in _lines(body):
        assert len(line) <= 75
        assert b"\n" not in line
        assert b"\r" not in line
    event = _only_event(body)
    assert str(event["SUMMARY"]) == text.replace("\r\n", "\n")  # type: ignore[index]
    parsed = IcsCalendarStream.calendar_from_ics(body.decode())
    assert [e.summary for e in parsed.events] == [text.replace("\r\n", "\n")]


def test_control_characters_do_not_get_through() -> None:
    body = render_feed("A", [replace(EVENT, summary="a\x00b\x0bc\x1bd\x85e\u2028f")], FRENCH)
    assert str(_only_event(body)["SUMMARY"]) == "a b c d e f"  # type: ignore[index]


def test_what_the_standard_asks_for_is_there() -> None:
    body = render_feed("Amina", [EVENT], FRENCH)
    text = body.decode()
    assert "METHOD" not in text
    assert "BEGIN:VALARM" not in text
    assert text.count("BEGIN:VTIMEZONE") == 1
    for line in (
        "DTSTART;TZID=Europe/Brussels:20261130T090000",
        "DTEND;TZID=Europe/Brussels:20261130T120000",
        "DTSTAMP:20261120T103000Z",
        "LAST-MODIFIED:20261120T103000Z",
        "SEQUENCE:2",
        "STATUS:CONFIRMED",
        "CLASS:PRIVATE",
        "GEO:50.41;4.44",
        "REFRESH-INTERVAL;VALUE=DURATION:PT30M",
        "X-PUBLISHED-TTL:PT30M",
    ):
        assert line in text.split("\r\n"), line


@pytest.mark.parametrize(
    ("starts_at", "local"),
    [
        (datetime(2026, 10, 24, 22, 30, tzinfo=UTC), "20261025T003000"),
        (datetime(2026, 10, 25, 8, 0, tzinfo=UTC), "20261025T090000"),
        (datetime(2027, 3, 28, 7, 0, tzinfo=UTC), "20270328T090000"),
        (datetime(2027, 3, 27, 8, 0, tzinfo=UTC), "20270327T090000"),
    ],
)
def test_both_changes_of_the_clock(starts_at: datetime, local: str) -> None:
    event = replace(EVENT, starts_at=starts_at, ends_at=starts_at + timedelta(hours=2))
    body = render_feed("A", [event], FRENCH)
    assert f"DTSTART;TZID=Europe/Brussels:{local}" in body.decode()
    (read,) = IcsCalendarStream.calendar_from_ics(body.decode()).events
    assert read.dtstart == starts_at


def test_a_device_rings_only_where_the_centre_wants_it() -> None:
    quiet, loud = (event_lines(replace(EVENT, alarm_minutes=minutes)) for minutes in (0, 90))
    assert b"VALARM" not in quiet
    assert b"TRIGGER:-PT1H30M\r\n" in loud
    assert b"VALARM" not in event_lines(replace(EVENT, alarm_minutes=90, cancelled=True))


def test_a_session_over_midnight() -> None:
    event = replace(
        EVENT,
        starts_at=datetime(2026, 12, 31, 22, 0, tzinfo=UTC),
        ends_at=datetime(2027, 1, 1, 1, 0, tzinfo=UTC),
    )
    body = render_feed("A", [event], FRENCH).decode()
    assert "DTSTART;TZID=Europe/Brussels:20261231T230000" in body
    assert "DTEND;TZID=Europe/Brussels:20270101T020000" in body


def test_a_tombstone_is_one_cancelled_event_without_a_name() -> None:
    body = render_tombstone(7, datetime(2026, 11, 20, 10, 0, tzinfo=UTC), FRENCH)
    event = _only_event(body)
    assert event["STATUS"] == "CANCELLED"  # type: ignore[index]
    assert str(event["SUMMARY"]) == FRENCH.no_longer_shared  # type: ignore[index]
    assert "LOCATION" not in event  # type: ignore[operator]

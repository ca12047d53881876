"""Calendars of schools, well-made and not."""

from __future__ import annotations

import time as clock
from datetime import date, time
from zoneinfo import ZoneInfo

import pytest

from scheduler.courses.from_calendar import MAX_EVENTS, CalendarReading, read_calendar, school_years
from scheduler.courses.timetable import CourseDraft, Meeting
from scheduler.errors import InvalidInputError

BRUSSELS = ZoneInfo("Europe/Brussels")
TODAY = date(2026, 11, 23)


def calendar(*events: str, head: str = "") -> bytes:
    body = "".join(
        f"BEGIN:VEVENT\nUID:{number}@x\n{event.strip()}\nEND:VEVENT\n" for number, event in enumerate(events)
    )
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{head}{body}END:VCALENDAR\n".replace(
        "\n", "\r\n"
    ).encode()


def read(*events: str, head: str = "") -> CalendarReading:
    return read_calendar(calendar(*events, head=head), "EFC", BRUSSELS, TODAY)


def only(*events: str, head: str = "") -> CourseDraft:
    reading = read(*events, head=head)
    assert not reading.refused, [str(why) for _title, why in reading.refused]
    [draft] = reading.drafts
    return draft


def days(draft: CourseDraft) -> list[date]:
    return [meeting.on for meeting in draft.meetings()]


WEEKLY = """SUMMARY:FLE A1.2 groupe 3
DTSTART;TZID=Europe/Brussels:20261005T090000
DTEND;TZID=Europe/Brussels:20261005T120000
RRULE:FREQ=WEEKLY;BYDAY=MO,TH;UNTIL=20261218T230000Z"""


def test_a_weekly_course_keeps_its_wall_time_over_the_end_of_summer_time() -> None:
    draft = only(WEEKLY)
    assert (draft.school, draft.name, draft.level) == ("EFC", "FLE A1.2 groupe 3", 1)
    assert (draft.starts_on, draft.ends_on) == (date(2026, 10, 5), date(2026, 12, 17))
    assert {(each.weekday, each.starts, each.ends) for each in draft.weekly} == {
        (0, time(9), time(12)),
        (3, time(9), time(12)),
    }
    assert not draft.exceptions


def test_a_course_in_utc_changes_its_wall_time_with_the_clocks() -> None:
    draft = only("SUMMARY:X\nDTSTART:20261019T070000Z\nDTEND:20261019T100000Z\nRRULE:FREQ=WEEKLY;COUNT=2")
    assert draft.meetings() == [
        Meeting(date(2026, 10, 19), time(9), time(12)),
        Meeting(date(2026, 10, 26), time(8), time(11)),
    ]


def test_excluded_and_added_dates() -> None:
    draft = only(
        "SUMMARY:X\nDTSTART;TZID=Europe/Brussels:20261005T090000\nDURATION:PT2H\nRRULE:FREQ=WEEKLY;COUNT=4\n"
        "EXDATE;TZID=Europe/Brussels:20261012T090000\nRDATE;TZID=Europe/Brussels:20261014T090000"
    )
    assert [day.day for day in days(draft)] == [5, 14, 19, 26]


def test_a_moved_and_a_cancelled_occurrence() -> None:
    body = """BEGIN:VEVENT
UID:a
SUMMARY:X
DTSTART;TZID=Europe/Brussels:20261005T090000
DTEND;TZID=Europe/Brussels:20261005T110000
RRULE:FREQ=WEEKLY;COUNT=4
END:VEVENT
BEGIN:VEVENT
UID:a
SUMMARY:X
RECURRENCE-ID;TZID=Europe/Brussels:20261012T090000
DTSTART;TZID=Europe/Brussels:20261013T140000
DTEND;TZID=Europe/Brussels:20261013T160000
END:VEVENT
BEGIN:VEVENT
UID:a
SUMMARY:X
STATUS:CANCELLED
RECURRENCE-ID;TZID=Europe/Brussels:20261019T090000
DTSTART;TZID=Europe/Brussels:20261019T090000
DTEND;TZID=Europe/Brussels:20261019T110000
END:VEVENT
"""
    content = f"BEGIN:VCALENDAR\nVERSION:2.0\n{body}END:VCALENDAR\n".encode()
    [draft] = read_calendar(content, "EFC", BRUSSELS, TODAY).drafts
    assert draft.meetings() == [
        Meeting(date(2026, 10, 5), time(9), time(11)),
        Meeting(date(2026, 10, 13), time(14), time(16)),
        Meeting(date(2026, 10, 26), time(9), time(11)),
    ]


def test_floating_times_are_local_ones() -> None:
    draft = only("SUMMARY:X\nDTSTART:20261005T090000\nDTEND:20261005T110000")
    assert draft.meetings() == [Meeting(date(2026, 10, 5), time(9), time(11))]


def test_another_zone_is_converted() -> None:
    draft = only(
        "SUMMARY:X\nDTSTART;TZID=Europe/London:20261005T090000\nDTEND;TZID=Europe/London:20261005T110000"
    )
    assert draft.meetings() == [Meeting(date(2026, 10, 5), time(10), time(12))]


def test_a_zone_that_the_file_defines_itself_is_used() -> None:
    zone = (
        "BEGIN:VTIMEZONE\nTZID:Ecole\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:+0300\n"
        "TZOFFSETTO:+0300\nEND:STANDARD\nEND:VTIMEZONE\n"
    )
    draft = only("SUMMARY:X\nDTSTART;TZID=Ecole:20261005T100000\nDTEND;TZID=Ecole:20261005T110000", head=zone)
    assert draft.meetings() == [Meeting(date(2026, 10, 5), time(9), time(10))]


def test_holidays_of_the_school_take_the_course_away() -> None:
    reading = read(WEEKLY, "SUMMARY:Congé d'automne\nDTSTART;VALUE=DATE:20261019\nDTEND;VALUE=DATE:20261102")
    [draft] = reading.drafts
    assert not {date(2026, 10, 19), date(2026, 10, 22), date(2026, 10, 26), date(2026, 10, 29)} & set(
        days(draft)
    )
    assert date(2026, 11, 2) in days(draft)
    assert "sans cours" in str(reading.ignored[0][1])


def test_other_whole_days_are_no_course() -> None:
    reading = read("SUMMARY:Réunion de parents\nDTSTART;VALUE=DATE:20261019")
    assert not reading.drafts
    assert "toute la journée" in str(reading.ignored[0][1])


def test_events_of_one_title_are_one_course() -> None:
    draft = only(
        "SUMMARY:FLE B1\nDTSTART:20261005T090000\nDTEND:20261005T110000\nRRULE:FREQ=WEEKLY;COUNT=8",
        "SUMMARY:fle  b1\nDTSTART:20261007T130000\nDTEND:20261007T150000\nRRULE:FREQ=WEEKLY;COUNT=8",
    )
    assert {each.weekday for each in draft.weekly} == {0, 2}


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ("SUMMARY:X\nDTSTART:20261005T090000\nDTEND:20261005T090100\nRRULE:FREQ=SECONDLY", "trop souvent"),
        (
            "SUMMARY:X\nDTSTART:20261005T090000\nDTEND:20261005T090100\nRRULE:FREQ=HOURLY;COUNT=99999999",
            "trop souvent",
        ),
        (
            "SUMMARY:X\nDTSTART:20261005T090000\nDTEND:20261005T090100\nRRULE:FREQ=DAILY;BYMINUTE="
            + ",".join(map(str, range(60))),
            "trop souvent",
        ),
        ("SUMMARY:X\nDTSTART:00010101T090000\nDTEND:00010101T100000\nRRULE:FREQ=DAILY", "avant 1990"),
        ("SUMMARY:X\nDTSTART:20261005T090000\nDTEND:20261007T100000", "un autre jour"),
        ("SUMMARY:X\nDTSTART:20261005T090000\nDTEND:20261005T090000", "durée"),
        ("SUMMARY:X\nDTEND:20261005T090000", "début"),
        ("SUMMARY:X\nDTSTART:hier", "abîmé|début"),
        (
            "SUMMARY:X\nDTSTART:20261005T090000\nDTEND:20261005T100000\nRRULE:FREQ=WEEKLY;BYDAY=ZZ",
            "abîmé|répétitions",
        ),
    ],
)
def test_an_event_that_cannot_be_a_course_is_refused_alone(event: str, said: str) -> None:
    reading = read(event, WEEKLY)
    assert [draft.name for draft in reading.drafts] == ["FLE A1.2 groupe 3"]
    [(title, why)] = reading.refused
    assert title == "X"
    assert any(part in str(why) for part in said.split("|"))


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY",
        "FREQ=DAILY;COUNT=999999999",
        "FREQ=DAILY;COUNT=5;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;UNTIL=99991231T000000",
    ],
)
def test_endless_and_impossible_repetitions_end_quickly(rule: str) -> None:
    started = clock.monotonic()
    reading = read(f"SUMMARY:X\nDTSTART:19910101T090000\nDTEND:19910101T100000\nRRULE:{rule}", WEEKLY)
    assert clock.monotonic() - started < 5
    assert "FLE A1.2 groupe 3" in {draft.name for draft in reading.drafts}
    assert all(draft.ends_on <= school_years(TODAY)[1] for draft in reading.drafts)


def test_a_file_of_rules_that_never_hold_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scheduler.courses.from_calendar.MAX_SECONDS", 0.2)
    never = "SUMMARY:X\nDTSTART:19910107T090000\nDTEND:19910107T100000\nRRULE:FREQ=DAILY;INTERVAL=28;BYDAY=TU"
    with pytest.raises(InvalidInputError, match="compliquées"):
        read(*[never] * 20)


def test_only_two_school_years_are_read() -> None:
    assert school_years(TODAY) == (date(2026, 8, 1), date(2028, 8, 31))
    assert school_years(date(2026, 7, 31))[0] == date(2025, 8, 1)
    reading = read("SUMMARY:X\nDTSTART:20200106T090000\nDTEND:20200106T100000")
    assert "aucun moment" in str(reading.ignored[0][1])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"Nom;Prenom\n", "ICS"),
        (b"<html>login</html>", "ICS"),
        (b"BEGIN:VCALENDAR\nEND:VCALENDAR\n", "aucun"),
        (b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n", "abîmé|aucun"),
        (b"\x00\x01", "binaires"),
        (
            b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\nEND:VEVENT\n" * (MAX_EVENTS + 1) + b"END:VCALENDAR\n",
            "événements",
        ),
        (b"BEGIN:VCALENDAR\n" + b"X-A:" + b"a" * (5 * 1024 * 1024), "5 Mo"),
    ],
)
def test_what_is_no_calendar_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said):
        read_calendar(content, "EFC", BRUSSELS, TODAY)


def test_windows_accents_are_read() -> None:
    content = calendar("SUMMARY:Français débutant\nDTSTART:20261005T090000\nDTEND:20261005T110000").decode()
    [draft] = read_calendar(content.encode("cp1252"), "EFC", BRUSSELS, TODAY).drafts
    assert draft.name == "Français débutant"

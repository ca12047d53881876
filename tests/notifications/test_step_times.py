"""When reminders go out: nights that are an hour shorter or longer, holidays, quiet hours, late clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from notifications.policy import OnHolidays, Policy, Step, in_quiet_hours
from notifications.step_times import after_quiet, step_now, step_time, step_times, telling_time

BRUSSELS = ZoneInfo("Europe/Brussels")
POLICY = Policy()
EVENING = Step(days=1, at=time(18))
MORNING = Step(days=0, at=time(7, 30), quiet_until=time(7))
NIGHT = (time(20), time(8))


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    """An instant of 2026 by the clock in Brussels."""
    return datetime(2026, month, day, hour, minute, tzinfo=BRUSSELS)


def sent_at(day: date, step: Step, policy: Policy = POLICY, closed: tuple[date, ...] = ()) -> str | None:
    found = step_time(day, step, policy, closed, BRUSSELS)
    return f"{found.astimezone(BRUSSELS):%d/%m %H:%M %z}" if found else None


@pytest.mark.parametrize(
    ("day", "step", "expected"),
    [
        (date(2026, 11, 30), EVENING, "29/11 18:00 +0100"),
        # The hour that comes twice and the one that never comes lie between reminder and session.
        (date(2026, 10, 26), EVENING, "25/10 18:00 +0100"),
        (date(2026, 10, 26), Step(days=3, at=time(18)), "23/10 18:00 +0200"),
        (date(2026, 3, 30), EVENING, "29/03 18:00 +0200"),
        (date(2026, 3, 30), Step(days=2, at=time(18)), "28/03 18:00 +0100"),
        (date(2026, 11, 30), MORNING, "30/11 07:30 +0100"),
        # Not in the night, even where somebody once set it so.
        (date(2026, 11, 30), Step(days=1, at=time(7)), "29/11 08:00 +0100"),
        (date(2026, 11, 30), Step(days=2, at=time(22)), "29/11 08:00 +0100"),
    ],
)
def test_a_step_is_wall_time(day: date, step: Step, expected: str) -> None:
    assert sent_at(day, step) == expected


@pytest.mark.parametrize(
    ("night", "instant", "expected"),
    [
        (NIGHT, at(23, 19, 59), at(23, 19, 59)),
        (NIGHT, at(23, 20), at(24, 8)),
        (NIGHT, at(24, 7, 59), at(24, 8)),
        (NIGHT, at(24, 8), at(24, 8)),
        ((time(12), time(13)), at(24, 12, 30), at(24, 13)),
        ((time(8), time(8)), at(24, 8), at(24, 8)),
        # 2:30 never comes on 29 March: the night then ends an hour later on the clock.
        ((time(22), time(2, 30)), at(28, 23, month=3), at(29, 3, 30, month=3)),
        # 2:30 comes twice on 25 October: the first is the end, and the second is no night any more.
        ((time(22), time(2, 30)), at(24, 23, month=10), at(25, 2, 30, month=10)),
    ],
)
def test_quiet_hours_end(night: tuple[time, time], instant: datetime, expected: datetime) -> None:
    assert after_quiet(instant, *night, BRUSSELS) == expected.astimezone(UTC)


def test_quiet_hours_never_send_anything_back_in_time() -> None:
    twice = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)  # 2:15 for the second time
    assert after_quiet(twice, time(22), time(2, 30), BRUSSELS) >= twice


@pytest.mark.parametrize(
    ("moment", "night", "quiet"),
    [
        (time(20), NIGHT, True),
        (time(8), NIGHT, False),
        (time(0), NIGHT, True),
        (time(12), NIGHT, False),
        (time(12), (time(12), time(14)), True),
        (time(14), (time(12), time(14)), False),
        (time(3), (time(5), time(5)), False),
    ],
)
def test_in_quiet_hours(moment: time, night: tuple[time, time], quiet: bool) -> None:
    assert in_quiet_hours(moment, *night) is quiet


CHRISTMAS = tuple(date(2026, 12, day) for day in (24, 25, 26, 27))


@pytest.mark.parametrize(
    ("holidays", "step", "expected"),
    [
        (OnHolidays.SHIFT, EVENING, "23/12 18:00 +0100"),
        (OnHolidays.SKIP, EVENING, None),
        (OnHolidays.SEND, EVENING, "27/12 18:00 +0100"),
        (OnHolidays.SHIFT, Step(days=6, at=time(18)), "22/12 18:00 +0100"),
        (OnHolidays.SKIP, Step(days=0, at=time(8)), "28/12 08:00 +0100"),
    ],
)
def test_closed_days(holidays: OnHolidays, step: Step, expected: str | None) -> None:
    assert sent_at(date(2026, 12, 28), step, replace(POLICY, holidays=holidays), CHRISTMAS) == expected


def test_steps_that_holidays_push_together_are_one() -> None:
    times = step_times(date(2026, 12, 28), POLICY, (*CHRISTMAS, date(2026, 12, 23)), BRUSSELS)
    assert [(step.key, f"{sent:%d/%m}") for step, sent in times] == [("d1", "22/12")]


def test_of_two_steps_that_holidays_push_into_one_day_the_nearest_is_left() -> None:
    early = replace(POLICY, steps=(Step(days=3, at=time(18)), Step(days=1, at=time(17))))
    times = step_times(date(2026, 12, 28), early, (*CHRISTMAS, date(2026, 12, 23)), BRUSSELS)
    assert [(step.key, f"{sent.astimezone(BRUSSELS):%d/%m %H}") for step, sent in times] == [
        ("d1", "22/12 17")
    ]


STARTS = at(30, 9)
TIMES = step_times(date(2026, 11, 30), replace(POLICY, steps=(*POLICY.steps, MORNING)), (), BRUSSELS)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (at(27, 17, 59), None),
        (at(27, 18), "d3"),
        (at(27, 19, 0), "d3"),
        # The worker was down for a while: still useful, but not at night.
        (at(27, 22), None),
        (at(28, 8), "d3"),
        (at(29, 5, 30), None),
        # Late, and the next one comes in less than twelve hours.
        (at(29, 8, 30), None),
        (at(29, 18), "d1"),
        # The same morning has a night of its own.
        (at(30, 7, 15), None),
        (at(30, 7, 30), "d0"),
        (at(30, 8, 30), "d0"),
        # About to begin, or begun.
        (at(30, 8, 31), None),
        (at(30, 12), None),
    ],
)
def test_the_step_that_is_to_be_sent(now: datetime, expected: str | None) -> None:
    found = step_now(TIMES, STARTS, now, POLICY, BRUSSELS)
    assert (found[0].key if found else None) == expected


def test_the_last_step_is_sent_late_when_none_follows() -> None:
    times = step_times(date(2026, 11, 30), POLICY, (), BRUSSELS)
    found = step_now(times, STARTS, at(30, 8, 20), POLICY, BRUSSELS)
    assert found is not None
    assert found[0].key == "d1"


@pytest.mark.parametrize(
    ("now", "starts_at", "told"),
    [
        (at(23, 10), at(25, 9), at(23, 10)),
        (at(23, 21), at(25, 9), at(24, 8)),
        (at(23, 21), at(24, 9), at(24, 7, 30)),
        (at(24, 6), at(24, 8, 30), at(24, 7)),
        (at(24, 7, 45), at(24, 8, 30), at(24, 7, 45)),
    ],
)
def test_changes_are_told_in_time(now: datetime, starts_at: datetime, told: datetime) -> None:
    assert telling_time(now, starts_at, POLICY, BRUSSELS) == told


def test_an_hour_that_comes_twice_does_not_repeat_a_step() -> None:
    """Whatever the clock does in that night, the step is the same one: its key decides, not its time."""
    times = step_times(date(2026, 10, 26), POLICY, (), BRUSSELS)
    start = datetime(2026, 10, 23, 16, tzinfo=UTC)
    keys = set()
    for minutes in range(0, 60 * 60, 15):
        found = step_now(times, at(26, 9, month=10), start + timedelta(minutes=minutes), POLICY, BRUSSELS)
        keys |= {found[0].key} if found else set()
    assert keys == {"d3", "d1"}

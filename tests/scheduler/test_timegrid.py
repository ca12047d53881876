"""Wall time, instants and slots, above all on the two days when the clock changes."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.errors import InvalidInputError
from scheduler.timegrid import TimeGrid, exists, merged, session_times, slots_up, to_instant, to_wall, without

BRUSSELS = ZoneInfo("Europe/Brussels")
SPRING = date(2027, 3, 28)
AUTUMN = date(2026, 10, 25)


@pytest.mark.parametrize(
    ("day", "moment", "instant"),
    [
        (date(2026, 11, 23), time(9), datetime(2026, 11, 23, 8, tzinfo=UTC)),
        (date(2026, 7, 1), time(9), datetime(2026, 7, 1, 7, tzinfo=UTC)),
        (SPRING, time(1, 45), datetime(2027, 3, 28, 0, 45, tzinfo=UTC)),
        (SPRING, time(2, 30), datetime(2027, 3, 28, 1, 30, tzinfo=UTC)),
        (SPRING, time(3, 0), datetime(2027, 3, 28, 1, 0, tzinfo=UTC)),
        (AUTUMN, time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
        (AUTUMN, time(3, 0), datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
    ],
)
def test_wall_times_become_instants(day: date, moment: time, instant: datetime) -> None:
    assert to_instant(day, moment, BRUSSELS) == instant


def test_a_time_that_is_left_out_is_an_hour_later_on_the_clock() -> None:
    assert not exists(SPRING, time(2, 30), BRUSSELS)
    assert exists(SPRING, time(3, 0), BRUSSELS)
    assert to_wall(to_instant(SPRING, time(2, 30), BRUSSELS), BRUSSELS) == (SPRING, time(3, 30))


def test_a_time_that_comes_twice_is_the_first() -> None:
    assert exists(AUTUMN, time(2, 30), BRUSSELS)
    second = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert to_wall(second, BRUSSELS) == (AUTUMN, time(2, 30))
    assert to_instant(AUTUMN, time(2, 30), BRUSSELS) < second


def test_both_changes_of_the_clock_keep_sessions_at_their_wall_time() -> None:
    for day in (SPRING, AUTUMN):
        starts_at, ends_at = session_times(day, time(9), 180, BRUSSELS)
        assert to_wall(starts_at, BRUSSELS) == (day, time(9))
        assert (ends_at - starts_at).total_seconds() == 3 * 3600


@pytest.mark.parametrize(
    ("day", "starts", "minutes"),
    [
        (date(2026, 11, 23), time(23, 0), 60),
        (date(2026, 11, 23), time(22, 0), 180),
        (date(2026, 11, 23), time(9, 5), 60),
        (date(2026, 11, 23), time(9, 0, 30), 60),
        (SPRING, time(2, 0), 60),
        (SPRING, time(1, 30), 60),
        (date(2026, 11, 23), time(9), 0),
    ],
)
def test_impossible_sessions_are_refused(day: date, starts: time, minutes: int) -> None:
    with pytest.raises(InvalidInputError):
        session_times(day, starts, minutes, BRUSSELS)


def test_a_session_may_last_until_just_before_midnight() -> None:
    starts_at, ends_at = session_times(date(2026, 11, 23), time(22, 0), 105, BRUSSELS)
    assert to_wall(ends_at, BRUSSELS) == (date(2026, 11, 23), time(23, 45))
    assert starts_at < ends_at


@pytest.mark.parametrize("first_day", [date(2026, 10, 19), date(2027, 3, 22)])
def test_every_slot_of_a_week_with_a_change_comes_back_as_itself(first_day: date) -> None:
    grid = TimeGrid(first_day, 7, BRUSSELS)
    missing = [grid.wall_of(slot) for slot in range(7 * 96) if grid.slot_of(grid.instant_of(slot)) != slot]
    expected = [] if first_day.month == 10 else [(SPRING, time(2, m)) for m in (0, 15, 30, 45)]
    assert missing == expected


def test_the_weeks_with_a_change_are_an_hour_longer_and_shorter() -> None:
    hours = [
        (grid.ends_at - grid.starts_at).total_seconds() / 3600
        for grid in (TimeGrid(date(2026, 10, 19), 7, BRUSSELS), TimeGrid(date(2027, 3, 22), 7, BRUSSELS))
    ]
    assert hours == [169, 167]


def test_a_horizon_starts_on_a_monday() -> None:
    with pytest.raises(InvalidInputError):
        TimeGrid(date(2026, 11, 24), 7, BRUSSELS)


def test_slots_round_outwards_and_are_clipped() -> None:
    grid = TimeGrid(date(2026, 11, 23), 7, BRUSSELS)
    assert grid.slot_at(date(2026, 11, 24), time(9, 20)) == 96 + 37
    assert grid.slot_at(date(2026, 11, 24), time(9, 20), up=True) == 96 + 38
    assert grid.slot_at(date(2026, 11, 24), time(9, 15, 1), up=True) == 96 + 38
    before = datetime(2026, 11, 20, tzinfo=UTC)
    assert grid.covering(before, datetime(2026, 11, 22, tzinfo=UTC)) is None
    assert grid.covering(before, datetime(2026, 11, 23, 8, 1, tzinfo=UTC)) == (0, 37)
    assert [slots_up(m) for m in (0, 1, 15, 16)] == [0, 1, 1, 2]


_INTERVALS = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 9)).map(lambda pair: (pair[0], pair[0] + pair[1])),
    max_size=8,
)


def _points(intervals: object) -> set[int]:
    return {x for a, b in intervals for x in range(a, b)}  # type: ignore[attr-defined]


@given(_INTERVALS, _INTERVALS)
def test_merging_and_taking_away_keep_exactly_the_right_slots(
    left: list[tuple[int, int]], right: list[tuple[int, int]]
) -> None:
    a, b = merged(left), merged(right)
    assert _points(a) == _points(left)
    assert all(x[1] < y[0] for x, y in itertools.pairwise(a))
    assert _points(without(a, b)) == _points(left) - _points(right)

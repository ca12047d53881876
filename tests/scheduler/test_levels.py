"""Levels as they were on a day: changes count from the day they were noted on."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.levels import levels_between, note_levels
from tests.factories import Make

DAY = date(2026, 11, 10)


def before(days: int) -> date:
    return DAY - timedelta(days)


def test_only_a_difference_is_noted(session: Session, make: Make) -> None:
    person = make(m.Participant, level_spoken=2, level_written=1)
    assert note_levels(session, person, (2, 1), DAY) is None
    assert note_levels(session, person, (1, 1), DAY) is not None
    session.flush()
    row = session.scalars(select(m.LevelChange)).one()
    assert (row.participant_id, row.changed_on) == (person.id, DAY)
    assert (row.spoken_before, row.spoken_after, row.written_before, row.written_after) == (1, 2, 1, 1)


@pytest.mark.parametrize(
    ("first", "last", "start", "end"),
    [
        (before(9), before(8), (0, 0), (0, 0)),  # before anything was noted
        (before(9), before(7), (0, 0), (1, 0)),  # a change of the last day is in it
        (before(7), before(6), (0, 0), (1, 0)),  # a change of the first day is in it too
        (before(6), before(1), (1, 0), (1, 0)),
        (before(6), DAY, (1, 0), (2, 1)),  # two changes on one day: the last one counts
        (DAY, DAY, (1, 0), (2, 1)),
        (DAY + timedelta(1), DAY + timedelta(9), (2, 1), (2, 1)),
    ],
)
def test_levels_at_the_start_of_the_first_day_and_the_end_of_the_last(
    session: Session,
    centre: m.Centre,
    make: Make,
    first: date,
    last: date,
    start: tuple[int, int],
    end: tuple[int, int],
) -> None:
    person = make(m.Participant, level_spoken=2, level_written=1)
    steady = make(m.Participant, level_spoken=3, level_written=3)
    for day, spoken, written in (
        (before(7), (0, 1), (0, 0)),
        (DAY, (1, 2), (0, 0)),
        (DAY, (2, 2), (0, 1)),
    ):
        make(
            m.LevelChange,
            participant=person,
            changed_on=day,
            spoken_before=spoken[0],
            spoken_after=spoken[1],
            written_before=written[0],
            written_after=written[1],
        )
    found = levels_between(session, centre.id, first, last, {person.id, steady.id, 0})
    assert found == {person.id: (start, end), steady.id: ((3, 3), (3, 3))}

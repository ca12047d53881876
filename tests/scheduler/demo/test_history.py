"""Past weeks of a demonstration centre: nobody in two places, marks that add up, the same from one seed."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, time
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.demo import DemoSize, build_demo
from scheduler.demo.history import add_history
from scheduler.timegrid import monday_of

#: What is drawn does not hang on the database; that it is stored, the demonstration's own test shows.
pytestmark = pytest.mark.parametrize("backend", ["sqlite"])

WEEKS = 4


@pytest.fixture
def centre(session: Session, now: datetime) -> m.Centre:
    return build_demo(session, size=DemoSize.S, seed=3, now=now)


def all_of(session: Session, model: Any, centre: m.Centre) -> list[Any]:
    return list(session.scalars(select(model).where(model.centre_id == centre.id).order_by(model.id)))


def test_weeks_that_were_held(session: Session, centre: m.Centre, now: datetime) -> None:
    plan = add_history(session, centre, seed=1, now=now, weeks=WEEKS)
    assert plan is not None
    assert add_history(session, centre, seed=1, now=now) is None
    assert (plan.state, plan.publication) == (m.PlanState.PUBLISHED, 1)
    assert (plan.last_day - plan.first_day).days == 7 * WEEKS - 1
    assert plan.last_day < monday_of(now.date())
    held = all_of(session, m.GroupSession, centre)
    assert len(held) > 5 * WEEKS
    taken: dict[tuple[str, int, date], list[tuple[datetime, datetime]]] = defaultdict(list)
    for row in held:
        assert plan.first_day <= row.day <= plan.last_day
        spans = [("room", row.room_id), *(("staff", each.staff_id) for each in row.leaders)]
        spans += [("person", each.participant_id) for each in row.attendances]
        for kind, number in spans:
            for starts, ends in taken[kind, number, row.day]:
                assert ends <= row.starts_at or starts >= row.ends_at, (kind, number, row.day)
            taken[kind, number, row.day].append((row.starts_at, row.ends_at))

    records = {
        (row.session_uid, row.participant_id): row for row in all_of(session, m.AttendanceRecord, centre)
    }
    expected = {(row.uid, seat.participant_id) for row in held for seat in row.attendances}
    assert records.keys() == expected
    for row in records.values():
        whole = int((row.ends_at - row.starts_at).total_seconds()) // 60
        assert (row.attended_minutes == whole) == (row.state == "present")
        assert (row.attended_minutes > 0) == (row.state in ("present", "late", "left_early"))
        assert (row.reason_id is not None) == (row.state == "excused")
        (mark,) = row.marks
        assert (mark.state, mark.attended_minutes) == (row.state, row.attended_minutes)
    states = Counter(row.state for row in records.values())
    assert 0.7 < states["present"] / len(records) < 0.95
    assert {"late", "excused", "absent"} <= states.keys()

    tasks = all_of(session, m.Task, centre)
    people = {row.participant_id for row in records.values()}
    assert {task.kind for task in tasks} <= {"watch"}
    assert {task.participant_id for task in tasks} <= people
    for row in all_of(session, m.LevelChange, centre):
        assert row.spoken_after == row.spoken_before + 1


def test_the_same_seed_tells_the_same_story(session: Session, centre: m.Centre, now: datetime) -> None:
    other = build_demo(session, size=DemoSize.S, seed=3, now=now, name="Autre centre", slug="autre")

    def story(which: m.Centre) -> list[tuple[date, time, str, int]]:
        add_history(session, which, seed=1, now=now, weeks=1)
        found = session.scalars(select(m.AttendanceRecord).filter_by(centre_id=which.id))
        first = min(row.id for row in all_of(session, m.Participant, which))
        return sorted(
            (row.starts_at.date(), row.starts_at.time(), str(row.state), row.participant_id - first)
            for row in found
        )

    assert story(centre) == story(other) != []

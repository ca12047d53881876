"""The drop-out watch: when a task is raised, that it is raised once, and that nothing else happens."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.errors import InvalidInputError, StaleError
from scheduler.jobs import job
from scheduler.tasks import close_task
from scheduler.watch import change_rule, install_rules, list_rules, look_after
from tests.factories import Make

Come = Callable[..., None]


@pytest.fixture
def worker(make: Make) -> m.StaffMember:
    return make(m.StaffMember)


@pytest.fixture
def person(make: Make, worker: m.StaffMember) -> m.Participant:
    return make(m.Participant, referent_id=worker.id)


@pytest.fixture
def come(make: Make, person: m.Participant, now: datetime) -> Come:
    """Mark one session a day, the last one yesterday: P present, A absent, X absent with a good
    reason, E excused, U not marked."""
    states = {"P": "present", "A": "absent", "X": "absent", "E": "excused", "U": "unmarked"}

    def come(letters: str, *, last: int = 1, who: m.Participant | None = None) -> None:
        good = make(m.AbsenceReason, excused=True)
        for back, letter in enumerate(reversed(letters)):
            starts = now - timedelta(days=last + back)
            held = make(m.GroupSession, day=starts.date(), starts_at=starts)
            make(
                m.AttendanceRecord,
                session=held,
                participant=who or person,
                state=states[letter],
                attended_minutes=180 if letter == "P" else 0,
                reason_id=good.id if letter == "X" else None,
            )

    return come


@pytest.mark.parametrize(
    ("letters", "missed"),
    [
        ("AAA", 3),
        ("AA", None),
        ("PAAAA", 4),
        ("AAAP", None),
        ("AXAEAU", 3),
        ("XXXEEE", None),
        ("AAPA", None),
    ],
)
def test_three_missed_in_a_row(
    session: Session,
    centre: m.Centre,
    make: Make,
    person: m.Participant,
    worker: m.StaffMember,
    come: Come,
    now: datetime,
    letters: str,
    missed: int | None,
) -> None:
    make(m.WatchRule, kind="in_a_row", missed=3)
    come(letters)
    raised = look_after(session, centre, now)
    if missed is None:
        assert raised == []
        return
    (task,) = raised
    assert (task.participant_id, task.assigned_to_id) == (person.id, worker.id)
    assert task.facts["missed"] == missed
    assert look_after(session, centre, now + timedelta(days=1)) == []


@pytest.mark.parametrize(
    ("letters", "found"), [("PPAA", True), ("PPPA", False), ("AAA", False), ("PAPAPA", True), ("PPAX", False)]
)
def test_half_missed_in_a_month(
    session: Session, centre: m.Centre, make: Make, come: Come, now: datetime, letters: str, found: bool
) -> None:
    make(m.WatchRule, kind="share", percent=50, days=30)
    come(letters)
    assert bool(look_after(session, centre, now)) == found


def test_a_closed_task_comes_back_only_for_other_absences(
    session: Session, centre: m.Centre, make: Make, come: Come, now: datetime
) -> None:
    make(m.WatchRule, kind="in_a_row", missed=3)
    come("AAA", last=10)
    (first,) = look_after(session, centre, now)
    close_task(first, "talked", now, user_id=None)
    session.flush()
    come("A", last=9)
    assert look_after(session, centre, now) == []
    come("PAAA", last=1)
    (second,) = look_after(session, centre, now)
    assert second.session_uid != first.session_uid


def test_two_rules_raise_one_task(session: Session, centre: m.Centre, come: Come, now: datetime) -> None:
    install_rules(session, centre.id)
    install_rules(session, centre.id)
    assert [rule.kind for rule in list_rules(session, centre.id)] == ["in_a_row", "share"]
    come("PAAAA")
    assert len(look_after(session, centre, now)) == 1


def test_rules_that_are_off_and_people_in_the_archive_raise_nothing(
    session: Session, centre: m.Centre, make: Make, person: m.Participant, come: Come, now: datetime
) -> None:
    rule = make(m.WatchRule, kind="in_a_row", missed=3, active=False)
    come("AAA")
    assert look_after(session, centre, now) == []
    rule.active, person.active = True, False
    session.flush()
    assert look_after(session, centre, now) == []


def test_nothing_but_a_task_follows(
    session: Session, centre: m.Centre, make: Make, person: m.Participant, come: Come, now: datetime
) -> None:
    enrolment = make(m.Enrolment, participant=person)
    make(m.WatchRule, kind="in_a_row")
    come("AAAA")
    before = (person.version, enrolment.version, enrolment.status)
    look_after(session, centre, now)
    session.expire_all()
    assert (person.version, enrolment.version, enrolment.status) == before


def test_a_rule_is_changed_within_reason(session: Session, make: Make) -> None:
    rule = make(m.WatchRule, kind="in_a_row")
    assert change_rule(session, rule, {"missed": 2, "active": True}, rule.version) == ["missed"]
    with pytest.raises(InvalidInputError):
        change_rule(session, rule, {"missed": 0}, rule.version)
    with pytest.raises(StaleError):
        change_rule(session, rule, {"missed": 4}, rule.version + 1)


def test_the_job_looks_after_every_centre(
    session: Session, centre: m.Centre, make: Make, come: Come, now: datetime
) -> None:
    make(m.WatchRule, kind="in_a_row")
    come("AAA")
    assert job("watch_drop_out").run(session, lambda: now) == {"raised": 1}
    assert len(session.scalars(select(m.Task)).all()) == 1

"""The screen at the door: two numbers of one session, and digits that open it to nobody else."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.check_in import CheckInRefusedError, Refusal, check_digits, check_in, room_sign
from scheduler.errors import NotFoundError
from scheduler.room_screen import room_screen
from tests.factories import Make

KEY = b"key"
NOW = datetime(2026, 11, 30, 8, 2, tzinfo=UTC)


def held_with(make: Make, people: int) -> m.GroupSession:
    plan = make(m.Plan, publication=1, state=m.PlanState.PUBLISHED)
    held: m.GroupSession = make(m.GroupSession, plan=plan)
    for _person in range(people):
        make(m.Attendance, session=held)
    return held


def test_digits_typed_on_a_phone_make_the_number_rise(session: Session, centre: m.Centre, make: Make) -> None:
    held = held_with(make, 3)
    make(m.Attendance, session=held, excluded=True)
    other = make(m.GroupSession, plan=held.plan, activity=held.activity)
    sign, theirs = room_sign(KEY, held, NOW), room_sign(KEY, other, NOW)
    assert sign is not None
    assert theirs is not None
    assert sign.digits != theirs.digits
    person = held.attendances[0].participant
    shown = room_screen(session, centre.id, held.uid)
    assert (shown.expected, shown.there) == (3, 0)
    with pytest.raises(CheckInRefusedError) as refused:
        check_digits(session, KEY, person, held, theirs.digits, NOW)
    assert refused.value.refusal is Refusal.WRONG_CODE
    assert room_screen(session, centre.id, held.uid).there == 0
    check_digits(session, KEY, person, held, f" {sign.digits} ", NOW)
    assert check_in(session, person, held, NOW) is m.AttendanceState.PRESENT
    make(m.AttendanceRecord, session=held, state="absent")
    make(m.AttendanceRecord, session=held, state="late", attended_minutes=100, walk_in=True)
    shown = room_screen(session, centre.id, held.uid)
    assert (shown.held.uid, shown.expected, shown.there) == (held.uid, 3, 2)


def test_another_centre_has_no_such_screen(session: Session, make: Make) -> None:
    held = held_with(make, 1)
    with pytest.raises(NotFoundError):
        room_screen(session, make(m.Centre).id, held.uid)

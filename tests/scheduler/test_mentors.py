"""Pairs of a volunteer and a participant: one at a time, ended without losing the past."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.errors import InvalidInputError, NotFoundError
from scheduler.mentors import current_pair, end_mentoring, match_mentor
from tests.factories import Make

TODAY = date(2026, 11, 23)


def test_a_new_mentor_takes_over_and_the_old_pair_is_kept(session: Session, make: Make) -> None:
    person = make(m.Participant)
    first, second = (make(m.StaffMember, kind=m.StaffKind.VOLUNTEER) for _ in range(2))
    match_mentor(session, person, first.id, TODAY - timedelta(30))
    match_mentor(session, person, second.id, TODAY)
    pair = current_pair(session, person, TODAY)
    assert pair is not None
    assert pair.mentor_id == second.id
    ended = session.query(m.MentoringPair).filter_by(mentor_id=first.id).one()
    assert ended.ends_on == TODAY - timedelta(1)
    assert match_mentor(session, person, second.id, TODAY) is pair
    again = match_mentor(session, person, first.id, TODAY + timedelta(9))
    assert (again.id, again.ends_on) == (ended.id, None)


def test_a_pair_ended_on_its_first_day_leaves_nothing(session: Session, make: Make) -> None:
    person, mentor = make(m.Participant), make(m.StaffMember, kind=m.StaffKind.VOLUNTEER)
    match_mentor(session, person, mentor.id, TODAY)
    end_mentoring(session, person, TODAY)
    end_mentoring(session, person, TODAY)
    assert session.query(m.MentoringPair).count() == 0


def test_only_active_volunteers_of_the_centre_are_mentors(session: Session, make: Make) -> None:
    person = make(m.Participant)
    for columns in ({"kind": m.StaffKind.STAFF}, {"kind": m.StaffKind.VOLUNTEER, "active": False}):
        with pytest.raises(InvalidInputError):
            match_mentor(session, person, make(m.StaffMember, **columns).id, TODAY)
    with pytest.raises(NotFoundError):
        match_mentor(session, person, 999_999, TODAY)

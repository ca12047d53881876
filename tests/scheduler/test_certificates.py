"""Certificates: kept in a folder of their own, covering days, offering to excuse, deleted in time."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.absence_reasons import install_reasons
from scheduler.attendance import Outcome, Tap, apply_taps
from scheduler.certificates import (
    add_certificate,
    add_months,
    certificate_file,
    covered_absences,
    delete_certificate,
    excuse_covered,
    excusing_reasons,
    purge_certificates,
)
from scheduler.db import enter_centre
from scheduler.errors import InvalidInputError, NotFoundError
from scheduler.models import AttendanceState as State
from tests.factories import Make
from tests.scheduler.test_pictures import photo

START = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
DAY = date(2026, 11, 30)


@pytest.fixture
def person(session: Session, make: Make, centre: m.Centre) -> m.Participant:
    enter_centre(session, centre.id)
    install_reasons(session, centre.id)
    session.flush()
    return make(m.Participant)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "certificates"


def add(
    session: Session, folder: Path, person: m.Participant, first: date = DAY, last: date = DAY
) -> m.Certificate:
    return add_certificate(session, folder, person, (first, last), photo(), START, user_id=None)


def test_the_picture_lies_in_a_closed_folder_under_a_name_that_says_nothing(
    session: Session, folder: Path, person: m.Participant
) -> None:
    row = add(session, folder, person)
    path = certificate_file(folder, row)
    assert path.parent == folder
    assert (path.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (0o600, 0o700)
    assert len(path.stem) == 48
    assert person.last_name.lower() not in row.file_name
    assert row.delete_after == date(2027, 11, 30)


@pytest.mark.parametrize(("first", "last"), [(DAY, DAY - timedelta(1)), (DAY, DAY + timedelta(366))])
def test_impossible_days_leave_no_file(
    session: Session, folder: Path, person: m.Participant, first: date, last: date
) -> None:
    with pytest.raises(InvalidInputError):
        add(session, folder, person, first, last)
    assert not folder.exists()
    assert session.scalars(select(m.Certificate)).all() == []


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2026, 11, 30), 12, date(2027, 11, 30)),
        (date(2026, 11, 30), 3, date(2027, 2, 28)),
        (date(2027, 11, 30), 3, date(2028, 2, 29)),
        (date(2026, 12, 31), 0, date(2026, 12, 31)),
    ],
)
def test_months_end_on_a_day_that_exists(day: date, months: int, later: date) -> None:
    assert add_months(day, months) == later


def test_it_offers_to_excuse_and_excuses_only_what_was_chosen(
    session: Session, make: Make, folder: Path, person: m.Participant
) -> None:
    plan = make(
        m.Plan,
        publication=1,
        state=m.PlanState.PUBLISHED,
        published_at=START,
        first_day=DAY,
        last_day=DAY + timedelta(6),
    )
    taps = []
    for number, state in enumerate((State.ABSENT, State.ABSENT, State.PRESENT, State.ABSENT)):
        starts = START + timedelta(days=number)
        held = make(
            m.GroupSession,
            plan=plan,
            day=starts.date(),
            starts_at=starts,
            ends_at=starts + timedelta(hours=3),
        )
        make(m.Attendance, session=held, participant=person)
        taps.append(
            Tap(
                key=f"{number}",
                session_uid=held.uid,
                participant_id=person.id,
                state=state,
                tapped_at=starts,
                sent_at=starts,
            )
        )
    now = START + timedelta(days=5)
    apply_taps(session, person.centre_id, taps, now, user_id=None)
    session.expire_all()
    row = add(session, folder, person, DAY, DAY + timedelta(2))
    offered = covered_absences(session, row)
    assert [each.starts_at for each in offered] == [START, START + timedelta(days=1)]
    assert {each.state for each in offered} == {State.ABSENT}

    everything = session.scalars(select(m.AttendanceRecord.id)).all()
    reason = excusing_reasons(session)[0]
    assert reason.needs_certificate
    chosen = [offered[0].id, *(each for each in everything if each not in {row.id for row in offered})]
    results = excuse_covered(session, row, chosen, reason.id, now, user_id=None)
    assert [result.outcome for result in results] == [Outcome.APPLIED]
    session.expire_all()
    states = session.scalars(select(m.AttendanceRecord.state).order_by(m.AttendanceRecord.starts_at)).all()
    assert states == [State.EXCUSED, State.ABSENT, State.PRESENT, State.ABSENT]
    assert [each.starts_at for each in covered_absences(session, row)] == [START + timedelta(days=1)]


def test_the_retention_rule_deletes_pictures_rows_and_files_nobody_names(
    session: Session, centre: m.Centre, folder: Path, person: m.Participant
) -> None:
    centre.settings = {"certificate_months": 1}
    session.flush()
    old, kept = add(session, folder, person), add(session, folder, person, DAY, DAY + timedelta(60))
    assert old.delete_after == date(2026, 12, 30)
    orphan, fresh = folder / "orphan.jpg", folder / "fresh.jpg"
    now = datetime(2026, 12, 30, 3, 0, tzinfo=UTC)
    for path, age in ((orphan, timedelta(days=2)), (fresh, timedelta(hours=1))):
        path.write_bytes(b"x")
        stamp = (now + timedelta(days=1) - age).timestamp()
        os.utime(path, (stamp, stamp))
    assert purge_certificates(session, folder, now) == 0
    assert purge_certificates(session, folder, now + timedelta(days=1)) == 1
    assert session.scalars(select(m.Certificate)).all() == [kept]
    assert sorted(path.name for path in folder.iterdir()) == sorted([kept.file_name, "fresh.jpg"])
    delete_certificate(session, folder, kept)
    with pytest.raises(NotFoundError):
        certificate_file(folder, kept)


def test_without_a_folder_there_is_nothing_to_sweep(session: Session, tmp_path: Path) -> None:
    assert purge_certificates(session, tmp_path / "none", START) == 0

"""Reasons for absence: each centre's own list, in its own order, offered where an absence is marked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.absence_reasons import DEFAULTS, install_reasons
from tests.factories import Make
from tests.web.week_rows import hold_now


@pytest.fixture
def address(rows: Session, app_centre: m.Centre) -> str:
    install_reasons(rows, app_centre.id)
    rows.commit()
    return f"/c/{app_centre.slug}/reglages/absences/"


def reasons(rows: Session) -> list[m.AbsenceReason]:
    rows.rollback()
    return list(
        rows.scalars(
            select(m.AbsenceReason)
            .order_by(m.AbsenceReason.position, m.AbsenceReason.id)
            .execution_options(populate_existing=True)
        )
    )


def test_a_coordinator_adds_renames_moves_and_retires_reasons(
    rows: Session, address: str, sign_in: Callable[..., FlaskClient]
) -> None:
    client = sign_in()
    page = client.get(address)
    assert all(name.replace("'", "&#39;") in page.text for _key, name, *_flags in DEFAULTS)
    assert client.post(address + "ajouter", data={"name": "Grève", "active": "y"}).status_code == 302
    added = reasons(rows)[-1]
    assert (added.name, added.excused, added.active) == ("Grève", False, True)
    assert client.post(address + "ajouter", data={"name": "Grève"}).status_code == 422
    form = {"name": "Grève des bus", "excused": "y", "needs_certificate": "y"}
    assert client.post(f"{address}{added.id}", data=form).status_code == 302
    changed = reasons(rows)[-1]
    assert (changed.name, changed.excused, changed.needs_certificate, changed.active, changed.key) == (
        "Grève des bus",
        True,
        True,
        False,
        added.key,
    )
    before = [row.id for row in reasons(rows)]
    assert client.post(f"{address}{added.id}/monter").status_code == 302
    assert [row.id for row in reasons(rows)] == [*before[:-2], before[-1], before[-2]]
    for _again in range(2):
        client.post(f"{address}{added.id}/descendre")
    assert [row.id for row in reasons(rows)] == before
    assert client.post(f"{address}{added.id}", data={"name": ""}).status_code == 422


def test_others_cannot_change_them_and_other_centres_have_their_own(
    rows: Session, address: str, sign_in: Callable[..., FlaskClient]
) -> None:
    first = reasons(rows)[0]
    assert sign_in(m.Role.DIRECTOR).get(address).status_code == 200
    assert sign_in(m.Role.DIRECTOR).get(f"{address}{first.id}").status_code == 403
    other = m.Centre(name="Autre", slug="autre", created_at=datetime.now(UTC))
    rows.add(other)
    rows.commit()
    client = sign_in(m.Role.COORDINATOR, other)
    assert client.get(f"/c/autre/reglages/absences/{first.id}").status_code == 404
    assert first.name not in client.get("/c/autre/reglages/absences/").text


@pytest.fixture
def announced(rows: Session, make_row: Make, address: str) -> m.AttendanceRecord:
    held = hold_now(make_row, minutes_ago=1, hours=1)
    person = make_row(m.Participant)
    make_row(m.Attendance, session=held, participant=person)
    record = make_row(
        m.AttendanceRecord,
        session_uid=held.uid,
        participant=person,
        activity_id=held.activity_id,
        programme_id=held.activity.programme_id,
        site_id=held.site_id,
        starts_at=held.starts_at,
        ends_at=held.ends_at,
        state=m.AttendanceState.UNMARKED,
        answer=m.Answer.NOT_COMING,
        answer_reason="child",
    )
    rows.commit()
    return record


def test_an_announced_absence_brings_its_reason_along(
    rows: Session,
    app_centre: m.Centre,
    announced: m.AttendanceRecord,
    sign_in: Callable[..., FlaskClient],
) -> None:
    client = sign_in()
    child = next(row.id for row in reasons(rows) if row.key == "child")
    page = client.get(f"/c/{app_centre.slug}/aujourdhui/").text
    assert f'data-announced="{child}"' in page
    form = {
        "session_uid": announced.session_uid,
        "participant_id": announced.participant_id,
        "announced_id": child,
        "state": "excused",
    }
    mark = f"/c/{app_centre.slug}/aujourdhui/marque"
    assert client.post(mark, data=form).status_code == 302
    rows.rollback()
    rows.refresh(announced)
    assert (announced.state, announced.reason_id) == ("excused", child)
    assert client.post(mark, data={**form, "state": "present"}).status_code == 302
    rows.rollback()
    rows.refresh(announced)
    assert (announced.state, announced.reason_id) == ("present", None)


def test_a_retired_reason_is_not_offered(
    rows: Session,
    app_centre: m.Centre,
    announced: m.AttendanceRecord,
    sign_in: Callable[..., FlaskClient],
) -> None:
    child = next(row for row in reasons(rows) if row.key == "child")
    child.active = False
    rows.commit()
    page = sign_in().get(f"/c/{app_centre.slug}/aujourdhui/").text
    assert 'data-announced=""' in page
    assert f'data-reason="{child.id}"' not in page

"""Certificates in the pages: who may add, who may open, what is refused, what one tap excuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from scheduler import models as m
from scheduler.absence_reasons import install_reasons
from scheduler.jobs import job
from tests.factories import Make
from tests.scheduler.test_pictures import photo
from tests.web.week_rows import hold_now
from web.clock import today
from web.worker import job_settings


@pytest.fixture
def person(rows: Session, make_row: Make, app_centre: m.Centre) -> m.Participant:
    person = make_row(m.Participant)
    install_reasons(rows, app_centre.id)
    rows.commit()
    return person


@pytest.fixture
def address(app_centre: m.Centre, person: m.Participant) -> str:
    return f"/c/{app_centre.slug}/personnes/{person.id}/certificats/"


def send(client: FlaskClient, address: str, data: bytes, name: str = "photo.jpg", **days: str) -> Any:
    form = {"first_day": today().isoformat(), "last_day": today().isoformat(), **days}
    # Encoded here: the client would leave the temporary file of a large body open.
    boundary, body = encode_multipart({**form, "picture": FileStorage(BytesIO(data), name)})
    return client.post(address, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def stored(app: Flask) -> list[Path]:
    return list(Path(app.config["CERTIFICATE_FOLDER"]).glob("*"))


def test_an_animateur_adds_it_and_only_the_coordination_opens_it(
    app: Flask, rows: Session, address: str, sign_in: Callable[..., FlaskClient]
) -> None:
    animateur, coordinator = sign_in(m.Role.ANIMATEUR), sign_in(m.Role.COORDINATOR)
    assert 'capture="environment"' in animateur.get(address).text
    assert send(animateur, address, photo()).status_code == 302
    row = rows.scalars(select(m.Certificate)).one()
    picture = f"{address}{row.id}/photo"
    assert picture not in animateur.get(address).text
    assert animateur.get(picture).status_code == 403
    assert animateur.post(f"{address}{row.id}/supprimer").status_code == 403
    assert app.test_client().get(picture).status_code == 302
    for role in (m.Role.SOCIAL_WORKER, m.Role.DIRECTOR, m.Role.VOLUNTEER):
        assert sign_in(role).get(picture).status_code == 403
    assert picture in coordinator.get(address).text
    opened = select(m.AuditEntry).filter_by(action="certificate.open")
    assert rows.scalars(opened).all() == []
    answer = coordinator.get(picture)
    rows.rollback()
    entry = rows.scalars(opened).one()
    assert (entry.subject, entry.detail["participant"]) == (f"certificate:{row.id}", row.participant_id)
    assert entry.user_id == rows.scalars(select(m.User.id).order_by(m.User.id)).all()[1]
    assert (answer.status_code, answer.mimetype) == (200, "image/jpeg")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.data == stored(app)[0].read_bytes()
    assert app.static_folder is not None
    assert not stored(app)[0].is_relative_to(app.static_folder)


def test_nobody_opens_it_from_another_centre_or_another_person(
    rows: Session,
    make_row: Make,
    app_centre: m.Centre,
    address: str,
    sign_in: Callable[..., FlaskClient],
) -> None:
    client = sign_in()
    send(client, address, photo())
    row = rows.scalars(select(m.Certificate)).one()
    other_person = make_row(m.Participant)
    other = m.Centre(name="Autre", slug="autre", created_at=datetime.now(UTC))
    rows.add(other)
    rows.commit()
    wrong = f"/c/{app_centre.slug}/personnes/{other_person.id}/certificats/{row.id}/photo"
    assert client.get(wrong).status_code == 404
    elsewhere = sign_in(m.Role.COORDINATOR, other)
    assert elsewhere.get(address.replace(app_centre.slug, "autre") + f"{row.id}/photo").status_code == 404
    assert elsewhere.get(address + f"{row.id}/photo").status_code == 404


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", 422),
        (b"%PDF-1.7", 422),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 422),
        (bytes(11 * 1024 * 1024), 422),
        (bytes(40 * 1024 * 1024), 413),
    ],
    ids=["empty", "pdf", "svg", "11 MB", "40 MB"],
)
def test_what_is_refused_leaves_nothing_behind(
    app: Flask, rows: Session, address: str, sign_in: Callable[..., FlaskClient], data: bytes, status: int
) -> None:
    client = sign_in()
    answer = send(client, address, data)
    assert answer.status_code == status
    assert stored(app) == []
    assert rows.scalars(select(m.Certificate)).all() == []
    assert client.post(address, data={"first_day": "x"}).status_code == 422


def test_one_tap_excuses_what_it_covers(
    rows: Session, make_row: Make, person: m.Participant, address: str, sign_in: Callable[..., FlaskClient]
) -> None:
    held = hold_now(make_row, minutes_ago=1, hours=1)
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
        state=m.AttendanceState.ABSENT,
    )
    rows.commit()
    client = sign_in(m.Role.ANIMATEUR)
    send(client, address, photo())
    row = rows.scalars(select(m.Certificate)).one()
    assert f'name="record_id" value="{record.id}"' in client.get(address).text
    rows.refresh(record)
    assert record.state == m.AttendanceState.ABSENT
    ill = rows.scalars(select(m.AbsenceReason).filter_by(key="ill")).one()
    excuse = f"{address}{row.id}/excuser"
    assert client.post(excuse, data={"record_id": record.id}).status_code == 400
    assert client.post(excuse, data={"record_id": record.id, "reason_id": ill.id}).status_code == 302
    rows.rollback()
    rows.refresh(record)
    assert (record.state, record.reason_id) == (m.AttendanceState.EXCUSED, ill.id)
    assert 'name="record_id"' not in client.get(address).text


def test_deleting_and_the_nightly_job_remove_the_picture(
    app: Flask, rows: Session, address: str, sign_in: Callable[..., FlaskClient]
) -> None:
    client = sign_in()
    for _each in range(2):
        send(client, address, photo())
    first, second = rows.scalars(select(m.Certificate).order_by(m.Certificate.id))
    assert client.post(f"{address}{first.id}/supprimer").status_code == 302
    assert [path.name for path in stored(app)] == [second.file_name]
    rows.rollback()
    run, settings = job("drop_old_certificates").run, job_settings(app)
    assert run(rows, lambda: datetime.now(UTC), **settings) == 0
    assert run(rows, lambda: datetime.now(UTC) + timedelta(days=400), **settings) == 1
    assert stored(app) == []

"""The room's screen and the participant's phone: scanned, typed, too late, without a visit, by card."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.check_in import room_sign
from scheduler.links import renew_link, revoke_links
from scheduler.wording import languages, plain_words
from tests.factories import Make
from tests.web.week_rows import hold_now


@pytest.fixture
def held(rows: Session, make_row: Make) -> m.GroupSession:
    held = hold_now(make_row, minutes_ago=2, hours=3)
    make_row(m.Attendance, session=held, participant=make_row(m.Participant, first_name="Amina"))
    rows.commit()
    return held


def page_token(rows: Session, held: m.GroupSession) -> str:
    token = renew_link(rows, m.LinkKind.PAGE, held.attendances[0].participant_id, datetime.now(UTC))
    rows.commit()
    return token


@pytest.fixture
def phone(app: Flask, rows: Session, held: m.GroupSession) -> FlaskClient:
    client = app.test_client()
    assert client.get(f"/moi/{page_token(rows, held)}").status_code == 302
    return client


def sign_of(held: m.GroupSession, at: datetime | None = None) -> Any:
    return room_sign(b"test", held, at or datetime.now(UTC))


def state(rows: Session) -> list[tuple[str, str]]:
    rows.rollback()
    marks = rows.scalars(select(m.AttendanceMark)).all()
    return [(mark.state, mark.source) for mark in marks]


def test_the_screen_shows_what_the_phone_can_scan_and_no_name(
    app_centre: m.Centre, held: m.GroupSession, sign_in: Callable[..., FlaskClient]
) -> None:
    client = sign_in(m.Role.ANIMATEUR)
    address = f"/c/{app_centre.slug}/aujourdhui/{held.uid}/ecran"
    for page in (client.get(address), client.get(address + "/code")):
        assert page.status_code == 200
        assert sign_of(held).digits in page.text
        assert 'class="qr"' in page.text
        assert "0 sur 1" in page.text
        assert "Amina" not in page.text
    assert client.get(f"/c/{app_centre.slug}/aujourdhui/none/ecran").status_code == 404


def test_a_scan_and_one_tap_mark_somebody(rows: Session, held: m.GroupSession, phone: FlaskClient) -> None:
    page = phone.get(f"/moi/presence/{sign_of(held).token}")
    assert page.status_code == 200
    assert "Je suis là" in page.text
    assert state(rows) == []
    answer = phone.post("/moi/presence/")
    assert (answer.status_code, answer.location) == (302, f"/moi/#s-{held.uid}")
    assert state(rows) == [("present", "code")]
    week = phone.get("/moi/").text
    assert "C&#39;est noté" in week
    assert "/code" not in week
    assert phone.post("/moi/presence/").status_code == 422


def test_a_phone_without_a_visit_is_told_to_open_its_link(
    app: Flask, rows: Session, held: m.GroupSession
) -> None:
    page = app.test_client().get(f"/moi/presence/{sign_of(held).token}")
    assert page.status_code == 403
    assert "votre lien personnel" in page.text
    assert app.test_client().post("/moi/presence/").status_code == 404
    assert app.test_client().post(f"/moi/{held.uid}/code", data={"digits": "0000"}).status_code == 404
    assert state(rows) == []


def test_stale_and_forged_codes_are_refused_in_words(
    rows: Session, held: m.GroupSession, phone: FlaskClient
) -> None:
    stale = phone.get(f"/moi/presence/{sign_of(held, datetime.now(UTC) - timedelta(seconds=61)).token}")
    assert (stale.status_code, "Scannez encore" in stale.text) == (422, True)
    forged = phone.get(f"/moi/presence/{held.uid}.1.AAAA")
    assert (forged.status_code, "pas le bon code" in forged.text) == (422, True)
    assert phone.post("/moi/presence/").status_code == 422
    assert state(rows) == []


def test_the_digits_are_typed_on_the_card_of_the_session(
    rows: Session, held: m.GroupSession, phone: FlaskClient
) -> None:
    assert f'action="/moi/{held.uid}/code"' in phone.get("/moi/").text
    digits = sign_of(held).digits
    wrong = f"{(int(digits) + 1) % 10_000:04d}"
    assert phone.post(f"/moi/{held.uid}/code", data={"digits": wrong}).status_code == 422
    assert state(rows) == []
    assert phone.post(f"/moi/{held.uid}/code", data={"digits": digits}).status_code == 302
    assert state(rows) == [("present", "code")]


def test_five_wrong_codes_close_the_door_for_a_while(
    rows: Session, held: m.GroupSession, phone: FlaskClient
) -> None:
    digits = sign_of(held).digits
    wrong = f"{(int(digits) + 1) % 10_000:04d}"
    for _try in range(5):
        assert "pas le bon code" in phone.post(f"/moi/{held.uid}/code", data={"digits": wrong}).text
    closed = phone.post(f"/moi/{held.uid}/code", data={"digits": digits})
    assert (closed.status_code, "Demandez à l&#39;équipe" in closed.text) == (422, True)
    assert state(rows) == []


def test_no_form_on_sessions_that_are_far_away(
    rows: Session, held: m.GroupSession, phone: FlaskClient
) -> None:
    held.starts_at = datetime.now(UTC) - timedelta(hours=4)
    held.ends_at = datetime.now(UTC) - timedelta(hours=1)
    rows.commit()
    assert "/code" not in phone.get("/moi/").text
    over = phone.post(f"/moi/{held.uid}/code", data={"digits": "0000"})
    assert (over.status_code, "Demandez" in over.text) == (422, True)


@pytest.mark.parametrize("code", languages())
def test_every_language_has_the_words(held: m.GroupSession, phone: FlaskClient, code: str) -> None:
    phone.post("/moi/langue", data={"language": code})
    page = phone.get(f"/moi/presence/{sign_of(held).token}").text
    assert plain_words(code)["here"] in page.replace("&#39;", "'")


def test_a_card_is_known_in_its_own_centre_only(
    app_centre: m.Centre, rows: Session, held: m.GroupSession, sign_in: Callable[..., FlaskClient]
) -> None:
    token = page_token(rows, held)
    client = sign_in(m.Role.ANIMATEUR)
    address = f"/c/{app_centre.slug}/aujourdhui/carte"
    known = client.post(address, json={"read": f"https://semainier.example.org/moi/{token}"})
    assert known.status_code == 200
    assert known.json["id"] == held.attendances[0].participant_id
    assert known.json["name"].startswith("Amina")
    for read in ("", "x", f"https://elsewhere.example.org/{token}x", 3, None):
        assert client.post(address, json={"read": read}).status_code == 404
    assert client.post(address, data="x").status_code == 404

    other = m.Centre(name="Autre", slug="autre", created_at=datetime.now(UTC))
    rows.add(other)
    rows.commit()
    elsewhere = sign_in(m.Role.ANIMATEUR, other).post("/c/autre/aujourdhui/carte", json={"read": token})
    assert elsewhere.status_code == 404

    revoke_links(rows, m.LinkKind.PAGE, held.attendances[0].participant_id, datetime.now(UTC))
    rows.commit()
    assert client.post(address, json={"read": f"/moi/{token}"}).status_code == 404

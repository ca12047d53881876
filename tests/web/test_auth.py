"""Signing in: right and wrong passwords, limits, where one lands, what the cookie and headers are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from scheduler.models import User
from tests.web.conftest import PASSWORD
from web import create_app
from web.extensions import db


def test_a_wrong_password_is_refused_with_words(
    app: Flask, rows: Session, sign_in: Callable[..., FlaskClient]
) -> None:
    sign_in()
    user = rows.scalars(select(User)).one()
    answer = app.test_client().post("/login", data={"email": user.email, "password": "faux"})
    assert answer.status_code == 401
    assert "Adresse ou mot de passe incorrect." in answer.text
    unknown = app.test_client().post("/login", data={"email": "x@example.org", "password": "faux"})
    assert unknown.status_code == 401
    assert "Adresse ou mot de passe incorrect." in unknown.text


def test_an_inactive_account_cannot_sign_in(
    app: Flask, rows: Session, sign_in: Callable[..., FlaskClient]
) -> None:
    client = sign_in()
    user = rows.scalars(select(User)).one()
    user.active = False
    rows.commit()
    assert client.get("/").status_code == 302
    assert (
        app.test_client().post("/login", data={"email": user.email, "password": PASSWORD}).status_code == 401
    )


def test_signing_in_leads_back_only_to_this_site(
    app: Flask, rows: Session, sign_in: Callable[..., FlaskClient]
) -> None:
    sign_in()
    user = rows.scalars(select(User)).one()
    for wanted, lands in (("/compte", "/compte"), ("//evil.example", "/"), ("https://evil.example", "/")):
        answer = app.test_client().post(
            "/login", query_string={"next": wanted}, data={"email": user.email, "password": PASSWORD}
        )
        assert answer.location == lands


def test_changing_the_password_ends_other_sessions(
    app: Flask, rows: Session, sign_in: Callable[..., FlaskClient]
) -> None:
    client = sign_in()
    user = rows.scalars(select(User)).one()
    elsewhere = app.test_client()
    elsewhere.post("/login", data={"email": user.email, "password": PASSWORD})
    new = {"locale": "nl", "current": PASSWORD, "password": "een ander woord", "again": "een ander woord"}
    assert client.post("/compte", data=new).status_code == 302
    assert client.get("/compte").status_code == 200
    assert "/login" in elsewhere.get("/compte").location


def test_attempts_are_limited(engine: Engine, tmp_path: Path) -> None:
    app = create_app(
        {
            "INSTANCE_PATH": str(tmp_path),
            "SQLALCHEMY_DATABASE_URI": engine.url.render_as_string(hide_password=False),
            "WTF_CSRF_ENABLED": False,
            "LOGIN_RATE_LIMIT": "3 per minute",
        }
    )
    client = app.test_client()
    codes = [
        client.post("/login", data={"email": "a@example.org", "password": "x"}).status_code for _ in range(4)
    ]
    assert codes == [401, 401, 401, 429]
    with app.app_context():
        db.engine.dispose()


def test_forms_without_token_are_refused(engine: Engine, tmp_path: Path) -> None:
    app = create_app(
        {
            "INSTANCE_PATH": str(tmp_path),
            "SQLALCHEMY_DATABASE_URI": engine.url.render_as_string(hide_password=False),
        }
    )
    answer = app.test_client().post("/login", data={"email": "a@example.org", "password": "x"})
    assert answer.status_code == 400
    assert "Rechargez-la" in answer.text


def test_headers_are_strict(app: Flask) -> None:
    answer = app.test_client().get("/login")
    policy = answer.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'self'" in policy
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "<script>" not in answer.text
    assert " style=" not in answer.text
    assert " onclick=" not in answer.text

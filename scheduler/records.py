"""Reading one row of a centre and changing it without losing what somebody else wrote."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.interfaces import ORMOption

from scheduler.db import Base
from scheduler.errors import InvalidInputError, NotFoundError, StaleError
from scheduler.message import N_

Row = TypeVar("Row", bound=Base)


def find(session: Session, kind: type[Row], row_id: int, *options: ORMOption) -> Row:
    """Return a row of the session's centre.

    Raises
    ------
    NotFoundError
        If there is none, or only in another centre.
    """
    row = session.scalars(select(kind).where(kind.id == row_id).options(*options)).one_or_none()
    if row is None:
        raise NotFoundError(f"{kind.__name__} {row_id}")
    return row


def check_version(row: Any, version: int | None) -> None:
    """Make sure that a form was filled in from the row as it is now.

    Raises
    ------
    StaleError
        If the row has been written since.
    """
    if version is not None and row.version != version:
        raise StaleError(f"{type(row).__name__} {row.id}: version {version}, now {row.version}")


def change(row: Any, values: Mapping[str, Any]) -> list[str]:
    """Set the columns that differ and return their names, so that an unchanged row is not written."""
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    return changed


def check_unique(session: Session, kind: type[Row], row: Row | None, field: str, **values: Any) -> None:
    """Make sure that no other row of the centre has these values.

    Raises
    ------
    InvalidInputError
        On ``field``, if there is one.
    """
    query = select(kind.id).filter_by(**values)
    if row is not None and row.id is not None:
        query = query.where(kind.id != row.id)
    with session.no_autoflush:
        if session.scalars(query.limit(1)).first() is not None:
            raise InvalidInputError(N_("Ce nom est déjà pris."), field)

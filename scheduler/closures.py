"""Closures and holidays as a list, and adding one by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.models import Closure, Site
from scheduler.models.calendar import ClosureKind
from scheduler.records import find


@dataclass(frozen=True, slots=True)
class ClosureRow:
    """A line of the list of closures and holidays."""

    id: int
    kind: ClosureKind
    name: str
    starts_on: date
    ends_on: date
    site: str | None
    community: str | None
    imported: bool
    by_hand: bool
    dropped: bool

    @property
    def days(self) -> int:
        """Number of days, both ends counted."""
        return (self.ends_on - self.starts_on).days + 1


def list_closures(session: Session) -> list[ClosureRow]:
    """Return every closure and holiday, those removed by hand too, in one query."""
    rows = session.execute(select(Closure, Site.name).outerjoin(Site, Site.id == Closure.site_id))
    return [
        ClosureRow(
            id=row.id,
            kind=ClosureKind(row.kind),
            name=row.name,
            starts_on=row.starts_on,
            ends_on=row.ends_on,
            site=site,
            community=row.community,
            imported=row.imported,
            by_hand=row.source_key is not None and not row.imported,
            dropped=row.dropped,
        )
        for row, site in rows
    ]


def create_closure(
    session: Session,
    *,
    kind: ClosureKind,
    name: str,
    starts_on: date,
    ends_on: date,
    site_id: int | None,
    community: str | None,
) -> Closure:
    """Add a closure of the centre or of one site, or a holiday that the library does not know.

    Raises
    ------
    InvalidInputError
        If it would end before it starts.
    """
    if ends_on < starts_on:
        raise InvalidInputError(N_("Le dernier jour vient avant le premier."), "ends_on")
    if site_id is not None:
        find(session, Site, site_id)
    row = Closure(
        kind=kind, name=name, starts_on=starts_on, ends_on=ends_on, site_id=site_id, community=community
    )
    session.add(row)
    session.flush()
    return row

"""Weekly hours, single absences and busy times of people and rooms."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from itertools import pairwise
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from scheduler.errors import InvalidInputError, NotFoundError
from scheduler.message import N_
from scheduler.models import Availability, BusyPeriod

Owner = Literal["staff_id", "room_id", "participant_id"]
WeeklyHours = tuple[int, time, time]


def weekly_rows(session: Session, owner: Owner, owner_id: int) -> list[Availability]:
    """Return the weekly hours of somebody, by day and hour."""
    return list(
        session.scalars(
            select(Availability)
            .where(getattr(Availability, owner) == owner_id)
            .order_by(Availability.weekday, Availability.starts, Availability.id)
        )
    )


def standing_hours(rows: Iterable[Availability]) -> list[WeeklyHours]:
    """Return the hours that hold whatever the date."""
    return [(r.weekday, r.starts, r.ends) for r in rows if r.valid_from is None and r.valid_until is None]


def replace_standing_hours(
    session: Session, owner: Owner, owner_id: int, hours: Iterable[WeeklyHours]
) -> bool:
    """Replace the hours that hold whatever the date; hours with dates stay. Return whether any changed.

    Raises
    ------
    InvalidInputError
        On ``hours``, if one ends before it starts or two of a day overlap.
    """
    wanted = sorted(hours)
    for _weekday, starts, ends in wanted:
        if starts >= ends:
            raise InvalidInputError(N_("Une plage horaire finit avant de commencer."), "hours")
    for (day, _starts, ends), (next_day, next_starts, _ends) in pairwise(wanted):
        if day == next_day and next_starts < ends:
            raise InvalidInputError(N_("Deux plages horaires du même jour se chevauchent."), "hours")
    if wanted == sorted(standing_hours(weekly_rows(session, owner, owner_id))):
        return False
    session.execute(
        delete(Availability).where(
            getattr(Availability, owner) == owner_id,
            Availability.valid_from.is_(None),
            Availability.valid_until.is_(None),
        )
    )
    session.add_all(
        Availability(weekday=day, starts=starts, ends=ends, **{owner: owner_id})
        for day, starts, ends in wanted
    )
    session.flush()
    return True


def add_weekly(
    session: Session,
    owner: Owner,
    owner_id: int,
    hours: Iterable[WeeklyHours],
    *,
    label: str = "",
    valid_from: date | None = None,
    valid_until: date | None = None,
) -> list[Availability]:
    """Add weekly hours, between two dates if they are given."""
    if valid_from and valid_until and valid_until < valid_from:
        raise InvalidInputError(N_("La dernière date vient avant la première."), "valid_until")
    rows = [
        Availability(
            weekday=day,
            starts=starts,
            ends=ends,
            label=label,
            valid_from=valid_from,
            valid_until=valid_until,
            **{owner: owner_id},
        )
        for day, starts, ends in hours
    ]
    session.add_all(rows)
    session.flush()
    return rows


def remove_weekly(session: Session, owner: Owner, owner_id: int, row_id: int) -> Availability:
    """Remove one of somebody's weekly hours and return it."""
    row = session.scalars(
        select(Availability).where(Availability.id == row_id, getattr(Availability, owner) == owner_id)
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"Availability {row_id}")
    session.delete(row)
    session.flush()
    return row


def busy_periods(session: Session, owner: Owner, owner_id: int, after: datetime) -> list[BusyPeriod]:
    """Return somebody's single absences that are not over, in order of time."""
    return list(
        session.scalars(
            select(BusyPeriod)
            .where(getattr(BusyPeriod, owner) == owner_id, BusyPeriod.ends_at > after)
            .order_by(BusyPeriod.starts_at)
        )
    )


def add_busy_period(
    session: Session, owner: Owner, owner_id: int, starts_at: datetime, ends_at: datetime, label: str = ""
) -> BusyPeriod:
    """Add a time at which somebody is not there."""
    if ends_at <= starts_at:
        raise InvalidInputError(N_("L'absence finirait avant de commencer."), "ends_on")
    row = BusyPeriod(starts_at=starts_at, ends_at=ends_at, label=label, **{owner: owner_id})
    session.add(row)
    session.flush()
    return row


def remove_busy_period(session: Session, owner: Owner, owner_id: int, row_id: int) -> BusyPeriod:
    """Remove one of somebody's absences and return it."""
    row = session.scalars(
        select(BusyPeriod).where(BusyPeriod.id == row_id, getattr(BusyPeriod, owner) == owner_id)
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"BusyPeriod {row_id}")
    session.delete(row)
    session.flush()
    return row

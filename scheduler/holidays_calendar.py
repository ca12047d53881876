"""Public holidays, school holidays of the three Communities, and closures of a centre.

Public and school holidays come from the ``holidays`` library, which cites the decrees they follow.
A centre may correct or remove any of them; the next import leaves its choice alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import holidays
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.models import Centre, Closure
from scheduler.models.calendar import ClosureKind

#: The library's name of each Community, by the language of its schools.
COMMUNITIES: Final = {"fr": "French", "nl": "Flemish", "de": "German"}

_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class HolidayRun:
    """Days in a row with one name, ends included, as the library gives them."""

    kind: ClosureKind
    community: str | None
    name: str
    starts_on: date
    ends_on: date

    @property
    def source_key(self) -> str:
        """What the run is recognised by in the next import."""
        return f"be:{self.kind.value}:{self.community or ''}:{self.starts_on.isoformat()}"


@dataclass(frozen=True, slots=True)
class ImportResult:
    """How many rows an import made, brought up to date, left as they were, and found corrected."""

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    kept: int = 0


def holiday_runs(years: Iterable[int], locale: str = "fr") -> list[HolidayRun]:
    """Return the public and school holidays of Belgium that touch some years.

    Parameters
    ----------
    years : iterable of int
        Calendar years; a run over New Year is given whole.
    locale : str
        ``fr``, ``nl``, ``de`` or ``en``: the language of the names.
    """
    wanted = sorted(set(years))
    if not wanted:
        return []
    around = range(wanted[0] - 1, wanted[-1] + 2)
    language = "en_US" if locale == "en" else locale
    public = holidays.country_holidays("BE", years=around, categories="public", language=language)
    runs = list(_runs(public, ClosureKind.PUBLIC_HOLIDAY, None))
    for community, subdivision in COMMUNITIES.items():
        school = holidays.country_holidays(
            "BE", subdiv=subdivision, years=around, categories="school", language=language
        )
        runs += _runs(school, ClosureKind.SCHOOL_HOLIDAY, community)
    return [run for run in runs if any(run.starts_on.year <= year <= run.ends_on.year for year in wanted)]


def _runs(days: dict[date, str], kind: ClosureKind, community: str | None) -> Iterator[HolidayRun]:
    by_name: dict[str, list[date]] = {}
    for day in sorted(days):
        for name in days[day].split("; "):
            by_name.setdefault(name, []).append(day)
    for name, dates in by_name.items():
        first = last = dates[0]
        for day in dates[1:]:
            if day - last > _ONE_DAY:
                yield HolidayRun(kind, community, name, first, last)
                first = day
            last = day
        yield HolidayRun(kind, community, name, first, last)


def import_holidays(session: Session, centre: Centre, years: Iterable[int]) -> ImportResult:
    """Bring a centre's public and school holidays up to date with the library.

    Rows that were corrected or removed by hand are left as they are, whatever the library says.
    """
    query = select(Closure).where(Closure.centre_id == centre.id, Closure.source_key.is_not(None))
    known = {row.source_key: row for row in session.scalars(query)}
    added = updated = unchanged = kept = 0
    for run in holiday_runs(years, centre.locale):
        row = known.get(run.source_key)
        if row is None:
            row = Closure(centre_id=centre.id, source_key=run.source_key, imported=True, dropped=False)
            _fill(row, run)
            session.add(row)
            known[run.source_key] = row
            added += 1
        elif row.dropped or not row.imported:
            kept += 1
        elif (row.name, row.ends_on) != (run.name, run.ends_on):
            _fill(row, run)
            updated += 1
        else:
            unchanged += 1
    session.flush()
    return ImportResult(added, updated, unchanged, kept)


def _fill(row: Closure, run: HolidayRun) -> None:
    row.kind, row.community, row.name = run.kind, run.community, run.name[:120]
    row.starts_on, row.ends_on = run.starts_on, run.ends_on


def correct_closure(
    closure: Closure,
    *,
    name: str,
    starts_on: date,
    ends_on: date,
    site_id: int | None = None,
    community: str | None = None,
) -> None:
    """Change a closure by hand; an imported one is from then on the centre's own.

    Raises
    ------
    InvalidInputError
        If it would end before it starts, or name a Community that does not exist.
    """
    if ends_on < starts_on:
        raise InvalidInputError(N_("Le dernier jour vient avant le premier."), "ends_on")
    if community is not None and community not in COMMUNITIES:
        raise InvalidInputError(N_("Cette Communauté n'existe pas."), "community")
    closure.name, closure.starts_on, closure.ends_on = name, starts_on, ends_on
    closure.site_id, closure.community = site_id, community
    closure.imported = False
    closure.dropped = False


def drop_closure(session: Session, closure: Closure) -> None:
    """Remove a closure; one that came from the library is remembered as removed."""
    if closure.source_key is None:
        session.delete(closure)
    else:
        closure.dropped = True


def restore_closure(closure: Closure) -> None:
    """Bring back a holiday that was removed by hand."""
    closure.dropped = False


def closures_between(session: Session, centre_id: int, first_day: date, last_day: date) -> list[Closure]:
    """Return a centre's closures and holidays that touch some days, ends included, by date."""
    query = (
        select(Closure)
        .where(
            Closure.centre_id == centre_id,
            Closure.dropped.is_(False),
            Closure.starts_on <= last_day,
            Closure.ends_on >= first_day,
        )
        .order_by(Closure.starts_on, Closure.id)
    )
    return list(session.scalars(query))


def days_of(closures: Iterable[Closure], first_day: date, last_day: date) -> set[date]:
    """Return the days from first to last, ends included, that any of the closures covers."""
    found: set[date] = set()
    for row in closures:
        day = max(row.starts_on, first_day)
        while day <= min(row.ends_on, last_day):
            found.add(day)
            day += _ONE_DAY
    return found


def closed_days(closures: Iterable[Closure], first_day: date, last_day: date) -> set[date]:
    """Return the days on which the whole centre is closed: public holidays and its own closures."""
    whole = (row for row in closures if row.kind != ClosureKind.SCHOOL_HOLIDAY and row.site_id is None)
    return days_of(whole, first_day, last_day)


def course_free_days(
    closures: Iterable[Closure], community: str, first_day: date, last_day: date
) -> set[date]:
    """Return the days on which the schools of a Community have no courses.

    A school holiday without Community is one that the centre typed in for all of them.
    """
    free = (
        row
        for row in closures
        if row.kind == ClosureKind.PUBLIC_HOLIDAY
        or (row.kind == ClosureKind.SCHOOL_HOLIDAY and row.community in (community, None))
    )
    return days_of(free, first_day, last_day)

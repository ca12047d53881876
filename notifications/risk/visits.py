"""Past and coming visits as columns: who, which day and hour, booked when, missed or not."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from notifications.risk.regression import Array

Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Visit:
    """One session of one person, by the clock on the wall.

    ``missed`` is ``None`` while nobody knows. ``announced`` tells whether the person said lately,
    before this day, that they could not come to something.
    """

    person: Hashable
    starts_at: datetime
    booked_at: datetime | None = None
    missed: bool | None = None
    announced: bool = False


@dataclass(frozen=True, slots=True)
class Day:
    """The visits of one day, from ``start`` to before ``end``.

    ``people`` are those who have one, each once; ``place`` is where each visit's person is among them;
    ``told`` are the visits with an outcome, counted from ``start``.
    """

    ordinal: int
    start: int
    end: int
    people: Whole
    place: Whole
    told: Whole


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """Visits in order of their days; every array has one entry a visit.

    ``order`` is the place of each visit in what was given. ``days`` are ordinals of the calendar,
    ``hours`` from 0 to 24, ``lead_days`` whole days from booking to visit, NaN where unknown,
    ``beside`` other visits of the same person on the same day, as far as they were booked by then,
    ``missed`` 0, 1, or NaN where unknown.
    """

    order: Whole
    persons: Whole
    days: Whole
    hours: Array
    lead_days: Array
    beside: Array
    announced: Array
    missed: Array

    def __len__(self) -> int:
        return len(self.order)

    @property
    def weekdays(self) -> Whole:
        """0 a Monday."""
        return (self.days + 6) % 7

    @property
    def known(self) -> NDArray[np.bool_]:
        """Which visits have an outcome."""
        return ~np.isnan(self.missed)

    def where(self, chosen: NDArray[np.bool_]) -> Visits:
        """Return some of the visits."""
        return Visits(**{name: getattr(self, name)[chosen] for name in self.__slots__})

    @property
    def people(self) -> int:
        """One more than the highest number of a person."""
        return int(self.persons.max()) + 1 if len(self) else 0

    def by_day(self) -> list[Day]:
        """Return the days in order."""
        edges = np.flatnonzero(np.diff(self.days, prepend=-1))
        found = []
        for start, end in zip(edges, np.append(edges[1:], len(self)), strict=True):
            people, place = np.unique(self.persons[start:end], return_inverse=True)
            told = np.flatnonzero(~np.isnan(self.missed[start:end]))
            found.append(Day(int(self.days[start]), int(start), int(end), people, place, told))
        return found


def as_columns(given: Iterable[Visit]) -> Visits:
    """Return visits as columns, in order of their days and, within one, as they were given."""
    rows = list(given)
    numbers: dict[Hashable, int] = {}
    persons = np.array([numbers.setdefault(row.person, len(numbers)) for row in rows], dtype=np.int64)
    days = np.array([row.starts_at.toordinal() for row in rows], dtype=np.int64)
    hours = np.array([row.starts_at.hour + row.starts_at.minute / 60 for row in rows], dtype=float)
    booked = np.array([_day_and_time(row.booked_at) for row in rows], dtype=float)
    # Booked on a later day than the visit is a slip of whoever wrote it, and tells nothing.
    lead = np.where(np.floor(booked) <= days, days - np.floor(booked), np.nan)
    missed = np.array([np.nan if row.missed is None else float(row.missed) for row in rows], dtype=float)
    announced = np.array([row.announced for row in rows], dtype=float)
    columns = {
        "order": np.arange(len(rows)),
        "persons": persons,
        "days": days,
        "hours": hours,
        "lead_days": lead,
        "beside": _beside(persons, days, booked),
        "announced": announced,
        "missed": missed,
    }
    in_time = np.argsort(days, kind="stable")
    return Visits(**{name: column[in_time] for name, column in columns.items()})


def _day_and_time(instant: datetime | None) -> float:
    if instant is None:
        return float("nan")
    return instant.toordinal() + (instant.hour * 60 + instant.minute) / 1440 + instant.second / 86400


def _beside(persons: Whole, days: Whole, booked: Array) -> Array:
    """Count the other visits of the day that were known when each one was, or when the day began.

    A visit that was booked in the course of the day would give away that the person had come.
    """
    known_from = np.where(np.isnan(booked), days, np.maximum(booked, days))
    order = np.lexsort((known_from, days, persons))
    same_day = np.ones(len(order), dtype=bool)
    same_day[1:] = (np.diff(persons[order]) != 0) | (np.diff(days[order]) != 0)
    same_moment = same_day.copy()
    same_moment[1:] |= np.diff(known_from[order]) != 0
    starts = np.flatnonzero(same_day)
    ends = np.append(np.flatnonzero(same_moment)[1:], len(order))
    first = starts[np.cumsum(same_day) - 1]
    last = ends[np.cumsum(same_moment) - 1]
    counts = np.empty(len(order))
    counts[order] = last - first - 1
    return counts

"""Which attendances a report or a list counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from scheduler.attendance import THERE
from scheduler.models import AttendanceState, Centre
from scheduler.timegrid import to_instant

if TYPE_CHECKING:
    from scheduler.reports.rows import AttendanceRow


class Nationality(StrEnum):
    """Groups that European funders ask about."""

    NON_EU = "non_eu"
    EU = "eu"
    UNKNOWN = "unknown"

    @classmethod
    def of(cls, eu_national: bool | None) -> Nationality:
        """Return the group of a participant's ``eu_national``."""
        if eu_national is None:
            return cls.UNKNOWN
        return cls.EU if eu_national else cls.NON_EU


class Absence(StrEnum):
    """What an attendance counts as: there, absent with an accepted reason, or absent without."""

    THERE = "there"
    EXCUSED = "excused"
    MISSED = "missed"

    @classmethod
    def of(cls, state: str, excused_reason: bool | None) -> Absence:
        """Return what a marked state counts as, with whether its reason excuses."""
        if state in THERE:
            return cls.THERE
        if state == AttendanceState.EXCUSED or excused_reason:
            return cls.EXCUSED
        return cls.MISSED


@dataclass(frozen=True, slots=True)
class Period:
    """Days in a row, ends included."""

    first_day: date
    last_day: date

    def instants(self, centre: Centre) -> tuple[datetime, datetime]:
        """Return the instants ``[first, end)`` in the centre's time zone."""
        zone = ZoneInfo(centre.timezone)
        return (
            to_instant(self.first_day, time(0), zone),
            to_instant(self.last_day + timedelta(days=1), time(0), zone),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A narrower choice among the attendances of a period; ``None`` narrows nothing.

    ``absent`` keeps whoever was not there, for whatever reason; ``reason_id`` of 0 is no reason given.
    """

    programme_id: int | None = None
    kind: str | None = None
    activity_id: int | None = None
    site_id: int | None = None
    weekday: int | None = None
    reason_id: int | None = None
    counts_as: Absence | None = None
    absent: bool | None = None
    nationality: Nationality | None = None
    first_time: bool | None = None

    def keeps(self, row: AttendanceRow) -> bool:
        """Tell whether a row is among those chosen."""
        return (
            (self.programme_id is None or row.programme_id == self.programme_id)
            and (self.kind is None or row.kind == self.kind)
            and (self.activity_id is None or row.activity_id == self.activity_id)
            and (self.site_id is None or row.site_id == self.site_id)
            and (self.weekday is None or row.day.weekday() == self.weekday)
            and (self.reason_id is None or (row.reason_id or 0) == self.reason_id)
            and (self.counts_as is None or row.counts_as is self.counts_as)
            and (self.absent is None or (row.counts_as is not Absence.THERE) == self.absent)
            and (self.nationality is None or row.nationality is self.nationality)
            and (self.first_time is None or row.first_time == self.first_time)
        )

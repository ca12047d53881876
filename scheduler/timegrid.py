"""Local wall time, instants and slots: the one place that turns each into the others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from scheduler.errors import InvalidInputError
from scheduler.message import N_
from solver.problem import DAYS_PER_WEEK

SLOT_MINUTES = 15
MINUTES_PER_DAY = 24 * 60

Interval = tuple[int, int]


def monday_of(day: date) -> date:
    """Return the Monday of the week that a day is in."""
    return day - timedelta(day.weekday())


def minutes_of(moment: time) -> int:
    """Return the minutes since midnight of a wall time, seconds left out."""
    return moment.hour * 60 + moment.minute


def to_instant(day: date, moment: time, zone: ZoneInfo) -> datetime:
    """Return the instant of a wall time.

    A wall time that comes twice (end of summer time) is the first of the two; one that never
    comes (start of summer time) is read with the offset in force before, which makes it an hour
    later on the clock (RFC 5545, section 3.3.5).
    """
    return datetime.combine(day, moment.replace(tzinfo=None, fold=0), zone).astimezone(UTC)


def to_wall(instant: datetime, zone: ZoneInfo) -> tuple[date, time]:
    """Return the local date and wall time of an instant."""
    local = instant.astimezone(zone)
    return local.date(), local.time().replace(fold=0)


def exists(day: date, moment: time, zone: ZoneInfo) -> bool:
    """Tell whether a wall time comes at all on a day."""
    return to_wall(to_instant(day, moment, zone), zone) == (day, moment.replace(tzinfo=None, fold=0))


def session_times(
    day: date, starts: time, duration_minutes: int, zone: ZoneInfo
) -> tuple[datetime, datetime]:
    """Return the instants at which a session of so many minutes on the clock starts and ends.

    Raises
    ------
    InvalidInputError
        If it would pass midnight, start off the grid, or start or end at a time that the change
        to summer time leaves out.
    """
    ends = minutes_of(starts) + duration_minutes
    if ends >= MINUTES_PER_DAY:
        raise InvalidInputError(N_("Une séance commence et se termine le même jour."), "starts")
    if minutes_of(starts) % SLOT_MINUTES or starts.second or starts.microsecond:
        raise InvalidInputError(
            N_("L'heure de début doit être un multiple de %(minutes)s minutes.", minutes=SLOT_MINUTES),
            "starts",
        )
    end = time(ends // 60, ends % 60)
    if not exists(day, starts, zone) or not exists(day, end, zone):
        raise InvalidInputError(
            N_("Cette heure n'existe pas ce jour-là : on passe à l'heure d'été."), "starts"
        )
    first, last = to_instant(day, starts, zone), to_instant(day, end, zone)
    if first >= last:
        raise InvalidInputError(N_("Une séance se termine après son début."), "starts")
    return first, last


@dataclass(frozen=True)
class TimeGrid:
    """Slots of a horizon that starts on a Monday.

    Parameters
    ----------
    first_day : date
        A Monday.
    days : int
        Length of the horizon.
    zone : ZoneInfo
        Whose wall time the slots are.
    """

    first_day: date
    days: int
    zone: ZoneInfo

    def __post_init__(self) -> None:
        if self.first_day.weekday() != 0:
            raise InvalidInputError(N_("Un plan commence un lundi."), "first_day")

    @cached_property
    def slots_per_day(self) -> int:
        """Slots in a day of wall time."""
        return MINUTES_PER_DAY // SLOT_MINUTES

    @property
    def last_day(self) -> date:
        """The last day of the horizon, included."""
        return self.first_day + timedelta(self.days - 1)

    @property
    def weeks(self) -> int:
        """Weeks of the horizon, a started one counted."""
        return -(-self.days // DAYS_PER_WEEK)

    @property
    def starts_at(self) -> datetime:
        """The instant at which the horizon starts."""
        return to_instant(self.first_day, time(), self.zone)

    @property
    def ends_at(self) -> datetime:
        """The instant at which the horizon ends."""
        return to_instant(self.first_day + timedelta(self.days), time(), self.zone)

    def day_index(self, day: date) -> int:
        """Return the number of a day, 0 the first; may lie outside the horizon."""
        return (day - self.first_day).days

    def date_of(self, day: int) -> date:
        """Return the date of a day of the horizon."""
        return self.first_day + timedelta(day)

    def slot_at(self, day: date, moment: time, *, up: bool = False) -> int:
        """Return the slot of a wall time, rounded down, or up if asked."""
        minutes = minutes_of(moment)
        if up and (moment.second or moment.microsecond):
            minutes += 1
        slot = -(-minutes // SLOT_MINUTES) if up else minutes // SLOT_MINUTES
        return self.day_index(day) * self.slots_per_day + slot

    def slot_of(self, instant: datetime, *, up: bool = False) -> int:
        """Return the slot of an instant, rounded down, or up if asked."""
        return self.slot_at(*to_wall(instant, self.zone), up=up)

    def wall_of(self, slot: int) -> tuple[date, time]:
        """Return the date and wall time of a slot."""
        day, slot_of_day = divmod(slot, self.slots_per_day)
        hours, minutes = divmod(slot_of_day * SLOT_MINUTES, 60)
        return self.date_of(day), time(hours, minutes)

    def instant_of(self, slot: int) -> datetime:
        """Return the instant of a slot, by the rule of :func:`to_instant`."""
        return to_instant(*self.wall_of(slot), self.zone)

    def clipped(self, start: int, end: int) -> Interval | None:
        """Return the part of ``[start, end)`` inside the horizon, or ``None``."""
        start, end = max(start, 0), min(end, self.days * self.slots_per_day)
        return (start, end) if start < end else None

    def covering(self, starts_at: datetime, ends_at: datetime) -> Interval | None:
        """Return the slots of the horizon that a time between two instants touches, or ``None``."""
        return self.clipped(self.slot_of(starts_at), self.slot_of(ends_at, up=True))


def slots_up(minutes: int) -> int:
    """Return how many slots a number of minutes occupies."""
    return -(-minutes // SLOT_MINUTES)


def merged(intervals: list[Interval]) -> tuple[Interval, ...]:
    """Return sorted intervals with overlapping and touching ones joined."""
    joined: list[Interval] = []
    for start, end in sorted(intervals):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)


def without(intervals: tuple[Interval, ...], holes: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """Return the parts of sorted intervals that lie in no hole; both are merged ones."""
    left: list[Interval] = []
    for begin, end in intervals:
        start = begin
        for a, b in holes:
            if b <= start or a >= end:
                continue
            if a > start:
                left.append((start, a))
            start = max(start, b)
        if start < end:
            left.append((start, end))
    return tuple(left)

"""When a reminder goes out: local wall time, quiet hours, closed days, late clocks. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from notifications.policy import MOST_DAYS, OnHolidays, Policy, Step, in_quiet_hours
from scheduler.timegrid import to_instant, to_wall

#: Closer to its session than this, a reminder is of no use any more.
TOO_SHORT: Final = timedelta(minutes=30)

#: Later than this after its time, a reminder gives way to the next one if that is soon.
LATE: Final = timedelta(hours=1)
SOON: Final = timedelta(hours=12)

#: Days that a run of closed days may push a reminder back, at most.
MOST_SHIFT: Final = 21

#: A change is told before quiet hours are over to those who would leave home by then.
LAST_CALL: Final = timedelta(minutes=90)

#: Days ahead of a session that matter to the clock at all.
REACH: Final = MOST_DAYS + MOST_SHIFT

_ONE_DAY: Final = timedelta(days=1)


def after_quiet(instant: datetime, quiet_from: time, quiet_until: time, zone: ZoneInfo) -> datetime:
    """Return the first instant from the one given on that is not in quiet hours."""
    day, moment = to_wall(instant, zone)
    if not in_quiet_hours(moment, quiet_from, quiet_until):
        return instant
    over_midnight = quiet_from > quiet_until and moment >= quiet_from
    # On the night that an hour is left out or comes twice, the end may lie before its own start.
    return max(instant, to_instant(day + _ONE_DAY if over_midnight else day, quiet_until, zone))


def step_time(
    day: date, step: Step, policy: Policy, closed: Collection[date], zone: ZoneInfo
) -> datetime | None:
    """Return when a step goes out for a session of a day; ``None`` when a closed day cancels it.

    Parameters
    ----------
    day : date
        Local day of the session.
    closed : collection of date
        Days on which the whole centre is closed. A reminder of the same day goes out on them too.
    """
    on = day - timedelta(days=step.days)
    if step.days and on in closed and policy.holidays is not OnHolidays.SEND:
        if policy.holidays is OnHolidays.SKIP:
            return None
        first = on
        while on in closed and first - on < timedelta(days=MOST_SHIFT):
            on -= _ONE_DAY
    instant = to_instant(on, step.at, zone)
    return after_quiet(instant, policy.quiet_from, step.quiet_until or policy.quiet_until, zone)


def step_times(
    day: date, policy: Policy, closed: Collection[date], zone: ZoneInfo
) -> list[tuple[Step, datetime]]:
    """Return the steps of a session of a day with their times, in order of time.

    Of steps that closed days bring to one day only the nearest to the session is left.
    """
    found: dict[date, tuple[Step, datetime]] = {}
    for step in sorted(policy.steps, key=lambda step: -step.days):
        at = step_time(day, step, policy, closed, zone)
        if at is not None:
            found[to_wall(at, zone)[0]] = step, at
    return [found[on] for on in sorted(found)]


def step_now(
    times: Iterable[tuple[Step, datetime]], starts_at: datetime, now: datetime, policy: Policy, zone: ZoneInfo
) -> tuple[Step, datetime] | None:
    """Return the step that is to be sent by now, if one is, whether it was sent or not.

    It is the last whose time has passed. One that is late gives way to the next if that is soon, and
    nothing is sent in quiet hours or when the session is about to begin.
    """
    last: tuple[Step, datetime] | None = None
    following: datetime | None = None
    for step, at in times:
        if at <= now:
            last = (step, at)
        elif following is None:
            following = at
    if last is None or now > starts_at - TOO_SHORT:
        return None
    step, at = last
    late = now - at > LATE
    if late and following is not None and following < starts_at - TOO_SHORT and following - now < SOON:
        return None
    if policy.is_quiet(to_wall(now, zone)[1], step):
        return None
    return last


def telling_time(now: datetime, starts_at: datetime, policy: Policy, zone: ZoneInfo) -> datetime:
    """Return when a change of a session is told: at once, or after quiet hours.

    Parameters
    ----------
    starts_at : datetime
        The earliest start concerned, before or after the change. Who would leave home before quiet
        hours are over is told in time all the same.
    """
    over = after_quiet(now, policy.quiet_from, policy.quiet_until, zone)
    return max(now, min(over, starts_at - LAST_CALL))

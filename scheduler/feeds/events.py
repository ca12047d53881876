"""One entry of a calendar, with nothing in it that a stranger could read meaning into."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """The few words of a feed in the language of its reader.

    ``with_people`` takes ``names``; ``calendar`` takes ``name``.
    """

    language: str
    activity: str
    appointment: str
    with_people: str
    calendar: str
    no_longer_shared: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEvent:
    """A session as a calendar shows it; equal events have equal iCalendar lines.

    ``stamp`` is when the session really changed; it serves as DTSTAMP and LAST-MODIFIED. ``alarm_minutes``
    before the start the device rings; 0 leaves that to the device.
    """

    uid: str
    sequence: int
    stamp: datetime
    starts_at: datetime
    ends_at: datetime
    summary: str
    description: str = ""
    location: str = ""
    latitude: float | None = None
    longitude: float | None = None
    cancelled: bool = False
    alarm_minutes: int = 0

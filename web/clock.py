"""The time of a request; views pass it on to the domain."""

from __future__ import annotations

from datetime import UTC, date, datetime

from web.templating import local


def now() -> datetime:
    """Return the current instant."""
    return datetime.now(UTC)


def today() -> date:
    """Return today's date in Brussels."""
    return local(now()).date()

"""Leaving a provider alone for a while: it asks for that, cannot be reached, or leaves all unanswered.

The next message would fare no better, and while it waits in vain so do those of other channels.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from notifications.channels import DeliveryError, Verdict
from notifications.provider_errors import consequence_of

#: The first rest, doubled for each that follows without an answer between them, up to the last one.
RESTS: Final = tuple(timedelta(seconds=seconds) for seconds in (5, 10, 20, 40, 80, 160, 300))

#: The longest rest that a provider may ask for.
MOST_ASKED: Final = timedelta(hours=1)

#: So many requests in a row without a clear outcome are no accident.
UNCLEAR_IN_A_ROW: Final = 3


@dataclass(slots=True)
class _Health:
    until: datetime | None = None
    rests: int = 0
    unclear: int = 0


class Rests:
    """Which providers rest, and until when; one for a process, which learns it by its own requests."""

    def __init__(self) -> None:
        self._health: defaultdict[str, _Health] = defaultdict(_Health)

    def left(self, provider: str, now: datetime) -> timedelta:
        """Return how long a provider still rests, nothing if it does not."""
        until = self._health[provider].until
        # A rest beyond all bounds began before the clock was put back.
        return until - now if until is not None and now < until <= now + MOST_ASKED else timedelta()

    def note(self, provider: str, error: DeliveryError | None, now: datetime) -> None:
        """Take in how a request ended: the provider rests after an error that is not one message's."""
        health = self._health[provider]
        unclear = error is not None and error.verdict is Verdict.UNCERTAIN
        health.unclear = health.unclear + 1 if unclear else 0
        if error is not None and (consequence_of(error.code).rest or health.unclear >= UNCLEAR_IN_A_ROW):
            asked = min(timedelta(seconds=error.retry_after_s or 0), MOST_ASKED)
            health.until = now + max(RESTS[min(health.rests, len(RESTS) - 1)], asked)
            health.rests += 1
        elif not unclear:
            health.rests = 0

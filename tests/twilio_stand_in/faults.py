"""Ways in which a request can go wrong, before or after the message was taken."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from enum import StrEnum
from random import Random
from threading import Lock


class Fault(StrEnum):
    """What happens to one request; ``..._AFTER``: the message was taken all the same."""

    NONE = "none"
    RATE_LIMIT = "rate_limit"
    ERROR = "error"
    ERROR_AFTER = "error_after"
    RESET = "reset"
    RESET_AFTER = "reset_after"
    SILENCE = "silence"
    SILENCE_AFTER = "silence_after"
    NONSENSE_AFTER = "nonsense_after"


#: Faults that leave the message taken.
AFTER = frozenset({Fault.ERROR_AFTER, Fault.RESET_AFTER, Fault.SILENCE_AFTER, Fault.NONSENSE_AFTER})


class FaultPlan:
    """Which fault comes next: those that were asked for one by one, then some at random.

    Parameters
    ----------
    rates : mapping of Fault to float
        Share of requests that each fault meets.
    seed : int
        Makes the same faults come again.
    """

    def __init__(self, rates: Mapping[Fault, float] | None = None, seed: int = 0) -> None:
        self.rates = dict(rates or {})
        self._random = Random(seed)
        self._next: deque[Fault] = deque()
        self._lock = Lock()

    def plan(self, *faults: Fault) -> None:
        """Let these faults meet the next requests that send something."""
        with self._lock:
            self._next.extend(faults)

    def draw(self) -> Fault:
        """Return the fault of the next request."""
        with self._lock:
            if self._next:
                return self._next.popleft()
            left = self._random.random()
            for fault, rate in self.rates.items():
                left -= rate
                if left < 0:
                    return fault
            return Fault.NONE

"""A channel for tests that keeps what it took and answers as told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock

from notifications.channels import Accepted, DeliveryError, Outgoing

Answer = Accepted | Exception | Callable[[Outgoing], Accepted]


class RecordingChannel:
    """Takes messages; ``answers`` are used up one by one, after which everything is taken.

    An answer ``lost`` takes the message and then fails, as when the connection breaks too late.
    """

    provider = "recording"
    can_be_asked = True

    def __init__(self, answers: Sequence[Answer] = ()) -> None:
        self.answers = list(answers)
        self.taken: list[Outgoing] = []
        self.asked: list[Outgoing] = []
        self.cannot_be_asked: DeliveryError | None = None
        self._lock = Lock()

    def send(self, message: Outgoing) -> Accepted:
        """Take a message, or answer as told."""
        with self._lock:
            answer = self.answers.pop(0) if self.answers else None
            if callable(answer):
                return answer(message)
            if isinstance(answer, Exception):
                raise answer
            self.taken.append(message)
            return answer or Accepted(provider_sid=f"R-{message.token}")

    def lose(self, error: Exception) -> Callable[[Outgoing], Accepted]:
        """Return an answer that takes the message and then fails."""

        def answer(message: Outgoing) -> Accepted:
            self.taken.append(message)
            raise error

        return answer

    def find(self, message: Outgoing) -> Accepted | None:
        """Look among what was taken."""
        with self._lock:
            self.asked.append(message)
            if self.cannot_be_asked is not None:
                raise self.cannot_be_asked
            known = any(each.token == message.token for each in self.taken)
            return Accepted(provider_sid=f"R-{message.token}") if known else None

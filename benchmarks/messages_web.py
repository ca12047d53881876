"""The application that ``benchmarks.messages`` plays callbacks to, in a process of its own."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from typing import Any

from werkzeug.test import EnvironBuilder

import web.clock
from benchmarks.messages_worker import timed
from tests.twilio_stand_in import Callback, play
from web import create_app, provider_events

#: How many of the events come twice.
DUPLICATES = 0.2

#: As many come at once as the server has threads.
AT_ONCE = 8


class Clock:
    """The real time, put forward."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        """Return the current instant."""
        return datetime.now(UTC) + self.ahead

    def rule(self, module: Any) -> None:
        """Let the ``datetime`` of a module live by this clock."""
        clock = self

        class Stamps(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
                return clock().astimezone(tz)

        module.datetime = Stamps


@dataclass
class Answered:
    """What came of a round of callbacks: HTTP statuses, and seconds of the processor in all and by step."""

    statuses: Counter[int]
    spent_s: float
    parts: Counter[str]


def answer_callbacks(rounds: Connection, public: str, seed: int, config: dict[str, Any]) -> None:
    """Take rounds of callbacks, in any order and some of them twice, until there are no more.

    The processor's time counts from the parsed head of a request to its answer.
    """
    clock, parts, spent_s = Clock(), Counter[str](), list[float]()
    clock.rule(web.clock)
    # The second is in a thread of its own.
    for owner, name in ((provider_events, "is_signed"), (provider_events.ProviderEvents, "_record")):
        setattr(owner, name, timed(parts, name.strip("_"), getattr(owner, name)))
    app = create_app(config)

    def post(callback: Callback) -> int:
        path = callback.url.removeprefix(public)
        request = EnvironBuilder(path, method="POST", data=callback.form, headers=callback.headers)
        environ = request.get_environ()
        answered: list[str] = []
        began = time.thread_time()
        app(environ, lambda status, _headers: answered.append(status))
        spent_s.append(time.thread_time() - began)
        return int(answered[0].split()[0])

    given: tuple[timedelta, list[Callback]] | None
    while (given := rounds.recv()) is not None:
        clock.ahead, callbacks = given
        statuses = play(callbacks, post, duplicates=DUPLICATES, shuffled=True, seed=seed, at_once=AT_ONCE)
        in_requests_s = sum(spent_s)
        parts["rest"] = in_requests_s - parts["is_signed"]
        rounds.send(Answered(Counter(statuses), in_requests_s + parts["record"], parts.copy()))
        parts.clear()
        spent_s.clear()

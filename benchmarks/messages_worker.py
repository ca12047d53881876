"""The worker that ``benchmarks.messages`` kills: ``python -m benchmarks.messages_worker DATABASE STAND_IN``.

Reads how many seconds its clock is to be ahead, works until nothing is due, and tells what that cost of
the processor, its own part apart from the Twilio client's.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any, ParamSpec, TypeVar

from sqlalchemy import create_engine
from sqlalchemy.orm import Session, configure_mappers

import notifications.channels.twilio as twilio
from notifications import delivery
from notifications.channels import Accepted, Outgoing
from notifications.fallback import after_failure
from notifications.models import ChannelKind
from notifications.reconcile import reconcile
from notifications.rests import Rests
from tests.twilio_stand_in.server import ACCOUNT_SID, AUTH_TOKEN, SMS_SENDER

P = ParamSpec("P")
T = TypeVar("T")

PUBLIC = "https://semainier.example"

#: Seconds to connect and to wait for an answer: shorter than in earnest, so that time-outs take no hours.
TIMEOUT_S = (3.05, 0.3)

#: Progress is told this often, so that little is uncounted when the worker is killed.
TELL_S = 1


def timed(
    parts: Counter[str], name: str, act: Callable[P, T], without: Callable[[], float] = float
) -> Callable[P, T]:
    """Return a function with the processor's time that it takes counted, apart from that of ``without``."""
    counting = Lock()

    def run(*given: P.args, **named: P.kwargs) -> T:
        began = time.thread_time() - without()
        try:
            return act(*given, **named)
        finally:
            spent_s = time.thread_time() - without() - began
            with counting:
                parts[name] += spent_s  # type: ignore[assignment]

    return run


class CountingChannel:
    """The real channel, with its requests and the processor's time counted."""

    provider = twilio.PROVIDER
    can_be_asked = True

    def __init__(self, channel: twilio.TwilioChannel) -> None:
        self.channel = channel
        self.client_s = 0.0
        self.counts: Counter[str] = Counter()

    def send(self, message: Outgoing) -> Accepted:
        """Hand a message over."""
        self.counts["sent"] += 1
        began = time.thread_time()
        try:
            return self.channel.send(message)
        finally:
            self.client_s += time.thread_time() - began

    def find(self, message: Outgoing) -> Accepted | None:
        """Ask for a message."""
        self.counts["asked"] += 1
        began = time.thread_time()
        try:
            return self.channel.find(message)
        finally:
            self.client_s += time.thread_time() - began


def main(url: str, stand_in: str) -> None:
    """Work whenever told to."""
    delivery.BUDGET_S = TELL_S  # type: ignore[misc]
    settings = twilio.TwilioSettings(
        account_sid=ACCOUNT_SID,
        auth_token=AUTH_TOKEN,
        public_url=PUBLIC,
        sms_sender=SMS_SENDER,
        api_base=stand_in,
        timeout_s=TIMEOUT_S,
    )
    channel = CountingChannel(twilio.TwilioChannel(settings))
    # Neither the client's import nor the tables' is the messages'.
    channel.channel._account()
    configure_mappers()
    parts: Counter[str] = Counter()

    def part(name: str, act: Callable[..., Any]) -> Callable[..., Any]:
        return timed(parts, name, act, lambda: channel.client_s)

    for name in ("claim", "write_down", "end"):
        setattr(delivery, name, part(name, getattr(delivery, name)))
    look = part("reconcile", reconcile)
    worker = delivery.Worker(
        name="benchmark", channels={ChannelKind.SMS: channel}, after_failure=after_failure, rests=Rests()
    )
    engine = create_engine(url)
    for line in sys.stdin:
        ahead, idle = timedelta(seconds=float(line)), False

        def clock(ahead: timedelta = ahead) -> datetime:
            return datetime.now(UTC) + ahead

        while not idle:
            channel.client_s, channel.counts = 0.0, Counter()
            parts.clear()
            began = time.thread_time()
            with Session(engine) as session:
                done = look(session, clock, worker) + delivery.deliver_due(session, clock, worker)
            own_s = time.thread_time() - began - channel.client_s
            idle = not done
            told = {"own_s": own_s, "client_s": channel.client_s, "idle": idle, "parts": parts}
            told |= {name: channel.counts[name] for name in ("sent", "asked")}
            told["rest_s"] = worker.rests.left(channel.provider, clock()).total_seconds()
            print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

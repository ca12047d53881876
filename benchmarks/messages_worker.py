"""The worker that ``benchmarks.messages`` kills: ``python -m benchmarks.messages_worker DATABASE STAND_IN``.

Reads how many seconds its clock is to be ahead, works until nothing is due, and tells what that cost of
the processor, its own part apart from the Twilio client's.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

import notifications.channels.twilio as twilio
from notifications import delivery
from notifications.channels import Accepted, Outgoing
from notifications.fallback import after_failure
from notifications.models import ChannelKind
from notifications.reconcile import reconcile
from tests.twilio_stand_in.server import ACCOUNT_SID, AUTH_TOKEN, SMS_SENDER

PUBLIC = "https://semainier.example"

#: Seconds to connect and to wait for an answer: shorter than in earnest, so that time-outs take no hours.
TIMEOUT_S = (3.05, 0.3)

#: Progress is told this often, so that little is uncounted when the worker is killed.
TELL_S = 1


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
    channel.channel._account()  # the client's import is not the messages'
    worker = delivery.Worker(
        name="benchmark", channels={ChannelKind.SMS: channel}, after_failure=after_failure
    )
    engine = create_engine(url)
    for line in sys.stdin:
        ahead, idle = timedelta(seconds=float(line)), False
        while not idle:
            channel.client_s, channel.counts = 0.0, Counter()
            began = time.thread_time()
            with Session(engine) as session:
                done = reconcile(session, lambda: datetime.now(UTC) + ahead, worker)  # noqa: B023
                done += delivery.deliver_due(session, lambda: datetime.now(UTC) + ahead, worker)  # noqa: B023
            own_s = time.thread_time() - began - channel.client_s
            idle = not done
            told = {"own_s": own_s, "client_s": channel.client_s, "idle": idle}
            print(json.dumps(told | {name: channel.counts[name] for name in ("sent", "asked")}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

"""Measure delivery with everything going wrong: ``python -m benchmarks.messages [--messages 10000]``.

Puts reminders in the outbox of a new database (``DATABASE_URL`` names an empty one; without it SQLite in a
temporary folder) and lets a worker of its own process send them through the real Twilio client to the
stand-in server of the tests. Of the requests, 5 % time out (three quarters of them after the message was
taken), 5 % are answered 429 and 5 % fail with a server error (half of them after it was taken). The
stand-in calls back while sending goes on: signed events in any order, some of them twice. The worker is
killed five times and started again. Waiting takes no time: when nothing is due, or the provider is left
alone, the clocks of all parties are put forward together.

The processor's time is counted where it is spent: our own part of the worker apart from the Twilio client,
and the application's part of the callbacks (``benchmarks.messages_web``). ``parts`` say which step of either
it went to. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from multiprocessing import get_context
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event, Thread
from typing import Any

from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

import tests.twilio_stand_in.records as stand_in_records
from benchmarks import reminders
from benchmarks.messages_web import Answered, Clock, answer_callbacks
from notifications.models import ChannelKind, Message, MessageEvent, MessageKind, MessageState, ReminderPolicy
from notifications.outbox import Draft, enqueue_all
from notifications.reminders import due
from notifications.status import FINAL
from scheduler.db import Base, begin_writing
from scheduler.models import Centre
from tests.twilio_stand_in import Fault, TwilioStandIn

PUBLIC = "https://semainier.example"
RATES = {
    Fault.RATE_LIMIT: 0.05,
    Fault.ERROR: 0.025,
    Fault.ERROR_AFTER: 0.025,
    Fault.SILENCE: 0.0125,
    Fault.SILENCE_AFTER: 0.0375,
}
KILLS = 5
ENQUEUED_TOGETHER = 500

#: Callbacks are collected so long, then played in any order.
ROUND_S = 0.5

#: How far the clocks go forward when nothing is due.
LEAP = timedelta(minutes=3)

#: It ends in any case after so many leaps for each message.
MOST_LEAPS = 1


class WorkerProcess:
    """The worker: told to work with its clock so far ahead, it works until nothing is due."""

    def __init__(self, url: str, stand_in: TwilioStandIn) -> None:
        self.command = [sys.executable, "-m", "benchmarks.messages_worker", url, stand_in.url]
        self.spent: Counter[str] = Counter()
        self.parts: Counter[str] = Counter()
        self.kills = 0
        self.start()

    def start(self) -> None:
        """Start the process."""
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def work(self, ahead: timedelta) -> timedelta:
        """Send what is due; return how long nothing more will be. One that is killed is started again."""
        while True:
            assert self.process.stdin is not None
            assert self.process.stdout is not None
            try:
                self.process.stdin.write(f"{ahead.total_seconds()}\n")
                self.process.stdin.flush()
            except BrokenPipeError:
                pass
            while line := self.process.stdout.readline():
                told = json.loads(line)
                for name in ("own_s", "client_s", "sent", "asked"):
                    self.spent[name] += told[name]
                self.parts.update(told["parts"])
                if told["idle"]:
                    return timedelta(seconds=told["rest_s"]) or LEAP
            self.process.wait()
            self.start()

    def kill(self) -> None:
        """Let the process die."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.kills += 1

    def stop(self) -> None:
        """End the process."""
        with self.process:
            assert self.process.stdin is not None
            self.process.stdin.close()


class Caller(Thread):
    """Plays the provider's callbacks to the application while messages are taken."""

    def __init__(self, clock: Clock, stand_in: TwilioStandIn, seed: int, config: dict[str, Any]) -> None:
        super().__init__(daemon=True)
        self.clock, self.stand_in = clock, stand_in
        self.answered = Answered(Counter(), 0.0, Counter())
        self.done = Event()
        spawn = get_context("spawn")
        self.rounds, other_end = spawn.Pipe()
        self.process = spawn.Process(target=answer_callbacks, args=(other_end, PUBLIC, seed, config))
        self.process.start()

    def run(self) -> None:
        """Play what is new every half second, until told that nothing more will come."""
        played = 0
        while True:
            last = self.done.wait(ROUND_S)
            fresh = self.stand_in.records[played:]
            played += len(fresh)
            self.rounds.send((self.clock.ahead, self.stand_in.callbacks(fresh)))
            this = self.rounds.recv()
            self.answered.statuses.update(this.statuses)
            self.answered.parts.update(this.parts)
            self.answered.spent_s += this.spent_s
            if last and played == len(self.stand_in.records):
                break
        self.rounds.send(None)
        self.process.join()


def fill(session: Session, messages: int, now: datetime) -> float:
    """Put reminders in the outbox; return the processor's time in seconds."""
    centre = Centre(name="Mesures", slug="mesures", created_at=now)
    session.add(centre)
    session.flush()
    no_night = time_of_day(0)  # whenever the clock is put forward to
    session.add(ReminderPolicy(centre_id=centre.id, quiet_from=no_night, quiet_until=no_night))
    session.commit()
    centre_id, spent = centre.id, 0.0
    for start in range(0, messages, ENQUEUED_TOGETHER):
        began = time.thread_time()
        drafts = [
            Draft(
                centre_id=centre_id,
                key=f"reminder:{number}",
                kind=MessageKind.REMINDER,
                channel=ChannelKind.SMS,
                address=f"+32470{number:06d}",
                body=f"Rappel : mardi à 9 h, salle 1 ({number}). Répondez 1 si vous venez, 2 sinon.",
                step="1d",
            )
            for number in range(start, min(start + ENQUEUED_TOGETHER, messages))
        ]
        begin_writing(session)
        enqueue_all(session, drafts, now)
        session.commit()
        spent += time.thread_time() - began
    return spent


def measure(messages: int, seed: int, url: str, instance: str) -> dict[str, Any]:
    """Send everything and return the figures."""
    clock, random = Clock(), Random(seed)
    engine = create_engine(url)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        enqueue_s = fill(session, messages, clock())
    with TwilioStandIn(rates=RATES, seed=seed, check_every=50) as stand_in:
        clock.rule(stand_in_records)
        config = {
            "INSTANCE_PATH": instance,
            "SQLALCHEMY_DATABASE_URI": url,
            "TWILIO_AUTH_TOKEN": stand_in.auth_token,
            "PUBLIC_URL": PUBLIC,
            "RATELIMIT_ENABLED": False,
        }
        caller, worker = Caller(clock, stand_in, seed, config), WorkerProcess(url, stand_in)
        caller.start()
        began = time.perf_counter()
        deaths = sorted(random.randrange(messages // 20, messages * 9 // 10) for _ in range(KILLS))
        killer = Thread(target=_kill_at, args=(worker, stand_in, deaths), daemon=True)
        killer.start()
        for _leap in range(MOST_LEAPS * messages):
            leap = worker.work(clock.ahead)
            print(f"{clock.ahead}: {len(stand_in.records)} taken", file=sys.stderr, flush=True)
            if not killer.is_alive() and _open_messages(engine) == 0:
                break
            clock.ahead += leap
        caller.done.set()
        caller.join()
        took_s = time.perf_counter() - began
        worker.stop()
        taken = Counter(row.number for row in stand_in.records)
        stand_in.assert_as_described()
    with Session(engine) as session:
        states = Counter(session.scalars(select(Message.state)))
        events = session.scalar(select(func.count()).select_from(MessageEvent))
        codes = Counter(
            session.scalars(select(Message.error_code).where(Message.state != MessageState.DELIVERED))
        )
    own_s, answered = worker.spent["own_s"], caller.answered
    events_told = sum(answered.statuses.values())
    all_ms = 1000 * (enqueue_s + own_s + answered.spent_s) / messages
    parts: dict[str, float] = {"enqueue": enqueue_s} | dict(worker.parts)
    parts |= {f"callback_{name}": spent_s for name, spent_s in answered.parts.items()}
    parts["deliver_rest"] = own_s - sum(worker.parts.values())
    return {
        "messages": messages,
        "seed": seed,
        "database": engine.dialect.name,
        "machine": f"{platform.machine()}, {os.cpu_count()} processors, Python {platform.python_version()}",
        "taken_once": sum(count == 1 for count in taken.values()),
        "taken_twice_or_more": sum(count > 1 for count in taken.values()),
        "never_taken": messages - len(taken),
        "states": dict(states),
        "errors_of_undelivered": dict(codes),
        "not_final": sum(count for state, count in states.items() if state not in FINAL),
        "worker_killed": worker.kills,
        "requests": stand_in.requests,
        "asked_for": worker.spent["asked"],
        "callbacks": events_told,
        "callback_statuses": dict(answered.statuses),
        "events_stored": events,
        "enqueue_ms_per_message": round(1000 * enqueue_s / messages, 3),
        "deliver_ms_per_message": round(1000 * own_s / messages, 3),
        "twilio_client_ms_per_message": round(1000 * worker.spent["client_s"] / messages, 3),
        "callbacks_ms_per_message": round(1000 * answered.spent_s / messages, 3),
        "callback_ms_per_event": round(1000 * answered.spent_s / max(events_told, 1), 3),
        "own_ms_per_message": round(1000 * (enqueue_s + own_s) / messages, 3),
        "own_with_callbacks_ms_per_message": round(all_ms, 3),
        "parts_ms_per_message": {name: round(1000 * s / messages, 3) for name, s in parts.items()},
        "took_s": round(took_s, 1),
        "clock_went_forward_min": round(clock.ahead.total_seconds() / 60),
    }


def tick(people: int) -> dict[str, Any]:
    """Return the times of finding due reminders in a centre: when many are, and when none is."""
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    step = datetime(2026, 11, 29, 17, tzinfo=UTC)
    figures: dict[str, Any] = {"people": people}
    with Session(engine) as session:
        centre_id = reminders.fill(session, people).id
        for name, at in (("due", step), ("idle", step - timedelta(hours=7))):
            times, found = [], 0
            for _ in range(5):
                session.expire_all()
                centre = session.get_one(Centre, centre_id)
                began = time.process_time()
                found = len(due(session, centre, at))
                times.append(1000 * (time.process_time() - began))
            figures |= {f"{name}_ms": round(median(times), 1), f"{name}_found": found}
    return figures


def _kill_at(worker: WorkerProcess, stand_in: TwilioStandIn, deaths: list[int]) -> None:
    """Kill the worker each time that so many messages were taken."""
    for number in deaths:
        while len(stand_in.records) < number:
            time.sleep(0.005)
        worker.kill()


def _open_messages(engine: Any) -> int:
    with Session(engine) as session:
        query = select(func.count()).select_from(Message).where(Message.state.not_in(FINAL))
        return int(session.scalar(query) or 0)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--people", type=int, default=1000, help="size of the centre of the clock tick")
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        url = os.environ.get("DATABASE_URL") or f"sqlite:///{Path(folder) / 'messages.db'}"
        figures = measure(given.messages, given.seed, url, folder)
    print(json.dumps(figures | {"clock_tick": tick(given.people)}))


if __name__ == "__main__":
    main()

"""A process that works on the outbox and kills itself where it is told to.

It reads orders, one JSON object a line, and does each in a fork of its own, so that the imports are
paid for once and a death by SIGKILL is one that the system deals, with nothing cleaned up. What can
be interrupted is counted from outside the product: the moment after every statement and commit, and
those before and after every word with the provider. Run as
``python -m tests.faults.process DATABASE_URL LEDGER``.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, NullPool, create_engine, event, select
from sqlalchemy.orm import Session

from notifications.callbacks import read_event
from notifications.channels import Accepted, DeliveryError, Outgoing, Verdict
from notifications.delivery import Worker, deliver_due
from notifications.models import ChannelKind, MessageKind
from notifications.outbox import Draft, Topic, enqueue
from notifications.reconcile import reconcile
from notifications.status import move_all
from scheduler.db import begin_writing, writing
from scheduler.models import Closure
from scheduler.models.calendar import ClosureKind

Step = Callable[..., None]


class LedgerChannel:
    """A provider that writes down what it takes in a file that outlives every process.

    It takes ``most`` messages, if that is given, and then asks to be left alone.
    """

    provider = "ledger"
    can_be_asked = True

    def __init__(self, path: Path, step: Step, most: int | None = None) -> None:
        self.path = path
        self.step = step
        self.most = most

    def send(self, message: Outgoing) -> Accepted:
        """Take a message."""
        self.step()
        if self.most == 0:
            raise DeliveryError("20429", Verdict.RETRY)
        if self.most is not None:
            self.most -= 1
        take(self.path, message.token)
        self.step()
        return Accepted(provider_sid=f"L-{message.token}")

    def find(self, message: Outgoing) -> Accepted | None:
        """Look for a message in the file."""
        self.step()
        known = message.token in self.path.read_text().split()
        self.step()
        return Accepted(provider_sid=f"L-{message.token}") if known else None


def take(path: Path, token: str) -> None:
    """Add a line to the ledger in one write."""
    ledger = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(ledger, f"{token}\n".encode())
    os.close(ledger)


def main(url: str, ledger: Path) -> None:
    """Carry out orders until there are none; the first ones, to warm up, without a fork."""
    engine = create_engine(url, poolclass=NullPool)
    gc.disable()  # it would touch, and so copy, all the memory that forks share
    for line in sys.stdin:
        order = json.loads(line)
        if order.get("warm_up"):
            carry_out(order, engine, ledger, lambda *_given: None)
            sys.stdout.write("done\n")
            sys.stdout.flush()
            continue
        child = os.fork()
        if child == 0:
            try:
                carry_out(order, engine, ledger, counted(engine, order.get("die_at")))
            except BaseException as error:
                os.write(2, f"{type(error).__name__}: {error}\n".encode())
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        outcome = "killed" if killed else "done" if os.waitstatus_to_exitcode(status) == 0 else "broken"
        sys.stdout.write(f"{outcome}\n")
        sys.stdout.flush()


def counted(engine: Engine, die_at: int | None) -> Step:
    """Return what counts a step, having it called after every statement and commit from now on."""
    steps = 0

    def step(*_given: Any) -> None:
        nonlocal steps
        steps += 1
        if steps == die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    for target, name in (
        (engine, "after_cursor_execute"),
        (Session, "after_commit"),
    ):
        event.listen(target, name, step)
    return step


def carry_out(order: dict[str, Any], engine: Engine, ledger: Path, step: Step) -> None:
    """Do one piece of work."""
    now = datetime.fromisoformat(order["now"])
    with Session(engine) as session:
        if order["act"] == "publish":
            publish(session, order, now)
            return
        if order["act"] == "hear":
            hear(engine, order, now)
            return
        channel = LedgerChannel(ledger, step, order.get("most"))
        worker = Worker(name="faults", channels={ChannelKind.SMS: channel}, after_failure=_nothing)
        reconcile(session, lambda: now, worker)
        deliver_due(session, lambda: now, worker)


def hear(engine: Engine, order: dict[str, Any], now: datetime) -> None:
    """Take in what the provider tells of messages, as the web does."""
    given: dict[str, Any] = {"sid": "L-1", "status": "delivered", "error_code": None, "now": now}
    with writing(engine).begin() as connection:
        move_all(connection, [news for token in order["tokens"] if (news := read_event(token, **given))])


def publish(session: Session, order: dict[str, Any], now: datetime) -> None:
    """Write a cause and its message in one transaction; a second time, only what is missing."""
    begin_writing(session)
    known = select(Closure.id).where(Closure.name == order["key"])
    if session.scalar(known) is None:
        session.add(
            Closure(
                centre_id=order["centre_id"],
                kind=ClosureKind.CLOSURE,
                name=order["key"],
                starts_on=now.date(),
                ends_on=now.date(),
            )
        )
    enqueue(
        session,
        Draft(
            centre_id=order["centre_id"],
            key=order["key"],
            kind=MessageKind.CHANGE,
            channel=ChannelKind.SMS,
            address="+32470000001",
            topics=(Topic(participant_id=order["participant_id"], session_uid=order["key"], starts_at=now),),
        ),
        now,
    )
    session.commit()


def _nothing(*_given: Any) -> None:
    pass


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))

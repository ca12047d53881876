"""Killed at any step, the outbox goes on after a restart: nothing lost, nothing sent twice."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from notifications.delivery import LEASE
from notifications.models import Message, MessageEvent, MessageState, MessageTopic
from notifications.status import News, move_all
from scheduler.db import begin_writing, writing
from scheduler.models import Centre, Closure, Participant
from tests.factories import making_in
from tests.faults.process import take

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
S = MessageState


@dataclass
class House:
    """A database, a provider's ledger, and the process that works on both."""

    engine: Engine
    ledger: Path
    process: subprocess.Popen[str]
    centre_id: int = 0
    participant_id: int = 0

    def order(self, act: str, now: datetime = NOW, **given: Any) -> str:
        """Have something done; return ``done``, ``killed`` or ``broken``."""
        assert self.process.stdin
        assert self.process.stdout
        own = {"centre_id": self.centre_id, "participant_id": self.participant_id}
        self.process.stdin.write(json.dumps({"act": act, "now": now.isoformat(), **own, **given}) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def message(self, **columns: Any) -> str:
        """Store a message; return its token."""
        with (
            Session(self.engine) as session,
            making_in(session, session.get_one(Centre, self.centre_id)) as make,
        ):
            begin_writing(session)
            row = make(Message, participant=None, participant_id=None, next_at=NOW, **columns)
            session.commit()
            return str(row.token)

    def put_aside(self) -> None:
        """Keep what the last process left in the queue from the next one."""
        with Session(self.engine) as session:
            begin_writing(session)
            session.execute(
                update(Message)
                .where(Message.state.in_((S.QUEUED, S.UNCERTAIN)))
                .values(next_at=NOW + timedelta(hours=1))
            )
            session.commit()

    def die_at_every_step(self, prepare: Callable[[], Any], **given: Any) -> int:
        """Prepare and work again and again, each time dying one step later; return how many steps."""
        prepare()
        assert self.order("work", warm_up=True, **given) == "done"
        for step in range(1, 500):
            prepare()
            outcome = self.order("work", die_at=step, **given)
            if outcome == "done":
                return step - 1
            assert outcome == "killed"
            self.put_aside()
        raise AssertionError("it never ends")

    def recover(self) -> None:
        """Work on, as workers that are started later do, until nothing is left to do."""
        now, deadline = NOW, time.monotonic() + 30
        while time.monotonic() < deadline:
            now += LEASE + timedelta(hours=1)
            assert self.order("work", now) == "done"
            with Session(self.engine) as session:
                open_states = set(session.scalars(select(Message.state))) - {S.ACCEPTED}
            if not open_states:
                return
        raise AssertionError(f"still {open_states}")

    def taken(self) -> Counter[str]:
        """Return how many times the provider has taken each message."""
        return Counter(self.ledger.read_text().split())


@pytest.fixture(scope="module")
def _houses() -> Iterator[dict[str, House]]:
    houses: dict[str, House] = {}
    yield houses
    for house in houses.values():
        assert house.process.stdin
        with house.process:
            house.process.stdin.close()
            assert house.process.wait(timeout=30) == 0


@pytest.fixture
def house(engine: Engine, _houses: dict[str, House], tmp_path_factory: Any) -> Iterator[House]:
    name = engine.dialect.name
    if name not in _houses:
        _houses[name] = open_house(engine, tmp_path_factory.mktemp(name) / "ledger")
    house = _houses[name]
    with Session(engine) as session:
        centre = Centre(name="Essai", slug=f"essai-{uuid4().hex}", created_at=NOW)
        session.add(centre)
        session.flush()
        with making_in(session, centre) as make:
            person = make(Participant)
        house.centre_id, house.participant_id = centre.id, person.id
        session.commit()
    house.ledger.write_text("")
    yield house
    with Session(engine) as session:
        session.execute(delete(Centre).where(Centre.id == house.centre_id))
        session.commit()


def open_house(engine: Engine, ledger: Path) -> House:
    """Start a process for a database."""
    url = engine.url.render_as_string(hide_password=False)
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.process", url, str(ledger)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    return House(engine, ledger, process)


def test_killed_while_a_message_and_its_cause_are_written(house: House) -> None:
    assert house.order("publish", key="warm-up", warm_up=True) == "done"
    for step in range(1, 100):
        key = f"cause {step}"
        outcome = house.order("publish", key=key, die_at=step)
        with Session(house.engine) as session:
            causes = session.scalars(select(Closure.id).where(Closure.name == key)).all()
            messages = session.scalars(select(Message.id).where(Message.key == key)).all()
            assert len(causes) == len(messages) == (1 if outcome == "done" else len(causes))
            topics = session.scalars(select(MessageTopic.id).where(MessageTopic.session_uid == key)).all()
            assert len(topics) == len(messages)
        if outcome == "done":
            break
        assert outcome == "killed"
        assert house.order("publish", key=key) == "done"
        with Session(house.engine) as session:
            assert len(session.scalars(select(Closure.id).where(Closure.name == key)).all()) == 1
            assert len(session.scalars(select(Message.id).where(Message.key == key)).all()) == 1
    assert step > 5
    assert house.order("work") == "done"
    assert sorted(house.taken().values()) == [1] * (step + 1)


def test_killed_while_a_batch_is_sent(house: House) -> None:
    tokens: list[str] = []
    steps = house.die_at_every_step(lambda: tokens.extend(house.message() for _ in range(2)))
    assert steps > 15
    before = house.taken()
    assert 0 < len(before) < len(tokens), "some died before sending, some after"
    house.recover()
    assert house.taken() == Counter(tokens)


def test_killed_while_a_batch_is_given_back(house: House) -> None:
    tokens: list[str] = []
    steps = house.die_at_every_step(lambda: tokens.extend(house.message() for _ in range(3)), most=1)
    assert steps > 15
    before = house.taken()
    house.recover()
    assert before < house.taken() == Counter(tokens)
    with Session(house.engine) as session:
        keys = session.scalars(select(MessageEvent.key).where(MessageEvent.status == S.QUEUED)).all()
        assert {"again-1", "released-1", "not-found-1"} <= set(keys)


def test_who_moves_many_messages_never_waits_for_who_waits_for_him(house: House) -> None:
    tokens = [house.message(state=S.ACCEPTED, provider_sid="L-1") for _ in range(6)]
    given: dict[str, Any] = {"status": S.ACCEPTED, "source": "provider", "now": NOW}

    def tell(order: list[str]) -> None:
        for number in range(20):
            with writing(house.engine).begin() as connection:
                move_all(connection, [News(of=token, key=f"{order[0]}-{number}", **given) for token in order])

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(tell, order) for order in (tokens, tokens[::-1])]:
            done.result(timeout=60)
    with Session(house.engine) as session:
        events = session.scalars(select(MessageEvent.message_id)).all()
        assert Counter(Counter(events).values()) == {40: len(tokens)}


def test_killed_while_the_provider_tells_something(house: House) -> None:
    for step in range(1, 100):
        tokens = [house.message(state=S.ACCEPTED, provider_sid="L-1") for _ in range(2)]
        of_these = select(Message).where(Message.token.in_(tokens))
        outcome = house.order("hear", tokens=tokens, die_at=step)
        with Session(house.engine) as session:
            heard = [
                (message.state, [(S(event.status), event.applied) for event in message.events])
                for message in session.scalars(of_these)
            ]
            assert heard in (
                [(S.ACCEPTED, [])] * 2,
                [(S.DELIVERED, [(S.DELIVERED, True)])] * 2,
            ), "all of it or nothing"
        if outcome == "done":
            break
        assert outcome == "killed"
        assert [house.order("hear", tokens=[*tokens, *tokens]) for _ in range(2)] == ["done", "done"]
        with Session(house.engine) as session:
            for message in session.scalars(of_these):
                assert (message.state, len(message.events)) == (S.DELIVERED, 1)
    assert step > 2


def test_killed_while_a_doubt_is_settled(house: House) -> None:
    tokens: list[str] = []

    def doubt() -> None:
        given = {"state": S.UNCERTAIN, "attempts": 1, "claimed_at": NOW, "provider": "ledger"}
        tokens.extend(house.message(**given) for _ in range(2))
        take(house.ledger, tokens[-1])

    steps = house.die_at_every_step(doubt)
    assert steps > 25
    house.recover()
    assert house.taken() == Counter(tokens)
    with Session(house.engine) as session:
        claims = session.scalars(
            select(MessageEvent.message_id).where(MessageEvent.status == S.CLAIMED)
        ).all()
        assert 0 < len(set(claims)) <= len(tokens) / 2, "what had been taken was never tried again"

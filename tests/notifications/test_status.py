"""The table of steps: what may follow what, and that nothing leads back from an end."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise, permutations
from typing import Any

import pytest
from sqlalchemy.orm import Session

from notifications.models import Message, MessageState
from notifications.status import FINAL, ORIGINS, STEPS, News, move
from scheduler.db import enter_centre
from tests.factories import Make

S = MessageState


@pytest.fixture
def message(make: Make) -> Message:
    row: Message = make(Message)
    return row


def happens(session: Session, message: Message, status: MessageState, **given: Any) -> bool:
    """Have something happen to a message; return whether it moved."""
    moved = move(session.connection(), News(of=message.id, status=status, **given))
    session.expire_all()
    return moved


def test_the_table_knows_every_state_and_no_way_back_from_an_end() -> None:
    assert set(STEPS) == set(S)
    assert {S.DELIVERED, S.READ, S.FAILED, S.UNDELIVERED, S.EXPIRED, S.SUPERSEDED, S.WITHHELD} == FINAL
    for state in FINAL:
        assert STEPS[state] == ({S.READ} if state is S.DELIVERED else set())


def test_every_state_is_reached_from_the_queue_and_leads_to_an_end() -> None:
    def reached(start: MessageState) -> set[MessageState]:
        found, fresh = {start}, [start]
        while fresh:
            for state in STEPS[fresh.pop()] - found:
                found.add(state)
                fresh.append(state)
        return found

    assert reached(S.QUEUED) == set(S)
    assert all(reached(state) & FINAL for state in S)


@pytest.mark.parametrize("status", S)
def test_a_step_is_taken_only_from_where_the_table_says(
    status: MessageState, session: Session, make: Make, now: datetime
) -> None:
    for state in S:
        message = make(Message, state=state)
        moved = happens(session, message, status, source="provider", key="e", now=now)
        assert moved == (status in STEPS[state]) == (state in ORIGINS[status])
        assert message.state == (status if moved else state)
        assert [(event.status, event.applied) for event in message.events] == [(status, moved)]


@pytest.mark.parametrize(
    "order", list(permutations([S.ACCEPTED, S.DELIVERED, S.READ])), ids=lambda order: "-".join(order)
)
def test_events_in_any_order_and_twice_end_alike(
    order: tuple[MessageState, ...], session: Session, make: Make, now: datetime
) -> None:
    message = make(Message, state=S.CLAIMED, attempts=1)
    for status in (*order, *order):
        happens(session, message, status, source="provider", key=status, now=now, provider_sid="SM1")
    assert message.state == S.READ
    assert message.provider_sid == "SM1"
    assert message.sent_at == message.final_at == now
    assert [event.status for event in message.events] == list(order)
    applied = [event.status for event in message.events if event.applied]
    rank = [S.ACCEPTED, S.DELIVERED, S.READ].index
    assert all(rank(S(before)) < rank(S(after)) for before, after in pairwise(applied))


def test_an_end_keeps_its_time_and_its_reason(session: Session, message: Message, now: datetime) -> None:
    given = {"source": "provider", "error_code": "30005"}
    assert happens(session, message, S.UNDELIVERED, key="1", now=now, error="Inconnu", **given)
    later = now + timedelta(hours=1)
    assert not happens(session, message, S.DELIVERED, source="provider", key="2", now=later)
    assert (message.state, message.error_code, message.error) == (S.UNDELIVERED, "30005", "Inconnu")
    assert message.final_at == now


def test_a_late_number_of_the_provider_is_kept(session: Session, message: Message, now: datetime) -> None:
    """The callback can be quicker than the answer to the request that it is about."""
    happens(session, message, S.DELIVERED, source="provider", key="1", now=now)
    happens(session, message, S.ACCEPTED, source="worker", key="2", now=now, provider_sid="SM7")
    assert (message.state, message.provider_sid) == (S.DELIVERED, "SM7")


def test_the_result_of_an_earlier_attempt_takes_nothing_back(
    session: Session, make: Make, now: datetime
) -> None:
    message = make(Message, state=S.CLAIMED, attempts=2)
    given = {"source": "worker", "now": now}
    assert not happens(session, message, S.QUEUED, key="send-1", attempt=1, **given)
    assert message.state == S.CLAIMED
    assert happens(session, message, S.QUEUED, key="send-2", attempt=2, **given)


def test_a_session_of_one_centre_moves_its_messages(
    session: Session, message: Message, now: datetime
) -> None:
    enter_centre(session, message.centre_id)
    assert happens(session, message, S.DELIVERED, source="provider", key="1", now=now)
    assert [event.status for event in message.events] == [S.DELIVERED]

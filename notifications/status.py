"""The life of a message: one table of steps, taken by compare-and-set, every event kept.

Workers, callbacks of providers and people all move messages, at the same time and in any order. No
one of them reads a state and writes another: a step is one ``UPDATE`` that names the states it may
start from, so that a late or repeated event changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Connection, Table, Update, bindparam, func, literal, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from notifications.models import Message, MessageEvent, MessageState

S = MessageState

#: What a provider may tell of a message that it has taken.
_TAKEN: Final = frozenset({S.ACCEPTED, S.DELIVERED, S.READ, S.FAILED, S.UNDELIVERED})

#: Every step there is. A message that waits for another attempt may turn out to have been taken by an
#: earlier one, so news of the provider is welcome from every state that is not final.
STEPS: Final[Mapping[MessageState, frozenset[MessageState]]] = MappingProxyType(
    {
        S.QUEUED: _TAKEN | {S.CLAIMED, S.EXPIRED, S.SUPERSEDED, S.WITHHELD},
        S.CLAIMED: _TAKEN | {S.QUEUED, S.UNCERTAIN, S.WITHHELD},
        S.UNCERTAIN: _TAKEN | {S.QUEUED},
        S.ACCEPTED: _TAKEN - {S.ACCEPTED},
        S.DELIVERED: frozenset({S.READ}),
        S.READ: frozenset(),
        S.FAILED: frozenset(),
        S.UNDELIVERED: frozenset(),
        S.EXPIRED: frozenset(),
        S.SUPERSEDED: frozenset(),
        S.WITHHELD: frozenset(),
    }
)

#: States that nothing but reading leads out of.
FINAL: Final = frozenset(state for state, steps in STEPS.items() if steps <= {S.READ})

#: For each state, the states it may be reached from.
ORIGINS: Final[Mapping[MessageState, tuple[MessageState, ...]]] = MappingProxyType(
    {state: tuple(origin for origin, steps in STEPS.items() if state in steps) for state in S}
)

#: Ends that a provider tells of, with an error.
FAILURES: Final = frozenset({S.FAILED, S.UNDELIVERED})

_SENT: Final = frozenset({S.ACCEPTED, S.DELIVERED, S.READ})

MESSAGES: Final = cast(Table, Message.__table__)
_EVENTS: Final = cast(Table, MessageEvent.__table__)

_KEEP_SID: Final = update(MESSAGES).where(
    MESSAGES.c.id == bindparam("b_id"), MESSAGES.c.provider_sid.is_(None)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A message that a provider took at a worker's ``attempts``-th attempt, and what it said."""

    message_id: int
    centre_id: int
    attempts: int
    status: MessageState
    provider_sid: str


def move(
    connection: Connection,
    message_id: int,
    centre_id: int,
    status: MessageState,
    *,
    source: str,
    key: str,
    now: datetime,
    error_code: str | None = None,
    error: str | None = None,
    provider_sid: str | None = None,
    attempt: int | None = None,
    **columns: Any,
) -> bool:
    """Record what happened to a message and move it there, if a step leads there.

    Parameters
    ----------
    source : str
        ``worker``, ``provider``, ``reconcile`` or ``person``.
    key : str
        What makes the event one of its kind for this message; the same key again is not stored again.
    provider_sid : str, optional
        Kept, whether or not the message moves, when the message has none yet.
    attempt : int, optional
        The step holds only while this is the message's latest attempt, so that a worker that was
        thought dead cannot take back what its successor did.
    **columns
        What else the step writes.

    Returns
    -------
    bool
        Whether the message moved.
    """
    values = columns | {"b_id": message_id, "state": status, "error_code": error_code, "error": error}
    if status in FINAL or status in _SENT:
        values["b_now"] = now
    if provider_sid is not None:
        values["b_sid"] = provider_sid
    if attempt is not None:
        values["b_attempt"] = attempt
    # The row is locked first: events of one message are then stored in the order they were applied.
    step = _step(status, provider_sid is not None, attempt is not None)
    moved = connection.execute(step, values).rowcount == 1
    if not moved and not lock(connection, Message.id == message_id):
        return False  # deleted with its person
    event = make_event(centre_id, message_id, status, source=source, key=key, now=now, applied=moved)
    keep_events(connection, [event | {"error_code": error_code}])
    if not moved and provider_sid is not None:
        keep_sid(connection, message_id, provider_sid)
    return moved


def hear(
    connection: Connection,
    token: str,
    status: MessageState,
    *,
    key: str,
    now: datetime,
    provider_sid: str,
    error_code: str | None,
) -> bool:
    """Do for news of the provider what ``move`` does, by the token that it names a message by.

    A failure of another attempt than the one that counts is kept and moves nothing.
    """
    given = {"b_token": token, "b_key": key[:80], "b_sid": provider_sid, "b_code": error_code, "b_now": now}
    event = connection.execute(_hear(status, connection.dialect.name), given).one_or_none()
    if event is None:
        return False  # told before, or there is no such message
    if event.applied:
        values = {"b_id": event.message_id, "b_sid": provider_sid, "b_now": now}
        values |= {"state": status, "error_code": error_code, "error": None}
        connection.execute(_step(status, True, False), values)
    elif status is not S.ACCEPTED:  # which is not the last that is heard: the rest brings the id too
        keep_sid(connection, event.message_id, provider_sid)
    return bool(event.applied)


def move_taken(connection: Connection, taken: Sequence[Taken], *, now: datetime, next_at: datetime) -> None:
    """Do for all that a provider has taken what ``move`` does for one, in a few statements."""
    states = lock(connection, Message.id.in_([each.message_id for each in taken]))
    steps, events = defaultdict(list), []
    for each in taken:
        if each.message_id not in states:
            continue  # deleted with its person
        moving = states[each.message_id] in ORIGINS[each.status]
        if moving:
            steps[each.status].append(
                {
                    "b_id": each.message_id,
                    "b_sid": each.provider_sid,
                    "b_now": now,
                    "state": each.status,
                    "error_code": None,
                    "error": None,
                    "next_at": next_at,
                }
            )
        else:
            keep_sid(connection, each.message_id, each.provider_sid)
        key = f"sent-{each.attempts}"
        given: dict[str, Any] = {"source": "worker", "key": key, "now": now, "applied": moving}
        events.append(make_event(each.centre_id, each.message_id, each.status, **given))
    for status, rows in steps.items():
        connection.execute(_step(status, True, False), rows)
    keep_events(connection, events)


def lock(connection: Connection, *conditions: ColumnElement[bool]) -> dict[int, MessageState]:
    """Keep others from moving some messages until the transaction ends; return their ids and states.

    Whoever moves several messages at once locks them here first, in the order of their ids: nobody then
    holds one and waits for another whose holder waits for the first.
    """
    query = (
        select(Message.id, Message.state)
        .where(*conditions)
        .order_by(Message.id)
        .with_for_update(key_share=True)
    )
    return {row.id: MessageState(row.state) for row in connection.execute(query)}


def keep_sid(connection: Connection, message_id: int, provider_sid: str) -> None:
    """Keep the provider's id of a message that has none."""
    connection.execute(_KEEP_SID, {"b_id": message_id, "provider_sid": provider_sid})


def keep_events(connection: Connection, events: Sequence[dict[str, Any]]) -> None:
    """Store events of ``make_event``, leaving out those that are there already."""
    if events:
        connection.execute(_keep_event(connection.dialect.name), events)


def make_event(
    centre_id: int,
    message_id: int,
    status: MessageState,
    *,
    source: str,
    key: str,
    now: datetime,
    applied: bool,
    error_code: str | None = None,
) -> dict[str, Any]:
    """Return the columns of an event."""
    return {
        "centre_id": centre_id,
        "message_id": message_id,
        "key": key[:80],
        "source": source,
        "status": status.value,
        "error_code": error_code,
        "applied": applied,
        "happened_at": now,
    }


@cache
def _step(status: MessageState, has_sid: bool, has_attempt: bool) -> Update:
    """Return the statement of a step; the columns it writes are given when it is executed.

    It is made once, of tables: making a statement takes longer than executing it, and thousands of
    messages are moved by the same few.
    """
    row = MESSAGES.c
    # Not ``in_``, which many rows at once cannot have.
    from_there = or_(*(row.state == origin for origin in ORIGINS[status]))
    step = update(MESSAGES).where(row.id == bindparam("b_id"), from_there)
    if has_attempt:
        step = step.where(row.attempts == bindparam("b_attempt"))
    if status in FINAL:
        step = step.values(final_at=func.coalesce(row.final_at, bindparam("b_now", type_=row.final_at.type)))
    if status in _SENT:
        step = step.values(sent_at=func.coalesce(row.sent_at, bindparam("b_now", type_=row.sent_at.type)))
    if has_sid:
        step = step.values(provider_sid=func.coalesce(row.provider_sid, bindparam("b_sid")))
    return step


@cache
def _hear(status: MessageState, dialect: str) -> Any:
    """Return the statement that stores news of a message, which it locks, and says whether it will move."""
    row, event = MESSAGES.c, _EVENTS.c
    moves = or_(*(row.state == origin for origin in ORIGINS[status]))
    if status in FAILURES:
        moves &= or_(row.provider_sid.is_(None), row.provider_sid == bindparam("b_sid"))
    columns = {
        "centre_id": row.centre_id,
        "message_id": row.id,
        "key": bindparam("b_key", type_=event.key.type),
        "source": literal("provider"),
        "status": literal(status.value),
        "error_code": bindparam("b_code", type_=event.error_code.type),
        "applied": moves,
        "happened_at": bindparam("b_now", type_=event.happened_at.type),
    }
    found = select(*columns.values()).where(row.token == bindparam("b_token"))
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    stored = insert(_EVENTS).from_select(list(columns), found.with_for_update(of=MESSAGES, key_share=True))
    return stored.on_conflict_do_nothing().returning(event.message_id, event.applied)


@cache
def _keep_event(dialect: str) -> Any:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(_EVENTS).on_conflict_do_nothing()


def record_moves(
    session: Session, moved: Sequence[Any], status: MessageState, *, source: str, now: datetime, reason: str
) -> None:
    """Store one event for each row (``id``, ``centre_id``, ``attempts``) that one statement has moved."""
    code = None if status is S.CLAIMED else reason
    keep_events(
        session.connection(),
        [
            make_event(
                row.centre_id,
                row.id,
                status,
                source=source,
                key=f"{reason}-{row.attempts}",
                now=now,
                applied=True,
                error_code=code,
            )
            for row in moved
        ],
    )


def insert_or_ignore(session: Session, table: type) -> Any:
    """Return an ``INSERT`` that leaves out, without an error, what a unique constraint knows already."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()

"""The life of a message: one table of steps, taken by compare-and-set, every event kept.

Workers, callbacks of providers and people all move messages, at the same time and in any order. No
one of them reads a state and writes another: a step is one ``UPDATE`` that names the states it may
start from, so that a late or repeated event changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, Final, cast

from sqlalchemy import CursorResult, Table, Update, bindparam, func, insert, update
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

_SENT: Final = frozenset({S.ACCEPTED, S.DELIVERED, S.READ})

_MESSAGES: Final = cast(Table, Message.__table__)
_EVENTS: Final = cast(Table, MessageEvent.__table__)

_KEEP_SID: Final = update(_MESSAGES).where(
    _MESSAGES.c.id == bindparam("b_id"), _MESSAGES.c.provider_sid.is_(None)
)


def apply_event(
    session: Session,
    message: Message,
    status: MessageState,
    *,
    source: str,
    key: str,
    now: datetime,
    error_code: str | None = None,
    error: str | None = None,
    provider_sid: str | None = None,
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

    Returns
    -------
    bool
        Whether the message moved.
    """
    moved = move(
        session,
        message.id,
        message.centre_id,
        status,
        source=source,
        key=key,
        now=now,
        error_code=error_code,
        error=error,
        provider_sid=provider_sid,
    )
    if message in session:
        session.expire(
            message, ["state", "error_code", "error", "provider_sid", "sent_at", "final_at", "events"]
        )
    return moved


def move(
    session: Session,
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
    """Do the work of ``apply_event`` without the message's row in memory.

    Parameters
    ----------
    attempt : int, optional
        The step holds only while this is the message's latest attempt, so that a worker that was
        thought dead cannot take back what its successor did.
    **columns
        What else the step writes.
    """
    values = columns | {"state": status, "error_code": error_code, "error": error}
    given: dict[str, Any] = {"b_id": message_id}
    if status in FINAL or status in _SENT:
        given["b_now"] = now
    if provider_sid is not None:
        given["b_sid"] = provider_sid
    if attempt is not None:
        given["b_attempt"] = attempt
    # The row is locked first: events of one message are then stored in the order they were applied.
    step = _step(status, provider_sid is not None, attempt is not None)
    result: CursorResult[Any] = session.execute(step, values | given)  # type: ignore[assignment]
    moved = result.rowcount == 1
    if not moved and provider_sid is not None:
        session.execute(_KEEP_SID, {"b_id": message_id, "provider_sid": provider_sid})
    session.execute(
        _keep_event(session.get_bind().dialect.name),
        {
            "centre_id": centre_id,
            "message_id": message_id,
            "key": key[:80],
            "source": source,
            "status": status.value,
            "error_code": error_code,
            "applied": moved,
            "happened_at": now,
        },
    )
    return moved


@cache
def _step(status: MessageState, has_sid: bool, has_attempt: bool) -> Update:
    """Return the statement of a step; the columns it writes are given when it is executed.

    It is made once, of tables: making a statement takes longer than executing it, and thousands of
    messages are moved by the same few.
    """
    row = _MESSAGES.c
    step = update(_MESSAGES).where(row.id == bindparam("b_id"), row.state.in_(ORIGINS[status]))
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
def _keep_event(dialect: str) -> Any:
    """Return the statement that stores an event unless it is there already."""
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return insert(_EVENTS).on_conflict_do_nothing()


def record_moves(
    session: Session, moved: Sequence[Any], status: MessageState, *, source: str, now: datetime, reason: str
) -> None:
    """Store one event for each row (``id``, ``centre_id``, ``attempts``) that one statement has moved."""
    if moved:
        session.execute(
            insert(_EVENTS),
            [
                {
                    "centre_id": row.centre_id,
                    "message_id": row.id,
                    "key": f"{reason}-{row.attempts}",
                    "source": source,
                    "status": status.value,
                    "error_code": None if status is S.CLAIMED else reason,
                    "applied": True,
                    "happened_at": now,
                }
                for row in moved
            ],
        )


def insert_or_ignore(session: Session, table: type) -> Any:
    """Return an ``INSERT`` that leaves out, without an error, what a unique constraint knows already."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()

"""The life of a message: one table of steps, taken by compare-and-set, every event kept.

Workers, callbacks of providers and people all move messages, at the same time and in any order. A
message is locked before its state is read, and a step is an ``UPDATE`` that names the states it may
start from, so that a late or repeated event changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, Final, cast

from sqlalchemy import ColumnElement, Connection, Table, Update, bindparam, func, or_, select, update
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

# Statements are made once, and of tables: making one takes longer than executing it, and thousands of
# messages are moved by the same few.
_ROW: Final = MESSAGES.c
_NOW: Final = bindparam("b_now", type_=_ROW.sent_at.type)
_KEEP_SID: Final = update(MESSAGES).where(_ROW.id == bindparam("b_id"), _ROW.provider_sid.is_(None))
_LOCKED: Final = {
    name: select(_ROW.id, _ROW.centre_id, _ROW.token, _ROW.state, _ROW.attempts, _ROW.provider_sid)
    .where(_ROW[name].in_(bindparam("names", expanding=True)))
    .order_by(_ROW.id)
    .with_for_update(key_share=True)
    for name in ("id", "token")
}


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Something that happened to a message, and where that would move it.

    Parameters
    ----------
    of : int or str
        The message's id, or the token that its provider names it by.
    source : str
        ``worker``, ``provider``, ``reconcile`` or ``person``.
    key : str
        What makes the event one of its kind for this message; the same key again is not stored again.
    provider_sid : str, optional
        Kept, whether or not the message moves, when the message has none yet. A failure of another one
        than the message's, if ``attempt`` is not given, moves nothing.
    attempt : int, optional
        The step holds only while this is the message's latest attempt, so that a worker that was
        thought dead cannot take back what its successor did.
    columns : mapping
        What else the step writes.
    """

    of: int | str
    status: MessageState
    source: str
    key: str
    now: datetime
    error_code: str | None = None
    error: str | None = None
    provider_sid: str | None = None
    attempt: int | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class _Locked:
    id: int
    centre_id: int
    state: MessageState
    attempts: int
    provider_sid: str | None

    def moves_by(self, news: News) -> bool:
        """Whether something that happened moves the message."""
        if news.attempt is not None:
            counts = news.attempt == self.attempts
        else:
            other = news.provider_sid is not None and self.provider_sid not in {None, news.provider_sid}
            counts = not (other and news.status in FAILURES)
        return counts and self.state in ORIGINS[news.status]


def move(connection: Connection, news: News) -> bool:
    """Record what happened to a message and move it there, if a step leads there; return whether."""
    return move_all(connection, [news])[0]


def move_all(connection: Connection, news: Sequence[News]) -> list[bool]:
    """Record what happened to messages, all named alike, and move them; return which of it moved one.

    The rows are locked first, in the order of their ids: events of one message are then stored in the
    order they were applied, and nobody who holds a message waits for somebody who waits for it.
    """
    name = "token" if isinstance(news[0].of, str) else "id"
    rows = connection.execute(_LOCKED[name], {"names": list({each.of for each in news})})
    locked = {
        row._mapping[name]: _Locked(row.id, row.centre_id, row.state, row.attempts, row.provider_sid)
        for row in rows
    }
    steps, sids, events, moved = defaultdict(list), [], [], []
    for each in news:
        message = locked.get(each.of)
        moves = message is not None and message.moves_by(each)
        moved.append(moves)
        if message is None:
            continue  # deleted with its person, or it never was
        if moves:
            message.state = each.status
            steps[each.status, each.provider_sid is not None, *each.columns].append(_values(each, message.id))
        elif each.provider_sid is not None and message.provider_sid is None:
            sids.append({"b_id": message.id, "provider_sid": each.provider_sid})
        message.provider_sid = message.provider_sid or each.provider_sid
        events.append(
            make_event(
                message.centre_id,
                message.id,
                each.status,
                source=each.source,
                key=each.key,
                now=each.now,
                applied=moves,
                error_code=each.error_code,
            )
        )
    for (status, has_sid, *_columns), values in steps.items():
        connection.execute(_step(status, has_sid), values)
    if sids:
        connection.execute(_KEEP_SID, sids)
    keep_events(connection, events)
    return moved


def _values(news: News, message_id: int) -> dict[str, Any]:
    """Return what the statement of a step is executed with."""
    values = {"b_id": message_id, "state": news.status, "error_code": news.error_code, "error": news.error}
    if news.status in FINAL or news.status in _SENT:
        values["b_now"] = news.now
    if news.provider_sid is not None:
        values["b_sid"] = news.provider_sid
    return values | dict(news.columns)


def lock(connection: Connection, *conditions: ColumnElement[bool], **given: Any) -> None:
    """Keep others from moving some messages until the transaction ends, as ``move_all`` does."""
    query = select(Message.id).where(*conditions).order_by(Message.id).with_for_update(key_share=True)
    connection.execute(query, given).all()


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
def _step(status: MessageState, has_sid: bool) -> Update:
    """Return the statement of a step; the columns it writes are given when it is executed."""
    # Not ``in_``, which many rows at once cannot have.
    from_there = or_(*(_ROW.state == origin for origin in ORIGINS[status]))
    step = update(MESSAGES).where(_ROW.id == bindparam("b_id"), from_there)
    if status in FINAL:
        step = step.values(final_at=func.coalesce(_ROW.final_at, _NOW))
    if status in _SENT:
        step = step.values(sent_at=func.coalesce(_ROW.sent_at, _NOW))
    if has_sid:
        step = step.values(provider_sid=func.coalesce(_ROW.provider_sid, bindparam("b_sid")))
    return step


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

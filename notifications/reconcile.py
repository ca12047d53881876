"""Asking providers for messages of which it is not known whether, or how, they arrived.

Before a message whose sending had no clear outcome is tried again, the provider is asked for it. A
message that was taken and of which no callback came is asked for too, a few times.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, exists, or_, select, update
from sqlalchemy.orm import Session

from notifications.channels import Accepted, DeliveryError, Verdict
from notifications.claimed import COLUMNS, Claimed, read_claimed
from notifications.delivery import (
    BACK_OFF,
    FIRST_ASK,
    LEASE,
    Clock,
    Worker,
    end,
    failed,
    news_of,
    write_down,
)
from notifications.models import ChannelKind, Message, MessageState
from notifications.status import FAILURES, MESSAGES, lock, record_moves
from scheduler.db import begin_writing

BATCH: Final = 50

#: How long until the provider is asked again when it could not be asked.
ASK_AGAIN: Final = timedelta(minutes=5)

#: How long a provider that cannot be asked is waited for.
GIVE_UP: Final = timedelta(days=1)

#: How long after sending news of a message is still asked for, each time after twice as long.
FOLLOWED: Final = timedelta(days=2)

_ROW: Final = MESSAGES.c
_ABANDONED: Final = (
    _ROW.state == MessageState.CLAIMED,
    or_(_ROW.claimed_at <= bindparam("before"), _ROW.claimed_at > bindparam("after")),
)
_DOUBT: Final = (
    update(MESSAGES)
    .where(*_ABANDONED)
    .values(state=MessageState.UNCERTAIN, error_code="abandoned", next_at=bindparam("now"))
    .returning(_ROW.id, _ROW.centre_id, _ROW.attempts)
)
_RESERVE: Final = (
    update(MESSAGES)
    .where(
        _ROW.id == bindparam("b_id"),
        _ROW.state.in_((MessageState.UNCERTAIN, MessageState.ACCEPTED)),
        _ROW.next_at <= bindparam("now"),
    )
    .values(next_at=bindparam("later"))
    .returning(*(_ROW[column.key] for column in COLUMNS))
)
_OTHERS: Final = select(_ROW.provider_sid).where(
    _ROW.centre_id == bindparam("centre"),
    _ROW.address == bindparam("address"),
    _ROW.id != bindparam("this"),
    _ROW.provider_sid.is_not(None),
)
_DUE: Final = (_ROW.channel.in_(tuple(ChannelKind)), _ROW.next_at <= bindparam("now"))  # as the index has it
_UNSURE: Final = (_ROW.state == MessageState.UNCERTAIN, *_DUE)
_SILENT: Final = (_ROW.state == MessageState.ACCEPTED, *_DUE, _ROW.sent_at > bindparam("since"))
_ANYTHING: Final = select(*(exists().where(*conditions) for conditions in (_ABANDONED, _UNSURE, _SILENT)))
_SOME: Final = (
    select(_ROW.id, _ROW.channel)
    .where(_ROW.channel.not_in(bindparam("resting", expanding=True)))
    .order_by(_ROW.next_at, _ROW.id)
    .limit(BATCH)
)
_SOME_UNSURE: Final = _SOME.where(*_UNSURE)
_SOME_SILENT: Final = _SOME.where(*_SILENT)


def reconcile(session: Session, clock: Clock, worker: Worker) -> Counter[str]:
    """Find out about a batch of messages without a clear outcome; return how many went where."""
    counts: Counter[str] = Counter()
    now = clock()
    given: dict[str, Any] = {"now": now, "since": now - FOLLOWED, "before": now - LEASE, "after": now + LEASE}
    # Asked first, so that an idle worker never keeps writers waiting.
    abandoned, unsure, silent = tuple(session.connection().execute(_ANYTHING, given).one())
    session.commit()
    if abandoned:
        counts["abandoned"] = take_over(session, now)
    # It would take long to ask a provider that answers nothing for each of them.
    given["resting"] = resting = worker.resting(now)
    found = []
    if unsure or abandoned:
        found.append((session.connection().execute(_SOME_UNSURE, given).all(), _ask))
    if silent:
        found.append((session.connection().execute(_SOME_SILENT, given).all(), _follow))
    session.commit()
    for rows, step in found:
        for row in rows:
            if row.channel in resting:
                continue
            each = _reserve(session, clock(), row.id)
            if each is not None:
                counts[step(session, clock, worker, each).value] += 1
                resting = worker.resting(clock())
    return +counts


def take_over(session: Session, now: datetime) -> int:
    """Doubt messages whose worker has had them for too long; return how many.

    A claim from the future is one too: the clock was put back since.
    """
    long_ago = {"before": now - LEASE, "after": now + LEASE}
    begin_writing(session)
    connection = session.connection()
    lock(connection, *_ABANDONED, **long_ago)
    rows = connection.execute(_DOUBT, {"now": now, **long_ago}).all()
    record_moves(session, rows, MessageState.UNCERTAIN, source="reconcile", now=now, reason="abandoned")
    session.commit()
    return len(rows)


def _reserve(session: Session, now: datetime, message_id: int) -> Claimed | None:
    """Keep other workers from asking the same; return the message unless one of them has."""
    begin_writing(session)
    connection = session.connection()
    rows = connection.execute(_RESERVE, {"b_id": message_id, "now": now, "later": now + ASK_AGAIN}).all()
    reserved = None
    for each in read_claimed(session, rows, now):
        whose = {"centre": each.centre_id, "address": each.outgoing.address, "this": each.id}
        taken = frozenset(connection.scalars(_OTHERS, whose))
        reserved = replace(each, outgoing=replace(each.outgoing, taken=taken))
    session.commit()
    return reserved


def _ask(session: Session, clock: Clock, worker: Worker, each: Claimed) -> MessageState:
    """Settle a doubt: taken, to be sent again, or given up."""
    try:
        accepted = _find(worker, each, clock)
    except DeliveryError as error:
        lasting = error.verdict in {Verdict.STOP, Verdict.FALL_BACK}
        if not lasting and clock() - each.claimed_at < GIVE_UP:
            return MessageState.UNCERTAIN
        code = error.code if lasting else "unconfirmed"
        return end(session, clock, worker, each, MessageState.FAILED, code, error.reason, source="reconcile")
    if accepted is not None:
        return _found(session, clock, worker, each, accepted)
    if each.attempts > len(BACK_OFF):
        return end(session, clock, worker, each, MessageState.FAILED, "gave_up", source="reconcile")
    now = clock()
    write_down(
        session, [news_of(each, MessageState.QUEUED, "not-found", now, source="reconcile", next_at=now)]
    )
    return MessageState.QUEUED


def _follow(session: Session, clock: Clock, worker: Worker, each: Claimed) -> MessageState:
    """Catch up on news of a message that was taken, and say when to ask next."""
    accepted = None
    with suppress(DeliveryError):
        accepted = _find(worker, each, clock)
    if accepted is not None and accepted.status != MessageState.ACCEPTED:
        return _found(session, clock, worker, each, accepted)
    now = clock()
    begin_writing(session)
    session.execute(
        update(Message)
        .where(Message.id == each.id, Message.state == MessageState.ACCEPTED)
        .values(next_at=now + max(FIRST_ASK, now - each.claimed_at))
        .execution_options(synchronize_session=False)
    )
    session.commit()
    return MessageState.ACCEPTED


def _find(worker: Worker, each: Claimed, clock: Clock) -> Accepted | None:
    """Ask the provider for a message."""
    channel = worker.channels.get(each.outgoing.channel)
    if channel is None or channel.provider != each.provider:
        raise DeliveryError("provider_gone", Verdict.RETRY)
    try:
        accepted = channel.find(each.outgoing)
    except DeliveryError as error:
        worker.rests.note(each.provider, error, clock())
        raise
    worker.rests.note(each.provider, None, clock())
    return accepted


def _found(session: Session, clock: Clock, worker: Worker, each: Claimed, accepted: Accepted) -> MessageState:
    """Write down what the provider knows of a message."""
    if accepted.status in FAILURES:
        return failed(session, clock, worker, each, accepted, source="reconcile")
    now, status = clock(), MessageState(accepted.status)
    given: dict[str, Any] = {"source": "reconcile", "provider_sid": accepted.provider_sid}
    write_down(session, [news_of(each, status, "sent", now, next_at=now + FIRST_ASK, **given)])
    return status

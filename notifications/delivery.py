"""Sending what is due: claimed by one worker, handed over outside any transaction, each result kept.

A worker may die at any instruction: what it claimed and has no result for is asked for at the
provider (``notifications.reconcile``) before it is tried again, so nothing is lost or sent twice.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Final

from sqlalchemy import ColumnElement, bindparam, or_, select, update
from sqlalchemy.orm import Session

from notifications.channels import Accepted, Channel, DeliveryError, Verdict
from notifications.claimed import COLUMNS, Claimed, read_claimed
from notifications.models import ChannelKind, Message, MessageState
from notifications.rests import Rests
from notifications.status import FAILURES, MESSAGES, ORIGINS, Taken, lock, move, move_taken, record_moves
from scheduler.db import begin_writing

log = logging.getLogger("semainier.delivery")

#: Waiting times between attempts; after the last, the message has failed.
BACK_OFF: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180))

#: How long a worker may hold what it claimed. Channels give up after half a minute, so that even a
#: batch that is slow all along is done, or given back, by the middle of it.
LEASE: Final = timedelta(minutes=20)

#: How long a provider gets to list what it took, before it is asked.
SETTLE: Final = timedelta(minutes=2)

#: When the provider has told nothing of a message that it took for so long, it is asked.
FIRST_ASK: Final = timedelta(minutes=30)

BATCH: Final = 20

#: How long what was taken may wait to be written down with the rest of its batch.
WRITE_AFTER: Final = timedelta(seconds=2)

#: Most time that one call of ``deliver_due`` goes on for, in seconds.
BUDGET_S: Final = 50

Clock = Callable[[], datetime]

# Made once, and of tables, like those of ``notifications.status``.
_ROW: Final = MESSAGES.c
_DUE: Final = (
    select(_ROW.id, _ROW.channel)
    .where(
        _ROW.state == MessageState.QUEUED,
        _ROW.next_at <= bindparam("now"),
        or_(_ROW.expires_at.is_(None), _ROW.expires_at > bindparam("now")),
        _ROW.channel.not_in(bindparam("resting", expanding=True)),
    )
    .order_by(_ROW.next_at, _ROW.id)
    .limit(BATCH)
    .with_for_update(skip_locked=True)
)
_CLAIM: Final = (
    update(MESSAGES)
    .where(_ROW.id.in_(bindparam("ids", expanding=True)), _ROW.state.in_(ORIGINS[MessageState.CLAIMED]))
    .values(state=MessageState.CLAIMED, attempts=_ROW.attempts + 1)
    .returning(*(_ROW[column.key] for column in COLUMNS))
)

#: What follows a failure: ``(session, message, error_code, now)``, in the transaction of the failure.
AfterFailure = Callable[[Session, Message, str, datetime], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """Who sends: a name for the record, the ways out of the house, and what follows a failure.

    ``rests`` outlives the worker: it is what the process knows of its providers.
    """

    name: str
    channels: Mapping[ChannelKind, Channel]
    after_failure: AfterFailure
    rests: Rests = field(default_factory=Rests)

    def resting(self, now: datetime) -> list[ChannelKind]:
        """Return the channels whose provider is left alone for now."""
        return [kind for kind, channel in self.channels.items() if self.rests.left(channel.provider, now)]


def deliver_due(session: Session, clock: Clock, worker: Worker) -> Counter[str]:
    """Send what is due until nothing is or time is up; return how many messages ended in which state.

    Any number of workers may do this at once.
    """
    counts: Counter[str] = Counter()
    until = clock() + timedelta(seconds=BUDGET_S)
    counts[MessageState.EXPIRED.value] += expire(session, clock)
    while clock() < until and (claimed := claim(session, clock, worker)):
        counts += send_all(session, clock, worker, claimed)
    return +counts


def send_all(session: Session, clock: Clock, worker: Worker, claimed: Sequence[Claimed]) -> Counter[str]:
    """Send a batch; return how many messages went where.

    What was taken is written down together, soon after: of what a worker held that died before, the
    provider is asked. What there is no time for, or no use, goes back to the queue.
    """
    counts: Counter[str] = Counter()
    taken: list[tuple[Claimed, Accepted]] = []
    back: list[Claimed] = []
    since = clock()
    for each in claimed:
        now, expires_at = clock(), each.outgoing.expires_at
        late = now - each.claimed_at > LEASE / 2 or (expires_at is not None and expires_at <= now)
        if late or worker.rests.left(each.provider, now):
            back.append(each)
            continue
        went = hand_over(session, clock, worker, each)
        if isinstance(went, Accepted):
            taken.append((each, went))
        else:
            counts[went.value] += 1
        if clock() - since >= WRITE_AFTER:
            counts += write_down(session, clock, taken)
            taken, since = [], clock()
    return counts + write_down(session, clock, taken) + give_back(session, clock, back)


def write_down(session: Session, clock: Clock, taken: Sequence[tuple[Claimed, Accepted]]) -> Counter[str]:
    """Record what a provider has taken; return how many messages are in which state."""
    if taken:
        now = clock()
        begin_writing(session)
        results = [
            Taken(
                message_id=each.id,
                centre_id=each.centre_id,
                attempts=each.attempts,
                status=MessageState(accepted.status),
                provider_sid=accepted.provider_sid,
            )
            for each, accepted in taken
        ]
        move_taken(session.connection(), results, now=now, next_at=now + FIRST_ASK)
        session.commit()
    return Counter(accepted.status for _each, accepted in taken)


def expire(session: Session, clock: Clock) -> int:
    """End the messages that would come too late; return how many."""
    now = clock()
    late = (Message.state == MessageState.QUEUED, Message.expires_at <= now)
    if not there_are(session, *late):
        return 0
    begin_writing(session)
    lock(session.connection(), *late)
    rows = session.execute(
        update(Message)
        .where(*late)
        .values(state=MessageState.EXPIRED, error_code="expired", final_at=now)
        .returning(Message.id, Message.centre_id, Message.attempts)
        .execution_options(synchronize_session=False)
    ).all()
    record_moves(session, rows, MessageState.EXPIRED, source="worker", now=now, reason="expired")
    session.commit()
    return len(rows)


def claim(session: Session, clock: Clock, worker: Worker) -> list[Claimed]:
    """Take a batch of due messages, none of which anybody else has taken."""
    now = clock()
    given = {"now": now, "resting": worker.resting(now)}
    idle = session.connection().execute(_DUE, given).first() is None
    session.commit()
    if idle:
        return []
    begin_writing(session)
    connection = session.connection()
    due = connection.execute(_DUE, given).all()
    # What cannot be asked for is held by itself: who dies leaves no other in doubt.
    alone = {kind for kind, channel in worker.channels.items() if not channel.can_be_asked}
    due = list(takewhile(lambda row: row.channel not in alone, due)) or due[:1]
    rows: list[Any] = []
    for kind in dict.fromkeys(row.channel for row in due):
        channel = worker.channels.get(kind)
        values = {
            "ids": [row.id for row in due if row.channel == kind],
            "claimed_at": now,
            "claimed_by": worker.name,
            "provider": channel.provider if channel else "",
        }
        rows += connection.execute(_CLAIM, values).all()
    record_moves(session, rows, MessageState.CLAIMED, source="worker", now=now, reason="claimed")
    place = {row.id: number for number, row in enumerate(due)}
    claimed = read_claimed(session, sorted(rows, key=lambda row: place[row.id]), now)
    session.commit()
    return claimed


def there_are(session: Session, *conditions: ColumnElement[bool]) -> bool:
    """Whether there are such messages; asked first so that an idle worker never keeps writers waiting."""
    found = session.scalar(select(Message.id).where(*conditions).limit(1)) is not None
    session.commit()
    return found


def give_back(session: Session, clock: Clock, held: Sequence[Claimed]) -> Counter[str]:
    """Return messages that were not sent to the queue, as if they had not been claimed; count them."""
    if not held:
        return Counter()
    now = clock()
    ids = [each.id for each in held]
    begin_writing(session)
    lock(session.connection(), Message.id.in_(ids))
    rows = session.execute(
        update(Message)
        .where(
            Message.id.in_(ids),
            Message.state == MessageState.CLAIMED,
            Message.claimed_at == held[0].claimed_at,
        )
        .values(state=MessageState.QUEUED, attempts=Message.attempts - 1)
        .returning(Message.id, Message.centre_id, (Message.attempts + 1).label("attempts"))
        .execution_options(synchronize_session=False)
    ).all()
    record_moves(session, rows, MessageState.QUEUED, source="worker", now=now, reason="released")
    session.commit()
    return Counter({MessageState.QUEUED.value: len(rows)})


def hand_over(session: Session, clock: Clock, worker: Worker, each: Claimed) -> Accepted | MessageState:
    """Send one claimed message; return what its provider said, or where it went if it was not taken."""
    if each.closed is not None:
        return end(session, clock, worker, each, MessageState.WITHHELD, each.closed)
    channel = worker.channels.get(each.outgoing.channel)
    try:
        if channel is None:
            raise DeliveryError("no_channel", Verdict.FALL_BACK)
        accepted = channel.send(each.outgoing)
    except DeliveryError as error:
        worker.rests.note(each.provider, error, clock())
        return settle(session, clock, worker, each, error)
    except Exception:
        log.exception("channel %s failed with message %s", each.outgoing.channel, each.id)
        return settle(session, clock, worker, each, DeliveryError("internal", Verdict.UNCERTAIN))
    worker.rests.note(each.provider, None, clock())
    if accepted.status in FAILURES:
        return failed(session, clock, worker, each, accepted)
    return accepted


def failed(
    session: Session,
    clock: Clock,
    worker: Worker,
    each: Claimed,
    accepted: Accepted,
    *,
    source: str = "worker",
) -> MessageState:
    """Write down a message that its provider took and could not deliver."""
    code, sid = accepted.error_code or accepted.status, accepted.provider_sid
    status = MessageState(accepted.status)
    return end(session, clock, worker, each, status, code, source=source, provider_sid=sid)


def settle(
    session: Session,
    clock: Clock,
    worker: Worker,
    each: Claimed,
    error: DeliveryError,
    *,
    source: str = "worker",
) -> MessageState:
    """Write down a message that was not taken, or perhaps was; return where it went.

    What may be tried again waits longer each time, and never less than the provider asks for. After
    the last attempt, as after a refusal, the message has failed.
    """
    code, reason = error.code, error.reason
    if error.verdict is Verdict.RETRY and each.attempts > len(BACK_OFF):
        code, reason = "gave_up", str(error)
    elif error.verdict in {Verdict.RETRY, Verdict.UNCERTAIN}:
        now = clock()
        if error.verdict is Verdict.UNCERTAIN:
            status, what, wait = MessageState.UNCERTAIN, "unsure", SETTLE
        else:
            status, what = MessageState.QUEUED, "again"
            wait = max(BACK_OFF[each.attempts - 1], timedelta(seconds=error.retry_after_s or 0))
        begin_writing(session)
        record(
            session,
            each,
            status,
            what,
            now,
            source=source,
            next_at=now + wait,
            error_code=code,
            error=reason,
        )
        session.commit()
        return status
    return end(session, clock, worker, each, MessageState.FAILED, code, reason, source=source)


def end(
    session: Session,
    clock: Clock,
    worker: Worker,
    each: Claimed,
    status: MessageState,
    code: str,
    reason: str = "",
    *,
    source: str = "worker",
    provider_sid: str | None = None,
) -> MessageState:
    """End a message without success; ``after_failure`` decides what comes in its place."""
    now = clock()
    begin_writing(session)
    given = {"source": source, "error_code": code, "error": reason, "provider_sid": provider_sid}
    if record(session, each, status, "ended", now, **given):  # type: ignore[arg-type]
        try:
            with session.begin_nested():
                worker.after_failure(session, session.get_one(Message, each.id), code, now)
        except Exception:
            # The failure itself is not forgotten because of it.
            log.exception("nothing followed the failure of message %s", each.id)
    session.commit()
    return status


def record(
    session: Session,
    each: Claimed,
    status: MessageState,
    what: str,
    now: datetime,
    *,
    source: str = "worker",
    error_code: str | None = None,
    error: str = "",
    provider_sid: str | None = None,
    **columns: Any,
) -> bool:
    """Move a claimed message and store the event; return whether it moved."""
    # Good news of an earlier attempt still holds; the rest does only while nobody has tried again.
    good = status in {MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.READ}
    return move(
        session.connection(),
        each.id,
        each.centre_id,
        status,
        source=source,
        key=f"{what}-{each.attempts}",
        now=now,
        attempt=None if good else each.attempts,
        error_code=error_code[:40] if error_code else None,
        error=error[:200] or None,
        provider_sid=provider_sid,
        **columns,
    )

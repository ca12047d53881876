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
from typing import Any, Final

from sqlalchemy import bindparam, exists, func, literal_column, or_, select, update
from sqlalchemy.orm import Session

from notifications.channels import Accepted, Channel, DeliveryError, Verdict
from notifications.claimed import COLUMNS, Claimed, read_claimed
from notifications.models import ChannelKind, Message, MessageState
from notifications.rests import Rests
from notifications.status import FAILURES, MESSAGES, ORIGINS, News, lock, move, move_all, record_moves
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
_QUEUED: Final = _ROW.state == literal_column(f"'{MessageState.QUEUED}'")  # as the index has it
_LATE: Final = (_QUEUED, _ROW.expires_at <= bindparam("now"))
_EXPIRE: Final = (
    update(MESSAGES)
    .where(*_LATE)
    .values(state=MessageState.EXPIRED, error_code="expired", final_at=bindparam("now"))
    .returning(_ROW.id, _ROW.centre_id, _ROW.attempts)
)
_WAITING: Final = select(
    exists().where(*_LATE).label("late"),
    *(
        select(func.min(_ROW.next_at))
        .where(_ROW.state == MessageState.QUEUED, _ROW.channel == kind, _ROW.next_at <= bindparam("now"))
        .scalar_subquery()
        .label(kind.value)
        for kind in ChannelKind
    ),
)
_DUE: Final = (
    select(_ROW.id)
    .where(
        _ROW.state == MessageState.QUEUED,
        _ROW.channel == bindparam("channel"),
        _ROW.next_at <= bindparam("now"),
        or_(_ROW.expires_at.is_(None), _ROW.expires_at > bindparam("now")),
    )
    .order_by(_ROW.next_at, _ROW.id)
    .limit(bindparam("most"))
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
    while clock() < until:
        late, kind = look(session, clock, worker)
        if late:
            counts[MessageState.EXPIRED.value] += expire(session, clock)
        elif kind is not None and (claimed := claim(session, clock, worker, kind)):
            counts += send_all(session, clock, worker, claimed)
        else:
            break
    return +counts


def look(session: Session, clock: Clock, worker: Worker) -> tuple[bool, ChannelKind | None]:
    """Return whether there are messages that come too late, and the channel of the one that is due longest.

    It is asked first, so that an idle worker never keeps writers waiting.
    """
    now = clock()
    late, *due = session.connection().execute(_WAITING, {"now": now}).one()
    session.commit()
    resting = worker.resting(now)
    waiting = {
        kind: since
        for kind, since in zip(ChannelKind, due, strict=True)
        if since is not None and kind not in resting
    }
    return late, min(waiting, key=lambda kind: waiting[kind], default=None)


def send_all(session: Session, clock: Clock, worker: Worker, claimed: Sequence[Claimed]) -> Counter[str]:
    """Send a batch; return how many messages went where.

    What came of it is written down together, soon after: of what a worker held that died before, the
    provider is asked. What there is no time for, or no use, goes back to the queue.
    """
    counts: Counter[str] = Counter()
    news: list[News] = []
    since = clock()
    for each in claimed:
        now, expires_at = clock(), each.outgoing.expires_at
        late = now - each.claimed_at > LEASE / 2 or (expires_at is not None and expires_at <= now)
        if late or each.not_before is not None or worker.rests.left(each.provider, now):
            # As if it had not been claimed.
            columns: dict[str, Any] = {"attempts": each.attempts - 1}
            if each.not_before is not None:
                columns["next_at"] = each.not_before
            news.append(news_of(each, MessageState.QUEUED, "released", now, **columns))
            continue
        went = hand_over(session, clock, worker, each)
        if isinstance(went, News):
            news.append(went)
        else:
            counts[went.value] += 1
        if clock() - since >= WRITE_AFTER:
            counts += write_down(session, news)
            news, since = [], clock()
    return counts + write_down(session, news)


def write_down(session: Session, news: Sequence[News]) -> Counter[str]:
    """Record what came of messages; return how many are in which state."""
    if news:
        begin_writing(session)
        move_all(session.connection(), news)
        session.commit()
    return Counter(each.status.value for each in news)


def expire(session: Session, clock: Clock) -> int:
    """End the messages that would come too late; return how many."""
    now = clock()
    begin_writing(session)
    connection = session.connection()
    lock(connection, *_LATE, now=now)
    rows = connection.execute(_EXPIRE, {"now": now}).all()
    record_moves(session, rows, MessageState.EXPIRED, source="worker", now=now, reason="expired")
    session.commit()
    return len(rows)


def claim(session: Session, clock: Clock, worker: Worker, kind: ChannelKind) -> list[Claimed]:
    """Take a batch of due messages of a channel, none of which anybody else has taken."""
    now = clock()
    channel = worker.channels.get(kind)
    # What cannot be asked for is held by itself: who dies leaves no other in doubt.
    most = BATCH if channel is None or channel.can_be_asked else 1
    begin_writing(session)
    connection = session.connection()
    ids = connection.scalars(_DUE, {"now": now, "channel": kind, "most": most}).all()
    values = {
        "ids": ids,
        "claimed_at": now,
        "claimed_by": worker.name,
        "provider": channel.provider if channel else "",
    }
    place = {message_id: number for number, message_id in enumerate(ids)}
    rows = sorted(connection.execute(_CLAIM, values), key=lambda row: place[row.id])
    record_moves(session, rows, MessageState.CLAIMED, source="worker", now=now, reason="claimed")
    claimed = read_claimed(session, rows, now)
    session.commit()
    return claimed


def hand_over(session: Session, clock: Clock, worker: Worker, each: Claimed) -> News | MessageState:
    """Send one claimed message; return what is to be written down, or where it went if it has been."""
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
    now, status, sid = clock(), MessageState(accepted.status), accepted.provider_sid
    return news_of(each, status, "sent", now, next_at=now + FIRST_ASK, provider_sid=sid)


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
    session: Session, clock: Clock, worker: Worker, each: Claimed, error: DeliveryError
) -> News | MessageState:
    """Decide about a message that was not taken, or perhaps was; see ``hand_over``.

    What may be tried again waits longer each time, and never less than the provider asks for. After
    the last attempt, as after a refusal, the message has failed.
    """
    code, reason, now = error.code, error.reason, clock()
    if error.verdict is Verdict.UNCERTAIN:
        status, what, wait = MessageState.UNCERTAIN, "unsure", SETTLE
    elif error.verdict is Verdict.RETRY and each.attempts <= len(BACK_OFF):
        status, what = MessageState.QUEUED, "again"
        wait = max(BACK_OFF[each.attempts - 1], timedelta(seconds=error.retry_after_s or 0))
    else:
        if error.verdict is Verdict.RETRY:
            code, reason = "gave_up", str(error)
        return end(session, clock, worker, each, MessageState.FAILED, code, reason)
    return news_of(each, status, what, now, next_at=now + wait, error_code=code, error=reason)


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
    given: dict[str, Any] = {"error_code": code, "error": reason, "provider_sid": provider_sid}
    if move(session.connection(), news_of(each, status, "ended", now, source=source, **given)):
        try:
            with session.begin_nested():
                worker.after_failure(session, session.get_one(Message, each.id), code, now)
        except Exception:
            # The failure itself is not forgotten because of it.
            log.exception("nothing followed the failure of message %s", each.id)
    session.commit()
    return status


def news_of(
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
) -> News:
    """Return what is to be written down of a claimed message."""
    # Good news of an earlier attempt still holds; the rest does only while nobody has tried again.
    good = status in {MessageState.ACCEPTED, MessageState.DELIVERED, MessageState.READ}
    return News(
        of=each.id,
        status=status,
        source=source,
        key=f"{what}-{each.attempts}",
        now=now,
        attempt=None if good else each.attempts,
        error_code=error_code[:40] if error_code else None,
        error=error[:200] or None,
        provider_sid=provider_sid,
        columns=columns,
    )

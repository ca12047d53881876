"""Keeping the night quiet: what could not leave in time, as while a provider was down, waits for morning."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session, selectinload

from notifications.models import ChannelKind, Message, MessageKind, MessageState
from notifications.net_changes import NetChange
from notifications.policy import Policy, in_quiet_hours, load_policies
from notifications.step_times import after_quiet, telling_time
from scheduler.db import begin_writing
from scheduler.models import Centre
from scheduler.timegrid import to_wall

#: What was written at night is meant for it, for so long: a reminder of the same morning has its own hour.
MEANT: Final = timedelta(hours=1)


def wait_for_morning(session: Session, clock: Callable[[], datetime]) -> int:
    """Put off what is due and would ring at night; return how many messages. Commits.

    Answers go out at any hour, as does e-mail. Nothing waits longer than 90 minutes before the session it is
    about, or past the time until which it is of use.
    """
    now = clock()
    due = (
        Message.state == MessageState.QUEUED,
        Message.next_at <= now,
        Message.channel != ChannelKind.EMAIL,
        Message.kind != MessageKind.ANSWER,
    )
    later: dict[int, datetime] = {}
    for centre_id in session.scalars(select(Message.centre_id).where(*due).distinct()).all():
        centre = session.get_one(Centre, centre_id)
        policy, zone = load_policies(session, centre).centre, ZoneInfo(centre.timezone)
        if in_quiet_hours(to_wall(now, zone)[1], policy.quiet_from, policy.quiet_until):
            own = select(Message).where(Message.centre_id == centre_id, *due)
            for message in session.scalars(own.options(selectinload(Message.topics))):
                if (at := _morning(message, policy, now, zone)) > now:
                    later[message.id] = at
    session.commit()
    if later:
        begin_writing(session)
        for message_id, at in later.items():
            waiting = Message.id == message_id, Message.state == MessageState.QUEUED
            session.execute(update(Message).where(*waiting).values(next_at=at))
        session.commit()
    return len(later)


def _morning(message: Message, policy: Policy, now: datetime, zone: ZoneInfo) -> datetime:
    """Return when a message may ring."""
    wall = to_wall(message.created_at, zone)[1]
    at_night = in_quiet_hours(wall, policy.quiet_from, policy.quiet_until)
    if at_night and now - message.created_at < MEANT:
        return now
    changes = (NetChange.from_json(each) for each in message.facts.get("changes", ()))
    starts = [start for each in changes for start in each.starts]
    if message.kind == MessageKind.REMINDER:
        starts = [topic.starts_at for topic in message.topics]
    first = min((start for start in starts if start > now), default=None)
    if first is not None:
        return telling_time(now, first, policy, zone)
    at = after_quiet(now, policy.quiet_from, policy.quiet_until, zone)
    return at if message.expires_at is None or at < message.expires_at else now

"""Keeping the night quiet: what could not leave in time, as while a provider was down, waits for morning."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from notifications.models import ChannelKind, Message, MessageKind
from notifications.net_changes import NetChange
from notifications.policy import Policy, in_quiet_hours, load_policies
from notifications.step_times import after_quiet, telling_time
from scheduler.models import Centre
from scheduler.timegrid import to_wall

#: What was written at night is meant for it, for so long: a reminder of the same morning has its own hour.
MEANT: Final = timedelta(hours=1)


def is_night(timezone: str, quiet_from: time | None, quiet_until: time | None, now: datetime) -> bool:
    """Whether it is night for a centre, by its own quiet hours or the default ones."""
    usual = Policy()
    wall = to_wall(now, ZoneInfo(timezone))[1]
    return in_quiet_hours(wall, quiet_from or usual.quiet_from, quiet_until or usual.quiet_until)


def mornings(session: Session, centre_id: int, rows: Iterable[Any], now: datetime) -> dict[int, datetime]:
    """Return until when messages of a centre wait that would ring in its night, by id.

    Answers go out at any hour, as does e-mail. Nothing waits longer than 90 minutes before the session it is
    about, or past the time until which it is of use.
    """
    ids = [row.id for row in rows if row.channel != ChannelKind.EMAIL and row.kind != MessageKind.ANSWER]
    if not ids:
        return {}
    centre = session.get_one(Centre, centre_id)
    policy, zone = load_policies(session, centre).centre, ZoneInfo(centre.timezone)
    query = select(Message).where(Message.id.in_(ids)).options(selectinload(Message.topics))
    found = {message.id: _morning(message, policy, now, zone) for message in session.scalars(query)}
    return {message_id: at for message_id, at in found.items() if at > now}


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

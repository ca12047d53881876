"""What could not leave in time does not ring at night, and what must be known before morning does."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from notifications.delivery import Worker, deliver_due
from notifications.models import ChannelKind, Message, MessageKind, MessageTopic
from notifications.net_changes import NetChange, Place
from scheduler import models as m
from tests.factories import Make
from tests.notifications.channels import RecordingChannel

BRUSSELS = ZoneInfo("Europe/Brussels")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of November 2026 by the clock in Brussels."""
    return datetime(2026, 11, day, hour, minute, tzinfo=BRUSSELS)


EVENING, NIGHT, MORNING = at(24, 18), at(25, 2), at(25, 8)


def moved(before: datetime, after: datetime) -> dict[str, Any]:
    """Facts of a message that tells of another time."""
    places = [
        Place(starts_at=start, ends_at=start + timedelta(hours=1), site_id=1, room_id=None)
        for start in (before, after)
    ]
    change = NetChange(
        participant_id=1, uid="u", sequence=1, activity_id=1, before=places[0], after=places[1]
    )
    return {"changes": [change.as_json()]}


def deliver(session: Session, now: datetime) -> Counter[str]:
    """Send what is due by a provider that takes everything; return how many messages went where."""
    channel = RecordingChannel()
    channels = dict.fromkeys(ChannelKind, channel)
    worker = Worker(name="night", channels=channels, after_failure=lambda *_given: None)
    return deliver_due(session, lambda: now, worker)


@pytest.mark.parametrize(
    ("columns", "starts_at", "expected"),
    [
        ({}, at(26, 9), MORNING),
        # Nobody leaves home without having been told.
        ({}, at(25, 8, 30), at(25, 7)),
        ({}, at(25, 3), NIGHT),
        ({"kind": MessageKind.CHANGE, "facts": moved(at(25, 6, 30), at(25, 14))}, at(25, 14), at(25, 5)),
        ({"kind": MessageKind.MISSED_YOU}, at(24, 9), MORNING),
        ({"kind": MessageKind.FREED_SEAT, "expires_at": at(25, 7)}, at(25, 12), NIGHT),
        # At night on purpose.
        ({"created_at": at(25, 1, 30)}, at(26, 9), NIGHT),
        ({"kind": MessageKind.ANSWER}, at(26, 9), NIGHT),
        ({"channel": ChannelKind.EMAIL}, at(26, 9), NIGHT),
    ],
    ids=["reminder", "early", "too_near", "change", "word", "seat", "meant", "answer", "mail"],
)
def test_what_is_late_waits_for_the_morning(
    session: Session, make: Make, columns: dict[str, Any], starts_at: datetime, expected: datetime
) -> None:
    given = {"kind": MessageKind.REMINDER, "created_at": EVENING, "next_at": NIGHT} | columns
    message = make(Message, **given)
    make(MessageTopic, message=message, starts_at=starts_at)
    session.commit()
    if expected != NIGHT:
        assert deliver(session, NIGHT) == {"queued": 1}
        session.refresh(message)
        assert (message.next_at, message.attempts) == (expected, 0)
    assert deliver(session, expected) == {"accepted": 1}


def test_by_day_nothing_waits(session: Session, make: Make, centre: m.Centre) -> None:
    make(Message, created_at=EVENING, next_at=EVENING)
    session.commit()
    assert deliver(session, at(24, 19, 59)) == {"accepted": 1}
    make(Message, created_at=EVENING, next_at=EVENING)
    session.commit()
    assert deliver(session, at(24, 20)) == {"queued": 1}
    assert deliver(session, MORNING) == {"accepted": 1}

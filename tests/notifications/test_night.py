"""What could not leave in time does not ring at night, and what must be known before morning does."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from notifications.models import ChannelKind, Message, MessageKind, MessageState, MessageTopic
from notifications.net_changes import NetChange, Place
from notifications.night import wait_for_morning
from scheduler import models as m
from tests.factories import Make

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
        ({"state": MessageState.CLAIMED}, at(26, 9), NIGHT),
    ],
    ids=["reminder", "early", "too_near", "change", "word", "seat", "meant", "answer", "mail", "leaving"],
)
def test_what_is_late_waits_for_the_morning(
    session: Session, make: Make, columns: dict[str, Any], starts_at: datetime, expected: datetime
) -> None:
    given = {"kind": MessageKind.REMINDER, "created_at": EVENING, "next_at": NIGHT} | columns
    message = make(Message, **given)
    make(MessageTopic, message=message, starts_at=starts_at)
    session.commit()
    assert wait_for_morning(session, lambda: NIGHT) == (expected != NIGHT)
    session.refresh(message)
    assert message.next_at == expected
    assert wait_for_morning(session, lambda: expected) == 0


def test_by_day_nothing_waits(session: Session, make: Make, centre: m.Centre) -> None:
    message = make(Message, created_at=EVENING, next_at=EVENING)
    session.commit()
    assert wait_for_morning(session, lambda: at(24, 19, 59)) == 0
    assert wait_for_morning(session, lambda: at(24, 20)) == 1
    session.refresh(message)
    assert message.next_at == MORNING

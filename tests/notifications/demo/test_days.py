"""The last days of a demonstration centre: reminders, answers and lists, and never over a real centre."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifications.channels.sandbox import PROVIDER
from notifications.contacts import routes_of
from notifications.demo import choose_channels, let_days_pass
from notifications.models import ChannelKind, InboundMessage, InboundState, Message, MessageState
from scheduler import models as m
from scheduler.errors import InvalidInputError
from tests.factories import Make
from tests.planning import hold, make_world, publish_days

MONDAY = date(2026, 11, 23)


@pytest.fixture(params=["sqlite"])
def backend(request: pytest.FixtureRequest) -> str:
    """What the jobs do on each database is tested where they are."""
    return str(request.param)


@pytest.fixture
def people(session: Session, centre: m.Centre, make: Make) -> list[m.Participant]:
    """Two dozen people of three languages, expected in a group that more would like to join, for two days."""
    centre.is_demo, centre.settings = True, {"send_unreviewed": True}
    world = make_world(make)
    world["programme"].key, world["activity"].key = "mod_actions", "computing"
    people = [
        make(m.Participant, message_language=("ar", "uk", "so")[n % 3], phone=f"+336399800{n:02}")
        for n in range(24)
    ]
    plan = publish_days(make, world, MONDAY, MONDAY + timedelta(6))
    for day in range(2):
        hold(make, world, plan, MONDAY + timedelta(day), *people)
    session.commit()
    return people


def test_people_are_reminded_and_answer_and_lists_are_taken(
    session: Session, centre: m.Centre, people: list[m.Participant]
) -> None:
    since = datetime(2026, 11, 20, 9, tzinfo=UTC)
    until = datetime(2026, 11, 23, 19, 30, tzinfo=UTC)
    counts = let_days_pass(session, centre.id, since, until, seed=1)

    messages = session.scalars(select(Message)).all()
    assert {each.provider for each in messages} == {PROVIDER}
    assert {each.state for each in messages} == {MessageState.DELIVERED}
    assert {each.language for each in messages} == {"ar", "uk", "so"}
    assert all(each.sent_at is not None and since < each.sent_at <= until for each in messages)
    inbound = session.scalars(select(InboundMessage)).all()
    assert len(inbound) == counts["answers"] >= 8
    assert all(since < each.received_at <= until for each in inbound)
    assert {each.state for each in inbound} == {InboundState.DONE, InboundState.OPEN}
    assert {each.meaning for each in inbound} >= {"coming", "not_coming", "call_me", "unknown"}

    # Somebody gave up a seat on each day, and the list of the day that is over is taken.
    assert session.scalar(select(func.count(func.distinct(m.FreedSeat.session_uid)))) == 2
    records = session.scalars(
        select(m.AttendanceRecord).where(m.AttendanceRecord.state != m.AttendanceState.UNMARKED)
    ).all()
    assert len(records) == counts["marked"] == len(people)
    assert {row.starts_at.date() for row in records} == {MONDAY}
    away = {row.state for row in records if row.answer == m.Answer.NOT_COMING}
    assert away <= {m.AttendanceState.EXCUSED, m.AttendanceState.ABSENT}
    assert away


def test_a_session_that_just_ended_has_no_list_yet(
    session: Session, centre: m.Centre, people: list[m.Participant]
) -> None:
    until = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
    assert let_days_pass(session, centre.id, until - timedelta(hours=6), until, seed=1)["marked"] == 0


def test_a_real_centre_is_left_alone(session: Session, centre: m.Centre, make: Make, now: datetime) -> None:
    centre.is_demo = False
    with pytest.raises(InvalidInputError, match="vrai centre"):
        let_days_pass(session, centre.id, now - timedelta(days=3), now, seed=1)


def test_who_reads_little_is_called(session: Session, centre: m.Centre, people: list[m.Participant]) -> None:
    people[0].reads_little = True
    session.flush()
    choose_channels(session, centre, seed=1)
    first = {person: found[0].channel for person, found in routes_of(session, centre, people).items()}
    assert first[people[0].id] == ChannelKind.VOICE
    assert set(first.values()) == {ChannelKind.VOICE, ChannelKind.SMS, ChannelKind.WHATSAPP}

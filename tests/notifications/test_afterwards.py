"""After a session: who is missed hears once, kindly; who came is asked now and then."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.afterwards import enqueue_words, words_due
from notifications.models import ContactChoice, Message, MessageKind
from notifications.policy import Policy, save_policy
from scheduler import models as m
from tests.factories import Make
from tests.planning import World, make_world

BRUSSELS = ZoneInfo("Europe/Brussels")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of November 2026 by the clock in Brussels."""
    return datetime(2026, 11, day, hour, minute, tzinfo=BRUSSELS)


EVENING = at(24, 18)


@pytest.fixture
def world(make: Make) -> World:
    world = make_world(make)
    world["person"].phone, world["person"].first_name = "+32470123456", "Amina"
    return world


def mark(
    make: Make, world: World, state: m.AttendanceState, day: int = 24, hour: int = 9, **more: Any
) -> Any:
    return make(
        m.AttendanceRecord,
        participant=world["person"],
        activity_id=world["activity"].id,
        programme_id=world["programme"].id,
        site_id=world["site"].id,
        starts_at=at(day, hour),
        ends_at=at(day, hour + 3),
        state=state,
        **more,
    )


ABSENT, PRESENT = m.AttendanceState.ABSENT, m.AttendanceState.PRESENT


def messages(session: Session) -> list[Message]:
    return list(session.scalars(select(Message).order_by(Message.id)))


def test_who_is_missed_hears_once_in_the_evening(
    session: Session, centre: m.Centre, make: Make, world: World
) -> None:
    for hour in (9, 13):
        mark(make, world, ABSENT, hour=hour)
    assert words_due(session, centre, EVENING) == []  # off by default
    save_policy(session, centre, Policy(missed_you=True))
    times = (at(24, 17, 59), EVENING, at(24, 18, 1), at(25, 9))
    assert [enqueue_words(session, centre, now) for now in times] == [0, 1, 0, 0]
    (sent,) = messages(session)
    assert (sent.kind, len(sent.topics)) == (MessageKind.MISSED_YOU, 2)
    assert "Amina" in sent.body


@pytest.mark.parametrize(
    ("hour", "now", "due"),
    [
        (15, at(24, 18, 59), 0),
        (15, at(24, 19), 1),
        # Until nine: then it is night, and the next morning will do.
        (18, at(24, 22), 0),
        (18, at(25, 8), 1),
        (9, at(25, 20), 0),
        (9, at(26, 9), 0),
    ],
)
def test_nobody_is_written_to_on_the_way_home_at_night_or_days_later(
    session: Session, centre: m.Centre, make: Make, world: World, hour: int, now: datetime, due: int
) -> None:
    mark(make, world, ABSENT, hour=hour)
    save_policy(session, centre, Policy(missed_you=True))
    assert len(words_due(session, centre, now)) == due


@pytest.mark.parametrize("why", ["excused", "excusing_reason", "announced", "present", "exempt", "inactive"])
def test_only_an_absence_that_nobody_knew_of_counts(
    session: Session, centre: m.Centre, make: Make, world: World, why: str
) -> None:
    state = {"excused": m.AttendanceState.EXCUSED, "present": PRESENT}.get(why, ABSENT)
    reason = make(m.AbsenceReason, excused=True) if why == "excusing_reason" else None
    answer = m.Answer.NOT_COMING if why == "announced" else None
    mark(make, world, state, reason=reason, answer=answer)
    if why == "exempt":
        session.add(ContactChoice(centre_id=centre.id, participant_id=world["person"].id, exempt=True))
    if why == "inactive":
        world["person"].active = False
    save_policy(session, centre, Policy(missed_you=True))
    assert enqueue_words(session, centre, EVENING) == 0


def test_a_reason_that_does_not_excuse_counts(
    session: Session, centre: m.Centre, make: Make, world: World
) -> None:
    mark(make, world, ABSENT, reason=make(m.AbsenceReason, excused=False))
    save_policy(session, centre, Policy(missed_you=True))
    assert enqueue_words(session, centre, EVENING) == 1


def test_people_are_asked_once_a_period_and_not_when_they_are_new(
    session: Session, centre: m.Centre, make: Make, world: World
) -> None:
    save_policy(session, centre, Policy(satisfaction_weeks=2))
    mark(make, world, PRESENT, day=16)
    mark(make, world, PRESENT, day=24)
    assert words_due(session, centre, EVENING) == []
    mark(make, world, PRESENT, day=30)
    assert enqueue_words(session, centre, at(30, 18)) == 1
    (sent,) = messages(session)
    assert sent.kind == MessageKind.SATISFACTION
    later = at(30, 18) + timedelta(days=7)
    for start in (later, later + timedelta(days=8)):
        make(
            m.AttendanceRecord,
            participant=world["person"],
            activity_id=world["activity"].id,
            programme_id=world["programme"].id,
            site_id=world["site"].id,
            starts_at=start - timedelta(hours=9),
            ends_at=start - timedelta(hours=6),
            state=PRESENT,
        )
    assert enqueue_words(session, centre, later) == 0
    assert enqueue_words(session, centre, later + timedelta(days=8)) == 1


def test_who_is_missed_is_not_asked_how_it_was(
    session: Session, centre: m.Centre, make: Make, world: World
) -> None:
    save_policy(session, centre, Policy(missed_you=True, satisfaction_weeks=1))
    mark(make, world, PRESENT, day=2)
    mark(make, world, PRESENT, day=24)
    mark(make, world, ABSENT, day=24, hour=13)
    assert [each.kind for each in words_due(session, centre, EVENING)] == [MessageKind.MISSED_YOU]


def test_over_the_budget_a_word_goes_by_e_mail(
    session: Session, centre: m.Centre, make: Make, world: World
) -> None:
    mark(make, world, ABSENT)
    world["person"].email = "amina@example.org"
    save_policy(session, centre, Policy(missed_you=True, budget_eur_cents=0))
    assert enqueue_words(session, centre, EVENING) == 1
    (sent,) = messages(session)
    assert (sent.channel, sent.error_code, sent.facts["because"]) == ("email", None, "budget")


def test_a_programme_may_write_where_the_centre_does_not(
    session: Session, centre: m.Centre, make: Make, world: World
) -> None:
    mark(make, world, ABSENT)
    save_policy(session, centre, Policy(active=False))
    assert words_due(session, centre, EVENING) == []
    save_policy(session, centre, Policy(missed_you=True), programme_id=world["programme"].id)
    assert len(words_due(session, centre, EVENING)) == 1

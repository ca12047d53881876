"""Seats given up: who is in line, who is asked, and how the seat changes hands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.attendance import answer, session_in_force
from scheduler.choices import (
    Outcome,
    apply_choices,
    choose,
    decline,
    expire,
    fill_freed_seats,
    keep_seat,
    offer_freed_seat,
    waiting_list,
)
from scheduler.choices.freed import end_of_answer
from scheduler.in_force import sessions_in_force
from tests.factories import MONDAY, Make
from tests.planning import World, hold
from tests.scheduler.choices.conftest import LAST, TUESDAY, news

#: What follows from rules, not from SQL, is tested once.
one_database = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

BRUSSELS = ZoneInfo("Europe/Brussels")


@pytest.fixture
def full(make: Make, world: World, enrol: Callable[..., m.Participant], ready: Any) -> m.GroupSession:
    """A full session of two; of the others one has had nothing, one has a course, one has one of two."""
    world["activity"].seats_max = 2
    world["rule"].target, world["rule"].max = 2, 2
    for name in ("second", "lucky", "busy", "patient"):
        world[name] = enrol(first_name=name)
    hold(make, world, world["plan"], TUESDAY + timedelta(1), world["lucky"])
    make(
        m.BusyPeriod,
        participant=world["busy"],
        starts_at=datetime(2026, 12, 8, 9, tzinfo=UTC),
        ends_at=datetime(2026, 12, 8, 11, tzinfo=UTC),
    )
    row = hold(make, world, world["plan"], TUESDAY, world["person"], world["second"])
    ready()
    return row


@pytest.fixture
def cannot(session: Session, centre: m.Centre, now: datetime) -> Callable[..., list[m.FreedSeat]]:
    """A function with which somebody says that they cannot come."""

    def say(uid: str, person: m.Participant) -> list[m.FreedSeat]:
        row = session_in_force(session, centre.id, uid)
        answer(session, row, person.id, m.Answer.NOT_COMING, now)
        return offer_freed_seat(session, centre, uid, now)

    return say


@one_database
def test_the_least_served_comes_first_and_only_who_can_come(
    session: Session, centre: m.Centre, world: World, full: m.GroupSession, cannot: Any, now: datetime
) -> None:
    assert offer_freed_seat(session, centre, full.uid, now) == []
    (seat,) = cannot(full.uid, world["person"])
    assert offer_freed_seat(session, centre, full.uid, now) == []
    line = waiting_list(session, centre, full.uid, now)
    assert [x.participant_id for x in line] == [world["patient"].id, world["lucky"].id]
    assert [(x.below_min, x.got) for x in line] == [(True, 0), (False, 1)]
    assert seat.state == m.FreedState.WAITING


def test_one_after_the_other_until_somebody_takes_it(
    session: Session, centre: m.Centre, world: World, full: m.GroupSession, cannot: Any, now: datetime
) -> None:
    (seat,) = cannot(full.uid, world["person"])
    (first,) = fill_freed_seats(session, centre, now)
    assert (first.participant_id, seat.state) == (world["patient"].id, m.FreedState.OFFERED)
    assert first.expires_at == now + timedelta(hours=3)
    assert fill_freed_seats(session, centre, now) == []
    later = now + timedelta(hours=4)
    assert expire(session, centre, later) == []
    assert (first.state, seat.state) == (m.OfferState.EXPIRED, m.FreedState.WAITING)
    (second,) = fill_freed_seats(session, centre, later)
    assert second.participant_id == world["lucky"].id
    assert choose(session, first, 1, later).outcome == Outcome.TAKEN
    assert choose(session, second, 1, later).outcome == Outcome.CHOSEN
    assert seat.state == m.FreedState.TAKEN
    (done,) = apply_choices(session, centre, later)
    assert done.applied == (second,)
    assert news(done) == [], "the one took it, the other gave it up"
    session.expire_all()
    row = {x.uid: x for x in sessions_in_force(session, centre.id, MONDAY, LAST)}[full.uid]
    expected = {x.participant_id for x in row.attendances if not x.excluded}
    assert expected == {world["second"].id, world["lucky"].id}


@one_database
def test_declined_and_nobody_left(
    session: Session, centre: m.Centre, world: World, full: m.GroupSession, cannot: Any, now: datetime
) -> None:
    (seat,) = cannot(full.uid, world["person"])
    for _ in range(2):
        (offer,) = fill_freed_seats(session, centre, now)
        decline(session, offer, now)
    assert fill_freed_seats(session, centre, now) == []
    assert seat.state == m.FreedState.CLOSED
    assert session.scalars(select(m.Task)).all() == [], "who does not want a seat need not be called"


@one_database
def test_who_comes_after_all_keeps_the_seat(
    session: Session, centre: m.Centre, world: World, full: m.GroupSession, cannot: Any, now: datetime
) -> None:
    (seat,) = cannot(full.uid, world["person"])
    (offer,) = fill_freed_seats(session, centre, now)
    row = session_in_force(session, centre.id, full.uid)
    answer(session, row, world["person"].id, m.Answer.COMING, now)
    keep_seat(session, centre, full.uid, world["person"].id, now)
    assert (seat.state, offer.state) == (m.FreedState.CLOSED, m.OfferState.WITHDRAWN)
    assert choose(session, offer, 1, now).outcome == Outcome.TAKEN
    (other,) = cannot(full.uid, world["second"])
    keep_seat(session, centre, full.uid, world["second"].id, now)
    assert other.state == m.FreedState.CLOSED
    assert fill_freed_seats(session, centre, now) == []


def test_who_wanted_a_seat_too_late_is_in_line_for_the_next(
    session: Session, centre: m.Centre, world: World, full: m.GroupSession, cannot: Any, now: datetime
) -> None:
    cannot(full.uid, world["person"])
    (first,) = fill_freed_seats(session, centre, now)
    later = now + timedelta(hours=4)
    expire(session, centre, later)
    (second,) = fill_freed_seats(session, centre, later)
    assert waiting_list(session, centre, full.uid, later) == [], "everybody was asked"
    gone = choose(session, first, 1, later)
    assert (gone.outcome, gone.place, gone.remaining) == (Outcome.TAKEN, None, ())
    decline(session, second, later)
    (again,) = fill_freed_seats(session, centre, later)
    assert again.participant_id == first.participant_id
    assert choose(session, again, 1, later).outcome == Outcome.CHOSEN


@one_database
@pytest.mark.parametrize(
    ("hour", "asked"),
    [(6.5, False), (5, False), (-3, False), (-4.25, False), (-4.5, True)],
    ids=["2 hours before", "early in the morning", "at night", "in the evening", "before the evening"],
)
def test_nobody_is_asked_who_could_not_answer_and_come(
    session: Session,
    centre: m.Centre,
    world: World,
    full: m.GroupSession,
    cannot: Any,
    hour: float,
    asked: bool,
) -> None:
    # The session is at nine: half an hour of daytime has to be left until seven.
    (seat,) = cannot(full.uid, world["person"])
    midnight = full.starts_at - timedelta(hours=9)
    assert bool(fill_freed_seats(session, centre, midnight + timedelta(hours=hour))) is asked
    assert seat.state == (m.FreedState.OFFERED if asked else m.FreedState.CLOSED)


@one_database
def test_two_seats_freed_at_the_same_moment_are_offered_to_two(
    session: Session, centre: m.Centre, world: World, full: m.GroupSession, cannot: Any, now: datetime
) -> None:
    cannot(full.uid, world["person"])
    cannot(full.uid, world["second"])
    offers = fill_freed_seats(session, centre, now)
    assert [offer.participant_id for offer in offers] == [world["patient"].id, world["lucky"].id]
    assert len({offer.freed_seat_id for offer in offers}) == 2
    assert [choose(session, offer, 1, now).outcome for offer in offers] == [Outcome.CHOSEN] * 2
    (done,) = apply_choices(session, centre, now)
    assert set(done.applied) == set(offers)
    row = {x.uid: x for x in sessions_in_force(session, centre.id, MONDAY, LAST)}[full.uid]
    expected = {x.participant_id for x in row.attendances if not x.excluded}
    assert expected == {world["patient"].id, world["lucky"].id}


@pytest.mark.parametrize(
    ("asked", "until"),
    [
        ("2026-11-23T09:00", "2026-11-23T12:00"),
        ("2026-11-23T18:30", "2026-11-24T09:30"),
        ("2026-11-23T22:00", "2026-11-24T11:00"),
        ("2026-11-24T03:00", "2026-11-24T11:00"),
        ("2026-10-24T19:00", "2026-10-25T10:00"),
    ],
)
def test_nobody_answers_at_night(asked: str, until: str) -> None:
    at, end = (datetime.fromisoformat(text).replace(tzinfo=BRUSSELS) for text in (asked, until))
    assert end_of_answer(at.astimezone(UTC), 180, BRUSSELS) == end

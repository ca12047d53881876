"""A centre whose interviews and parallel groups may be chosen, with a version in force."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.choices import Applied, propose
from scheduler.choices.rounds import send_round
from tests.factories import MONDAY, Make
from tests.planning import World, hold, make_world, publish_days

LAST = MONDAY + timedelta(13)

#: A day on which places may be offered, two weeks after the tests' now.
TUESDAY = MONDAY + timedelta(8)


def news(done: Applied) -> list[int]:
    """Return whom a publication of choices tells something new."""
    assert done.published is not None
    changes = done.published.changes.people
    return [x.person_id for x in changes if (x.person_id, x.uid) not in done.known]


@pytest.fixture
def world(make: Make) -> World:
    """A workshop of twelve seats and an interview of an hour, two leaders, and two weeks in force."""
    world = make_world(make)
    world["activity"].kind = "level_group"
    world["activity"].sessions_max = 5
    world["interview"] = make(
        m.Activity,
        programme=world["programme"],
        key="entretien",
        name="Entretien",
        kind="interview",
        individual=True,
        duration_minutes=60,
        seats_max=1,
        times=[{"weekdays": [0, 1, 2, 3, 4], "starts": ["09:00", "10:00", "14:00"]}],
    )
    make(
        m.DemandRule,
        programme=world["programme"],
        key="entretien",
        activity_keys=["entretien"],
        period_weeks=2,
        max=1,
    )
    world["colleague"] = make(m.StaffMember, first_name="Tom")
    world["room2"] = make(m.Room, site=world["site"], name="Salle 2")
    world["plan"] = publish_days(make, world, MONDAY, LAST)
    return world


@pytest.fixture
def enrol(make: Make, world: World) -> Callable[..., m.Participant]:
    """A function that adds people to the programme."""

    def add(**columns: Any) -> m.Participant:
        person: m.Participant = make(m.Participant, **columns)
        make(m.Enrolment, programme=world["programme"], participant=person)
        return person

    return add


@pytest.fixture
def interview(make: Make, world: World) -> Callable[..., m.GroupSession]:
    """A function that gives somebody an interview at nine on a Tuesday that is in force."""

    def add(person: m.Participant, hour: int = 9, **columns: Any) -> m.GroupSession:
        starts_at = datetime(TUESDAY.year, TUESDAY.month, TUESDAY.day, hour - 1, tzinfo=UTC)
        return hold(
            make,
            world,
            world["plan"],
            TUESDAY,
            person,
            model=m.Appointment,
            activity=world["interview"],
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=1),
            **columns,
        )

    return add


@pytest.fixture
def ready(session: Session) -> Callable[[], None]:
    """A function that writes down what the test made and forgets it, so that all is read anew."""

    def run() -> None:
        session.flush()
        session.expire_all()

    return run


@pytest.fixture
def offered(
    session: Session, centre: m.Centre, world: World, now: datetime, ready: Callable[[], None]
) -> Callable[..., list[m.ChoiceOffer]]:
    """A function that proposes an activity's places and sends them."""

    def run(activity: str = "interview") -> list[m.ChoiceOffer]:
        ready()
        made = propose(session, centre, world[activity].id, MONDAY, LAST, now)
        assert made.state == m.RoundState.READY
        return send_round(session, centre, made, now)

    return run

"""Every kind of place that may be chosen, from the offer to the plan; and what every place must respect."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.choices import Outcome, apply_choices, choose, decline, expire
from scheduler.choices.next_version import fold_choices
from scheduler.in_force import sessions_in_force
from tests.factories import MONDAY, Make
from tests.planning import World, hold
from tests.scheduler.choices.conftest import LAST, TUESDAY, news

#: What follows from rules, not from SQL, is tested once.
one_database = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

Enrol = Callable[..., m.Participant]
Offered = Callable[..., list[m.ChoiceOffer]]

GROUPS = ("level_group", "excursion", "volunteering")
WEDNESDAY, THURSDAY, FRIDAY = (TUESDAY + timedelta(days) for days in (1, 2, 3))


def of_kind(world: World, make: Make, interview: Any, kind: str) -> str:
    """Give the person a place of a kind and others to choose from; return the name of its activity."""
    if kind == "interview":
        interview(world["person"])
        return "interview"
    world["activity"].kind = kind
    hold(make, world, world["plan"], TUESDAY, world["person"])
    for day in (WEDNESDAY, THURSDAY):
        hold(make, world, world["plan"], day)
    return "activity"


def of_person(session: Session, centre: m.Centre, world: World) -> list[datetime]:
    session.expire_all()
    return [
        row.starts_at
        for row in sessions_in_force(session, centre.id, MONDAY, LAST)
        if row.cancelled_at is None and world["person"].id in {x.participant_id for x in row.attendances}
    ]


@one_database
@pytest.mark.parametrize("kind", ["interview", *GROUPS])
def test_a_place_is_chosen_and_becomes_the_plan(
    session: Session,
    centre: m.Centre,
    world: World,
    make: Make,
    interview: Any,
    offered: Offered,
    now: datetime,
    kind: str,
) -> None:
    (offer,) = offered(of_kind(world, make, interview, kind))
    assert [place.number for place in offer.places] == [1, 2, 3]
    assert choose(session, offer, 3, now).outcome == Outcome.CHOSEN
    (done,) = apply_choices(session, centre, now)
    assert done.applied == (offer,)
    assert of_person(session, centre, world) == [offer.places[2].starts_at]
    late = choose(session, offer, 2, now)
    assert (late.outcome, late.place) == (Outcome.TOO_LATE, offer.places[2]), "they hear what they have"


@one_database
@pytest.mark.parametrize("kind", ["interview", *GROUPS])
def test_none_of_these_keeps_the_place_and_somebody_calls(
    session: Session,
    centre: m.Centre,
    world: World,
    make: Make,
    interview: Any,
    offered: Offered,
    now: datetime,
    kind: str,
) -> None:
    (offer,) = offered(of_kind(world, make, interview, kind))
    decline(session, offer, now)
    assert apply_choices(session, centre, now) == []
    assert of_person(session, centre, world) == [offer.places[0].starts_at]
    task = session.scalars(select(m.Task)).one()
    assert (task.kind, task.participant_id) == ("call_back", world["person"].id)
    assert expire(session, centre, now + timedelta(hours=49)) == []


@one_database
@pytest.mark.parametrize("kind", GROUPS)
def test_who_had_no_place_gets_the_best_without_an_answer(
    session: Session,
    centre: m.Centre,
    world: World,
    make: Make,
    offered: Offered,
    now: datetime,
    kind: str,
) -> None:
    world["activity"].kind = kind
    for day in (TUESDAY, WEDNESDAY):
        hold(make, world, world["plan"], day)
    (offer,) = offered("activity")
    assert (offer.session_uid, len(offer.places)) == (None, 2)
    assert expire(session, centre, now + timedelta(hours=49)) == [offer]
    (done,) = apply_choices(session, centre, now + timedelta(hours=49))
    assert done.applied == (offer,)
    assert news(done) == [world["person"].id], "nobody chose: it is news"
    assert of_person(session, centre, world) == [offer.places[0].starts_at]


@one_database
def test_who_has_a_session_that_is_too_near_is_asked_about_the_next(
    centre: m.Centre, world: World, make: Make, offered: Offered
) -> None:
    centre.settings = {"choice_notice_hours": 168}
    hold(make, world, world["plan"], MONDAY, world["person"])
    mine = hold(make, world, world["plan"], TUESDAY, world["person"])
    other = hold(make, world, world["plan"], THURSDAY)
    (offer,) = offered("activity")
    assert [place.session_uid for place in offer.places] == [mine.uid, other.uid]


def at(day: Any, first: int, last: int) -> dict[str, datetime]:
    """A stretch of a day by the hour, in Brussels in winter."""
    begins, ends = (datetime(day.year, day.month, day.day, hour - 1, tzinfo=UTC) for hour in (first, last))
    return {"starts_at": begins, "ends_at": ends}


@one_database
def test_every_place_keeps_every_rule(
    session: Session,
    centre: m.Centre,
    world: World,
    make: Make,
    enrol: Enrol,
    interview: Any,
    offered: Offered,
    now: datetime,
) -> None:
    """A French course, an interpreter, a late start, a leader's hours: each place can become the plan."""
    person, busy, early = world["person"], enrol(), enrol(earliest=time(13))
    course = make(m.Course)
    for weekday in (0, 2, 4):
        make(m.CourseMeeting, course=course, weekday=weekday, starts=time(9), ends=time(12))
    make(m.CourseEnrolment, course=course, participant=busy)
    speaker = make(m.StaffMember, first_name="Wud", kind=m.StaffKind.INTERPRETER, languages=["ti"])
    make(m.Availability, staff=speaker, weekday=3, starts=time(8), ends=time(17))
    make(m.Availability, staff=speaker, weekday=1, starts=time(8), ends=time(17))
    person.needs_interpreter, person.languages = True, ["ti"]
    leader = {"id": "leader", "kinds": ["staff"]}
    needed = {
        "id": "interpreter",
        "kinds": ["interpreter"],
        "only_if_needed": True,
        "language": "participant",
    }
    world["interview"].roles = [leader, needed]
    make(m.BusyPeriod, staff=world["colleague"], **at(THURSDAY, 8, 13))
    row = interview(person)
    make(m.SessionLeader, session=row, staff=speaker, role="interpreter")
    offers = {offer.participant_id: offer for offer in offered()}
    assert set(offers) == {person.id, busy.id, early.id}
    hours = {
        key: [(p.starts_at.weekday(), p.starts_at.hour + 1) for p in o.places] for key, o in offers.items()
    }
    assert all(day in (1, 3) for day, _ in hours[person.id])
    assert all(speaker.id in dict(place.leaders).values() for place in offers[person.id].places[1:])
    assert all(day in (1, 3) or hour == 14 for day, hour in hours[busy.id])
    assert all(hour == 14 for _, hour in hours[early.id])
    for offer in offers.values():
        for number in range(1, len(offer.places) + 1):
            if offer.session_uid is not None and number == 1:
                continue
            assert choose(session, offer, number, now).outcome == Outcome.CHOSEN
            (folded,) = fold_choices(session, centre, now)
            assert offer.id in folded.kept
            assert folded.version is not None
            assert folded.version.verdict.report.broken == ()


@one_database
def test_two_who_come_together_are_not_parted(
    session: Session, world: World, make: Make, enrol: Enrol, ready: Any, offered: Offered
) -> None:
    partner = enrol()
    make(m.PairRule, kind="together", participant_a_id=world["person"].id, participant_b_id=partner.id)
    hold(make, world, world["plan"], TUESDAY, world["person"], partner)
    hold(make, world, world["plan"], THURSDAY)
    assert offered("activity") == []


@one_database
def test_children_come_only_where_they_are_welcome(
    session: Session, world: World, make: Make, offered: Offered
) -> None:
    world["person"].brings_children = True
    for day in (TUESDAY, WEDNESDAY):
        hold(make, world, world["plan"], day)
    assert offered("activity") == []


@one_database
def test_children_are_welcome_somewhere(session: Session, world: World, make: Make, offered: Offered) -> None:
    world["person"].brings_children = world["activity"].children_welcome = True
    for day in (TUESDAY, WEDNESDAY):
        hold(make, world, world["plan"], day)
    assert [len(offer.places) for offer in offered("activity")] == [2]

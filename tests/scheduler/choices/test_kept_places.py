"""Places that are kept, seen by whoever edits, publishes or plans; and what their people are left with."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.attendance import answer, session_in_force
from scheduler.choices import Outcome, apply_choices, choose, expire, fill_freed_seats, offer_freed_seat
from scheduler.choices.apply import is_time_to_apply
from scheduler.choices.cards import invitations_of
from scheduler.choices.lost import CHOICE_REFUSED, is_anything_lost, settle_lost
from scheduler.edit import edit, undo
from scheduler.edit_acts import (
    Act,
    AddPerson,
    AddSession,
    CancelSession,
    ChangePlace,
    LockSession,
    MoveSession,
    RemovePerson,
)
from scheduler.generate import store_solution
from scheduler.held_places import read_holds
from scheduler.in_force import sessions_in_force, sessions_of
from scheduler.problem_builder import build_problem
from scheduler.publish import preview, publish
from scheduler.runs import queue_run
from solver.check import check_problem
from solver.solve import solve
from tests.factories import MONDAY, Make
from tests.planning import World, hold
from tests.scheduler.choices.conftest import LAST, TUESDAY

#: What follows from rules, not from SQL, is tested once.
one_database = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

Enrol = Callable[..., m.Participant]
Offered = Callable[..., list[m.ChoiceOffer]]

WEDNESDAY, THURSDAY = TUESDAY + timedelta(1), TUESDAY + timedelta(2)


@pytest.fixture
def groups(world: World, enrol: Enrol, make: Make, offered: Offered) -> World:
    """Two groups of two seats, one person in each, who may change places."""
    world["activity"].seats_max = 2
    world["other"] = enrol()
    world["mine"] = hold(make, world, world["plan"], TUESDAY, world["person"])
    world["theirs"] = hold(make, world, world["plan"], WEDNESDAY, world["other"])
    world["offer"], world["swap"] = offered("activity")
    return world


def kept_seat(world: World) -> m.ChoicePlace:
    """The seat beside the other person that is kept for the first one."""
    place: m.ChoicePlace = world["offer"].places[1]
    assert place.session_uid == world["theirs"].uid
    return place


ACTS: dict[str, tuple[Callable[[World], Act], int]] = {
    "cancel": (lambda w: CancelSession(uid=w["theirs"].uid), 2),
    "move": (lambda w: MoveSession(uid=w["theirs"].uid, day=THURSDAY, starts=time(9)), 2),
    "small room": (lambda w: ChangePlace(uid=w["theirs"].uid, site_id=w["site"].id, room_id=w["tiny"].id), 1),
    "full": (lambda w: AddPerson(uid=w["theirs"].uid, participant_id=w["third"].id), 1),
    "out": (lambda w: RemovePerson(uid=w["mine"].uid, participant_id=w["person"].id), 1),
    "lock": (lambda w: LockSession(uid=w["theirs"].uid), 0),
    "other room": (
        lambda w: ChangePlace(uid=w["theirs"].uid, site_id=w["site"].id, room_id=w["room2"].id),
        0,
    ),
}


@one_database
@pytest.mark.parametrize("name", ACTS)
def test_an_act_that_takes_a_kept_seat_needs_a_word(
    session: Session, centre: m.Centre, groups: World, enrol: Enrol, make: Make, now: datetime, name: str
) -> None:
    groups["third"], groups["tiny"] = enrol(), make(m.Room, site=groups["site"], name="Cagibi", seats=1)
    session.flush()
    act, lost = ACTS[name]
    result = edit(session, centre, groups["plan"], act(groups), now, override=True)
    assert len(result.lost) == lost
    assert result.stored is (lost == 0)
    places = {place.id: place for name in ("offer", "swap") for place in groups[name].places}
    assert {place.state for place in places.values()} == {m.PlaceState.HELD}
    if lost:
        again = edit(session, centre, groups["plan"], act(groups), now, override=True, take_places=True)
        assert again.stored
        assert {places[each.place_id].state for each in again.lost} == {m.PlaceState.LOST}
        assert is_anything_lost(session, centre)


@one_database
@pytest.mark.parametrize("name", ["room", "leader", "person"])
def test_an_act_that_takes_a_kept_time_needs_a_word(
    session: Session,
    centre: m.Centre,
    world: World,
    interview: Any,
    offered: Offered,
    now: datetime,
    make: Make,
    name: str,
) -> None:
    interview(world["person"])
    (offer,) = offered()
    place = offer.places[1]
    at = place.starts_at + timedelta(hours=1)
    free = next(row for row in (world["staff"], world["colleague"]) if row.id != place.leaders[0][1])
    rooms = {world["room"].id, world["room2"].id} - {place.room_id}
    act = AddSession(
        activity_id=world["activity"].id,
        day=at.date(),
        starts=time(at.hour),
        site_id=world["site"].id,
        room_id=place.room_id if name == "room" else rooms.pop(),
        leaders=(("leader", place.leaders[0][1] if name == "leader" else free.id),),
        people=(world["person"].id,) if name == "person" else (),
    )
    result = edit(session, centre, world["plan"], act, now, override=True)
    assert not result.stored
    assert place.id in {each.place_id for each in result.lost}
    (kept,) = [each for each in result.lost if each.place_id == place.id]
    assert (kept.participant_id, kept.until, kept.sent) == (world["person"].id, offer.expires_at, True)


def test_who_loses_a_place_chooses_among_the_others(
    session: Session, centre: m.Centre, groups: World, make: Make, now: datetime
) -> None:
    third = hold(make, groups, groups["plan"], THURSDAY)
    offer, place = groups["offer"], kept_seat(groups)
    offer.places.append(
        m.ChoicePlace(
            centre_id=centre.id,
            number=3,
            session_uid=third.uid,
            activity_id=third.activity_id,
            starts_at=third.starts_at,
            ends_at=third.ends_at,
            site_id=third.site_id,
            room_id=third.room_id,
            held_until=offer.expires_at,
        )
    )
    session.flush()
    edit(session, centre, groups["plan"], CancelSession(uid=groups["theirs"].uid), now, take_places=True)
    assert choose(session, offer, 2, now).outcome == Outcome.TAKEN, "also before the clock has told them"
    left = settle_lost(session, centre, now)
    assert (left.again, left.kept) == ([offer, groups["swap"]], [])
    assert place.state == m.PlaceState.GONE
    assert not is_anything_lost(session, centre)
    (shown,) = invitations_of(session, groups["person"], now)
    assert [number for number, _ in shown.places] == [1, 3]
    assert choose(session, offer, 3, now).outcome == Outcome.CHOSEN
    assert place.state == m.PlaceState.GONE, "what is gone does not come back"


@one_database
def test_with_nothing_left_to_choose_the_place_they_have_stays(
    session: Session, centre: m.Centre, groups: World, now: datetime
) -> None:
    act = MoveSession(uid=groups["theirs"].uid, day=THURSDAY, starts=time(9))
    edit(session, centre, groups["plan"], act, now, take_places=True)
    left = settle_lost(session, centre, now)
    assert (left.again, left.kept, left.gone) == ([groups["swap"]], [groups["offer"]], [])
    assert (groups["offer"].state, groups["offer"].chosen_number) == (m.OfferState.EXPIRED, 1)
    # The other one has a session that moves: without an answer it is theirs, wherever it goes.
    (shown,) = invitations_of(session, groups["other"], now)
    assert (shown.without_answer, shown.hidden, [number for number, _ in shown.places]) == (None, None, [2])
    assert expire(session, centre, now + timedelta(hours=49)) == []
    assert groups["swap"].state == m.OfferState.EXPIRED


@one_database
def test_somebody_taken_out_of_their_session_may_still_choose(
    session: Session, centre: m.Centre, groups: World, now: datetime
) -> None:
    act = RemovePerson(uid=groups["mine"].uid, participant_id=groups["person"].id)
    draft = edit(session, centre, groups["plan"], act, now, take_places=True).plan
    publish(session, centre, draft, now)
    left = settle_lost(session, centre, now)
    assert left.again == [groups["offer"]]
    assert groups["offer"].session_uid is None
    assert choose(session, groups["offer"], 2, now).outcome == Outcome.CHOSEN
    (done,) = apply_choices(session, centre, now)
    assert done.applied == (groups["offer"],)


@one_database
def test_a_chosen_place_that_is_lost_goes_to_the_coordination(
    session: Session, centre: m.Centre, groups: World, now: datetime
) -> None:
    choose(session, groups["offer"], 2, now)
    act = CancelSession(uid=groups["theirs"].uid)
    refused = edit(session, centre, groups["plan"], act, now)
    assert [each.chosen for each in refused.lost] == [True, False]
    edit(session, centre, groups["plan"], act, now, take_places=True)
    assert apply_choices(session, centre, now) == [], "not what is lost"
    left = settle_lost(session, centre, now)
    assert left.gone == left.kept == [groups["offer"]]
    assert (groups["offer"].state, groups["offer"].chosen_number) == (m.OfferState.EXPIRED, 1)
    assert session.scalars(select(m.Task.kind)).all() == [CHOICE_REFUSED]


@one_database
@pytest.mark.parametrize(("by_default", "told"), [(False, 1), (True, 0)])
def test_whoever_has_nothing_left_is_seen_to_by_the_team(
    session: Session, centre: m.Centre, groups: World, now: datetime, by_default: bool, told: int
) -> None:
    offer = groups["offer"]
    choose(session, offer, 2, now)
    offer.by_default, offer.session_uid = by_default, None
    for place in offer.places:
        place.state = m.PlaceState.LOST
    left = settle_lost(session, centre, now)
    assert (len(left.gone), left.kept, left.again) == (told, [], []), "who never chose heard of no place"
    assert offer.state == m.OfferState.REFUSED
    assert session.scalars(select(m.Task.kind)).all() == [CHOICE_REFUSED]


def test_a_draft_made_before_the_places_were_kept_says_so_and_takes_them_away(
    session: Session,
    centre: m.Centre,
    world: World,
    enrol: Enrol,
    make: Make,
    offered: Offered,
    now: datetime,
) -> None:
    world["activity"].seats_max = 2
    mine = hold(make, world, world["plan"], TUESDAY, world["person"])
    theirs = hold(make, world, world["plan"], WEDNESDAY, enrol())
    session.flush()
    draft = edit(session, centre, world["plan"], CancelSession(uid=theirs.uid), now).plan
    offers = offered("activity")
    lost = preview(session, centre, draft, now).lost
    assert {(each.offer_id, each.number) for each in lost} == {(offers[0].id, 2), (offers[1].id, 1)}
    publish(session, centre, draft, now)
    assert is_anything_lost(session, centre)
    left = settle_lost(session, centre, now)
    assert left.kept == [offers[0]]
    assert left.again == [offers[1]]
    assert offers[1].session_uid is None
    assert expire(session, centre, now + timedelta(hours=49)) == [offers[1]]
    assert offers[1].places[1].session_uid == mine.uid
    assert offers[1].places[1].state == m.PlaceState.CHOSEN, "without an answer, the best that is left"


@one_database
def test_undoing_takes_nothing_away_unless_it_must(
    session: Session, centre: m.Centre, groups: World, now: datetime
) -> None:
    draft = edit(session, centre, groups["plan"], LockSession(uid=groups["theirs"].uid), now).plan
    undo(session, centre, draft, now)
    assert not is_anything_lost(session, centre)


@one_database
def test_a_freed_seat_on_offer_is_seen_too(
    session: Session, centre: m.Centre, world: World, enrol: Enrol, make: Make, ready: Any, now: datetime
) -> None:
    world["activity"].seats_max = 1
    enrol()
    row = hold(make, world, world["plan"], TUESDAY, world["person"])
    ready()
    held = session_in_force(session, centre.id, row.uid)
    answer(session, held, world["person"].id, m.Answer.NOT_COMING, now)
    offer_freed_seat(session, centre, row.uid, now)
    (offer,) = fill_freed_seats(session, centre, now)
    act = RemovePerson(uid=row.uid, participant_id=world["person"].id)
    assert edit(session, centre, world["plan"], act, now).stored, "the seat is only more free"
    act = MoveSession(uid=row.uid, day=THURSDAY, starts=time(9))
    result = edit(session, centre, world["plan"], act, now)
    assert [each.offer_id for each in result.lost] == [offer.id]
    edit(session, centre, world["plan"], act, now, take_places=True)
    assert settle_lost(session, centre, now).gone == [offer]
    assert offer.state == m.OfferState.WITHDRAWN


@one_database
def test_planning_leaves_kept_seats_alone(
    session: Session, centre: m.Centre, groups: World, enrol: Enrol, make: Make, now: datetime
) -> None:
    eager = [enrol(), enrol()]
    make(m.SessionLeader, session=hold(make, groups, groups["plan"], THURSDAY), staff=groups["colleague"])
    session.flush()
    session.expire_all()
    built = build_problem(session, centre, MONDAY, 2, now)
    check_problem(built.problem)
    fixed = {each.session.id: each for each in built.problem.fixed}
    assert set(fixed) == {groups["mine"].uid, groups["theirs"].uid}
    theirs = fixed[groups["theirs"].uid]
    assert theirs.locked == tuple(sorted([f"p{groups['other'].id}", f"h{kept_seat(groups).id}"]))
    assert build_problem(session, centre, MONDAY, 2, now, judging=True).problem.fixed == ()
    solution = solve(built.problem, time_limit_s=1, workers=1)
    draft = store_solution(session, centre, built, solution, now)
    rows = {row.uid: row for row in sessions_of(session, draft)}
    for before in (groups["mine"], groups["theirs"]):
        after = rows[before.uid]
        assert (after.starts_at, after.cancelled_at) == (before.starts_at, None)
        people = {seat.participant_id for seat in after.attendances}
        assert people == {seat.participant_id for seat in before.attendances}
    placed = {seat.participant_id for row in rows.values() for seat in row.attendances}
    assert {person.id for person in eager} <= placed, "the others get seats elsewhere"
    assert preview(session, centre, draft, now).lost == ()


@one_database
def test_planning_leaves_kept_times_alone(
    session: Session,
    centre: m.Centre,
    world: World,
    enrol: Enrol,
    interview: Any,
    offered: Offered,
    now: datetime,
) -> None:
    interview(world["person"])
    nobody = enrol()
    offers = offered()
    assert [offer.session_uid is None for offer in offers] == [False, True]
    eager = [enrol() for _ in range(6)]
    session.flush()
    session.expire_all()
    built = build_problem(session, centre, MONDAY, 2, now)
    check_problem(built.problem)
    solution = solve(built.problem, time_limit_s=1, workers=1)
    draft = store_solution(session, centre, built, solution, now)
    assert preview(session, centre, draft, now).lost == ()
    rows = [row for row in sessions_of(session, draft) if row.activity_id == world["interview"].id]
    people = [seat.participant_id for row in rows for seat in row.attendances if row.cancelled_at is None]
    assert nobody.id not in people, "what they are offered is theirs"
    assert {world["person"].id, *(person.id for person in eager)} == set(people)
    assert len(people) == 7
    # Chosen before the draft is published, it is in the draft as well.
    assert choose(session, offers[1], 2, now).outcome == Outcome.CHOSEN
    (done,) = apply_choices(session, centre, now)
    assert done.applied == (offers[1],)
    session.expire_all()
    publish(session, centre, draft, now)
    held = {row.uid: row for row in sessions_in_force(session, centre.id, MONDAY, LAST)}
    mine = [row for row in held.values() if nobody.id in {seat.participant_id for seat in row.attendances}]
    assert offers[1].places[1].starts_at in {row.starts_at for row in mine}


@one_database
def test_what_can_no_longer_be_kept_makes_no_plan_impossible(
    session: Session, centre: m.Centre, groups: World, make: Make, now: datetime
) -> None:
    row = groups["theirs"]
    make(m.BusyPeriod, staff=groups["staff"], starts_at=row.starts_at, ends_at=row.ends_at)
    session.flush()
    session.expire_all()
    built = build_problem(session, centre, MONDAY, 2, now)
    assert solve(built.problem, time_limit_s=1, workers=1).status != "infeasible"


@one_database
def test_choices_wait_for_a_plan_that_is_being_made(
    session: Session, centre: m.Centre, groups: World, now: datetime
) -> None:
    choose(session, groups["offer"], 2, now)
    later = now + timedelta(minutes=11)
    assert is_time_to_apply(session, centre, later)
    run = queue_run(session, centre, MONDAY, 2, now)
    assert not is_time_to_apply(session, centre, later)
    assert is_time_to_apply(session, centre, kept_seat(groups).starts_at - timedelta(hours=23))
    run.state = m.RunState.DONE
    assert is_time_to_apply(session, centre, later)


def test_holds_are_read_for_some_days_until_they_end(
    session: Session, centre: m.Centre, groups: World, now: datetime
) -> None:
    def found(first: int, last: int, at: datetime = now) -> list[tuple[int, int]]:
        days = MONDAY + timedelta(first), MONDAY + timedelta(last)
        return [(each.participant_id, each.number) for each in read_holds(session, centre, *days, at)]

    person, other = groups["person"].id, groups["other"].id
    assert found(0, 13) == [(person, 1), (person, 2), (other, 1), (other, 2)]
    assert found(9, 9) == [(person, 2), (other, 1)]
    assert found(0, 13, now + timedelta(hours=49)) == []
    choose(session, groups["swap"], 2, now)
    assert found(0, 13, now + timedelta(hours=49)) == [(other, 2)]

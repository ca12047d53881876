"""Places to choose from: found, held, chosen, given back, and folded into the plan."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.choices import Outcome, apply_choices, choose, decline, expire, open_offers, propose, withdraw
from scheduler.choices.cards import invitations_of
from scheduler.choices.lost import CHOICE_REFUSED, settle_lost
from scheduler.choices.next_version import fold_choices
from scheduler.choices.rounds import discard_round, send_round, start_round
from scheduler.edit import edit
from scheduler.edit_acts import CancelSession
from scheduler.errors import InvalidInputError
from scheduler.in_force import sessions_in_force
from scheduler.publish import publish
from tests.factories import MONDAY, Make
from tests.planning import World, hold
from tests.scheduler.choices.conftest import LAST, TUESDAY, news

#: What follows from rules, not from SQL, is tested once.
one_database = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

Enrol = Callable[..., m.Participant]


def in_force(session: Session, centre: m.Centre) -> dict[str, m.GroupSession]:
    session.expire_all()
    return {row.uid: row for row in sessions_in_force(session, centre.id, MONDAY, LAST)}


@one_database
def test_three_places_the_present_one_first(
    world: World, enrol: Enrol, interview: Any, offered: Any, now: datetime
) -> None:
    people = [world["person"], enrol(), enrol()]
    rows = [interview(person, 9 + number) for number, person in enumerate(people[:2])]
    offers = offered()
    assert [offer.participant_id for offer in offers] == [person.id for person in people]
    assert [offer.session_uid for offer in offers] == [rows[0].uid, rows[1].uid, None]
    assert all(len(offer.places) == 3 for offer in offers)
    assert [offer.places[0].session_uid for offer in offers[:2]] == [rows[0].uid, rows[1].uid]
    taken = [(p.starts_at, staff) for o in offers for p in o.places for _, staff in p.leaders]
    assert len(set(taken)) == 9, "no leader is held twice at once"
    rooms = [(p.starts_at, p.room_id) for o in offers for p in o.places]
    assert len(set(rooms)) == 9, "no room is held twice at once"
    settled = now + timedelta(hours=72)
    assert all(p.starts_at >= settled and p.held_until == o.expires_at for o in offers for p in o.places)


@one_database
@pytest.mark.parametrize(("tolerance", "leaders"), [(0, set()), (30, {"Nadia", "Tom"})])
def test_places_that_cost_the_plan_too_much_are_not_offered(
    session: Session,
    centre: m.Centre,
    make: Make,
    world: World,
    interview: Any,
    offered: Any,
    tolerance: int,
    leaders: set[str],
) -> None:
    interview(world["person"])
    # The plan loses points with anybody but the referent, who has no hour left besides the one she gives.
    world["person"].referent_id = world["staff"].id
    make(m.Availability, staff=world["staff"], weekday=1, starts=time(9), ends=time(10), valid_from=TUESDAY)
    centre.settings = {"choice_tolerance_points": tolerance}
    offers = offered()
    names = {row.id: row.first_name for row in session.scalars(select(m.StaffMember))}
    assert {names[staff] for o in offers for place in o.places for _, staff in place.leaders} == leaders


def test_choosing_gives_the_others_back_and_may_be_changed(
    session: Session, world: World, interview: Any, offered: Any, now: datetime
) -> None:
    row = interview(world["person"])
    (offer,) = offered()
    assert open_offers(session, offer.centre_id, world["person"].id, now) == [offer]
    unknown = choose(session, offer, 4, now)
    assert (unknown.outcome, unknown.place, len(unknown.remaining)) == (Outcome.UNKNOWN, None, 3)
    assert choose(session, offer, 2, now).outcome == Outcome.CHOSEN
    states = [place.state for place in offer.places]
    assert states == [m.PlaceState.RELEASED, m.PlaceState.CHOSEN, m.PlaceState.RELEASED]
    assert (offer.state, offer.chosen_number) == (m.OfferState.CHOSEN, 2)
    assert choose(session, offer, 2, now).outcome == Outcome.CHOSEN
    assert choose(session, offer, 1, now).outcome == Outcome.CHOSEN
    assert (offer.state, offer.places[1].state) == (m.OfferState.APPLIED, m.PlaceState.RELEASED)
    answer = session.scalars(select(m.AttendanceRecord.answer)).one()
    assert answer == m.Answer.COMING
    assert choose(session, offer, 3, now).place is offer.places[2]
    assert open_offers(session, offer.centre_id, world["person"].id, now) == []
    assert row.uid == offer.session_uid


def test_no_answer_keeps_the_best_place(
    session: Session,
    centre: m.Centre,
    world: World,
    enrol: Enrol,
    interview: Any,
    offered: Any,
    now: datetime,
) -> None:
    interview(world["person"])
    enrol()
    present, nothing = offered()
    assert expire(session, centre, now + timedelta(hours=47)) == []
    late = now + timedelta(hours=49)
    assert expire(session, centre, late, most=1) == [present]
    assert expire(session, centre, late) == [nothing]
    assert (present.state, present.chosen_number, present.by_default) == (m.OfferState.EXPIRED, 1, True)
    assert (nothing.state, nothing.chosen_number, nothing.by_default) == (m.OfferState.CHOSEN, 1, True)
    assert choose(session, present, 2, late).outcome == Outcome.CHOSEN, "late, but still free"


@one_database
def test_who_is_late_and_finds_the_place_taken_is_shown_what_is_left(
    session: Session, centre: m.Centre, world: World, interview: Any, offered: Any, now: datetime, make: Make
) -> None:
    row = interview(world["person"])
    (offer,) = offered()
    late = now + timedelta(hours=49)
    expire(session, centre, late)
    wanted = offer.places[1]
    make(
        m.ChoicePlace,
        offer=make(
            m.ChoiceOffer,
            participant=make(m.Participant),
            activity=world["interview"],
            created_at=now,
            expires_at=late + timedelta(hours=1),
        ),
        number=1,
        activity=world["interview"],
        site=world["site"],
        room_id=wanted.room_id,
        starts_at=wanted.starts_at,
        ends_at=wanted.ends_at,
        held_until=late + timedelta(hours=1),
    )
    gone = choose(session, offer, 2, late)
    assert (gone.outcome, gone.place, gone.remaining) == (
        Outcome.TAKEN,
        offer.places[0],
        (offer.places[0], offer.places[2]),
    )
    assert invitations_of(session, world["person"], late) == []
    (shown,) = invitations_of(session, world["person"], late, late=offer.id)
    assert [number for number, _ in shown.places] == [1, 3]
    assert (shown.until, shown.without_answer, shown.hidden) == (None, 1, row.uid)
    assert choose(session, offer, 3, late).outcome == Outcome.CHOSEN


def test_chosen_places_become_one_new_version(
    session: Session,
    centre: m.Centre,
    world: World,
    enrol: Enrol,
    interview: Any,
    offered: Any,
    now: datetime,
) -> None:
    people = [world["person"], enrol(), enrol()]
    rows = [interview(person, 9 + number) for number, person in enumerate(people[:2])]
    before = {row.uid: (row.starts_at, row.sequence) for row in rows}
    first, second, third = offered()
    for offer, number in ((first, 2), (second, 1), (third, 3)):
        assert choose(session, offer, number, now).outcome == Outcome.CHOSEN
    (done,) = apply_choices(session, centre, now)
    assert done.applied == (first, third)
    assert done.refused == ()
    assert done.published is not None
    assert done.published.changes.participant_ids == tuple(sorted((people[0].id, people[2].id)))
    assert news(done) == []
    held = in_force(session, centre)
    moved = held[rows[0].uid]
    place = first.places[1]
    assert (moved.starts_at, moved.sequence) == (place.starts_at, before[moved.uid][1] + 1)
    assert {(x.role, x.staff_id) for x in moved.leaders} == {tuple(x) for x in place.leaders}
    assert held[rows[1].uid].starts_at == before[rows[1].uid][0]
    made = [row for row in held.values() if row.attendances[0].participant_id == people[2].id]
    assert [row.starts_at for row in made] == [third.places[2].starts_at]
    assert {first.state, third.state} == {m.OfferState.APPLIED}
    assert apply_choices(session, centre, now) == []
    answers = {r.participant_id: r.answer for r in session.scalars(select(m.AttendanceRecord))}
    assert answers == {person.id: m.Answer.COMING for person in people}


@one_database
def test_what_was_worked_out_before_somebody_thought_better_is_not_used(
    session: Session, centre: m.Centre, world: World, interview: Any, offered: Any, now: datetime
) -> None:
    row = interview(world["person"])
    (offer,) = offered()
    choose(session, offer, 2, now)
    (folded,) = fold_choices(session, centre, now)
    assert folded.holds(session, centre, world["plan"].id, [offer], now)
    choose(session, offer, 3, now + timedelta(seconds=1))
    assert apply_choices(session, centre, now, folded=[folded]) == [], "worked out again next time"
    (done,) = apply_choices(session, centre, now)
    assert done.applied == (offer,)
    assert in_force(session, centre)[row.uid].starts_at == offer.places[2].starts_at


@one_database
def test_who_chooses_meanwhile_does_not_hold_the_others_up(
    session: Session,
    centre: m.Centre,
    world: World,
    enrol: Enrol,
    interview: Any,
    offered: Any,
    now: datetime,
) -> None:
    interview(world["person"])
    enrol()
    first, second = offered()
    choose(session, first, 2, now)
    folded = fold_choices(session, centre, now)
    choose(session, second, 2, now)
    (done,) = apply_choices(session, centre, now, folded=folded)
    assert (done.applied, done.refused) == ((first,), ())
    (rest,) = apply_choices(session, centre, now)
    assert rest.applied == (second,)


@one_database
def test_an_open_draft_says_the_same(
    session: Session, centre: m.Centre, world: World, interview: Any, offered: Any, now: datetime, make: Make
) -> None:
    row = interview(world["person"])
    other = hold(make, world, world["plan"], MONDAY + timedelta(3))
    (offer,) = offered()
    result = edit(session, centre, world["plan"], CancelSession(uid=other.uid), now)
    choose(session, offer, 3, now)
    (done,) = apply_choices(session, centre, now)
    session.expire_all()
    draft = result.plan
    assert done.published is not None
    assert draft.basis == done.published.plan.publication
    assert {x.uid: x.starts_at for x in draft.sessions}[row.uid] == offer.places[2].starts_at
    publish(session, centre, draft, now)


@one_database
def test_a_draft_that_is_edited_meanwhile_is_not_left_behind(
    session: Session, centre: m.Centre, world: World, interview: Any, offered: Any, now: datetime, make: Make
) -> None:
    row = interview(world["person"])
    others = [hold(make, world, world["plan"], MONDAY + timedelta(day)) for day in (2, 3)]
    (offer,) = offered()
    choose(session, offer, 3, now)
    early = fold_choices(session, centre, now)
    draft = edit(session, centre, world["plan"], CancelSession(uid=others[0].uid), now).plan
    assert apply_choices(session, centre, now, folded=early) == [], "a draft that nobody looked at"
    read = fold_choices(session, centre, now)
    edit(session, centre, draft, CancelSession(uid=others[1].uid), now)
    assert apply_choices(session, centre, now, folded=read) == [], "it says something else now"
    (done,) = apply_choices(session, centre, now, folded=fold_choices(session, centre, now))
    assert done.applied == (offer,)
    session.expire_all()
    assert [x.uid for x in draft.sessions if x.cancelled_at] == [other.uid for other in others]
    assert {x.uid: x.starts_at for x in draft.sessions}[row.uid] == offer.places[2].starts_at
    publish(session, centre, draft, now)


@one_database
def test_what_begins_while_it_is_worked_out_stays_as_it_was(
    session: Session, centre: m.Centre, world: World, interview: Any, offered: Any, now: datetime
) -> None:
    row = interview(world["person"])
    (offer,) = offered()
    choose(session, offer, 3, now)
    first = min(row.starts_at, offer.places[2].starts_at)
    folded = fold_choices(session, centre, first - timedelta(seconds=1))
    assert apply_choices(session, centre, first, folded=folded) == []
    (done,) = apply_choices(session, centre, first)
    assert (done.applied, done.refused) == ((), (offer,))


@one_database
def test_what_is_wrong_today_does_not_hold_up_what_people_choose(
    session: Session, centre: m.Centre, world: World, interview: Any, offered: Any, now: datetime, make: Make
) -> None:
    interview(world["person"])
    first = hold(make, world, world["plan"], MONDAY)
    hour = timedelta(hours=1)
    hold(make, world, world["plan"], MONDAY, starts_at=first.starts_at + hour, ends_at=first.ends_at + hour)
    (offer,) = offered()
    choose(session, offer, 3, now)
    begun = first.starts_at + hour / 2
    folded = fold_choices(session, centre, begun)
    (done,) = apply_choices(session, centre, begun, folded=folded)
    assert done.applied == (offer,)
    assert done.published is not None
    assert done.published.plan.overridden, "a leader and a room are in two sessions at once"


@one_database
def test_what_the_judge_refuses_is_lost_and_what_is_left_may_be_chosen(
    session: Session, centre: m.Centre, world: World, interview: Any, offered: Any, now: datetime, make: Make
) -> None:
    row = interview(world["person"])
    (offer,) = offered()
    choose(session, offer, 2, now)
    place = offer.places[1]
    make(m.BusyPeriod, participant=world["person"], starts_at=place.starts_at, ends_at=place.ends_at)
    session.flush()
    (done,) = apply_choices(session, centre, now)
    assert (done.published, done.applied, done.refused) == (None, (), (offer,))
    assert apply_choices(session, centre, now) == []
    assert settle_lost(session, centre, now).gone == [offer]
    assert (offer.state, offer.chosen_number) == (m.OfferState.OPEN, None)
    states = [place.state for place in offer.places]
    assert states == [m.PlaceState.HELD, m.PlaceState.GONE, m.PlaceState.HELD]
    assert offer.expires_at == offer.places[0].held_until == now + timedelta(hours=48)
    assert in_force(session, centre)[row.uid].starts_at == row.starts_at
    assert choose(session, offer, 2, now).outcome == Outcome.TAKEN
    assert choose(session, offer, 3, now).outcome == Outcome.CHOSEN
    # The last one is lost as well: they keep the place they had, and somebody sees to them.
    offer.places[2].state = m.PlaceState.LOST
    left = settle_lost(session, centre, now)
    assert (left.gone, left.kept, left.again) == ([offer], [offer], [])
    assert (offer.state, offer.chosen_number) == (m.OfferState.EXPIRED, 1)
    task = session.scalars(select(m.Task)).one()
    assert (task.kind, task.participant_id) == (CHOICE_REFUSED, world["person"].id)


@one_database
def test_a_seat_in_a_parallel_group(
    session: Session,
    centre: m.Centre,
    world: World,
    enrol: Enrol,
    make: Make,
    offered: Any,
    now: datetime,
) -> None:
    world["activity"].seats_max = 2
    days = [TUESDAY, TUESDAY + timedelta(1), TUESDAY + timedelta(2)]
    people = [world["person"], *(enrol() for _ in range(3))]
    mine, roomy, full = (
        hold(make, world, world["plan"], day, *who)
        for day, who in zip(days, ([people[0]], [people[1]], people[2:]), strict=True)
    )
    offers = {offer.participant_id: offer for offer in offered("activity")}
    first = offers[people[0].id]
    assert [place.session_uid for place in first.places] == [mine.uid, roomy.uid]
    assert full.uid not in {place.session_uid for place in offers[people[1].id].places}
    # Each of the two free seats is held by one offer only: nobody of the full group can have them.
    assert set(offers) == {people[0].id, people[1].id}
    choose(session, first, 2, now)
    (done,) = apply_choices(session, centre, now)
    assert done.applied == (first,)
    held = in_force(session, centre)
    assert {x.participant_id for x in held[roomy.uid].attendances} == {people[0].id, people[1].id}
    assert held[mine.uid].attendances == []


def test_none_suits_and_taking_back(
    session: Session, world: World, enrol: Enrol, interview: Any, offered: Any, now: datetime
) -> None:
    interview(world["person"])
    enrol()
    first, second = offered()
    decline(session, first, now)
    assert first.state == m.OfferState.DECLINED
    assert {place.state for place in first.places} == {m.PlaceState.RELEASED}
    assert session.scalars(select(m.Task.kind)).all() == ["call_back"]
    assert withdraw(session, [first, second], now) == 1
    assert second.state == m.OfferState.WITHDRAWN
    gone = choose(session, second, 1, now)
    assert (gone.outcome, gone.place, gone.remaining) == (Outcome.TOO_LATE, None, ())
    assert choose(session, first, 2, now).outcome == Outcome.CHOSEN, "thought better of it"


@one_database
def test_rounds_are_asked_for_once_and_only_where_places_may_be_chosen(
    session: Session, centre: m.Centre, world: World, interview: Any, ready: Any, now: datetime
) -> None:
    interview(world["person"])
    ready()
    made = propose(session, centre, world["interview"].id, MONDAY, LAST, now)
    with pytest.raises(InvalidInputError):
        start_round(session, centre, world["interview"].id, MONDAY, LAST, now)
    discard_round(session, made, now)
    assert [offer.state for offer in made.offers] == [m.OfferState.WITHDRAWN]
    with pytest.raises(InvalidInputError):
        send_round(session, centre, made, now)
    centre.settings = {"choice_kinds": ["excursion"]}
    with pytest.raises(InvalidInputError):
        start_round(session, centre, world["interview"].id, MONDAY, LAST, now)


@one_database
def test_an_offer_prepared_and_forgotten_gives_its_places_back(
    session: Session, centre: m.Centre, world: World, interview: Any, ready: Any, now: datetime
) -> None:
    interview(world["person"])
    ready()
    made = propose(session, centre, world["interview"].id, MONDAY, LAST, now)
    assert expire(session, centre, now + timedelta(hours=48)) == []
    assert [offer.state for offer in made.offers] == [m.OfferState.WITHDRAWN]
    assert send_round(session, centre, made, datetime(2026, 11, 26, tzinfo=UTC)) == []

"""One's own work: hours, illness in one tap, places taken and given back, mentors' meetings."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.errors import InvalidInputError, NotFoundError
from scheduler.mentoring import cancel_meeting, find_meeting, own_pairs, propose, record_held
from scheduler.my_work import SICK, first_names, own_sessions, recover, report_sick, sick_tasks, work_weeks
from scheduler.offers import give_back, keep, list_offers, own_returns, take
from scheduler.roll_call import roll_calls
from tests.factories import MONDAY, Make
from tests.planning import World, hold, make_world, publish_days
from tests.queries import recorded

TUESDAY = MONDAY + timedelta(1)


@pytest.fixture
def world(make: Make) -> World:
    """The world with its workshop led by a volunteer on Tuesday of a published week."""
    world = make_world(make)
    world["activity"].roles = [{"id": "leader", "kinds": ["volunteer"], "skills": ["sport"]}]
    world["staff"].kind, world["staff"].skills = m.StaffKind.VOLUNTEER, ["sport"]
    world["plan"] = publish_days(make, world, MONDAY, MONDAY + timedelta(13))
    world["row"] = hold(make, world, world["plan"], TUESDAY, world["person"])
    world["other"] = make(
        m.StaffMember, first_name="Tom", kind=m.StaffKind.VOLUNTEER, skills=["sport"], languages=["fr"]
    )
    return world


def leaders(session: Session, centre: m.Centre, day: date = TUESDAY) -> list[tuple[str, ...]]:
    session.expire_all()
    return [call.leaders for call in roll_calls(session, centre.id, day)]


# Hours


def test_hours_count_what_is_published_and_not_cancelled(
    make: Make, session: Session, centre: m.Centre, world: World
) -> None:
    member = world["staff"]
    member.contract_minutes_week = 600
    hold(make, world, world["plan"], TUESDAY + timedelta(1))
    hold(make, world, world["plan"], TUESDAY + timedelta(2), cancelled_at=datetime(2026, 11, 24, tzinfo=UTC))
    hold(make, world, world["plan"], TUESDAY + timedelta(2), staff=world["other"])
    hold(make, world, make(m.Plan), TUESDAY + timedelta(3))
    pair = make(m.MentoringPair, mentor=member)
    make(m.MentoringMeeting, pair=pair)
    make(m.MentoringMeeting, pair=pair, state=m.MeetingState.HELD, minutes=45)
    make(m.MentoringMeeting, pair=pair, state=m.MeetingState.CANCELLED)
    session.flush()
    after_tuesday = datetime(2026, 12, 1, 20, tzinfo=UTC)
    first, second = work_weeks(session, centre, member, TUESDAY, 2, after_tuesday)
    assert (first.monday, first.planned, first.held) == (MONDAY, 360 + 120 + 45, 180 + 45)
    assert (first.contract, first.difference) == (600, -75)
    assert (second.monday, second.planned, second.held) == (MONDAY + timedelta(7), 0, 0)


def test_first_names_are_all_that_is_given(session: Session, centre: m.Centre, world: World) -> None:
    held = own_sessions(session, centre, world["staff"].id, MONDAY, MONDAY + timedelta(6))
    assert [x.uid for x in held] == [world["row"].uid]
    assert first_names(session, held) == {world["row"].id: [world["person"].first_name]}


# Illness


def test_illness_is_one_absence_and_one_task_however_often_it_is_reported(
    session: Session, centre: m.Centre, world: World
) -> None:
    at_seven = datetime(2026, 12, 1, 6, 30, tzinfo=UTC)
    task = report_sick(session, centre, world["staff"], at_seven)
    again = report_sick(session, centre, world["staff"], at_seven + timedelta(minutes=5))
    assert again.id == task.id
    assert [x["uid"] for x in task.facts["sessions"]] == [world["row"].uid]
    assert task.facts["name"] == world["staff"].name
    absence = session.scalars(select(m.BusyPeriod)).one()
    assert (absence.starts_at, absence.source) == (at_seven, SICK)
    assert absence.ends_at == datetime(2026, 12, 1, 23, tzinfo=UTC)
    assert sick_tasks(session, centre) == [task]

    recover(session, centre, world["staff"], at_seven + timedelta(minutes=9), user_id=None)
    assert session.scalar(select(func.count()).select_from(m.BusyPeriod)) == 0
    assert (task.state, task.outcome) == ("closed", "no_need")
    with pytest.raises(NotFoundError):
        recover(session, centre, world["staff"], at_seven, user_id=None)


def test_illness_in_the_evening_touches_no_session_that_is_over(
    session: Session, centre: m.Centre, world: World
) -> None:
    task = report_sick(session, centre, world["staff"], datetime(2026, 12, 1, 18, tzinfo=UTC))
    assert task.facts["sessions"] == []


# Places


def test_a_place_given_back_is_taken_by_another_and_published(
    session: Session, centre: m.Centre, world: World, now: datetime
) -> None:
    assert list_offers(session, centre, world["other"], now) == []
    give_back(session, centre, world["staff"], world["row"].uid, now, reason=" grippe ")
    assert give_back(session, centre, world["staff"], world["row"].uid, now) == []
    assert leaders(session, centre) == [("Nadia",)]
    task = session.scalars(select(m.Task)).one()
    assert (task.kind, task.facts["reason"], task.state) == ("slot_returned", "grippe", "open")

    (offer,) = list_offers(session, centre, world["other"], now)
    assert (offer.session.uid, offer.role, offer.instead_of) == (
        world["row"].uid,
        "leader",
        world["staff"].id,
    )
    result = take(session, centre, world["other"], world["row"].uid, "leader", now, user_id=None)
    assert result.plan.publication == 2
    assert leaders(session, centre) == [("Tom",)]
    assert session.get_one(m.Plan, world["plan"].id).sessions[0].leaders[0].staff_id == world["staff"].id
    returned = session.scalars(select(m.SlotReturn)).one()
    assert (returned.state, returned.taken_by_id) == ("taken", world["other"].id)
    session.refresh(task)
    assert (task.state, task.outcome) == ("closed", "done")
    assert list_offers(session, centre, world["other"], now) == []
    assert list_offers(session, centre, world["staff"], now) == []


def test_a_place_given_back_can_be_kept_after_all(
    session: Session, centre: m.Centre, world: World, now: datetime
) -> None:
    uid = world["row"].uid
    give_back(session, centre, world["staff"], uid, now)
    assert set(own_returns(session, centre, world["staff"].id)) == {(uid, "leader")}
    keep(session, centre, world["staff"], uid, now, user_id=None)
    assert list_offers(session, centre, world["other"], now) == []
    assert session.scalars(select(m.Task)).one().outcome == "no_need"
    with pytest.raises(NotFoundError):
        keep(session, centre, world["staff"], uid, now, user_id=None)
    with pytest.raises(NotFoundError):
        take(session, centre, world["other"], uid, "leader", now, user_id=None)


def test_only_ones_own_place_in_a_session_to_come_is_given_back(
    session: Session, centre: m.Centre, world: World, now: datetime
) -> None:
    with pytest.raises(NotFoundError):
        give_back(session, centre, world["other"], world["row"].uid, now)
    with pytest.raises(NotFoundError):
        give_back(session, centre, world["staff"], world["row"].uid, datetime(2026, 12, 1, 9, tzinfo=UTC))


@pytest.mark.parametrize("lacking", ["kind", "skill", "hours", "absence", "busy"])
def test_a_place_is_offered_to_those_who_can_fill_it(
    make: Make, session: Session, centre: m.Centre, world: World, now: datetime, lacking: str
) -> None:
    other = world["other"]
    give_back(session, centre, world["staff"], world["row"].uid, now)
    if lacking == "kind":
        other.kind = m.StaffKind.INTERPRETER
    elif lacking == "skill":
        other.skills = []
    elif lacking == "hours":
        make(m.Availability, staff=other, weekday=1, starts=time(9), ends=time(11))
    elif lacking == "absence":
        make(m.BusyPeriod, staff=other)
    else:
        hold(make, world, world["plan"], TUESDAY, staff=other, room=make(m.Room, site=world["site"]))
    session.flush()
    assert list_offers(session, centre, other, now) == []
    with pytest.raises(NotFoundError):
        take(session, centre, other, world["row"].uid, "leader", now, user_id=None)


def test_an_unfilled_role_is_offered(session: Session, centre: m.Centre, world: World, now: datetime) -> None:
    world["row"].leaders.clear()
    world["row"].overrides = ["role"]
    session.flush()
    (offer,) = list_offers(session, centre, world["other"], now)
    assert offer.instead_of is None
    take(session, centre, world["other"], world["row"].uid, "leader", now, user_id=None)
    assert leaders(session, centre) == [("Tom",)]
    held = session.scalars(select(m.GroupSession).where(m.GroupSession.plan_id != world["plan"].id)).one()
    assert held.overrides == []


def test_the_judge_has_the_last_word(session: Session, centre: m.Centre, world: World, now: datetime) -> None:
    world["other"].max_minutes_day = 60
    give_back(session, centre, world["staff"], world["row"].uid, now)
    with pytest.raises(InvalidInputError):
        take(session, centre, world["other"], world["row"].uid, "leader", now, user_id=None)
    assert leaders(session, centre) == [("Nadia",)]
    assert session.scalar(select(func.count()).select_from(m.Plan)) == 1


@pytest.mark.parametrize("same", [True, False])
def test_an_open_draft_follows_where_it_names_the_same_leaders(
    make: Make, session: Session, centre: m.Centre, world: World, now: datetime, same: bool
) -> None:
    draft = make(m.Plan, number=9, basis=1, last_day=MONDAY + timedelta(13))
    leader = world["staff"] if same else make(m.StaffMember, kind="volunteer", skills=["sport"])
    copy = hold(make, world, draft, TUESDAY, world["person"], uid=world["row"].uid, staff=leader)
    give_back(session, centre, world["staff"], world["row"].uid, now)
    take(session, centre, world["other"], world["row"].uid, "leader", now, user_id=None)
    session.expire_all()
    assert [x.staff_id for x in copy.leaders] == [world["other"].id if same else leader.id]
    assert draft.basis == (2 if same else 1)


def test_offers_cost_the_same_for_one_and_for_three(
    make: Make, session: Session, centre: m.Centre, world: World, now: datetime
) -> None:
    def offered() -> int:
        session.flush()
        session.expire_all()
        member_id = world["other"].id
        member = session.get_one(m.StaffMember, member_id)
        session.refresh(centre)
        with recorded() as queries:
            list_offers(session, centre, member, now)
        return len(queries)

    world["row"].leaders.clear()
    one = offered()
    for number in (2, 3):
        row = hold(make, world, world["plan"], TUESDAY + timedelta(number), make(m.Participant))
        row.leaders.clear()
    assert offered() == one


# Mentors


def test_a_pair_proposes_and_records_its_meeting(
    make: Make, session: Session, centre: m.Centre, now: datetime
) -> None:
    mentor = make(m.StaffMember, kind=m.StaffKind.VOLUNTEER)
    pair = make(m.MentoringPair, mentor=mentor)
    session.flush()
    what = {"day": TUESDAY, "starts": time(14), "minutes": 120, "place": " Bibliothèque "}
    meeting = propose(session, centre, mentor.id, pair.id, **what, now=now)
    assert (meeting.starts_at, meeting.place) == (datetime(2026, 12, 1, 13, tzinfo=UTC), "Bibliothèque")
    with pytest.raises(InvalidInputError):
        propose(session, centre, mentor.id, pair.id, **what | {"starts": time(15)}, now=now)
    with pytest.raises(InvalidInputError):
        record_held(meeting, 90, now)
    later = datetime(2026, 12, 1, 16, tzinfo=UTC)
    record_held(meeting, 90, later)
    (own,) = own_pairs(session, centre, mentor.id, TUESDAY)
    assert own.minutes == 90
    assert own.meetings == (meeting,)
    cancel_meeting(meeting, later)
    assert (meeting.state, meeting.minutes) == ("cancelled", 0)


@pytest.mark.parametrize("changes", [{"day": date(2026, 11, 1)}, {"minutes": 0}, {"minutes": 721}])
def test_meetings_that_cannot_be(
    make: Make, session: Session, centre: m.Centre, now: datetime, changes: dict[str, object]
) -> None:
    mentor = make(m.StaffMember)
    pair = make(m.MentoringPair, mentor=mentor)
    what = {"day": TUESDAY, "starts": time(14), "minutes": 120, "place": "", **changes}
    with pytest.raises(InvalidInputError):
        propose(session, centre, mentor.id, pair.id, **what, now=now)  # type: ignore[arg-type]


def test_pairs_of_others_and_pairs_that_are_over_are_out_of_reach(
    make: Make, session: Session, centre: m.Centre, now: datetime
) -> None:
    mentor, other = make(m.StaffMember), make(m.StaffMember)
    over = make(m.MentoringPair, mentor=mentor, ends_on=date(2026, 11, 1))
    theirs = make(m.MentoringMeeting, pair=make(m.MentoringPair, mentor=other))
    assert own_pairs(session, centre, mentor.id, TUESDAY) == []
    for pair_id in (over.id, theirs.pair_id):
        with pytest.raises(NotFoundError):
            propose(
                session,
                centre,
                mentor.id,
                pair_id,
                day=TUESDAY,
                starts=time(14),
                minutes=60,
                place="",
                now=now,
            )
    with pytest.raises(NotFoundError):
        find_meeting(session, centre, mentor.id, theirs.id)

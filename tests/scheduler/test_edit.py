"""What a coordinator does by hand: judged first, stored after, taken back if wanted."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.edit import EditResult, edit, undo
from scheduler.edit_acts import (
    Act,
    AddPerson,
    AddSession,
    CancelSession,
    ChangeLeaders,
    ChangePlace,
    LockPerson,
    LockSession,
    MoveSession,
    RemovePerson,
    RestoreSession,
)
from scheduler.errors import InvalidInputError, NotFoundError
from tests.factories import MONDAY, Make
from tests.planning import World, hold, make_world, publish_days

TUESDAY = MONDAY + timedelta(1)


@pytest.fixture
def world(make: Make) -> World:
    """The world with a draft that holds the workshop on Tuesday of the first week."""
    world = make_world(make)
    world["draft"] = make(m.Plan, number=7, last_day=MONDAY + timedelta(13), bound=99)
    world["row"] = hold(make, world, world["draft"], TUESDAY, world["person"])
    return world


@pytest.fixture
def do(session: Session, centre: m.Centre, now: datetime, world: World) -> Any:
    def run(act: Act, plan: m.Plan | None = None, **options: Any) -> EditResult:
        session.flush()
        session.expire_all()
        result = edit(session, centre, plan or world["draft"], act, options.pop("now", now), **options)
        session.expire_all()
        return result

    return run


def test_a_session_is_moved_and_stays_there(do: Any, world: World, session: Session, now: datetime) -> None:
    row, draft = world["row"], world["draft"]
    result = do(MoveSession(uid=row.uid, day=MONDAY + timedelta(2), starts=time(13, 30)), user_id=None)
    assert result.stored
    assert result.breaches == ()
    assert result.plan.id == draft.id
    assert row.starts_at == datetime(2026, 12, 2, 12, 30, tzinfo=UTC)
    assert row.ends_at - row.starts_at == timedelta(hours=3)
    assert (row.day, row.locked, row.sequence) == (MONDAY + timedelta(2), True, 0)
    assert draft.bound is None
    assert draft.objective == draft.full_value - sum(draft.terms.values())
    entry = session.scalars(select(m.AuditEntry)).one()
    assert (entry.action, entry.subject, entry.at) == ("plan.edit.move", f"plan:{draft.id}", now)


def test_a_forbidden_move_changes_nothing(do: Any, make: Make, world: World, session: Session) -> None:
    course = make(m.Course)
    make(m.CourseMeeting, course=course, weekday=2, starts=time(13), ends=time(16))
    make(m.CourseEnrolment, course=course, participant=world["person"])
    act = MoveSession(uid=world["row"].uid, day=MONDAY + timedelta(2), starts=time(13, 30))
    result = do(act)
    assert not result.stored
    assert result.rules == ("busy",)
    assert result.breaches[0].participants == (f"p{world['person'].id}",)
    assert world["row"].day == TUESDAY
    assert session.scalar(select(func.count()).select_from(m.AuditEntry)) == 0

    forced = do(act, override=True)
    assert forced.stored
    assert world["row"].overrides == ["busy"]
    assert [x["rule"] for x in world["draft"].overridden] == ["busy"]
    assert session.scalars(select(m.AuditEntry)).one().detail["overridden"] == ["busy"]

    back = do(MoveSession(uid=world["row"].uid, day=TUESDAY, starts=time(9)))
    assert back.stored
    assert world["row"].overrides == []
    assert world["draft"].overridden == []


def test_what_can_never_be_overridden_is_not(do: Any, make: Make, world: World) -> None:
    retired = make(m.Activity, programme=world["programme"], active=False)
    act = AddSession(activity_id=retired.id, day=TUESDAY, starts=time(13, 30), site_id=world["site"].id)
    result = do(act, override=True)
    assert not result.stored
    assert not result.overridable
    assert "unknown" in result.rules


def test_breaches_that_were_there_before_do_not_stand_in_the_way(do: Any, world: World) -> None:
    world["person"].opt_outs = ["atelier"]
    result = do(LockSession(uid=world["row"].uid))
    assert result.stored
    assert result.breaches == ()
    assert world["row"].locked
    do(LockSession(uid=world["row"].uid, locked=False))
    assert not world["row"].locked


def test_a_session_is_added_with_its_people(do: Any, make: Make, world: World) -> None:
    guest = make(m.Participant)
    act = AddSession(
        activity_id=world["activity"].id,
        day=MONDAY + timedelta(8),
        starts=time(9),
        site_id=world["site"].id,
        room_id=world["room"].id,
        leaders=(("leader", world["staff"].id),),
        people=(world["person"].id, guest.id),
    )
    result = do(act)
    assert result.rules == ("no_demand",)
    result = do(act, override=True)
    (row,) = [x for x in world["draft"].sessions if x.uid == result.uid]
    assert row.locked
    assert row.overrides == ["no_demand"]
    assert {x.participant_id: x.locked for x in row.attendances} == {world["person"].id: True, guest.id: True}
    assert world["draft"].unmet == []


def test_sessions_are_cancelled_and_restored(do: Any, world: World, now: datetime) -> None:
    row = world["row"]
    assert do(CancelSession(uid=row.uid, reason="  chauffage en panne ")).stored
    assert (row.cancelled_at, row.cancel_reason) == (now, "chauffage en panne")
    assert len(row.attendances) == 1
    assert len(world["draft"].unmet) == 2
    with pytest.raises(InvalidInputError):
        do(CancelSession(uid=row.uid))
    with pytest.raises(InvalidInputError):
        do(AddPerson(uid=row.uid, participant_id=world["person"].id))
    assert do(RestoreSession(uid=row.uid)).stored
    assert (row.cancelled_at, row.cancel_reason, row.locked) == (None, "", True)
    with pytest.raises(InvalidInputError):
        do(RestoreSession(uid=row.uid))


def test_people_come_and_go(do: Any, make: Make, world: World) -> None:
    other = make(m.Participant)
    make(m.Enrolment, programme=world["programme"], participant=other)
    row = world["row"]
    assert do(AddPerson(uid=row.uid, participant_id=other.id)).stored
    with pytest.raises(InvalidInputError):
        do(AddPerson(uid=row.uid, participant_id=other.id))

    def seats() -> dict[int, tuple[bool, bool]]:
        return {x.participant_id: (x.locked, x.excluded) for x in row.attendances}

    assert seats() == {world["person"].id: (False, False), other.id: (True, False)}
    do(LockPerson(uid=row.uid, participant_id=world["person"].id))
    do(LockPerson(uid=row.uid, participant_id=other.id, locked=False))
    assert seats() == {world["person"].id: (True, False), other.id: (False, False)}
    do(RemovePerson(uid=row.uid, participant_id=other.id))
    assert seats()[other.id] == (False, True)
    for act in (RemovePerson, LockPerson):
        with pytest.raises(InvalidInputError):
            do(act(uid=row.uid, participant_id=other.id))
    do(AddPerson(uid=row.uid, participant_id=other.id))
    assert seats()[other.id] == (True, False)


def test_somebody_new_joins_the_smallest_subgroup(do: Any, make: Make, world: World) -> None:
    world["activity"].subgroup_min, world["activity"].subgroup_max = 1, 3
    for number, size in ((0, 2), (1, 1)):
        for _ in range(size):
            person = make(m.Participant)
            make(m.Enrolment, programme=world["programme"], participant=person)
            make(m.Attendance, session=world["row"], participant=person, subgroup=number)
    next(x for x in world["row"].attendances if x.participant_id == world["person"].id).subgroup = 0
    new = make(m.Participant)
    make(m.Enrolment, programme=world["programme"], participant=new)
    assert do(AddPerson(uid=world["row"].uid, participant_id=new.id)).stored
    assert next(x for x in world["row"].attendances if x.participant_id == new.id).subgroup == 1


def test_leaders_and_places_change(do: Any, make: Make, world: World) -> None:
    stranger = make(m.StaffMember, kind=m.StaffKind.VOLUNTEER)
    colleague = make(m.StaffMember)
    other_room = make(m.Room, site=world["site"], seats=5)
    row = world["row"]
    refused = do(ChangeLeaders(uid=row.uid, leaders=(("leader", stranger.id),)))
    assert refused.rules == ("role",)
    assert do(ChangeLeaders(uid=row.uid, leaders=(("leader", colleague.id),))).stored
    assert [x.staff_id for x in row.leaders] == [colleague.id]
    assert do(ChangePlace(uid=row.uid, site_id=world["site"].id, room_id=other_room.id)).stored
    assert (row.room_id, row.locked) == (other_room.id, True)
    assert do(ChangePlace(uid=row.uid, site_id=world["site"].id)).rules == ("room",)


def test_nonsense_is_refused(do: Any, make: Make, world: World) -> None:
    row = world["row"]
    elsewhere = make(m.Site, centre=make(m.Centre))
    wrong: list[tuple[type[Exception], Act, dict[str, Any]]] = [
        (NotFoundError, LockSession(uid="inconnu"), {}),
        (NotFoundError, ChangePlace(uid=row.uid, site_id=elsewhere.id), {}),
        (NotFoundError, ChangeLeaders(uid=row.uid, leaders=(("leader", 999_999),)), {}),
        (NotFoundError, AddPerson(uid=row.uid, participant_id=999_999), {}),
        (NotFoundError, AddSession(activity_id=999_999, day=TUESDAY, starts=time(9), site_id=1), {}),
        (InvalidInputError, MoveSession(uid=row.uid, day=TUESDAY, starts=time(22)), {}),
        (InvalidInputError, MoveSession(uid=row.uid, day=date(2026, 11, 20), starts=time(9)), {}),
        (InvalidInputError, MoveSession(uid=row.uid, day=date(2027, 1, 20), starts=time(9)), {}),
        (InvalidInputError, LockSession(uid=row.uid), {"now": row.starts_at}),
    ]
    for error, act, options in wrong:
        with pytest.raises(error):
            do(act, **options)
    world["draft"].state = m.PlanState.DISCARDED
    with pytest.raises(InvalidInputError):
        do(LockSession(uid=row.uid))


def test_a_published_version_is_copied_and_stays_as_it_is(
    do: Any, make: Make, session: Session, world: World
) -> None:
    version = publish_days(make, world, MONDAY, MONDAY + timedelta(13))
    row = hold(make, world, version, TUESDAY, world["person"], sequence=4)
    newer = publish_days(make, world, MONDAY + timedelta(7), MONDAY + timedelta(20), 2)
    later = hold(make, world, newer, MONDAY + timedelta(8), world["person"])
    hold(make, world, version, MONDAY + timedelta(9), world["person"])
    plans = select(func.count()).select_from(m.Plan)
    before = session.scalar(plans)

    world["person"].opt_outs = ["atelier"]
    guest = make(m.Participant, opt_outs=["atelier"])
    assert not do(AddPerson(uid=row.uid, participant_id=guest.id), version).stored
    assert session.scalar(plans) == before

    result = do(CancelSession(uid=row.uid), version)
    draft = result.plan
    assert result.stored
    assert (draft.state, draft.based_on_id, draft.basis) == (m.PlanState.DRAFT, version.id, 2)
    assert (draft.first_day, draft.last_day) == (version.first_day, version.last_day)
    found = {x.uid: x for x in draft.sessions}
    assert set(found) == {row.uid, later.uid}
    assert found[row.uid].cancelled_at is not None
    assert found[row.uid].sequence == 5
    assert row.cancelled_at is None
    assert row.plan_id == version.id
    assert [x.participant_id for x in found[later.uid].attendances] == [world["person"].id]


def test_acts_are_taken_back_one_after_the_other(
    do: Any, session: Session, centre: m.Centre, now: datetime, world: World
) -> None:
    row, draft = world["row"], world["draft"]
    do(MoveSession(uid=row.uid, day=MONDAY + timedelta(3), starts=time(9)))
    do(RemovePerson(uid=row.uid, participant_id=world["person"].id))
    added = do(
        AddSession(
            activity_id=world["activity"].id,
            day=MONDAY + timedelta(8),
            starts=time(9),
            site_id=world["site"].id,
            room_id=world["room"].id,
            leaders=(("leader", world["staff"].id),),
        )
    )
    assert len(draft.sessions) == 2

    def back() -> EditResult:
        result = undo(session, centre, draft, now)
        session.expire_all()
        return result

    assert back().uid == added.uid
    assert [x.uid for x in draft.sessions] == [row.uid]
    back()
    assert [(x.participant_id, x.excluded) for x in row.attendances] == [(world["person"].id, False)]
    back()
    assert (row.day, row.locked) == (TUESDAY, False)
    with pytest.raises(InvalidInputError):
        back()
    do(LockSession(uid=row.uid))
    back()
    assert not row.locked

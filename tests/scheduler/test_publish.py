"""Publishing a draft, and what it changes for whom."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.changes import ChangeKind, changes_of
from scheduler.edit import copy_in_force, edit
from scheduler.edit_acts import CancelSession, ChangeLeaders, MoveSession
from scheduler.errors import InvalidInputError, PlanRejectedError, StalePlanError
from scheduler.in_force import days_in_force, plan_by_day, sessions_in_force
from scheduler.publish import discard, preview, publish
from tests.factories import MONDAY, Make
from tests.planning import World, hold, make_world, publish_days

LAST = MONDAY + timedelta(13)


@pytest.fixture
def world(make: Make) -> World:
    return make_world(make)


@pytest.fixture
def release(session: Session, centre: m.Centre, now: datetime) -> Any:
    def run(plan: m.Plan, now: datetime = now, **options: Any) -> Any:
        session.flush()
        session.expire_all()
        result = publish(session, centre, plan, now, **options)
        session.expire_all()
        return result

    return run


def test_a_draft_becomes_the_version_in_force(
    make: Make, session: Session, centre: m.Centre, world: World, release: Any, now: datetime
) -> None:
    user = make(m.User)
    draft = make(m.Plan, number=1, last_day=LAST)
    row = hold(make, world, draft, MONDAY, world["person"])
    result = release(draft, user_id=user.id)
    assert (draft.state, draft.publication, draft.published_at) == (m.PlanState.PUBLISHED, 1, now)
    assert draft.published_by_id == user.id
    assert [x.uid for x in sessions_in_force(session, centre.id, MONDAY, LAST)] == [row.uid]
    (change,) = result.changes.sessions
    assert change.kinds == (ChangeKind.ADDED,)
    assert result.changes.participant_ids == (world["person"].id,)
    assert result.changes.staff_ids == (world["staff"].id,)
    with pytest.raises(InvalidInputError):
        release(draft)


def test_versions_replace_one_another_day_by_day(
    make: Make, session: Session, centre: m.Centre, world: World, release: Any
) -> None:
    first = make(m.Plan, number=1, last_day=LAST + timedelta(14))
    release(first)
    second = make(m.Plan, number=2, basis=1, first_day=MONDAY + timedelta(7), last_day=LAST)
    assert release(second).superseded == ()
    held = plan_by_day(days_in_force(session, centre.id), MONDAY, LAST + timedelta(14))
    assert [held[MONDAY + timedelta(7 * week)] for week in range(4)] == [
        first.id,
        second.id,
        first.id,
        first.id,
    ]
    third = make(m.Plan, number=3, basis=2, last_day=LAST + timedelta(14))
    assert release(third).superseded == (first.id, second.id)
    assert {first.state, second.state} == {m.PlanState.SUPERSEDED}
    before = plan_by_day(days_in_force(session, centre.id, before=3), MONDAY, LAST)
    assert before[MONDAY + timedelta(7)] == second.id
    assert sessions_in_force(session, centre.id, MONDAY, LAST, before=1) == []


def test_a_stale_draft_is_refused(make: Make, world: World, release: Any) -> None:
    old = make(m.Plan, number=1, last_day=LAST)
    elsewhere = make(m.Plan, number=2, first_day=LAST + timedelta(1), last_day=LAST + timedelta(7))
    release(make(m.Plan, number=3, last_day=MONDAY + timedelta(6)))
    with pytest.raises(StalePlanError) as caught:
        release(old)
    assert caught.value.number == 3
    assert old.state == m.PlanState.DRAFT
    release(elsewhere)
    assert elsewhere.publication == 2


def test_what_changes_for_whom(
    make: Make, session: Session, centre: m.Centre, world: World, release: Any, now: datetime
) -> None:
    person, staff = world["person"], world["staff"]
    other, colleague = make(m.Participant), make(m.StaffMember)
    make(m.Enrolment, programme=world["programme"], participant=other)
    world["activity"].sessions_max = 5
    world["rule"].max = 5
    version = publish_days(make, world, MONDAY, LAST)
    days = [MONDAY + timedelta(d) for d in (0, 1, 2, 3, 8)]
    same, moved, led, gone, people = (hold(make, world, version, day, person) for day in days)
    draft, rows = copy_in_force(session, centre, MONDAY, LAST, now, based_on=version)
    session.flush()
    for act in (
        MoveSession(uid=moved.uid, day=MONDAY + timedelta(4), starts=time(9)),
        ChangeLeaders(uid=led.uid, leaders=(("leader", colleague.id),)),
        CancelSession(uid=gone.uid, reason="grève"),
    ):
        assert edit(session, centre, draft, act, now).stored
    seat = rows[people.uid].attendances[0]
    rows[people.uid].attendances.remove(seat)
    make(m.Attendance, session=rows[people.uid], participant=other)
    new = hold(make, world, draft, MONDAY + timedelta(9), other)
    session.flush()
    session.expire_all()

    changes = changes_of(session, centre, draft)
    assert preview(session, centre, draft, now).changes == changes
    kinds = {change.uid: change.kinds for change in changes.sessions}
    assert kinds == {
        moved.uid: (ChangeKind.MOVED,),
        led.uid: (ChangeKind.LEADERS,),
        gone.uid: (ChangeKind.CANCELLED,),
        people.uid: (ChangeKind.PEOPLE,),
        new.uid: (ChangeKind.ADDED,),
    }
    theirs = {(c.person_id, c.uid): c.kinds for c in changes.people}
    assert theirs == {
        (person.id, moved.uid): (ChangeKind.MOVED,),
        (person.id, led.uid): (ChangeKind.LEADERS,),
        (person.id, gone.uid): (ChangeKind.CANCELLED,),
        (person.id, people.uid): (ChangeKind.WITHDRAWN,),
        (other.id, people.uid): (ChangeKind.ADDED,),
        (other.id, new.uid): (ChangeKind.ADDED,),
    }
    led_by = {(c.person_id, c.uid): c.kinds for c in changes.staff}
    assert led_by == {
        (staff.id, moved.uid): (ChangeKind.MOVED,),
        (staff.id, led.uid): (ChangeKind.WITHDRAWN,),
        (colleague.id, led.uid): (ChangeKind.ADDED,),
        (staff.id, gone.uid): (ChangeKind.CANCELLED,),
        (staff.id, new.uid): (ChangeKind.ADDED,),
    }
    result = release(draft)
    assert {c.uid: c.kinds for c in result.changes.sessions} == kinds
    assert {c.uid: c.kinds for c in changes_of(session, centre, draft).sessions} == kinds
    sequences = {x.uid: x.sequence for x in draft.sessions}
    assert (sequences[same.uid], sequences[moved.uid], sequences[gone.uid], sequences[people.uid]) == (
        0,
        1,
        1,
        0,
    )
    assert [row.day for row in version.sessions] == days


def test_what_has_begun_stays_as_it_was_announced(
    make: Make, session: Session, centre: m.Centre, world: World, release: Any, now: datetime
) -> None:
    world["rule"].max = 9
    version = publish_days(make, world, MONDAY, LAST)
    rows = [hold(make, world, version, MONDAY + timedelta(d), world["person"]) for d in (0, 7, 8)]
    draft, copies = copy_in_force(session, centre, MONDAY, LAST, now, based_on=version)
    copies[rows[0].uid].cancelled_at = now
    hold(make, world, draft, MONDAY + timedelta(1), world["person"])
    session.delete(copies[rows[1].uid])
    copies[rows[2].uid].day = MONDAY + timedelta(2)
    copies[rows[2].uid].starts_at = datetime(2026, 12, 2, 8, tzinfo=UTC)
    copies[rows[2].uid].ends_at = datetime(2026, 12, 2, 11, tzinfo=UTC)
    session.flush()
    result = release(draft, now=datetime(2026, 12, 4, 9, tzinfo=UTC))
    found = {x.uid: x for x in draft.sessions}
    assert set(found) == {rows[0].uid, rows[2].uid}
    assert found[rows[0].uid].cancelled_at is None
    assert found[rows[2].uid].day == MONDAY + timedelta(8)
    assert [c.uid for c in result.changes.sessions] == [rows[1].uid]


def test_a_plan_that_no_longer_fits_is_published_only_knowingly(
    make: Make, session: Session, centre: m.Centre, world: World, release: Any, now: datetime
) -> None:
    draft = make(m.Plan, number=1, last_day=LAST)
    row = hold(make, world, draft, MONDAY, world["person"])
    assert preview(session, centre, draft, now).conflicts == ()
    make(
        m.BusyPeriod,
        staff=world["staff"],
        starts_at=datetime(2026, 11, 30, 6, tzinfo=UTC),
        ends_at=datetime(2026, 11, 30, 20, tzinfo=UTC),
    )
    session.flush()
    (breach,) = preview(session, centre, draft, now).conflicts
    assert (breach.rule, breach.sessions) == ("staff_unavailable", (row.uid,))
    with pytest.raises(PlanRejectedError, match="staff_unavailable"):
        release(draft)
    assert draft.state == m.PlanState.DRAFT
    release(draft, acknowledged=True)
    assert draft.state == m.PlanState.PUBLISHED
    assert row.overrides == ["staff_unavailable"]
    assert [x["rule"] for x in draft.overridden] == ["staff_unavailable"]


def test_a_draft_may_be_put_aside(make: Make, session: Session, centre: m.Centre, now: datetime) -> None:
    draft = make(m.Plan, number=1)
    discard(session, centre, draft, now)
    assert draft.state == m.PlanState.DISCARDED
    with pytest.raises(InvalidInputError):
        discard(session, centre, draft, now)


def test_days_in_force_leave_holes_where_nothing_was_published(
    make: Make, session: Session, centre: m.Centre, world: World
) -> None:
    publish_days(make, world, MONDAY, MONDAY + timedelta(6))
    publish_days(make, world, MONDAY + timedelta(14), MONDAY + timedelta(20), 2)
    held = days_in_force(session, centre.id)
    assert [(x.first_day, x.last_day) for x in held] == [
        (MONDAY, MONDAY + timedelta(6)),
        (MONDAY + timedelta(14), MONDAY + timedelta(20)),
    ]
    assert days_in_force(session, centre.id, until=date(2026, 12, 7)) == held[:1]
    assert MONDAY + timedelta(8) not in plan_by_day(held, MONDAY, MONDAY + timedelta(20))

"""A solution becomes a draft: which sessions are the same, and what may not be stored."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.errors import PlanRejectedError
from scheduler.generate import store_solution
from scheduler.problem_builder import BuiltProblem, build_problem
from scheduler.session_state import from_json, state_of, to_json
from solver.problem import PlannedSession
from tests.factories import MONDAY, Make
from tests.planning import World, hold, make_world, planned, publish_days, solved


@pytest.fixture
def world(make: Make) -> World:
    return make_world(make)


@pytest.fixture
def build(session: Session, centre: m.Centre, now: datetime) -> Any:
    def run(base_plan: m.Plan | None = None, now: datetime = now) -> BuiltProblem:
        session.flush()
        session.expire_all()
        return build_problem(session, centre, MONDAY, 2, now, base_plan=base_plan)

    return run


@pytest.fixture
def store(session: Session, centre: m.Centre, now: datetime, build: Any) -> Any:
    def run(*sessions: PlannedSession, base_plan: m.Plan | None = None, now: datetime = now) -> m.Plan:
        built = build(base_plan, now)
        plan = store_solution(
            session,
            centre,
            built,
            solved(built, *sessions),
            now,
            base_plan_id=base_plan.id if base_plan else None,
        )
        session.expire_all()
        return plan

    return run


def uids(plan: m.Plan) -> dict[str, m.GroupSession]:
    return {row.uid: row for row in plan.sessions}


def test_a_solution_is_stored_as_it_is(store: Any, world: World) -> None:
    plan = store(planned(world, 1, 0, 9, world["person"]), planned(world, 2, 7, 13.5, world["person"]))
    assert (plan.number, plan.state, plan.publication, plan.basis) == (1, m.PlanState.DRAFT, None, 0)
    first, second = plan.sessions
    assert first.starts_at == datetime(2026, 11, 30, 8, tzinfo=UTC)
    assert first.ends_at == datetime(2026, 11, 30, 11, tzinfo=UTC)
    assert second.day == MONDAY + timedelta(7)
    assert (first.room_id, first.sequence, first.locked) == (world["room"].id, 0, False)
    assert [x.staff_id for x in first.leaders] == [world["staff"].id]
    assert [x.participant_id for x in first.attendances] == [world["person"].id]
    assert type(first) is m.GroupSession
    assert plan.unmet == []
    assert plan.terms["days"] > 0
    assert plan.objective == plan.full_value - sum(plan.terms.values())


def test_what_is_left_unmet_is_kept_with_its_reasons(store: Any, world: World) -> None:
    plan = store(planned(world, 1, 0, 9, world["person"]))
    (unmet,) = plan.unmet
    assert unmet["participant"] == f"p{world['person'].id}"
    assert (unmet["first_day"], unmet["got"], unmet["min"]) == (7, 0, 1)
    assert unmet["reasons"]


def test_individual_sessions_are_appointments(store: Any, world: World) -> None:
    world["activity"].individual = True
    plan = store(planned(world, 1, 0, 9, world["person"]))
    assert [type(row) for row in plan.sessions] == [m.Appointment]


def test_a_plan_that_breaks_a_rule_is_not_stored(
    session: Session, centre: m.Centre, now: datetime, build: Any, world: World
) -> None:
    world["person"].opt_outs = ["atelier"]
    built = build()
    with pytest.raises(PlanRejectedError, match="opt_out"):
        store_solution(session, centre, built, solved(built, planned(world, 1, 0, 9, world["person"])), now)
    assert session.scalar(select(func.count()).select_from(m.Plan)) == 0


def test_a_plan_that_claims_too_much_is_not_stored(
    session: Session, centre: m.Centre, now: datetime, build: Any, world: World
) -> None:
    built = build()
    true = solved(built, planned(world, 1, 0, 9, world["person"]))
    for claim in (
        {"objective": true.objective + 1},
        {"unmet": ()},
        {"bound": true.objective - 1, "gap": -0.1},
    ):
        with pytest.raises(PlanRejectedError, match="claim"):
            store_solution(session, centre, built, replace(true, **claim), now)
    assert session.scalar(select(func.count()).select_from(m.GroupSession)) == 0


def test_the_same_session_keeps_its_uid(make: Make, store: Any, world: World) -> None:
    version = publish_days(make, world, MONDAY, MONDAY + timedelta(13))
    row = hold(make, world, version, MONDAY + timedelta(1), world["person"], sequence=3)
    plan = store(planned(world, 1, 1, 9, world["person"]), planned(world, 2, 8, 9, world["person"]))
    found = uids(plan)
    assert len(found) == 2
    assert (found[row.uid].sequence, found[row.uid].changed_at) == (3, row.changed_at)
    assert plan.basis == 1
    (new,) = [x for uid, x in found.items() if uid != row.uid]
    assert new.sequence == 0


def test_a_session_moved_within_its_week_is_the_same(
    make: Make, store: Any, world: World, now: datetime
) -> None:
    version = publish_days(make, world, MONDAY, MONDAY + timedelta(13))
    row = hold(make, world, version, MONDAY + timedelta(1), world["person"], sequence=3)
    plan = store(planned(world, 1, 3, 13.5, world["person"]))
    (moved,) = plan.sessions
    assert (moved.uid, moved.sequence, moved.changed_at) == (row.uid, 4, now)
    other_week = store(planned(world, 1, 10, 9, world["person"]))
    found = uids(other_week)
    assert len(found) == 2
    assert found[row.uid].withdrawn
    assert found[row.uid].cancelled_at == now
    assert found[row.uid].sequence == 4


def test_those_with_most_people_in_common_are_the_same(make: Make, store: Any, world: World) -> None:
    world["activity"].sessions_max = world["rule"].max_per_week = 2
    other = make(m.Participant)
    make(m.Enrolment, programme=world["programme"], participant=other)
    version = publish_days(make, world, MONDAY, MONDAY + timedelta(13))
    mine = hold(make, world, version, MONDAY + timedelta(1), world["person"])
    theirs = hold(make, world, version, MONDAY + timedelta(3), other)
    plan = store(planned(world, 1, 2, 13.5, other), planned(world, 2, 4, 13.5, world["person"]))
    found = uids(plan)
    assert found[mine.uid].day == MONDAY + timedelta(4)
    assert found[theirs.uid].day == MONDAY + timedelta(2)


def test_appointments_of_different_people_are_never_the_same(make: Make, store: Any, world: World) -> None:
    world["activity"].individual = True
    other = make(m.Participant)
    make(m.Enrolment, programme=world["programme"], participant=other)
    version = publish_days(make, world, MONDAY, MONDAY + timedelta(13))
    row = hold(make, world, version, MONDAY + timedelta(1), other, model=m.Appointment)
    plan = store(planned(world, 1, 1, 9, world["person"]))
    assert uids(plan)[row.uid].withdrawn
    assert len(plan.sessions) == 2


def test_locks_stay_and_planned_ones_are_free(make: Make, store: Any, world: World) -> None:
    draft = make(m.Plan, number=1, last_day=MONDAY + timedelta(13))
    locked = hold(make, world, draft, MONDAY + timedelta(1), world["person"], locked=True)
    other = make(m.Participant)
    make(m.Attendance, session=locked, participant=other, excluded=True)
    plan = store(planned(world, 1, 8, 9, world["person"]), base_plan=draft)
    assert plan.based_on_id == draft.id
    again = uids(plan)[locked.uid]
    assert again.locked
    assert {(x.participant_id, x.excluded) for x in again.attendances} == {
        (world["person"].id, False),
        (other.id, True),
    }
    assert [row.locked for row in plan.sessions] == [True, False]


def test_overrides_are_kept_and_reported(make: Make, store: Any, world: World) -> None:
    draft = make(m.Plan, number=1, last_day=MONDAY + timedelta(13))
    world["person"].opt_outs = ["atelier"]
    row = hold(make, world, draft, MONDAY + timedelta(1), world["person"], locked=True, overrides=["opt_out"])
    plan = store(base_plan=draft)
    assert uids(plan)[row.uid].overrides == ["opt_out"]
    assert [x["rule"] for x in plan.overridden] == ["opt_out"]


def test_the_past_stays_and_what_it_is_excused_is_not_reported(make: Make, store: Any, world: World) -> None:
    version = publish_days(make, world, MONDAY, MONDAY + timedelta(13))
    past = hold(make, world, version, MONDAY, world["person"], sequence=2)
    world["person"].opt_outs = ["atelier"]
    plan = store(now=datetime(2026, 12, 2, 9, tzinfo=UTC))
    (row,) = plan.sessions
    assert (row.uid, row.sequence, row.overrides) == (past.uid, 2, [])
    assert plan.overridden == []


def test_cancelled_sessions_stay_cancelled(make: Make, store: Any, world: World, now: datetime) -> None:
    version = publish_days(make, world, MONDAY, MONDAY + timedelta(13))
    row = hold(
        make,
        world,
        version,
        MONDAY + timedelta(1),
        world["person"],
        cancelled_at=now,
        cancel_reason="inondation",
    )
    plan = store(planned(world, 1, 3, 9, world["person"]))
    found = uids(plan)
    assert len(found) == 2
    assert (found[row.uid].cancel_reason, found[row.uid].withdrawn) == ("inondation", False)


def test_a_withdrawn_session_may_come_back(make: Make, store: Any, world: World) -> None:
    version = publish_days(make, world, MONDAY, MONDAY + timedelta(13))
    row = hold(make, world, version, MONDAY + timedelta(1), world["person"], sequence=5)
    without = store()
    assert uids(without)[row.uid].withdrawn
    again = store(planned(world, 1, 1, 9, world["person"]), base_plan=without)
    (back,) = again.sessions
    assert (back.uid, back.sequence, back.withdrawn, back.cancelled_at) == (row.uid, 5, False, None)


def test_a_state_survives_json(make: Make, world: World) -> None:
    row = hold(
        make, world, make(m.Plan), MONDAY, world["person"], cancelled_at=datetime(2026, 11, 24, tzinfo=UTC)
    )
    assert from_json(to_json(state_of(row))) == state_of(row)

"""A centre with a draft of two weeks, or with a session of today, for the tests of pages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.timegrid import monday_of
from tests.factories import Make
from tests.planning import World, hold, make_world
from web.clock import today


def next_monday() -> date:
    """The first day of the plans that the tests make."""
    return monday_of(today()) + timedelta(7)


def draft_world(make: Make, rows: Session) -> World:
    """The world with a draft of two weeks from next Monday that holds the workshop on its first Tuesday."""
    world = make_world(make)
    world["monday"] = next_monday()
    world["enrolment"].starts_on = today() - timedelta(60)
    world["person"].first_name, world["person"].last_name = "Amina", "Haddad"
    world["plan"] = draft(make, world, 1)
    world["tuesday"] = world["monday"] + timedelta(1)
    world["row"] = hold(make, world, world["plan"], world["tuesday"], world["person"])
    rows.commit()
    return world


def draft(make: Make, world: World, number: int, **columns: object) -> m.Plan:
    """An empty draft of the world's two weeks with a missed minimum of its person."""
    plan: m.Plan = make(
        m.Plan,
        number=number,
        first_day=world["monday"],
        last_day=world["monday"] + timedelta(13),
        objective=940,
        full_value=1000,
        bound=950,
        terms={"below_min": 50, "days": 10},
        unmet=[unmet(world)],
        **columns,
    )
    return plan


def unmet(world: World, **changes: object) -> dict[str, object]:
    """What a plan says of a missed minimum: one reason, two remedies."""
    activity, person = f"a{world['activity'].id}", world["person"].id
    return {
        "demand": f"d{world['rule'].id}p{person}",
        "participant": f"p{person}",
        "first_day": 7,
        "end_day": 14,
        "got": 0,
        "min": 1,
        "target": 1,
        "reasons": [
            {"code": "full", "count": 2, "params": {"activity": activity, "most": "15", "places": "3"}},
        ],
        "remedies": [
            {"code": "add_seat", "params": {"activity": activity, "start": str(8 * 96 + 36), "most": "15"}},
            {"code": "open_day", "params": {"activity": activity, "start": str(9 * 96 + 36), "day": "9"}},
        ],
    } | changes


def publish(rows: Session, plan: m.Plan, publication: int = 1) -> None:
    """Make a plan the version in force on its days."""
    plan.state, plan.publication, plan.published_at = m.PlanState.PUBLISHED, publication, plan.created_at
    rows.commit()


def hold_now(make: Make, *, minutes_ago: int, hours: int) -> m.GroupSession:
    """A session that is under way, in a version in force for today alone."""
    plan = make(
        m.Plan,
        publication=1,
        state=m.PlanState.PUBLISHED,
        published_at=datetime.now(UTC),
        first_day=today(),
        last_day=today(),
    )
    start = datetime.now(UTC) - timedelta(minutes=minutes_ago)
    held: m.GroupSession = make(
        m.GroupSession, plan=plan, day=today(), starts_at=start, ends_at=start + timedelta(hours=hours)
    )
    return held

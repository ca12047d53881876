"""Sessions as plain data: stored at once, and read back as they were."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.in_force import sessions_of
from scheduler.session_state import Expected, insert_states, load_states, state_of
from tests.factories import MONDAY, Make
from tests.planning import hold, make_world, publish_days


def test_what_is_stored_at_once_is_read_back_the_same(
    session: Session, centre: m.Centre, make: Make, now: datetime
) -> None:
    world = make_world(make)
    first = publish_days(make, world, MONDAY, MONDAY)
    group = state_of(hold(make, world, first, MONDAY, world["person"]))
    alone = state_of(hold(make, world, first, MONDAY, world["person"], model=m.Appointment))
    states = [
        replace(group, uid="1", language="ar", people=(Expected(world["person"].id, excluded=True),)),
        replace(alone, uid="2", room_id=None, locked=True, overrides=("room_clash",), sequence=3),
        replace(
            group, uid="3", leaders=(), people=(), cancelled_at=now, cancel_reason="pluie", withdrawn=True
        ),
    ]
    plan = publish_days(make, world, MONDAY, MONDAY, publication=2)
    insert_states(session, plan, [])
    insert_states(session, plan, states)
    found = load_states(session, m.GroupSession.plan_id == plan.id)
    assert sorted(found, key=lambda state: state.uid) == states
    rows = {row.uid: row for row in sessions_of(session, plan)}
    assert {uid: type(row) for uid, row in rows.items()} == {
        "1": m.GroupSession,
        "2": m.Appointment,
        "3": m.GroupSession,
    }
    assert all(row.centre_id == centre.id and row.version == 1 for row in rows.values())

"""Whatever is done to a published week: who is told is exactly who has not heard what is so now, once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.changes import announce
from notifications.models import Message, MessageState
from notifications.net_changes import Place
from notifications.policy import in_quiet_hours, load_policies
from scheduler import models as m
from scheduler.changes import compare
from scheduler.publish import PublishResult
from scheduler.session_state import Expected, SessionState, state_of
from tests.factories import Make
from tests.planning import hold, make_world, publish_days

BRUSSELS = ZoneInfo("Europe/Brussels")
FIRST, LAST = date(2026, 11, 23), date(2026, 12, 20)

#: What each person holds to be so, by session.
Heard = dict[int, dict[str, Place]]


def edited(
    state: SessionState, dice: Random, people: list[int], rooms: list[int], now: datetime
) -> SessionState:
    """Return a session after one act of somebody's hand, of which some change nothing for those who come."""
    here = state.attendees
    match dice.choice(
        ["move", "back", "room", "leader", "language", "in", "out", "cancel", "restore", "lock"]
    ):
        case "move":
            shift = timedelta(hours=dice.choice([-1, 1, 2, 24]))
            starts_at = state.starts_at + shift
            return replace(state, starts_at=starts_at, ends_at=state.ends_at + shift, day=starts_at.date())
        case "back":
            shift = datetime(2026, 11, 28, 9, tzinfo=BRUSSELS) - state.starts_at
            starts_at = state.starts_at + shift
            return replace(state, starts_at=starts_at, ends_at=state.ends_at + shift, day=starts_at.date())
        case "room":
            return replace(state, room_id=dice.choice(rooms))
        case "leader":
            return replace(state, leaders=(("leader", dice.randrange(1, 9)),))
        case "language":
            return replace(state, language=dice.choice([None, "ar"]))
        case "in":
            return replace(state, people=tuple(Expected(x) for x in sorted({*here, dice.choice(people)})))
        case "out":
            return replace(state, people=tuple(Expected(x) for x in sorted(here - {dice.choice(people)})))
        case "cancel":
            return replace(state, cancelled_at=state.cancelled_at or now)
        case "restore":
            return replace(state, cancelled_at=None)
    return replace(state, locked=not state.locked)


def truth(states: dict[str, SessionState], person: int) -> dict[str, Place]:
    """Return where somebody is expected, by session."""
    places = {uid: Place.of(state, person) for uid, state in states.items()}
    return {uid: place for uid, place in places.items() if place is not None}


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
@pytest.mark.parametrize("seed", range(5))
def test_exactly_those_are_told_who_have_not_heard(
    session: Session, centre: m.Centre, make: Make, seed: int
) -> None:
    dice = Random(seed)
    world = make_world(make)
    rooms = [world["room"].id, make(m.Room, site=world["site"], name="Salle 2").id]
    everybody = [make(m.Participant, phone=f"+3247000000{n}") for n in range(4)]
    people = [person.id for person in everybody]
    plan = publish_days(make, world, FIRST, LAST)
    rows = [hold(make, world, plan, date(2026, 11, 28 + n), *everybody[n : n + 2]) for n in range(3)]
    session.flush()
    states = {row.uid: state_of(row) for row in rows}
    heard: Heard = {person: truth(states, person) for person in people}
    now = datetime(2026, 11, 24, 10, tzinfo=BRUSSELS)
    policy = load_policies(session, centre).centre
    told = 0
    for publication in range(2, 16):
        before = dict(states)
        for _act in range(dice.randrange(1, 4)):
            uid = dice.choice(sorted(states))
            states[uid] = edited(states[uid], dice, people, rooms, now)
        version = publish_days(make, world, FIRST, LAST, publication=publication)
        result = PublishResult(plan=version, changes=compare(before.values(), states.values()), superseded=())
        announce(session, centre, result, now)
        queued = session.scalars(select(Message).where(Message.state == MessageState.QUEUED)).all()
        said: dict[int, list[Message]] = defaultdict(list)
        for message in queued:
            said[message.participant_id or 0].append(message)
        for person in people:
            is_, was = truth(states, person), heard[person]
            wanted = {uid: (was.get(uid), is_.get(uid)) for uid in was | is_ if was.get(uid) != is_.get(uid)}
            assert len(said[person]) == (1 if wanted else 0), (
                "one message, or none where nothing is different"
            )
            for message in said[person]:
                assert message.next_at is not None
                assert not in_quiet_hours(
                    message.next_at.astimezone(BRUSSELS).time(), policy.quiet_from, policy.quiet_until
                )
                assert {
                    each["uid"]: (Place.from_json(each["before"]), Place.from_json(each["after"]))
                    for each in message.facts["changes"]
                } == wanted
        now += timedelta(hours=dice.choice([0, 0, 1, 1, 2, 5]))
        for message in queued:
            if message.next_at is not None and message.next_at <= now and dice.random() < 0.7:
                message.state = MessageState.DELIVERED
                heard[message.participant_id or 0] = truth(states, message.participant_id or 0)
                told += 1
        session.flush()
    assert told > 3

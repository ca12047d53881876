"""Folding: people move to the places they chose, among sessions as plain data, until the judge agrees."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.edit_acts import with_person
from scheduler.held_places import made_uid
from scheduler.judge import Judge, Judgement, caused
from scheduler.models import (
    Activity,
    Centre,
    ChoiceOffer,
    ChoicePlace,
    FreedSeat,
    OfferKind,
    Room,
)
from scheduler.planner_ids import participant_key
from scheduler.session_state import Expected, SessionState
from scheduler.timegrid import to_wall

#: Sessions by uid.
States = dict[str, SessionState]


@dataclass(slots=True)
class Facts:
    """What moving people between sessions needs to know beside the sessions."""

    activities: Mapping[int, Activity]
    rooms: Mapping[int, int]
    zone: ZoneInfo
    now: datetime
    freed: Mapping[int, FreedSeat]
    touched: dict[int, set[str]] = field(default_factory=dict)
    left: set[tuple[int, str]] = field(default_factory=set)

    def seats(self, state: SessionState) -> int:
        """Return how many people a session has room for."""
        most = self.activities[state.activity_id].seats_max
        return most if state.room_id is None else min(most, self.rooms[state.room_id])


def read_facts(session: Session, centre: Centre, offers: Sequence[ChoiceOffer], now: datetime) -> Facts:
    activities = session.scalars(select(Activity).where(Activity.centre_id == centre.id))
    rooms = session.execute(select(Room.id, Room.seats).where(Room.centre_id == centre.id))
    freed = session.scalars(
        select(FreedSeat).where(FreedSeat.id.in_({offer.freed_seat_id for offer in offers} - {None}))
    )
    return Facts(
        activities={row.id: row for row in activities},
        rooms={int(row_id): int(seats) for row_id, seats in rooms},
        zone=ZoneInfo(centre.timezone),
        now=now,
        freed={row.id: row for row in freed},
    )


def fold(
    judge: Judge, states: States, offers: Sequence[ChoiceOffer], facts: Facts
) -> tuple[list[ChoiceOffer], States, Judgement]:
    """Return the choices that can stand together with the plan they make, the first to choose first."""
    base = judge.judge(states.values())
    kept = list(offers)
    while True:
        after = dict(states)
        facts.touched, facts.left = {}, set()
        kept = [offer for offer in kept if _play(offer, after, facts)]
        if not kept:
            return [], states, base
        verdict = judge.judge(after.values())
        breaches = caused(base.report, verdict.report)
        if not breaches:
            return kept, after, verdict
        out = set()
        for breach in breaches:
            concerned = [
                offer
                for offer in kept
                if not facts.touched[offer.id].isdisjoint(breach.sessions)
                or participant_key(offer.participant_id) in breach.participants
            ]
            out.add((concerned or kept)[-1].id)
        kept = [offer for offer in kept if offer.id not in out]


def _play(offer: ChoiceOffer, states: States, facts: Facts) -> bool:
    """Move a person to the place they chose; tell whether that makes sense of the plan as it is."""
    place, person = chosen_place(offer), offer.participant_id
    if place.starts_at <= facts.now:
        return False
    changed: States = {}
    moved = False
    if offer.kind == OfferKind.CHOICE and offer.session_uid is not None:
        present = states.get(offer.session_uid)
        if present is None or not present.held or person not in present.attendees:
            return False
        if present.starts_at <= facts.now:
            return False
        moved = present.individual and place.session_uid is None and place.activity_id == present.activity_id
        changed[present.uid] = (
            replace(present, **_placed(place, facts), overrides=())
            if moved
            else _left(present, person, facts)
        )
    if place.session_uid is not None:
        target = states.get(place.session_uid)
        if target is None or not target.held or target.starts_at != place.starts_at:
            return False
        if person in target.attendees:
            return False
        changed[target.uid] = _joined(offer, target, facts)
    elif not moved:
        made = _appointment(offer, place, facts)
        changed[made.uid] = made
    states.update(changed)
    facts.touched[offer.id] = set(changed)
    return True


def _left(state: SessionState, person: int, facts: Facts) -> SessionState:
    """Return a session without somebody; an appointment without its person is not held."""
    if state.individual:
        return replace(state, cancelled_at=facts.now, withdrawn=True, locked=False)
    return replace(state, people=tuple(x for x in state.people if x.participant_id != person))


def _joined(offer: ChoiceOffer, target: SessionState, facts: Facts) -> SessionState:
    """Return a session with one more person, in the seat of who cannot come where it is full."""
    if offer.freed_seat_id is not None and len(target.attendees) >= facts.seats(target):
        absent = facts.freed[offer.freed_seat_id].participant_id
        people = tuple(
            Expected(absent, excluded=True) if x.participant_id == absent else x for x in target.people
        )
        target = replace(target, people=people)
        facts.left.add((absent, target.uid))
    return with_person(target, facts.activities[target.activity_id], offer.participant_id)


def _appointment(offer: ChoiceOffer, place: ChoicePlace, facts: Facts) -> SessionState:
    return SessionState(
        uid=made_uid(offer),
        activity_id=place.activity_id,
        cohort_id=place.cohort_id,
        individual=facts.activities[place.activity_id].individual,
        people=(Expected(offer.participant_id, locked=True),),
        changed_at=facts.now,
        **_placed(place, facts),
    )


def _placed(place: ChoicePlace, facts: Facts) -> dict[str, Any]:
    """Return when, where and with whom a session is that somebody chose; it stays there."""
    return {
        "day": to_wall(place.starts_at, facts.zone)[0],
        "starts_at": place.starts_at,
        "ends_at": place.ends_at,
        "site_id": place.site_id,
        "room_id": place.room_id,
        "language": place.language,
        "leaders": tuple(sorted((role, staff_id) for role, staff_id in place.leaders)),
        "locked": True,
    }


def chosen_place(offer: ChoiceOffer) -> ChoicePlace:
    return next(place for place in offer.places if place.number == offer.chosen_number)

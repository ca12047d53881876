"""Places that are kept for people who may choose them: what stands of them in a plan, and what does not."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import NAMESPACE_OID, uuid5
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session, joinedload

from scheduler.db import begin_writing
from scheduler.models import (
    Activity,
    Centre,
    ChoiceOffer,
    ChoicePlace,
    FreedSeat,
    OfferKind,
    OfferState,
    PlaceState,
    Room,
)
from scheduler.session_state import SessionState
from scheduler.timegrid import to_instant

#: Says how many people a session has room for.
Seats = Callable[[SessionState], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A place that is kept for somebody: ``until`` they answer, or ``chosen`` and soon part of the plan.

    With ``session_uid`` it is a seat in that session, else a time at which room and leaders are free.
    ``present_uid`` is the session they are expected in until they choose, ``made_uid`` the one that
    choosing a time makes for somebody who has none. ``giver_id`` is who gave up a freed seat, ``sent``
    says whether the person knows of the place.
    """

    place_id: int
    offer_id: int
    participant_id: int
    number: int
    activity_id: int
    cohort_id: int | None
    starts_at: datetime
    ends_at: datetime
    site_id: int
    room_id: int | None
    language: str | None
    leaders: tuple[tuple[str, int], ...]
    session_uid: str | None
    present_uid: str | None
    made_uid: str
    giver_id: int | None
    chosen: bool
    sent: bool
    until: datetime

    @property
    def is_present(self) -> bool:
        """Whether it is the place that the person has already."""
        return self.session_uid is not None and self.session_uid == self.present_uid

    @property
    def own_uids(self) -> frozenset[str | None]:
        """The sessions that give way to the place, or that it is."""
        return frozenset({self.present_uid, self.made_uid, self.session_uid}) - {None}


def lock(session: Session, centre_id: int) -> None:
    """Let one transaction at a time decide on the places of a centre, until it ends.

    On PostgreSQL the centre's row is locked, in a way that rows which only refer to it do not wait
    for; on SQLite whoever writes is alone anyway.
    """
    begin_writing(session)
    session.execute(select(Centre.id).where(Centre.id == centre_id).with_for_update(key_share=True))


def kept(now: datetime) -> ColumnElement[bool]:
    """Return the condition that a place is kept for its offer."""
    return or_(
        ChoicePlace.state == PlaceState.CHOSEN,
        and_(ChoicePlace.state == PlaceState.HELD, ChoicePlace.held_until > now),
    )


def made_uid(offer: ChoiceOffer) -> str:
    """Return the uid of the appointment that an offer makes for somebody who had none.

    The same in a draft that follows as in the version that is published.
    """
    return str(uuid5(NAMESPACE_OID, f"choice {offer.centre_id} {offer.id}"))


def read_holds(
    session: Session, centre: Centre, first_day: date, last_day: date, now: datetime
) -> list[Hold]:
    """Return the places kept between two days, ends included: chosen ones first, then as offered."""
    zone = ZoneInfo(centre.timezone)
    query = (
        select(ChoicePlace, FreedSeat.participant_id)
        .join(ChoicePlace.offer)
        .outerjoin(FreedSeat, FreedSeat.id == ChoiceOffer.freed_seat_id)
        .where(
            ChoicePlace.centre_id == centre.id,
            ChoicePlace.starts_at > now,
            ChoicePlace.starts_at >= to_instant(first_day, _MIDNIGHT, zone),
            ChoicePlace.starts_at < to_instant(last_day + timedelta(days=1), _MIDNIGHT, zone),
            kept(now),
        )
        .options(joinedload(ChoicePlace.offer))
        .order_by(ChoicePlace.state != PlaceState.CHOSEN, ChoicePlace.offer_id, ChoicePlace.number)
        .execution_options(populate_existing=True)
    )
    return [_hold(place, giver) for place, giver in session.execute(query)]


_MIDNIGHT = datetime.min.time()


def _hold(place: ChoicePlace, giver: int | None) -> Hold:
    offer = place.offer
    return Hold(
        place_id=place.id,
        offer_id=offer.id,
        participant_id=offer.participant_id,
        number=place.number,
        activity_id=place.activity_id,
        cohort_id=place.cohort_id,
        starts_at=place.starts_at,
        ends_at=place.ends_at,
        site_id=place.site_id,
        room_id=place.room_id,
        language=place.language,
        leaders=tuple(sorted((role, staff_id) for role, staff_id in place.leaders)),
        session_uid=place.session_uid,
        present_uid=offer.session_uid if offer.kind == OfferKind.CHOICE else None,
        made_uid=made_uid(offer),
        giver_id=giver,
        chosen=place.state == PlaceState.CHOSEN,
        sent=offer.state != OfferState.PREPARED,
        until=place.held_until,
    )


def read_seats(session: Session, centre: Centre) -> Seats:
    """Return what says how many people a session of a centre has room for."""
    activities = {
        int(row_id): int(most)
        for row_id, most in session.execute(
            select(Activity.id, Activity.seats_max).where(Activity.centre_id == centre.id)
        )
    }
    rooms = {
        int(row_id): int(seats)
        for row_id, seats in session.execute(select(Room.id, Room.seats).where(Room.centre_id == centre.id))
    }

    def seats(state: SessionState) -> int:
        most = activities[state.activity_id]
        return most if state.room_id is None else min(most, rooms[state.room_id])

    return seats


def standing(holds: Iterable[Hold], states: Iterable[SessionState], seats: Seats) -> set[int]:
    """Return the ids of the places that can still be had in a plan, the first holds having the first right.

    Parameters
    ----------
    states : iterable of SessionState
        The sessions of the plan on the days of the holds.
    """
    held = [state for state in states if state.held]
    by_uid = {state.uid: state for state in held}
    by_day: dict[date, list[SessionState]] = defaultdict(list)
    for state in held:
        by_day[state.starts_at.date()].append(state)
    given: Counter[str] = Counter()
    found = set()
    for hold in holds:
        at_once = [
            state
            for state in by_day[hold.starts_at.date()]
            if state.starts_at < hold.ends_at
            and hold.starts_at < state.ends_at
            and state.uid not in hold.own_uids
        ]
        target = by_uid.get(hold.session_uid or "")
        if hold.session_uid is None:
            stands = _is_time_free(hold, at_once)
        elif target is None or (target.starts_at, target.site_id) != (hold.starts_at, hold.site_id):
            stands = False
        elif hold.participant_id in target.attendees:
            stands = True
        elif hold.is_present or any(hold.participant_id in state.attendees for state in at_once):
            stands = False
        elif hold.giver_id in target.attendees:
            stands = True
        else:
            stands = len(target.attendees) + given[target.uid] < seats(target)
            given[target.uid] += stands
        if stands:
            found.add(hold.place_id)
    return found


def _is_time_free(hold: Hold, at_once: Sequence[SessionState]) -> bool:
    staff = {staff_id for _, staff_id in hold.leaders}
    return not any(
        (state.room_id is not None and state.room_id == hold.room_id)
        or not staff.isdisjoint(staff_id for _, staff_id in state.leaders)
        or hold.participant_id in state.attendees
        for state in at_once
    )


def lost_holds(
    session: Session,
    centre: Centre,
    first_day: date,
    last_day: date,
    before: Mapping[str, SessionState],
    after: Mapping[str, SessionState],
    now: datetime,
) -> list[Hold]:
    """Return the places kept between two days that a plan takes away from those who may choose them."""
    holds = read_holds(session, centre, first_day, last_day, now)
    if not holds:
        return []
    seats = read_seats(session, centre)
    lost = standing(holds, before.values(), seats) - standing(holds, after.values(), seats)
    return [hold for hold in holds if hold.place_id in lost]


def take_away(session: Session, centre: Centre, holds: Collection[Hold]) -> None:
    """Take places away for good from those for whom they are kept; the clock tells them."""
    lock(session, centre.id)
    query = (
        select(ChoicePlace)
        .where(
            ChoicePlace.id.in_({hold.place_id for hold in holds}),
            ChoicePlace.state.in_((PlaceState.HELD, PlaceState.CHOSEN)),
        )
        .execution_options(populate_existing=True)
    )
    for place in session.scalars(query):
        place.state = PlaceState.LOST
    session.flush()

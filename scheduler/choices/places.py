"""Whether a place can still be had: seats counted and times compared under one lock of the centre."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, selectinload

from scheduler.held_places import kept
from scheduler.in_force import DaysInForce, days_in_force, holds
from scheduler.models import (
    Activity,
    Answer,
    Attendance,
    AttendanceRecord,
    ChoiceOffer,
    ChoicePlace,
    FreedSeat,
    GroupSession,
    OfferKind,
    PlaceState,
    Room,
    SessionLeader,
)

#: States of places that a change of the plan took away.
LOST = (PlaceState.LOST, PlaceState.GONE)


def is_present(offer: ChoiceOffer, place: ChoicePlace) -> bool:
    """Whether a place is the one that the person has in the plan already."""
    return (
        offer.kind == OfferKind.CHOICE
        and place.number == 1
        and place.session_uid is not None
        and (place.session_uid == offer.session_uid)
    )


def in_force(session: Session, centre_id: int, uids: Collection[str]) -> dict[str, GroupSession]:
    """Return the sessions in force among some, read anew with their people and leaders."""
    query = (
        select(GroupSession)
        .where(
            GroupSession.centre_id == centre_id,
            GroupSession.uid.in_(set(uids)),
            holds(days_in_force(session, centre_id), None, None),
        )
        .options(
            selectinload(GroupSession.attendances),
            selectinload(GroupSession.leaders),
            selectinload(GroupSession.activity),
            selectinload(GroupSession.room),
        )
        .execution_options(populate_existing=True)
    )
    return {row.uid: row for row in session.scalars(query)}


def seats_left(
    session: Session,
    centre_id: int,
    uids: Collection[str],
    now: datetime,
    *,
    besides: int | None = None,
    held: list[DaysInForce] | None = None,
) -> dict[str, int]:
    """Return how many seats of sessions nobody has, was promised or is thinking about.

    Parameters
    ----------
    besides : int, optional
        Id of an offer whose own places do not count.
    held : list of DaysInForce, optional
        What is in force, where it was read before.
    """
    held = days_in_force(session, centre_id) if held is None else held
    rows = session.execute(
        select(
            GroupSession.uid,
            Activity.seats_max,
            Room.seats,
            func.count(Attendance.id),
        )
        .join(Activity, Activity.id == GroupSession.activity_id)
        .outerjoin(Room, Room.id == GroupSession.room_id)
        .outerjoin(Attendance, and_(Attendance.session_id == GroupSession.id, Attendance.excluded.is_(False)))
        .where(
            GroupSession.centre_id == centre_id,
            GroupSession.uid.in_(set(uids)),
            GroupSession.cancelled_at.is_(None),
            holds(held, None, None),
        )
        .group_by(GroupSession.id, GroupSession.uid, Activity.seats_max, Room.seats)
    ).all()
    query = (
        select(ChoicePlace.session_uid, func.count())
        .join(ChoicePlace.offer)
        .where(
            ChoicePlace.centre_id == centre_id,
            ChoicePlace.session_uid.in_(set(uids)),
            ChoiceOffer.kind == OfferKind.CHOICE,
            or_(ChoiceOffer.session_uid.is_(None), ChoiceOffer.session_uid != ChoicePlace.session_uid),
            kept(now),
        )
        .group_by(ChoicePlace.session_uid)
    )
    if besides is not None:
        query = query.where(ChoicePlace.offer_id != besides)
    promised = {str(uid): int(count) for uid, count in session.execute(query)}
    return {
        uid: max(0, most if seats is None else min(most, seats)) - count - promised.get(uid, 0)
        for uid, most, seats, count in rows
    }


def fits(session: Session, offer: ChoiceOffer, place: ChoicePlace, now: datetime) -> bool:
    """Tell whether an offer's person can have a place now; ask under ``held_places.lock``."""
    if place.starts_at <= now or place.state in LOST:
        return False
    held = days_in_force(session, offer.centre_id)
    if place.session_uid is None:
        return _person_is_free(session, offer, place, held) and _time_is_free(
            session, offer, place, now, held
        )
    stands = (
        select(Attendance.id)
        .select_from(GroupSession)
        .outerjoin(
            Attendance,
            and_(
                Attendance.session_id == GroupSession.id,
                Attendance.participant_id == offer.participant_id,
            ),
        )
        .where(
            GroupSession.centre_id == offer.centre_id,
            GroupSession.uid == place.session_uid,
            GroupSession.starts_at == place.starts_at,
            GroupSession.cancelled_at.is_(None),
            holds(held, None, None),
        )
    )
    found = session.execute(stands).first()
    if found is None or (found[0] is not None) != is_present(offer, place):
        return False
    if is_present(offer, place):
        return True
    if not _person_is_free(session, offer, place, held):
        return False
    if offer.kind == OfferKind.FREED_SEAT:
        return _is_given_up(session, offer)
    uid = place.session_uid
    return seats_left(session, offer.centre_id, [uid], now, besides=offer.id, held=held).get(uid, 0) > 0


def _is_given_up(session: Session, offer: ChoiceOffer) -> bool:
    """Tell whether the seat's holder still cannot come, and nobody else was given the seat."""
    seat = session.get(FreedSeat, offer.freed_seat_id, populate_existing=True)
    if seat is None:
        return False
    given = session.scalar(
        select(AttendanceRecord.answer).where(
            AttendanceRecord.centre_id == offer.centre_id,
            AttendanceRecord.session_uid == seat.session_uid,
            AttendanceRecord.participant_id == seat.participant_id,
        )
    )
    taken = session.scalar(
        select(func.count())
        .select_from(ChoicePlace)
        .join(ChoicePlace.offer)
        .where(
            ChoiceOffer.freed_seat_id == seat.id,
            ChoiceOffer.id != offer.id,
            ChoicePlace.state.in_((PlaceState.HELD, PlaceState.CHOSEN, PlaceState.APPLIED)),
        )
    )
    return given == Answer.NOT_COMING and not taken


def _person_is_free(
    session: Session, offer: ChoiceOffer, place: ChoicePlace, held: list[DaysInForce]
) -> bool:
    """Tell whether neither the plan nor another choice of the person's is at the same time."""
    planned = (
        select(GroupSession.id)
        .join(GroupSession.attendances)
        .where(
            GroupSession.centre_id == offer.centre_id,
            GroupSession.starts_at < place.ends_at,
            GroupSession.ends_at > place.starts_at,
            GroupSession.cancelled_at.is_(None),
            GroupSession.uid != (offer.session_uid or ""),
            Attendance.participant_id == offer.participant_id,
            Attendance.excluded.is_(False),
            holds(held, None, None),
        )
    )
    if offer.kind == OfferKind.FREED_SEAT:
        planned = planned.where(GroupSession.uid != place.session_uid)
    chosen = (
        select(ChoicePlace.id)
        .join(ChoicePlace.offer)
        .where(
            ChoiceOffer.centre_id == offer.centre_id,
            ChoiceOffer.participant_id == offer.participant_id,
            ChoiceOffer.id != offer.id,
            ChoicePlace.state == PlaceState.CHOSEN,
            ChoicePlace.starts_at < place.ends_at,
            ChoicePlace.ends_at > place.starts_at,
        )
    )
    return session.scalar(planned.limit(1)) is None and session.scalar(chosen.limit(1)) is None


def _time_is_free(
    session: Session, offer: ChoiceOffer, place: ChoicePlace, now: datetime, held: list[DaysInForce]
) -> bool:
    """Tell whether an appointment's room and leaders are free: in the plan, and of other offers."""
    staff = {staff_id for _, staff_id in place.leaders}
    at_once = (
        GroupSession.centre_id == offer.centre_id,
        GroupSession.starts_at < place.ends_at,
        GroupSession.ends_at > place.starts_at,
        GroupSession.cancelled_at.is_(None),
        GroupSession.uid != (offer.session_uid or ""),
        holds(held, None, None),
    )
    led = (
        select(SessionLeader.id)
        .join(SessionLeader.session)
        .where(*at_once, SessionLeader.staff_id.in_(staff))
    )
    if session.scalar(led.limit(1)) is not None:
        return False
    if place.room_id is not None:
        there = select(GroupSession.id).where(*at_once, GroupSession.room_id == place.room_id)
        if session.scalar(there.limit(1)) is not None:
            return False
    others = session.execute(
        select(ChoicePlace.leaders, ChoicePlace.room_id).where(
            ChoicePlace.centre_id == offer.centre_id,
            ChoicePlace.offer_id != offer.id,
            ChoicePlace.session_uid.is_(None),
            ChoicePlace.starts_at < place.ends_at,
            ChoicePlace.ends_at > place.starts_at,
            kept(now),
        )
    )
    return all(
        (room is None or room != place.room_id) and staff.isdisjoint(staff_id for _, staff_id in leaders)
        for leaders, room in others
    )

"""Offers of places: found, taken back, ended, and opened once more with what is left of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from scheduler import settings
from scheduler.choices.places import LOST
from scheduler.errors import InvalidInputError
from scheduler.held_places import lock
from scheduler.message import N_
from scheduler.models import (
    Centre,
    ChoiceOffer,
    ChoicePlace,
    FreedSeat,
    FreedState,
    OfferState,
    PlaceState,
)


def open_offers(session: Session, centre_id: int, participant_id: int, now: datetime) -> list[ChoiceOffer]:
    """Return what somebody may choose from now, with places, the first to end first."""
    query = (
        select(ChoiceOffer)
        .where(
            ChoiceOffer.centre_id == centre_id,
            ChoiceOffer.participant_id == participant_id,
            ChoiceOffer.state == OfferState.OPEN,
            ChoiceOffer.expires_at > now,
        )
        .options(
            selectinload(ChoiceOffer.activity),
            selectinload(ChoiceOffer.places).selectinload(ChoicePlace.site),
            selectinload(ChoiceOffer.places).selectinload(ChoicePlace.room),
            selectinload(ChoiceOffer.places).selectinload(ChoicePlace.activity),
        )
        .order_by(ChoiceOffer.expires_at, ChoiceOffer.id)
    )
    return list(session.scalars(query))


def find_offer(session: Session, centre_id: int, offer_id: int) -> ChoiceOffer:
    """Return an offer of a centre.

    Raises
    ------
    InvalidInputError
        If there is none.
    """
    offer = session.get(ChoiceOffer, offer_id)
    if offer is None or offer.centre_id != centre_id:
        raise InvalidInputError(N_("Cette proposition n'existe plus."))
    return offer


def fresh(session: Session, offer: ChoiceOffer) -> ChoiceOffer:
    """Return an offer with its places as they are since the lock was taken."""
    query = (
        select(ChoiceOffer)
        .where(ChoiceOffer.id == offer.id)
        .options(selectinload(ChoiceOffer.places))
        .execution_options(populate_existing=True)
    )
    return session.scalars(query).one()


def withdraw(session: Session, offers: Iterable[ChoiceOffer], now: datetime) -> int:
    """Take offers back; what was chosen already stays. Return how many were taken back."""
    count = 0
    for offer in offers:
        lock(session, offer.centre_id)
        row = fresh(session, offer)
        if row.state in (OfferState.OPEN, OfferState.PREPARED):
            close(session, row, OfferState.WITHDRAWN, now)
            count += 1
    return count


def close(session: Session, offer: ChoiceOffer, state: OfferState, now: datetime) -> None:
    """End an offer and give its places back."""
    for place in offer.places:
        if place.state in (PlaceState.HELD, PlaceState.CHOSEN):
            place.state = PlaceState.RELEASED
    offer.state, offer.settled_at = state, now
    if offer.freed_seat_id is not None:
        seat = session.get_one(FreedSeat, offer.freed_seat_id)
        if seat.state in (FreedState.OFFERED, FreedState.TAKEN):
            seat.state = FreedState.WAITING
    session.flush()


def last_answer_at(
    centre: Centre, hold_hours: int, places: Iterable[ChoicePlace], now: datetime
) -> datetime | None:
    """Return until when somebody may choose among places from now; ``None`` where the first is too near."""
    notice = timedelta(hours=settings.choice_notice_hours(centre))
    until = min(now + timedelta(hours=hold_hours), min(place.starts_at for place in places) - notice)
    return until if until > now else None


def reopen(session: Session, offer: ChoiceOffer, places: Sequence[ChoicePlace], now: datetime) -> bool:
    """Keep what is left of an offer for its person once more; ``False`` where it is too late for that.

    Parameters
    ----------
    places : sequence of ChoicePlace
        Those that the person can have; ask ``places.fits`` before.
    """
    centre = session.get_one(Centre, offer.centre_id)
    hold_hours = settings.choice_hold_hours(centre) if offer.round is None else offer.round.hold_hours
    until = last_answer_at(centre, hold_hours, places, now)
    if until is None:
        return False
    for place in offer.places:
        if place.state not in LOST:
            place.state = PlaceState.RELEASED
    for place in places:
        place.state, place.held_until = PlaceState.HELD, until
    offer.state, offer.expires_at, offer.settled_at = OfferState.OPEN, until, None
    offer.chosen_number, offer.chosen_at, offer.by_default = None, None, False
    session.flush()
    return True

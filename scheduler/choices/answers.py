"""Choosing one of the places offered; two people can never get the same one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from scheduler.attendance import CALL_BACK, expected_ids, say_coming
from scheduler.choices.offers import close, fresh
from scheduler.choices.places import LOST, fits, in_force, is_present
from scheduler.held_places import lock, made_uid
from scheduler.models import (
    Centre,
    ChoiceOffer,
    ChoicePlace,
    FreedSeat,
    FreedState,
    OfferKind,
    OfferState,
    PlaceState,
    Task,
)

#: States in which an answer can still change something.
CHANGEABLE = frozenset({OfferState.OPEN, OfferState.CHOSEN, OfferState.EXPIRED, OfferState.DECLINED})


class Outcome(StrEnum):
    """What became of an answer.

    ``TAKEN``: somebody else has the place; ``TOO_LATE``: nothing of the offer is to be had;
    ``UNKNOWN``: the offer has no such number.
    """

    CHOSEN = "chosen"
    TAKEN = "taken"
    TOO_LATE = "too_late"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The answer to an answer: the place that the person now has, and those they may still choose.

    ``place`` is ``None`` where they have none by this offer.
    """

    outcome: Outcome
    place: ChoicePlace | None
    remaining: tuple[ChoicePlace, ...] = ()


def choose(session: Session, offer: ChoiceOffer, number: int, now: datetime) -> Choice:
    """Give somebody the place they chose, if it can still be had.

    The same answer twice changes nothing; another one replaces it as long as the first is not part of
    the plan. One that comes after the deadline gets the place if nobody else was given it. Whoever is
    too late for a freed seat stands in line for the next one of the session.
    """
    lock(session, offer.centre_id)
    offer = fresh(session, offer)
    places = {place.number: place for place in offer.places}
    held = places.get(offer.chosen_number or 0)
    if number not in places:
        return Choice(outcome=Outcome.UNKNOWN, place=held, remaining=places_left(session, offer, now))
    if held is not None and held.state in LOST:
        held = None
    if held is places[number] and offer.state in (OfferState.CHOSEN, OfferState.APPLIED):
        return Choice(outcome=Outcome.CHOSEN, place=held)
    place = places[number]
    if is_changeable(offer) and fits(session, offer, place, now):
        take(session, offer, place, now)
        return Choice(outcome=Outcome.CHOSEN, place=place)
    remaining = places_left(session, offer, now)
    taken = bool(remaining)
    if offer.kind == OfferKind.FREED_SEAT and held is None and place.starts_at > now:
        taken, offer.chosen_at = True, now
        session.flush()
    return Choice(outcome=Outcome.TAKEN if taken else Outcome.TOO_LATE, place=held, remaining=remaining)


def take(
    session: Session, offer: ChoiceOffer, place: ChoicePlace, now: datetime, *, by_default: bool = False
) -> None:
    """Make a place the chosen one and give the others back; ask :func:`fits` before."""
    for other in offer.places:
        if other.state not in LOST:
            other.state = PlaceState.RELEASED
    offer.chosen_number, offer.chosen_at, offer.by_default = place.number, now, by_default
    if is_present(offer, place):
        # The plan says so already.
        place.state, offer.state, offer.settled_at = PlaceState.APPLIED, OfferState.APPLIED, now
        if by_default:
            offer.state = OfferState.EXPIRED
        else:
            tell_coming(session, offer.centre_id, [(offer, place)], now)
    else:
        place.state, offer.state, offer.settled_at = PlaceState.CHOSEN, OfferState.CHOSEN, None
    if offer.freed_seat_id is not None:
        session.get_one(FreedSeat, offer.freed_seat_id).state = FreedState.TAKEN
    session.flush()


def tell_coming(
    session: Session, centre_id: int, taken: Collection[tuple[ChoiceOffer, ChoicePlace]], now: datetime
) -> None:
    """Keep with sessions that people said they come: choosing a place says so."""
    uids = {offer.id: place.session_uid or offer.session_uid or made_uid(offer) for offer, place in taken}
    rows = in_force(session, centre_id, uids.values())
    said = [(rows[uids[offer.id]], offer.participant_id) for offer, _ in taken if uids[offer.id] in rows]
    there = [(row, who) for row, who in said if row.cancelled_at is None and who in expected_ids(row)]
    say_coming(session, centre_id, there, now)


def decline(session: Session, offer: ChoiceOffer, now: datetime) -> None:
    """Keep that none of the places suits.

    A freed seat goes to the next in line. Somebody to whom no choice suits keeps what the plan gives
    them, and the team is asked to call.
    """
    lock(session, offer.centre_id)
    offer = fresh(session, offer)
    if offer.state != OfferState.OPEN:
        return
    close(session, offer, OfferState.DECLINED, now)
    if offer.kind == OfferKind.CHOICE:
        session.add(
            Task(
                centre_id=offer.centre_id,
                kind=CALL_BACK,
                participant_id=offer.participant_id,
                session_uid=offer.session_uid,
                created_at=now,
            )
        )
    session.flush()


def expire(session: Session, centre: Centre, now: datetime, *, most: int | None = None) -> list[ChoiceOffer]:
    """End the offers whose time is over; return those of which the person is to be told something.

    Whoever did not answer gets the best place, which for most is the one they had. Who has a place
    that was changed meanwhile has it as it is. Offers that were prepared and never sent are taken back.

    Parameters
    ----------
    most : int, optional
        How many to end in this transaction, so that nobody who answers waits for all of them.
    """
    lock(session, centre.id)
    query = (
        select(ChoiceOffer)
        .where(
            ChoiceOffer.centre_id == centre.id,
            ChoiceOffer.state.in_((OfferState.OPEN, OfferState.PREPARED)),
            ChoiceOffer.expires_at <= now,
        )
        .options(selectinload(ChoiceOffer.places))
        .order_by(ChoiceOffer.id)
        .limit(most)
        .execution_options(populate_existing=True)
    )
    told = []
    for offer in session.scalars(query).all():
        if offer.state == OfferState.PREPARED:
            close(session, offer, OfferState.WITHDRAWN, now)
        elif (best := _best(session, offer, now)) is not None:
            take(session, offer, best, now, by_default=True)
            told.append(offer)
        else:
            close(session, offer, OfferState.EXPIRED, now)
    return told


def _best(session: Session, offer: ChoiceOffer, now: datetime) -> ChoicePlace | None:
    """Return the place that somebody has who does not choose, if they can still have it."""
    if offer.kind != OfferKind.CHOICE:
        return None
    places = offer.places if offer.session_uid is None else offer.places[:1]
    return next((place for place in places if fits(session, offer, place, now)), None)


def is_anything_due(session: Session, centre: Centre, now: datetime) -> bool:
    """Whether the time of an offer is over."""
    query = select(ChoiceOffer.id).where(
        ChoiceOffer.centre_id == centre.id,
        ChoiceOffer.state.in_((OfferState.OPEN, OfferState.PREPARED)),
        ChoiceOffer.expires_at <= now,
    )
    return session.scalar(query.limit(1)) is not None


def is_changeable(offer: ChoiceOffer) -> bool:
    """Whether an answer can change something: not once another place is part of the plan."""
    if offer.state == OfferState.APPLIED:
        place = next((x for x in offer.places if x.number == offer.chosen_number), None)
        return place is not None and is_present(offer, place)
    return offer.state in CHANGEABLE


def places_left(session: Session, offer: ChoiceOffer, now: datetime) -> tuple[ChoicePlace, ...]:
    """Return the places of an offer that its person could choose now, even if its time is over."""
    if not is_changeable(offer):
        return ()
    return tuple(place for place in offer.places if fits(session, offer, place, now))

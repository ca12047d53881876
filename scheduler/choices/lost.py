"""Places that a change of the plan took away: what is left of each offer, that nobody loses one silently."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, selectinload

from scheduler.attendance import expected_ids
from scheduler.choices.answers import close, take
from scheduler.choices.apply import refuse
from scheduler.choices.places import LOST, fits, in_force, is_present
from scheduler.held_places import lock
from scheduler.models import Centre, ChoiceOffer, ChoicePlace, OfferKind, OfferState, PlaceState


@dataclass(slots=True)
class Left:
    """What people are to be told who lost places.

    ``again`` may still choose, of fewer places; ``kept`` have nothing to choose any more and keep the
    place they had; ``gone`` have none of those offered.
    """

    again: list[ChoiceOffer] = field(default_factory=list)
    kept: list[ChoiceOffer] = field(default_factory=list)
    gone: list[ChoiceOffer] = field(default_factory=list)


def is_anything_lost(session: Session, centre: Centre) -> bool:
    """Whether somebody lost a place and was not told yet."""
    query = select(ChoiceOffer.id).join(ChoiceOffer.places).where(_lost(centre))
    return session.scalar(query.limit(1)) is not None


def settle_lost(session: Session, centre: Centre, now: datetime) -> Left:
    """Bring the offers of lost places to what is left of them.

    Where nothing is, the coordination gets a task.
    """
    lock(session, centre.id)
    query = (
        select(ChoiceOffer)
        .where(ChoiceOffer.id.in_(select(ChoiceOffer.id).join(ChoiceOffer.places).where(_lost(centre))))
        .options(selectinload(ChoiceOffer.places), selectinload(ChoiceOffer.activity))
        .order_by(ChoiceOffer.id)
        .execution_options(populate_existing=True)
    )
    left = Left()
    for offer in session.scalars(query).all():
        _settle(session, centre, offer, left, now)
        for place in offer.places:
            if place.state == PlaceState.LOST:
                place.state = PlaceState.GONE
    session.flush()
    return left


def _lost(centre: Centre) -> ColumnElement[bool]:
    return (ChoicePlace.centre_id == centre.id) & (ChoicePlace.state == PlaceState.LOST)


def _settle(session: Session, centre: Centre, offer: ChoiceOffer, left: Left, now: datetime) -> None:
    chosen = next((place for place in offer.places if place.number == offer.chosen_number), None)
    if offer.state == OfferState.CHOSEN and chosen is not None and chosen.state in LOST:
        refuse(session, centre, offer, now)
        left.gone.append(offer)
        return
    if offer.state not in (OfferState.OPEN, OfferState.PREPARED):
        return
    known = offer.state == OfferState.OPEN
    if offer.kind == OfferKind.FREED_SEAT:
        close(session, offer, OfferState.WITHDRAWN, now)
        left.gone += [offer] * known
        return
    if offer.session_uid is not None and not _is_expected(session, offer):
        offer.session_uid = None
    places = [place for place in offer.places if fits(session, offer, place, now)]
    if any(not is_present(offer, place) for place in places):
        left.again += [offer] * known
    elif not known:
        close(session, offer, OfferState.WITHDRAWN, now)
    elif places:
        take(session, offer, places[0], now, by_default=True)
        left.kept.append(offer)
    else:
        refuse(session, centre, offer, now)
        left.gone.append(offer)


def _is_expected(session: Session, offer: ChoiceOffer) -> bool:
    """Tell whether the person still has the session they had, at whatever time it is now."""
    uid = offer.session_uid or ""
    row = in_force(session, offer.centre_id, [uid]).get(uid)
    return row is not None and row.cancelled_at is None and offer.participant_id in expected_ids(row)

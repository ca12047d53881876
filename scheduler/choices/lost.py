"""Places that a change of the plan took away: what is left of each offer, that nobody loses one silently."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session, selectinload

from scheduler.attendance import expected_ids
from scheduler.choices.answers import take
from scheduler.choices.fold import chosen_place
from scheduler.choices.offers import close, reopen
from scheduler.choices.places import LOST, fits, in_force, is_present
from scheduler.held_places import lock
from scheduler.models import Centre, ChoiceOffer, ChoicePlace, OfferKind, OfferState, PlaceState, Task
from scheduler.timegrid import to_wall

#: Kind of the task that tells the coordination that a chosen place was no longer possible.
CHOICE_REFUSED = "choice_refused"


@dataclass(slots=True)
class Left:
    """What people are to be told who lost places.

    ``again`` may still choose, of fewer places; ``kept`` have nothing to choose any more and keep the
    place they had; ``gone`` lost the one they chose, or every one. What they may choose instead is held.
    """

    again: list[ChoiceOffer] = field(default_factory=list)
    kept: list[ChoiceOffer] = field(default_factory=list)
    gone: list[ChoiceOffer] = field(default_factory=list)


def is_anything_lost(session: Session, centre: Centre) -> bool:
    """Whether somebody lost a place and was not told yet."""
    query = select(ChoiceOffer.id).join(ChoiceOffer.places).where(_lost(centre))
    return session.scalar(query.limit(1)) is not None


def settle_lost(session: Session, centre: Centre, now: datetime, *, most: int | None = None) -> Left:
    """Bring the offers of lost places to what is left of them; that is kept for their people once more.

    Whoever chose, or has no place at all, and finds nothing left is a task of the coordination.

    Parameters
    ----------
    most : int, optional
        How many offers to see to in this transaction.
    """
    lock(session, centre.id)
    query = (
        select(ChoiceOffer)
        .where(ChoiceOffer.id.in_(select(ChoiceOffer.id).join(ChoiceOffer.places).where(_lost(centre))))
        .options(selectinload(ChoiceOffer.places), selectinload(ChoiceOffer.activity))
        .order_by(ChoiceOffer.id)
        .limit(most)
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
    chosen, known = offer.state == OfferState.CHOSEN, offer.state != OfferState.PREPARED
    if offer.state not in (OfferState.OPEN, OfferState.PREPARED) and not (
        chosen and chosen_place(offer).state in LOST
    ):
        return
    a_choice = offer.kind == OfferKind.CHOICE
    unaware = chosen and offer.by_default
    if a_choice and offer.session_uid is not None and not _is_expected(session, offer):
        offer.session_uid = None
    places = [place for place in offer.places if a_choice and fits(session, offer, place, now)]
    present = next((place for place in places if is_present(offer, place)), None)
    others = len(places) > (present is not None)
    if others and (not chosen or reopen(session, offer, places, now)):
        (left.gone if chosen and not unaware else left.again).extend([offer] * known)
    elif not known:
        close(session, offer, OfferState.WITHDRAWN, now)
    else:
        if chosen or (a_choice and present is None):
            _ask_the_team(session, centre, offer, now)
        if (chosen or present is None) and not unaware:
            left.gone.append(offer)
        if present is not None:
            take(session, offer, present, now, by_default=True)
            left.kept.append(offer)
        else:
            refused = chosen or a_choice
            close(session, offer, OfferState.REFUSED if refused else OfferState.WITHDRAWN, now)


def _ask_the_team(session: Session, centre: Centre, offer: ChoiceOffer, now: datetime) -> None:
    """Put somebody who lost a place before the coordination."""
    place = chosen_place(offer) if offer.chosen_number else offer.places[0]
    session.add(
        Task(
            centre_id=centre.id,
            kind=CHOICE_REFUSED,
            participant_id=offer.participant_id,
            session_uid=place.session_uid or offer.session_uid,
            facts={"activity": offer.activity.name, "starts_at": place.starts_at.isoformat()},
            due_on=to_wall(place.starts_at, ZoneInfo(centre.timezone))[0],
            created_at=now,
        )
    )


def _is_expected(session: Session, offer: ChoiceOffer) -> bool:
    """Tell whether the person still has the session they had, at whatever time it is now."""
    uid = offer.session_uid or ""
    row = in_force(session, offer.centre_id, [uid]).get(uid)
    return row is not None and row.cancelled_at is None and offer.participant_id in expected_ids(row)

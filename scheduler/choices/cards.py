"""What a person may choose from now, as the cards of their page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from scheduler.choices.answers import places_left
from scheduler.models import (
    Centre,
    ChoiceOffer,
    ChoicePlace,
    OfferKind,
    OfferState,
    Participant,
    PlaceState,
    SitePhoto,
    StaffMember,
)
from scheduler.personal_week import Card
from scheduler.timegrid import to_wall


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """An offer on its person's page: numbered cards to choose from, or the one that was chosen.

    ``until`` is ``None`` where the time is over; what is left may be chosen as long as it is free.
    ``without_answer`` is the number of the place that the person has if they do not choose, if any.
    ``hidden`` is the session of the plan that its cards speak of already.
    """

    offer_id: int
    free_seat: bool
    chosen: bool
    until: datetime | None
    without_answer: int | None
    places: tuple[tuple[int, Card], ...]
    hidden: str | None


def invitations_of(
    session: Session,
    person: Participant,
    now: datetime,
    *,
    full_titles: bool = False,
    late: int | None = None,
) -> list[Invitation]:
    """Return what somebody may choose from, and what they chose that is not part of the plan yet.

    Parameters
    ----------
    late : int, optional
        Id of an offer of theirs of which what is left is shown even if its time is over.
    """
    query = (
        select(ChoiceOffer)
        .where(
            ChoiceOffer.centre_id == person.centre_id,
            ChoiceOffer.participant_id == person.id,
            or_(
                (ChoiceOffer.state == OfferState.OPEN) & (ChoiceOffer.expires_at > now),
                ChoiceOffer.state == OfferState.CHOSEN,
                ChoiceOffer.id == late,
            ),
        )
        .options(
            selectinload(ChoiceOffer.places).options(
                joinedload(ChoicePlace.site),
                joinedload(ChoicePlace.room),
                joinedload(ChoicePlace.activity),
            )
        )
        .order_by(ChoiceOffer.expires_at, ChoiceOffer.id)
    )
    offers = session.scalars(query).all()
    if not offers:
        return []
    zone = ZoneInfo(session.get_one(Centre, person.centre_id).timezone)
    every = [place for offer in offers for place in offer.places]
    names, photos = _first_names(session, every), _photos(session, every)
    found = []
    for offer in offers:
        chosen = offer.state == OfferState.CHOSEN
        over = not chosen and (offer.state != OfferState.OPEN or offer.expires_at <= now)
        shown = (
            places_left(session, offer, now)
            if over
            else [each for each in offer.places if each.state in (PlaceState.HELD, PlaceState.CHOSEN)]
        )
        if not shown:
            continue
        free_seat = offer.kind == OfferKind.FREED_SEAT
        # Who has a session has it without an answer too, even where it is no longer what was offered.
        stays = offer.session_uid is None or shown[0].session_uid == offer.session_uid
        found.append(
            Invitation(
                offer_id=offer.id,
                free_seat=free_seat,
                chosen=chosen,
                until=None if over else offer.expires_at,
                without_answer=None if chosen or free_seat or not stays else shown[0].number,
                places=tuple(
                    (place.number, _card(place, zone, names, photos, full_titles)) for place in shown
                ),
                hidden=offer.session_uid if not free_seat and (chosen or stays) else None,
            )
        )
    return found


def _first_names(session: Session, places: Iterable[ChoicePlace]) -> dict[int, str]:
    ids = {staff_id for place in places for _, staff_id in place.leaders}
    query = select(StaffMember.id, StaffMember.first_name).where(StaffMember.id.in_(ids))
    return {int(row_id): str(name) for row_id, name in session.execute(query)} if ids else {}


def _photos(session: Session, places: Iterable[ChoicePlace]) -> dict[int, str]:
    ids = {place.site_id for place in places}
    query = select(SitePhoto.site_id, SitePhoto.digest).where(SitePhoto.site_id.in_(ids))
    return {row.site_id: row.digest for row in session.execute(query)}


def _card(
    place: ChoicePlace, zone: ZoneInfo, names: dict[int, str], photos: dict[int, str], full_titles: bool
) -> Card:
    activity, site, room = place.activity, place.site, place.room
    return Card(
        uid=f"{place.offer_id}-{place.number}",
        day=to_wall(place.starts_at, zone)[0],
        starts_at=place.starts_at,
        ends_at=place.ends_at,
        kind=activity.kind,
        pictogram=activity.pictogram,
        title=activity.name if full_titles else activity.neutral_name,
        individual=activity.individual,
        place=", ".join(part for part in (room.name if room else "", site.name) if part),
        address=site.address,
        transport=site.transport,
        site_id=site.id,
        photo=photos.get(site.id),
        latitude=site.latitude,
        longitude=site.longitude,
        leaders=tuple(names[staff_id] for _, staff_id in place.leaders if staff_id in names),
    )

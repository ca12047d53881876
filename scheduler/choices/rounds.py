"""Rounds: the people of one activity are looked at, and places as good are kept for each to choose from.

Reading and searching take a fraction of a second a person and happen without any lock; what was found
is checked again, place by place, in the short transactions that keep it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from scheduler import settings
from scheduler.choices.offers import last_answer_at, withdraw
from scheduler.choices.places import fits
from scheduler.choices.search import Found, Proposal, find_proposals, offering
from scheduler.db import begin_writing
from scheduler.errors import InvalidInputError
from scheduler.held_places import lock
from scheduler.message import N_
from scheduler.models import (
    Centre,
    ChoiceOffer,
    ChoicePlace,
    ChoiceRound,
    OfferState,
    PlaceState,
    RoundState,
)
from scheduler.session_state import SessionState
from scheduler.timegrid import to_wall

log = logging.getLogger(__name__)

#: Offers made or ended in one transaction: whoever answers meanwhile waits for so many, not for all.
AT_ONCE = 10


def start_round(
    session: Session,
    centre: Centre,
    activity_id: int,
    first_day: date,
    last_day: date,
    now: datetime,
    *,
    user_id: int | None = None,
) -> ChoiceRound:
    """Ask for a round; a job prepares it.

    Raises
    ------
    InvalidInputError
        If the activity offers no choice, or another round of it is not sent yet.
    """
    if activity_id not in {row.id for row in offering(session, centre)}:
        raise InvalidInputError(N_("Les places de cette activité ne se choisissent pas."), "activity")
    if first_day > last_day or last_day < to_wall(now, ZoneInfo(centre.timezone))[0]:
        raise InvalidInputError(N_("La période se termine avant de commencer, ou elle est passée."), "weeks")
    pending = select(ChoiceRound.id).where(
        ChoiceRound.centre_id == centre.id,
        ChoiceRound.activity_id == activity_id,
        ChoiceRound.state.in_((RoundState.QUEUED, RoundState.RUNNING, RoundState.READY)),
    )
    if session.scalar(pending.limit(1)) is not None:
        raise InvalidInputError(
            N_("Une proposition pour cette activité est déjà en préparation."), "activity"
        )
    made = ChoiceRound(
        centre_id=centre.id,
        activity_id=activity_id,
        first_day=first_day,
        last_day=last_day,
        tolerance_points=settings.choice_tolerance_points(centre),
        hold_hours=settings.choice_hold_hours(centre),
        requested_by_id=user_id,
        queued_at=now,
    )
    session.add(made)
    session.flush()
    return made


def claim_round(session: Session, now: datetime) -> ChoiceRound | None:
    """Take the oldest round that waits, or one whose worker has been gone for an hour."""
    query = (
        select(ChoiceRound)
        .where(
            or_(
                ChoiceRound.state == RoundState.QUEUED,
                (ChoiceRound.state == RoundState.RUNNING)
                & (ChoiceRound.started_at < now - timedelta(hours=1)),
            )
        )
        .order_by(ChoiceRound.queued_at, ChoiceRound.id)
        .with_for_update(skip_locked=True)
    )
    row = session.scalars(query.limit(1)).one_or_none()
    if row is not None:
        row.state, row.started_at = RoundState.RUNNING, now
        session.flush()
    return row


def propose(
    session: Session,
    centre: Centre,
    activity_id: int,
    first_day: date,
    last_day: date,
    now: datetime,
    *,
    user_id: int | None = None,
) -> ChoiceRound:
    """Prepare a round at once, in the caller's transaction: what the job does in several."""
    made = start_round(session, centre, activity_id, first_day, last_day, now, user_id=user_id)
    made.state, made.started_at = RoundState.RUNNING, now
    found = find_proposals(session, centre, made, now)
    keep_proposals(session, centre, made, found.proposals, now)
    finish_round(session, made, found, now)
    return made


def keep_proposals(
    session: Session, centre: Centre, round_: ChoiceRound, proposals: Iterable[Proposal], now: datetime
) -> None:
    """Store what was found as prepared offers, leaving out places that were lost meanwhile."""
    lock(session, centre.id)
    until = now + timedelta(hours=round_.hold_hours)
    for proposal in proposals:
        offer = ChoiceOffer(
            centre_id=centre.id,
            round_id=round_.id,
            participant_id=proposal.participant_id,
            activity_id=round_.activity_id,
            session_uid=proposal.session_uid,
            created_at=now,
            expires_at=until,
        )
        offer.places = []
        session.add(offer)
        session.flush()
        kept_places = []
        for state, uid, lost in zip(proposal.places, proposal.joins, proposal.points_lost, strict=True):
            place = _place(offer, state, uid, lost, until)
            if fits(session, offer, place, now):
                kept_places.append(place)
            elif uid is not None and uid == proposal.session_uid:
                break
        if len(kept_places) < (2 if proposal.session_uid else 1):
            session.delete(offer)
            continue
        for number, place in enumerate(kept_places, 1):
            place.number = number
            offer.places.append(place)
        session.flush()


def finish_round(session: Session, round_: ChoiceRound, found: Found, now: datetime) -> None:
    """Let somebody look at a round whose proposals are all kept."""
    round_.people, round_.state, round_.ready_at = found.people, RoundState.READY, now
    session.flush()


def _place(
    offer: ChoiceOffer, state: SessionState, uid: str | None, lost: int, until: datetime
) -> ChoicePlace:
    return ChoicePlace(
        centre_id=offer.centre_id,
        number=1 if uid is not None and uid == offer.session_uid else 2,
        state=PlaceState.HELD,
        session_uid=uid,
        activity_id=state.activity_id,
        cohort_id=state.cohort_id,
        starts_at=state.starts_at,
        ends_at=state.ends_at,
        site_id=state.site_id,
        room_id=state.room_id,
        language=state.language,
        leaders=[list(leader) for leader in state.leaders],
        points_lost=lost,
        held_until=until,
    )


def send_round(session: Session, centre: Centre, round_: ChoiceRound, now: datetime) -> list[ChoiceOffer]:
    """Open the offers of a round that is ready; return them, for their people to be told.

    Raises
    ------
    InvalidInputError
        If it is not ready, or was sent already.
    """
    lock(session, centre.id)
    session.refresh(round_)
    if round_.state != RoundState.READY:
        raise InvalidInputError(N_("Cette proposition n'est pas prête, ou elle est déjà envoyée."))
    opened = []
    for offer in round_.offers:
        if offer.state != OfferState.PREPARED:
            continue
        until = last_answer_at(centre, round_.hold_hours, offer.places, now)
        if until is None:
            withdraw(session, [offer], now)
            continue
        offer.state, offer.opened_at, offer.expires_at = OfferState.OPEN, now, until
        for place in offer.places:
            place.held_until = until
        opened.append(offer)
    round_.state, round_.sent_at = RoundState.SENT, now
    session.flush()
    return opened


def discard_round(session: Session, round_: ChoiceRound, now: datetime) -> None:
    """Put a round aside and give its places back; those who were asked already are not asked any more."""
    lock(session, round_.centre_id)
    session.refresh(round_)
    withdraw(session, list(round_.offers), now)
    if round_.state != RoundState.SENT:
        round_.state = RoundState.DISCARDED
    session.flush()


def prepare_next(session: Session, clock: Callable[[], datetime]) -> int | None:
    """Prepare one round that waits, if there is any; commits. Return its id.

    Whatever goes wrong is written down with the round.
    """
    begin_writing(session)
    round_ = claim_round(session, clock())
    made = None if round_ is None else round_.id
    session.commit()
    if made is None:
        return None
    try:
        round_ = session.get_one(ChoiceRound, made)
        found = find_proposals(session, session.get_one(Centre, round_.centre_id), round_, clock())
        session.rollback()
        for first in range(0, len(found.proposals) + 1, AT_ONCE):
            begin_writing(session)
            round_ = session.get_one(ChoiceRound, made)
            if round_.state == RoundState.RUNNING:
                centre, proposals = session.get_one(Centre, round_.centre_id), found.proposals[first:]
                keep_proposals(session, centre, round_, proposals[:AT_ONCE], clock())
                if len(proposals) < AT_ONCE:
                    finish_round(session, round_, found, clock())
            session.commit()
    except Exception as error:
        log.exception("round of choices %s failed", made)
        session.rollback()
        begin_writing(session)
        round_ = session.get_one(ChoiceRound, made)
        withdraw(session, list(round_.offers), clock())
        round_.state, round_.error = RoundState.FAILED, type(error).__name__
        session.commit()
    return made

"""What the clock does about places that people choose: ends offers, asks the next in line, changes the plan.

Reading comes before any lock, so that nobody who answers meanwhile has to wait for it.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from notifications.changes import announce
from notifications.compose import page_addresses
from notifications.invitations import enqueue as invite_by_mail
from notifications.offered_places import take_back, tell_fallbacks, tell_gone, tell_offers
from scheduler.choices.answers import expire, is_anything_due
from scheduler.choices.apply import apply_choices, is_time_to_apply
from scheduler.choices.freed import ask_next, waiting_seats
from scheduler.choices.lost import is_anything_lost, settle_lost
from scheduler.choices.next_version import fold_choices
from scheduler.choices.rounds import AT_ONCE
from scheduler.choices.waiting_line import waiting_list
from scheduler.db import begin_writing
from scheduler.models import Centre, FreedSeat

log = logging.getLogger("semainier.worker")

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """How messages are made: the key and address of pages, and who invites by e-mail, where set."""

    secret_key: str = ""
    public_url: str = ""
    organizer: str | None = None


def settle_choices(session: Session, clock: Clock, means: Means) -> dict[str, int]:
    """Do what is due in every centre; commits. Return what was done, counted."""
    counts = {"lost": 0, "expired": 0, "asked": 0, "applied": 0, "refused": 0}
    for centre_id in session.scalars(select(Centre.id).order_by(Centre.id)).all():
        session.rollback()
        for step in (_tell_lost, _expire, _ask, _apply):
            try:
                for name, count in step(session, clock, centre_id, means).items():
                    counts[name] += count
            except StaleDataError:
                # Somebody thought better of it at this very moment: next time.
                session.rollback()
            except Exception:
                session.rollback()
                log.exception("choices of centre %s failed", centre_id)
    return counts


def _tell_lost(session: Session, clock: Clock, centre_id: int, means: Means) -> dict[str, int]:
    """Tell those from whom a change of the plan took a place that was kept for them."""
    told = 0
    while is_anything_lost(session, session.get_one(Centre, centre_id)):
        session.rollback()
        begin_writing(session)
        centre, now = session.get_one(Centre, centre_id), clock()
        left = settle_lost(session, centre, now, most=AT_ONCE)
        address = page_addresses(means.secret_key, means.public_url, now)
        take_back(session, centre, (*left.again, *left.kept, *left.gone), now)
        tell_offers(session, centre, left.again, now, page_address=address)
        tell_fallbacks(session, centre, left.kept, now, page_address=address)
        tell_gone(session, centre, left.gone, now, page_address=address)
        session.commit()
        told += len({offer.id for offer in (*left.again, *left.kept, *left.gone)})
    session.rollback()
    return {"lost": told}


def _expire(session: Session, clock: Clock, centre_id: int, means: Means) -> dict[str, int]:
    ended = 0
    while is_anything_due(session, session.get_one(Centre, centre_id), clock()):
        session.rollback()
        begin_writing(session)
        centre, now = session.get_one(Centre, centre_id), clock()
        kept = expire(session, centre, now, most=AT_ONCE)
        address = page_addresses(means.secret_key, means.public_url, now)
        tell_fallbacks(session, centre, kept, now, page_address=address)
        session.commit()
        ended += len(kept)
    session.rollback()
    return {"expired": ended}


def _ask(session: Session, clock: Clock, centre_id: int, means: Means) -> dict[str, int]:
    centre = session.get_one(Centre, centre_id)
    waiting = [(seat.id, seat.session_uid) for seat in waiting_seats(session, centre)]
    asked = 0
    for seat_id, uid in waiting:
        line = waiting_list(session, session.get_one(Centre, centre_id), uid, clock())
        session.rollback()
        begin_writing(session)
        centre, now = session.get_one(Centre, centre_id), clock()
        offer = ask_next(session, centre, session.get_one(FreedSeat, seat_id), line, now)
        if offer is not None:
            address = page_addresses(means.secret_key, means.public_url, now)
            tell_offers(session, centre, [offer], now, page_address=address)
            asked += 1
        session.commit()
    session.rollback()
    return {"asked": asked}


def _apply(session: Session, clock: Clock, centre_id: int, means: Means) -> dict[str, int]:
    centre = session.get_one(Centre, centre_id)
    folded = fold_choices(session, centre, clock()) if is_time_to_apply(session, centre, clock()) else None
    session.rollback()
    if folded is None:
        return {}
    # What is left of so much reading would else be cleared away while others wait: a fifth of a second.
    gc.collect()
    begin_writing(session)
    centre, now = session.get_one(Centre, centre_id), clock()
    address = page_addresses(means.secret_key, means.public_url, now)
    counts = {"applied": 0, "refused": 0}
    for done in apply_choices(session, centre, now, folded=folded):
        if done.published is not None:
            announce(session, centre, done.published, now, page_address=address, known=done.known)
            invite_by_mail(session, centre, done.published, now, organizer=means.organizer)
        counts["applied"] += len(done.applied)
        counts["refused"] += len(done.refused)
    session.commit()
    return counts

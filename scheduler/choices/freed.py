"""Seats that became free: offered to the people in line, one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import settings
from scheduler.choices.offers import withdraw
from scheduler.choices.places import fits, in_force
from scheduler.choices.waiting_line import InLine, waiting_list
from scheduler.held_places import lock
from scheduler.models import (
    Answer,
    AttendanceRecord,
    Centre,
    ChoiceOffer,
    ChoicePlace,
    FreedSeat,
    FreedState,
    GroupSession,
    OfferKind,
    OfferState,
    PlaceState,
)
from scheduler.timegrid import to_instant, to_wall

#: The hours of a day in which somebody can be expected to answer.
DAY = (time(8), time(20))

#: How long before a session its seat is still offered: whoever says yes has to get there.
LATEST = timedelta(hours=2)

#: How many minutes of daytime somebody has at least to answer; with less, nobody is asked.
SHORTEST = 30


def offer_freed_seat(session: Session, centre: Centre, session_uid: str, now: datetime) -> list[FreedSeat]:
    """Write down the seats of a session whose holders said that they cannot come.

    Quick, so that it can be part of taking an answer: a job asks the people in line.

    Returns
    -------
    list of FreedSeat
        Those that were not known yet.
    """
    row = in_force(session, centre.id, [session_uid]).get(session_uid)
    if row is None or row.cancelled_at is not None or row.activity.individual or row.activity.drop_in:
        return []
    if row.starts_at <= now + LATEST:
        return []
    absent = set(
        session.scalars(
            select(AttendanceRecord.participant_id).where(
                AttendanceRecord.centre_id == centre.id,
                AttendanceRecord.session_uid == session_uid,
                AttendanceRecord.answer == Answer.NOT_COMING,
                AttendanceRecord.participant_id.in_(
                    {seat.participant_id for seat in row.attendances if not seat.excluded}
                ),
            )
        )
    )
    known = {
        seat.participant_id: seat
        for seat in session.scalars(
            select(FreedSeat).where(FreedSeat.centre_id == centre.id, FreedSeat.session_uid == session_uid)
        )
    }
    found = []
    for participant_id in sorted(absent):
        seat = known.get(participant_id)
        if seat is None:
            seat = FreedSeat(
                centre_id=centre.id, session_uid=session_uid, participant_id=participant_id, freed_at=now
            )
            session.add(seat)
        elif seat.state == FreedState.CLOSED and seat.settled_at is not None and seat.settled_at < now:
            seat.state, seat.freed_at, seat.settled_at = FreedState.WAITING, now, None
        else:
            continue
        found.append(seat)
    session.flush()
    return found


def keep_seat(session: Session, centre: Centre, session_uid: str, participant_id: int, now: datetime) -> None:
    """Give somebody their seat back who comes after all, unless somebody else has it by now."""
    seats = session.scalars(
        select(FreedSeat).where(
            FreedSeat.centre_id == centre.id,
            FreedSeat.session_uid == session_uid,
            FreedSeat.participant_id == participant_id,
            FreedSeat.state.in_((FreedState.WAITING, FreedState.OFFERED)),
        )
    ).all()
    for seat in seats:
        asked = session.scalars(
            select(ChoiceOffer).where(
                ChoiceOffer.freed_seat_id == seat.id, ChoiceOffer.state == OfferState.OPEN
            )
        )
        withdraw(session, asked.all(), now)
        seat.state, seat.settled_at = FreedState.CLOSED, now
    session.flush()


def waiting_seats(session: Session, centre: Centre) -> list[FreedSeat]:
    """Return the freed seats for which somebody is to be asked."""
    query = (
        select(FreedSeat)
        .where(FreedSeat.centre_id == centre.id, FreedSeat.state == FreedState.WAITING)
        .order_by(FreedSeat.freed_at, FreedSeat.id)
    )
    return list(session.scalars(query))


def fill_freed_seats(session: Session, centre: Centre, now: datetime) -> list[ChoiceOffer]:
    """Ask the first in line for every seat that waits; return the offers made."""
    offers = []
    for seat in waiting_seats(session, centre):
        offer = ask_next(session, centre, seat, waiting_list(session, centre, seat.session_uid, now), now)
        if offer is not None:
            offers.append(offer)
    return offers


def ask_next(
    session: Session, centre: Centre, seat: FreedSeat, line: Sequence[InLine], now: datetime
) -> ChoiceOffer | None:
    """Offer a freed seat to the first in line who can still have it; with nobody left it stays empty."""
    lock(session, centre.id)
    session.refresh(seat)
    if seat.state != FreedState.WAITING:
        return None
    row = in_force(session, centre.id, [seat.session_uid]).get(seat.session_uid)
    zone = ZoneInfo(centre.timezone)
    if (
        row is None
        or row.cancelled_at is not None
        or row.starts_at - LATEST < end_of_answer(now, SHORTEST, zone)
    ):
        seat.state, seat.settled_at = FreedState.CLOSED, now
        session.flush()
        return None
    until = min(
        end_of_answer(now, settings.freed_seat_minutes(centre), zone),
        row.starts_at - LATEST,
    )
    for each in line:
        offer = ChoiceOffer(
            centre_id=centre.id,
            freed_seat_id=seat.id,
            kind=OfferKind.FREED_SEAT,
            participant_id=each.participant_id,
            activity_id=row.activity_id,
            session_uid=seat.session_uid,
            state=OfferState.OPEN,
            created_at=now,
            opened_at=now,
            expires_at=until,
            places=[_seat_of(centre, row, until)],
        )
        session.add(offer)
        session.flush()
        if fits(session, offer, offer.places[0], now):
            seat.state = FreedState.OFFERED
            session.flush()
            return offer
        session.delete(offer)
        session.flush()
    seat.state, seat.settled_at = FreedState.CLOSED, now
    session.flush()
    return None


def _seat_of(centre: Centre, row: GroupSession, until: datetime) -> ChoicePlace:
    return ChoicePlace(
        centre_id=centre.id,
        number=1,
        state=PlaceState.HELD,
        session_uid=row.uid,
        activity_id=row.activity_id,
        cohort_id=row.cohort_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        site_id=row.site_id,
        room_id=row.room_id,
        language=row.language,
        leaders=[[x.role, x.staff_id] for x in row.leaders],
        held_until=until,
    )


def end_of_answer(now: datetime, minutes: int, zone: ZoneInfo) -> datetime:
    """Return when so many minutes of daytime are over: nobody answers at night."""
    left = timedelta(minutes=minutes)
    day = to_wall(now, zone)[0]
    while True:
        opens, closes = to_instant(day, DAY[0], zone), to_instant(day, DAY[1], zone)
        begins = max(now, opens)
        if begins + left <= closes:
            return begins + left
        left -= max(closes - begins, timedelta(0))
        day += timedelta(1)

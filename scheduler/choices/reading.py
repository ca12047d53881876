"""What the coordination sees of places that people choose: rounds, offers, and seats that became free."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from scheduler.choices.places import in_force
from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.models import (
    Activity,
    Centre,
    ChoiceOffer,
    ChoicePlace,
    ChoiceRound,
    FreedSeat,
    FreedState,
    GroupSession,
    OfferState,
    Participant,
)
from scheduler.programmes.vocabulary import ACTIVITY_KINDS
from scheduler.records import check_version, find

#: Rounds and seats shown, the newest first.
MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundRow:
    """A round with how its offers stand: how many in each state, places in all, and by default."""

    round: ChoiceRound
    states: Counter[OfferState]
    places: int
    by_default: int

    @property
    def offers(self) -> int:
        """How many people have places to choose from."""
        return self.states.total()

    @property
    def chosen(self) -> int:
        """How many people chose by themselves."""
        return self.states[OfferState.CHOSEN] + self.states[OfferState.APPLIED] - self.by_default


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatRow:
    """A seat that became free, the session it is in, and who is asked, if anybody."""

    seat: FreedSeat
    session: GroupSession | None
    offer: ChoiceOffer | None


def list_rounds(session: Session, centre: Centre) -> list[RoundRow]:
    """Return the rounds, the newest first, in a fixed number of queries."""
    query = (
        select(ChoiceRound)
        .where(ChoiceRound.centre_id == centre.id)
        .options(joinedload(ChoiceRound.activity).joinedload(Activity.programme))
        .order_by(ChoiceRound.queued_at.desc(), ChoiceRound.id.desc())
        .limit(MOST)
    )
    rounds = session.scalars(query).all()
    ids = [row.id for row in rounds]
    states: dict[int, Counter[OfferState]] = {row_id: Counter() for row_id in ids}
    default: Counter[int] = Counter()
    counted = (
        select(ChoiceOffer.round_id, ChoiceOffer.state, ChoiceOffer.by_default, func.count())
        .where(ChoiceOffer.round_id.in_(ids))
        .group_by(ChoiceOffer.round_id, ChoiceOffer.state, ChoiceOffer.by_default)
    )
    for round_id, state, by_default, count in session.execute(counted):
        states[round_id or 0][OfferState(state)] += count
        if by_default and state in (OfferState.CHOSEN, OfferState.APPLIED):
            default[round_id or 0] += count
    places = (
        select(ChoiceOffer.round_id, func.count())
        .join(ChoiceOffer.places)
        .where(ChoiceOffer.round_id.in_(ids))
        .group_by(ChoiceOffer.round_id)
    )
    in_all = {round_id: int(count) for round_id, count in session.execute(places)}
    return [
        RoundRow(round=row, states=states[row.id], places=in_all.get(row.id, 0), by_default=default[row.id])
        for row in rounds
    ]


def find_round(session: Session, centre: Centre, round_id: int) -> ChoiceRound:
    """Return a round with its offers, their people and places.

    Raises
    ------
    NotFoundError
        If the centre has none of that id.
    """
    offers = selectinload(ChoiceRound.offers)
    places = offers.selectinload(ChoiceOffer.places)
    return find(
        session,
        ChoiceRound,
        round_id,
        joinedload(ChoiceRound.activity),
        offers.joinedload(ChoiceOffer.participant),
        places.joinedload(ChoicePlace.site),
        places.joinedload(ChoicePlace.room),
        places.joinedload(ChoicePlace.activity),
    )


def list_freed_seats(session: Session, centre: Centre, now: datetime) -> list[SeatRow]:
    """Return the freed seats of sessions to come, the next session first."""
    query = (
        select(FreedSeat)
        .where(FreedSeat.centre_id == centre.id)
        .options(joinedload(FreedSeat.participant))
        .order_by(FreedSeat.freed_at.desc(), FreedSeat.id.desc())
        .limit(MOST)
    )
    seats = session.scalars(query).all()
    held = in_force(session, centre.id, {seat.session_uid for seat in seats})
    asked = {
        offer.freed_seat_id: offer
        for offer in session.scalars(
            select(ChoiceOffer)
            .where(
                ChoiceOffer.freed_seat_id.in_([seat.id for seat in seats]),
                ChoiceOffer.state.in_((OfferState.OPEN, OfferState.CHOSEN, OfferState.APPLIED)),
            )
            .options(joinedload(ChoiceOffer.participant))
        )
    }
    rows = [
        SeatRow(seat=seat, session=held.get(seat.session_uid), offer=asked.get(seat.id)) for seat in seats
    ]
    coming = [row for row in rows if row.session is not None and row.session.starts_at > now]
    return sorted(coming, key=lambda row: (row.session.starts_at if row.session else now, row.seat.id))


def ask_again(session: Session, seat: FreedSeat) -> None:
    """Have a seat that was left empty offered once more.

    Raises
    ------
    InvalidInputError
        If somebody is being asked, or has it.
    """
    if seat.state != FreedState.CLOSED:
        raise InvalidInputError(N_("Cette place est déjà proposée."))
    seat.state, seat.settled_at = FreedState.WAITING, None
    session.flush()


def names_of(session: Session, ids: list[int]) -> Mapping[int, str]:
    """Return people's names by id."""
    query = select(Participant).where(Participant.id.in_(ids))
    return {row.id: row.name for row in session.scalars(query)}


def change_rules(session: Session, centre: Centre, rules: Mapping[str, Any], version: int | None) -> None:
    """Change which places may be chosen and for how long they are kept; see ``scheduler.settings``."""
    check_version(centre, version)
    kinds = [kind for kind in rules["choice_kinds"] if kind in ACTIVITY_KINDS]
    centre.settings = {**centre.settings, **rules, "choice_kinds": kinds}
    session.flush()

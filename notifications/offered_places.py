"""Telling people of places: those they may choose from, a seat that is free, and what became of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.allowance import NO_ROUTE
from notifications.changes import EXEMPT
from notifications.compose import EXPIRY, Composer, PageAddress
from notifications.contacts import exempt_people, routes_of
from notifications.models import Message, MessageKind
from notifications.outbox import Draft, Topic, enqueue, supersede
from notifications.policy import Policy, load_policies
from notifications.replies.places import told_place
from notifications.step_times import after_quiet
from scheduler.held_places import made_uid
from scheduler.models import Centre, ChoiceOffer, ChoicePlace, OfferKind, OfferState, Participant, PlaceState

#: Step of the messages that say which place somebody has who did not choose.
FALLBACK = "choice"

#: News of a place that was lost is of no use later than this.
STALE = timedelta(hours=24)


class _Teller:
    """Everything about the people of some offers that their messages need, read once."""

    def __init__(
        self,
        session: Session,
        centre: Centre,
        offers: Collection[ChoiceOffer],
        now: datetime,
        page_address: PageAddress | None,
    ) -> None:
        self.session, self.centre, self.now = session, centre, now
        query = select(Participant).where(
            Participant.centre_id == centre.id,
            Participant.id.in_({offer.participant_id for offer in offers}),
            Participant.active,
        )
        self.people = {person.id: person for person in session.scalars(query)}
        self.routes = routes_of(session, centre, self.people.values())
        self.exempt = exempt_people(session, centre)
        self.policy: Policy = load_policies(session, centre).centre
        self.composer = Composer(session, centre, self.policy, page_address)

    def draft(
        self,
        offer: ChoiceOffer,
        kind: MessageKind,
        key: str,
        told: Sequence[ChoicePlace],
        expires_at: datetime,
        *,
        choices: Sequence[ChoicePlace] = (),
        name: str | None = None,
        step: str = "",
        facts: Mapping[str, Any] = MappingProxyType({}),
    ) -> Draft | None:
        """Return a message about an offer; ``None`` for people who are no longer active."""
        person = self.people.get(offer.participant_id)
        if person is None:
            return None
        route = next(iter(self.routes[person.id]), None)
        variables = {"deadline": offer.expires_at} | (
            {"choices": [told_place(place) for place in choices]} if choices else {}
        )
        withheld = NO_ROUTE if route is None else None
        return self.composer.draft(
            kind,
            key=key,
            people=[person],
            told=[told_place(place) for place in told],
            route=route,
            topics=[_topic(offer, place) for place in (*told, *choices)[:1]],
            expires_at=expires_at,
            step=step,
            next_at=after_quiet(
                self.now, self.policy.quiet_from, self.policy.quiet_until, ZoneInfo(self.centre.timezone)
            ),
            withheld=EXEMPT if person.id in self.exempt else withheld,
            more_facts={
                "offer_id": offer.id,
                "numbers": [place.number for place in choices],
                **facts,
            },
            more_variables=variables,
            name=name,
        )

    def send(self, draft: Draft | None) -> Message | None:
        """Put a message in the outbox."""
        return enqueue(self.session, draft, self.now) if draft is not None else None


def _topic(offer: ChoiceOffer, place: ChoicePlace) -> Topic:
    """Return the session that an offer is about: the person's until they choose another."""
    uid = offer.session_uid or place.session_uid or made_uid(offer)
    return Topic(participant_id=offer.participant_id, session_uid=uid, starts_at=place.starts_at)


def tell_offers(
    session: Session,
    centre: Centre,
    offers: Iterable[ChoiceOffer],
    now: datetime,
    *,
    page_address: PageAddress | None = None,
) -> int:
    """Invite people to choose, or to take a seat that is free; return how many messages.

    Belongs in the transaction that opens the offers, or that leaves fewer places in them.
    """
    offers = list(offers)
    if not offers:
        return 0
    teller = _Teller(session, centre, offers, now, page_address)
    count = 0
    for offer in offers:
        if offer.kind == OfferKind.FREED_SEAT:
            draft = teller.draft(
                offer, MessageKind.FREED_SEAT, f"offer:{offer.id}", offer.places, offer.expires_at
            )
        else:
            places = _kept(offer)
            fewer = "" if len(places) == len(offer.places) else _numbers(places)
            draft = teller.draft(
                offer,
                MessageKind.INVITATION,
                f"offer:{offer.id}{fewer}",
                (),
                offer.expires_at,
                choices=places,
            )
        count += teller.send(draft) is not None
    return count


def tell_fallbacks(
    session: Session,
    centre: Centre,
    offers: Iterable[ChoiceOffer],
    now: datetime,
    *,
    page_address: PageAddress | None = None,
) -> int:
    """Remind those who did not choose of the place that they keep; return how many messages.

    Whoever gets a place they did not have is told of the change when it is part of the plan.
    """
    kept = [offer for offer in offers if offer.kind == OfferKind.CHOICE and offer.session_uid is not None]
    if not kept:
        return 0
    teller = _Teller(session, centre, kept, now, page_address)
    count = 0
    for offer in kept:
        place = next((each for each in offer.places if each.number == offer.chosen_number), None)
        if place is None:
            continue
        draft = teller.draft(
            offer,
            MessageKind.REMINDER,
            f"offer:{offer.id}:kept",
            [place],
            place.starts_at - EXPIRY,
            step=FALLBACK,
        )
        count += teller.send(draft) is not None
        offer.told_at = now
    return count


def tell_gone(
    session: Session,
    centre: Centre,
    offers: Iterable[ChoiceOffer],
    now: datetime,
    *,
    page_address: PageAddress | None = None,
) -> int:
    """Say to people that a place can no longer be had, and what is left; return how many messages."""
    offers = list(offers)
    if not offers:
        return 0
    teller = _Teller(session, centre, offers, now, page_address)
    about = _invitations(session, centre, offers)
    count = 0
    for offer in offers:
        left = _kept(offer) if offer.state == OfferState.OPEN else []
        draft = teller.draft(
            offer,
            MessageKind.ANSWER,
            f"offer:{offer.id}:lost{_numbers(left)}",
            (),
            min(now + STALE, offer.expires_at) if left else now + STALE,
            choices=left,
            name="place_gone",
            facts={
                "answer": "place_gone",
                "about": about.get(f"offer:{offer.id}"),
                "reply": "choice" if left else "",
            },
        )
        count += teller.send(draft) is not None
        offer.told_at = now
    return count


def _kept(offer: ChoiceOffer) -> list[ChoicePlace]:
    return [place for place in offer.places if place.state == PlaceState.HELD]


def _numbers(places: Sequence[ChoicePlace]) -> str:
    """Return what tells a message of fewer places from the one before."""
    return f":{[place.number for place in places]}" if places else ""


def _invitations(session: Session, centre: Centre, offers: Iterable[ChoiceOffer]) -> dict[str, int]:
    """Return the ids of the messages that made some offers, by key."""
    query = select(Message.key, Message.id).where(
        Message.centre_id == centre.id, Message.key.in_({f"offer:{offer.id}" for offer in offers})
    )
    return dict(session.execute(query).all())


def take_back(session: Session, centre: Centre, offers: Iterable[ChoiceOffer], now: datetime) -> int:
    """Take back invitations of offers that were withdrawn and have not left; return how many."""
    count = 0
    for offer in offers:
        for place in offer.places[:1]:
            topic = _topic(offer, place)
            count += len(
                supersede(
                    session,
                    centre.id,
                    now,
                    session_uid=topic.session_uid,
                    participant_id=offer.participant_id,
                    kinds=(MessageKind.INVITATION, MessageKind.FREED_SEAT),
                )
            )
    return count

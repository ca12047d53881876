"""Answers to messages that offer places: which one is taken, and what is said when it is gone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from notifications.models import InboundMessage, InboundState, Meaning, MessageKind
from notifications.replies.acknowledge import NOT_UNDERSTOOD, Reply
from notifications.replies.context import Context
from notifications.replies.effects import in_force, store, told
from notifications.replies.understand import Understood
from notifications.visits import place_words
from notifications.wording import Told
from scheduler.attendance import expected_ids
from scheduler.choices import Outcome, choose, decline, open_offers
from scheduler.models import Answer, ChoiceOffer, ChoicePlace, OfferKind, OfferState

#: Kinds of message that offer places, and what they offer.
OFFERS = {MessageKind.INVITATION: OfferKind.CHOICE, MessageKind.FREED_SEAT: OfferKind.FREED_SEAT}


def are_offered(context: Context) -> bool:
    """Whether the message that is answered offers places."""
    return context.about is not None and context.about.kind in OFFERS


def answer_offer(
    session: Session, context: Context, inbound: InboundMessage, said: Understood, now: datetime
) -> Reply:
    """Give somebody the place they chose, or note that none suits; return what to say."""
    offer = find_answered(session, context, now)
    if offer is None:
        return Reply(name="too_late")
    if said.meaning is Meaning.NOT_COMING:
        return _refuse(session, context, inbound, offer, said, now)
    number = _number(context, said)
    if number is None:
        inbound.state, inbound.handled_at = InboundState.OPEN, None
        return Reply(name=NOT_UNDERSTOOD, reply=context.question.way, numbers=context.numbers, unclear=True)
    choice = choose(session, offer, number, now)
    if choice.outcome is Outcome.CHOSEN and choice.place is not None:
        return Reply(name="place_chosen", sessions=[told_place(choice.place)])
    if choice.outcome is Outcome.TAKEN:
        return Reply(
            name="place_gone",
            choices=[told_place(place) for place in choice.remaining],
            numbers=[place.number for place in choice.remaining],
            reply="choice" if choice.remaining else "",
        )
    return Reply(name="too_late")


def _refuse(
    session: Session,
    context: Context,
    inbound: InboundMessage,
    offer: ChoiceOffer,
    said: Understood,
    now: datetime,
) -> Reply:
    """Note that none of the places suits, or that the one that was chosen no longer does."""
    if offer.state == OfferState.OPEN:
        decline(session, offer, now)
        # To whom no choice suits, somebody calls; a seat that was offered is simply somebody else's.
        return Reply(name="we_will_call" if offer.kind == OfferKind.CHOICE else "thanks")
    held = in_force(session, context.centre, _chosen_uid(offer))
    if held is not None and held.ends_at > now and offer.participant_id in expected_ids(held):
        row = store(
            session, context.centre, held, offer.participant_id, Answer.NOT_COMING, now, reason=said.reason
        )
        if row.answer_reason:
            return Reply(name="thanks")
        return Reply(name="thanks_cannot", sessions=[told(held)], reply="reason")
    # Chosen and not part of the plan yet, or lost meanwhile: somebody looks.
    inbound.state, inbound.handled_at = InboundState.OPEN, None
    return Reply(name="thanks", unclear=True)


def chosen_session(session: Session, context: Context, now: datetime) -> set[tuple[str, int]]:
    """Return the session that somebody chose in the offer of a message, and who it was."""
    offer = find_answered(session, context, now)
    return {(_chosen_uid(offer), offer.participant_id)} if offer is not None else set()


def _chosen_uid(offer: ChoiceOffer) -> str:
    place = next((each for each in offer.places if each.number == offer.chosen_number), None)
    return (place.session_uid if place is not None else None) or ""


def find_answered(session: Session, context: Context, now: datetime) -> ChoiceOffer | None:
    """Return the offer that a message made: the one it names, or the person's open one of its kind."""
    if context.about is None:
        return None
    named = context.about.facts.get("offer_id")
    if named is not None:
        offer = session.get(ChoiceOffer, int(named))
        return offer if offer is not None and offer.centre_id == context.centre.id else None
    kind = OFFERS[MessageKind(context.about.kind)]
    found = [
        offer
        for person in context.people
        for offer in open_offers(session, context.centre.id, person.id, now)
        if offer.kind == kind
    ]
    return found[0] if len(found) == 1 else None


def told_place(place: ChoicePlace) -> Told:
    """Return a place as messages tell it."""
    return Told(
        starts_at=place.starts_at,
        ends_at=place.ends_at,
        title=place.activity.neutral_name,
        place=place_words(place.room.name if place.room else None, place.site.name),
        individual=place.activity.individual,
    )


def _number(context: Context, said: Understood) -> int | None:
    """Return the number of a place in its offer; what was shown may have been only some of them."""
    shown = said.choice or 1
    if said.meaning is Meaning.COMING or not context.numbers:
        return shown if said.meaning is Meaning.COMING or shown == 1 else None
    return context.numbers[shown - 1] if shown <= len(context.numbers) else None

"""What the team does with answers that wait: looks after them, says whose they are, answers, settles.

Two people may look at the same answer: whoever is second hears of it instead of doing it again.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, CursorResult, select, update
from sqlalchemy.orm import Session

from notifications.contacts import people_at
from notifications.models import ChannelKind, InboundMessage, InboundState, Meaning, Message, MessageKind
from notifications.outbox import Draft, enqueue
from notifications.policy import load_policies
from notifications.replies.acknowledge import EXPIRY
from notifications.replies.context import WRITTEN_BY
from notifications.replies.conversation import conversations
from notifications.replies.effects import ask_for_call, store_for
from notifications.replies.inbox import is_open, render_ready, stamp, way_back, why_silent
from notifications.segments import count_segments
from notifications.wording import Wordings
from scheduler.attendance import session_in_force
from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.models import Answer, Centre, Participant
from scheduler.records import find

LONGEST_TEXT: Final = 700

#: What is said to whoever comes second.
SETTLED: Final = N_("Quelqu'un de l'équipe vient de traiter cette réponse.")

#: The ready text that promises a call.
CALL: Final = "we_will_call"


def take(session: Session, inbound: InboundMessage, user_id: int | None) -> bool:
    """Say who looks after all that waits from an address, or that nobody does; ``False`` if none waits."""
    taken: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        update(InboundMessage)
        .where(*is_open(inbound.centre_id), InboundMessage.address == inbound.address)
        .values(handled_by_id=user_id)
    )
    session.refresh(inbound)
    return bool(taken.rowcount)


def attach(session: Session, inbound: InboundMessage, participant_id: int) -> Participant:
    """Say whose an answer is, with all others from the same address of which as much was known."""
    person: Participant = find(session, Participant, participant_id)
    session.execute(update(InboundMessage).where(*_with(inbound)).values(participant_id=person.id))
    session.refresh(inbound)
    return person


def close(session: Session, inbound: InboundMessage, now: datetime, user_id: int) -> int:
    """Mark what waits from an address and a person as dealt with; return how many answers it was."""
    waiting = session.scalars(select(InboundMessage).where(*_with(inbound))).all()
    for row in waiting:
        row.state, row.handled_at, row.handled_by_id = InboundState.CLOSED, now, user_id
    session.flush()
    return len(waiting)


def _with(inbound: InboundMessage) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for an answer to wait together with another: one address, one person."""
    return (
        *is_open(inbound.centre_id),
        InboundMessage.address == inbound.address,
        InboundMessage.participant_id == inbound.participant_id,
    )


def reopen(inbound: InboundMessage) -> None:
    """Put an answer before a person again."""
    inbound.state, inbound.handled_at, inbound.handled_by_id = InboundState.OPEN, None, None


def understand_as(
    session: Session,
    centre: Centre,
    inbound: InboundMessage,
    uid: str,
    participant_id: int,
    given: Answer,
    now: datetime,
    user_id: int,
) -> None:
    """Store what a person of the team reads in an answer, and settle it.

    Raises
    ------
    NotFoundError
        If the session is not in force.
    InvalidInputError
        If somebody else settled it, or nothing can be answered there, or somebody else has the seat.
    """
    check_waits(inbound)
    store_for(session, centre, session_in_force(session, centre.id, uid), participant_id, given, now)
    if inbound.participant_id is None:
        attach(session, inbound, participant_id)
    inbound.meaning = Meaning(given.value)
    close(session, inbound, now, user_id)


def check_waits(inbound: InboundMessage) -> None:
    """Refuse to settle what is settled.

    Raises
    ------
    InvalidInputError
        If it no longer waits for anybody.
    """
    if inbound.state != InboundState.OPEN:
        raise InvalidInputError(SETTLED)


def check_seen(session: Session, inbound: InboundMessage, seen: str) -> None:
    """Refuse to answer a conversation that has gone on since it was read.

    Parameters
    ----------
    seen : str
        The ``stamp`` of the page; empty where none was shown.

    Raises
    ------
    InvalidInputError
        If somebody has answered or written meanwhile.
    """
    check_waits(inbound)
    lines = conversations(session, inbound.centre_id, [inbound.address]).get(inbound.address, ())
    if seen and seen != stamp(lines):
        raise InvalidInputError(
            N_("La conversation a continué entre-temps. Relisez-la avant d'envoyer."), "text"
        )


def write(
    session: Session,
    centre: Centre,
    inbound: InboundMessage,
    text: str,
    now: datetime,
    user_id: int,
    *,
    form_key: str,
) -> Message | None:
    """Answer in words of one's own; ``None`` when this form was sent already.

    Raises
    ------
    InvalidInputError
        If there is nothing to send, too much of it, or no way to send it.
    """
    text = text.strip()
    if not text:
        raise InvalidInputError(N_("Écrivez d'abord votre réponse."), "text")
    if len(text) > LONGEST_TEXT:
        raise InvalidInputError(N_("Ce texte est trop long pour un message."), "text")
    person = session.get(Participant, inbound.participant_id) if inbound.participant_id else None
    language = person.message_language if person else "fr"
    facts = {WRITTEN_BY: user_id}
    return _send(
        session, centre, inbound, centre.name, text, language, now, person=person, facts=facts, key=form_key
    )


def write_ready(
    session: Session,
    centre: Centre,
    inbound: InboundMessage,
    name: str,
    now: datetime,
    *,
    form_key: str,
) -> Message | None:
    """Answer with a text in the person's language; one that promises a call asks the team for it.

    Raises
    ------
    InvalidInputError
        If nobody is known by the address, or there is no way to send it.
    """
    person = session.get(Participant, inbound.participant_id) if inbound.participant_id else None
    channel = ChannelKind(inbound.channel)
    people = [person] if person else people_at(session, centre.id, channel, inbound.address)
    route = way_back(session, centre, inbound, person)
    if not people or route is None:
        raise InvalidInputError(N_("Dites d'abord de qui est cette réponse."))
    words = render_ready(Wordings(session, centre), route.channel, people, name)
    facts = {"answer": name}
    sent = _send(
        session,
        centre,
        inbound,
        words.subject,
        words.body,
        words.language,
        now,
        person=people[0],
        facts=facts,
        key=form_key,
    )
    if sent is not None and name == CALL:
        ask_for_call(session, centre, (), people, now)
    return sent


def is_sent(session: Session, inbound: InboundMessage, form_key: str) -> bool:
    """Whether a form was sent already: somebody tapped twice."""
    query = select(Message.id).where(
        Message.centre_id == inbound.centre_id, Message.key == _key(inbound, form_key)
    )
    return session.scalars(query).first() is not None


def _key(inbound: InboundMessage, form_key: str) -> str:
    return f"written:{inbound.id}:{form_key}"[:160]


def _send(
    session: Session,
    centre: Centre,
    inbound: InboundMessage,
    subject: str,
    body: str,
    language: str,
    now: datetime,
    *,
    person: Participant | None,
    facts: dict[str, Any],
    key: str,
) -> Message | None:
    route = way_back(session, centre, inbound, person)
    if route is None or why_silent(session, inbound.centre_id, route, now):
        raise InvalidInputError(N_("Un message ne peut pas partir vers cette adresse. Appelez la personne."))
    segments = count_segments(body).count if route.channel is ChannelKind.SMS else 1
    draft = Draft(
        centre_id=centre.id,
        key=_key(inbound, key),
        kind=MessageKind.ANSWER,
        channel=route.channel,
        address=route.address,
        participant_id=person.id if person else None,
        language=language,
        subject=subject[:200],
        body=body,
        facts={**facts, "about": inbound.about_id},
        segments=segments,
        price_eur_millicents=load_policies(session, centre).centre.price(route.channel, segments),
        expires_at=now + EXPIRY * 4,
    )
    return enqueue(session, draft, now)

"""Answers that wait for a person: who wrote, what it may be about, and the acts that settle it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from notifications.contacts import Route, known_address, may_send, people_at, routes, takes_free_text
from notifications.models import (
    AddressState,
    ChannelKind,
    InboundMessage,
    InboundState,
    Meaning,
    Message,
    MessageKind,
)
from notifications.outbox import Draft, enqueue
from notifications.policy import load_policies
from notifications.replies.acknowledge import EXPIRY
from notifications.replies.context import WRITTEN_BY
from notifications.replies.conversation import Line, conversations
from notifications.replies.effects import store
from notifications.segments import count_segments
from scheduler.attendance import session_in_force
from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.models import Answer, Centre, Participant
from scheduler.personal_week import Card, personal_week
from scheduler.records import find

#: How far ahead sessions are shown that an answer may be about, and how many.
DAYS_AHEAD = 14
MOST_SESSIONS = 3

MOST_SHOWN = 30
LONGEST_TEXT = 700


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The open answers from one address: the last of them, the whole conversation, and what is next.

    ``people`` are those reached at the address when nobody is known for certain. ``silence`` says why
    nothing can be written there: ``opted_out``, ``window`` or ``voice``.
    """

    inbound: InboundMessage
    open_ids: tuple[int, ...]
    person: Participant | None
    people: tuple[Participant, ...]
    sessions: tuple[tuple[Participant, Card], ...]
    lines: tuple[Line, ...]
    silence: str


def count_waiting(session: Session, centre_id: int) -> int:
    """Return how many answers wait for a person."""
    query = select(func.count()).select_from(InboundMessage).where(*_open(centre_id))
    return session.scalar(query) or 0


def list_waiting(session: Session, centre: Centre, now: datetime) -> list[Waiting]:
    """Return what waits for a person, whoever has waited longest first, one entry an address."""
    query = (
        select(InboundMessage)
        .where(*_open(centre.id))
        .order_by(InboundMessage.received_at, InboundMessage.id)
        .limit(MOST_SHOWN)
    )
    groups: dict[tuple[str, int | None], list[InboundMessage]] = {}
    for row in session.scalars(query):
        groups.setdefault((row.address, row.participant_id), []).append(row)
    lines = conversations(session, centre.id, {address for address, _person in groups})
    return [_entry(session, centre, rows, lines, now) for rows in groups.values()]


def list_settled(session: Session, centre_id: int, *, most: int = 20) -> list[tuple[InboundMessage, str]]:
    """Return the answers settled last, by rule or by a person, with whose they were."""
    query = (
        select(InboundMessage, Participant.first_name, Participant.last_name)
        .outerjoin(Participant, Participant.id == InboundMessage.participant_id)
        .where(
            InboundMessage.centre_id == centre_id,
            InboundMessage.state.in_((InboundState.DONE, InboundState.CLOSED)),
        )
        .order_by(InboundMessage.received_at.desc(), InboundMessage.id.desc())
        .limit(most)
    )
    return [(row, f"{first or ''} {last or ''}".strip()) for row, first, last in session.execute(query)]


def find_inbound(session: Session, inbound_id: int) -> InboundMessage:
    """Return an answer of the current centre.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    return find(session, InboundMessage, inbound_id)


def attach(session: Session, inbound: InboundMessage, participant_id: int) -> Participant:
    """Say whose an answer is; it then counts for all that waits from the same address."""
    person: Participant = find(session, Participant, participant_id)
    session.execute(
        update(InboundMessage)
        .where(*_open(inbound.centre_id), InboundMessage.address == inbound.address)
        .values(participant_id=person.id)
    )
    session.refresh(inbound)
    return person


def close(session: Session, inbound: InboundMessage, now: datetime, user_id: int) -> int:
    """Mark what waits from an address and a person as dealt with; return how many answers it was."""
    waiting = [
        row
        for row in session.scalars(
            select(InboundMessage).where(*_open(inbound.centre_id), InboundMessage.address == inbound.address)
        )
        if row.participant_id == inbound.participant_id
    ]
    for row in waiting:
        row.state, row.handled_at, row.handled_by_id = InboundState.CLOSED, now, user_id
    session.flush()
    return len(waiting)


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
        If the person is not expected there, or it is cancelled or over.
    """
    store(session, centre, session_in_force(session, centre.id, uid), participant_id, given, now)
    if inbound.participant_id is None:
        attach(session, inbound, participant_id)
    inbound.meaning = Meaning(given.value)
    close(session, inbound, now, user_id)


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
    route = _way_back(session, centre, inbound, person)
    silence = _silence(session, inbound.centre_id, route, now)
    if route is None or silence:
        raise InvalidInputError(N_("Un message ne peut pas partir vers cette adresse. Appelez la personne."))
    segments = count_segments(text).count if route.channel is ChannelKind.SMS else 1
    draft = Draft(
        centre_id=centre.id,
        key=f"written:{inbound.id}:{form_key}"[:160],
        kind=MessageKind.ANSWER,
        channel=route.channel,
        address=route.address,
        participant_id=person.id if person else None,
        language=person.message_language if person else "fr",
        subject=centre.name[:200],
        body=text,
        facts={WRITTEN_BY: user_id, "about": inbound.about_id},
        segments=segments,
        price_eur_millicents=load_policies(session, centre).centre.price(route.channel, segments),
        expires_at=now + EXPIRY * 4,
    )
    return enqueue(session, draft, now)


def _open(centre_id: int) -> tuple[ColumnElement[bool], ...]:
    return (InboundMessage.centre_id == centre_id, InboundMessage.state == InboundState.OPEN)


def _entry(
    session: Session,
    centre: Centre,
    rows: list[InboundMessage],
    lines: dict[str, list[Line]],
    now: datetime,
) -> Waiting:
    last = rows[-1]
    person = session.get(Participant, last.participant_id) if last.participant_id else None
    people = (
        (person,) if person else tuple(people_at(session, centre.id, ChannelKind(last.channel), last.address))
    )
    route = _way_back(session, centre, last, person)
    return Waiting(
        inbound=last,
        open_ids=tuple(row.id for row in rows),
        person=person,
        people=people,
        sessions=tuple(_next_sessions(session, centre, people, now)),
        lines=tuple(lines.get(last.address, ())),
        silence=_silence(session, centre.id, route, now),
    )


def _next_sessions(
    session: Session, centre: Centre, people: Iterable[Participant], now: datetime
) -> list[tuple[Participant, Card]]:
    today = now.astimezone(ZoneInfo(centre.timezone)).date()
    return [
        (person, card)
        for person in people
        for card in [
            card
            for card in personal_week(session, person, today, DAYS_AHEAD, full_titles=True)
            if card.ends_at > now and not card.cancelled and card.answerable
        ][:MOST_SESSIONS]
    ]


def _way_back(
    session: Session, centre: Centre, inbound: InboundMessage, person: Participant | None
) -> Route | None:
    """Return the way an answer came by; after a call, the first one in writing."""
    channel = ChannelKind(inbound.channel)
    if channel is not ChannelKind.VOICE:
        return Route(channel, inbound.address)
    ways = routes(session, centre, person) if person else []
    return next((way for way in ways if way.channel is not ChannelKind.VOICE), None)


def _silence(session: Session, centre_id: int, route: Route | None, now: datetime) -> str:
    if route is None:
        return "voice"
    if not may_send(session, centre_id, route.channel, route.address):
        known = known_address(session, centre_id, route.channel, route.address)
        return "opted_out" if known is not None and known.state == AddressState.OPTED_OUT else "closed"
    if route.channel is ChannelKind.WHATSAPP and not takes_free_text(session, centre_id, route.address, now):
        return "window"
    return ""

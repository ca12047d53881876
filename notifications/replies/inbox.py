"""Answers that wait for a person: who wrote, what it may be about, and who looks after it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from notifications.bundles import names_of
from notifications.contacts import Route, known_address, may_send, people_at, routes, takes_free_text
from notifications.models import AddressState, ChannelKind, InboundMessage, InboundState, MessageKind
from notifications.replies.attached import split_attached
from notifications.replies.conversation import Line, conversations
from notifications.wording import Rendered, Wordings
from scheduler.models import Centre, Participant, User
from scheduler.personal_week import Card, personal_week
from scheduler.records import find

#: How far ahead sessions are shown that an answer may be about, and how many.
DAYS_AHEAD = 14
MOST_SESSIONS = 3

#: Entries shown at once.
MOST_SHOWN = 30

#: Texts that fit as an answer to almost anything (names of ``MessageKind.ANSWER``).
READY = ("thanks", "we_will_call", "not_opened")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The open answers from one address: the last of them, the whole conversation, and what is next.

    ``people`` are those reached at the address when nobody is known for certain. ``silence`` says why
    nothing can be written there: ``opted_out``, ``window`` or ``voice``. ``taken_by`` is who of the team
    looks after it, ``ready`` are texts in the person's language, by name. ``stamp`` changes with whatever
    is said after the page was shown.
    """

    inbound: InboundMessage
    open_ids: tuple[int, ...]
    person: Participant | None
    people: tuple[Participant, ...]
    sessions: tuple[tuple[Participant, Card], ...]
    lines: tuple[Line, ...]
    silence: str
    taken_by: User | None
    ready: tuple[tuple[str, str], ...]
    stamp: str


def count_waiting(session: Session, centre_id: int) -> int:
    """Return how many answers wait for a person."""
    query = select(func.count()).select_from(InboundMessage).where(*is_open(centre_id))
    return session.scalar(query) or 0


def list_waiting(session: Session, centre: Centre, now: datetime) -> list[Waiting]:
    """Return what waits for a person, whoever has waited longest first, one entry an address."""
    whose = InboundMessage.address, InboundMessage.participant_id
    first = (
        select(*whose)
        .where(*is_open(centre.id))
        .group_by(*whose)
        .order_by(func.min(InboundMessage.received_at), func.min(InboundMessage.id))
        .limit(MOST_SHOWN)
    )
    groups: dict[tuple[str, int | None], list[InboundMessage]] = {
        (address, person_id): [] for address, person_id in session.execute(first)
    }
    query = (
        select(InboundMessage)
        .where(*is_open(centre.id), InboundMessage.address.in_({address for address, _person in groups}))
        .order_by(InboundMessage.received_at, InboundMessage.id)
    )
    for row in session.scalars(query):
        if (row.address, row.participant_id) in groups:
            groups[row.address, row.participant_id].append(row)
    people = select(Participant).where(Participant.id.in_({person for _address, person in groups} - {None}))
    named = {person.id: person for person in session.scalars(people)}
    lines = conversations(session, centre.id, {address for address, _person in groups})
    words = Wordings(session, centre)
    return [
        _entry(session, words, rows, named.get(person_id or 0), lines, now)
        for (_address, person_id), rows in groups.items()
        if rows
    ]


def stamp(lines: Sequence[Line]) -> str:
    """Return what names the end of a conversation: the last thing each side said."""
    theirs = max((line.id for line in lines if line.incoming), default=0)
    ours = max((line.id for line in lines if line.kind is MessageKind.ANSWER), default=0)
    return f"{theirs}-{ours}"


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


def is_open(centre_id: int) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for an answer to wait for a person."""
    return (InboundMessage.centre_id == centre_id, InboundMessage.state == InboundState.OPEN)


def _entry(
    session: Session,
    words: Wordings,
    rows: list[InboundMessage],
    person: Participant | None,
    lines: dict[str, list[Line]],
    now: datetime,
) -> Waiting:
    last, centre = rows[-1], words.centre
    people = (
        (person,) if person else tuple(people_at(session, centre.id, ChannelKind(last.channel), last.address))
    )
    route = way_back(session, centre, last, person)
    silence = why_silent(session, centre.id, route, now)
    said = tuple(lines.get(last.address, ()))
    return Waiting(
        inbound=last,
        open_ids=tuple(row.id for row in rows),
        person=person,
        people=people,
        sessions=tuple(_next_sessions(session, centre, people, now)),
        lines=said,
        silence=silence,
        taken_by=session.get(User, last.handled_by_id) if last.handled_by_id else None,
        ready=() if silence or route is None else tuple(ready_texts(words, route.channel, people, rows)),
        stamp=stamp(said),
    )


def ready_texts(
    words: Wordings,
    channel: ChannelKind,
    people: Sequence[Participant],
    rows: Sequence[InboundMessage],
) -> Iterator[tuple[str, str]]:
    """Yield the names of texts to answer with, and how they read in the language of whom they are for."""
    attached = any(split_attached(row.body)[1] for row in rows)
    for name in READY if people else ():
        if name != "not_opened" or attached:
            yield name, render_ready(words, channel, people, name).body


def render_ready(words: Wordings, channel: ChannelKind, people: Sequence[Participant], name: str) -> Rendered:
    """Put a text to answer with into words."""
    given = {"name": names_of(people), "asks": False}
    return words.render(MessageKind.ANSWER, channel, people[0].message_language, given, name=name)


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


def way_back(
    session: Session, centre: Centre, inbound: InboundMessage, person: Participant | None
) -> Route | None:
    """Return the way an answer came by; after a call, the first one in writing."""
    channel = ChannelKind(inbound.channel)
    if channel is not ChannelKind.VOICE:
        return Route(channel, inbound.address)
    ways = routes(session, centre, person) if person else []
    return next((way for way in ways if way.channel is not ChannelKind.VOICE), None)


def why_silent(session: Session, centre_id: int, route: Route | None, now: datetime) -> str:
    """Return why nothing can be written there, or nothing."""
    if route is None:
        return "voice"
    if not may_send(session, centre_id, route.channel, route.address):
        known = known_address(session, centre_id, route.channel, route.address)
        return "opted_out" if known is not None and known.state == AddressState.OPTED_OUT else "closed"
    if route.channel is ChannelKind.WHATSAPP and not takes_free_text(session, centre_id, route.address, now):
        return "window"
    return ""

"""What was said with one telephone or mailbox, in both directions, in the order of time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from notifications.models import (
    ChannelKind,
    InboundMessage,
    InboundState,
    Meaning,
    Message,
    MessageKind,
    MessageState,
)
from scheduler.models import Participant

#: States of messages that nobody ever saw or will see.
UNSEEN = (MessageState.SUPERSEDED, MessageState.EXPIRED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One message of a conversation. ``state`` is ours, ``inbound_state`` and ``meaning`` the person's."""

    id: int
    incoming: bool
    channel: ChannelKind
    body: str
    at: datetime
    language: str = ""
    subject: str = ""
    media_url: str | None = None
    kind: MessageKind | None = None
    state: MessageState | None = None
    error_code: str | None = None
    inbound_state: InboundState | None = None
    meaning: Meaning | None = None
    handled_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Telephone:
    """An address that was written to or from, and the people reached there."""

    address: str
    names: tuple[str, ...]
    last_at: datetime


def conversations(
    session: Session, centre_id: int, addresses: Collection[str], *, most: int = 12
) -> dict[str, list[Line]]:
    """Return the last lines with each address, oldest first, in two queries."""
    lines: dict[str, list[Line]] = defaultdict(list)
    for model, make in ((Message, _ours), (InboundMessage, _theirs)):
        for row in session.scalars(_last_rows(model, centre_id, addresses, most)):
            lines[row.address].append(make(row))
    return {
        address: sorted(found, key=lambda line: (line.at, not line.incoming, line.id))[-most:]
        for address, found in lines.items()
    }


def telephones(
    session: Session,
    centre_id: int,
    channels: Iterable[ChannelKind],
    *,
    most: int = 40,
    typed: str = "",
    fold: Any = str.casefold,
) -> list[Telephone]:
    """Return the addresses that were written to last by some channels, the latest first.

    Parameters
    ----------
    typed : str
        Only those of people whose name, or which themselves, hold this; folded with ``fold``.
    """
    query = (
        select(Message.address, func.max(Message.created_at))
        .where(
            Message.centre_id == centre_id,
            Message.address != "",
            Message.channel.in_(list(channels)),
            Message.state.not_in(UNSEEN),
        )
        .group_by(Message.address)
        .order_by(func.max(Message.created_at).desc(), Message.address)
    )
    if not typed:
        query = query.limit(most)
    found = session.execute(query).all()
    names = _names(session, centre_id, None if typed else [address for address, _at in found])
    wanted = fold(typed.strip())
    return [
        Telephone(address=address, names=tuple(names.get(address, ())), last_at=last_at)
        for address, last_at in found
        if wanted in fold(address) or any(wanted in fold(name) for name in names.get(address, ()))
    ][:most]


def people_at(session: Session, centre_id: int, address: str) -> Sequence[Participant]:
    """Return whom messages to an address were for."""
    theirs = select(Message.participant_id).where(Message.centre_id == centre_id, Message.address == address)
    query = select(Participant).where(Participant.centre_id == centre_id, Participant.id.in_(theirs))
    return session.scalars(query.order_by(Participant.first_name, Participant.id)).all()


def _names(session: Session, centre_id: int, addresses: Sequence[str] | None) -> Mapping[str, Sequence[str]]:
    """Return the names of whom messages to some addresses, or to any, were for."""
    query = (
        select(Message.address, Participant.first_name, Participant.last_name)
        .join(Participant, Participant.id == Message.participant_id)
        .where(Message.centre_id == centre_id, Message.address != "")
        .distinct()
        .order_by(Participant.first_name)
    )
    if addresses is not None:
        query = query.where(Message.address.in_(addresses))
    names: dict[str, list[str]] = defaultdict(list)
    for address, first, last in session.execute(query):
        names[address].append(f"{first} {last}".strip())
    return names


def _last_rows(
    model: type[Message] | type[InboundMessage], centre_id: int, addresses: Collection[str], most: int
) -> Any:
    at: Any = model.created_at if model is Message else model.received_at  # type: ignore[union-attr]
    place = func.row_number().over(partition_by=model.address, order_by=(at.desc(), model.id.desc()))
    conditions: list[ColumnElement[bool]] = [model.centre_id == centre_id, model.address.in_(addresses)]
    if model is Message:
        conditions.append(Message.state.not_in(UNSEEN))
    ranked = select(model.id, place.label("place")).where(*conditions).subquery()
    return select(model).join(ranked, ranked.c.id == model.id).where(ranked.c.place <= most)


def _ours(row: Message) -> Line:
    return Line(
        id=row.id,
        incoming=False,
        channel=ChannelKind(row.channel),
        body=row.body,
        at=row.sent_at or row.created_at,
        language=row.language,
        subject=row.subject,
        media_url=row.media_url,
        kind=MessageKind(row.kind),
        state=MessageState(row.state),
        error_code=row.error_code,
    )


def _theirs(row: InboundMessage) -> Line:
    return Line(
        id=row.id,
        incoming=True,
        channel=ChannelKind(row.channel),
        body=row.body or row.button,
        at=row.received_at,
        inbound_state=InboundState(row.state),
        meaning=Meaning(row.meaning) if row.meaning else None,
        handled_at=row.handled_at,
    )

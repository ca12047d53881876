"""Answering an answer: short, in the person's language, and never in a circle with a machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifications.bundles import names_of
from notifications.claimed import LAST_WORD
from notifications.contacts import Route, may_send, routes
from notifications.models import ChannelKind, InboundMessage, Message, MessageKind
from notifications.outbox import Draft, enqueue
from notifications.policy import load_policies
from notifications.replies.context import Context
from notifications.wording import Told, Wordings, as_facts
from scheduler.models import Participant

#: Answers to one address in an hour, at most.
MOST_PER_HOUR: Final = 5

#: How long nothing more is said to what is not understood: two machines would go on for ever.
UNDERSTOOD_AGAIN: Final = timedelta(hours=12)

#: An answer that left later than this would only confuse.
EXPIRY: Final = timedelta(hours=6)

NOT_UNDERSTOOD: Final = "not_understood"

#: What somebody who answered by key in a call has not heard already.
AFTER_CALL: Final = frozenset({"place_chosen", "place_gone", "too_late"})

_WRITTEN: Final = (ChannelKind.SMS, ChannelKind.WHATSAPP, ChannelKind.EMAIL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What is to be said: a text of ``MessageKind.ANSWER``, and what it is filled with.

    ``people`` are whom it speaks to, where not those of the context; ``absent`` the sessions that the
    person does not come to, in a text that names others too. ``reply`` is the way of answering it
    explains; ``numbers`` those of the ``choices`` in the offer. ``facts`` is kept beside it. ``unclear``
    when it answers something that was not understood.
    """

    name: str
    people: Sequence[Participant] = ()
    sessions: Sequence[Told] = ()
    absent: Sequence[Told] = ()
    choices: Sequence[Told] = ()
    numbers: Sequence[int] = ()
    reply: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    unclear: bool = False


def acknowledge(
    session: Session, context: Context, inbound: InboundMessage, reply: Reply, now: datetime
) -> Message | None:
    """Put the answer to an answer in the outbox; ``None`` where nothing is to be said."""
    route = _route(session, context, inbound, reply)
    people = reply.people or context.people
    unnamed = reply.name in ("opted_out", "opted_in", "help")
    if route is None or not (people or unnamed):
        return None
    if _is_enough(session, inbound.centre_id, route.address, reply, now):
        return None
    # Whoever wants no more messages is heard all the same, and gets only the word that it is so.
    last_word = reply.name == "opted_out"
    if not last_word and not may_send(session, inbound.centre_id, route.channel, route.address):
        return None
    variables: dict[str, Any] = {"name": names_of(people) if people else ""}
    for key in ("sessions", "absent", "choices"):
        if told := getattr(reply, key):
            variables[key] = list(told)
    if reply.reply:
        variables["reply"] = reply.reply
    if "asks" in reply.facts:
        variables["asks"] = reply.facts["asks"]
    words = Wordings(session, context.centre).render(
        MessageKind.ANSWER, route.channel, context.language, variables, name=reply.name
    )
    policy = load_policies(session, context.centre).centre
    draft = Draft(
        centre_id=inbound.centre_id,
        key=f"answer:{inbound.id}",
        kind=MessageKind.ANSWER,
        channel=route.channel,
        address=route.address,
        participant_id=people[0].id if people else None,
        language=words.language,
        subject=words.subject,
        body=words.body,
        facts={
            **as_facts(variables),
            **reply.facts,
            "answer": reply.name,
            "about": context.about.id if context.about is not None else None,
            "reply": reply.reply,
            "numbers": list(reply.numbers),
            "unclear": reply.unclear,
        },
        content_sid=words.content_sid,
        content_variables=words.content_variables,
        segments=words.segments,
        price_eur_millicents=policy.price(route.channel, words.segments),
        step=LAST_WORD if last_word else "",
        expires_at=now + EXPIRY,
    )
    return enqueue(session, draft, now)


def _route(session: Session, context: Context, inbound: InboundMessage, reply: Reply) -> Route | None:
    """Return where to say it: where it came from, or after a call, best in writing, if it was not heard."""
    channel = ChannelKind(inbound.channel)
    if channel is not ChannelKind.VOICE:
        return Route(channel, inbound.address)
    if reply.name not in AFTER_CALL or not context.people:
        return None
    found = routes(session, context.centre, context.people[0])
    written = (route for route in found if route.channel in _WRITTEN)
    # Who can only be called is called again: their place may be gone.
    return next(written, next(iter(found), None))


def _is_enough(session: Session, centre_id: int, address: str, reply: Reply, now: datetime) -> bool:
    said = select(Message).where(
        Message.centre_id == centre_id,
        Message.address == address,
        Message.kind == MessageKind.ANSWER,
        Message.created_at > now - UNDERSTOOD_AGAIN,
    )
    if reply.unclear:
        return any(each.facts.get("unclear") for each in session.scalars(said))
    hour = said.where(Message.created_at > now - timedelta(hours=1)).subquery()
    return (session.scalar(select(func.count()).select_from(hour)) or 0) >= MOST_PER_HOUR

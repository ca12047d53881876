"""Acting on answers: each is taken up by one worker, and everything it does holds or nothing does."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from notifications.contacts import known_address, opt_in, opt_out
from notifications.models import (
    AddressState,
    ChannelKind,
    InboundMessage,
    InboundState,
    Meaning,
)
from notifications.outbox import withhold
from notifications.replies import places
from notifications.replies.acknowledge import NOT_UNDERSTOOD, Reply, acknowledge
from notifications.replies.automatic import is_automatic
from notifications.replies.context import Context, find_context
from notifications.replies.effects import Effects, ask_for_call, confirm, give_reason, of_day, say
from notifications.replies.understand import Understood, understand
from scheduler.db import begin_writing
from scheduler.models import Answer, Centre

log = logging.getLogger("semainier.replies")

Clock = Callable[[], datetime]

#: Answers worked on in one go.
BATCH: Final = 100

#: Ways of answering that "we have not understood" explains again.
_EXPLAINED: Final = frozenset({"come", "understood", "choice", "seat", "reason", "rating"})


def act_on_waiting(session: Session, clock: Clock, *, limit: int = BATCH) -> int:
    """Act on the answers that came in, the oldest first, each in its own transaction; commits.

    Returns
    -------
    int
        How many were dealt with.
    """
    waiting = session.scalars(
        select(InboundMessage.id)
        .where(InboundMessage.state == InboundState.RECEIVED)
        .order_by(InboundMessage.received_at, InboundMessage.id)
        .limit(limit)
    ).all()
    session.rollback()
    done = 0
    for inbound_id in waiting:
        try:
            begin_writing(session)
            done += act(session, inbound_id, clock())
            session.commit()
        except Exception:
            session.rollback()
            log.exception("answer %s is left to a person", inbound_id)
            begin_writing(session)
            _claim(session, inbound_id, InboundState.OPEN, None)
            session.commit()
    return done


def act(session: Session, inbound_id: int, now: datetime) -> bool:
    """Understand one answer and do what it says, once; ``False`` if somebody has already.

    Belongs in a writing transaction.
    """
    if not _claim(session, inbound_id, InboundState.DONE, now):
        return False
    inbound = session.get_one(InboundMessage, inbound_id, populate_existing=True)
    centre = session.get_one(Centre, inbound.centre_id)
    if is_automatic(session, inbound):
        return True
    context = find_context(session, centre, inbound)
    understood = read(inbound, context)
    inbound.meaning, inbound.choice = understood.meaning, understood.choice
    inbound.about_id = context.about.id if context.about is not None else None
    if inbound.participant_id is None and len(context.people) == 1:
        inbound.participant_id = context.people[0].id
    reply = _do(session, context, inbound, understood, now)
    if reply is not None:
        acknowledge(session, context, inbound, reply, now)
    session.flush()
    return True


def read(inbound: InboundMessage, context: Context) -> Understood:
    """Return what an answer says in its context."""
    names: list[str] = []
    if len(context.people) == 1:
        names = [context.people[0].first_name, context.people[0].last_name]
    if inbound.channel == ChannelKind.VOICE:
        # A call asks for the reason itself, when somebody has pressed that they cannot come.
        asked = replace(context.question, way=inbound.button) if inbound.button else context.question
        return understand("", asked, digit=inbound.body.strip())
    return understand(
        inbound.body,
        context.question,
        button=inbound.button,
        language=context.language,
        names=names,
    )


def leave_open(inbound: InboundMessage) -> None:
    """Put an answer before a person."""
    inbound.state, inbound.handled_at = InboundState.OPEN, None


def _claim(session: Session, inbound_id: int, state: InboundState, now: datetime | None) -> bool:
    taken: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        update(InboundMessage)
        .where(InboundMessage.id == inbound_id, InboundMessage.state == InboundState.RECEIVED)
        .values(state=state, handled_at=now)
        .execution_options(synchronize_session=False)
    )
    return taken.rowcount == 1


def _do(
    session: Session, context: Context, inbound: InboundMessage, said: Understood, now: datetime
) -> Reply | None:
    if said.meaning is Meaning.STOP:
        return _stop(session, inbound, now)
    if said.meaning is Meaning.START:
        return _start(session, inbound, now)
    if said.courtesy:
        return None
    if said.meaning is Meaning.CALL_ME and ask_for_call(
        session, context.centre, context.topics, context.people, now
    ):
        confirm(context.topics, now)
        return Reply(name="we_will_call")
    if said.meaning is Meaning.UNKNOWN or not context.certain or context.in_conversation:
        return _to_a_person(context, inbound)
    if said.meaning is Meaning.CHOICE and context.question.way == "rating":
        return Reply(name="thanks")
    if places.are_offered(context) and (said.meaning in (Meaning.CHOICE, Meaning.COMING, Meaning.NOT_COMING)):
        return places.answer_offer(session, context, inbound, said, now)
    if said.meaning is Meaning.REASON:
        return _reason(session, context, inbound, said)
    if said.meaning in (Meaning.COMING, Meaning.NOT_COMING):
        return _come(session, context, inbound, said, now)
    return _to_a_person(context, inbound)


def _come(
    session: Session, context: Context, inbound: InboundMessage, said: Understood, now: datetime
) -> Reply | None:
    topics = of_day(context.topics, said.when, context.centre, inbound.received_at)
    if not topics or (context.question.way == "call" and context.question.pending):
        return _to_a_person(context, inbound)
    given = Answer(said.meaning.value)
    effects = say(session, context.centre, topics, context.people, given, now, reason=said.reason)
    confirm(topics, now)
    if effects.gone:
        leave_open(inbound)
        return Reply(name="place_gone")
    return _thanks(effects, given)


def _thanks(effects: Effects, given: Answer) -> Reply:
    if effects.told and given is Answer.COMING:
        return Reply(name="thanks_coming", sessions=effects.told)
    if effects.told and "" in effects.reasons:
        return Reply(name="thanks_cannot", sessions=effects.told, reply="reason")
    if effects.told or not effects.late:
        return Reply(name="thanks")
    return Reply(name="too_late")


def _reason(session: Session, context: Context, inbound: InboundMessage, said: Understood) -> Reply | None:
    if context.topics and give_reason(session, context.topics, said.reason):
        return Reply(name="thanks")
    return _to_a_person(context, inbound)


def _stop(session: Session, inbound: InboundMessage, now: datetime) -> Reply | None:
    channel, address = ChannelKind(inbound.channel), inbound.address
    known = known_address(session, inbound.centre_id, channel, address)
    if known is not None and known.state == AddressState.OPTED_OUT:
        return None
    opt_out(session, inbound.centre_id, channel, address, now)
    withhold(session, inbound.centre_id, channel, address, "opted_out", now)
    return Reply(name="opted_out")


def _start(session: Session, inbound: InboundMessage, now: datetime) -> Reply:
    opt_in(session, inbound.centre_id, ChannelKind(inbound.channel), inbound.address, now)
    return Reply(name="opted_in")


def _to_a_person(context: Context, inbound: InboundMessage) -> Reply | None:
    leave_open(inbound)
    if context.in_conversation:
        return None
    if context.certain and context.question.way in _EXPLAINED:
        way, numbers = context.question.way, context.numbers
        return Reply(name=NOT_UNDERSTOOD, reply=way, numbers=numbers, unclear=True)
    return Reply(name="thanks", unclear=True)

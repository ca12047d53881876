"""Acting on answers: each is taken up by one worker, and everything it does holds or nothing does."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import CursorResult, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from notifications.contacts import known_address, opt_in, opt_out
from notifications.models import (
    AddressState,
    ChannelKind,
    InboundMessage,
    InboundState,
    Meaning,
    MessageTopic,
)
from notifications.outbox import withhold
from notifications.replies import places
from notifications.replies.acknowledge import NOT_UNDERSTOOD, Reply, acknowledge
from notifications.replies.attached import is_unreadable
from notifications.replies.automatic import is_automatic
from notifications.replies.context import Context, find_context
from notifications.replies.effects import Effects, ask_for_call, confirm, give_reason, say
from notifications.replies.understand import Understood, understand
from notifications.replies.which import ask_which, is_in_doubt, settle
from scheduler.db import begin_writing
from scheduler.models import Answer, Centre, Participant

log = logging.getLogger("semainier.replies")

Clock = Callable[[], datetime]

#: Answers worked on in one go.
BATCH: Final = 100

_ABOUT_COMING: Final = frozenset({Meaning.COMING, Meaning.NOT_COMING, Meaning.MIXED})

#: What may be said to an offer of places.
_OF_PLACES: Final = frozenset({Meaning.CHOICE, Meaning.COMING, Meaning.NOT_COMING})

#: Ways of answering that "we have not understood" explains again.
_EXPLAINED: Final = frozenset({"come", "understood", "choice", "seat", "reason", "rating"})

_CALL_ME: Final = Understood(meaning=Meaning.CALL_ME)


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
        except OperationalError:
            # Another transaction was in the way: next time, in the same order.
            session.rollback()
            log.warning("answer %s has to wait", inbound_id, exc_info=True)
            break
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
    context, understood = settle(session, context, understood) or (context, understood)
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
        said = understand("", asked, digit=inbound.body.strip())
        # The call cannot ask for which day it is, and has said that somebody will.
        return _CALL_ME if context.together and said.meaning is Meaning.NOT_COMING else said
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
    if said.meaning is Meaning.HELP:
        leave_open(inbound)
        return _explain("help", context)
    if said.courtesy and not (said.agreed and context.in_conversation):
        return None
    if said.meaning is Meaning.CALL_ME and ask_for_call(
        session, context.centre, context.topics, context.people, now
    ):
        confirm(context.topics, now)
        return Reply(name="we_will_call")
    if said.meaning is Meaning.UNKNOWN or context.in_conversation:
        return _to_a_person(context, inbound)
    if said.meaning is Meaning.CHOICE and context.question.way == "rating":
        return Reply(name="thanks")
    if said.meaning in _ABOUT_COMING and is_in_doubt(context, said):
        question = ask_which(session, context, inbound, said, now)
        leave_open(inbound)
        return question or _to_a_person(context, inbound)
    if not context.certain and not (said.coming or said.absent):
        return _to_a_person(context, inbound)
    if places.are_offered(context) and said.meaning in _OF_PLACES:
        return places.answer_offer(session, context, inbound, said, now)
    if said.meaning is Meaning.REASON:
        return _reason(session, context, inbound, said, now)
    if said.meaning in _ABOUT_COMING:
        return _come(session, context, inbound, _of_topics(context, said), now)
    return _to_a_person(context, inbound)


def _of_topics(context: Context, said: Understood) -> list[tuple[Understood, Sequence[MessageTopic]]]:
    """Return what is said of which sessions: of all that were asked about where none is named."""
    if not (said.coming or said.absent):
        return [(said, context.topics)]
    both = ((Meaning.COMING, said.coming), (Meaning.NOT_COMING, said.absent))
    return [
        (replace(said, meaning=meaning), context.topics_at(numbers)) for meaning, numbers in both if numbers
    ]


def _come(
    session: Session,
    context: Context,
    inbound: InboundMessage,
    parts: Sequence[tuple[Understood, Sequence[MessageTopic]]],
    now: datetime,
) -> Reply | None:
    """Store what is said of each session; nothing of it where somebody should rather look."""
    if not all(topics for _said, topics in parts) or (
        context.question.way == "call" and context.question.pending
    ):
        return _to_a_person(context, inbound)
    done = []
    for said, topics in parts:
        people = _people_of(session, context, topics)
        given = Answer(said.meaning.value)
        done.append((given, say(session, inbound, topics, people, given, now, reason=said.reason)))
        confirm(topics, now)
    if any(effects.gone for _given, effects in done):
        leave_open(inbound)
        return Reply(name="place_gone")
    in_vain = any(effects.void for given, effects in done if given is Answer.COMING)
    if in_vain and context.question.way == "come":
        # They have not heard yet that it is cancelled, or elsewhere.
        leave_open(inbound)
    return _thanks(done)


def _people_of(session: Session, context: Context, topics: Sequence[MessageTopic]) -> Sequence[Participant]:
    """Return whose sessions these are; those of another message may be somebody else's."""
    known = {person.id: person for person in context.people}
    return [
        known.get(each) or session.get_one(Participant, each)
        for each in dict.fromkeys(topic.participant_id for topic in topics)
    ]


def _thanks(done: Sequence[tuple[Answer, Effects]]) -> Reply:
    told = {given: effects.told for given, effects in done if effects.told}
    coming, absent = told.get(Answer.COMING, []), told.get(Answer.NOT_COMING, [])
    why = (
        "reason"
        if absent and any("" in effects.reasons for given, effects in done if given is Answer.NOT_COMING)
        else ""
    )
    if coming and absent:
        return Reply(name="thanks_some", sessions=coming, absent=absent, reply=why)
    if coming:
        return Reply(name="thanks_coming", sessions=coming)
    if absent and why:
        return Reply(name="thanks_cannot", sessions=absent, reply=why)
    if absent or not any(effects.late for _given, effects in done):
        return Reply(name="thanks")
    return Reply(name="too_late")


def _reason(
    session: Session, context: Context, inbound: InboundMessage, said: Understood, now: datetime
) -> Reply | None:
    pairs = {(topic.session_uid, topic.participant_id) for topic in context.topics}
    if places.are_offered(context):
        pairs |= places.chosen_session(session, context, now)
    if give_reason(session, context.centre, pairs, said.reason):
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
    if is_unreadable(inbound.body):
        return _explain("not_opened", context, unclear=True)
    if context.certain and context.question.way in _EXPLAINED:
        return _explain(NOT_UNDERSTOOD, context, unclear=True)
    return Reply(name="thanks", unclear=True)


def _explain(name: str, context: Context, *, unclear: bool = False) -> Reply:
    """Return a text that says again how the open question is answered, where there is one."""
    asks = context.certain and context.question.way in _EXPLAINED
    facts = {} if asks else {"asks": False}
    way = context.question.way if asks else ""
    return Reply(name=name, reply=way, numbers=context.numbers, facts=facts, unclear=unclear)

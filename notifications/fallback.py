"""What comes in the place of a message that failed: the same again later, or the next way to the person."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from notifications.allowance import OVER_BUDGET, flag_budget, is_affordable
from notifications.channels import Verdict
from notifications.compose import BECAUSE, SECOND_TEXT
from notifications.contacts import Route, learn, may_send, routes
from notifications.models import ChannelKind, Message, MessageEvent, MessageKind, MessageState
from notifications.outbox import Draft, Topic, enqueue
from notifications.policy import Policies, Policy, load_policies
from notifications.provider_errors import NOT_FOLLOWED, Consequence
from notifications.status import insert_or_ignore
from notifications.step_times import after_quiet
from notifications.wording import Rendered, WordingError, render
from scheduler.db import begin_writing
from scheduler.models import Activity, Centre, GroupSession, Participant

log = logging.getLogger("semainier.fallback")

#: Waiting times before the same is tried again on the same way.
RETRY_AFTER: Final = (timedelta(minutes=10), timedelta(hours=1))

#: Key of the event that says that a failure has been dealt with.
FOLLOWED: Final = "followed"

#: Failures older than this are left alone.
REACH: Final = timedelta(days=2)
BATCH: Final = 100
KEY_LENGTH: Final = 160


def after_failure(
    session: Session, message: Message, error_code: str | None, now: datetime
) -> Message | None:
    """Learn from a failure and put a message in the outbox in its place, if there is a way left.

    A second call for the same message does nothing. Must not be called for messages that may still
    arrive.

    Parameters
    ----------
    error_code : str or None
        The provider's, or a short name of ours (``notifications.provider_errors``).

    Returns
    -------
    Message or None
        What was put in the outbox; it is withheld where the month's budget leaves nothing for it.
    """
    if not _mark_followed(session, message, now):
        return None
    code = error_code or "unknown"
    consequence = learn(session, message.centre_id, ChannelKind(message.channel), message.address, code, now)
    if code in NOT_FOLLOWED or (message.expires_at is not None and message.expires_at <= now):
        return None
    person = session.get(Participant, message.participant_id) if message.participant_id else None
    if person is None or not person.active:
        return None
    centre = session.get_one(Centre, message.centre_id)
    policies = load_policies(session, centre)
    policy, nights = policies.centre, _nights(session, message, policies)
    chain = _chain(session, message)
    held: Draft | None = None
    for route, wait in _ways(session, centre, person, chain, consequence):
        next_at = _time_to_send(centre, nights, route, now + wait)
        if message.expires_at is None or next_at < message.expires_at:
            draft = _draft(session, centre, person, policy, chain, route, next_at)
            if is_affordable(session, centre, policy, draft, now):
                if held is not None:
                    draft = replace(draft, facts=draft.facts | {BECAUSE: OVER_BUDGET})
                return enqueue(session, draft, now)
            held = held or replace(draft, withheld=OVER_BUDGET)
    if held is None:
        return None
    flag_budget(session, centre, [held], now)
    return enqueue(session, held, now)


def follow_failures(session: Session, clock: Callable[[], datetime]) -> int:
    """Deal with failures that providers told of; return how many. Commits one by one."""
    now = clock()
    dealt_with = exists().where(MessageEvent.message_id == Message.id, MessageEvent.key == FOLLOWED)
    query = (
        select(Message.id)
        .where(
            Message.state.in_((MessageState.FAILED, MessageState.UNDELIVERED)),
            Message.next_at > now - REACH,
            ~dealt_with,
        )
        .order_by(Message.id)
        .limit(BATCH)
    )
    ids = session.scalars(query).all()
    session.commit()
    for message_id in ids:
        begin_writing(session)
        message = session.get_one(Message, message_id)
        try:
            after_failure(session, message, message.error_code, clock())
        except Exception:
            session.rollback()
            log.exception("nothing followed the failure of message %s", message_id)
            begin_writing(session)
            _mark_followed(session, session.get_one(Message, message_id), clock())
        session.commit()
    return len(ids)


def _mark_followed(session: Session, message: Message, now: datetime) -> bool:
    """Say that a failure is dealt with; ``False`` when it was already."""
    stored = session.scalar(
        insert_or_ignore(session, MessageEvent).returning(MessageEvent.id),
        {
            "centre_id": message.centre_id,
            "message_id": message.id,
            "key": FOLLOWED,
            "source": "worker",
            "status": message.state,
            "error_code": message.error_code,
            "applied": False,
            "happened_at": now,
        },
    )
    return stored is not None


def _chain(session: Session, message: Message) -> list[Message]:
    """Return the message and those that failed before it, the last one first."""
    chain = [message]
    while chain[-1].fallback_of_id is not None:
        earlier = session.get(Message, chain[-1].fallback_of_id)
        if earlier is None:
            break
        chain.append(earlier)
    return chain


def _ways(
    session: Session,
    centre: Centre,
    person: Participant,
    chain: Sequence[Message],
    consequence: Consequence,
) -> list[tuple[Route, timedelta]]:
    """Return the ways that are left, the best first, and how long to wait before each."""
    last = chain[0]
    own = Route(ChannelKind(last.channel), last.address)
    tries = sum(1 for each in chain if each.channel == own.channel)
    found: list[tuple[Route, timedelta]] = []
    if consequence.verdict is Verdict.RETRY and tries <= len(RETRY_AFTER):
        if may_send(session, centre.id, own.channel, own.address):
            found.append((own, RETRY_AFTER[tries - 1]))
    elif consequence.needs_template and last.content_sid is not None and tries == 1:
        found.append((own, timedelta()))
    if last.kind == MessageKind.ANSWER:
        return found
    tried = {each.channel for each in chain}
    left = [route for route in routes(session, centre, person) if route.channel not in tried]
    if consequence.prefer_sms:
        left.sort(key=lambda route: route.channel is not ChannelKind.SMS)
    return [*found, *((route, timedelta()) for route in left)]


def _nights(session: Session, message: Message, policies: Policies) -> Sequence[Policy]:
    """Return the rules of the programmes that a message speaks of, whose nights may differ."""
    if not policies.programmes:
        return [policies.centre]
    query = (
        select(Activity.programme_id)
        .join(GroupSession, GroupSession.activity_id == Activity.id)
        .where(
            GroupSession.centre_id == message.centre_id,
            GroupSession.uid.in_({topic.session_uid for topic in message.topics}),
        )
        .distinct()
    )
    return [policies.of(programme) for programme in session.scalars(query)] or [policies.centre]


def _time_to_send(centre: Centre, nights: Sequence[Policy], route: Route, at: datetime) -> datetime:
    """Return when a message may go: at night nothing rings."""
    if route.channel is ChannelKind.EMAIL:
        return at
    zone = ZoneInfo(centre.timezone)
    return max(after_quiet(at, each.quiet_from, each.quiet_until, zone) for each in nights)


def _draft(
    session: Session,
    centre: Centre,
    person: Participant,
    policy: Policy,
    chain: Sequence[Message],
    route: Route,
    next_at: datetime,
) -> Draft:
    last = chain[0]
    words = _words(session, centre, person, last, route)
    return Draft(
        centre_id=centre.id,
        key=_key(chain, route),
        kind=MessageKind(last.kind),
        channel=route.channel,
        address=route.address,
        participant_id=person.id,
        language=words.language,
        subject=words.subject,
        body=words.body,
        facts={key: value for key, value in last.facts.items() if key != BECAUSE},
        content_sid=words.content_sid,
        content_variables=words.content_variables,
        media_url=words.media_url,
        recording_id=words.recording_id,
        segments=words.segments,
        price_eur_millicents=policy.price(route.channel, words.segments),
        step=last.step,
        variant=last.variant,
        next_at=next_at,
        expires_at=last.expires_at,
        fallback_of_id=last.id,
        topics=tuple(
            Topic(
                participant_id=topic.participant_id,
                session_uid=topic.session_uid,
                starts_at=topic.starts_at,
                sequence=topic.sequence,
                confirm_by=topic.confirm_by,
            )
            for topic in last.topics
        ),
    )


def _words(session: Session, centre: Centre, person: Participant, last: Message, route: Route) -> Rendered:
    """Return the words for another channel; those of the failed message where they are all there is."""
    same = Rendered(
        subject=last.subject,
        body=last.body,
        language=last.language,
        segments=last.segments,
        content_sid=last.content_sid,
        content_variables=last.content_variables,
        recording_id=last.recording_id,
        media_url=last.media_url,
    )
    if route.channel == last.channel:
        return same
    try:
        return render(
            session,
            centre,
            MessageKind(last.kind),
            route.channel,
            person.message_language,
            last.facts,
            reads_little=person.reads_little,
            second=bool(last.facts.get(SECOND_TEXT)),
        )
    except WordingError:
        log.warning("message %s cannot be worded again for %s", last.id, route.channel)
        return same


def _key(chain: Sequence[Message], route: Route) -> str:
    """Return a key that follows from the first message's and the number of failures since."""
    root, end = chain[-1].key, f">{len(chain)}-{route.channel}"
    if len(root) + len(end) > KEY_LENGTH:
        root = hashlib.sha256(root.encode()).hexdigest()
    return root + end

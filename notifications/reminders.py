"""Reminding: what is due by the clock, and putting it in the outbox, once for each version of a session."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from notifications.allowance import NO_ROUTE, OVER_BUDGET, Allowance, flag_budget, load_allowance
from notifications.bundles import Bundle, Occasion, bundle
from notifications.compose import EXPIRY, Composer, PageAddress
from notifications.contacts import exempt_people, routes_of
from notifications.experiments import running
from notifications.lot import Variant, arm_of, place_people, variants
from notifications.models import Message, MessageKind, MessageState, MessageTopic
from notifications.outbox import Draft, Topic, enqueue_all
from notifications.policy import Policies, Policy, Step, load_policies
from notifications.step_times import MOST_SHIFT, TOO_SHORT, step_now, step_times
from notifications.visits import ComingSession, coming_sessions, expected_in, said_beforehand
from scheduler.holidays_calendar import closed_days, closures_between
from scheduler.models import Answer, Centre, Participant
from scheduler.timegrid import to_wall

#: States in which a message was never sent and never will be, so that another takes its place.
REPLACED = (MessageState.SUPERSEDED, MessageState.EXPIRED)

#: Joins the keys of steps in ``Message.step``, where a message is for several.
JOINED: Final = "+"

#: Key of ``Message.facts``, there only where it is for several: the step by person and session.
STEPS: Final = "steps"

#: A step of a session and when it goes out.
StepTime = tuple[Step, datetime]

#: Those of one variant of a comparison; without one, everybody is of ``None``.
ByVariant = dict[Variant | None, list[StepTime]]


@dataclass(frozen=True, slots=True)
class History:
    """What messages have told of some sessions already, by participant and session.

    ``reminded`` also holds the start told of and the step; ``replaced`` the ids of reminders that were
    taken back, ``changed_at`` when the person was, or is to be, last told of a change.
    """

    reminded: set[tuple[int, str, datetime, str]] = field(default_factory=set)
    replaced: dict[tuple[int, str, str], list[int]] = field(default_factory=lambda: defaultdict(list))
    changed_at: dict[tuple[int, str], datetime] = field(default_factory=dict)


def due(session: Session, centre: Centre, now: datetime) -> list[Bundle]:
    """Return the reminders that are to be sent by now and were not; takes a fixed number of queries."""
    policies = load_policies(session, centre)
    return bundles_between(session, centre, policies, now)


def enqueue_due(
    session: Session, centre: Centre, now: datetime, *, page_address: PageAddress | None = None
) -> int:
    """Put what is due in the outbox; return how many messages. Belongs in a writing transaction.

    A second call, at the same time or after the clock was put back, adds nothing.
    """
    lock_messages(session, centre)
    experiment = running(session, centre)
    if experiment is not None:
        place_people(session, experiment)
    policies = load_policies(session, centre)
    bundles = bundles_between(session, centre, policies, now)
    if not bundles:
        return 0
    people = {person.id for each in bundles for person in each.people}
    allowance = load_allowance(session, centre, policies.centre, people, now)
    composer = Composer(session, centre, policies.centre, page_address)
    drafts = list(drafts_of(bundles, composer, allowance, ZoneInfo(centre.timezone)))
    flag_budget(session, centre, drafts, now)
    return enqueue_all(session, drafts, now)


def lock_messages(session: Session, centre: Centre) -> None:
    """Let nobody else decide on this centre's messages until the transaction ends."""
    session.execute(select(Centre.id).where(Centre.id == centre.id).with_for_update(key_share=True))


def bundles_between(
    session: Session, centre: Centre, policies: Policies, now: datetime, until: datetime | None = None
) -> list[Bundle]:
    """Return the reminders that go out from now on.

    Parameters
    ----------
    until : datetime, optional
        Also those that will be due by then, as things stand; otherwise only those due by now.
    """
    if not policies.any_active:
        return []
    zone = ZoneInfo(centre.timezone)
    experiment = running(session, centre)
    of_arm = variants(experiment) if experiment is not None else {}
    chosen = list(_chosen(session, centre, policies, now, until, zone, tuple(of_arm.values())))
    if not chosen:
        return []

    def variant_of(person: int) -> Variant | None:
        return of_arm[arm_of(experiment, person)] if experiment is not None else None

    occasions = _occasions(session, centre, chosen, now, variant_of)
    ids = {each.participant_id for each in occasions}
    query = select(Participant).where(
        Participant.centre_id == centre.id, Participant.id.in_(ids), Participant.active
    )
    people = {person.id: person for person in session.scalars(query)} if ids else {}
    routes = routes_of(session, centre, people.values()) if people else {}
    return bundle((each for each in occasions if each.participant_id in people), people, routes, policies)


def _chosen(
    session: Session,
    centre: Centre,
    policies: Policies,
    now: datetime,
    until: datetime | None,
    zone: ZoneInfo,
    compared: Sequence[Variant],
) -> Iterator[tuple[ComingSession, ByVariant]]:
    """Give the sessions that have a step to be sent, with those steps."""
    today = to_wall(now, zone)[0]
    last_day = to_wall(until or now, zone)[0] + timedelta(days=policies.most_days)
    shift = timedelta(days=MOST_SHIFT)
    closures = closures_between(session, centre.id, today - shift, last_day + shift)
    closed = closed_days(closures, today - shift, last_day + shift)
    if closed:
        last_day += shift
    known: dict[tuple[object, int], ByVariant] = {}
    for coming in coming_sessions(session, centre, today, last_day, now):
        policy = policies.of(coming.programme_id)
        if not policy.active:
            continue
        key = coming.day, coming.programme_id
        if key not in known:
            known[key] = {
                variant: step_times(coming.day, variant.of(policy) if variant else policy, closed, zone)
                for variant in compared or (None,)
            }
        steps = {
            variant: _to_send(times, coming, now, until, policy, zone)
            for variant, times in known[key].items()
        }
        if any(steps.values()):
            yield coming, steps


def _to_send(
    times: Sequence[StepTime],
    coming: ComingSession,
    now: datetime,
    until: datetime | None,
    policy: Policy,
    zone: ZoneInfo,
) -> list[StepTime]:
    """Return the steps of a session that are to be sent now, or by then."""
    at_once = step_now(times, coming.starts_at, now, policy, zone)
    if until is None:
        return [at_once] if at_once is not None else []
    latest = min(until, coming.starts_at - TOO_SHORT)
    later = [(step, at) for step, at in times if now < at <= latest]
    return later if at_once is None else [at_once, *later]


def _occasions(
    session: Session,
    centre: Centre,
    chosen: Sequence[tuple[ComingSession, ByVariant]],
    now: datetime,
    variant_of: Callable[[int], Variant | None],
) -> list[Occasion]:
    """Return who is to be reminded, leaving out those who were, who stay away, and who are exempt."""
    by_id = {coming.id: (coming, steps) for coming, steps in chosen}
    uids = [coming.uid for coming, _steps in chosen]
    history = read_history(session, centre, uids)
    said = said_beforehand(session, centre.id, uids)
    exempt = exempt_people(session, centre)
    found = []
    for session_id, person in expected_in(session, centre.id, by_id):
        coming, steps = by_id[session_id]
        if person in exempt:
            continue
        theirs = said.get((person, coming.uid))
        if theirs is not None and theirs.stays_away:
            continue
        told_at = history.changed_at.get((person, coming.uid))
        if theirs is not None and theirs.answer is Answer.COMING and theirs.answered_at is not None:
            told_at = max(told_at or theirs.answered_at, theirs.answered_at)
        variant = variant_of(person)
        for step, at in steps[variant]:
            if (person, coming.uid, coming.starts_at, step.key) in history.reminded:
                continue
            if told_at is not None and at <= told_at <= now:
                continue  # they have heard of it since
            replaced = history.replaced.get((person, coming.uid, step.key), ())
            found.append(
                Occasion(
                    participant_id=person,
                    coming=coming,
                    step=step,
                    at=max(at, now),
                    replaced=tuple(replaced),
                    variant=variant,
                )
            )
    return found


def read_history(session: Session, centre: Centre, uids: Collection[str]) -> History:
    """Return what messages have told of some sessions."""
    query = (
        select(
            MessageTopic.participant_id,
            MessageTopic.session_uid,
            MessageTopic.starts_at,
            Message.id,
            Message.kind,
            Message.step,
            Message.state,
            func.coalesce(Message.sent_at, Message.next_at),
            case((Message.step.contains(JOINED), Message.facts)).label("facts"),
        )
        .join(MessageTopic.message)
        .where(
            MessageTopic.centre_id == centre.id,
            MessageTopic.session_uid.in_(uids),
            Message.kind.in_((MessageKind.REMINDER, MessageKind.CHANGE)),
        )
        .order_by(Message.id)
    )
    found = History()
    for person, uid, starts_at, message_id, kind, step, state, leaves_at, facts in session.execute(query):
        if kind != MessageKind.REMINDER:
            if state not in REPLACED:
                found.changed_at[person, uid] = leaves_at
            continue
        for each in _steps_of(step, facts, person, uid):
            if state in REPLACED:
                found.replaced[person, uid, each].append(message_id)
            else:
                found.reminded.add((person, uid, starts_at, each))
    return found


def _steps_of(step: str, facts: Mapping[str, Any] | None, person: int, uid: str) -> Sequence[str]:
    """Return the steps that a message was for, of one session of a person.

    Of a message that has been emptied since, nobody knows which of its steps it was: all of them count.
    """
    steps = step.split(JOINED)
    own = (facts or {}).get(STEPS, {}).get(_topic_key(person, uid))
    return [own] if own is not None else steps


def _topic_key(person: int, uid: str) -> str:
    return f"{person}:{uid}"


def drafts_of(
    bundles: Iterable[Bundle], composer: Composer, allowance: Allowance, zone: ZoneInfo
) -> Iterator[Draft]:
    """Give the message of each bundle, withheld where there is no way to send it or it is enough.

    Where the month's budget is used up, whoever can be reached by a way that costs nothing is.
    """
    for each in bundles:
        draft = _allowed(each, composer, allowance, zone)
        if draft.withheld != OVER_BUDGET or not any(each.free):
            yield draft
            continue
        for part in each.by_free_ways():
            yield _allowed(part, composer, allowance, zone, because=OVER_BUDGET if part.free[0] else "")


def _allowed(
    each: Bundle, composer: Composer, allowance: Allowance, zone: ZoneInfo, *, because: str = ""
) -> Draft:
    variant = each.occasions[0].variant
    steps = {_topic_key(x.participant_id, x.coming.uid): x.step.key for x in each.occasions}
    draft = composer.draft(
        MessageKind.REMINDER,
        key=_key(each),
        people=each.people,
        told=each.told,
        route=each.route,
        topics=[
            Topic(
                participant_id=occasion.participant_id,
                session_uid=occasion.coming.uid,
                starts_at=occasion.coming.starts_at,
                sequence=occasion.coming.sequence,
            )
            for occasion in each.occasions
        ],
        expires_at=min(occasion.coming.starts_at for occasion in each.occasions) - EXPIRY,
        step=JOINED.join(each.steps),
        variant=variant.key if variant is not None else "",
        second=variant is not None and variant.second_texts,
        because=because,
        more_facts={STEPS: steps} if len(each.steps) > 1 else None,
    )
    if each.route is None:
        return replace(draft, withheld=NO_ROUTE)
    day = to_wall(each.at, zone)[0]
    refusal = allowance.refuse([person.id for person in each.people], day, draft.price_eur_millicents)
    return replace(draft, withheld=refusal) if refusal else draft


def _key(sent: Bundle) -> str:
    """Return the idempotency key: the steps, what is told to whom, and which messages this one replaces."""
    parts = sorted(
        (
            each.participant_id,
            each.coming.uid,
            each.coming.starts_at.isoformat(),
            each.step.key,
            each.replaced,
        )
        for each in sent.occasions
    )
    digest = hashlib.sha256(repr(parts).encode()).hexdigest()
    return f"reminder:{JOINED.join(sent.steps)}:{digest}"

"""Telling people of changes: after a publication each person touched gets one message, and confirms it.

What is told and what is not is written in docs/messages.md: new sessions of days that were never
announced are left to the reminders, as is everything that is further away than the centre's
``change_days``.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.allowance import NO_ROUTE
from notifications.bundles import MOST_PEOPLE
from notifications.compose import Composer, PageAddress
from notifications.contacts import Route, exempt_people, routes_of
from notifications.models import Message, MessageKind, MessageState, MessageTopic
from notifications.net_changes import NetChange, merged, net_change
from notifications.outbox import Draft, Topic, enqueue_all, take_back
from notifications.policy import Policies, Policy, load_policies
from notifications.reminders import lock_messages
from notifications.step_times import telling_time
from notifications.visits import place_words, said_beforehand
from notifications.wording import Told
from scheduler.changes import PlanChanges
from scheduler.in_force import days_in_force
from scheduler.models import Activity, Centre, Participant, Room, Site
from scheduler.publish import PublishResult
from scheduler.timegrid import to_wall

#: The kinds of message that tell of changes.
TELLING = (MessageKind.CHANGE, MessageKind.CANCELLATION)

#: States from which a message may still leave; what is in a worker's hands is not tried again.
UNDER_WAY = (MessageState.QUEUED, MessageState.CLAIMED, MessageState.UNCERTAIN)

#: Reason for which somebody who gets no messages is not told by one, but by a person.
EXEMPT = "exempt"

#: How long people have to confirm: a day, but not so long that nobody could call them any more.
CONFIRM_WITHIN = timedelta(hours=24)
CONFIRM_BEFORE = timedelta(hours=3)
CONFIRM_AT_LEAST = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Names:
    """The words of activities and places that changes name."""

    activities: dict[int, Activity]
    sites: dict[int, str]
    rooms: dict[int, str]

    def told(self, change: NetChange, person: str) -> Told:
        activity, place = self.activities[change.activity_id], change.place
        return Told(
            starts_at=place.starts_at,
            ends_at=place.ends_at,
            title=activity.neutral_name,
            place=place_words(self.rooms.get(place.room_id or 0), self.sites[place.site_id]),
            individual=activity.individual,
            person=person,
            change=change.word,
            was=change.before.starts_at if change.word == "moved" and change.before else None,
        )


def announce(
    session: Session,
    centre: Centre,
    result: PublishResult,
    now: datetime,
    *,
    page_address: PageAddress | None = None,
    known: Collection[tuple[int, str]] = (),
) -> int:
    """Queue one message for each person, or household, whom a publication touches; return how many.

    Belongs in the transaction of the publication, of which nothing is told twice. Reminders of what
    changed that have not left are taken back, and the clock makes new ones.

    Parameters
    ----------
    known : collection of (participant id, session uid), optional
        What need not be told, because the person asked for it.
    """
    lock_messages(session, centre)
    policies = load_policies(session, centre)
    cause = f"change:{result.plan.publication}:"
    if not policies.any_active or _is_told(session, centre, cause):
        return 0
    changes = _coming(result.changes, now)
    if not changes:
        return 0
    _take_reminders_back(session, centre, changes, now)
    fresh = [
        change
        for change in _to_tell(session, centre, policies, changes, now, before=result.plan.publication)
        if (change.participant_id, change.uid) not in set(known)
    ]
    # What is not told now may still undo what waits to be told.
    waiting = _take_back(session, centre, changes, now)
    open_keys = {(each.participant_id, each.uid) for each in waiting}
    told = {(each.participant_id, each.uid) for each in fresh}
    fresh += [
        each
        for each in changes
        if (each.participant_id, each.uid) in open_keys and (each.participant_id, each.uid) not in told
    ]
    left = [each for each in merged(waiting, fresh) if max(each.starts) > now]
    return enqueue_all(session, _drafts(session, centre, policies, cause, left, now, page_address), now)


def people_to_tell(session: Session, centre: Centre, changes: PlanChanges, now: datetime) -> set[int] | None:
    """Return the ids of those whom :func:`announce` would tell of a draft, ``None`` if it never tells."""
    policies = load_policies(session, centre)
    if not policies.centre.active:
        return None
    told = _to_tell(session, centre, policies, _coming(changes, now), now)
    return {each.participant_id for each in told}


def _coming(changes: PlanChanges, now: datetime) -> list[NetChange]:
    return [
        change
        for each in changes.people
        if (change := net_change(each)) is not None and max(change.starts) > now
    ]


def _is_told(session: Session, centre: Centre, cause: str) -> bool:
    query = select(Message.id).where(Message.centre_id == centre.id, Message.key.startswith(cause)).limit(1)
    return session.scalar(query) is not None


def _to_tell(
    session: Session,
    centre: Centre,
    policies: Policies,
    changes: Collection[NetChange],
    now: datetime,
    *,
    before: int | None = None,
) -> list[NetChange]:
    """Return the changes that people are told of: near ones, of days that had been announced."""
    zone = ZoneInfo(centre.timezone)
    last_day = to_wall(now, zone)[0] + timedelta(days=policies.centre.change_days)
    announced = days_in_force(session, centre.id, before=before)

    def was_announced(day: date) -> bool:
        return any(piece.first_day <= day <= piece.last_day for piece in announced)

    programmes = _programmes(session, changes)
    said = said_beforehand(session, centre.id, {each.uid for each in changes})
    found = []
    for each in changes:
        first_day = to_wall(min(start for start in each.starts if start > now), zone)[0]
        policy = policies.of(programmes[each.activity_id])
        theirs = said.get((each.participant_id, each.uid))
        if not policy.active or not policies.centre.change_days or first_day > last_day:
            continue
        if each.before is None and not was_announced(to_wall(each.place.starts_at, zone)[0]):
            continue
        if each.after is None and theirs is not None and theirs.stays_away:
            continue
        found.append(each)
    return found


def _programmes(session: Session, changes: Iterable[NetChange]) -> dict[int, int]:
    ids = {each.activity_id for each in changes}
    query = select(Activity.id, Activity.programme_id).where(Activity.id.in_(ids))
    return {row.id: row.programme_id for row in session.execute(query)}


def _take_reminders_back(
    session: Session, centre: Centre, changes: Iterable[NetChange], now: datetime
) -> None:
    """Take back queued reminders of what changed."""
    concerned = {(each.uid, each.participant_id) for each in changes}
    query = (
        select(Message.id, MessageTopic.session_uid, MessageTopic.participant_id)
        .join(MessageTopic.message)
        .where(
            MessageTopic.centre_id == centre.id,
            MessageTopic.session_uid.in_({uid for uid, _person in concerned}),
            Message.kind == MessageKind.REMINDER,
            Message.state.in_(UNDER_WAY),
        )
    )
    ids = {each for each, uid, person in session.execute(query) if (uid, person) in concerned}
    take_back(session, centre.id, ids, now)


def _take_back(
    session: Session, centre: Centre, changes: Iterable[NetChange], now: datetime
) -> list[NetChange]:
    """Take back earlier news of the people touched that have not left; return what they were to tell.

    What is in a worker's hands is left alone, unless it tells what is so no longer.
    """
    concerned = {(each.participant_id, each.uid) for each in changes}
    query = (
        select(Message.id, Message.state, MessageTopic.participant_id, MessageTopic.session_uid)
        .join(Message.topics)
        .where(
            MessageTopic.centre_id == centre.id,
            MessageTopic.participant_id.in_({person for person, _uid in concerned}),
            Message.kind.in_(TELLING),
            Message.state.in_(UNDER_WAY),
        )
    )
    ids = {
        message_id
        for message_id, state, person, uid in session.execute(query)
        if state == MessageState.QUEUED or (person, uid) in concerned
    }
    waiting = take_back(session, centre.id, ids, now)
    return [NetChange.from_json(each) for message in waiting for each in message.facts.get("changes", ())]


def _drafts(
    session: Session,
    centre: Centre,
    policies: Policies,
    cause: str,
    changes: Sequence[NetChange],
    now: datetime,
    page_address: PageAddress | None,
) -> list[Draft]:
    ids = {each.participant_id for each in changes}
    if not ids:
        return []
    query = select(Participant).where(
        Participant.centre_id == centre.id, Participant.id.in_(ids), Participant.active
    )
    people = {person.id: person for person in session.scalars(query)}
    routes = routes_of(session, centre, people.values())
    exempt = exempt_people(session, centre)
    names = _names(session, changes)
    composer = Composer(session, centre, policies.centre, page_address)
    by_person: dict[int, list[NetChange]] = defaultdict(list)
    for each in changes:
        by_person[each.participant_id].append(each)
    drafts = []
    for members, route in _households(people, routes, exempt, policies.centre):
        own = sorted(
            (change for person in members for change in by_person[person.id]),
            key=lambda change: (change.place.starts_at, change.participant_id),
        )
        withheld = NO_ROUTE if route is None else None
        if members[0].id in exempt:
            withheld = EXEMPT
        drafts.append(_draft(centre, composer, names, cause, members, route, own, policies, now, withheld))
    return drafts


def _households(
    people: dict[int, Participant],
    routes: dict[int, list[Route]],
    exempt: Collection[int],
    policy: Policy,
) -> list[tuple[list[Participant], Route | None]]:
    """Put together people who are reached at the same address, where the centre does."""
    groups: dict[object, list[Participant]] = defaultdict(list)
    for person in sorted(people.values(), key=lambda person: person.id):
        route = _preferred(routes[person.id])
        alone = route is None or not policy.household or person.id in exempt
        groups[person.id if alone else route].append(person)
    return [
        (members[start : start + MOST_PEOPLE], _preferred(routes[members[0].id]))
        for members in groups.values()
        for start in range(0, len(members), MOST_PEOPLE)
    ]


def _preferred(routes: Sequence[Route]) -> Route | None:
    return routes[0] if routes else None


def _draft(
    centre: Centre,
    composer: Composer,
    names: _Names,
    cause: str,
    people: Sequence[Participant],
    route: Route | None,
    changes: Sequence[NetChange],
    policies: Policies,
    now: datetime,
    withheld: str | None,
) -> Draft:
    zone = ZoneInfo(centre.timezone)
    first = min(start for each in changes for start in each.starts if start > now)
    programmes = {names.activities[each.activity_id].programme_id for each in changes}
    tell_at = max(telling_time(now, first, policies.of(programme), zone) for programme in programmes)
    shown = {person.id: person.first_name if len(people) > 1 else "" for person in people}
    facts = [each.as_json() for each in changes]
    digest = hashlib.sha256(repr((sorted(shown), facts)).encode()).hexdigest()
    cancelled = all(each.after is None for each in changes)
    return composer.draft(
        MessageKind.CANCELLATION if cancelled else MessageKind.CHANGE,
        key=f"{cause}{digest}",
        people=people,
        told=[names.told(each, shown[each.participant_id]) for each in changes],
        route=route,
        topics=[
            Topic(
                participant_id=each.participant_id,
                session_uid=each.uid,
                starts_at=each.place.starts_at,
                sequence=each.sequence,
                confirm_by=confirm_by(tell_at, min(start for start in each.starts if start > now)),
            )
            for each in changes
        ],
        # Of no use once the last of what it tells has begun.
        expires_at=max(start for each in changes for start in each.starts),
        next_at=tell_at,
        withheld=withheld,
        more_facts={"changes": facts},
    )


def confirm_by(told_at: datetime, starts_at: datetime) -> datetime:
    """Return until when a person is asked to confirm a change, so that there is time to call them."""
    return max(min(told_at + CONFIRM_WITHIN, starts_at - CONFIRM_BEFORE), told_at + CONFIRM_AT_LEAST)


def _names(session: Session, changes: Iterable[NetChange]) -> _Names:
    changes = list(changes)
    activities = {each.activity_id for each in changes}
    sites = {each.place.site_id for each in changes}
    rooms = {each.place.room_id for each in changes if each.place.room_id is not None}
    return _Names(
        {row.id: row for row in session.scalars(select(Activity).where(Activity.id.in_(activities)))},
        {row.id: row.name for row in session.scalars(select(Site).where(Site.id.in_(sites)))},
        {row.id: row.name for row in session.scalars(select(Room).where(Room.id.in_(rooms)))},
    )

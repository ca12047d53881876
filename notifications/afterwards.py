"""After a session: a kind word to who was missed, and now and then the question how it was."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from notifications.allowance import NO_ROUTE, OVER_BUDGET, flag_budget, load_allowance
from notifications.bundles import free_way
from notifications.compose import Composer, PageAddress
from notifications.contacts import Route, exempt_people, routes_of
from notifications.models import Message, MessageKind, MessageState
from notifications.outbox import Draft, Topic, enqueue_all
from notifications.policy import Policies, Policy, in_quiet_hours, load_policies
from notifications.reminders import lock_messages
from notifications.step_times import after_quiet
from notifications.wording import Told
from scheduler.attendance import THERE
from scheduler.models import (
    AbsenceReason,
    Activity,
    Answer,
    AttendanceRecord,
    AttendanceState,
    Centre,
    Participant,
    Site,
)
from scheduler.timegrid import to_instant, to_wall

EVENING: Final = time(18)

#: Nobody is written to while they are still on their way home.
PAUSE: Final = timedelta(hours=1)

#: Older than this, an absence is left to the team.
REACH: Final = timedelta(hours=36)

KINDS: Final = (MessageKind.MISSED_YOU, MessageKind.SATISFACTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One session that a person missed, or was at."""

    participant_id: int
    uid: str
    starts_at: datetime
    ends_at: datetime
    programme_id: int
    title: str
    place: str
    individual: bool
    missed: bool

    @property
    def told(self) -> Told:
        """The session as a message tells it."""
        return Told(
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            title=self.title,
            place=self.place,
            individual=self.individual,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One message to one person about some sessions of a day."""

    kind: MessageKind
    participant_id: int
    day: date
    sessions: tuple[Past, ...]

    @property
    def key(self) -> str:
        """The idempotency key: one message of a kind a person and day."""
        return f"{self.kind}:{self.participant_id}:{self.day}"


def words_due(session: Session, centre: Centre, now: datetime) -> list[Word]:
    """Return the messages after sessions that are to be sent by now and were not.

    Missed is who was marked absent without a reason that excuses, and had not said so before. Asked
    how it was is who came, came for the first time at least a whole period ago, and was not asked since.
    """
    policies = load_policies(session, centre)
    if not any(each.active and (each.missed_you or each.satisfaction_weeks) for each in policies):
        return []
    zone = ZoneInfo(centre.timezone)
    groups: dict[tuple[MessageKind, int, date], list[Past]] = defaultdict(list)
    for each in _past(session, centre, now):
        policy = policies.of(each.programme_id)
        wanted = policy.missed_you if each.missed else policy.satisfaction_weeks > 0
        if not policy.active or not wanted or not _is_time(each, policy, now, zone):
            continue
        kind = MessageKind.MISSED_YOU if each.missed else MessageKind.SATISFACTION
        groups[kind, each.participant_id, to_wall(each.starts_at, zone)[0]].append(each)
    missing = {person for kind, person, _day in groups if kind is MessageKind.MISSED_YOU}
    words = [
        Word(kind=kind, participant_id=person, day=day, sessions=tuple(sessions))
        for (kind, person, day), sessions in groups.items()
        # Who is missed is not asked on the same evening how it was.
        if kind is MessageKind.MISSED_YOU or person not in missing
    ]
    exempt = exempt_people(session, centre) if words else set()
    words = _unsaid(session, centre, [each for each in words if each.participant_id not in exempt])
    return _not_asked_lately(session, centre, policies, words, now)


def enqueue_words(
    session: Session, centre: Centre, now: datetime, *, page_address: PageAddress | None = None
) -> int:
    """Put the messages after sessions in the outbox; return how many. Belongs in a writing transaction."""
    lock_messages(session, centre)
    words = words_due(session, centre, now)
    ids = {each.participant_id for each in words}
    if not ids:
        return 0
    query = select(Participant).where(
        Participant.centre_id == centre.id, Participant.id.in_(ids), Participant.active
    )
    people = {person.id: person for person in session.scalars(query)}
    routes = routes_of(session, centre, people.values())
    policy = load_policies(session, centre).centre
    allowance = load_allowance(session, centre, policy, people, now)
    composer = Composer(session, centre, policy, page_address)
    today = to_wall(now, ZoneInfo(centre.timezone))[0]

    def draft_of(each: Word, route: Route | None, because: str = "") -> Draft:
        draft = composer.draft(
            each.kind,
            key=each.key,
            people=[people[each.participant_id]],
            told=[past.told for past in each.sessions],
            route=route,
            topics=[
                Topic(participant_id=past.participant_id, session_uid=past.uid, starts_at=past.starts_at)
                for past in each.sessions
            ],
            expires_at=now + REACH,
            step=each.kind.value,
            because=because,
        )
        if route is None:
            return replace(draft, withheld=NO_ROUTE)
        return replace(
            draft, withheld=allowance.refuse([each.participant_id], today, draft.price_eur_millicents)
        )

    drafts: list[Draft] = []
    for each in words:
        if each.participant_id in people:
            ways = routes[each.participant_id]
            draft = draft_of(each, next(iter(ways), None))
            free = free_way(ways, policy) if draft.withheld == OVER_BUDGET else None
            drafts.append(draft if free is None else draft_of(each, free, OVER_BUDGET))
    flag_budget(session, centre, drafts, now)
    return enqueue_all(session, drafts, now)


def _past(session: Session, centre: Centre, now: datetime) -> list[Past]:
    record = AttendanceRecord
    query = (
        select(
            record.participant_id,
            record.session_uid,
            record.starts_at,
            record.ends_at,
            record.programme_id,
            record.state,
            Activity.neutral_name,
            Activity.individual,
            Site.name,
        )
        .join(Activity, Activity.id == record.activity_id)
        .join(Site, Site.id == record.site_id)
        .outerjoin(AbsenceReason, AbsenceReason.id == record.reason_id)
        .where(
            record.centre_id == centre.id,
            record.starts_at > now - REACH,
            record.ends_at <= now,
            or_(
                record.state.in_(THERE),
                (record.state == AttendanceState.ABSENT)
                & or_(AbsenceReason.id.is_(None), AbsenceReason.excused.is_(False))
                & or_(record.answer.is_(None), record.answer != Answer.NOT_COMING),
            ),
        )
        .order_by(record.starts_at, record.participant_id)
    )
    return [
        Past(
            participant_id=row.participant_id,
            uid=row.session_uid,
            starts_at=row.starts_at,
            ends_at=row.ends_at,
            programme_id=row.programme_id,
            title=row.neutral_name,
            place=row.name,
            individual=row.individual,
            missed=row.state == AttendanceState.ABSENT,
        )
        for row in session.execute(query)
    ]


def _is_time(past: Past, policy: Policy, now: datetime, zone: ZoneInfo) -> bool:
    """Tell whether the evening of a session has come, and it is not night."""
    evening = to_instant(to_wall(past.starts_at, zone)[0], EVENING, zone)
    at = after_quiet(max(evening, past.ends_at + PAUSE), policy.quiet_from, policy.quiet_until, zone)
    return at <= now and not in_quiet_hours(to_wall(now, zone)[1], policy.quiet_from, policy.quiet_until)


def _unsaid(session: Session, centre: Centre, words: Sequence[Word]) -> list[Word]:
    keys = {each.key for each in words}
    if not keys:
        return []
    query = select(Message.key).where(Message.centre_id == centre.id, Message.key.in_(keys))
    said = set(session.scalars(query))
    return [each for each in words if each.key not in said]


def _not_asked_lately(
    session: Session, centre: Centre, policies: Policies, words: Sequence[Word], now: datetime
) -> list[Word]:
    """Leave out questions to those who came for the first time, or were asked, less than a period ago."""
    asked = {each.participant_id for each in words if each.kind is MessageKind.SATISFACTION}
    if not asked:
        return list(words)
    first, last = _first_visits(session, centre, asked), _last_questions(session, centre, asked)
    found = []
    for each in words:
        if each.kind is MessageKind.SATISFACTION:
            weeks = min(policies.of(past.programme_id).satisfaction_weeks for past in each.sessions)
            since = now - timedelta(weeks=weeks)
            if first[each.participant_id] > since or last.get(each.participant_id, since) > since:
                continue
        found.append(each)
    return found


def _first_visits(session: Session, centre: Centre, people: Collection[int]) -> dict[int, datetime]:
    query = (
        select(AttendanceRecord.participant_id, func.min(AttendanceRecord.starts_at))
        .where(
            AttendanceRecord.centre_id == centre.id,
            AttendanceRecord.participant_id.in_(people),
            AttendanceRecord.state.in_(THERE),
        )
        .group_by(AttendanceRecord.participant_id)
    )
    return {person: at for person, at in session.execute(query)}  # noqa: C416


def _last_questions(session: Session, centre: Centre, people: Collection[int]) -> dict[int, datetime]:
    query = (
        select(Message.participant_id, func.max(Message.created_at))
        .where(
            Message.centre_id == centre.id,
            Message.participant_id.in_(people),
            Message.kind == MessageKind.SATISFACTION,
            Message.state != MessageState.SUPERSEDED,
        )
        .group_by(Message.participant_id)
    )
    return {person: at for person, at in session.execute(query) if person is not None}

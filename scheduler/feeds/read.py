"""What belongs in the calendar of a person, a group, a room or a programme.

Only published versions are read. Of every day the version in force counts; what an earlier one
held and the one in force does without stays in the feed as cancelled for ``CANCELLED_DAYS``, so that it
disappears from the devices that already show it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, bindparam, func, select
from sqlalchemy.orm import Session, load_only

from scheduler.feeds.events import FeedEvent, Wording
from scheduler.in_force import DaysInForce, days_in_force
from scheduler.links import Subject
from scheduler.mentoring import meetings_between
from scheduler.models import (
    Activity,
    Attendance,
    Centre,
    GroupSession,
    MeetingState,
    MentoringMeeting,
    Participant,
    Plan,
    Programme,
    Room,
    SessionLeader,
    Site,
    StaffMember,
)
from scheduler.models.link import Link, LinkKind

#: Kinds of feed that a stranger may see over a participant's shoulder.
NEUTRAL_KINDS = (LinkKind.PARTICIPANT, LinkKind.GROUP)
CANCELLED_DAYS = 30
PAST_DAYS = 30

#: How far ahead pairs settle their meetings.
MEETING_DAYS = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A calendar: its name, the language of its reader, and its events in order of time."""

    name: str
    language: str
    events: list[FeedEvent]


def version_of(session: Session, link: Link, now: datetime) -> str:
    """Return a text that changes whenever the feed of a link could change, in one query.

    It stands for the latest publication, the versions of everything that feeds name, and the day,
    because old events leave a feed at midnight.
    """

    parts = session.execute(_versions(), {"centre": link.centre_id, "subject": link.subject_id}).one()
    text = f"{link.id}:{now.date()}:{':'.join(str(part) for part in parts)}"
    return sha256(text.encode()).hexdigest()[:32]


@cache
def _versions() -> Select[Any]:
    """Return the query for everything that feeds show, built once: calendar programs ask all day."""
    centre: Any = bindparam("centre")
    counted: tuple[Any, ...] = (Activity, Site, Room, StaffMember, Programme, MentoringMeeting)
    return select(
        select(func.max(Plan.publication)).where(Plan.centre_id == centre).scalar_subquery(),
        select(Centre.version).where(Centre.id == centre).scalar_subquery(),
        *(
            select(func.coalesce(func.sum(table.version), 0))
            .where(table.centre_id == centre)
            .scalar_subquery()
            for table in counted
        ),
        select(Participant.version).where(Participant.id == bindparam("subject")).scalar_subquery(),
    )


def read_feed(
    session: Session,
    link: Link,
    subject: Subject,
    wording: Wording,
    now: datetime,
) -> Feed:
    """Return the feed of a link in a constant number of queries."""
    settings = session.scalar(select(Centre.settings).where(Centre.id == link.centre_id)) or {}
    first_day = now.date() - timedelta(days=PAST_DAYS)
    held = days_in_force(session, link.centre_id)
    published = _published(session, link.centre_id, first_day)
    query = (
        select(
            GroupSession.id,
            GroupSession.uid,
            GroupSession.plan_id,
            GroupSession.sequence,
            GroupSession.changed_at,
            GroupSession.day,
            GroupSession.starts_at,
            GroupSession.ends_at,
            GroupSession.cancelled_at,
            Activity.name.label("activity"),
            Activity.neutral_name,
            Activity.individual,
            Site.name.label("site"),
            Site.address,
            Site.latitude,
            Site.longitude,
            Room.name.label("room"),
        )
        .join(GroupSession.activity)
        .join(GroupSession.site)
        .outerjoin(GroupSession.room)
        .where(
            GroupSession.plan_id.in_(published),
            GroupSession.day >= first_day,
            _belongs(link),
        )
    )
    rows = session.execute(query).all()
    leaders = _leaders(session, [row.id for row in rows])
    events = []
    for row, current in _latest(rows, held, published):
        dropped_at = None if current else _dropped_at(published, row.day, published[row.plan_id].publication)
        full = link.kind not in NEUTRAL_KINDS or settings.get("feed_titles") == "full"
        event = _event(row, leaders[row.id], wording, full=full, dropped_at=dropped_at)
        if not event.cancelled or event.stamp >= now - timedelta(days=CANCELLED_DAYS):
            events.append(event)
    events += _meetings(session, link, wording, now)
    if link.kind == LinkKind.PARTICIPANT and (alarm := settings.get("feed_alarm_minutes")):
        events = [replace(event, alarm_minutes=int(alarm)) for event in events]
    events.sort(key=lambda event: (event.starts_at, event.uid))
    name = subject.first_name if isinstance(subject, Participant) else subject.name
    return Feed(name=name, language=wording.language, events=events)


def _meetings(session: Session, link: Link, wording: Wording, now: datetime) -> list[FeedEvent]:
    """Return what a mentor and their person settled by themselves."""
    whose = {LinkKind.PARTICIPANT: "participant_id", LinkKind.STAFF: "mentor_id"}.get(LinkKind(link.kind))
    if whose is None:
        return []
    first, last = now - timedelta(days=PAST_DAYS), now + timedelta(days=MEETING_DAYS)
    return [
        FeedEvent(
            uid=meeting.uid,
            sequence=meeting.version - 1,
            stamp=meeting.changed_at,
            starts_at=meeting.starts_at,
            ends_at=meeting.ends_at,
            summary=wording.appointment,
            description=wording.with_people.format(names=meeting.pair.mentor.first_name)
            if link.kind == LinkKind.PARTICIPANT
            else "",
            location=meeting.place,
            cancelled=meeting.state == MeetingState.CANCELLED,
        )
        for meeting in meetings_between(session, link.centre_id, first, last, **{whose: link.subject_id})
        if meeting.state != MeetingState.CANCELLED
        or meeting.changed_at >= now - timedelta(days=CANCELLED_DAYS)
    ]


def _published(session: Session, centre_id: int, first_day: date) -> dict[int, Plan]:
    """Return by id the published versions that still hold days from ``first_day`` on."""
    query = (
        select(Plan)
        .where(Plan.centre_id == centre_id, Plan.publication.is_not(None), Plan.last_day >= first_day)
        .options(load_only(Plan.publication, Plan.first_day, Plan.last_day, Plan.published_at))
    )
    return {plan.id: plan for plan in session.scalars(query)}


def _latest(
    rows: Iterable[Row[*tuple[Any, ...]]],
    held: list[DaysInForce],
    published: dict[int, Plan],
) -> Iterator[tuple[Any, bool]]:
    """Yield each session once, as the version in force has it, or else as the last one that had it."""
    best: dict[str, tuple[bool, int, Any]] = {}
    for row in rows:
        current = any(
            piece.plan_id == row.plan_id and piece.first_day <= row.day <= piece.last_day for piece in held
        )
        rank = (current, published[row.plan_id].publication or 0, row)
        if row.uid not in best or rank[:2] > best[row.uid][:2]:
            best[row.uid] = rank
    for current, _publication, chosen in best.values():
        yield chosen, current


def _dropped_at(published: dict[int, Plan], day: date, publication: int | None) -> datetime:
    """Return when the first later version that covers the day, or else the first later one, came."""
    later = sorted(
        (plan for plan in published.values() if (plan.publication or 0) > (publication or 0)),
        key=lambda plan: plan.publication or 0,
    )
    covering = [plan for plan in later if plan.first_day <= day <= plan.last_day]
    when = (covering or later)[0].published_at
    assert when is not None
    return when


def _belongs(link: Link) -> ColumnElement[bool]:
    subject = link.subject_id
    if link.kind == LinkKind.PARTICIPANT:
        expected = select(Attendance.session_id).where(
            Attendance.participant_id == subject, Attendance.excluded.is_(False)
        )
        return GroupSession.id.in_(expected)
    if link.kind == LinkKind.STAFF:
        return GroupSession.id.in_(select(SessionLeader.session_id).where(SessionLeader.staff_id == subject))
    if link.kind == LinkKind.GROUP:
        return GroupSession.cohort_id == subject
    if link.kind == LinkKind.ROOM:
        return GroupSession.room_id == subject
    return Activity.programme_id == subject


def _leaders(session: Session, session_ids: Iterable[int]) -> dict[int, list[str]]:
    query = (
        select(SessionLeader.session_id, StaffMember.first_name)
        .join(SessionLeader.staff)
        .where(SessionLeader.session_id.in_(session_ids))
        .order_by(SessionLeader.id)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for session_id, name in session.execute(query):
        found[session_id].append(name)
    return found


def _event(
    held: Any,
    leaders: list[str],
    wording: Wording,
    *,
    full: bool,
    dropped_at: datetime | None,
) -> FeedEvent:
    neutral = held.neutral_name or (wording.appointment if held.individual else wording.activity)
    place = ", ".join(part for part in (held.room, held.site, held.address) if part)
    return FeedEvent(
        uid=held.uid,
        sequence=held.sequence + (dropped_at is not None),
        stamp=dropped_at or held.changed_at,
        starts_at=held.starts_at,
        ends_at=held.ends_at,
        summary=held.activity if full else neutral,
        description=wording.with_people.format(names=", ".join(leaders)) if leaders else "",
        location=place,
        latitude=held.latitude,
        longitude=held.longitude,
        cancelled=dropped_at is not None or held.cancelled_at is not None,
    )

"""What one person has before them: their sessions in force, where, with whom, and what they answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from scheduler.attendance import THERE
from scheduler.in_force import days_in_force, holds
from scheduler.mentoring import meetings_between
from scheduler.models import (
    Activity,
    Answer,
    Attendance,
    AttendanceRecord,
    Centre,
    GroupSession,
    MeetingState,
    Participant,
    Room,
    SessionLeader,
    Site,
    SitePhoto,
    StaffMember,
)
from scheduler.timegrid import monday_of, to_instant


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One session as its participant sees it.

    ``leaders`` are first names, ``photo`` is the digest of the photograph of the site's door. ``change`` is
    what became of the session since its participant last heard of it, and ``was`` when it was to start.
    """

    uid: str
    day: date
    starts_at: datetime
    ends_at: datetime
    kind: str
    pictogram: str
    title: str
    individual: bool
    place: str = ""
    address: str = ""
    transport: str = ""
    site_id: int | None = None
    photo: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    leaders: tuple[str, ...] = ()
    cancelled: bool = False
    answer: Answer | None = None
    here: bool = False
    answerable: bool = True
    change: str = ""
    was: datetime | None = None


def by_week(cards: Iterable[Card], today: date) -> list[tuple[str, list[Card]]]:
    """Return cards by when they are: ``today``, ``this_week``, ``next_week`` and ``later``."""
    monday = monday_of(today)
    found: dict[str, list[Card]] = {"today": [], "this_week": [], "next_week": [], "later": []}
    for card in cards:
        weeks = (monday_of(card.day) - monday).days // 7
        when = "today" if card.day == today else "this_week" if weeks == 0 else "next_week"
        found[when if weeks < 2 else "later"].append(card)
    return list(found.items())


def first_sights(cards: Iterable[Card]) -> set[str]:
    """Return the cards that are the first of a page to show the photograph of their door."""
    found: dict[str, str] = {}
    for card in cards:
        if card.photo:
            found.setdefault(card.photo, card.uid)
    return set(found.values())


def personal_week(
    session: Session, person: Participant, first_day: date, days: int, *, full_titles: bool = False
) -> list[Card]:
    """Return the cards of some days in order of time, in a constant number of queries.

    ``title`` is the activity's neutral name, which may be empty, unless ``full_titles``. Meetings with
    a mentor are among them; those two settle everything by themselves.
    """
    last_day = first_day + timedelta(days - 1)
    held = days_in_force(session, person.centre_id, until=last_day)
    query = (
        select(
            GroupSession,
            Activity,
            Site,
            Room,
            SitePhoto.digest,
            AttendanceRecord.answer,
            AttendanceRecord.state,
        )
        .join(GroupSession.attendances)
        .join(GroupSession.activity)
        .join(GroupSession.site)
        .outerjoin(GroupSession.room)
        .outerjoin(SitePhoto, SitePhoto.site_id == Site.id)
        .outerjoin(
            AttendanceRecord,
            and_(
                AttendanceRecord.session_uid == GroupSession.uid,
                AttendanceRecord.participant_id == Attendance.participant_id,
                AttendanceRecord.centre_id == GroupSession.centre_id,
            ),
        )
        .where(
            GroupSession.centre_id == person.centre_id,
            Attendance.participant_id == person.id,
            Attendance.excluded.is_(False),
            holds(held, first_day, last_day),
        )
        .order_by(GroupSession.starts_at, GroupSession.id)
    )
    rows = session.execute(query).all()
    leaders: dict[int, list[str]] = defaultdict(list)
    names = (
        select(SessionLeader.session_id, StaffMember.first_name)
        .join(SessionLeader.staff)
        .where(SessionLeader.session_id.in_([row[0].id for row in rows]))
        .order_by(SessionLeader.id)
    )
    for session_id, name in session.execute(names):
        leaders[session_id].append(name)
    cards = [
        Card(
            uid=found.uid,
            day=found.day,
            starts_at=found.starts_at,
            ends_at=found.ends_at,
            kind=activity.kind,
            pictogram=activity.pictogram,
            title=activity.name if full_titles else activity.neutral_name,
            individual=activity.individual,
            place=", ".join(part for part in (room.name if room else "", site.name) if part),
            address=site.address,
            transport=site.transport,
            site_id=site.id,
            photo=photo,
            latitude=site.latitude,
            longitude=site.longitude,
            leaders=tuple(leaders[found.id]),
            cancelled=found.cancelled_at is not None,
            answer=Answer(given) if given else None,
            here=state in THERE,
        )
        for found, activity, site, room, photo, given, state in rows
    ]
    cards += _meetings(session, person, first_day, last_day)
    return sorted(cards, key=lambda card: card.starts_at)


def _meetings(session: Session, person: Participant, first_day: date, last_day: date) -> list[Card]:
    """Return the meetings that a person and their mentor settled."""
    zone = ZoneInfo(session.scalars(select(Centre.timezone).where(Centre.id == person.centre_id)).one())
    starts_at = to_instant(first_day, time(), zone)
    ends_at = to_instant(last_day + timedelta(1), time(), zone)
    return [
        Card(
            uid=meeting.uid,
            day=meeting.starts_at.astimezone(zone).date(),
            starts_at=meeting.starts_at,
            ends_at=meeting.ends_at,
            kind="interview",
            pictogram="mentor",
            title="",
            individual=True,
            place=meeting.place,
            leaders=(meeting.pair.mentor.first_name,),
            cancelled=meeting.state == MeetingState.CANCELLED,
            here=meeting.state == MeetingState.HELD,
            answerable=False,
        )
        for meeting in meetings_between(
            session, person.centre_id, starts_at, ends_at, participant_id=person.id
        )
    ]

"""Finding people, sessions, rooms and everything else of a centre by a few words."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from scheduler.in_force import days_in_force, holds
from scheduler.models import (
    Cohort,
    Course,
    GroupSession,
    Participant,
    Programme,
    Room,
    Site,
    StaffMember,
)
from scheduler.people import Reach
from scheduler.roster_import.folding import fold


class Kind(StrEnum):
    """What can be found, in the order it is shown."""

    PERSON = "person"
    SESSION = "session"
    STAFF = "staff"
    GROUP = "group"
    ROOM = "room"
    SITE = "site"
    COURSE = "course"
    PROGRAMME = "programme"


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing found: its kind and id, what it is called, and what tells it from others."""

    kind: Kind
    id: int
    title: str
    detail: str = ""
    starts_at: datetime | None = None
    activity_kind: str = ""


def search(
    session: Session,
    centre_id: int,
    words: str,
    today: date,
    kinds: Iterable[Kind],
    *,
    reach: Reach | None = None,
    limit: int = 20,
) -> list[Hit]:
    """Return what has every word in its name, at most ``limit`` of each kind.

    Parameters
    ----------
    words : str
        At least two signs; accents, case and order make no difference. A phone number or a file's
        reference finds its person.
    kinds : iterable of Kind
        What the reader may see; each costs one query, sessions two.
    """
    wanted = fold(words).split()
    if sum(map(len, wanted)) < 2:
        return []
    finders: dict[Kind, Callable[[], list[tuple[str, Hit]]]] = {
        Kind.PERSON: lambda: _people(session, reach or Reach()),
        Kind.SESSION: lambda: _sessions(session, centre_id, today),
        Kind.STAFF: lambda: _staff(session),
        Kind.GROUP: lambda: _groups(session),
        Kind.ROOM: lambda: _rooms(session),
        Kind.SITE: lambda: _sites(session),
        Kind.COURSE: lambda: _courses(session, today),
        Kind.PROGRAMME: lambda: _programmes(session),
    }
    allowed = set(kinds)
    hits: list[Hit] = []
    for kind, finder in finders.items():
        if kind in allowed:
            found = [hit for text, hit in finder() if _matches(text, wanted)]
            hits += found[:limit]
    return hits


def _matches(text: str, wanted: list[str]) -> bool:
    parts = fold(text).split()
    return all(
        any(part.startswith(word) for part in parts) or (len(word) > 3 and word in text) for word in wanted
    )


def _people(session: Session, reach: Reach) -> list[tuple[str, Hit]]:
    rows = session.execute(
        select(
            Participant.id,
            Participant.first_name,
            Participant.last_name,
            Participant.reference,
            Participant.phone,
            Participant.municipality,
        )
        .where(reach.condition(), Participant.active)
        .order_by(Participant.last_name, Participant.first_name)
    )
    return [
        (
            f"{first} {last} {reference or ''} {_national(phone)}",
            Hit(
                Kind.PERSON, person_id, f"{first} {last}".strip(), " · ".join(filter(None, (reference, town)))
            ),
        )
        for person_id, first, last, reference, phone, town in rows
    ]


def _national(phone: str | None) -> str:
    return f"{phone} 0{phone[3:]}" if phone and phone.startswith("+32") else phone or ""


def _sessions(session: Session, centre_id: int, today: date) -> list[tuple[str, Hit]]:
    held = days_in_force(session, centre_id)
    rows = session.scalars(
        select(GroupSession)
        .where(holds(held, today, None), GroupSession.kind == "group", GroupSession.cancelled_at.is_(None))
        .options(
            joinedload(GroupSession.activity), joinedload(GroupSession.room), joinedload(GroupSession.site)
        )
        .order_by(GroupSession.starts_at)
    )
    hits = []
    for row in rows:
        place = row.room.name if row.room else row.site.name
        hit = Hit(Kind.SESSION, row.id, row.activity.name, place, row.starts_at, row.activity.kind)
        hits.append((f"{row.activity.name} {place}", hit))
    return hits


def _staff(session: Session) -> list[tuple[str, Hit]]:
    query = select(StaffMember).where(StaffMember.active).order_by(StaffMember.first_name)
    return [
        (f"{row.name} {row.email or ''}", Hit(Kind.STAFF, row.id, row.name, row.email or ""))
        for row in session.scalars(query)
    ]


def _groups(session: Session) -> list[tuple[str, Hit]]:
    query = select(Cohort).options(joinedload(Cohort.programme)).order_by(Cohort.name)
    return [
        (f"{row.name} {row.programme.name}", Hit(Kind.GROUP, row.id, row.name, row.programme.name))
        for row in session.scalars(query)
    ]


def _rooms(session: Session) -> list[tuple[str, Hit]]:
    query = select(Room).where(Room.active).options(joinedload(Room.site)).order_by(Room.name)
    return [
        (f"{row.name} {row.site.name}", Hit(Kind.ROOM, row.id, row.name, row.site.name))
        for row in session.scalars(query)
    ]


def _sites(session: Session) -> list[tuple[str, Hit]]:
    query = select(Site).where(Site.active).order_by(Site.name)
    return [
        (f"{row.name} {row.municipality} {row.address}", Hit(Kind.SITE, row.id, row.name, row.address))
        for row in session.scalars(query)
    ]


def _courses(session: Session, today: date) -> list[tuple[str, Hit]]:
    query = select(Course).where(Course.ends_on >= today).order_by(Course.name)
    return [
        (f"{row.name} {row.school}", Hit(Kind.COURSE, row.id, row.name, row.school))
        for row in session.scalars(query)
    ]


def _programmes(session: Session) -> list[tuple[str, Hit]]:
    query = select(Programme).where(Programme.active).order_by(Programme.name)
    return [(row.name, Hit(Kind.PROGRAMME, row.id, row.name)) for row in session.scalars(query)]

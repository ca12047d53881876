"""Sites, rooms, travel between sites, and equipment: lists, and the acts on one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import combinations
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.models import (
    Activity,
    Availability,
    EquipmentPool,
    GroupSession,
    Room,
    Site,
    SitePhoto,
    TravelTime,
)
from scheduler.pictures import clean_picture
from scheduler.records import change, check_unique, check_version, find

#: A door is known again on a phone of 320 pixels, in some 20 kB.
PHOTO_SIDE = 400
PHOTO_QUALITY = 60


@dataclass(frozen=True, slots=True)
class SiteRow:
    """A line of the list of sites."""

    id: int
    name: str
    address: str
    municipality: str
    transport: str
    is_outside: bool
    active: bool
    rooms: int
    seats: int


@dataclass(frozen=True, slots=True)
class RoomRow:
    """A line of the list of rooms. ``weekdays`` are those with hours (none: always open)."""

    id: int
    name: str
    site_id: int
    site: str
    seats: int
    features: tuple[str, ...]
    active: bool
    weekdays: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EquipmentRow:
    """A line of the list of equipment; ``activities`` are those that use it."""

    id: int
    key: str
    name: str
    units: int
    activities: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Journey:
    """Travel between two sites; ``minutes`` is ``None`` while nobody has said."""

    site_a_id: int
    site_a: str
    site_b_id: int
    site_b: str
    minutes: int | None


def list_sites(session: Session) -> list[SiteRow]:
    """Return every site with its number of rooms and seats, in one query."""
    rows = session.execute(
        select(Site, func.count(Room.id), func.coalesce(func.sum(Room.seats), 0))
        .outerjoin(Room, (Room.site_id == Site.id) & Room.active)
        .group_by(Site.id)
    )
    return [
        SiteRow(
            id=site.id,
            name=site.name,
            address=site.address,
            municipality=site.municipality,
            transport=site.transport,
            is_outside=site.is_outside,
            active=site.active,
            rooms=rooms,
            seats=seats,
        )
        for site, rooms, seats in rows
    ]


def site_choices(session: Session, *, outside: bool = True) -> list[tuple[int, str]]:
    """Return id and name of every site in use; ``outside`` keeps those off the centre's own ground."""
    query = select(Site.id, Site.name).where(Site.active).order_by(Site.is_outside, Site.name)
    if not outside:
        query = query.where(Site.is_outside.is_(False))
    return [(site_id, name) for site_id, name in session.execute(query)]


def list_rooms(session: Session) -> list[RoomRow]:
    """Return every room with its site and days, in two queries."""
    days: dict[int | None, set[int]] = {}
    for room_id, weekday in session.execute(
        select(Availability.room_id, Availability.weekday).where(Availability.room_id.is_not(None)).distinct()
    ):
        days.setdefault(room_id, set()).add(weekday)
    return [
        RoomRow(
            id=room.id,
            name=room.name,
            site_id=room.site_id,
            site=room.site.name,
            seats=room.seats,
            features=tuple(room.features),
            active=room.active,
            weekdays=tuple(sorted(days.get(room.id, ()))),
        )
        for room in session.scalars(select(Room).options(joinedload(Room.site)))
    ]


def find_site(session: Session, site_id: int) -> Site:
    """Return a site with its rooms."""
    return find(session, Site, site_id, selectinload(Site.rooms))


def save_site(session: Session, site: Site | None, values: Mapping[str, Any], version: int | None) -> Site:
    """Add a site, or change one."""
    if site is not None:
        check_version(site, version)
    check_unique(session, Site, site, "name", name=values["name"])
    if site is None:
        site = Site(**values)
        session.add(site)
    else:
        change(site, values)
    session.flush()
    return site


def site_photo(session: Session, site_id: int) -> SitePhoto | None:
    """Return the photograph of a site's door, if there is one."""
    return session.scalars(select(SitePhoto).where(SitePhoto.site_id == site_id)).one_or_none()


def set_site_photo(session: Session, site: Site, picture: bytes | None) -> None:
    """Keep a photograph of a site's door instead of the one before; ``None`` keeps none.

    Raises
    ------
    InvalidInputError
        On ``picture``, if it is no picture that can be read.
    """
    row = site_photo(session, site.id)
    if picture is None:
        if row is not None:
            session.delete(row)
        return
    jpeg = clean_picture(picture, longest_side=PHOTO_SIDE, quality=PHOTO_QUALITY)
    digest = sha256(jpeg).hexdigest()[:16]
    if row is None:
        session.add(SitePhoto(centre_id=site.centre_id, site_id=site.id, digest=digest, jpeg=jpeg))
    else:
        row.jpeg, row.digest = jpeg, digest
    session.flush()


def save_room(session: Session, room: Room | None, values: Mapping[str, Any], version: int | None) -> Room:
    """Add a room, or change one."""
    if room is not None:
        check_version(room, version)
    find(session, Site, values["site_id"])
    check_unique(session, Room, room, "name", site_id=values["site_id"], name=values["name"])
    if room is None:
        room = Room(**values)
        session.add(room)
    else:
        change(room, values)
    session.flush()
    return room


def count_coming(session: Session, today: Any, *, room: Room | None = None, site: Site | None = None) -> int:
    """Return how many sessions from today on, of any version, are in a room or at a site."""
    query = select(func.count(func.distinct(GroupSession.uid))).where(
        GroupSession.day >= today, GroupSession.cancelled_at.is_(None)
    )
    if room is not None:
        query = query.where(GroupSession.room_id == room.id)
    if site is not None:
        query = query.where(GroupSession.site_id == site.id)
    return session.scalar(query) or 0


def list_journeys(session: Session) -> list[Journey]:
    """Return every pair of sites in use with the travel time between them, in two queries."""
    sites = site_choices(session)
    known = {
        frozenset((row.site_a_id, row.site_b_id)): row.minutes for row in session.scalars(select(TravelTime))
    }
    return [
        Journey(a, name_a, b, name_b, known.get(frozenset((a, b))))
        for (a, name_a), (b, name_b) in combinations(sites, 2)
    ]


def set_travel(session: Session, minutes: Mapping[tuple[int, int], int | None]) -> int:
    """Write travel times by pair of site ids; ``None`` forgets one. Return how many changed."""
    known = {frozenset((row.site_a_id, row.site_b_id)): row for row in session.scalars(select(TravelTime))}
    sites = {site_id for site_id, _name in site_choices(session)}
    changed = 0
    for (a, b), amount in minutes.items():
        if a == b or not {a, b} <= sites:
            raise InvalidInputError(N_("Un de ces sites n'existe plus."))
        row = known.get(frozenset((a, b)))
        if row is None:
            if amount is not None:
                session.add(TravelTime(site_a_id=min(a, b), site_b_id=max(a, b), minutes=amount))
                changed += 1
        elif amount is None:
            session.delete(row)
            changed += 1
        elif row.minutes != amount:
            row.minutes = amount
            changed += 1
    session.flush()
    return changed


def list_equipment(session: Session) -> list[EquipmentRow]:
    """Return every pool with the activities that use it, in two queries."""
    users: dict[str, set[str]] = {}
    for name, needs in session.execute(select(Activity.name, Activity.equipment).where(Activity.active)):
        for need in needs:
            users.setdefault(str(need["equipment"]), set()).add(name)
    return [
        EquipmentRow(pool.id, pool.key, pool.name, pool.units, tuple(sorted(users.get(pool.key, ()))))
        for pool in session.scalars(select(EquipmentPool))
    ]


def save_equipment(
    session: Session, pool: EquipmentPool | None, values: Mapping[str, Any], version: int | None
) -> EquipmentPool:
    """Add a pool of equipment, or change one."""
    if pool is not None:
        check_version(pool, version)
    check_unique(session, EquipmentPool, pool, "name", name=values["name"])
    if pool is None:
        check_unique(session, EquipmentPool, None, "key", key=values["key"])
        pool = EquipmentPool(**values)
        session.add(pool)
    else:
        change(pool, values)
    session.flush()
    return pool


def delete_equipment(session: Session, pool: EquipmentPool) -> None:
    """Delete a pool that no activity uses.

    Raises
    ------
    InvalidInputError
        If an activity needs it: its name is in the sentence.
    """
    for name, needs in session.execute(select(Activity.name, Activity.equipment).where(Activity.active)):
        if any(need["equipment"] == pool.key for need in needs):
            raise InvalidInputError(
                N_("« %(name)s » sert à l'activité « %(activity)s ».", name=pool.name, activity=name)
            )
    session.delete(pool)
    session.flush()

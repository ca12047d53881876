"""Staff, volunteers, interpreters and hosts: the list of them, and the acts on one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.models import Availability, BusyPeriod, Participant, StaffKind, StaffMember
from scheduler.records import change, check_version


@dataclass(frozen=True, slots=True)
class StaffRow:
    """A line of the list of staff. ``weekdays`` are those with hours (none: always available)."""

    id: int
    first_name: str
    last_name: str
    kind: StaffKind
    email: str | None
    phone: str | None
    skills: tuple[str, ...]
    languages: tuple[str, ...]
    municipalities: tuple[str, ...]
    contract_minutes_week: int | None
    active: bool
    weekdays: tuple[int, ...]
    is_away: bool
    people: int

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()


def list_staff(session: Session, now: datetime) -> list[StaffRow]:
    """Return everybody with their days and how many people they refer, in four queries."""
    days: dict[int | None, set[int]] = {}
    for staff_id, weekday in session.execute(
        select(Availability.staff_id, Availability.weekday)
        .where(Availability.staff_id.is_not(None))
        .distinct()
    ):
        days.setdefault(staff_id, set()).add(weekday)
    away = set(
        session.scalars(
            select(BusyPeriod.staff_id).where(
                BusyPeriod.staff_id.is_not(None), BusyPeriod.starts_at <= now, BusyPeriod.ends_at > now
            )
        )
    )
    counts = session.execute(
        select(Participant.referent_id, func.count())
        .where(Participant.active)
        .group_by(Participant.referent_id)
    )
    people = dict(counts.all())
    return [
        StaffRow(
            id=member.id,
            first_name=member.first_name,
            last_name=member.last_name,
            kind=StaffKind(member.kind),
            email=member.email,
            phone=member.phone,
            skills=tuple(member.skills),
            languages=tuple(member.languages),
            municipalities=tuple(member.municipalities),
            contract_minutes_week=member.contract_minutes_week,
            active=member.active,
            weekdays=tuple(sorted(days.get(member.id, ()))),
            is_away=member.id in away,
            people=people.get(member.id, 0),
        )
        for member in session.scalars(select(StaffMember))
    ]


def staff_choices(session: Session, *kinds: StaffKind) -> list[tuple[str, str]]:
    """Return id and name of everybody active, of some kinds if given."""
    query = (
        select(StaffMember.id, StaffMember.first_name, StaffMember.last_name)
        .where(StaffMember.active)
        .order_by(StaffMember.first_name, StaffMember.last_name)
    )
    if kinds:
        query = query.where(StaffMember.kind.in_(kinds))
    return [(str(row[0]), f"{row[1]} {row[2]}".strip()) for row in session.execute(query)]


def create_staff(session: Session, values: Mapping[str, Any]) -> StaffMember:
    """Add somebody; ``values`` are columns of ``StaffMember``."""
    _check(values)
    member = StaffMember(**values)
    session.add(member)
    session.flush()
    return member


def change_staff(
    session: Session, member: StaffMember, values: Mapping[str, Any], version: int | None
) -> list[str]:
    """Change somebody's columns and return the names of those that differ."""
    check_version(member, version)
    _check(values)
    changed = change(member, values)
    session.flush()
    return changed


def count_people_of(session: Session, member: StaffMember) -> int:
    """Return how many active participants have somebody as their referent."""
    query = select(func.count()).select_from(Participant)
    return session.scalar(query.where(Participant.referent_id == member.id, Participant.active)) or 0


def set_active(session: Session, member: StaffMember, *, active: bool) -> None:
    """Take somebody out of planning, or bring them back."""
    member.active = active
    session.flush()


def _check(values: Mapping[str, Any]) -> None:
    if "first_name" in values and not values["first_name"].strip():
        raise InvalidInputError(N_("Donnez au moins un prénom."), "first_name")
    day, week = values.get("max_minutes_day"), values.get("contract_minutes_week")
    if day is not None and week is not None and day > week:
        raise InvalidInputError(N_("Le maximum par jour dépasse celui de la semaine."), "max_minutes_day")

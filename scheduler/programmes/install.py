"""Put a programme into a centre, and bring it up to date without losing what was changed by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable, MutableSequence
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.models import (
    Activity,
    ActivityOrder,
    Centre,
    DemandRule,
    Enrolment,
    EquipmentPool,
    GroupSession,
    Phase,
    Programme,
    Site,
)
from scheduler.programmes.loader import digest_of, dump_programme
from scheduler.programmes.rows import (
    activity_columns,
    demand_columns,
    order_columns,
    phase_columns,
    programme_columns,
    spec_of,
)
from scheduler.programmes.spec import ProgrammeSpec
from scheduler.programmes.vocabulary import EQUIPMENT, PLACES

Part = TypeVar("Part", Phase, Activity, DemandRule)


class ProgrammeChangedError(InvalidInputError):
    """The programme was changed by hand since it was installed, or was made by hand."""


def install_programme(
    session: Session, centre: Centre, spec: ProgrammeSpec, now: datetime, *, overwrite: bool = False
) -> Programme:
    """Make a programme of a centre from plain data, or update the one that came from there before.

    Places outside the centre and pools of equipment that the programme counts on are made when
    the centre has none of that name.

    Parameters
    ----------
    session : Session
        Not committed.
    centre : Centre
    spec : ProgrammeSpec
        From ``load_programme_file``.
    now : datetime
        Aware.
    overwrite : bool
        Replace what was changed by hand.

    Returns
    -------
    Programme
        With all its parts; unchanged if it already was like this.

    Raises
    ------
    ProgrammeChangedError
        If it was changed by hand and ``overwrite`` was not asked for.
    InvalidInputError
        If a phase would go in which people still are.
    """
    programme = session.scalar(
        select(Programme).where(Programme.centre_id == centre.id, Programme.key == spec.key)
    )
    if programme is None:
        programme = Programme(centre_id=centre.id, active=True, **programme_columns(spec))
        session.add(programme)
    else:
        if is_changed_by_hand(programme) and not overwrite:
            raise ProgrammeChangedError(
                N_(
                    "Le programme « %(name)s » a été modifié dans le centre: il n'est pas remplacé.",
                    name=programme.name,
                ),
                "key",
            )
        if digest_of(spec_of(programme)) == digest_of(spec):
            return programme
        _assign(programme, programme_columns(spec))
    _update_parts(session, programme, spec)
    _make_places(session, centre, spec)
    _make_pools(session, centre, spec)
    session.flush()
    session.expire(programme, ["phases", "activities", "demand_rules", "orders"])
    programme.origin_digest = digest_of(spec_of(programme))
    programme.installed_at = now
    session.flush()
    return programme


def is_changed_by_hand(programme: Programme) -> bool:
    """Tell whether a programme differs from what was installed, or never was installed from a file."""
    return programme.origin_digest != digest_of(spec_of(programme))


def export_programme(programme: Programme) -> str:
    """Write a programme as the text of a programme file."""
    return dump_programme(spec_of(programme))


def _update_parts(session: Session, programme: Programme, spec: ProgrammeSpec) -> None:
    _match(programme.phases, Phase, programme, map(phase_columns, spec.phases), _phase_goes(session))
    _match(
        programme.activities,
        Activity,
        programme,
        (_with_named_staff(programme, activity_columns(a)) for a in spec.activities),
        _activity_goes(session),
    )
    _match(
        programme.demand_rules, DemandRule, programme, map(demand_columns, spec.demands), lambda _rule: True
    )
    wanted = [order_columns(order) for order in spec.orders]
    present = [
        {"kind": o.kind, "first_key": o.first_key, "second_key": o.second_key} for o in programme.orders
    ]
    if wanted != present:
        programme.orders = [ActivityOrder(centre_id=programme.centre_id, **columns) for columns in wanted]


def _with_named_staff(programme: Programme, columns: dict[str, Any]) -> dict[str, Any]:
    """Keep the people that the centre named for a role, which no file can know."""
    present = next((a for a in programme.activities if a.key == columns["key"]), None)
    named = {role["id"]: role["staff"] for role in present.roles if role.get("staff")} if present else {}
    roles = [
        {**role, "staff": named[role["id"]]} if role["id"] in named else role for role in columns["roles"]
    ]
    return {**columns, "roles": roles}


def _match(
    parts: MutableSequence[Part],
    model: Callable[..., Part],
    programme: Programme,
    wanted: Iterable[dict[str, Any]],
    goes: Callable[[Part], bool],
) -> None:
    """Bring the parts of a programme to what is wanted, keeping the rows that other rows point at."""
    present = {part.key: part for part in parts}
    position = -1
    for position, columns in enumerate(wanted):
        part = present.pop(columns["key"], None)
        if part is None:
            parts.append(model(centre_id=programme.centre_id, position=position, **columns))
        else:
            _assign(part, {**columns, "position": position})
    for part in present.values():
        if goes(part):
            parts.remove(part)
        else:
            position += 1
            part.position = position


def _assign(row: Any, columns: dict[str, Any]) -> None:
    for name, value in columns.items():
        if getattr(row, name) != value:
            setattr(row, name, value)


def _phase_goes(session: Session) -> Callable[[Phase], bool]:
    def goes(phase: Phase) -> bool:
        query = select(func.count()).select_from(Enrolment).where(Enrolment.phase_id == phase.id)
        if session.scalar(query):
            message = N_(
                "Des personnes sont encore dans la phase « %(name)s », qui disparaîtrait.", name=phase.name
            )
            raise InvalidInputError(message, f"phases.{phase.key}")
        return True

    return goes


def _activity_goes(session: Session) -> Callable[[Activity], bool]:
    """An activity that ever had a session stays, out of use, so that the past can be read."""

    def goes(activity: Activity) -> bool:
        query = select(GroupSession.id).where(GroupSession.activity_id == activity.id).limit(1)
        if session.scalar(query) is None:
            return True
        activity.active = False
        return False

    return goes


def _make_places(session: Session, centre: Centre, spec: ProgrammeSpec) -> None:
    names = {
        PLACES[place].token
        for activity in spec.activities
        for place in activity.places
        if not PLACES[place].token.startswith("@")
    }
    present = set(session.scalars(select(Site.name).where(Site.centre_id == centre.id)))
    for name in sorted(names - present):
        session.add(Site(centre_id=centre.id, name=name, is_outside=True))


def _make_pools(session: Session, centre: Centre, spec: ProgrammeSpec) -> None:
    present = set(session.scalars(select(EquipmentPool.key).where(EquipmentPool.centre_id == centre.id)))
    for pool in spec.equipment:
        if pool.key not in present:
            name = EQUIPMENT.get(pool.key, pool.key)
            session.add(EquipmentPool(centre_id=centre.id, key=pool.key, name=name, units=pool.units))

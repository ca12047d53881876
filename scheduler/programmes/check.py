"""Is a programme in tables sound, and can this centre hold it?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session, object_session

from scheduler.message import N_
from scheduler.models import Activity, Cohort, EquipmentPool, Programme, Room, Site, StaffMember
from scheduler.programmes.loader import dump_programme, load_programme_text
from scheduler.programmes.places import sites_of
from scheduler.programmes.rows import spec_of
from scheduler.programmes.yaml_nodes import Complaint, ProgrammeFileError


def check_programme(programme: Programme) -> list[Complaint]:
    """Check a programme as it is in the tables, after a change by hand for instance.

    Parameters
    ----------
    programme : Programme
        When it is in a session, the staff, rooms and equipment of its centre are looked at too.

    Returns
    -------
    list of Complaint
        First what makes it unusable (``blocking``), then what this centre lacks for it. ``key`` is
        a path such as ``activities.intake.seats``.
    """
    session = object_session(programme)
    return [
        *_soundness(programme),
        *(complaint for cohort in programme.cohorts for complaint in _cohort(programme, cohort)),
        *(_lacks(session, programme) if session else ()),
    ]


def _soundness(programme: Programme) -> list[Complaint]:
    try:
        load_programme_text(dump_programme(spec_of(programme)))
    except ProgrammeFileError as error:
        return [replace(complaint, line=None) for complaint in error.complaints]
    except (AttributeError, IndexError, KeyError, TypeError, ValueError):
        return [Complaint("", N_("certaines valeurs de ce programme ne peuvent pas être lues"))]
    return []


def _cohort(programme: Programme, cohort: Cohort) -> Iterator[Complaint]:
    here = f"cohorts.{cohort.name}"
    people = len(cohort.members)
    closed = [activity for activity in programme.activities if activity.per_cohort and activity.active]
    limits = [activity.seats_max for activity in closed]
    limits += [rule["params"]["seats"] for rule in programme.rules if rule["kind"] == "cohort"]
    if cohort.seats_max is not None:
        limits.append(cohort.seats_max)
    if limits and people > min(limits):
        message = N_("%(people)s personnes pour %(seats)s places", people=people, seats=min(limits))
        yield Complaint(f"{here}.members", message)
    if cohort.starts_on and cohort.ends_on and cohort.ends_on < cohort.starts_on:
        yield Complaint(f"{here}.ends_on", N_("le groupe finit avant d'avoir commencé"))
    for activity in closed:
        if people and not can_split(people, activity.subgroup_min, activity.subgroup_max):
            message = N_(
                "%(people)s personnes ne se partagent pas en sous-groupes de %(low)s à %(high)s",
                people=people,
                low=activity.subgroup_min,
                high=activity.subgroup_max,
            )
            yield Complaint(f"{here}.members", message, blocking=False)


def can_split(people: int, low: int | None, high: int | None) -> bool:
    """Tell whether so many people can be parted into subgroups of ``low`` to ``high``."""
    if low is None or high is None:
        return True
    return any(groups * low <= people <= groups * high for groups in range(1, people + 1))


def _lacks(session: Session, programme: Programme) -> Iterator[Complaint]:
    centre = programme.centre_id
    staff = session.scalars(
        select(StaffMember).where(StaffMember.centre_id == centre, StaffMember.active)
    ).all()
    sites = session.scalars(select(Site).where(Site.centre_id == centre)).all()
    rooms = session.scalars(select(Room).where(Room.centre_id == centre, Room.active)).all()
    pools = session.scalars(select(EquipmentPool).where(EquipmentPool.centre_id == centre)).all()
    units = {pool.key: pool.units for pool in pools}
    for activity in programme.activities:
        if activity.active:
            yield from _nobody(activity, list(staff))
            yield from _nowhere(activity, list(sites), list(rooms))
            for need in activity.equipment:
                if units.get(need["equipment"], 0) < need["units"]:
                    message = N_("le centre n'a pas assez de matériel pour une séance")
                    yield Complaint(f"activities.{activity.key}.equipment", message, blocking=False)


def _nobody(activity: Activity, staff: list[StaffMember]) -> Iterator[Complaint]:
    for role in activity.roles:
        fit = [
            person
            for person in staff
            if person.kind in role.get("kinds", ["staff"])
            and set(role.get("skills", [])) <= set(person.skills)
            and (not role.get("languages") or set(role["languages"]) & set(person.languages))
        ]
        if len(fit) < role.get("count", 1) and not role.get("only_if_needed"):
            message = N_(
                "il faut %(count)s personne(s) pour ce rôle, le centre en a %(found)s",
                count=role.get("count", 1),
                found=len(fit),
            )
            yield Complaint(f"activities.{activity.key}.roles.{role['id']}", message, blocking=False)


def _nowhere(activity: Activity, sites: list[Site], rooms: list[Room]) -> Iterator[Complaint]:
    allowed = {site.id for site in sites_of(activity.site_names, sites)}
    if not allowed:
        message = N_("aucun site du centre ne convient à cette activité")
        yield Complaint(f"activities.{activity.key}.places", message, blocking=False)
    elif activity.needs_room and not any(
        room.site_id in allowed and set(activity.room_features) <= set(room.features) for room in rooms
    ):
        message = N_("aucun local du centre n'a ce qu'il faut pour cette activité")
        yield Complaint(f"activities.{activity.key}.room_features", message, blocking=False)

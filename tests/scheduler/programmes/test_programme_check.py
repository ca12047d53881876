"""A programme changed in the tables is judged like a file, and against what the centre has."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

from scheduler.models import (
    Centre,
    Cohort,
    CohortMember,
    EquipmentPool,
    Participant,
    Programme,
    Room,
    Site,
    StaffMember,
)
from scheduler.programmes import check_programme, install_programme, load_programme_file
from scheduler.programmes.check import can_split
from scheduler.programmes.loader import FOLDER
from scheduler.programmes.vocabulary import ROOM_FEATURES, SKILLS


@pytest.fixture
def equipped(session: Session, centre: Centre) -> Centre:
    """A centre with two sites, rooms and people for everything."""
    for name in ("Centre", "Antenne"):
        site = Site(centre_id=centre.id, name=name)
        site.rooms = [Room(centre_id=centre.id, name="Salle", seats=30, features=list(ROOM_FEATURES))]
        session.add(site)
    for kind in ("staff", "staff", "volunteer", "interpreter", "host"):
        session.add(StaffMember(centre_id=centre.id, kind=kind, first_name="Essai", skills=list(SKILLS)))
    session.flush()
    return centre


def install(session: Session, centre: Centre, key: str, now: datetime) -> Programme:
    return install_programme(session, centre, load_programme_file(FOLDER / f"{key}.yaml"), now)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_an_equipped_centre_can_hold_every_programme(
    session: Session, equipped: Centre, now: datetime, path: Any
) -> None:
    programme = install(session, equipped, path.stem, now)
    assert [str(complaint) for complaint in check_programme(programme)] == []


def test_an_empty_centre_is_told_what_it_lacks(session: Session, centre: Centre, now: datetime) -> None:
    found = check_programme(install(session, centre, "amie", now))
    assert {complaint.blocking for complaint in found} == {False}
    assert {complaint.key for complaint in found} >= {
        "activities.group_session.roles.leader",
        "activities.group_session.places",
    }


def test_one_leader_short_and_no_quiet_room(session: Session, equipped: Centre, now: datetime) -> None:
    programme = install(session, equipped, "interactief", now)
    programme.activities[1].roles = [{**programme.activities[1].roles[0], "count": 3}]
    programme.activities[2].room_features = ["swimming_pool"]
    session.flush()
    found = {complaint.key: str(complaint.message) for complaint in check_programme(programme)}
    assert found["activities.via.roles.worker"] == "il faut 3 personne(s) pour ce rôle, le centre en a 2"
    assert "aucun local" in found["activities.social_integration.room_features"]


def test_too_few_laptops(session: Session, equipped: Centre, now: datetime) -> None:
    programme = install(session, equipped, "cai", now)
    pool = session.query(EquipmentPool).filter_by(centre_id=equipped.id, key="laptops").one()
    pool.units = 4
    session.flush()
    assert [c.key for c in check_programme(programme)] == ["activities.digital_module.equipment"]


@pytest.mark.parametrize(
    ("table", "key", "column", "value", "complaint"),
    [
        ("activities", "group_session", "times", [], "activities.group_session.times"),
        ("activities", "group_session", "seats_min", 20, "activities.group_session.seats"),
        ("activities", "group_session", "sessions_min", 2, "activities.group_session.frequency"),
        ("activities", "group_session", "kind", "party", "activities.group_session.kind"),
        ("activities", "group_session", "name", "", "activities.group_session.name.fr"),
        ("activities", "group_session", "duration_minutes", 50, "activities.group_session.duration"),
        (
            "activities",
            "group_session",
            "times",
            [{"weekdays": [2, 4], "starts": ["22:30"]}],
            "activities.group_session.times",
        ),
        (
            "activities",
            "group_session",
            "times",
            [{"weekdays": [2, 4], "starts": ["24:30"]}],
            "activities.group_session.times.0.at.0",
        ),
        ("demand_rules", "group_fortnight", "min", 3, "demands.group_fortnight.target"),
        ("demand_rules", "group_fortnight", "max", 0, "demands.group_fortnight.max"),
        ("demand_rules", "group_fortnight", "activity_keys", ["dance"], "demands.group_fortnight.activities"),
        ("demand_rules", "group_fortnight", "phase_keys", ["end"], "demands.group_fortnight.phases"),
        (
            "demand_rules",
            "group_fortnight",
            "conditions",
            {"interested": "x"},
            "demands.group_fortnight.when.interested",
        ),
    ],
)
def test_a_change_by_hand_that_contradicts_itself_is_named_by_its_field(
    session: Session,
    equipped: Centre,
    now: datetime,
    table: str,
    key: str,
    column: str,
    value: Any,
    complaint: str,
) -> None:
    programme = install(session, equipped, "amie", now)
    row = next(row for row in getattr(programme, table) if row.key == key)
    with session.no_autoflush:
        setattr(row, column, value)
        found = check_programme(programme)
        session.expunge(row)
    assert complaint in [c.key for c in found if c.blocking]
    assert all(c.line is None for c in found)


def test_values_that_cannot_be_read_are_a_complaint_not_a_crash(
    session: Session, equipped: Centre, now: datetime
) -> None:
    programme = install(session, equipped, "amie", now)
    programme.activities[0].times = [{"weekdays": [9], "starts": ["09:00"]}]
    session.flush()
    [found] = [c for c in check_programme(programme) if c.blocking]
    assert "ne peuvent pas être lues" in str(found.message)


def cohort_of(session: Session, programme: Programme, people: int, **columns: Any) -> Cohort:
    cohort = Cohort(centre_id=programme.centre_id, name="Groupe de novembre", **columns)
    programme.cohorts.append(cohort)
    for number in range(people):
        person = Participant(
            centre_id=programme.centre_id,
            first_name=f"Essai {number}",
            created_at=programme.installed_at,
        )
        session.add(person)
        session.flush()
        cohort.members.append(CohortMember(centre_id=programme.centre_id, participant_id=person.id))
    session.flush()
    return cohort


@pytest.mark.parametrize(
    ("people", "seats", "blocking"),
    [
        (10, None, []),
        (11, None, [True]),
        (9, 8, [True]),
        (7, None, [False]),
        (3, None, [False]),
        (0, None, []),
    ],
)
def test_a_cohort_over_capacity_or_that_cannot_be_parted(
    session: Session, equipped: Centre, now: datetime, people: int, seats: int | None, blocking: list[bool]
) -> None:
    programme = install(session, equipped, "interactief", now)
    cohort_of(session, programme, people, seats_max=seats)
    found = check_programme(programme)
    assert [c.blocking for c in found] == blocking
    assert all(c.key == "cohorts.Groupe de novembre.members" for c in found)


def test_a_cohort_that_ends_before_it_starts(session: Session, equipped: Centre, now: datetime) -> None:
    programme = install(session, equipped, "interactief", now)
    cohort_of(session, programme, 8, starts_on=date(2026, 12, 1), ends_on=date(2026, 11, 1))
    assert [c.key for c in check_programme(programme)] == ["cohorts.Groupe de novembre.ends_on"]


def test_people_split_into_subgroups_of_four_to_six_except_seven() -> None:
    assert [n for n in range(1, 19) if not can_split(n, 4, 6)] == [1, 2, 3, 7]
    assert can_split(7, None, None)

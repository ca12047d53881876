"""Demonstration centres in the database: what is in them, twice the same, and gone without a trace."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.db import Base
from scheduler.demo import (
    DEMO_NAME,
    DEMO_PASSWORD,
    DemoSize,
    account_addresses,
    build_demo,
    find_centre,
    remove_demo,
    slug_for,
)
from scheduler.demo.accounts import add_accounts
from scheduler.demo.phones import is_invented_phone
from scheduler.demo.sizes import SIZES
from scheduler.errors import InvalidInputError
from scheduler.models import Centre, Participant, Role, StaffKind, User
from scheduler.models.calendar import ClosureKind
from scheduler.problem_builder import build_problem
from scheduler.programmes.loader import FOLDER, load_programme_file
from solver.check import check_problem

SEVEN = {"amie", "interactief", "activ_up", "mod_actions", "move_up", "cai", "plan_commun"}


def rows(session: Session, model: Any, centre: Centre) -> list[Any]:
    return list(session.scalars(select(model).where(model.centre_id == centre.id).order_by(model.id)))


def dump(session: Session, centre: Centre) -> dict[str, list[tuple[object, ...]]]:
    """Everything of a centre without ids and without what is random on purpose."""
    content: dict[str, list[tuple[object, ...]]] = {}
    for model in (
        m.Site,
        m.Room,
        m.StaffMember,
        m.Participant,
        m.Course,
        m.Activity,
        m.Availability,
        m.PairRule,
    ):
        names = [c.key for c in inspect(model).column_attrs if c.key != "id" and not c.key.endswith("_id")]
        content[model.__name__] = [
            tuple(str(getattr(row, name)) for name in names) for row in rows(session, model, centre)
        ]
    return content


def test_the_middle_size_shows_all_seven_programmes(session: Session, now: datetime) -> None:
    centre = build_demo(session, size=DemoSize.M, seed=1, now=now)
    assert centre.is_demo
    assert "inventées" in centre.name

    people = rows(session, m.Participant, centre)
    programmes = {row.id: row.key for row in rows(session, m.Programme, centre)}
    assert set(programmes.values()) == SEVEN
    by_programme = Counter(programmes[row.programme_id] for row in rows(session, m.Enrolment, centre))
    assert sum(by_programme.values()) == len(people) == 242
    assert sum(by_programme[key] for key in SEVEN - {"cai", "plan_commun"}) == 200
    assert min(by_programme.values()) < max(by_programme.values()) / 3

    staff = rows(session, m.StaffMember, centre)
    kinds = Counter(row.kind for row in staff)
    assert kinds[StaffKind.STAFF] == 20
    assert all(kinds[kind] for kind in StaffKind)
    assert len(rows(session, m.Room, centre)) == 12
    assert len([site for site in rows(session, m.Site, centre) if not site.is_outside]) == 3
    assert {row.key for row in rows(session, m.EquipmentPool, centre)} >= {"laptops", "minibus"}
    assert len(rows(session, m.MentoringPair, centre)) == kinds[StaffKind.VOLUNTEER]
    assert {row.kind for row in rows(session, m.PairRule, centre)} == {"together", "apart"}
    holidays = {row.kind for row in rows(session, m.Closure, centre)}
    assert holidays == {ClosureKind.PUBLIC_HOLIDAY, ClosureKind.SCHOOL_HOLIDAY}
    via = [row for row in rows(session, m.Cohort, centre) if row.name.startswith("VIA")]
    assert all(4 <= len(row.members) <= row.seats_max == 10 for row in via)

    covered = {name for row in staff if "interview" in row.skills for name in row.municipalities}
    assert {row.municipality for row in people} <= covered
    assert sum(row.referent_id is not None for row in people) > 0.7 * len(people)
    for row in people:
        assert is_invented_phone(row.phone)
        assert "inventée" in row.note
    for row in staff:
        assert is_invented_phone(row.phone)
        assert row.email.endswith(".example.org")
    assert len({row.phone for row in [*people, *staff]}) == len(people) + len(staff)

    neighbour = find_centre(session, "demo-voisin")
    assert neighbour is not None
    assert neighbour.is_demo
    assert len(rows(session, m.Participant, neighbour)) == 5
    assert Counter(role for _, role in account_addresses(session, "demo")) == {
        **dict.fromkeys(map(str, Role), 1),
        "coordinator": 2,
    }


def test_the_small_size_is_one_programme_of_forty_people(session: Session, now: datetime) -> None:
    centre = build_demo(session, size=DemoSize.S, seed=4, now=now)
    assert len(rows(session, m.Participant, centre)) == 40
    assert [row.key for row in rows(session, m.Programme, centre)] == ["interactief"]
    assert find_centre(session, "demo-voisin") is None


def test_the_large_size_is_a_city(session: Session, now: datetime) -> None:
    centre = build_demo(session, size=DemoSize.L, seed=1, now=now)
    kinds = Counter(row.kind for row in rows(session, m.StaffMember, centre))
    assert len(rows(session, m.Participant, centre)) == pytest.approx(1000, abs=40)
    assert kinds[StaffKind.STAFF] == pytest.approx(60, abs=3)
    assert len([site for site in rows(session, m.Site, centre) if not site.is_outside]) == 8
    assert {row.key for row in rows(session, m.Programme, centre)} == SEVEN
    problem = build_problem(session, centre, now.date() + timedelta(weeks=1), 4, now).problem
    check_problem(problem)
    assert len(problem.participants) > 950


def test_each_role_has_an_account_that_opens_with_the_printed_password(
    session: Session, now: datetime
) -> None:
    centre = build_demo(session, size=DemoSize.S, seed=1, now=now)
    found = {membership.role: membership for membership in centre.memberships}
    assert set(found) == set(Role)
    for password_hash in {membership.user.password_hash for membership in found.values()}:
        assert PasswordHasher().verify(password_hash, DEMO_PASSWORD)
    for membership in found.values():
        assert membership.user.email.endswith("@demo.example.org")
        assert not membership.user.is_superuser
    leader = session.get(m.StaffMember, found[Role.ANIMATEUR].staff_id)
    assert leader is not None
    assert "group_work" in leader.skills


def test_accounts_with_a_public_password_are_refused_to_real_centres(
    session: Session, centre: Centre, now: datetime
) -> None:
    with pytest.raises(ValueError, match="demonstration"):
        add_accounts(session, centre, now, staff_of={})
    assert session.scalar(select(func.count(User.id))) == 0


def test_the_same_seed_gives_the_same_centre_and_another_seed_another(
    session: Session, now: datetime
) -> None:
    first = dump(session, build_demo(session, size=DemoSize.S, seed=7, now=now, slug="a"))
    again = dump(session, build_demo(session, size=DemoSize.S, seed=7, now=now, slug="a2"))
    other = dump(session, build_demo(session, size=DemoSize.S, seed=8, now=now, slug="a3"))
    for name, content in first.items():
        assert [str(row).replace("a2.example", "a.example") for row in again[name]] == [
            str(r) for r in content
        ]
    assert other["Participant"] != first["Participant"]


def test_removing_leaves_nothing_behind_but_accounts_that_are_used_elsewhere(
    session: Session, centre: Centre, now: datetime
) -> None:
    demo = build_demo(session, size=DemoSize.S, seed=1, now=now)
    guest = next(x.user for x in demo.memberships if x.role == Role.DIRECTOR)
    guest.memberships.append(m.Membership(centre_id=centre.id, role=Role.DIRECTOR))
    make_plan(session, demo, now)
    session.flush()
    remove_demo(session, demo.slug)
    for mapper in Base.registry.mappers:
        if "centre_id" in mapper.columns and mapper.class_ is not m.Membership:
            assert session.scalar(select(func.count()).select_from(mapper.class_)) == 0, mapper.class_
    assert session.scalars(select(User.email)).all() == ["direction@demo.example.org"]
    assert session.scalars(select(Centre)).all() == [centre]
    assert build_demo(session, size=DemoSize.S, seed=1, now=now, slug="demo-2").slug == "demo-2"


def make_plan(session: Session, centre: Centre, now: datetime) -> None:
    """A plan that refers to the rows which nothing deletes by itself."""
    plan = m.Plan(centre_id=centre.id, number=1, first_day=now.date(), last_day=now.date(), created_at=now)
    activity = rows(session, m.Activity, centre)[0]
    room = rows(session, m.Room, centre)[0]
    group_session = m.GroupSession(
        centre_id=centre.id,
        activity_id=activity.id,
        site_id=room.site_id,
        room_id=room.id,
        starts_at=now,
        ends_at=now.replace(hour=10),
        day=now.date(),
        changed_at=now,
    )
    plan.sessions.append(group_session)
    person, leader = rows(session, Participant, centre)[0], rows(session, m.StaffMember, centre)[0]
    group_session.attendances.append(m.Attendance(centre_id=centre.id, participant_id=person.id))
    group_session.leaders.append(m.SessionLeader(centre_id=centre.id, role="leader", staff_id=leader.id))
    session.add(plan)


def test_a_real_centre_is_never_removed(session: Session, centre: Centre) -> None:
    with pytest.raises(InvalidInputError, match="n'est pas une démonstration"):
        remove_demo(session, centre.slug)
    assert find_centre(session, centre.slug) is centre


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        (DEMO_NAME, "demo"),
        ("Ville d'Été (démo)", "demo-ville-d-ete-demo"),
        ("???", "demo"),
        ("a" * 90, "demo-" + "a" * 40),
    ],
)
def test_names_of_centres_make_short_names(name: str, slug: str) -> None:
    assert slug_for(name) == slug


@pytest.mark.parametrize("size", list(DemoSize))
def test_every_path_leads_into_a_phase_of_its_programme(size: DemoSize) -> None:
    specs = {key: load_programme_file(FOLDER / f"{key}.yaml") for key in SEVEN}
    for path in SIZES[size].paths:
        spec = specs[path.programme]
        assert path.phase in {phase.key for phase in spec.phases}
        asked_for = {key for interests in path.interests for key in interests}
        assert asked_for <= {activity.key for activity in spec.activities}

"""The board of the week: who sees which version, by programme, room, leader and person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.models.calendar import ClosureKind
from tests.factories import Make
from tests.planning import World, hold
from tests.queries import recorded
from tests.web.week_rows import draft, publish, unmet

SignIn = Callable[..., FlaskClient]


def test_the_coordinator_opens_on_the_draft(world: World, sign_in: SignIn, at: str) -> None:
    page = sign_in().get(at).text
    assert "Brouillon v1" in page
    assert "1 changement<" in page
    assert "Atelier" in page
    assert "Salle 1 · Nadia" in page
    assert "1/12" in page


def test_the_foot_tells_the_plans_truth(world: World, sign_in: SignIn, at: str) -> None:
    page = sign_in().get(at).text.replace("\u202f", " ").replace("\xa0", " ")
    assert "Besoins couverts 95,0 %" in page
    assert "impossible de gagner plus de 1,0 %" in page
    assert "1 personne sans solution complète" in page


def test_a_plan_edited_by_hand_claims_no_bound(world: World, sign_in: SignIn, rows: Session, at: str) -> None:
    world["plan"].bound = None
    rows.commit()
    page = sign_in().get(at).text
    assert "Besoins couverts" in page
    assert "impossible de" not in page


def test_what_is_left_to_place_is_told_in_the_week_it_concerns(
    world: World, sign_in: SignIn, at: str
) -> None:
    client = sign_in()
    first = client.get(at).text
    second = client.get(f"{at}?jour={world['monday'] + timedelta(7)}").text.replace("\xa0", " ")
    assert "À placer (0)" not in first
    assert "Tout le monde a ce qu" in first
    assert "Amina Haddad" in second
    assert "« Atelier » est complet (15 places) – 2 possibilités sur 3." in second
    assert "2 solutions" in second
    assert "Une place de plus à « Atelier »" in second


@pytest.mark.parametrize("role", [m.Role.ANIMATEUR, m.Role.DIRECTOR, m.Role.ADMINISTRATOR])
def test_each_role_sees_what_is_theirs(world: World, sign_in: SignIn, at: str, role: m.Role) -> None:
    page = sign_in(role).get(f"{at}?jour={world['monday']}").text
    drafts = role is not m.Role.ANIMATEUR
    assert ("Brouillon v1" in page) is drafts
    assert ("Salle 1" in page) is drafts
    assert ("Publier…" in page) is (role is m.Role.ADMINISTRATOR)
    assert ("Planifier…" in page) is (role is m.Role.ADMINISTRATOR)


def test_an_animateur_reads_what_is_published_only(
    world: World, sign_in: SignIn, rows: Session, make_row: Make, at: str
) -> None:
    publish(rows, world["plan"])
    later = draft(make_row, world, 2)
    hold(make_row, world, later, world["tuesday"] + timedelta(1))
    rows.commit()
    client = sign_in(m.Role.ANIMATEUR)
    page = client.get(f"{at}?jour={world['monday']}&version=2").text
    assert "Publié v1" in page
    assert page.count("session-card") == 1
    draft_row = rows.query(m.GroupSession).filter_by(plan_id=later.id).one()
    assert client.get(f"{at}seances/{world['row'].id}").status_code == 200
    assert client.get(f"{at}seances/{draft_row.id}").status_code == 404
    assert client.get(f"{at}versions").status_code == 403


def test_a_director_reads_without_names(world: World, sign_in: SignIn, rows: Session, at: str) -> None:
    client = sign_in(m.Role.DIRECTOR)
    pages = [
        f"{at}?jour={world['monday'] + timedelta(7)}",
        f"{at}seances/{world['row'].id}",
        f"{at}versions/1",
        f"{at}versions/1/a-placer",
    ]
    for address in pages:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert "Haddad" not in answer.text, address
    assert client.get(f"{at}?vue=personne").status_code == 404
    assert client.get(f"{at}publier/1").status_code == 403


@pytest.mark.parametrize("view", ["programme", "salle", "animateur", "personne"])
def test_every_view_narrows_by_the_address(world: World, sign_in: SignIn, at: str, view: str) -> None:
    client = sign_in()
    who = {
        "programme": world["programme"].id,
        "salle": world["room"].id,
        "animateur": world["staff"].id,
        "personne": world["person"].id,
    }[view]
    everybody = client.get(f"{at}?vue={view}")
    assert everybody.status_code == 200
    assert 'aria-current="page"' in everybody.text
    one = client.get(f"{at}?vue={view}&qui={who}")
    assert "Atelier" in one.text
    assert f'value="{who}" selected' in one.text


def test_a_person_is_shown_with_what_keeps_them_elsewhere(
    world: World, sign_in: SignIn, make_row: Make, rows: Session, at: str
) -> None:
    monday = world["monday"]
    course = make_row(m.Course, name="Français A1", starts_on=monday, ends_on=monday + timedelta(40))
    make_row(m.CourseMeeting, course=course, weekday=0)
    make_row(m.CourseEnrolment, course=course, participant=world["person"])
    make_row(m.Availability, participant=world["person"], weekday=4, label="Enfants")
    make_row(m.Closure, kind=ClosureKind.CLOSURE, name="Inventaire", starts_on=monday, ends_on=monday)
    rows.commit()
    page = sign_in().get(f"{at}?vue=personne&qui={world['person'].id}&jour={monday}").text
    assert "Français A1" in page
    assert "Enfants" in page
    assert "Inventaire" in page


def test_closures_and_school_holidays_are_shown(
    world: World, sign_in: SignIn, make_row: Make, rows: Session, at: str
) -> None:
    day = world["monday"] + timedelta(2)
    make_row(m.Closure, kind=ClosureKind.PUBLIC_HOLIDAY, name="Fête du Roi", starts_on=day, ends_on=day)
    make_row(
        m.Closure,
        kind=ClosureKind.SCHOOL_HOLIDAY,
        name="Congé d'automne",
        starts_on=day - timedelta(1),
        ends_on=day,
    )
    rows.commit()
    page = sign_in().get(at).text
    assert "Fête du Roi" in page
    assert "Congé d&#39;automne" in page


def test_saturday_is_a_column_only_where_it_is_used(
    world: World, sign_in: SignIn, make_row: Make, rows: Session, at: str
) -> None:
    client = sign_in()
    assert "cols-5" in client.get(at).text
    hold(make_row, world, world["plan"], world["monday"] + timedelta(5))
    rows.commit()
    assert "cols-6" in client.get(at).text


def test_an_empty_week_says_what_to_do(world: World, sign_in: SignIn, at: str) -> None:
    far = world["monday"] + timedelta(70)
    coordinator, animateur = sign_in(), sign_in(m.Role.ANIMATEUR)
    assert "Planifier les prochaines semaines" in coordinator.get(f"{at}?jour={far}").text
    assert "encore publié pour cette semaine" in animateur.get(f"{at}?jour={far}").text


@pytest.mark.parametrize(
    "query",
    [
        "jour=demain",
        "jour=2026-13-45",
        "jour=0001-01-01",
        "vue=autre",
        "vue=salle&qui=x",
        "vue=salle&qui=99999999999999999999",
        "vue=salle&qui=12345678",
        "version=-1",
        "version=77",
    ],
)
def test_impossible_addresses_are_not_found(world: World, sign_in: SignIn, at: str, query: str) -> None:
    assert sign_in().get(f"{at}?{query}").status_code == 404


def test_two_leaders_of_one_first_name_are_told_apart(
    world: World, sign_in: SignIn, make_row: Make, rows: Session, at: str
) -> None:
    world["staff"].last_name = "Benali"
    other = make_row(m.StaffMember, first_name="Nadia", last_name="Gilles")
    make_row(m.SessionLeader, session=world["row"], staff=other)
    rows.commit()
    assert "Nadia B., Nadia G." in sign_in().get(at).text


@pytest.mark.parametrize("view", ["programme", "salle", "animateur", "personne"])
def test_the_board_costs_the_same_for_one_session_and_for_three(
    world: World, sign_in: SignIn, make_row: Make, rows: Session, at: str, view: str
) -> None:
    client, address = sign_in(), f"{at}?vue={view}&jour={world['monday']}"
    client.get(address)
    with recorded() as one:
        client.get(address)
    for n in (2, 3):
        person = make_row(m.Participant)
        hold(
            make_row,
            world,
            world["plan"],
            world["monday"] + timedelta(n),
            person,
            world["person"],
            staff=make_row(m.StaffMember),
        )
        world["plan"].unmet = [*world["plan"].unmet, unmet(world, participant=f"p{person.id}", first_day=0)]
    rows.commit()
    with recorded() as three:
        page = client.get(address).text
    assert len(three) == len(one)
    assert page.count("Atelier") >= 3

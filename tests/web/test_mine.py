"""One's own work in the pages: only one's own, at one tap, and nothing of others."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.timegrid import monday_of
from tests.factories import Make
from tests.planning import World, hold, make_world
from tests.queries import recorded
from web.clock import today

Enter = Callable[..., FlaskClient]


@pytest.fixture
def world(make_row: Make, rows: Session) -> World:
    """A workshop led by a volunteer next week, published."""
    world = make_world(make_row)
    world["activity"].roles = [{"id": "leader", "kinds": ["volunteer"]}]
    world["staff"].kind = m.StaffKind.VOLUNTEER
    world["monday"] = monday_of(today()) + timedelta(7)
    world["plan"] = make_row(
        m.Plan,
        state=m.PlanState.PUBLISHED,
        publication=1,
        number=1,
        first_day=monday_of(today()),
        last_day=world["monday"] + timedelta(6),
    )
    world["row"] = hold(make_row, world, world["plan"], world["monday"] + timedelta(1), world["person"])
    rows.commit()
    return world


@pytest.fixture
def enter(rows: Session, app_centre: m.Centre, sign_in: Callable[..., FlaskClient]) -> Enter:
    """Return a function that signs somebody of the staff in."""

    def enter(member: m.StaffMember | None, role: m.Role = m.Role.VOLUNTEER) -> FlaskClient:
        client = sign_in(role)
        membership = rows.scalars(
            select(m.Membership)
            .where(m.Membership.centre_id == app_centre.id)
            .order_by(m.Membership.id.desc())
        ).first()
        assert membership is not None
        membership.staff_id = member.id if member else None
        rows.commit()
        return client

    return enter


@pytest.fixture
def at(app_centre: m.Centre) -> str:
    return f"/c/{app_centre.slug}/mon-travail"


def test_a_volunteer_starts_on_their_own_week_and_sees_nothing_else(
    world: World, enter: Enter, app_centre: m.Centre, at: str
) -> None:
    client = enter(world["staff"])
    assert client.get(f"/c/{app_centre.slug}/").location == f"{at}/"
    page = client.get(f"{at}/?jour={world['monday']}").text
    assert "Atelier" in page
    assert "Salle 1" in page
    assert world["person"].last_name not in page.replace("Compte d'essai", "")
    assert client.get(f"/c/{app_centre.slug}/semaine/").status_code == 403


def test_an_appointment_shows_the_first_name_only(
    world: World, enter: Enter, make_row: Make, rows: Session, at: str
) -> None:
    world["activity"].individual = True
    world["person"].first_name, world["person"].last_name = "Amina", "Kaboré"
    rows.commit()
    page = enter(world["staff"]).get(f"{at}/?jour={world['monday']}").text
    assert "Amina" in page
    assert "Kaboré" not in page


def test_an_account_without_a_file_is_told_so(world: World, enter: Enter, at: str) -> None:
    client = enter(None)
    assert "relié" in client.get(f"{at}/").text
    assert client.get(f"{at}/heures").status_code == 404
    assert client.post(f"{at}/malade").status_code == 404


def test_illness_at_one_tap_reaches_the_coordination_and_is_taken_back(
    world: World, enter: Enter, rows: Session, app_centre: m.Centre, at: str
) -> None:
    client = enter(world["staff"])
    answer = client.post(f"{at}/malade", follow_redirects=True)
    assert "La coordination est prévenue" in answer.text
    rows.commit()
    rows.expire_all()
    assert rows.scalars(select(m.BusyPeriod)).one().staff_id == world["staff"].id
    coordinator = enter(None, m.Role.COORDINATOR)
    listed = coordinator.get(f"/c/{app_centre.slug}/suivi/a-faire/").text
    assert f"{world['staff'].name} est malade aujourd" in listed
    board = f"/c/{app_centre.slug}/semaine/"
    assert f"{world['staff'].name} est malade aujourd" in coordinator.get(board).text
    assert "est malade aujourd" not in enter(None, m.Role.DIRECTOR).get(board).text
    assert "Annuler : je suis là" in client.get(f"{at}/").text
    assert client.post(f"{at}/retabli").status_code == 302
    rows.commit()
    rows.expire_all()
    assert rows.scalars(select(m.BusyPeriod)).all() == []
    assert rows.scalars(select(m.Task.state)).one() == "closed"
    assert client.post(f"{at}/retabli").status_code == 404
    actions = list(rows.scalars(select(m.AuditEntry.action).order_by(m.AuditEntry.id)))
    assert actions == ["staff.sick", "staff.recovered"]


def test_a_place_changes_hands(
    world: World, enter: Enter, make_row: Make, rows: Session, app_centre: m.Centre, at: str
) -> None:
    other = make_row(m.StaffMember, first_name="Tom", kind=m.StaffKind.VOLUNTEER)
    uid, week = world["row"].uid, f"{at}/?jour={world['monday']}"
    giver, taker = enter(world["staff"]), enter(other)
    assert "Rien pour vous" in taker.get(f"{at}/places").text
    assert giver.post(f"{at}/places/{uid}/rendre", data={"reason": "train"}).status_code == 302
    assert "Rendue" in giver.get(week).text
    coordinator = enter(None, m.Role.COORDINATOR)
    assert "train" in coordinator.get(f"/c/{app_centre.slug}/suivi/a-faire/").text
    assert "Je la prends" in taker.get(f"{at}/places").text
    taken = taker.post(f"{at}/places/{uid}/prendre", data={"role": "leader"}, follow_redirects=True)
    assert "cette place est à vous" in taken.text
    assert "Atelier" in taker.get(week).text
    assert "Atelier" not in giver.get(week).text
    again = taker.post(f"{at}/places/{uid}/prendre", data={"role": "leader"}, follow_redirects=True)
    assert "plus à prendre" in again.text
    assert giver.post(f"{at}/places/{uid}/garder").status_code == 404
    rows.commit()
    rows.expire_all()
    actions = set(rows.scalars(select(m.AuditEntry.action)))
    assert {"slot.give_back", "slot.take", "plan.edit.leaders", "plan.publish"} <= actions


def test_hours_and_absences_are_changed_by_oneself_only(
    world: World, enter: Enter, make_row: Make, rows: Session, at: str
) -> None:
    theirs = make_row(
        m.BusyPeriod,
        staff=make_row(m.StaffMember),
        starts_at=datetime.now(UTC),
        ends_at=datetime.now(UTC) + timedelta(1),
    )
    rows.commit()
    client = enter(world["staff"])
    page = client.get(f"{at}/disponibilites/horaire").text
    (start, end) = re.findall(r'name="([^"]+-(?:from|to))"', page)[:2]
    assert client.post(f"{at}/disponibilites/horaire", data={start: "09:00", end: "12:00"}).status_code == 302
    assert client.post(f"{at}/disponibilites/horaire", data={start: "12:00", end: "9:00"}).status_code == 422
    day = (today() + timedelta(3)).isoformat()
    form = {"starts_on": day, "ends_on": day, "label": "Congé"}
    assert client.post(f"{at}/disponibilites/absence", data=form).status_code == 302
    assert (
        client.post(f"{at}/disponibilites/absence", data=form | {"ends_on": "2020-01-01"}).status_code == 422
    )
    assert "Congé" in client.get(f"{at}/disponibilites").text
    rows.commit()
    rows.expire_all()
    hours = rows.scalars(select(m.Availability)).one()
    assert (hours.staff_id, hours.weekday, hours.starts, hours.ends) == (
        world["staff"].id,
        0,
        time(9),
        time(12),
    )
    mine = rows.scalars(select(m.BusyPeriod).where(m.BusyPeriod.staff_id == world["staff"].id)).one()
    assert client.post(f"{at}/disponibilites/absence/{theirs.id}/retirer").status_code == 404
    assert client.post(f"{at}/disponibilites/absence/{mine.id}/retirer").status_code == 302
    rows.commit()
    rows.expire_all()
    assert rows.scalars(select(m.BusyPeriod)).all() == [theirs]


def test_hours_against_the_contract(world: World, enter: Enter, rows: Session, at: str) -> None:
    world["staff"].contract_minutes_week = 120
    rows.commit()
    page = enter(world["staff"]).get(f"{at}/heures").text
    assert "+ 1 h" in " ".join(page.split())


def test_a_pair_meets(world: World, enter: Enter, make_row: Make, rows: Session, at: str) -> None:
    person = make_row(m.Participant, first_name="Bilal", last_name="Sarkis")
    pair = make_row(m.MentoringPair, mentor=world["staff"], participant=person)
    foreign = make_row(m.MentoringMeeting)
    held = make_row(
        m.MentoringMeeting,
        pair=pair,
        starts_at=datetime.now(UTC) - timedelta(hours=3),
        ends_at=datetime.now(UTC) - timedelta(hours=1),
    )
    rows.commit()
    client = enter(world["staff"])
    form = {
        "day": (today() + timedelta(2)).isoformat(),
        "starts": "14:00",
        "minutes": "1 h 30",
        "place": "Parc",
    }
    assert client.post(f"{at}/tandems/{pair.id}/proposer", data=form).status_code == 302
    assert client.post(f"{at}/tandems/{pair.id}/proposer", data=form).status_code == 422
    assert client.post(f"{at}/tandems/{foreign.pair_id}/proposer", data=form).status_code == 404
    page = client.get(f"{at}/tandems").text
    assert "Bilal" in page
    assert "Parc" in page
    assert "Sarkis" not in page
    week = client.get(f"{at}/?jour={today() + timedelta(2)}").text
    assert "Rencontre avec Bilal" in week
    assert "Parc" in week
    refused = client.post(
        f"{at}/tandems/rendez-vous/{held.id}/tenu", data={"minutes": "x"}, follow_redirects=True
    )
    assert "Donnez une durée" in refused.text
    assert client.post(f"{at}/tandems/rendez-vous/{held.id}/tenu", data={"minutes": "95"}).status_code == 302
    assert (
        client.post(f"{at}/tandems/rendez-vous/{foreign.id}/tenu", data={"minutes": "9"}).status_code == 404
    )
    assert client.post(f"{at}/tandems/rendez-vous/{foreign.id}/annuler").status_code == 404
    rows.commit()
    rows.expire_all()
    assert (held.state, held.minutes) == ("held", 95)
    coming = rows.scalars(select(m.MentoringMeeting).where(m.MentoringMeeting.place == "Parc")).one()
    assert client.post(f"{at}/tandems/rendez-vous/{coming.id}/annuler").status_code == 302
    rows.commit()
    rows.expire_all()
    assert coming.state == "cancelled"


def test_ones_own_calendar(world: World, enter: Enter, app: Flask, at: str) -> None:
    client = enter(world["staff"])
    page = client.post(f"{at}/agenda").text
    path = re.search(r"/agenda/[\w-]+\.ics", page)
    assert path is not None
    anybody = app.test_client()
    assert "Atelier" in anybody.get(path[0]).text
    assert "en service" in client.get(f"{at}/agenda").text
    assert client.post(f"{at}/agenda/retirer").status_code == 302
    revoked = anybody.get(path[0]).text
    assert "Atelier" not in revoked
    assert "CANCELLED" in revoked


@pytest.mark.parametrize("paper", ["a4", "a3"])
def test_the_week_on_paper(world: World, enter: Enter, app_centre: m.Centre, at: str, paper: str) -> None:
    query = f"jour={world['monday']}&papier={paper}"
    wide = {"a4": b"841.88", "a3": b"1190.55"}[paper]
    mine = enter(world["staff"]).get(f"{at}/semaine.pdf?{query}")
    assert mine.mimetype == "application/pdf"
    assert wide in mine.data
    client = enter(None, m.Role.COORDINATOR)
    theirs = client.get(f"/c/{app_centre.slug}/suivi/personnes/{world['person'].id}/semaine.pdf?{query}")
    assert theirs.mimetype == "application/pdf"
    assert wide in theirs.data


def test_the_week_costs_the_same_for_one_session_and_for_three(
    world: World, enter: Enter, make_row: Make, rows: Session, at: str
) -> None:
    client = enter(world["staff"])

    def cost() -> int:
        with recorded() as queries:
            assert client.get(f"{at}/?jour={world['monday']}").status_code == 200
        return len(queries)

    one = cost()
    for number in (2, 3):
        hold(make_row, world, world["plan"], world["monday"] + timedelta(number), make_row(m.Participant))
    rows.commit()
    assert cost() == one


def test_the_menu_leads_there_for_those_who_work(world: World, enter: Enter, app_centre: m.Centre) -> None:
    def page(member: Any) -> str:
        return enter(member, m.Role.COORDINATOR).get(f"/c/{app_centre.slug}/semaine/").text

    assert "Mon travail" in page(world["staff"])
    assert "Mon travail" not in page(None)

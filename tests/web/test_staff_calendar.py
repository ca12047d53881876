"""Following one's own calendar from the settings."""

from __future__ import annotations

from collections.abc import Callable

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.models import Centre, Membership, Role, StaffCalendar, StaffMember
from tests.factories import making_in

SECRET = "https://agenda.example/prive-jeton/basic.ics"


def test_following_a_calendar_its_error_and_leaving_it(
    rows: Session, app_centre: Centre, sign_in: Callable[..., FlaskClient]
) -> None:
    with making_in(rows, app_centre) as make:
        member = make(StaffMember)
    rows.commit()
    page = f"/c/{app_centre.slug}/reglages/equipe/{member.id}"
    client = sign_in()
    assert client.post(f"{page}/agenda", data={"kind": "ics", "url": "file:///x"}).status_code == 422
    assert client.post(f"{page}/agenda", data={"kind": "ics", "url": SECRET}).status_code == 302
    row = rows.scalars(select(StaffCalendar)).one()
    row.error = "Le serveur ne peut pas être joint."
    rows.commit()
    shown = client.get(page).text
    assert "Le serveur ne peut pas être joint." in shown
    assert "agenda.example" in shown
    assert "prive-jeton" not in shown
    assert client.post(f"{page}/agenda/retirer").status_code == 302
    rows.rollback()
    assert rows.scalars(select(StaffCalendar)).all() == []


def test_others_change_their_own_calendar_only(
    rows: Session, app_centre: Centre, sign_in: Callable[..., FlaskClient]
) -> None:
    with making_in(rows, app_centre) as make:
        mine, other = make(StaffMember), make(StaffMember)
    rows.commit()
    client = sign_in(Role.ANIMATEUR)
    membership = rows.scalars(select(Membership)).one()
    membership.staff_id = mine.id
    rows.commit()
    page = f"/c/{app_centre.slug}/reglages/equipe"
    assert client.post(f"{page}/{other.id}/agenda", data={"kind": "ics", "url": SECRET}).status_code == 404
    assert client.post(f"{page}/{mine.id}/agenda", data={"kind": "ics", "url": SECRET}).status_code == 302
    rows.rollback()
    assert [row.staff_id for row in rows.scalars(select(StaffCalendar))] == [mine.id]
    row = rows.scalars(select(StaffCalendar)).one()
    row.error = "Ce n'est pas un agenda au format ICS."
    rows.commit()
    assert "format ICS" in client.get(f"{page}/{mine.id}/agenda").text

"""Changing a session by form: judged first, stored after, named when it breaks a rule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.edit import EditResult
from scheduler.edit_acts import Act
from solver.verify import Breach
from tests.factories import Make
from tests.planning import World, hold
from tests.queries import recorded
from tests.web.week_rows import draft, publish

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def here(at: str, world: World) -> str:
    return f"{at}seances/{world['row'].id}"


def stored(rows: Session, world: World) -> m.GroupSession:
    """The session of the world as it is stored now."""
    rows.expire_all()
    rows.commit()
    found: m.GroupSession = rows.get_one(m.GroupSession, world["row"].id)
    return found


def place(world: World) -> str:
    return f"{world['site'].id}:{world['room'].id}"


def test_the_page_shows_who_is_expected_and_what_can_be_done(client: FlaskClient, here: str) -> None:
    page = client.get(here).text
    assert "Amina Haddad" in page
    assert "Brouillon v1, pas encore annoncé" in page
    for act in ("deplacer", "annuler", "verrouiller", "animateurs", "personnes/ajouter", "personnes/retirer"):
        assert f'action="{here}/{act}"' in page


def test_a_session_is_moved(client: FlaskClient, rows: Session, world: World, here: str) -> None:
    day = world["monday"] + timedelta(3)
    data = {"version": 1, "day": str(day), "starts": "13:30", "place": place(world)}
    answer = client.post(f"{here}/deplacer", data=data, follow_redirects=True)
    assert answer.status_code == 200
    assert "La séance est déplacée." in answer.text
    row = stored(rows, world)
    assert (row.day, row.locked) == (day, True)


def test_a_breach_is_told_and_nothing_is_stored_until_it_is_overridden(
    client: FlaskClient, rows: Session, make_row: Make, world: World, here: str
) -> None:
    course = make_row(m.Course, starts_on=world["monday"], ends_on=world["monday"] + timedelta(30))
    make_row(m.CourseMeeting, course=course, weekday=3)
    make_row(m.CourseEnrolment, course=course, participant=world["person"])
    rows.commit()
    day = world["monday"] + timedelta(3)
    data = {"version": 1, "day": str(day), "starts": "09:00", "place": place(world)}
    refused = client.post(f"{here}/deplacer", data=data)
    assert refused.status_code == 422
    assert "Amina Haddad est pris·e de" in refused.text
    assert "Enregistrer quand même" in refused.text
    assert f'value="{day}"' in refused.text
    assert stored(rows, world).day == world["tuesday"]

    kept = client.post(f"{here}/deplacer", data={**data, "override": "1"}, follow_redirects=True)
    assert "Enregistré malgré : cours ou autre engagement." in kept.text
    assert "Enregistrée malgré une règle" in kept.text
    assert stored(rows, world).overrides == ["busy"]
    assert [entry["rule"] for entry in rows.get_one(m.Plan, world["plan"].id).overridden] == ["busy"]


def test_what_can_never_be_overridden_offers_no_button(
    client: FlaskClient, rows: Session, world: World, here: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = Breach(
        rule="lock",
        message="x",
        params={"activity": f"a{world['activity'].id}", "start": "132", "reason": "start"},
    )

    def judged(
        _session: Session, _centre: m.Centre, plan: m.Plan, act: Act, *_: Any, **__: Any
    ) -> EditResult:
        return EditResult(plan=plan, uid=world["row"].uid, breaches=(locked,), stored=False)

    monkeypatch.setattr("web.week.acts.edit", judged)
    answer = client.post(f"{here}/verrouiller", data={"version": 1, "locked": 1, "override": "1"})
    assert answer.status_code == 422
    assert "est verrouillée et ne peut pas changer ainsi" in answer.text
    assert "Cette règle ne peut pas être mise de côté." in answer.text
    assert "Enregistrer quand même" not in answer.text
    assert not stored(rows, world).locked


def test_an_overtaken_form_keeps_what_was_typed(
    client: FlaskClient, rows: Session, world: World, here: str
) -> None:
    lock = client.post(f"{here}/verrouiller", data={"version": 1, "locked": 1})
    assert lock.status_code == 302
    day = world["monday"] + timedelta(2)
    data = {"version": 1, "day": str(day), "starts": "13:30", "place": place(world)}
    answer = client.post(f"{here}/deplacer", data=data)
    assert answer.status_code == 409
    assert "vient de modifier cette séance" in answer.text
    assert f'value="{day}"' in answer.text
    assert 'value="13:30"' in answer.text
    assert stored(rows, world).day == world["tuesday"]
    again = client.post(f"{here}/deplacer", data={**data, "version": 2})
    assert again.status_code == 302


@pytest.mark.parametrize(
    ("act", "data", "text"),
    [
        ("deplacer", {"day": "jamais", "starts": "09:00"}, "Choisissez un jour."),
        ("deplacer", {"day": "2020-01-06", "starts": "09:00"}, ""),
        ("deplacer", {"starts": "midi"}, "Écrivez une heure"),
        ("deplacer", {"starts": "09:07"}, "multiple de 15 minutes"),
        ("deplacer", {"starts": "23:00"}, "le même jour"),
        ("deplacer", {"place": "ici"}, "Faites un choix"),
        ("personnes/ajouter", {"person": ""}, ""),
    ],
)
def test_bad_input_changes_nothing(
    client: FlaskClient, rows: Session, world: World, here: str, act: str, data: dict[str, Any], text: str
) -> None:
    given = {"version": 1, "day": str(world["tuesday"]), "starts": "09:00", "place": place(world), **data}
    answer = client.post(f"{here}/{act}", data=given)
    assert answer.status_code in (404, 422)
    assert text in answer.text.replace("&#39;", "'")
    assert stored(rows, world).version == 1


def test_rows_that_do_not_exist_are_not_found(client: FlaskClient, world: World, here: str, at: str) -> None:
    data = {"version": 1, "day": str(world["tuesday"]), "starts": "09:00", "place": "999999:"}
    assert client.post(f"{here}/deplacer", data=data).status_code == 404
    assert client.post(f"{here}/personnes/ajouter", data={"version": 1, "person": 999999}).status_code == 404
    assert client.get(f"{at}seances/999999").status_code == 404


def test_a_session_is_cancelled_and_restored(
    client: FlaskClient, rows: Session, world: World, here: str
) -> None:
    answer = client.post(
        f"{here}/annuler", data={"version": 1, "reason": "Grève des bus"}, follow_redirects=True
    )
    assert "Annulée : Grève des bus" in answer.text
    assert "Rétablir la séance" in answer.text
    row = stored(rows, world)
    assert row.cancelled_at is not None
    back = client.post(f"{here}/retablir", data={"version": row.version}, follow_redirects=True)
    assert "La séance est rétablie." in back.text
    assert stored(rows, world).cancelled_at is None


def test_people_are_added_locked_and_taken_out(
    client: FlaskClient, rows: Session, make_row: Make, world: World, here: str
) -> None:
    other = make_row(m.Participant, first_name="Bilal")
    make_row(m.Enrolment, programme=world["programme"], participant=other)
    rows.commit()
    added = client.post(
        f"{here}/personnes/ajouter", data={"version": 1, "person": other.id}, follow_redirects=True
    )
    assert "Bilal Essai est dans la séance." in added.text
    version = stored(rows, world).version
    freed = client.post(
        f"{here}/personnes/verrouiller",
        data={"version": version, "person": other.id, "locked": 0},
        follow_redirects=True,
    )
    assert "peut changer de séance" in freed.text
    gone = client.post(
        f"{here}/personnes/retirer",
        data={"version": stored(rows, world).version, "person": other.id},
        follow_redirects=True,
    )
    assert "plus dans la séance" in gone.text
    assert "Retirées à la main" in gone.text
    seats = {x.participant_id: x.excluded for x in stored(rows, world).attendances}
    assert seats == {world["person"].id: False, other.id: True}


def test_somebody_without_a_need_is_named(
    client: FlaskClient, rows: Session, make_row: Make, world: World, here: str
) -> None:
    stranger = make_row(m.Participant, first_name="Chiara")
    rows.commit()
    data = {"version": 1, "person": stranger.id}
    answer = client.post(f"{here}/personnes/ajouter", data=data)
    assert answer.status_code == 422
    assert "Rien dans le parcours de Chiara Essai" in answer.text
    assert f'value="{stranger.id}" selected' in answer.text
    forced = client.post(f"{here}/personnes/ajouter", data={**data, "override": 1}, follow_redirects=True)
    assert "Chiara Essai est dans la séance." in forced.text


def test_the_leader_is_changed(
    client: FlaskClient, rows: Session, make_row: Make, world: World, here: str
) -> None:
    tom = make_row(m.StaffMember, first_name="Tom")
    rows.commit()
    answer = client.post(
        f"{here}/animateurs", data={"version": 1, "role-leader": tom.id}, follow_redirects=True
    )
    assert "équipe de la séance est à jour" in answer.text
    assert [x.staff_id for x in stored(rows, world).leaders] == [tom.id]
    nobody = client.post(
        f"{here}/animateurs", data={"version": stored(rows, world).version, "role-leader": ""}
    )
    assert nobody.status_code == 422
    assert "au lieu de 1" in nobody.text


def test_the_last_act_is_taken_back(
    client: FlaskClient, rows: Session, world: World, here: str, at: str
) -> None:
    client.post(f"{here}/verrouiller", data={"version": 1, "locked": 1})
    assert stored(rows, world).locked
    answer = client.post(f"{at}versions/1/defaire", follow_redirects=True)
    assert "Le dernier changement est défait." in answer.text
    assert not stored(rows, world).locked
    assert client.post(f"{at}versions/1/defaire").status_code == 422


def test_an_act_on_a_published_week_opens_a_draft(
    client: FlaskClient, rows: Session, world: World, here: str
) -> None:
    publish(rows, world["plan"])
    assert "le premier changement ouvre un nouveau brouillon" in client.get(here).text
    answer = client.post(f"{here}/verrouiller", data={"version": 1, "locked": 1}, follow_redirects=True)
    assert "La version publiée reste telle quelle" in answer.text
    assert "nouveau brouillon v2" in answer.text
    assert not stored(rows, world).locked
    made = rows.scalars(select(m.Plan).where(m.Plan.number == 2)).one()
    assert made.state == m.PlanState.DRAFT
    assert [s.locked for s in made.sessions] == [True]

    assert "Un brouillon (v2) est ouvert" in client.get(here).text
    stale = client.post(f"{here}/verrouiller", data={"version": 1, "locked": 1})
    assert stale.status_code == 409
    rows.commit()
    assert len(rows.scalars(select(m.Plan)).all()) == 2


def test_old_versions_are_never_edited(
    client: FlaskClient, rows: Session, make_row: Make, world: World, here: str
) -> None:
    publish(rows, world["plan"])
    newer = draft(make_row, world, 2)
    publish(rows, newer, 2)
    world["plan"].state = m.PlanState.SUPERSEDED
    rows.commit()
    page = client.get(here).text
    assert "à lire seulement" in page
    assert "deplacer" not in page


def test_a_session_is_added(client: FlaskClient, rows: Session, world: World, at: str) -> None:
    day = world["monday"] + timedelta(8)
    form = client.get(f"{at}ajouter?jour={world['monday']}&activity={world['activity'].id}").text
    assert "heures prévues : 09:00, 13:30" in form
    data = {
        "activity": world["activity"].id,
        "day": str(day),
        "starts": "13:30",
        "place": place(world),
        "role-leader": world["staff"].id,
    }
    answer = client.post(f"{at}ajouter", data=data, follow_redirects=True)
    assert "La séance « Atelier » est ajoutée." in answer.text
    rows.commit()
    added = rows.scalars(select(m.GroupSession).where(m.GroupSession.day == day)).one()
    assert (added.plan_id, added.locked) == (world["plan"].id, True)

    clash = client.post(f"{at}ajouter", data=data)
    assert clash.status_code == 422
    assert "Enregistrer quand même" in clash.text
    past = client.post(f"{at}ajouter", data={**data, "day": "2020-01-06"})
    assert past.status_code == 422
    assert "Ce jour est déjà passé." in past.text
    assert client.post(f"{at}ajouter", data={"activity": 999999}).status_code == 422


def test_a_session_in_an_unplanned_week_opens_a_draft_of_it(
    client: FlaskClient, rows: Session, world: World, at: str
) -> None:
    day = world["monday"] + timedelta(28)
    data = {
        "activity": world["activity"].id,
        "day": str(day),
        "starts": "09:00",
        "place": place(world),
        "role-leader": world["staff"].id,
    }
    answer = client.post(f"{at}ajouter", data=data, follow_redirects=True)
    assert answer.status_code == 200
    rows.commit()
    made = rows.scalars(select(m.Plan).where(m.Plan.number == 2)).one()
    assert (made.first_day, made.last_day) == (day, day + timedelta(6))


def test_nobody_else_may_change_anything(sign_in: SignIn, world: World, here: str) -> None:
    for role in (m.Role.ANIMATEUR, m.Role.DIRECTOR):
        client = sign_in(role)
        assert client.post(f"{here}/verrouiller", data={"version": 1, "locked": 1}).status_code == 403


def test_the_page_costs_the_same_for_one_person_and_for_three(
    client: FlaskClient, rows: Session, make_row: Make, world: World, here: str
) -> None:
    client.get(here)
    with recorded() as one:
        client.get(here)
    for _ in range(2):
        make_row(m.Attendance, session=world["row"], participant=make_row(m.Participant))
        make_row(m.StaffMember)
    hold(make_row, world, world["plan"], world["monday"])
    rows.commit()
    with recorded() as three:
        client.get(here)
    assert len(three) == len(one)

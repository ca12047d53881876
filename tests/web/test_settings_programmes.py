"""Programmes in the pages: start from a file, change each part, refuse what would break it, export."""

from __future__ import annotations

from collections.abc import Callable
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.models import Activity, ActivityOrder, Centre, DemandRule, Phase, Programme
from scheduler.programmes import (
    available_programmes,
    export_programme,
    load_programme_file,
    load_programme_text,
)
from tests.queries import recorded
from tests.web import centre_rows as make

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def base(app_centre: Centre) -> str:
    """Address of the programmes."""
    return f"/c/{app_centre.slug}/reglages/programmes"


@pytest.fixture
def amie(rows: Session, app_centre: Centre, sign_in: SignIn, base: str) -> Programme:
    """AMIE, installed from its file through the page."""
    assert sign_in().post(f"{base}/fichiers/amie").status_code == 302
    return make.look(rows).scalars(select(Programme)).one()


def fields_of(page: str) -> dict[str, Any]:
    """Return what a browser would send of the form in a page."""
    from lxml import html

    form = next(form for form in html.fromstring(page).forms if "Enregistrer" in form.text_content())
    sent: dict[str, Any] = {}
    for name, value in form.form_values():
        sent.setdefault(name, []).append(value)
    return sent


@pytest.mark.parametrize("key", [each.key for each in available_programmes()])
def test_every_file_can_be_installed_shown_and_exported_unchanged(
    rows: Session, app_centre: Centre, sign_in: SignIn, base: str, key: str
) -> None:
    client = sign_in()
    assert client.post(f"{base}/fichiers/{key}").status_code == 302
    programme = make.look(rows).scalars(select(Programme)).one()
    page = client.get(f"{base}/{programme.id}")
    assert page.status_code == 200
    text = unescape(page.text)
    for activity in programme.activities:
        assert activity.name in text
    for demand in programme.demand_rules:
        assert demand.label in text
    exported = client.get(f"{base}/{programme.id}/export")
    file = next(each for each in available_programmes() if each.key == key)
    assert load_programme_text(exported.text) == load_programme_file(file.path)


def test_sentences_say_what_amie_asks(rows: Session, amie: Programme, sign_in: SignIn, base: str) -> None:
    text = unescape(sign_in().get(f"{base}/{amie.id}").text)
    for sentence in (
        "1 séance par semaine, de 3 h, dont 15 min de pause.",
        "Débuts possibles : mer. ven. 13:30.",
        "Jours alternés d'une semaine à l'autre.",
        "1 à 2 séances de « Séance de groupe » par quinzaine",
        "Rendez-vous individuel de 1 h.",
    ):
        assert sentence in text


def test_a_programmes_page_costs_the_same_whatever_is_in_it(
    rows: Session, app_centre: Centre, amie: Programme, sign_in: SignIn, base: str
) -> None:
    small = make.programme(rows, app_centre)
    client = sign_in()
    counts = []
    for programme in (small, amie):
        with recorded() as statements:
            assert client.get(f"{base}/{programme.id}").status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1]


def test_every_form_saved_as_it_opens_changes_nothing(
    rows: Session, amie: Programme, sign_in: SignIn, base: str
) -> None:
    client, here = sign_in(), f"{base}/{amie.id}"
    before = export_programme(amie)
    parts = [f"phases/{each.id}" for each in amie.phases]
    parts += [f"activites/{each.id}" for each in amie.activities]
    parts += [f"besoins/{each.id}" for each in amie.demand_rules]
    parts += [f"regles/{each['key']}" for each in amie.rules] + ["modifier"]
    for part in parts:
        page = client.get(f"{here}/{part}")
        answer = client.post(f"{here}/{part}", data=fields_of(page.text))
        assert answer.status_code == 302, (part, answer.text)
    make.look(rows).expire_all()
    assert export_programme(rows.get_one(Programme, amie.id)) == before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"seats_min": "20"}, "seats_max"),
        ({"duration_minutes": "100 min"}, "duration_minutes"),
        ({"duration_minutes": "longtemps"}, "duration_minutes"),
        ({"times": "mercredi après-midi"}, "times"),
        ({"times": ""}, "times"),
        ({"sessions_min": "3", "sessions_max": "1"}, "sessions_max"),
        ({"subgroup_min": "3"}, "subgroup_max"),
        ({"name": ""}, "name"),
    ],
)
def test_an_activity_that_cannot_be_is_refused_near_its_field(
    rows: Session, amie: Programme, sign_in: SignIn, base: str, changes: dict[str, str], field: str
) -> None:
    client = sign_in()
    activity = next(each for each in amie.activities if each.key == "group_session")
    address = f"{base}/{amie.id}/activites/{activity.id}"
    before = export_programme(amie)
    answer = client.post(address, data=fields_of(client.get(address).text) | changes)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    make.look(rows).expire_all()
    assert export_programme(rows.get_one(Programme, amie.id)) == before


def test_parts_are_added_and_deleted(rows: Session, amie: Programme, sign_in: SignIn, base: str) -> None:
    client, here = sign_in(), f"{base}/{amie.id}"

    def add(part: str, **changes: Any) -> None:
        fields = fields_of(client.get(f"{here}/{part}/ajouter").text)
        answer = client.post(f"{here}/{part}/ajouter", data=fields | changes)
        assert answer.status_code == 302, answer.text

    add("phases", name="Suivi", weeks="8", place="2")
    add("activites", name="Café des parents", duration_minutes="2 h", times="lun mar 9:00, 10:30")
    add("besoins", label="Un café par mois", activity_keys=["cafe_des_parents"], period_weeks="4")
    add("ordres", first_key="intake", kind="before", second_key="cafe_des_parents")
    add("regles", kind="note", text="Le café est offert.")
    add("compteurs", name="Heures de café", target_minutes="20 h", activities=["cafe_des_parents"])
    make.look(rows).expire_all()
    programme = rows.get_one(Programme, amie.id)
    assert [each.name for each in programme.phases][1] == "Suivi"
    cafe = next(each for each in programme.activities if each.key == "cafe_des_parents")
    assert cafe.times == [{"weekdays": [0, 1], "starts": ["09:00", "10:30"]}]
    assert "L'activité" not in client.get(here).text
    page = client.post(f"{here}/activites/{cafe.id}/supprimer", follow_redirects=True).text
    assert "alert-danger" in page
    assert make.look(rows).get(Activity, cafe.id) is not None
    demand = rows.scalars(select(DemandRule).where(DemandRule.label == "Un café par mois")).one()
    order = rows.scalars(select(ActivityOrder).where(ActivityOrder.second_key == "cafe_des_parents")).one()
    rules = {each["text"]: each["key"] for each in programme.rules}
    for part in (
        f"besoins/{demand.id}",
        f"ordres/{order.id}",
        f"regles/{rules['Le café est offert.']}",
        "compteurs/heures_de_cafe",
        f"activites/{cafe.id}",
    ):
        page = client.post(f"{here}/{part}/supprimer", follow_redirects=True).text
        assert "alert-success" in page, part
    make.look(rows).expire_all()
    assert rows.scalars(select(Activity).where(Activity.key == "cafe_des_parents")).all() == []


def test_a_phase_with_people_in_it_stays(
    rows: Session, app_centre: Centre, amie: Programme, sign_in: SignIn, base: str
) -> None:
    make.enrol(rows, make.person(rows, app_centre), amie)
    phase = amie.phases[0]
    page = sign_in().post(f"{base}/{amie.id}/phases/{phase.id}/supprimer", follow_redirects=True).text
    assert "1 personnes sont encore dans la phase" in page
    assert make.look(rows).get(Phase, phase.id) is not None


def test_two_people_cannot_change_one_programme_unseen(
    rows: Session, amie: Programme, sign_in: SignIn, base: str
) -> None:
    client, here = sign_in(), f"{base}/{amie.id}"
    first = fields_of(client.get(f"{here}/modifier").text)
    second = fields_of(client.get(f"{here}/phases/{amie.phases[0].id}").text)
    assert client.post(f"{here}/modifier", data=first | {"summary": "Autre résumé"}).status_code == 302
    answer = client.post(f"{here}/phases/{amie.phases[0].id}", data=second | {"name": "Mon nom"})
    assert answer.status_code == 409
    assert "Mon nom" in answer.text


def test_own_changes_are_not_lost_to_the_file_unasked(
    rows: Session, amie: Programme, sign_in: SignIn, base: str
) -> None:
    client = sign_in()
    fields = fields_of(client.get(f"{base}/{amie.id}/modifier").text)
    client.post(f"{base}/{amie.id}/modifier", data=fields | {"name": "AMIE à nous"})
    answer = client.post(f"{base}/fichiers/amie")
    assert answer.status_code == 422
    assert "a été modifié dans le centre" in answer.text
    assert client.post(f"{base}/fichiers/amie", data={"overwrite": "1"}).status_code == 302
    make.look(rows).refresh(amie)
    assert amie.name == "AMIE"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", ""),
        (b"\xff\xfe\x00", "UTF-8"),
        (b"key: [", ""),
        (b"key: x\nname: X\nactivities: []\nsurprise: 1", "surprise"),
        (b"a" * 200_001, "trop grand"),
    ],
)
def test_files_that_are_no_programme_are_refused(
    rows: Session, app_centre: Centre, sign_in: SignIn, base: str, content: bytes, words: str
) -> None:
    answer = sign_in().post(f"{base}/fichiers", data={"file": (BytesIO(content), "p.yaml")})
    assert answer.status_code == 422
    assert words in answer.text
    assert make.look(rows).scalars(select(Programme)).all() == []


def test_an_exported_file_starts_another_centre(
    rows: Session, amie: Programme, sign_in: SignIn, base: str
) -> None:
    exported = sign_in().get(f"{base}/{amie.id}/export").get_data()
    other = make.other_centre(rows)
    client = sign_in(centre=other)
    answer = client.post(
        f"/c/{other.slug}/reglages/programmes/fichiers", data={"file": (BytesIO(exported), "amie.yaml")}
    )
    assert answer.status_code == 302
    assert len(make.look(rows).scalars(select(Programme).where(Programme.key == "amie")).all()) == 2


def test_out_of_use_and_back(rows: Session, amie: Programme, sign_in: SignIn, base: str) -> None:
    client, here = sign_in(), f"{base}/{amie.id}"
    assert client.post(f"{here}/service/non").status_code == 302
    make.look(rows).refresh(amie)
    assert not amie.active
    client.get(here)
    assert f"/programmes/{amie.id}" not in client.get(f"{base}/").text
    assert f"/programmes/{amie.id}" in client.get(f"{base}/?actif=non").text
    assert client.post(f"{here}/service/oui").status_code == 302


def test_what_the_centre_lacks_is_said(rows: Session, amie: Programme, sign_in: SignIn, base: str) -> None:
    text = unescape(sign_in().get(f"{base}/{amie.id}").text)
    assert "Ce qui manque au centre ou au programme" in text
    assert "« Séance de groupe », leader : il faut 1 personne(s) pour ce rôle" in text

"""Publishing, and reading versions: what changes for whom, and nothing edited afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import Message, MessageKind
from scheduler import models as m
from tests.factories import Make
from tests.planning import World, hold
from tests.queries import recorded
from tests.web.week_rows import draft, publish

SignIn = Callable[..., FlaskClient]


def plan_now(rows: Session, world: World) -> m.Plan:
    rows.expire_all()
    rows.commit()
    found: m.Plan = rows.get_one(m.Plan, world["plan"].id)
    return found


def test_the_page_says_what_changes_for_whom(client: FlaskClient, world: World, at: str) -> None:
    page = client.get(f"{at}publier/1").text
    # What was never published before is left to the reminders.
    assert "annoncer" not in page
    assert "attend les rappels" in page
    assert "nouvelle : 1" in page
    assert "Amina Haddad" in page
    assert "Nadia" in page


def test_a_draft_is_published_once(client: FlaskClient, rows: Session, world: World, at: str) -> None:
    answer = client.post(f"{at}publier/1", follow_redirects=True)
    assert "La version v1 est publiée. La semaine de 1 personne change." in answer.text
    assert "Publié v1" in answer.text
    assert plan_now(rows, world).publication == 1
    again = client.post(f"{at}publier/1")
    assert again.status_code == 422
    assert client.get(f"{at}publier/1").location.endswith("versions/1")


def test_those_whom_a_publication_touches_get_a_message_in_its_transaction(
    client: FlaskClient, rows: Session, make_row: Make, world: World, at: str
) -> None:
    client.post(f"{at}publier/1")
    assert rows.scalars(select(Message)).all() == []
    person = world["person"]
    person.phone = "+32470123456"
    later = draft(make_row, world, 2, basis=1)
    room = make_row(m.Room, site=world["site"], name="Salle 9")
    hold(make_row, world, later, world["tuesday"], person, uid=world["row"].uid, room=room)
    rows.commit()
    page = client.get(f"{at}publier/2").text
    assert "Publier et annoncer à 1 personne" in page
    assert "attend les rappels" not in page
    answer = client.post(f"{at}publier/2", follow_redirects=True)
    assert "1 message l&#39;annonce." in answer.text
    (sent,) = rows.scalars(select(Message)).all()
    assert (sent.kind, sent.participant_id) == (MessageKind.CHANGE, person.id)
    assert "Salle 9" in sent.body
    assert "/moi/m." in sent.facts["link"]


def test_what_the_next_version_changes_is_told_by_session_and_by_person(
    client: FlaskClient, rows: Session, make_row: Make, world: World, at: str
) -> None:
    publish(rows, world["plan"])
    later = draft(make_row, world, 2, basis=1)
    other = make_row(m.Participant, first_name="Bilal")
    room = make_row(m.Room, site=world["site"], name="Salle 9")
    hold(make_row, world, later, world["tuesday"], other, uid=world["row"].uid, room=room)
    rows.commit()
    page = client.get(f"{at}versions/2").text
    for text in (
        "autre lieu : 1",
        "autres inscrits : 1",
        "Salle 1 → ",
        "Salle 9",
        "Bilal Essai",
        "Amina Haddad",
    ):
        assert text in page, text
    assert "1 changement<" in client.get(f"{at}?jour={world['monday']}").text


def test_a_draft_overtaken_by_another_publication_is_refused(
    client: FlaskClient, rows: Session, make_row: Make, world: World, at: str
) -> None:
    other = draft(make_row, world, 2)
    publish(rows, other)
    page = client.get(f"{at}publier/1").text
    assert "La version v2 a été publiée entre-temps" in page
    assert "Publier et annoncer" not in page
    answer = client.post(f"{at}publier/1")
    assert answer.status_code == 409
    assert plan_now(rows, world).state == m.PlanState.DRAFT


def test_rules_broken_by_new_data_must_be_acknowledged(
    client: FlaskClient, rows: Session, make_row: Make, world: World, at: str
) -> None:
    make_row(m.Availability, participant=world["person"], weekday=1)
    rows.commit()
    page = client.get(f"{at}publier/1").text
    assert "Amina Haddad est pris·e" in page
    assert 'name="acknowledged"' in page
    refused = client.post(f"{at}publier/1")
    assert refused.status_code == 422
    assert plan_now(rows, world).state == m.PlanState.DRAFT
    done = client.post(f"{at}publier/1", data={"acknowledged": "1"}, follow_redirects=True)
    assert "est publiée" in done.text
    assert plan_now(rows, world).overridden[0]["rule"] == "busy"


def test_every_version_stays_readable(
    client: FlaskClient, rows: Session, make_row: Make, world: World, at: str
) -> None:
    publish(rows, world["plan"])
    newer = draft(make_row, world, 2, basis=1)
    publish(rows, newer, 2)
    world["plan"].state = m.PlanState.SUPERSEDED
    rows.commit()
    listed = client.get(f"{at}versions").text
    assert "remplacée" in listed
    assert "publiée" in listed
    old = client.get(f"{at}?jour={world['monday']}&version=1").text
    assert "Version v1" in old
    assert "Salle 1" in old
    assert "Salle 1" not in client.get(f"{at}?jour={world['monday']}").text
    assert client.get(f"{at}versions/1").status_code == 200
    assert client.get(f"{at}versions/99").status_code == 404


def test_a_version_tells_every_term_and_the_bound(client: FlaskClient, world: World, at: str) -> None:
    page = client.get(f"{at}versions/1").text.replace("\u202f", " ").replace("\xa0", " ")
    for text in ("Obligations légales", "Minimums", "Stabilité", "5,00 %", "Borne", "95,0 %", "1 000"):
        assert text in page, text


def test_a_draft_is_put_aside(client: FlaskClient, rows: Session, world: World, at: str) -> None:
    answer = client.post(f"{at}versions/1/abandonner", follow_redirects=True)
    assert "est abandonné" in answer.text
    assert plan_now(rows, world).state == m.PlanState.DISCARDED
    assert client.post(f"{at}versions/1/abandonner").status_code == 422
    assert client.get(f"{at}versions/1").status_code == 200


def test_what_is_unmet_is_listed_and_narrowed(client: FlaskClient, world: World, at: str) -> None:
    page = client.get(f"{at}versions/1/a-placer").text.replace("\xa0", " ")
    assert "Amina Haddad" in page
    assert "« Atelier » est complet" in page
    assert "Ouvrir le centre le" in page
    assert "Amina Haddad" in client.get(f"{at}versions/1/a-placer?q=hadd").text
    for query in ("q=personne", "programme=999", "q=%00"):
        answer = client.get(f"{at}versions/1/a-placer?{query}")
        assert answer.status_code == 200
        assert "Amina Haddad" not in answer.text or query == "q=%00"
    assert "Amina" in client.get(f"{at}versions/1/a-placer?manque=minimum&page=50").text


def test_pages_cost_the_same_for_one_row_and_for_three(
    client: FlaskClient, rows: Session, make_row: Make, world: World, at: str
) -> None:
    addresses = [f"{at}versions", f"{at}versions/1", f"{at}versions/1/a-placer", f"{at}planifier"]
    before = []
    for address in addresses:
        client.get(address)
        with recorded() as statements:
            assert client.get(address).status_code == 200
        before.append(len(statements))
    for n in (2, 3):
        draft(make_row, world, n)
        make_row(m.PlanRun, state=m.RunState.DONE)
        hold(make_row, world, world["plan"], world["monday"] + timedelta(n), make_row(m.Participant))
    rows.commit()
    for address, count in zip(addresses, before, strict=True):
        with recorded() as statements:
            client.get(address)
        assert len(statements) == count, address

"""How people are reached, on their page and for everybody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.contacts import learn, opt_out
from notifications.models import AddressState, ChannelKind, ContactAddress, ContactChoice
from scheduler.models import Centre, Participant, Role
from scheduler.settings import not_estimated
from tests.factories import Make, making_in

NUMBER = "+32470123456"

#: What a browser sends of an order in which nothing was chosen.
NOTHING = {"first": "", "second": "", "third": "", "fourth": ""}


@pytest.fixture
def make(rows: Session, app_centre: Centre) -> Iterator[Make]:
    with making_in(rows, app_centre) as function:
        yield function


@pytest.fixture
def person(rows: Session, make: Make) -> Participant:
    row: Participant = make(
        Participant, first_name="Amina", last_name="Haddad", phone=NUMBER, email="amina@example.org"
    )
    rows.commit()
    return row


def test_the_order_of_channels_is_changed_on_a_persons_page(
    rows: Session, app_centre: Centre, person: Participant, sign_in: Callable[..., FlaskClient]
) -> None:
    client = sign_in()
    file = f"/c/{app_centre.slug}/personnes/{person.id}/"
    assert "Comme tout le monde" in client.get(file).text
    page = client.get(f"{file}contact").text
    assert "Comment joindre Amina" in page
    order = {"first": "voice", "second": "voice", "third": "email"}
    chosen = {**NOTHING, **order, "exempt": "y", "version": "0"}
    assert client.post(f"{file}contact", data=chosen).status_code == 302
    row = rows.scalars(select(ContactChoice)).one()
    assert (row.channels, row.exempt) == (["voice", "email"], True)
    shown = client.get(file).text
    assert "Ne reçoit pas de rappels" in shown
    assert "Veut être joint" in shown
    stale = client.post(f"{file}contact", data={**chosen, "first": "sms", "version": "7"})
    assert stale.status_code == 409
    assert client.post(f"{file}contact", data={"first": "pigeon"}).status_code == 422
    assert client.post(f"{file}contact", data={**NOTHING, "version": str(row.version)}).status_code == 302
    rows.commit()
    rows.refresh(row)
    assert (row.channels, row.exempt) == ([], False)


@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_absences_are_not_estimated_of_who_asks_for_it(
    rows: Session, app_centre: Centre, person: Participant, sign_in: Callable[..., FlaskClient]
) -> None:
    client, address = sign_in(), f"/c/{app_centre.slug}/personnes/{person.id}/contact"
    box = re.compile(r'<input[^>]*name="not_estimated"[^>]*>')

    def ticked() -> bool:
        (field,) = box.findall(client.get(address).text)
        return " checked" in field

    assert not ticked()
    assert client.post(address, data={**NOTHING, "not_estimated": "y", "version": "0"}).status_code == 302
    rows.refresh(app_centre)
    assert not_estimated(app_centre) == {person.id}
    assert ticked()
    version = str(rows.scalars(select(ContactChoice.version)).one())
    assert client.post(address, data={**NOTHING, "version": version}).status_code == 302
    rows.commit()
    rows.refresh(app_centre)
    assert not_estimated(app_centre) == set()
    assert not ticked()


def test_an_address_that_waits_is_settled_with_one_click(
    rows: Session, app_centre: Centre, person: Participant, sign_in: Callable[..., FlaskClient], make: Make
) -> None:
    now = datetime.now(UTC)
    learn(rows, app_centre.id, ChannelKind.SMS, NUMBER, "30005", now)
    opt_out(rows, app_centre.id, ChannelKind.WHATSAPP, NUMBER, now)
    other = make(Participant, phone="+32470999999")
    rows.commit()
    dead, silent = rows.scalars(select(ContactAddress).order_by(ContactAddress.id)).all()
    client, base = sign_in(), f"/c/{app_centre.slug}"
    file = f"{base}/personnes/{person.id}/"
    assert "Demandez le nouveau numéro" in client.get(file).text
    listed = client.get(f"{base}/messages/contacts").text
    assert listed.count("Amina Haddad") == 2
    assert client.post(f"{base}/personnes/{other.id}/contact/{dead.id}/vu").status_code == 404
    assert client.post(f"{file}contact/{dead.id}/vu").location.endswith("#s-contact")
    assert client.post(f"{base}/messages/contacts/{silent.id}/utiliser").status_code == 302
    for row in (dead, silent):
        rows.refresh(row)
        assert row.settled_at is not None
    assert (dead.state, silent.state) == (AddressState.UNREACHABLE, AddressState.USABLE)
    assert "Amina" not in client.get(f"{base}/messages/contacts").text
    assert "Demandez le nouveau numéro" not in client.get(file).text


def test_a_director_sees_that_something_waits_but_not_whom(
    rows: Session, app_centre: Centre, person: Participant, sign_in: Callable[..., FlaskClient]
) -> None:
    learn(rows, app_centre.id, ChannelKind.SMS, NUMBER, "30005", datetime.now(UTC))
    rows.commit()
    page = sign_in(Role.DIRECTOR).get(f"/c/{app_centre.slug}/messages/contacts").text
    assert "1 personne" in page
    assert "Amina" not in page
    assert "123456" not in page.replace(" ", "")


def test_a_centre_chooses_its_channels_and_senders(
    app: Flask, rows: Session, app_centre: Centre, sign_in: Callable[..., FlaskClient]
) -> None:
    app.config.update(
        TWILIO_ACCOUNT_SID="AC" + "0" * 32, TWILIO_AUTH_TOKEN="top-secret", PUBLIC_URL="https://s.example"
    )
    client, base = sign_in(), f"/c/{app_centre.slug}/messages/contacts"
    page = client.get(base).text
    assert "https://s.example/messages/twilio/inbound" in page
    assert "top-secret" not in page
    service = "MG" + "a" * 32
    values = {**NOTHING, "first": "whatsapp", "second": "sms", "version": str(app_centre.version)}
    wrong = client.post(f"{base}/canaux", data={**values, "voice_sender": service})
    assert wrong.status_code == 422
    assert "pas un numéro de téléphone" in wrong.text
    assert client.post(f"{base}/canaux", data={**values, **NOTHING}).status_code == 422
    values |= {"sms_sender": service, "voice_sender": "081 22 33 44"}
    assert client.post(f"{base}/canaux", data=values).status_code == 302
    rows.refresh(app_centre)
    assert app_centre.settings == {
        "message_channels": ["whatsapp", "sms"],
        "sms_sender": service,
        "whatsapp_sender": "",
        "voice_sender": "+3281223344",
    }
    assert client.post(f"{base}/canaux", data=values).status_code == 409

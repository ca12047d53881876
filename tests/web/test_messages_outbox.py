"""The list of what was sent, and one message with its story."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from notifications.models import (
    ChannelKind,
    InboundMessage,
    Meaning,
    Message,
    MessageEvent,
    MessageKind,
    MessageState,
    MessageTopic,
)
from notifications.telephone import record_machine
from scheduler.models import Centre, Participant, Role
from tests.factories import Make, making_in
from tests.queries import recorded
from web.messages.outcomes import GROUPS, STATES

S = MessageState
SignIn = Callable[..., FlaskClient]


def _sent(make: Make, last_name: str, **columns: object) -> Message:
    at = datetime.now(UTC) - timedelta(hours=1)
    person = make(Participant, first_name="Amina", last_name=last_name)
    given = {"participant": person, "created_at": at, "next_at": at, "body": "صباح الخير", "language": "ar"}
    row: Message = make(Message, **given | columns)
    return row


def test_every_state_has_words_and_is_in_a_group() -> None:
    assert set(STATES) == set(S)
    assert frozenset.union(*(states for _label, states in GROUPS.values())) == set(S)


def test_the_list_is_narrowed_by_its_address_in_a_constant_number_of_queries(
    rows: Session, app_centre: Centre, make_row: Make, sign_in: SignIn
) -> None:
    _sent(make_row, "Bah", state=S.DELIVERED)
    rows.commit()
    client = sign_in()
    page = f"/c/{app_centre.slug}/messages/envois/"
    client.get(page)
    with recorded() as one:
        assert "Bah" in client.get(page).text
    dead = _sent(make_row, "Diallo", state=S.UNDELIVERED, error_code="30005", channel=ChannelKind.WHATSAPP)
    household = _sent(make_row, "Sow", state=S.QUEUED, kind=MessageKind.CHANGE)
    for _ in range(2):
        make_row(MessageTopic, message=household)
    _sent(make_row, "Ancien", created_at=datetime.now(UTC) - timedelta(days=20))
    rows.commit()
    with recorded() as four:
        text = client.get(page).text
    assert len(four) == len(one)
    assert "Ce numéro n&#39;est pas attribué." in text
    assert "et 1 de son ménage" in text
    assert "Ancien" not in text
    assert "Ancien" in client.get(f"{page}?periode=31").text
    for query, names in {
        "etat=echecs": {"Diallo"},
        "etat=arrives": {"Bah"},
        "type=change": {"Sow"},
        "canal=whatsapp": {"Diallo"},
        "q=diallo": {"Diallo"},
    }.items():
        found = client.get(f"{page}?{query}").text
        assert {name for name in ("Bah", "Diallo", "Sow") if name in found} == names
    lines = client.get(f"{page}?etat=echecs&format=csv").text.splitlines()
    assert len(lines) == 2
    assert "30005" in lines[1]
    assert dead.address in lines[1]


def test_a_message_shows_its_text_and_its_story(
    rows: Session, app_centre: Centre, make_row: Make, sign_in: SignIn
) -> None:
    failed = _sent(make_row, "Diallo", state=S.FAILED, error_code="21610")
    make_row(MessageEvent, message=failed, status="failed", error_code="21610", applied=True)
    after = _sent(make_row, "Diallo", channel=ChannelKind.EMAIL, fallback_of_id=failed.id)
    with making_in(rows, make_row(Centre)) as make_elsewhere:
        other = make_elsewhere(Message)
    rows.commit()
    page = f"/c/{app_centre.slug}/messages/envois"
    client = sign_in()
    text = client.get(f"{page}/{failed.id}").text
    assert "صباح الخير" in text
    assert 'lang="ar" dir="rtl"' in text
    assert "La personne a répondu STOP." in text
    assert f"{page}/{after.id}" in text
    assert client.get(f"{page}/{other.id}").status_code == 404


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_call_shows_who_took_it_and_which_keys_were_pressed(
    rows: Session, make_row: Make, app_centre: Centre, sign_in: Callable[..., FlaskClient]
) -> None:
    message = _sent(make_row, "Haddad", channel=ChannelKind.VOICE)
    record_machine(rows, message, call_sid="CA" + "1" * 32, now=datetime.now(UTC))
    make_row(
        InboundMessage,
        channel=ChannelKind.VOICE,
        body="2",
        about_id=message.id,
        meaning=Meaning.NOT_COMING,
    )
    rows.commit()
    page = sign_in().get(f"/c/{app_centre.slug}/messages/envois/{message.id}").text
    assert "un répondeur a pris l'appel" in page
    assert "touche 2 · ne vient pas" in page


def test_who_sees_no_people_sees_neither_names_nor_texts(
    rows: Session, app_centre: Centre, make_row: Make, sign_in: SignIn
) -> None:
    message = _sent(make_row, "Diallo", state=S.DELIVERED, address="+32470999999")
    rows.commit()
    page = f"/c/{app_centre.slug}/messages/envois/"
    director = sign_in(Role.DIRECTOR)
    for text in (director.get(page).text, director.get(f"{page}{message.id}").text):
        assert "Arrivé" in text
        assert not any(secret in text for secret in ("Diallo", "999999", "صباح"))
    assert director.get(f"{page}?q=Diallo").text.count("Arrivé") > 0
    assert director.get(f"{page}?format=csv").status_code == 403
    assert sign_in(Role.VOLUNTEER).get(page).status_code == 403

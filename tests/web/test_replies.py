"""The pages of answers and of the telephone to try with."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications import models as n
from notifications.models import ChannelKind, InboundState, MessageKind, MessageState
from scheduler import models as m
from scheduler.models import Answer, Role
from tests.factories import making_in

#: What the database does is tested with the domain, on each; here one is enough.
pytestmark = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

PHONE = "+32470000001"


@pytest.fixture
def person(rows: Session, app_centre: m.Centre) -> m.Participant:
    """Somebody who is reminded, in Arabic, of a session in two days."""
    now = datetime.now(UTC)
    day = date.today() + timedelta(days=2)  # noqa: DTZ011
    app_centre.settings = {"send_unreviewed": True}
    with making_in(rows, app_centre) as make:
        plan = make(
            m.Plan,
            publication=1,
            state=m.PlanState.PUBLISHED,
            published_at=now - timedelta(days=9),
            first_day=day,
            last_day=day,
        )
        starts_at = datetime.combine(day, time(9), UTC)
        held = make(m.GroupSession, plan=plan, day=day, starts_at=starts_at)
        person = make(m.Participant, first_name="Amira", phone=PHONE, message_language="ar")
        make(m.Attendance, session=held, participant=person)
        message = make(
            n.Message,
            participant=person,
            address=PHONE,
            body="أهلا https://exemple.be/moi/x",
            language="ar",
            state=MessageState.DELIVERED,
            created_at=now - timedelta(hours=1),
            sent_at=now - timedelta(hours=1),
        )
        make(n.MessageTopic, message=message, participant=person, session_uid=held.uid, starts_at=starts_at)
    rows.commit()
    return person


def base(centre: m.Centre) -> str:
    return f"/c/{centre.slug}/messages"


def test_answering_on_the_trial_telephone_changes_the_roll_call_at_once(
    rows: Session, app_centre: m.Centre, person: m.Participant, sign_in: Callable[..., FlaskClient]
) -> None:
    client = sign_in()
    page = client.get(f"{base(app_centre)}/telephone-essai/").text
    assert 'dir="rtl"' in page
    assert '<a href="https://exemple.be/moi/x"' in page
    own = re.search(r'href="(/moi/m\.[^"]+)"', page)
    assert own is not None, "a text has no address, to save its cost; their page is one tap away all the same"
    assert client.get(own[1], follow_redirects=True).text.count(person.first_name) == 1
    form = {"adresse": PHONE, "text": "لا أستطيع الحضور", "form_key": "k1"}
    for _twice in range(2):
        assert client.post(f"{base(app_centre)}/telephone-essai/", data=form).status_code == 302
    record = rows.scalars(select(m.AttendanceRecord)).one()
    assert (record.participant_id, record.answer) == (person.id, Answer.NOT_COMING)
    answer = rows.scalars(select(n.Message).where(n.Message.kind == MessageKind.ANSWER)).one()
    assert answer.language == "ar"
    assert (
        answer.body.splitlines()[0]
        in client.get(f"{base(app_centre)}/telephone-essai/?adresse=%2B32470000001").text
    )
    assert client.post(f"{base(app_centre)}/telephone-essai/", data={"adresse": PHONE}).status_code == 400


def test_a_call_is_heard_and_answered_by_key(
    rows: Session, app_centre: m.Centre, person: m.Participant, sign_in: Callable[..., FlaskClient]
) -> None:
    message = rows.scalars(select(n.Message)).one()
    message.channel, message.language, message.body = ChannelKind.VOICE, "fr", "Bonjour Amira. Tapez 1."
    message.facts = {"name": "Amira"}
    rows.commit()
    client = sign_in()
    page = client.get(f"{base(app_centre)}/telephone-essai/").text
    assert "La voix dit" in page
    assert 'name="digit" value="9"' in page
    form = {"adresse": PHONE, "message": message.token, "digit": "2", "form_key": "k2"}
    answer = client.post(f"{base(app_centre)}/telephone-essai/", data=form, follow_redirects=True)
    assert "Pourquoi" in answer.text
    assert 'name="demande" value="reason"' in answer.text
    form |= {"digit": "1", "form_key": "k3", "demande": "reason"}
    answer = client.post(f"{base(app_centre)}/telephone-essai/", data=form, follow_redirects=True)
    assert "la personne entend" in answer.text
    assert "La voix dit" in answer.text
    said = rows.execute(select(m.AttendanceRecord.answer, m.AttendanceRecord.answer_reason)).one()
    assert tuple(said) == (Answer.NOT_COMING, "ill")


def test_there_is_no_trial_telephone_beside_a_real_provider(
    app_centre: m.Centre, sign_in: Callable[..., FlaskClient]
) -> None:
    client = sign_in()
    client.application.config.update(SMTP_URL="smtp://localhost", MAIL_FROM="a@example.org")
    assert client.get(f"{base(app_centre)}/telephone-essai/").status_code == 404
    assert "telephone-essai" not in client.get(f"{base(app_centre)}/reponses/").text


def test_an_answer_is_read_attached_understood_and_settled(
    rows: Session, app_centre: m.Centre, person: m.Participant, sign_in: Callable[..., FlaskClient]
) -> None:
    row = n.InboundMessage(
        centre_id=app_centre.id,
        provider="sandbox",
        provider_sid="x1",
        channel=ChannelKind.SMS,
        address="+32470000009",
        body="هل يمكن؟",
        state=InboundState.OPEN,
        received_at=datetime.now(UTC),
    )
    rows.add(row)
    rows.commit()
    client = sign_in()
    pages = f"{base(app_centre)}/reponses"
    page = client.get(f"{pages}/").text
    assert "Personne inconnue" in page
    assert 'text-bg-warning">1<' in page
    assert "Amira" in client.get(f"{pages}/?reponse={row.id}&qui=ami").text
    client.post(f"{pages}/{row.id}/personne", data={"participant_id": person.id})
    assert 'value="not_coming"' in client.get(f"{pages}/").text
    uid = rows.scalars(select(m.GroupSession.uid)).one()
    data = {"uid": uid, "participant_id": person.id, "given": "coming"}
    rows.commit()
    client.post(f"{pages}/{row.id}/compris", data=data)
    assert rows.scalars(select(m.AttendanceRecord.answer)).one() == Answer.COMING
    rows.refresh(row)
    assert row.state == InboundState.CLOSED
    client.post(f"{pages}/{row.id}/reouvrir")
    rows.commit()
    rows.refresh(row)
    assert row.state == InboundState.OPEN
    client.post(f"{pages}/{row.id}/ecrire", data={"text": "Oui.", "form_key": "k", "close": "on"})
    rows.commit()
    rows.refresh(row)
    assert row.state == InboundState.CLOSED
    assert rows.scalars(select(n.Message.body).where(n.Message.address == "+32470000009")).one() == "Oui."


def test_only_the_coordination_answers(app_centre: m.Centre, sign_in: Callable[..., FlaskClient]) -> None:
    director = sign_in(Role.DIRECTOR)
    # People's names, numbers and words are for those who look after them.
    assert director.get(f"{base(app_centre)}/reponses/").status_code == 403
    assert director.get(f"{base(app_centre)}/telephone-essai/").status_code == 403
    assert director.post(f"{base(app_centre)}/telephone-essai/", data={"adresse": PHONE}).status_code == 403
    assert director.post(f"{base(app_centre)}/reponses/1/traite").status_code == 403
    assert sign_in(Role.ANIMATEUR).get(f"{base(app_centre)}/reponses/").status_code == 403


def test_what_was_typed_is_kept_when_a_colleague_was_first(
    rows: Session, app_centre: m.Centre, person: m.Participant, sign_in: Callable[..., FlaskClient]
) -> None:
    row = n.InboundMessage(
        centre_id=app_centre.id,
        provider="sandbox",
        provider_sid="x2",
        channel=ChannelKind.SMS,
        address=PHONE,
        participant_id=person.id,
        body="[audio]",
        state=InboundState.OPEN,
        received_at=datetime.now(UTC),
    )
    rows.add(row)
    rows.commit()
    client, pages = sign_in(), f"{base(app_centre)}/reponses"
    page = client.get(f"{pages}/").text
    assert "message vocal" in page
    assert "rien ne le traduit" in page
    assert "Vous vous en occupez" not in page
    client.post(f"{pages}/{row.id}/prendre", data={"mine": "1"})
    assert "Vous vous en occupez" in client.get(f"{pages}/").text
    form = {"text": "Venez à deux", "form_key": "k9", "seen": "0-0"}
    answer = client.post(f"{pages}/{row.id}/ecrire", data=form)
    assert answer.status_code == 422
    assert "La conversation a continué" in answer.text
    assert "Venez à deux</textarea>" in answer.text
    ready = {"ready": "thanks", "form_key": "k10"}
    for _twice in range(2):
        assert client.post(f"{pages}/{row.id}/ecrire", data=ready).status_code == 302
    sent = rows.scalars(select(n.Message).where(n.Message.kind == MessageKind.ANSWER)).one()
    assert sent.language == "ar"
    rows.refresh(row)
    assert row.state == InboundState.CLOSED
    assert client.post(f"{pages}/{row.id}/traite").status_code == 302
    assert "vient de traiter" in client.get(f"{pages}/").text

"""Pages of texts and voices, and the address in a message."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.links import LIFETIME, message_link
from notifications.models import CentreWording, Recording, WordingReview
from scheduler.models import Centre, Participant, Role
from tests.factories import making_in
from tests.sounds import wav

pytestmark = pytest.mark.parametrize("backend", ["sqlite"])

SignIn = Callable[..., FlaskClient]
EDIT = "messages/textes/ar/sms/reminder/one"


@pytest.fixture
def base(app_centre: Centre) -> str:
    return f"/c/{app_centre.slug}/"


def test_a_text_is_previewed_kept_reviewed_and_taken_back(sign_in: SignIn, rows: Session, base: str) -> None:
    client = sign_in()
    assert "نحن بانتظاركم" in client.get(base + EDIT).text
    preview = client.post(base + EDIT + "/apercu", data={"text": "{name} fête {sessions}"}).text
    assert '<div class="bubble" lang="ar" dir="rtl">' in preview
    wrong = client.post(base + EDIT, data={"text": "{hello} {foo}", "version": "0"})
    assert wrong.status_code == 422
    assert "{foo}" in wrong.text
    kept = client.post(
        base + EDIT, data={"text": "{name} {sessions}", "reviewed_by": "Selam", "version": "0"}
    )
    assert kept.status_code == 302
    row = rows.scalars(select(CentreWording)).one()
    assert (row.text, row.reviewed_by, row.channel, row.language) == (
        "{name} {sessions}",
        "Selam",
        "sms",
        "ar",
    )
    stale = client.post(base + EDIT, data={"text": "{sessions}", "version": "0"})
    assert stale.status_code == 409
    assert "relu par Selam" in client.get(base + "messages/textes/ar/").text
    assert client.post(base + EDIT + "/reprendre").status_code == 302
    rows.rollback()
    assert rows.scalars(select(CentreWording.id)).all() == []


def test_the_preview_counts_and_marks(sign_in: SignIn, base: str) -> None:
    client, address = sign_in(), base + "messages/textes/fr/sms/answer/thanks/apercu"
    plain = client.post(address, data={"text": "Merci de tout coeur."}).text
    assert re.search(r"<strong>1\s+SMS", plain)
    assert "GSM-7" in plain
    dear = client.post(address, data={"text": "Merci d'être là <b>"}).text
    assert "<mark>ê</mark>" in dear
    assert "UCS-2" in dear
    assert "<b>" not in dear
    quotes = client.post(address, data={"text": "Merci d’avoir écrit"}).text
    assert "GSM-7" in quotes
    assert "remplacés" in quotes
    unknown = client.post(address, data={"text": "{sessions} {prenom}"}).text
    assert "ne connaît pas {sessions}" in unknown


def test_who_may_read_and_who_may_write(sign_in: SignIn, rows: Session, base: str) -> None:
    director = sign_in(Role.DIRECTOR)
    for page in ("messages/textes/", "messages/textes/ti/", "messages/voix/", "messages/voix/ti/"):
        answer = director.get(base + page)
        assert answer.status_code == 200
        assert "messages/textes/ti/sms" not in answer.text
        assert "data-voice>" not in answer.text
        assert 'method="post" action="/c/' not in answer.text
    assert director.get(base + EDIT).status_code == 403
    assert director.post(base + "messages/textes/ti/relu", data={"reviewed_by": "x"}).status_code == 403
    assert director.post(base + "messages/voix/ti/weekday.0").status_code == 403
    assert sign_in(Role.VOLUNTEER).get(base + "messages/textes/").status_code == 403
    client = sign_in()
    for wrong in (
        "textes/xx/",
        "textes/fr/sms/reminder/nothing",
        "textes/fr/pigeon/reminder/one",
        "voix/fr/",
    ):
        assert client.get(base + f"messages/{wrong}").status_code == 404
    client.post(base + "messages/textes/ti/relu", data={"reviewed_by": "Selam"})
    assert rows.scalars(select(WordingReview.reviewed_by)).one() == "Selam"
    client.post(
        base + "messages/textes/reglages",
        data={"name": "CRI", "send_unreviewed": "y", "plain_quotes": "y", "version": "1"},
    )
    rows.rollback()
    centre = rows.scalars(select(Centre)).one()
    rows.refresh(centre)
    assert centre.settings["send_unreviewed"] is True
    assert "même ceux que personne n'a relus" in client.get(base + "messages/textes/").text.replace(
        "&#39;", "'"
    )


def test_a_voice_is_kept_played_and_fetched_by_the_telephone(
    app: Flask, sign_in: SignIn, rows: Session, base: str
) -> None:
    client, address = sign_in(), base + "messages/voix/ti/weekday.0"

    def send(sound: bytes, who: str = "Selam") -> int:
        data = {"sound": (io.BytesIO(sound), "../../voix.wav"), "recorded_by": who}
        return client.post(address, data=data).status_code

    assert send(b"not a sound") == 422
    assert send(wav(), who="") == 422
    assert send(wav()) == 302
    assert client.post(base + "messages/voix/ti/nothing").status_code == 404
    row = rows.scalars(select(Recording)).one()
    assert [path.name for path in Path(app.config["RECORDING_FOLDER"]).iterdir()] == [row.file_name]
    page = client.get(base + "messages/voix/ti/").text
    assert "Selam" in page
    assert re.search(r"<strong>1 sur \d\d</strong>", page)
    assert "tout l'appel est dans la langue du centre" in page
    again = client.get(base + "messages/voix/ti/?morceau=weekday.0").text
    assert f'action="/c/{base[3:]}messages/voix/ti/weekday.0"' in again
    assert client.get(address + "/son").data == wav()
    telephone = app.test_client()
    fetched = telephone.get(f"/messages/recordings/{row.token}")
    assert (fetched.data, fetched.mimetype) == (wav(), "audio/wav")
    assert "Set-Cookie" not in fetched.headers
    assert telephone.get("/messages/recordings/nothing").status_code == 404
    picture = telephone.get("/messages/pictures/20261125-0930.png")
    assert (picture.mimetype, picture.data[:4]) == ("image/png", b"\x89PNG")
    assert telephone.get("/messages/pictures/20261399-0930.png").status_code == 404
    assert telephone.get(address + "/son").status_code == 302
    assert client.post(address + "/supprimer").status_code == 302
    assert telephone.get(f"/messages/recordings/{row.token}").status_code == 404


def test_the_address_in_a_message_opens_its_readers_page(
    app: Flask, rows: Session, app_centre: Centre
) -> None:
    with making_in(rows, app_centre) as make:
        person = make(Participant, first_name="Samira")
        rows.commit()
    now = datetime.now(UTC)
    reader = app.test_client()
    opened = reader.get(message_link("test", "", person.id, now), follow_redirects=True)
    assert opened.status_code == 200
    assert "Samira" in opened.text
    assert "m." not in opened.request.path
    old = message_link("test", "", person.id, now - LIFETIME - timedelta(hours=2))
    assert app.test_client().get(old).status_code == 404
    assert app.test_client().get(message_link("other", "", person.id, now)).status_code == 404


def test_after_one_piece_comes_the_next_that_is_missing(sign_in: SignIn, rows: Session, base: str) -> None:
    client = sign_in()

    def send(name: str) -> str:
        data = {"sound": (io.BytesIO(wav()), "voix.wav"), "recorded_by": "Selam"}
        return client.post(f"{base}messages/voix/so/{name}", data=data).location

    assert send("weekday.1").endswith("morceau=weekday.2")
    assert send("weekday.0").endswith("morceau=weekday.2")
    assert send("weekday.6").partition("morceau=")[2].startswith("hour.")


def test_a_centre_chooses_the_machine_of_a_language_or_none(
    sign_in: SignIn, rows: Session, base: str
) -> None:
    client, address = sign_in(), base + "messages/voix/machine/"

    def choose(code: str, voice: str) -> int:
        return client.post(address + code, data={"voice": voice}).status_code

    assert client.get(base + "messages/voix/am/").status_code == 404
    assert choose("am", "") == choose("ar", "Polly.Zeina") == 302
    assert client.get(base + "messages/voix/am/").status_code == 200
    assert "Polly · Zeina (arb)" in client.get(base + "messages/voix/").text
    assert [choose(*wrong) for wrong in (("fr", ""), ("ar", "Nobody"), ("ti", ""))] == [404] * 3
    rows.rollback()
    assert rows.scalars(select(Centre.settings)).one()["voices"] == {"am": "", "ar": "Polly.Zeina"}
    assert choose("ar", "Google.ar-XA-Wavenet-A") == 302
    rows.rollback()
    assert rows.scalars(select(Centre.settings)).one()["voices"] == {"am": ""}


def test_recordings_of_words_that_changed_are_deleted_together(
    sign_in: SignIn, rows: Session, app_centre: Centre, base: str
) -> None:
    with making_in(rows, app_centre) as make:
        make(Recording, language="ti", name="reminder.one")
        make(Recording, language="ti", name="weekday.3")
    rows.commit()
    client = sign_in()
    assert "1 enregistrement ne sert plus" in client.get(base + "messages/voix/ti/").text
    assert client.post(base + "messages/voix/ti/inutiles").status_code == 302
    rows.rollback()
    assert rows.scalars(select(Recording.name)).all() == ["weekday.3"]

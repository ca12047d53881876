"""A participant's own page: reached by a link, right in every language, answering at one tap."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from io import BytesIO

import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.links import message_token
from notifications.models import Message, MessageKind, MessageTopic, Recording
from notifications.pictures import SIDE_PX, picture_url
from notifications.recording_list import to_record
from notifications.wording.facts import BRUSSELS
from scheduler import models as m
from scheduler.links import renew_link, revoke_links
from scheduler.wording import languages, plain_words
from tests.factories import Make
from web.personal import SESSION_HOURS
from web.personal_page import clock_hands

PAGE_BYTES = 60_000


@pytest.fixture
def held(rows: Session, make_row: Make) -> m.GroupSession:
    day = datetime.now(UTC).date() + timedelta(days=1)
    plan = make_row(
        m.Plan,
        publication=1,
        state=m.PlanState.PUBLISHED,
        published_at=datetime.now(UTC),
        first_day=day,
        last_day=day,
    )
    activity = make_row(m.Activity, name="Violences dans le couple", neutral_name="")
    held = make_row(m.GroupSession, plan=plan, day=day, activity=activity)
    for name in ("Amina", "Bilal"):
        make_row(m.Attendance, session=held, participant=make_row(m.Participant, first_name=name))
    make_row(m.SessionLeader, session=held, staff=make_row(m.StaffMember, first_name="Nadia"))
    rows.commit()
    return held


@pytest.fixture
def person(held: m.GroupSession) -> m.Participant:
    return next(a.participant for a in held.attendances if a.participant.first_name == "Amina")


def token_of(rows: Session, person: m.Participant) -> str:
    token = renew_link(rows, m.LinkKind.PAGE, person.id, datetime.now(UTC))
    rows.commit()
    return token


@pytest.fixture
def visitor(app: Flask, rows: Session, person: m.Participant) -> FlaskClient:
    client = app.test_client()
    answer = client.get(f"/moi/{token_of(rows, person)}")
    assert (answer.status_code, answer.location) == (302, "/moi/")
    return client


def test_the_page_shows_the_week_and_nothing_about_others_or_why(visitor: FlaskClient) -> None:
    page = visitor.get("/moi/")
    assert page.status_code == 200
    for shown in ("Bonjour Amina", "Activité", "Nadia", "Je viens", "Je ne peux pas", "Appelez-moi"):
        assert shown in page.text
    for hidden in ("Bilal", "Violences"):
        assert hidden not in page.text


def test_meetings_with_a_mentor_are_shown_without_questions(
    rows: Session, make_row: Make, held: m.GroupSession, person: m.Participant, visitor: FlaskClient
) -> None:
    for expected in held.attendances:
        rows.delete(expected)
    mentor = make_row(m.StaffMember, first_name="Greet")
    start = datetime.now(UTC) + timedelta(days=2)
    make_row(
        m.MentoringMeeting,
        pair=make_row(m.MentoringPair, mentor=mentor, participant=person),
        starts_at=start,
        ends_at=start + timedelta(hours=2),
        place="Parc",
    )
    rows.commit()
    page = visitor.get("/moi/").text
    assert "Greet" in page
    assert "Parc" in page
    assert "Je viens" not in page


def test_a_cancelled_session_shows_no_way_to_it(
    rows: Session, held: m.GroupSession, visitor: FlaskClient
) -> None:
    assert held.site.name in visitor.get("/moi/").text
    held.cancelled_at = datetime.now(UTC)
    rows.commit()
    page = visitor.get("/moi/").text
    assert "card-cancelled" in page
    assert held.site.name not in page
    assert "Nadia" not in page


@pytest.mark.parametrize("backend", ["sqlite"])
def test_the_page_is_heard_by_the_recordings_of_the_centre(
    rows: Session, app_centre: m.Centre, make_row: Make, held: m.GroupSession, visitor: FlaskClient
) -> None:
    visitor.post("/moi/langue", data={"language": "ti"})
    assert "data-heard" not in visitor.get("/moi/").text.replace('data-heard="[]"', "")
    for each in to_record(rows, app_centre, "ti", datetime.now(UTC)):
        if each.section in ("usual", "days"):
            make_row(Recording, language="ti", name=each.piece.name)
    rows.commit()
    (heard,) = re.findall(r'data-heard="([^"]+)"', visitor.get("/moi/").text)
    parts = json.loads(unescape(heard))
    weekday = held.starts_at.astimezone(BRUSSELS).weekday()
    token = rows.scalars(select(Recording.token).filter_by(name=f"weekday.{weekday}")).one()
    assert parts[0] == {"sound": f"/messages/recordings/{token}"}
    assert {"say": "Activité", "lang": "fr"} in parts
    # French has its machine, and the browser's own voice.
    visitor.post("/moi/langue", data={"language": "fr"})
    assert 'data-heard="[]"' in visitor.get("/moi/").text


@pytest.mark.parametrize("backend", ["sqlite"])
def test_the_picture_in_a_message_says_where_to_its_person_only(
    app: Flask, held: m.GroupSession, person: m.Participant
) -> None:
    client, instant = app.test_client(), datetime.now(UTC)
    token = message_token(app.config["SECRET_KEY"], person.id, instant)

    def height(token: str, starts_at: datetime, *, cancelled: bool = False) -> int:
        answer = client.get(picture_url("", starts_at, None, cancelled=cancelled, token=token))
        assert (answer.status_code, answer.mimetype) == (200, "image/png")
        assert "Set-Cookie" not in answer.headers
        return Image.open(BytesIO(answer.data)).size[1]

    assert height(token, held.starts_at) > SIDE_PX
    assert height(token, held.starts_at, cancelled=True) == SIDE_PX
    assert height(token, held.starts_at + timedelta(hours=1)) == SIDE_PX
    assert height("m." + "x" * 24, held.starts_at) == SIDE_PX
    assert client.get(f"/messages/pictures/{token}/nothing.png").status_code == 404


@pytest.mark.parametrize("code", languages())
def test_every_language_in_its_own_direction(
    app: Flask, rows: Session, person: m.Participant, visitor: FlaskClient, code: str
) -> None:
    assert visitor.post("/moi/langue", data={"language": code}).status_code == 302
    page = visitor.get("/moi/").text
    assert plain_words(code)["come"] in page.replace("&#39;", "'")
    assert f'lang="{code}"' in page
    assert f'dir="{"rtl" if code in ("ar", "fa", "ps") else "ltr"}"' in page


@pytest.mark.parametrize("backend", ["sqlite"])
def test_people_who_share_a_telephone_each_have_their_language(
    rows: Session, held: m.GroupSession, person: m.Participant, visitor: FlaskClient
) -> None:
    other = next(each.participant for each in held.attendances if each.participant is not person)
    person.message_language, other.message_language = "ti", "prs"
    rows.commit()

    def language() -> str:
        return re.findall(r'<html lang="(\w+)"', visitor.get("/moi/").text)[0]

    visitor.post("/moi/langue", data={"language": "ar"})
    visitor.get(f"/moi/{token_of(rows, person)}")
    assert language() == "ar", "what they chose holds for their next visit"
    visitor.get(f"/moi/{token_of(rows, other)}")
    assert language() == "fa"
    visitor.get(f"/moi/{token_of(rows, person)}")
    assert language() == "ti"


def test_it_is_light(visitor: FlaskClient) -> None:
    page = visitor.get("/moi/")
    total = len(page.data)
    for path in ("css/personal.css", "js/speak.js", "img/logo.svg", "vendor/pictograms/1f6e0.svg"):
        with visitor.get(f"/static/{path}") as file:
            total += len(file.data)
    assert total < PAGE_BYTES
    assert "bootstrap" not in page.text


def test_answers_are_stored_and_shown(rows: Session, held: m.GroupSession, visitor: FlaskClient) -> None:
    assert visitor.post(f"/moi/{held.uid}/coming").status_code == 302
    assert "Merci. À bientôt !" in visitor.get("/moi/").text
    why = visitor.post(f"/moi/{held.uid}/not_coming")
    assert "Je suis malade" in why.text
    visitor.post(f"/moi/{held.uid}/not_coming", data={"reason": "ill"})
    rows.rollback()
    record = rows.scalars(select(m.AttendanceRecord)).one()
    assert (record.answer, record.answer_reason) == ("not_coming", "ill")
    assert 'aria-pressed="true"' in visitor.get("/moi/").text
    visitor.post(f"/moi/{held.uid}/call_me")
    rows.rollback()
    assert rows.scalars(select(m.Task)).one().kind == "call_back"


@pytest.mark.parametrize("backend", ["sqlite"])
def test_what_was_answered_is_said_on_the_card_it_was_about(
    held: m.GroupSession, visitor: FlaskClient
) -> None:
    def before_the_card(page: str) -> str:
        return page.partition(f'id="s-{held.uid}"')[0]

    assert visitor.post(f"/moi/{held.uid}/coming").location == f"/moi/#s-{held.uid}"
    page = visitor.get("/moi/").text
    assert "Merci. À bientôt !" in page
    assert "Merci. À bientôt !" not in before_the_card(page)
    assert "Merci" not in visitor.get("/moi/").text
    # The question why can be opened again, as a phone does that comes back to it.
    assert "Je suis malade" in visitor.get(f"/moi/{held.uid}/not_coming").text
    assert visitor.get(f"/moi/{held.uid}/coming").location == "/moi/"


@pytest.mark.parametrize("backend", ["sqlite"])
def test_a_cancellation_is_confirmed_on_the_page(
    rows: Session, make_row: Make, held: m.GroupSession, person: m.Participant, visitor: FlaskClient
) -> None:
    held.cancelled_at = datetime.now(UTC)
    lost = {"starts_at": held.starts_at.isoformat(), "ends_at": held.ends_at.isoformat()}
    lost |= {"site_id": held.site_id, "room_id": None}
    change = {"participant_id": person.id, "uid": held.uid, "sequence": 1, "activity_id": held.activity_id}
    facts = {"changes": [change | {"before": lost, "after": None}]}
    message = make_row(Message, kind=MessageKind.CANCELLATION, participant=person, facts=facts)
    topic = make_row(
        MessageTopic,
        message=message,
        participant=person,
        session_uid=held.uid,
        starts_at=held.starts_at,
        confirm_by=held.starts_at,
    )
    rows.commit()
    page = unescape(visitor.get("/moi/").text)
    assert "J'ai compris" in page
    assert f'href="#s-{held.uid}"' in page
    assert visitor.post(f"/moi/{held.uid}/understood").location == f"/moi/#s-{held.uid}"
    page = unescape(visitor.get("/moi/").text)
    assert "C'est noté" in page
    assert "card-cancelled" in page
    assert "J'ai compris" not in page
    rows.refresh(topic)
    assert topic.confirmed_at is not None


def test_answers_about_other_sessions_change_nothing(
    rows: Session, make_row: Make, held: m.GroupSession, visitor: FlaskClient
) -> None:
    other = make_row(m.GroupSession, plan=held.plan, day=held.day)
    rows.commit()
    assert visitor.post(f"/moi/{other.uid}/coming").status_code == 302
    assert visitor.post(f"/moi/{held.uid}/maybe").status_code == 404
    # A session that is no longer planned is no reason to say that nothing works any more.
    assert visitor.post("/moi/none/coming").status_code == 302
    page = visitor.get("/moi/")
    assert page.status_code == 200
    assert "trop tard" in page.text
    rows.rollback()
    assert rows.scalars(select(m.AttendanceRecord)).all() == []


def test_wrong_revoked_and_old_visits_end_at_the_same_page(
    app: Flask, rows: Session, person: m.Participant, visitor: FlaskClient
) -> None:
    calendar = renew_link(rows, m.LinkKind.PARTICIPANT, person.id, datetime.now(UTC))
    rows.commit()
    client = app.test_client()
    (closed,) = {client.get(path).text for path in ("/moi/x", f"/moi/{calendar}")}
    assert "plus partagé" in closed
    over = client.get("/moi/", headers={"Accept-Language": "ar-SY,fr"}).text
    assert plain_words("ar")["open_again"] in over
    assert client.get("/moi/").status_code == 404
    with visitor.session_transaction() as cookie:
        cookie["page_opened"] -= SESSION_HOURS * 3600 + 1
    old = visitor.get("/moi/")
    assert old.status_code == 404
    assert plain_words("fr")["open_again"] in old.text
    with visitor.session_transaction() as cookie:
        cookie["page_opened"] += SESSION_HOURS * 3600
    assert visitor.get("/moi/").status_code == 200
    revoke_links(rows, m.LinkKind.PAGE, person.id, datetime.now(UTC))
    rows.commit()
    assert visitor.get("/moi/").status_code == 404


def test_a_phone_can_keep_it_as_an_app(app: Flask, visitor: FlaskClient) -> None:
    manifest = visitor.get("/moi/app.webmanifest")
    assert manifest.mimetype == "application/manifest+json"
    assert app.test_client().get(manifest.json["start_url"]).status_code == 302


@pytest.mark.parametrize(
    ("instant", "expected"),
    [
        (datetime(2026, 11, 30, 14, 0, tzinfo=UTC), (0.5, 0.0, 0.0, -0.75)),
        (datetime(2026, 7, 1, 10, 30, tzinfo=UTC), (0.129, -0.483, 0.0, 0.75)),
    ],
)
def test_the_clock_shows_brussels_time(instant: datetime, expected: tuple[float, ...]) -> None:
    assert tuple(clock_hands(instant).values()) == pytest.approx(expected, abs=0.001)


def test_a_photo_of_the_door_is_shown_to_its_own_people_only(
    app: Flask,
    rows: Session,
    make_row: Make,
    held: m.GroupSession,
    visitor: FlaskClient,
    sign_in: Callable[..., FlaskClient],
) -> None:
    picture = BytesIO()
    Image.new("RGB", (900, 1200), "brown").save(picture, "PNG")
    at = f"/c/{rows.get_one(m.Centre, held.centre_id).slug}/reglages/sites/{held.site_id}/photo"
    coordinator = sign_in()
    assert coordinator.post(at, data={"picture": (BytesIO(b"<svg>"), "a.png")}).status_code == 422
    assert coordinator.post(at, data={"picture": (BytesIO(picture.getvalue()), "a.png")}).status_code == 302
    shown = re.search(r"/moi/lieu/\d+/\w+\.jpg", visitor.get("/moi/").text)
    assert shown is not None
    door = visitor.get(shown[0])
    assert (door.status_code, door.mimetype) == (200, "image/jpeg")
    assert Image.open(BytesIO(door.data)).size == (300, 400)
    assert app.test_client().get(shown[0]).status_code == 404
    assert visitor.get(shown[0].replace(".jpg", "0.jpg")).status_code == 404
    assert coordinator.post(f"{at}/retirer").status_code == 302
    assert visitor.get(shown[0]).status_code == 404
    assert "/moi/lieu/" not in visitor.get("/moi/").text

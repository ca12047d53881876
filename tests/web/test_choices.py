"""Places to choose from in the browser: the team's pages, and the person's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import Message, MessageKind
from scheduler import models as m
from scheduler.choices.rounds import prepare_next
from scheduler.links import renew_link
from scheduler.timegrid import monday_of, to_instant
from scheduler.wording import plain_words
from tests.factories import making_in
from tests.planning import World, hold, make_world, publish_days
from web.clock import today
from web.templating import BRUSSELS

#: What follows from rules, not from SQL, is tested once.
one_database = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def world(rows: Session, app_centre: m.Centre) -> World:
    """Two people with an interview on the Wednesday after next, in force."""
    with making_in(rows, app_centre) as make:
        world = make_world(make)
        monday = monday_of(today()) + timedelta(7)
        world["plan"] = publish_days(make, world, monday, monday + timedelta(13))
        world["interview"] = make(
            m.Activity,
            programme=world["programme"],
            key="entretien",
            name="Entretien de suivi",
            kind="interview",
            individual=True,
            duration_minutes=60,
            seats_max=1,
            times=[{"weekdays": [0, 1, 2, 3, 4], "starts": ["09:00", "10:00", "14:00"]}],
        )
        make(
            m.DemandRule,
            programme=world["programme"],
            key="entretien",
            activity_keys=["entretien"],
            period_weeks=2,
            max=1,
        )
        world["enrolment"].starts_on = today() - timedelta(60)
        world["person"].first_name, world["person"].phone = "Amina", "+32470123456"
        day = monday + timedelta(9)
        starts_at = to_instant(day, time(9), BRUSSELS)
        world["row"] = hold(
            make,
            world,
            world["plan"],
            day,
            world["person"],
            model=m.Appointment,
            activity=world["interview"],
            starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=1),
        )
        world["stranger"] = make(m.Participant, first_name="Bilal")
        rows.commit()
    return world


def token_of(rows: Session, person: m.Participant) -> str:
    token = renew_link(rows, m.LinkKind.PAGE, person.id, datetime.now(UTC))
    rows.commit()
    return token


def anew(rows: Session) -> None:
    """Let the test read what requests wrote since."""
    rows.commit()
    rows.expire_all()


def test_from_the_search_to_the_persons_choice(
    app: Flask, rows: Session, app_centre: m.Centre, world: World, sign_in: SignIn
) -> None:
    client, places = sign_in(), f"/c/{app_centre.slug}/messages/places/"
    assert "Entretien de suivi" in client.get(places).text
    started = client.post(places, data={"activity": world["interview"].id, "weeks": 4})
    assert started.status_code == 302
    assert "En attente" in client.get(places).text
    again = client.post(places, data={"activity": world["interview"].id, "weeks": 4})
    assert again.status_code == 422
    assert "déjà en préparation" in again.text

    made = prepare_next(rows, lambda: datetime.now(UTC))
    page = client.get(places).text
    assert "Inviter 1 personne" in page
    assert "3 places gardées" in page
    prepared = client.get(f"{places}{made}").text
    assert "comme prévu" in prepared
    assert "un trajet de plus, ou un lieu moins commode" in prepared
    assert " point" not in prepared

    assert client.post(f"{places}{made}/envoyer").status_code == 302
    sent = rows.scalars(select(Message)).one()
    assert (sent.kind, sent.participant_id) == (MessageKind.INVITATION, world["person"].id)
    assert client.post(f"{places}{made}/envoyer").status_code == 302, "a second time only says so"
    assert len(rows.scalars(select(Message)).all()) == 1

    offer = rows.scalars(select(m.ChoiceOffer)).one()
    other = app.test_client()
    other.get(f"/moi/{token_of(rows, world['stranger'])}")
    assert other.post(f"/moi/choix/{offer.id}/2").status_code == 404
    assert "Choisissez" not in other.get("/moi/").text

    with making_in(rows, app_centre) as make:
        door = make(m.SitePhoto, site_id=world["row"].site_id, digest="abc", jpeg=b"")
    visitor = app.test_client()
    visitor.get(f"/moi/{token_of(rows, world['person'])}")
    visitor.post("/moi/langue", data={"language": "ar"})
    own = visitor.get("/moi/").text
    assert own.count(f"/moi/lieu/{door.site_id}/abc.jpg") == 3
    assert own.count("photo-small") == 2
    words = plain_words("ar")
    assert words["choose"] in own
    assert all(words["choose_this"].format(number=number) in own for number in (1, 2, 3))
    assert f"s-{world['row'].uid}" not in own, "the place they have is the first of those to choose"
    assert visitor.post(f"/moi/choix/{offer.id}/2").status_code == 302
    chosen = visitor.get("/moi/").text
    assert words["thanks_chosen"] in chosen
    assert words["choose"] not in chosen
    anew(rows)
    assert (offer.state, offer.chosen_number) == (m.OfferState.CHOSEN, 2)
    assert "choisie, bientôt dans le plan" in client.get(f"{places}{made}").text
    visitor.post(f"/moi/choix/{offer.id}/9")
    assert words["too_late"] in visitor.get("/moi/").text


@one_database
def test_the_week_warns_before_it_takes_a_place_that_is_kept(
    rows: Session, app_centre: m.Centre, world: World, sign_in: SignIn
) -> None:
    client, centre = sign_in(), f"/c/{app_centre.slug}/"
    client.post(f"{centre}messages/places/", data={"activity": world["interview"].id, "weeks": 4})
    made = prepare_next(rows, lambda: datetime.now(UTC))
    assert "Le plan garde leurs places" in client.get(f"{centre}semaine/planifier").text
    client.post(f"{centre}messages/places/{made}/envoyer")
    here = f"{centre}semaine/seances/{world['row'].id}"
    assert "place gardée pour Amina" in client.get(here).text
    asked = client.post(f"{here}/annuler", data={"version": world["row"].version, "reason": "Grève"})
    assert asked.status_code == 422
    assert "place gardée pour Amina" in asked.text
    assert "Reprendre ces places et enregistrer" in asked.text
    assert 'name="reason" value="Grève"' in asked.text
    data = {"version": world["row"].version, "reason": "Grève", "take_places": "1"}
    done = client.post(f"{here}/annuler", data=data, follow_redirects=True)
    assert "chaque personne est prévenue" in done.text
    anew(rows)
    (draft,) = rows.scalars(select(m.Plan).where(m.Plan.state == m.PlanState.DRAFT))
    (offer,) = rows.scalars(select(m.ChoiceOffer))
    assert offer.places[0].state == m.PlaceState.LOST
    page = client.get(f"{centre}semaine/publier/{draft.number}").text
    assert "place gardée pour" not in page, "that one was taken already"


@one_database
def test_the_page_of_publishing_names_places_that_a_draft_has_no_room_for(
    rows: Session, app_centre: m.Centre, world: World, sign_in: SignIn
) -> None:
    client, centre = sign_in(), f"/c/{app_centre.slug}/"
    here = f"{centre}semaine/seances/{world['row'].id}"
    client.post(f"{here}/annuler", data={"version": world["row"].version, "reason": ""})
    client.post(f"{centre}messages/places/", data={"activity": world["interview"].id, "weeks": 4})
    prepare_next(rows, lambda: datetime.now(UTC))
    anew(rows)
    (draft,) = rows.scalars(select(m.Plan).where(m.Plan.state == m.PlanState.DRAFT))
    page = client.get(f"{centre}semaine/publier/{draft.number}").text
    assert "place gardée pour une personne" in page
    assert "gardée pour Amina" in page


@one_database
def test_who_finds_no_place_that_suits_is_called(
    app: Flask,
    rows: Session,
    app_centre: m.Centre,
    world: World,
    sign_in: SignIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("scheduler.choices.rounds.AT_ONCE", 1)
    client, places = sign_in(), f"/c/{app_centre.slug}/messages/places/"
    client.post(places, data={"activity": world["interview"].id, "weeks": 4})
    made = prepare_next(rows, lambda: datetime.now(UTC))
    client.post(f"{places}{made}/envoyer")
    offer = rows.scalars(select(m.ChoiceOffer)).one()
    visitor = app.test_client()
    visitor.get(f"/moi/{token_of(rows, world['person'])}")
    visitor.post(f"/moi/choix/{offer.id}/non")
    assert plain_words("fr")["thanks_call"] in visitor.get("/moi/").text
    assert rows.scalars(select(m.Task.kind)).all() == ["call_back"]
    assert "aucune ne convient" in client.get(f"{places}{made}").text
    # Somebody calls, and notes what was agreed.
    client.post(f"{places}proposition/{offer.id}/choisir/3")
    anew(rows)
    assert (offer.state, offer.chosen_number) == (m.OfferState.CHOSEN, 3)
    assert client.post(f"{places}{made}/abandonner").status_code == 302
    anew(rows)
    assert offer.state == m.OfferState.CHOSEN, "what is chosen stays"


@one_database
def test_the_waiting_list_and_the_rules(
    rows: Session, app_centre: m.Centre, world: World, sign_in: SignIn
) -> None:
    with making_in(rows, app_centre) as make:
        patient = make(m.Participant, first_name="Chiara", last_name="Rossi")
        make(m.Enrolment, programme=world["programme"], participant=patient, starts_on=today())
        day = world["row"].day
        session = hold(make, world, world["plan"], day, world["person"])
        make(m.FreedSeat, session_uid=session.uid, participant=world["person"], state=m.FreedState.CLOSED)
        rows.commit()
    client, places = sign_in(), f"/c/{app_centre.slug}/messages/places/"
    assert "reste libre" in client.get(places).text
    line = client.get(f"{places}attente/{session.uid}").text
    assert "Chiara Rossi" in line
    seat = rows.scalars(select(m.FreedSeat)).one()
    client.post(f"{places}liberee/{seat.id}/proposer")
    anew(rows)
    assert seat.state == m.FreedState.WAITING
    values = {
        "choice_kinds": ["excursion"],
        "choice_tolerance_points": 0,
        "choice_hold_hours": 24,
        "choice_notice_hours": 12,
        "freed_seat_minutes": 60,
        "version": app_centre.version,
    }
    assert client.post(f"{places}reglages", data=values | {"choice_hold_hours": 0}).status_code == 422
    assert client.post(f"{places}reglages", data=values).status_code == 302
    anew(rows)
    assert app_centre.settings["choice_kinds"] == ["excursion"]
    assert "Aucune activité" in client.get(places).text
    director = sign_in(m.Role.DIRECTOR)
    assert "place de " in client.get(places).text
    assert "place de " not in director.get(places).text
    assert director.get(f"{places}attente/{session.uid}").status_code == 403
    assert director.post(places, data={}).status_code == 403

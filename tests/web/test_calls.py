"""Pages of calls, of foreseen absences and of comparisons: who sees them, and what a tap does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications import models as n
from notifications.lot import Arm, variants
from notifications.risk.evaluation import evaluate
from notifications.risk.history import store_fit
from notifications.risk.measure import Bin
from notifications.risk.model import Fit, Rule, fit_rule
from notifications.risk.visits import Visit, as_columns
from scheduler import models as m
from tests.factories import Make, making_in
from web.clock import now, today
from web.messages.plots import HEIGHT, WIDTH, bar_place, reliability_plot

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def make_row(rows: Session, app_centre: m.Centre) -> Iterator[Make]:
    with making_in(rows, app_centre) as make:
        yield make


@pytest.fixture
def url(app_centre: m.Centre) -> str:
    return f"/c/{app_centre.slug}/messages"


@pytest.fixture
def held(rows: Session, make_row: Make, app_centre: m.Centre) -> m.GroupSession:
    """A session tomorrow, in a centre in which three of ten sessions are missed."""
    day = today() + timedelta(days=1)
    plan = make_row(
        m.Plan, state="published", publication=1, first_day=today(), last_day=day, published_at=now()
    )
    starts = datetime.combine(day, time(10), UTC)
    held = make_row(m.GroupSession, plan=plan, day=day, starts_at=starts, ends_at=starts + timedelta(hours=2))
    store_fit(rows, app_centre, Fit(rule=Rule.BASE_RATE, base_rate=0.3, visits=90), None, now())
    rows.commit()
    return held


@pytest.fixture
def person(rows: Session, make_row: Make, held: m.GroupSession) -> m.Participant:
    row = make_row(m.Participant, first_name="Amina", last_name="Kadiri", phone="+32470123456")
    make_row(m.Attendance, session=held, participant=row)
    rows.commit()
    return row


def test_a_call_is_offered_with_what_to_say_and_noted_at_one_tap(
    person: m.Participant, held: m.GroupSession, url: str, rows: Session, sign_in: SignIn
) -> None:
    client = sign_in(m.Role.ANIMATEUR)
    page = client.get(f"{url}/a-appeler/").text
    assert "Téléphonez à cette personne" in page
    assert 'href="tel:+32470123456"' in page
    assert "Première fois ici" in page
    assert "Puis-je parler à Amina" in page
    form = {"outcome": "coming", "reason": "risk", "session": held.uid, "chance": "0.3", "minutes": "20"}
    answer = client.post(f"{url}/a-appeler/{person.id}", data=form, follow_redirects=True)
    assert "C&#39;est noté : viendra" in answer.text
    assert "Appels d'aujourd'hui" in answer.text
    assert "Personne à appeler pour le moment." in answer.text
    record = rows.scalars(select(m.AttendanceRecord)).one()
    assert (record.participant_id, record.answer) == (person.id, "coming")
    call = rows.scalars(select(n.PhoneCall)).one()
    assert (call.reason, call.chance) == ("risk", 0.3)
    entry = rows.scalars(select(m.AuditEntry).where(m.AuditEntry.action == "call.made")).one()
    assert entry.subject == f"participant:{person.id}"
    undone = client.post(f"{url}/a-appeler/appel/{call.id}/annuler", follow_redirects=True).text
    assert "Kadiri est annulé" in undone
    assert "Téléphonez à cette personne" in undone
    assert client.post(f"{url}/a-appeler/appel/{call.id}/annuler").status_code == 404


def test_calls_that_make_no_sense_change_nothing(
    person: m.Participant, held: m.GroupSession, url: str, rows: Session, sign_in: SignIn
) -> None:
    client = sign_in()
    address = f"{url}/a-appeler/{person.id}"
    assert client.post(address, data={"outcome": "perhaps", "reason": "risk"}).status_code == 400
    gone = {"outcome": "coming", "reason": "risk", "session": "gone"}
    assert "n&#39;a plus lieu" in client.post(address, data=gone, follow_redirects=True).text
    told = {"outcome": "told", "reason": "call_me"}
    assert client.post(f"{url}/a-appeler/999999", data=told).status_code == 404
    assert rows.scalars(select(n.PhoneCall)).all() == []
    assert client.get(f"{url}/a-appeler/?minutes=abc").status_code == 200
    assert sign_in(m.Role.SOCIAL_WORKER).get(f"{url}/a-appeler/").status_code == 403


def test_the_page_of_foreseen_absences_says_how_well_and_can_be_switched_off(
    held: m.GroupSession, url: str, rows: Session, app_centre: m.Centre, sign_in: SignIn
) -> None:
    coordinator, director = sign_in(), sign_in(m.Role.DIRECTOR)
    assert "Trop peu de présences" in director.get(f"{url}/risque/").text
    start = datetime.fromisoformat("2026-01-05T09:00")
    visits = as_columns(
        Visit(number % 6, start + timedelta(days=number // 3), None, number % 6 == 0 or number % 50 == 0)
        for number in range(150)
    )
    store_fit(rows, app_centre, fit_rule(visits, Rule.MODEL), evaluate(visits), now())
    rows.commit()
    page = director.get(f"{url}/risque/").text
    assert "fait mieux ici que de donner à chacun la même chance" in page
    assert page.count('class="point"') == page.count('class="bound"') > 1
    assert "Ne sert jamais" in page
    assert director.post(f"{url}/risque/couper").status_code == 403
    assert "ne sont plus estimées" in coordinator.post(f"{url}/risque/couper", follow_redirects=True).text
    assert rows.scalars(select(n.RiskFit)).all() == []
    assert "coupé l'estimation" in coordinator.get(f"{url}/a-appeler/").text
    assert "de nouveau estimées" in coordinator.post(f"{url}/risque/couper", follow_redirects=True).text
    assert "est refaite" in coordinator.post(f"{url}/risque/estimer", follow_redirects=True).text
    rows.rollback()
    assert len(rows.scalars(select(n.RiskFit)).all()) == 1


def test_a_comparison_is_begun_shown_and_stopped(url: str, rows: Session, sign_in: SignIn) -> None:
    coordinator, director = sign_in(), sign_in(m.Role.DIRECTOR)
    assert "Aucune comparaison" in director.get(f"{url}/effet/").text
    assert director.get(f"{url}/effet/comparer").status_code == 403
    assert "3 jours avant" in coordinator.get(f"{url}/effet/comparer").text
    both = {"name": "Sans rappel", "skipped": ["d3", "d1"], "most_per_arm": "400"}
    refused = coordinator.post(f"{url}/effet/comparer", data=both)
    assert refused.status_code == 422
    assert "Chacun doit garder au moins un rappel" in refused.text
    words = both | {"skipped": [], "second_texts": "y"}
    assert "Écrivez d&#39;abord un second texte" in coordinator.post(f"{url}/effet/comparer", data=words).text
    texts = url.removesuffix("/messages") + "/messages/textes/fr/"
    assert "sms/reminder/one-2" in coordinator.get(texts).text
    second = coordinator.get(texts + "sms/reminder/one-2").text
    assert "second texte, pour comparer" in second
    kept = {"text": "Venez : {sessions}", "reviewed_by": "", "version": "0"}
    assert coordinator.post(texts + "sms/reminder/one-2", data=kept).status_code == 302
    other = both | {"skipped": ["d3"], "moved_step": "d1", "second_texts": "y"}
    assert "Donnez une heure" in coordinator.post(f"{url}/effet/comparer", data=other).text
    other["moved_at"] = "09:30"
    begun = coordinator.post(f"{url}/effet/comparer", data=other, follow_redirects=True)
    assert "La comparaison commence" in begun.text
    assert "Trop tôt" in begun.text
    assert "à 09:30, avec le second texte" in begun.text
    row = rows.scalars(select(n.Experiment)).one()
    assert variants(row)[Arm.OTHER].skipped == {"d3"}
    stopped = coordinator.post(f"{url}/effet/{row.id}/arreter", follow_redirects=True)
    assert "est arrêtée" in stopped.text
    assert "déjà terminée" in coordinator.post(f"{url}/effet/{row.id}/arreter", follow_redirects=True).text


def test_points_lie_where_their_numbers_say() -> None:
    plot = reliability_plot([Bin(100, 0.1, 0.2, 0.1, 0.3), Bin(25, 0.4, 0.4, 0.2, 0.6)])
    first, second = plot.points
    assert plot.most == pytest.approx(0.6)
    assert first.x < second.x
    assert first.y > second.y
    assert first.low > first.y > first.high
    assert first.radius > second.radius
    on_the_line = (second.x - plot.right[0]) / (plot.right[2] - plot.right[0])
    assert on_the_line == pytest.approx((plot.right[1] - second.y) / (plot.right[1] - plot.right[3]))
    assert all(0 <= point.x <= WIDTH and 0 <= point.y <= HEIGHT for point in plot.points)
    assert reliability_plot([]).points == []
    assert (bar_place(0), bar_place(1)) == (20, 280)

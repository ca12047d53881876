"""The pages of the follow-up: who sees what, one tap for an outcome, figures that lead to their rows."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from html import unescape

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import models as m
from tests.factories import Make
from web.clock import today

SignIn = Callable[..., FlaskClient]


@pytest.fixture
def path(make_row: Make) -> m.Programme:
    counter = {
        "key": "french",
        "name": "Français",
        "target_minutes": 24000,
        "activities": ["fle"],
        "outside": True,
    }
    return make_row(m.Programme, name="Parcours", counters=[counter])


@pytest.fixture
def person(rows: Session, make_row: Make, path: m.Programme) -> m.Participant:
    """Somebody far behind, who came once and missed three times."""
    row = make_row(m.Participant, first_name="Amina", last_name="Kadiri", reference="D-7", eu_national=False)
    make_row(m.Enrolment, programme=path, participant=row, starts_on=today() - timedelta(weeks=60))
    activity = make_row(m.Activity, programme=path, key="fle", name="Français")
    for back, state in ((20, "present"), (3, "absent"), (2, "absent"), (1, "absent")):
        day = today() - timedelta(days=back)
        held = make_row(
            m.GroupSession, activity=activity, day=day, starts_at=datetime.combine(day, time(9), UTC)
        )
        make_row(
            m.AttendanceRecord,
            session=held,
            participant=row,
            state=state,
            attended_minutes=180 if state == "present" else 0,
        )
    rows.commit()
    return row


@pytest.fixture
def url(app_centre: m.Centre) -> str:
    return f"/c/{app_centre.slug}/suivi"


def test_hours_say_in_words_what_the_bar_shows(person: m.Participant, url: str, sign_in: SignIn) -> None:
    page = sign_in(m.Role.COORDINATOR).get(f"{url}/heures/").text
    assert "3 h sur 400 h (0 %)" in page
    assert 'max="24000" value="180"' in page
    assert "Ne sera pas atteint à temps" in page
    own = sign_in(m.Role.COORDINATOR).get(f"{url}/personnes/{person.id}/").text
    assert "25 % de présence" in own
    assert "Demander de planifier 397 h" in own


def test_a_demand_is_raised_once_and_leads_to_the_week(
    person: m.Participant, path: m.Programme, url: str, rows: Session, sign_in: SignIn
) -> None:
    client = sign_in(m.Role.COORDINATOR)
    for _time in range(2):
        answer = client.post(
            f"{url}/personnes/{person.id}/demander", data={"programme": path.id, "key": "french"}
        )
        assert answer.status_code == 302
    (task,) = rows.scalars(select(m.Task)).all()
    assert (task.kind, task.facts["missing"]) == ("raise_demand", 24000 - 180)
    assert "Il manque 397 h" in client.get(f"{url}/a-faire/").text
    where = client.get(f"{url}/a-faire/{task.id}/planifier").location
    assert "/semaine/ajouter?activity=" in where
    assert client.get(where).status_code == 200
    unknown = client.post(f"{url}/personnes/{person.id}/demander", data={"programme": 1, "key": "x"})
    assert unknown.status_code == 404


def test_one_tap_closes_a_task_and_another_takes_it_back(
    person: m.Participant, url: str, rows: Session, make_row: Make, sign_in: SignIn
) -> None:
    task = make_row(m.Task, kind="call_back", participant_id=person.id)
    rows.commit()
    client = sign_in(m.Role.ANIMATEUR)
    assert "demandé qu&#39;on l&#39;appelle" in client.get(f"{url}/a-faire/").text
    assert client.post(f"{url}/a-faire/{task.id}/repondre", data={"outcome": "nonsense"}).status_code == 422
    client.post(f"{url}/a-faire/{task.id}/repondre", data={"outcome": "called", "note": "Elle vient lundi."})
    rows.rollback()
    rows.refresh(task)
    assert (task.state, task.outcome, task.note) == ("closed", "called", "Elle vient lundi.")
    assert task.closed_by_id is not None
    client.post(f"{url}/a-faire/{task.id}/rouvrir")
    rows.rollback()
    rows.refresh(task)
    assert (task.state, task.closed_at) == ("open", None)


def test_a_social_worker_sees_own_people_who_agreed_and_nobody_else(
    person: m.Participant, url: str, rows: Session, make_row: Make, sign_in: SignIn
) -> None:
    worker = make_row(m.StaffMember)
    task = make_row(
        m.Task,
        kind="watch",
        participant_id=person.id,
        facts={"kind": "in_a_row", "missed": 3, "of": 3, "since": "2026-11-20T08:00:00+00:00"},
    )
    rows.commit()
    client = sign_in(m.Role.SOCIAL_WORKER)
    membership = rows.scalars(select(m.Membership).order_by(m.Membership.id.desc())).first()
    assert membership is not None
    membership.staff_id = worker.id
    rows.commit()
    pages = ("heures/", "a-faire/")
    for consent, referent, seen in ((False, worker.id, False), (True, None, False), (True, worker.id, True)):
        person.referent_id, person.consent_sharing_at = referent, datetime.now(UTC) if consent else None
        rows.commit()
        for page in pages:
            assert ("Amina Kadiri" in client.get(f"{url}/{page}").text) == seen, (consent, referent, page)
        for page in ("", "attestation", "attestation.pdf?du=2026-01-01&au=2026-12-31"):
            status = client.get(f"{url}/personnes/{person.id}/{page}").status_code
            assert status == (200 if seen else 404), page
        status = client.post(f"{url}/a-faire/{task.id}/repondre", data={"outcome": "talked"}).status_code
        assert status == (302 if seen else 404)
    assert client.get(f"{url}/rapports/").status_code == 403


def test_a_director_reads_figures_without_names(person: m.Participant, url: str, sign_in: SignIn) -> None:
    client = sign_in(m.Role.DIRECTOR)
    assert client.get(f"{url}/").location.endswith("/suivi/rapports/")
    assert client.get(f"{url}/rapports/").status_code == 200
    first, last = today() - timedelta(days=60), today()
    for page in ("presences", "personnes"):
        text = client.get(f"{url}/rapports/{first}/{last}/{page}").text
        assert "Kadiri" not in text
        assert "D-7" in text
        assert "Kadiri" not in client.get(f"{url}/rapports/{first}/{last}/{page}?format=csv").text


def test_every_figure_leads_to_as_many_rows(person: m.Participant, url: str, sign_in: SignIn) -> None:
    client = sign_in(m.Role.COORDINATOR)
    first, last = today() - timedelta(days=60), today()
    page = client.get(f"{url}/rapports/?du={first}&au={last}").text
    links = re.findall(
        r'<a href="([^"]*/rapports/[^"]+/(?:presences|personnes|seances)[^"]*)">([^<]*)</a>', page
    )
    assert len(links) > 25
    assert {"oral=1-1", "ecrit=1-1"} <= {address.partition("?")[2] for address, _shown in links}
    for address, shown in links:
        rows_page = client.get(unescape(address) + ("&" if "?" in address else "?") + "format=csv")
        assert rows_page.status_code == 200, address
        lines = rows_page.text.splitlines()[1:]
        if shown.endswith((" h", "min")) or " h " in shown:
            column = rows_page.text.splitlines()[0].split(";").index("Minutes suivies")
            minutes = sum(int(line.split(";")[column]) for line in lines)
            assert shown == f"{minutes // 60} h" if minutes else shown == "0 h"
        else:
            assert int(shown.replace("\u202f", "")) == len(lines), address


def test_a_report_as_a_workbook_and_as_text(person: m.Participant, url: str, sign_in: SignIn) -> None:
    client = sign_in(m.Role.COORDINATOR)
    period = f"du={today() - timedelta(days=60)}&au={today()}"
    book = load_workbook(io.BytesIO(client.get(f"{url}/rapports/?{period}&format=xlsx").data))
    summary = {row[0].value: row[1].value for row in book.worksheets[0].iter_rows(min_row=2)}
    assert summary["Minutes suivies"] == 180
    assert summary["Absences sans excuse"] == 3
    text = client.get(f"{url}/rapports/?{period}&format=csv").data
    assert text.startswith(b"\xef\xbb\xbf")
    assert "Minutes suivies;180" in text.decode("utf-8-sig")


@pytest.mark.parametrize("query", ["du=2026-12-31&au=2026-01-01", "du=2010-01-01&au=2026-01-01"])
def test_an_impossible_period_is_told(url: str, sign_in: SignIn, query: str) -> None:
    answer = sign_in(m.Role.COORDINATOR).get(f"{url}/rapports/?{query}", follow_redirects=True)
    assert "Choisissez un premier jour avant le dernier" in answer.text


def test_rules_are_read_and_changed(url: str, rows: Session, sign_in: SignIn) -> None:
    client = sign_in(m.Role.COORDINATOR)
    client.post(f"{url}/regles/habituelles")
    assert "3 séances manquées de suite sans excuse" in client.get(f"{url}/regles/").text
    rule = rows.scalars(select(m.WatchRule).where(m.WatchRule.kind == "in_a_row")).one()
    address = f"{url}/regles/{rule.id}"
    good = {"missed": 2, "active": "y", "version": rule.version}
    assert client.post(address, data={**good, "missed": 0}).status_code == 422
    assert client.post(address, data=good).status_code == 302
    rows.rollback()
    rows.refresh(rule)
    assert rule.missed == 2
    assert client.post(address, data={**good, "missed": 5, "version": 1}).status_code == 409
    assert sign_in(m.Role.DIRECTOR).post(address, data=good).status_code == 403


def test_a_school_list_is_imported(person: m.Participant, url: str, rows: Session, sign_in: SignIn) -> None:
    client = sign_in(m.Role.COORDINATOR)
    day = today() - timedelta(days=2)

    def post(**more: str) -> str:
        content = f"Nom complet;Date;Heures\nKadiri Amina;{day};3h30\nInconnu;{day};2".encode()
        data = {"file": (io.BytesIO(content), "liste.csv"), "counter": "french", "source": "École", **more}
        answer = client.post(f"{url}/heures/importer", data=data, content_type="multipart/form-data")
        assert answer.status_code == 200
        return answer.text

    assert "rien n'est enregistré" in unescape(post(only_check="y"))
    assert rows.scalars(select(m.OutsideAttendance)).all() == []
    page = unescape(post())
    assert "1 jour nouveau" in page
    assert "n'est pas dans ce centre" in page
    rows.rollback()
    assert [row.minutes for row in rows.scalars(select(m.OutsideAttendance))] == [210]


def test_paper_opens_as_pdf_and_only_our_own_codes_are_printed(
    person: m.Participant, url: str, sign_in: SignIn, app_centre: m.Centre
) -> None:
    client = sign_in(m.Role.COORDINATOR)
    assert client.get(f"{url}/papier/").status_code == 200
    pdf = client.get(f"{url}/personnes/{person.id}/attestation.pdf?du=2020-01-01&au=2030-01-01")
    assert pdf.data.startswith(b"%PDF")
    assert (
        client.get(f"{url}/personnes/{person.id}/attestation.pdf?du=2026-02-01&au=2026-01-01").status_code
        == 422
    )
    card = f"{url}/personnes/{person.id}/carte.pdf"
    assert client.post(card, data={"url": "https://evil.example/moi/x"}).status_code == 400
    made = client.post(f"/c/{app_centre.slug}/liens/page/{person.id}/nouveau").text
    address = re.search(r'name="url" value="([^"]+)"', made)
    assert address is not None
    assert client.post(card, data={"url": address.group(1)}).data.startswith(b"%PDF")

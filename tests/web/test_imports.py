"""Bringing people in through the pages, without JavaScript, on both databases."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import Workbook
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.models import AuditEntry, Centre, Course, CourseSource, ImportBatch, Participant, Role
from web.extensions import db

ROSTER = (
    "Nom;Prénom;Né le;GSM;Niveau\r\n"
    "Ba;Awa;31/12/1990;0470123456;A1\r\n"
    "Sow;Ali;31/02/1990;;A2\r\n"
    "Traore;Fanta;4/5/1985;0470123456;B1\r\n"
)
ICS = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:a\r\nSUMMARY:FLE A2\r\n"
    b"DTSTART;TZID=Europe/Brussels:20260907T090000\r\nDTEND;TZID=Europe/Brussels:20260907T120000\r\n"
    b"RRULE:FREQ=WEEKLY;BYDAY=MO;UNTIL=20991216T225959Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


class Browser:
    """A client that follows forms as a person would."""

    def __init__(self, client: FlaskClient, base: str) -> None:
        self.client = client
        self.base = base

    def upload(self, kind: str, content: bytes | str, name: str = "liste.csv", **data: Any) -> Any:
        data["file"] = (io.BytesIO(content.encode() if isinstance(content, str) else content), name)
        return self.client.post(f"{self.base}/{kind}", data=data, content_type="multipart/form-data")

    def brought(self, kind: str, content: bytes | str, **data: Any) -> str:
        """Upload, take the columns as proposed, and give the address of the dry run."""
        answer = self.upload(kind, content, **data)
        assert answer.status_code == 303, answer.text
        if answer.location.endswith("/colonnes"):
            page = self.client.get(answer.location).text
            answer = self.client.post(answer.location, data=selected(page))
            assert answer.status_code == 303, answer.text
        return str(answer.location)

    def apply(self, trial: str) -> Any:
        page = self.client.get(trial).text
        return self.client.post(
            trial.replace("apercu", "enregistrer"), data={"fingerprint": fingerprint(page)}
        )


def selected(page: str) -> dict[str, str]:
    """The columns as the page proposes them."""
    selects = re.findall(r'<select[^>]*name="(column-\d+)">(.*?)</select>', page, re.DOTALL)
    return {
        name: found.group(1) if (found := re.search(r'value="(\w*)" selected', options)) else ""
        for name, options in selects
    }


def fingerprint(page: str) -> str:
    found = re.search(r'name="fingerprint" value="(\w+)"', page)
    assert found, page
    return found.group(1)


@pytest.fixture
def browser(sign_in: Callable[..., FlaskClient], app_centre: Centre) -> Browser:
    return Browser(sign_in(), f"/c/{app_centre.slug}/importer")


def names(rows: Session) -> list[str]:
    rows.expire_all()
    rows.rollback()
    return [person.name for person in rows.scalars(select(Participant).order_by(Participant.id))]


def test_from_file_to_people_and_the_rows_left_out(browser: Browser, rows: Session) -> None:
    trial = browser.brought("roster", ROSTER)
    page = browser.client.get(trial).text
    assert "Enregistrer 1 ligne" in page
    assert "31/02/1990" in page
    assert "même numéro de téléphone" in page
    assert names(rows) == []
    batch_id = int(re.search(r"importer/(\d+)/", trial).group(1))  # type: ignore[union-attr]
    chosen = browser.client.post(trial.replace("apercu", "choix"), data={"row-4": "new"})
    assert chosen.status_code == 302
    page = browser.client.get(trial).text
    assert "Enregistrer 2 lignes" in page
    assert re.search(r'name="row-4" value="new" checked', page)
    answer = browser.apply(trial)
    assert answer.status_code == 303
    assert names(rows) == ["Awa Ba", "Fanta Traore"]
    result = browser.client.get(answer.location).text
    assert "2 lignes enregistrées" in result
    assert "Ali Sow" in result
    file = browser.client.get(f"{browser.base}/{batch_id}/lignes-laissees")
    assert file.content_type.startswith("text/csv")
    lines = file.data.decode("utf-8-sig").splitlines()
    assert lines[0] == "Nom;Prénom;Né le;GSM;Niveau;Ligne d'origine;Raison"
    assert lines[1].startswith("Sow;Ali;31/02/1990;;A2;3;")
    assert len(lines) == 2
    batch = rows.get_one(ImportBatch, batch_id)
    assert batch.content is None
    audit = rows.scalars(select(AuditEntry).where(AuditEntry.action == "import.apply")).one()
    assert audit.detail == {
        "kind": "roster",
        "counts": {"create": 2, "change": 0, "ignore": 0, "refuse": 1, "decide": 0},
    }


def test_the_dry_run_filters_by_outcome_and_exports(browser: Browser) -> None:
    trial = browser.brought("roster", ROSTER)
    page = browser.client.get(f"{trial}?resultat=refuse").text
    assert "Ali Sow" in page
    assert "Awa Ba" not in page
    assert "Awa Ba" in browser.client.get(f"{trial}?format=csv").data.decode("utf-8-sig")


def test_a_workbook_is_read(browser: Browser, rows: Session) -> None:
    book = Workbook()
    assert book.active is not None
    book.active.append(["Nom", "Prénom"])
    book.active.append(["Ba", "Awa"])
    out = io.BytesIO()
    book.save(out)
    browser.apply(browser.brought("roster", out.getvalue(), name="liste.xlsx"))
    assert names(rows) == ["Awa Ba"]


def test_the_matching_is_remembered(browser: Browser) -> None:
    content = "Colonne une;Colonne deux\nBa;Awa\n"
    answer = browser.upload("roster", content)
    page = browser.client.get(answer.location).text
    assert set(selected(page).values()) == {""}
    refused = browser.client.post(answer.location, data={"column-0": "", "column-1": ""})
    assert refused.status_code == 422
    assert "noms" in refused.text
    twice = browser.client.post(answer.location, data={"column-0": "last_name", "column-1": "last_name"})
    assert twice.status_code == 422
    browser.client.post(answer.location, data={"column-0": "last_name", "column-1": "first_name"})
    again = browser.client.get(browser.upload("roster", content).location).text
    assert selected(again) == {"column-0": "last_name", "column-1": "first_name"}


def test_a_dry_run_without_columns_leads_back_to_them(browser: Browser) -> None:
    answer = browser.upload("roster", "Colonne une;Colonne deux\nBa;Awa\n")
    trial = browser.client.get(answer.location.replace("colonnes", "apercu"))
    assert trial.status_code == 302
    assert trial.location.endswith("/colonnes")


def test_what_changed_meanwhile_stops_the_write(browser: Browser, rows: Session, app_centre: Centre) -> None:
    trial = browser.brought("roster", ROSTER)
    seen = fingerprint(browser.client.get(trial).text)
    person = Participant(
        centre_id=app_centre.id,
        first_name="Awa",
        last_name="Ba",
        created_at=app_centre.created_at,
        phone="+32470123456",
    )
    rows.add(person)
    rows.commit()
    answer = browser.client.post(trial.replace("apercu", "enregistrer"), data={"fingerprint": seen})
    assert answer.status_code == 303
    assert answer.location.endswith("/apercu")
    assert "rien n&#39;a été enregistré" in browser.client.get(answer.location).text
    assert names(rows) == ["Awa Ba"]


def test_applying_twice_writes_once(browser: Browser, rows: Session) -> None:
    trial = browser.brought("roster", "Nom;Prénom\nBa;Awa\n")
    data = {"fingerprint": fingerprint(browser.client.get(trial).text)}
    for _attempt in range(2):
        answer = browser.client.post(trial.replace("apercu", "enregistrer"), data=data)
        assert answer.location.endswith("/resultat")
    assert names(rows) == ["Awa Ba"]


def test_a_crash_half_way_writes_nothing(
    browser: Browser, rows: Session, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    trial = browser.brought("roster", ROSTER)

    def fail(*_args: Any) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr("scheduler.roster_import.roster._write_busy", fail)
    app.testing = False
    answer = browser.apply(trial)
    app.testing = True
    assert answer.status_code == 500
    assert names(rows) == []
    monkeypatch.undo()
    assert browser.apply(trial).status_code == 303
    assert names(rows) == ["Awa Ba"]


def test_a_file_can_be_abandoned(browser: Browser, rows: Session) -> None:
    trial = browser.brought("roster", ROSTER)
    assert browser.client.post(trial.replace("apercu", "abandonner")).status_code == 302
    assert browser.client.get(trial).status_code == 404
    assert rows.scalars(select(ImportBatch)).all() == []


def test_files_that_cannot_be_read_are_refused_beside_the_field(browser: Browser, rows: Session) -> None:
    for content, said in (
        (b"", "vide"),
        (b"PK\x03\x04 pas un zip", "abîmé"),
        (b"\x00\x01\x02", "binaires"),
        (b"Nom;Prenom\n", "titres"),
    ):
        answer = browser.upload("roster", content)
        assert answer.status_code == 422
        assert said in answer.text
        assert "field-error" in answer.text
    assert rows.scalars(select(ImportBatch)).all() == []


def test_a_file_over_the_limit_is_refused_beside_the_field(browser: Browser) -> None:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    body = head + b"y" * (11 * 1024 * 1024) + b"\r\n--x--\r\n"
    answer = browser.client.post(
        f"{browser.base}/roster",
        input_stream=io.BytesIO(body),
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 422
    assert "10 Mo" in answer.text
    assert "field-error" in answer.text


def test_no_file_is_no_upload(browser: Browser) -> None:
    answer = browser.client.post(f"{browser.base}/roster", data={})
    assert answer.status_code == 422
    assert "Choisissez un fichier" in answer.text


def test_a_hundred_megabytes_are_refused_unread(browser: Browser) -> None:
    size = 100 * 1024 * 1024

    class Huge(io.RawIOBase):
        read_bytes = 0
        place = 0

        def readable(self) -> bool:
            return True

        def seekable(self) -> bool:
            return True

        def tell(self) -> int:
            return self.place

        def seek(self, offset: int, whence: int = 0) -> int:
            self.place = offset if whence == 0 else size + offset
            return self.place

        def readinto(self, buffer: Any) -> int:
            Huge.read_bytes += len(buffer)
            return len(buffer)

    answer = browser.client.post(
        f"{browser.base}/roster",
        input_stream=Huge(),
        content_length=size,
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 413
    assert Huge.read_bytes < 20 * 1024 * 1024


def test_courses_come_from_a_table(browser: Browser, rows: Session) -> None:
    content = "Classe;Jour;Début;Fin;Du;Au\nFLE A1;lundi;9h;12h;7/9/2026;30/6/2027\n"
    browser.apply(browser.brought("timetable", content, school="EFC"))
    course = rows.scalars(select(Course)).one()
    assert (course.school, course.name) == ("EFC", "FLE A1")
    roster = browser.brought("enrolments", "Nom;Prénom\nBa;Awa\n", course_id=str(course.id))
    assert "personne ne s&#39;appelle ainsi" in browser.client.get(roster).text


def test_a_calendar_file_needs_its_school(browser: Browser, rows: Session) -> None:
    assert browser.upload("calendar", ICS, name="agenda.ics").status_code == 422
    browser.apply(browser.brought("calendar", ICS, name="agenda.ics", school="EFC"))
    assert rows.scalars(select(Course)).one().name == "FLE A2"
    assert rows.scalars(select(CourseSource)).all() == []


@pytest.fixture
def school_server() -> Iterator[ThreadingHTTPServer]:
    class School(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(self.server.calendar)))  # type: ignore[attr-defined]
            self.end_headers()
            self.wfile.write(self.server.calendar)  # type: ignore[attr-defined]

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), School)
    server.calendar = ICS  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_an_address_is_followed_and_read_again(
    browser: Browser, rows: Session, school_server: ThreadingHTTPServer
) -> None:
    url = f"http://127.0.0.1:{school_server.server_port}/agenda.ics?jeton=tressecret"
    answer = browser.client.post(f"{browser.base}/calendar", data={"school": "EFC", "url": url})
    assert answer.status_code == 303, answer.text
    browser.apply(answer.location)
    source = rows.scalars(select(CourseSource)).one()
    index = browser.client.get(f"{browser.base}/").text
    assert "127.0.0.1" in index
    assert "tressecret" not in index
    school_server.calendar = ICS.replace(b"BYDAY=MO", b"BYDAY=MO,WE")  # type: ignore[attr-defined]
    browser.client.post(f"{browser.base}/agendas/{source.id}/relire")
    rows.expire_all()
    rows.rollback()
    course = rows.scalars(select(Course)).one()
    assert {each.weekday for each in course.meetings} == {0, 2}
    assert course.source_id == source.id
    school_server.calendar = b"<html>"  # type: ignore[attr-defined]
    browser.client.post(f"{browser.base}/agendas/{source.id}/relire")
    assert "agenda au format ICS" in browser.client.get(f"{browser.base}/").text
    assert browser.client.post(f"{browser.base}/agendas/{source.id}/retirer").status_code == 302
    rows.expire_all()
    rows.rollback()
    assert rows.scalars(select(CourseSource)).all() == []
    assert rows.scalars(select(Course)).one().source_id is None


def test_a_private_address_is_refused_unless_allowed(
    browser: Browser, app: Flask, school_server: ThreadingHTTPServer
) -> None:
    app.config["ALLOW_PRIVATE_NETWORKS"] = False
    url = f"http://127.0.0.1:{school_server.server_port}/agenda.ics"
    answer = browser.client.post(f"{browser.base}/calendar", data={"school": "EFC", "url": url})
    assert answer.status_code == 422
    assert "réseau privé" in answer.text


def test_an_import_of_another_centre_does_not_exist(
    browser: Browser, rows: Session, sign_in: Callable[..., FlaskClient], app_centre: Centre
) -> None:
    trial = browser.brought("roster", ROSTER)
    other = Centre(name="Autre", slug="autre-centre", created_at=app_centre.created_at)
    rows.add(other)
    rows.commit()
    client = sign_in(Role.COORDINATOR, other)
    for path in ("apercu", "colonnes", "resultat", "lignes-laissees"):
        address = trial.replace(app_centre.slug, other.slug).replace("apercu", path)
        assert client.get(address).status_code == 404
    for path in ("choix", "enregistrer", "abandonner"):
        address = trial.replace(app_centre.slug, other.slug).replace("apercu", path)
        assert client.post(address).status_code == 404
    assert names(rows) == []


def test_every_form_is_protected(app: Flask, browser: Browser, rows: Session) -> None:
    trial = browser.brought("roster", ROSTER)
    app.config["WTF_CSRF_ENABLED"] = True
    for path in ("choix", "enregistrer", "abandonner", "colonnes"):
        assert browser.client.post(trial.replace("apercu", path)).status_code == 400
    assert browser.upload("roster", ROSTER).status_code == 400
    for page in (browser.client.get(trial).text, browser.client.get(f"{browser.base}/").text):
        forms = re.findall(r'<form[^>]*method="post".*?</form>', page, re.DOTALL)
        assert forms
        assert all('name="csrf_token"' in form for form in forms)


def test_the_number_of_queries_does_not_grow_with_the_rows(browser: Browser, app: Flask) -> None:
    from sqlalchemy import event

    def queries(trial: str) -> int:
        seen: list[str] = []
        with app.app_context():
            engine = db.engine

        def count(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            seen.append(statement)

        event.listen(engine, "before_cursor_execute", count)
        try:
            assert browser.client.get(trial).status_code == 200
        finally:
            event.remove(engine, "before_cursor_execute", count)
        return len(seen)

    one = queries(browser.brought("roster", "Nom;Prénom\nBa;Awa\n"))
    many = queries(browser.brought("roster", "Nom;Prénom\nBa;Awa\nSow;Ali\nKone;Issa\nHaile;Saba\n"))
    assert one == many

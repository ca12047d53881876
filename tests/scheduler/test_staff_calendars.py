"""Staff's own calendars, from a web server and from a real CalDAV server on this machine."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.busy_times import window
from scheduler.caldav_fetch import CaldavAccount, fetch_caldav
from scheduler.errors import InvalidInputError
from scheduler.fetch import FetchError, FetchLimits
from scheduler.jobs import job
from scheduler.models import BusyPeriod, CalendarKind, StaffCalendar, StaffMember
from scheduler.staff_calendars import calendar_of, follow_calendar, leave_calendar
from tests.factories import Make
from tests.scheduler.test_busy_times import BRUSSELS, MEETING, calendar

KEY = "a secret key"
INSIDE = FetchLimits(allow_private_networks=True, total_seconds=30)
PASSWORD = "mot-de-passe-d-application"


class Agenda(BaseHTTPRequestHandler):
    """A web server with one calendar."""

    def do_GET(self) -> None:
        server: Any = self.server
        server.seen.append(self.headers.get("If-None-Match"))
        if server.content == "endless":
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(1_700):
                    self.wfile.write(b"X-LONG:" + b"x" * 65_000 + b"\r\n")
            except OSError:
                pass
            return
        if self.headers.get("If-None-Match") == server.etag:
            self.send_response(304)
            self.end_headers()
            return
        self.send_response(200)
        self.send_header("ETag", server.etag)
        self.send_header("Content-Length", str(len(server.content)))
        self.end_headers()
        self.wfile.write(server.content)

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def agenda() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Agenda)
    server.seen, server.etag, server.content = [], '"1"', calendar(MEETING)
    server.url = f"http://127.0.0.1:{server.server_port}/secret-jeton/agenda.ics"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a real Radicale with one account, ``nadia``."""
    folder = tmp_path_factory.mktemp("radicale")
    (folder / "users").write_text(f"nadia:{PASSWORD}\n")
    (folder / "config").write_text(
        f"[auth]\ntype = htpasswd\nhtpasswd_filename = {folder / 'users'}\nhtpasswd_encryption = plain\n"
        f"delay = 0\n[storage]\nfilesystem_folder = {folder / 'store'}\n"
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "radicale", "--config", str(folder / "config")]
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [*command, "--hosts", f"127.0.0.1:{port}"],
            stdout=log,
            stderr=log,
            env=os.environ | {"HOME": str(folder)},
        )
    address = f"http://127.0.0.1:{port}/"
    try:
        until = time.monotonic() + 60
        while True:
            try:
                httpx.get(address, trust_env=False)
                break
            except httpx.TransportError:
                assert server.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < until
                time.sleep(0.1)
        yield address
    finally:
        server.terminate()
        server.wait(20)


@pytest.fixture
def nadia(radicale: str) -> Iterator[Callable[..., httpx.Response]]:
    """Return a function that makes requests as Nadia; her calendars are new and two."""
    with httpx.Client(base_url=radicale, auth=("nadia", PASSWORD), trust_env=False, timeout=30) as client:
        client.request("DELETE", "/nadia/work/")
        client.request("DELETE", "/nadia/home/")
        for name in ("work", "home"):
            made = client.request("MKCALENDAR", f"/nadia/{name}/")
            assert made.status_code == 201, made.text
        yield client.request


def put(nadia: Callable[..., httpx.Response], where: str, event: str) -> None:
    content = calendar(event).replace(b"UID:e0", f"UID:{where}".encode())
    answer = nadia("PUT", f"/nadia/{where}.ics", content=content, headers={"Content-Type": "text/calendar"})
    assert answer.status_code == 201, answer.text


@pytest.fixture
def member(make: Make) -> StaffMember:
    row: StaffMember = make(StaffMember)
    return row


def refresh(session: Session, at: datetime, *, private: bool = True, key: str = KEY) -> dict[str, int]:
    found: dict[str, int] = job("refresh_staff_calendars").run(
        session, lambda: at, secret_key=key, allow_private_networks=private
    )
    return found


def busy(session: Session, member: StaffMember) -> list[str]:
    query = select(BusyPeriod).where(BusyPeriod.staff_id == member.id).order_by(BusyPeriod.starts_at)
    return [f"{row.source} {row.starts_at:%d/%m %H:%M}{row.label}" for row in session.scalars(query)]


def error_of(session: Session, member: StaffMember) -> str | None:
    row = calendar_of(session, member.id)
    assert row is not None
    return row.error


def test_an_address_becomes_busy_times_replaced_at_each_refresh(
    session: Session, make: Make, member: StaffMember, agenda: Any, now: datetime
) -> None:
    make(BusyPeriod, staff_id=member.id, starts_at=now, ends_at=now + timedelta(hours=1), label="")
    follow_calendar(session, member, CalendarKind.ICS, agenda.url, KEY)
    assert refresh(session, now) == {"calendars": 1, "failed": 0}
    assert busy(session, member) == ["manual 23/11 08:00", "calendar 24/11 09:00"]
    agenda.etag, agenda.content = '"2"', calendar("DTSTART:20261125T140000Z\r\nDTEND:20261125T150000Z")
    assert refresh(session, now + timedelta(minutes=5)) == {"calendars": 0, "failed": 0}
    assert refresh(session, now + timedelta(minutes=30)) == {"calendars": 1, "failed": 0}
    assert busy(session, member) == ["manual 23/11 08:00", "calendar 25/11 14:00"]
    row = calendar_of(session, member.id)
    assert row is not None
    leave_calendar(session, row)
    assert busy(session, member) == ["manual 23/11 08:00"]


def test_what_did_not_change_is_sent_once_a_day_only(
    session: Session, member: StaffMember, agenda: Any, now: datetime
) -> None:
    follow_calendar(session, member, CalendarKind.ICS, agenda.url, KEY)
    for hours in (0, 1, 24):
        assert refresh(session, now + timedelta(hours=hours))["failed"] == 0
    assert agenda.seen == [None, '"1"', None]
    assert busy(session, member) == ["calendar 24/11 09:00"]


def test_what_opens_a_calendar_is_sealed_and_in_no_log(
    session: Session, member: StaffMember, agenda: Any, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    row = follow_calendar(session, member, CalendarKind.ICS, agenda.url, KEY)
    with caplog.at_level(logging.DEBUG):
        refresh(session, now)
        refresh(session, now + timedelta(hours=1), key="another key")
    stored = " ".join(str(getattr(row, column.key)) for column in StaffCalendar.__table__.columns)
    assert "secret-jeton" not in stored
    assert "secret-jeton" not in caplog.text.replace("GET /", "")
    assert "plus lisible" in (error_of(session, member) or "")
    assert busy(session, member) == ["calendar 24/11 09:00"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html>Connexion</html>", "format ICS"),
        (calendar(f"{MEETING}\r\nRRULE:FREQ=SECONDLY"), "sans fin"),
        ("endless", "taille permise"),
    ],
)
def test_hostile_calendars_leave_the_old_busy_times(
    session: Session, member: StaffMember, agenda: Any, now: datetime, content: Any, said: str
) -> None:
    follow_calendar(session, member, CalendarKind.ICS, agenda.url, KEY)
    refresh(session, now)
    agenda.etag, agenda.content = '"2"', content
    assert refresh(session, now + timedelta(hours=1)) == {"calendars": 1, "failed": 1}
    assert said in (error_of(session, member) or "")
    assert busy(session, member) == ["calendar 24/11 09:00"]
    agenda.content = calendar(MEETING)
    assert refresh(session, now + timedelta(hours=2))["failed"] == 0
    assert error_of(session, member) is None


@pytest.mark.parametrize("kind", list(CalendarKind))
def test_private_networks_are_refused_unless_the_installation_allows_them(
    session: Session, member: StaffMember, agenda: Any, radicale: str, now: datetime, kind: CalendarKind
) -> None:
    url = agenda.url if kind is CalendarKind.ICS else radicale
    follow_calendar(session, member, kind, url, KEY, username="nadia", password=PASSWORD)
    assert refresh(session, now, private=False)["failed"] == 1
    assert "réseau privé" in (error_of(session, member) or "")
    assert agenda.seen == []


@pytest.mark.parametrize("path", ["", "nadia/", "nadia/work/"])
def test_a_caldav_account_becomes_busy_times(
    session: Session,
    member: StaffMember,
    radicale: str,
    nadia: Callable[..., httpx.Response],
    now: datetime,
    path: str,
) -> None:
    put(nadia, "work/a", MEETING)
    put(nadia, "work/b", "DTSTART:20261103T130000Z\r\nDTEND:20261103T140000Z\r\nRRULE:FREQ=WEEKLY;COUNT=5")
    put(
        nadia,
        "work/c",
        f"{MEETING}\r\nTRANSP:TRANSPARENT".replace("24T09", "26T09").replace("24T10", "26T10"),
    )
    put(nadia, "home/d", "DTSTART;VALUE=DATE:20261127\r\nDTEND;VALUE=DATE:20261128")
    row = follow_calendar(
        session, member, CalendarKind.CALDAV, radicale + path, KEY, username="nadia", password=PASSWORD
    )
    assert PASSWORD not in row.secret
    assert refresh(session, now) == {"calendars": 1, "failed": 0}, error_of(session, member)
    work = ["calendar 24/11 09:00", "calendar 24/11 13:00", "calendar 01/12 13:00"]
    home = ["calendar 26/11 23:00"]
    assert busy(session, member) == (work if path.endswith("work/") else sorted(work[:2] + home) + work[2:])
    nadia("DELETE", "/nadia/work/a.ics")
    assert refresh(session, now + timedelta(hours=1))["failed"] == 0
    assert "calendar 24/11 09:00" not in busy(session, member)


def test_a_wrong_password_and_a_server_that_is_none_are_said(
    radicale: str, agenda: Any, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    span = window(now, BRUSSELS)
    with caplog.at_level(logging.DEBUG):
        with pytest.raises(FetchError, match="mot de passe d'application"):
            fetch_caldav(CaldavAccount(radicale, "nadia", "faux-secret"), *span, INSIDE)
        with pytest.raises(FetchError, match="CalDAV"):
            fetch_caldav(CaldavAccount(agenda.url, "nadia", "faux-secret"), *span, INSIDE)
        with pytest.raises(FetchError, match="joint"):
            fetch_caldav(CaldavAccount("http://127.0.0.1:9/", "nadia", "faux-secret"), *span, INSIDE)
    assert "faux-secret" not in caplog.text
    assert "faux-secret" not in repr(CaldavAccount(radicale, "nadia", "faux-secret"))


def test_a_server_of_too_many_bytes_is_left(
    radicale: str, nadia: Callable[..., httpx.Response], now: datetime
) -> None:
    put(nadia, "work/a", MEETING + "\r\nDESCRIPTION:" + "x" * 200_000)
    account = CaldavAccount(radicale, "nadia", PASSWORD)
    limits = FetchLimits(allow_private_networks=True, max_bytes=100_000)
    with pytest.raises(FetchError, match="taille permise"):
        fetch_caldav(account, *window(now, BRUSSELS), limits)


@pytest.mark.parametrize(
    ("kind", "url", "names", "field"),
    [
        (CalendarKind.ICS, "file:///etc/passwd", {}, "url"),
        (CalendarKind.CALDAV, "https://dav.example/", {}, "username"),
        (CalendarKind.CALDAV, "https://dav.example/", {"username": "n"}, "password"),
        (CalendarKind.CALDAV, "https://n:p@dav.example/", {"username": "n", "password": "p"}, "url"),
        (CalendarKind.ICS, f"https://dav.example/{'x' * 3000}", {}, "url"),
    ],
)
def test_what_cannot_be_followed_is_said_at_its_field(
    session: Session, member: StaffMember, kind: CalendarKind, url: str, names: dict[str, str], field: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        follow_calendar(session, member, kind, url, KEY, **names)
    assert caught.value.field == field
    assert calendar_of(session, member.id) is None

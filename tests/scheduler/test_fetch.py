"""Fetching addresses: a real server on this machine, and everything that must not be reached."""

from __future__ import annotations

import logging
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from scheduler import fetch as fetching
from scheduler.fetch import FetchError, FetchLimits, check_address, fetch, redacted

INSIDE = FetchLimits(allow_private_networks=True, total_seconds=5, max_bytes=100_000)
CALENDAR = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


#: A certificate for ecole.example that signed itself, with its key; good for nothing but this test.
SELF_SIGNED = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgzEXIhkh8Wkkp7+Lo
S6ki3aSib/WtSaMaD8/GwL/+KK+hRANCAAQ2RB6Bz9Wofe3MyC2QJw5fF7YfqV0B
P2u6ijSIRVIc8BnmoaWId2lWwI4ghBkCicnXI5qZep/cxi6F+jmtlmO4
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBhjCCAS2gAwIBAgIUMYxx4+z7G88UgfjYSZ21rHz29WcwCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNZWNvbGUuZXhhbXBsZTAgFw0yNjExMjIwNDAxNDJaGA8yMTI2
MTAyOTA0MDE0MlowGDEWMBQGA1UEAwwNZWNvbGUuZXhhbXBsZTBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABDZEHoHP1ah97czILZAnDl8Xth+pXQE/a7qKNIhFUhzw
GeahpYh3aVbAjiCEGQKJydcjmpl6n9zGLoX6Oa2WY7ijUzBRMB0GA1UdDgQWBBTs
ABDwjLl7gx7yIVfDTAUW6pwMIzAfBgNVHSMEGDAWgBTsABDwjLl7gx7yIVfDTAUW
6pwMIzAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0cAMEQCIBHHzQRFxFj9
/hHUdgTsK4kwXntuSCb8gfYpj69WjIBwAiBJnRZNIaf0q9ql4ADyKdH11Lx3+aTV
4E7lNPCtJxOQhg==
-----END CERTIFICATE-----
"""


class School(BaseHTTPRequestHandler):
    """A server with a page for every way to misbehave."""

    def do_GET(self) -> None:
        self.server.seen.append((self.path, dict(self.headers)))  # type: ignore[attr-defined]
        path = self.path.partition("?")[0]
        if path == "/agenda.ics":
            if self.headers.get("If-None-Match") == '"1"':
                self.send_response(304)
                self.end_headers()
                return
            self.answer(CALENDAR, {"ETag": '"1"', "Last-Modified": "Mon, 23 Nov 2026 08:00:00 GMT"})
        elif path == "/large":
            self.answer(b"x" * 200_000)
        elif path == "/endless":
            self.send_response(200)
            self.end_headers()
            for _ in range(100_000):
                if not self.push(b"x" * 10_000):
                    return
        elif path == "/drip":
            self.send_response(200)
            self.end_headers()
            while self.push(b"x"):
                time.sleep(0.05)
        elif path == "/drip-headers":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n")
            while self.push(b"X-A: b\r\n"):
                time.sleep(0.05)
        elif path == "/silent":
            time.sleep(3)
        elif path == "/loop":
            self.redirect("/loop")
        elif path == "/gzip":
            self.answer(b"\x1f\x8b", {"Content-Encoding": "gzip"})
        elif path.startswith("/to/"):
            self.redirect(path.removeprefix("/to/"))
        elif path == "/hop":
            self.redirect("/agenda.ics")
        elif path.startswith("/status/"):
            self.send_response(int(path.rpartition("/")[2]))
            self.end_headers()
        else:
            self.send_response(404)
            self.end_headers()

    def answer(self, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(200)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.push(body)

    def redirect(self, where: str) -> None:
        self.send_response(302)
        self.send_header("Location", where)
        self.end_headers()

    def push(self, data: bytes) -> bool:
        try:
            self.wfile.write(data)
            self.wfile.flush()
        except OSError:
            return False
        return True

    def log_message(self, format: str, *args: Any) -> None:
        """Keep quiet."""


@pytest.fixture(scope="module")
def school() -> Iterator[ThreadingHTTPServer]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), School)
    server.daemon_threads = True
    server.seen = []  # type: ignore[attr-defined]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def base(school: ThreadingHTTPServer) -> str:
    school.seen.clear()  # type: ignore[attr-defined]
    return f"http://127.0.0.1:{school.server_port}"


def test_a_calendar_comes_with_its_validators(base: str) -> None:
    answer = fetch(f"{base}/agenda.ics", INSIDE)
    assert answer.content == CALENDAR
    assert (answer.etag, answer.last_modified) == ('"1"', "Mon, 23 Nov 2026 08:00:00 GMT")


def test_an_unchanged_calendar_is_not_sent_again(base: str) -> None:
    assert fetch(f"{base}/agenda.ics", INSIDE, etag='"1"').content is None


def test_a_redirect_is_followed(base: str) -> None:
    assert fetch(f"{base}/hop", INSIDE).content == CALENDAR


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/large", "taille"),
        ("/endless", "taille"),
        ("/loop", "trop de fois"),
        ("/gzip", "compressé"),
        ("/status/500", "erreur"),
        ("/status/403", "refusé"),
        ("/nowhere", "n'existe pas"),
        ("/to/file:///etc/passwd", "https"),
        ("/to/ftp://127.0.0.1/x", "https"),
        ("/to/http://[::1", "valable"),
    ],
)
def test_answers_that_are_not_taken(base: str, path: str, said: str) -> None:
    with pytest.raises(FetchError, match=said):
        fetch(base + path, INSIDE)


@pytest.mark.parametrize("path", ["/drip", "/drip-headers", "/silent"])
def test_a_server_that_never_ends_is_left_in_time(base: str, path: str) -> None:
    started = time.monotonic()
    with pytest.raises(FetchError, match="lentement"):
        fetch(base + path, FetchLimits(allow_private_networks=True, total_seconds=0.6))
    assert time.monotonic() - started < 2.5


def test_a_resolver_that_never_answers_is_left_in_time() -> None:
    def stuck(host: str, port: int) -> list[str]:
        time.sleep(3)
        return ["127.0.0.1"]

    started = time.monotonic()
    with pytest.raises(FetchError, match="lentement"):
        fetch("http://ecole.example/", FetchLimits(total_seconds=0.3), resolver=stuck)
    assert time.monotonic() - started < 2


def test_this_machine_is_not_reached_without_permission(base: str, school: ThreadingHTTPServer) -> None:
    with pytest.raises(FetchError, match="privé"):
        fetch(f"{base}/agenda.ics", FetchLimits())
    assert school.seen == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "0.0.0.0",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::]",
    ],
)
def test_no_spelling_of_this_machine_is_reached_without_permission(
    school: ThreadingHTTPServer, host: str
) -> None:
    school.seen.clear()  # type: ignore[attr-defined]
    with pytest.raises(FetchError):
        fetch(f"http://{host}:{school.server_port}/agenda.ics", FetchLimits())
    assert school.seen == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1", "172.16.0.1", "192.168.1.1", "127.0.0.1", "169.254.169.254", "100.64.0.1", "224.0.0.1",
        "239.1.2.3", "0.0.0.0", "255.255.255.255", "192.0.2.1", "198.18.0.1", "240.0.0.1", "::1", "::",
        "fe80::1",
        "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "2002:7f00:1::",
        "64:ff9b::7f00:1", "2001:db8::1", "fe80::1%eth0", "not an address",
    ],
)  # fmt: skip
def test_addresses_that_are_nobodys_business_are_refused(address: str) -> None:
    with pytest.raises(FetchError, match="privé"):
        fetch("http://ecole.example/", FetchLimits(), resolver=lambda host, port: [address])


@pytest.mark.parametrize(
    "address", ["169.254.169.254", "fe80::1", "224.0.0.1", "0.0.0.0", "::ffff:169.254.169.254"]
)
def test_some_are_refused_even_with_permission(address: str) -> None:
    with pytest.raises(FetchError, match="privé"):
        fetch("http://ecole.example/", INSIDE, resolver=lambda host, port: [address])


def test_one_bad_address_among_good_ones_is_enough() -> None:
    with pytest.raises(FetchError, match="privé"):
        fetch(
            "http://ecole.example/", FetchLimits(), resolver=lambda host, port: ["93.184.215.14", "127.0.0.1"]
        )


def test_a_name_cannot_change_its_mind_after_the_check(school: ThreadingHTTPServer, monkeypatch: Any) -> None:
    asked: list[str] = []
    reached: list[str] = []

    def first_public_then_private(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["93.184.215.14"] if len(asked) == 1 else ["127.0.0.1"]

    def connect(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        reached.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(FetchError, match="joint"):
        fetch(
            f"http://ecole.example:{school.server_port}/", FetchLimits(), resolver=first_public_then_private
        )
    assert asked == ["ecole.example"]
    assert reached == ["93.184.215.14"]


def test_a_redirect_to_the_inside_is_checked_anew(
    school: ThreadingHTTPServer, base: str, monkeypatch: Any
) -> None:
    real = fetching._check_ip

    def outside_first(address: str, limits: FetchLimits) -> None:
        if address != "127.0.0.1":
            real(address, limits)

    monkeypatch.setattr(fetching, "_check_ip", outside_first)
    asked: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if host == "ecole.example" else ["10.0.0.7"]

    url = f"http://ecole.example:{school.server_port}/to/http://interne.example/secret"
    with pytest.raises(FetchError, match="privé"):
        fetch(url, FetchLimits(), resolver=resolver)
    assert asked == ["ecole.example", "interne.example"]


def test_the_name_is_sent_although_the_connection_goes_to_the_address(
    school: ThreadingHTTPServer, base: str
) -> None:
    url = f"http://ecole.example:{school.server_port}/agenda.ics"
    fetch(url, INSIDE, resolver=lambda host, port: ["127.0.0.1"])
    [(_path, headers)] = school.seen  # type: ignore[attr-defined]
    assert headers["Host"] == f"ecole.example:{school.server_port}"


def test_credentials_go_to_their_host_only_and_into_no_log(
    school: ThreadingHTTPServer, base: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    port = school.server_port
    where = f"http://autre.example:{port}/agenda.ics"
    fetch(
        f"http://nom:motdepasse@ecole.example:{port}/to/{where}?jeton=tressecret",
        INSIDE,
        resolver=lambda host, port: ["127.0.0.1"],
    )
    (_first, sent), (_second, sent_on) = school.seen  # type: ignore[attr-defined]
    assert sent["Authorization"].startswith("Basic ")
    assert "Authorization" not in sent_on
    assert "motdepasse" not in caplog.text
    assert "tressecret" not in caplog.text


def test_errors_never_repeat_the_address(base: str) -> None:
    with pytest.raises(FetchError) as caught:
        fetch(f"{base}/nowhere?jeton=tressecret", INSIDE)
    assert "tressecret" not in str(caught.value)
    assert redacted("https://u:p@ecole.example/x?jeton=s") == "https://ecole.example/…"


def test_proxies_of_the_environment_are_not_used(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9/")
    assert fetch(f"{base}/agenda.ics", INSIDE).content == CALENDAR


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ecole.example/x",
        "file:///etc/passwd",
        "ftp://x/y",
        "javascript:alert(1)",
        "http://",
        "gopher://x",
        "http://[::1",
    ],
)
def test_only_web_addresses_are_taken(url: str) -> None:
    with pytest.raises(FetchError):
        check_address(url)


def test_webcal_is_https() -> None:
    assert str(check_address("webcal://ecole.example/a.ics")) == "https://ecole.example/a.ics"


def test_nobody_at_home(base: str) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(FetchError, match="joint"):
        fetch(f"http://127.0.0.1:{port}/", INSIDE)
    with pytest.raises(FetchError, match="inconnu"):
        fetch("http://nulle-part.invalid/", INSIDE)


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    (tmp_path / "pair.pem").write_text(SELF_SIGNED)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pair.pem")
    server = ThreadingHTTPServer(("127.0.0.1", 0), School)
    server.daemon_threads = True
    server.seen = []  # type: ignore[attr-defined]
    server.handle_error = lambda *args: None  # type: ignore[method-assign]
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with pytest.raises(FetchError, match="certificat"):
            fetch(
                f"https://ecole.example:{server.server_port}/agenda.ics",
                INSIDE,
                resolver=lambda h, p: ["127.0.0.1"],
            )
        assert server.seen == []  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()

"""The server: takes messages and calls, answers as described, and goes wrong when told to."""

from __future__ import annotations

import base64
import json
import socket
import struct
from collections.abc import Iterable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Event, Lock, Thread
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from tests.twilio_stand_in.callbacks import Callback, callbacks_of, inbound
from tests.twilio_stand_in.description import NotAsDescribedError, check_answer, check_request, request_of
from tests.twilio_stand_in.faults import AFTER, Fault, FaultPlan
from tests.twilio_stand_in.records import Recorded
from tests.twilio_stand_in.rules import Refusal, World, refuse_call, refuse_message

ACCOUNT_SID = "AC" + "0123456789abcdef" * 2
AUTH_TOKEN = "a-token-for-tests"
SMS_SENDER = "+32460000001"
VOICE_SENDER = "+3281000001"
WHATSAPP_SENDER = "whatsapp:+32460000002"
SERVICE = "MG" + "0" * 32


class TwilioStandIn:
    """A Twilio account on this machine; it listens while it is entered as a context.

    Parameters
    ----------
    port : int
        0 takes any that is free.
    rates : mapping of Fault to float, optional
        Share of requests that each fault meets; ``plan`` asks for single ones.
    check_every : int
        Every how manieth request and answer is checked against the description; 1 in tests.
    """

    account_sid = ACCOUNT_SID
    auth_token = AUTH_TOKEN

    def __init__(
        self,
        port: int = 0,
        rates: Mapping[Fault, float] | None = None,
        seed: int = 0,
        check_every: int = 1,
    ) -> None:
        self.faults = FaultPlan(rates, seed)
        self.world = World(senders={SMS_SENDER, VOICE_SENDER, SERVICE}, whatsapp_senders={WHATSAPP_SENDER})
        self.records: list[Recorded] = []
        self.complaints: list[str] = []
        self.refusals: list[Refusal] = []
        self.requests = 0
        self.closing = Event()
        self._check_every = check_every
        self._lock = Lock()
        self._taken = Condition(self._lock)
        self._port = port
        self._server: _Server | None = None
        self._thread: Thread | None = None

    @property
    def url(self) -> str:
        """The address to use instead of Twilio's."""
        assert self._server is not None, "not listening"
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> TwilioStandIn:
        self._server = _Server(("127.0.0.1", self._port), _Handler)
        self._server.stand_in = self
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        assert self._server is not None
        assert self._thread is not None
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def plan(self, *faults: Fault) -> None:
        """Let these faults meet the next messages or calls."""
        self.faults.plan(*faults)

    def sent_to(self, number: str) -> list[Recorded]:
        """Return what was taken for a number, oldest first."""
        return [row for row in list(self.records) if row.number == number]

    def wait_for(self, count: int, timeout_s: float = 30) -> None:
        """Wait until so many messages and calls were taken; who sent them may have given up before."""
        with self._taken:
            assert self._taken.wait_for(lambda: len(self.records) >= count, timeout_s)

    def callbacks(self, rows: Iterable[Recorded] | None = None) -> list[Callback]:
        """Return the signed events of messages and calls until their end, in order."""
        found: list[Callback] = []
        for row in list(self.records) if rows is None else rows:
            found += callbacks_of(row, self.world, self.auth_token)
        return found

    def inbound(self, url: str, sender: str, body: str, to: str = SMS_SENDER, **more: str) -> Callback:
        """Return the signed request that brings a message from outside to ``url``."""
        if sender.startswith("whatsapp:"):
            self.world.conversations.add(sender.removeprefix("whatsapp:"))
        return inbound(url, sender, body, to, self.account_sid, self.auth_token, **more)

    def assert_as_described(self) -> None:
        """Fail if anything was asked or answered that is not in Twilio's description."""
        assert self.complaints == []

    def take(self, handler: _Handler, method: str, path: str, query: str, body: bytes) -> tuple[int, bytes]:
        """Answer one request: HTTP status and body."""
        with self._lock:
            self.requests += 1
            checked = self.requests % self._check_every == 0
        parts = path.strip("/").split("/")
        refusal = self._refuse_access(handler, parts)
        form = parse_qs(body.decode(), keep_blank_values=False)
        is_call = parts[3:4] == ["Calls.json"]
        if refusal is None and method == "POST":
            refusal = (refuse_call if is_call else refuse_message)(self.world, form)
        if refusal is not None:
            self.refusals.append(refusal)
            return refusal.status, refusal.body()
        request = request_of(method, path, parse_qsl(query), dict(handler.headers), body)
        if checked:
            try:
                check_request(request)
            except NotAsDescribedError as error:
                self.complaints.append(str(error))
                return 400, Refusal(20001, "Not as described").body()
        if method == "POST":
            row = Recorded.of(form, is_call=is_call, world=self.world, account_sid=self.account_sid)
            with self._taken:
                self.records.append(row)
                self._taken.notify_all()
            status, answer = 201, json.dumps(row.shown()).encode()
        else:
            status, answer = 200, self._list(path, parse_qs(query), is_call)
        if checked:
            try:
                check_answer(request, status, answer)
            except NotAsDescribedError as error:
                self.complaints.append(str(error))
        return status, answer

    def _refuse_access(self, handler: _Handler, parts: list[str]) -> Refusal | None:
        expected = base64.b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        if handler.headers.get("Authorization") != f"Basic {expected}":
            return Refusal(20003, "Authenticate", 401)
        known = parts[:3] == ["2010-04-01", "Accounts", self.account_sid]
        if not known or parts[3:] not in (["Messages.json"], ["Calls.json"]):
            return Refusal(20404, "The requested resource was not found", 404)
        return None

    def _list(self, path: str, query: Mapping[str, list[str]], is_call: bool) -> bytes:
        """Answer newest first, as Twilio does; ``To`` and ``From`` filter."""
        wanted = [row for row in reversed(list(self.records)) if row.is_call == is_call]
        for name in ("To", "From"):
            if name in query:
                wanted = [row for row in wanted if row.form.get(name, [""])[0] == query[name][0]]
        size = int(query.get("PageSize", ["50"])[0])
        shown = [row.shown() for row in wanted[:size]]
        page = {
            "calls" if is_call else "messages": shown,
            "page": 0,
            "page_size": size,
            "start": 0,
            "end": max(len(shown) - 1, 0),
            "uri": path,
            "first_page_uri": path,
            "next_page_uri": None,
            "previous_page_uri": None,
        }
        return json.dumps(page).encode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    stand_in: TwilioStandIn

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are part of the play."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer in two packets would wait 40 ms for the client to acknowledge the first.
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def do_GET(self) -> None:
        self._answer("GET", b"", Fault.NONE)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        self._answer("POST", body, self.server.stand_in.faults.draw())

    def _answer(self, method: str, body: bytes, fault: Fault) -> None:
        stand_in = self.server.stand_in
        where = urlsplit(self.path)
        status, answer, wait = 500, b"", None
        if fault is Fault.NONE or fault in AFTER:
            status, answer = stand_in.take(self, method, where.path, where.query, body)
        if fault in {Fault.SILENCE, Fault.SILENCE_AFTER}:
            # The client gives up first; the end of the play wakes those that still wait.
            self._wait_until_gone()
            return
        if fault in {Fault.RESET, Fault.RESET_AFTER}:
            self._reset()
            return
        if fault is Fault.RATE_LIMIT:
            status, answer, wait = 429, Refusal(20429, "Too Many Requests", 429).body(), 2
        elif fault in {Fault.ERROR, Fault.ERROR_AFTER}:
            status, answer = 500, Refusal(20500, "An internal server error has occurred", 500).body()
        elif fault is Fault.NONSENSE_AFTER:
            status, answer = 201, b"<html>"
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("Twilio-Request-Id", f"RQ{stand_in.requests:032x}")
        if wait is not None:
            self.send_header("Retry-After", str(wait))
        self.end_headers()
        self.wfile.write(answer)
        self.wfile.flush()

    def _wait_until_gone(self) -> None:
        self.close_connection = True
        self.connection.settimeout(0.1)
        while not self.server.stand_in.closing.is_set():
            try:
                if not self.connection.recv(1):
                    return
            except TimeoutError:
                continue
            except OSError:
                return

    def _reset(self) -> None:
        self.close_connection = True
        # Closing with a linger of zero seconds sends RST instead of FIN.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing."""

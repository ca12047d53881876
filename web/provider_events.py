"""Events of messages and calls, which Twilio tells: thousands on the evening of reminders.

They are recorded before the application proper, since they need nothing that pages do: no account, no
cookie, no language. A request counts by its signature alone.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from functools import cached_property
from queue import SimpleQueue
from threading import Thread
from time import sleep
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from flask import Flask
from sqlalchemy import Engine
from werkzeug import Response
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.wsgi import get_input_stream

from notifications.callbacks import read_event
from notifications.channels.twilio import HOOKS
from notifications.status import News, move_all
from scheduler.db import writing
from web.clock import now
from web.extensions import db
from web.signatures import is_signed

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: An event, and where its request hears that it is recorded, or why not.
_Waiting = tuple[News, "SimpleQueue[Exception | None]"]

log = logging.getLogger("semainier.webhooks")

#: Where events come, by what Twilio calls the thing that they are about.
ADDRESS: Final = re.compile(rf"{HOOKS}/(status|call)/([\w-]+)")
NAMES: Final = {"status": "Message", "call": "Call"}

LONGEST_BYTES: Final = 64 * 1024

#: How long an event waits for others that come at the same time, in seconds.
GATHER_S: Final = 0.002


class ProviderEvents:
    """A WSGI application that records events and leaves every other request to ``inner``."""

    def __init__(self, app: Flask, inner: WSGIApplication) -> None:
        self.app = app
        self.inner = inner

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        event = ADDRESS.fullmatch(environ.get("PATH_INFO", ""))
        if event is None or environ["REQUEST_METHOD"] != "POST":
            return self.inner(environ, start_response)
        refusal: WSGIApplication | None
        try:
            refusal = self._take(environ, *event.groups())
        except HTTPException as error:
            refusal = error
        except Exception:
            log.exception("an event could not be recorded")
            refusal = Response(status=500)
        if refusal is not None:
            return refusal(environ, start_response)
        start_response("204 NO CONTENT", [])
        return ()

    def _take(self, environ: WSGIEnvironment, kind: str, token: str) -> Response | None:
        """Record an event; return what is answered if that may not be."""
        # Twilio always sends its fields url-encoded.
        body = get_input_stream(environ, max_content_length=LONGEST_BYTES).read()
        form = MultiDict(parse_qsl(body.decode(errors="replace"), keep_blank_values=True))
        if not is_signed(environ, form, self.app.config):
            log.warning("unsigned request to %s refused", kind)
            return Response("403\n", status=403, mimetype="text/plain")
        name = NAMES[kind]
        news = read_event(
            token,
            sid=form.get(f"{name}Sid", ""),
            status=form.get(f"{name}Status", ""),
            error_code=form.get("ErrorCode") or None,
            now=now(),
        )
        if news is not None:
            outcome: SimpleQueue[Exception | None] = SimpleQueue()
            self._waiting.put((news, outcome))
            error = outcome.get()
            if error is not None:
                raise error
        return None

    @cached_property
    def _waiting(self) -> SimpleQueue[_Waiting]:
        """The events that are to be recorded, by a thread that ends with the process."""
        waiting: SimpleQueue[_Waiting] = SimpleQueue()
        Thread(target=self._record_all, args=(waiting,), name="provider-events", daemon=True).start()
        return waiting

    def _record_all(self, waiting: SimpleQueue[_Waiting]) -> None:
        """Record what comes at the same time together: each alone would wait for the database's lock."""
        while True:
            together = [waiting.get()]
            sleep(GATHER_S)
            together += [waiting.get() for _ in range(waiting.qsize())]
            self._record(together)

    def _record(self, together: list[_Waiting]) -> None:
        error: Exception | None = None
        try:
            with self._engine.begin() as connection:
                move_all(connection, [news for news, _outcome in together])
        except Exception as failure:
            error = failure
        for _news, outcome in together:
            outcome.put(error)

    @cached_property
    def _engine(self) -> Engine:
        with self.app.app_context():
            return writing(db.engine)


def init_app(app: Flask) -> None:
    """Put the recording of events before the application."""
    app.wsgi_app = ProviderEvents(app, app.wsgi_app)  # type: ignore[method-assign]

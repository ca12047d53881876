"""Events of messages and calls, which Twilio tells: thousands on the evening of reminders.

They are recorded before the application proper, since they need nothing that pages do: no account, no
cookie, no language. A request counts by its signature alone.
"""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from flask import Flask
from sqlalchemy import Engine
from werkzeug import Request, Response
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from notifications.callbacks import read_event
from notifications.channels.twilio import HOOKS
from notifications.status import News, move_all
from scheduler.db import writing
from web.clock import now
from web.extensions import db
from web.signatures import is_signed

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger("semainier.webhooks")

#: Where events come, by what Twilio calls the thing that they are about.
ADDRESS: Final = re.compile(rf"{HOOKS}/(status|call)/([\w-]+)")
NAMES: Final = {"status": "Message", "call": "Call"}

LONGEST_BYTES: Final = 64 * 1024


class ProviderEvents:
    """A WSGI application that records events and leaves every other request to ``inner``."""

    def __init__(self, app: Flask, inner: WSGIApplication) -> None:
        self.app = app
        self.inner = inner
        self.waiting: deque[_Waiting] = deque()
        self.turn = Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        event = ADDRESS.fullmatch(environ.get("PATH_INFO", ""))
        if event is None or environ["REQUEST_METHOD"] != "POST":
            return self.inner(environ, start_response)
        refusal: WSGIApplication | None
        try:
            refusal = self._take(_Request(environ), *event.groups())
        except HTTPException as error:
            refusal = error
        except Exception:
            log.exception("an event could not be recorded")
            refusal = Response(status=500)
        if refusal is not None:
            return refusal(environ, start_response)
        start_response("204 NO CONTENT", [])
        return ()

    def _take(self, request: Request, kind: str, token: str) -> Response | None:
        """Record an event; return what is answered if that may not be."""
        if not is_signed(request, self.app.config):
            log.warning("unsigned request to %s refused", kind)
            return Response("403\n", status=403, mimetype="text/plain")
        name, form = NAMES[kind], request.form
        news = read_event(
            token,
            sid=form.get(f"{name}Sid", ""),
            status=form.get(f"{name}Status", ""),
            error_code=form.get("ErrorCode") or None,
            now=now(),
        )
        if news is not None:
            self._record(news)
        return None

    def _record(self, news: News) -> None:
        """Record an event, together with those of other threads that came while one was recording.

        One of them writes for all, so that they do not wait for the database's lock one by one.
        """
        own = _Waiting(news)
        self.waiting.append(own)
        with self.turn:
            if not own.done:
                together = []
                while self.waiting:
                    together.append(self.waiting.popleft())
                self._write(together)
        if own.error is not None:
            raise own.error

    def _write(self, together: Sequence[_Waiting]) -> None:
        error: Exception | None = None
        try:
            with self._engine.begin() as connection:
                move_all(connection, [each.news for each in together])
        except Exception as failure:
            error = failure
        for each in together:
            each.done, each.error = True, error

    @cached_property
    def _engine(self) -> Engine:
        with self.app.app_context():
            return writing(db.engine)


@dataclass(slots=True)
class _Waiting:
    """An event that a request holds until it is recorded, or is not."""

    news: News
    done: bool = False
    error: Exception | None = None


class _Request(Request):
    max_content_length = LONGEST_BYTES

    @cached_property
    def form(self) -> MultiDict[str, str]:  # type: ignore[override]
        """What the provider says, which it always says in the same way."""
        return MultiDict(parse_qsl(self.get_data(as_text=True), keep_blank_values=True))


def init_app(app: Flask) -> None:
    """Put the recording of events before the application."""
    app.wsgi_app = ProviderEvents(app, app.wsgi_app)  # type: ignore[method-assign]

"""Events of messages and calls, which Twilio tells: thousands on the evening of reminders.

They are recorded before the application proper, since they need nothing that pages do: no account, no
cookie, no language. A request counts by its signature alone.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Final

from flask import Flask
from sqlalchemy import Engine
from werkzeug import Request, Response
from werkzeug.exceptions import HTTPException

from notifications.callbacks import record_status
from notifications.channels.twilio import HOOKS
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

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        event = ADDRESS.fullmatch(environ.get("PATH_INFO", ""))
        if event is None or environ["REQUEST_METHOD"] != "POST":
            return self.inner(environ, start_response)
        answer: WSGIApplication
        try:
            answer = self._record(_Request(environ), *event.groups())
        except HTTPException as error:
            answer = error
        except Exception:
            log.exception("an event could not be recorded")
            answer = Response(status=500)
        return answer(environ, start_response)

    def _record(self, request: Request, kind: str, token: str) -> Response:
        if not is_signed(request, self.app.config):
            log.warning("unsigned request to %s refused", kind)
            return Response("403\n", status=403, mimetype="text/plain")
        name, form = NAMES[kind], request.form
        with self._engine.begin() as connection:
            record_status(
                connection,
                token,
                sid=form.get(f"{name}Sid", ""),
                status=form.get(f"{name}Status", ""),
                error_code=form.get("ErrorCode") or None,
                now=now(),
            )
        return Response(status=204)

    @cached_property
    def _engine(self) -> Engine:
        with self.app.app_context():
            return writing(db.engine)


class _Request(Request):
    max_content_length = LONGEST_BYTES
    max_form_memory_size = LONGEST_BYTES


def init_app(app: Flask) -> None:
    """Put the recording of events before the application."""
    app.wsgi_app = ProviderEvents(app, app.wsgi_app)  # type: ignore[method-assign]

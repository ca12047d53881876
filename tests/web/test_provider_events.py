"""The door that the provider's events come by: what is let through, refused, and survived."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from twilio.request_validator import RequestValidator
from werkzeug.test import Client, TestResponse

from web import provider_events
from web.provider_events import LONGEST_BYTES, ProviderEvents

PUBLIC = "https://semainier.example"
EVENT = "/messages/twilio/status/token"
Told = Callable[..., TestResponse]


@pytest.fixture
def told() -> Told:
    """A function that tells an event to a door without an application, or a database, behind it."""
    app = Flask(__name__)
    app.config.update(TWILIO_AUTH_TOKEN="secret", PUBLIC_URL=PUBLIC)
    client = Client(ProviderEvents(app, app.wsgi_app))

    def tell(path: str = EVENT, method: str = "POST", **form: str) -> TestResponse:
        signature = RequestValidator("secret").compute_signature(PUBLIC + path, form)
        return client.open(path, method=method, data=form, headers={"X-Twilio-Signature": signature})

    return tell


@pytest.mark.parametrize(
    ("path", "method"), [(EVENT, "GET"), (f"{EVENT}/more", "POST"), ("/messages/twilio/inbound", "POST")]
)
def test_everything_else_goes_to_the_application(told: Told, path: str, method: str) -> None:
    assert told(path, method).status_code == 404


def test_what_is_too_long_is_not_read(told: Told) -> None:
    assert told(MessageStatus="x" * LONGEST_BYTES).status_code == 413


def test_an_event_that_cannot_be_stored_is_said_to_have_failed(
    told: Told, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_given: Any, **_named: Any) -> None:
        raise RuntimeError("no database")

    monkeypatch.setattr(provider_events, "record_status", fail)
    monkeypatch.setattr(ProviderEvents, "_engine", _Engine())
    assert told(MessageStatus="sent").status_code == 500
    assert "could not be recorded" in caplog.text


class _Engine:
    def begin(self) -> _Engine:
        return self

    def __enter__(self) -> None: ...

    def __exit__(self, *_given: object) -> None: ...

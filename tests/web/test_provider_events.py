"""The door that the provider's events come by: what is let through, refused, and survived."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest
from flask import Flask
from twilio.request_validator import RequestValidator
from werkzeug.test import Client, TestResponse

from notifications.models import MessageState as S
from notifications.status import News
from web import provider_events
from web.provider_events import LONGEST_BYTES, ProviderEvents

PUBLIC = "https://semainier.example"
EVENT = "/messages/twilio/status/token"
Told = Callable[..., TestResponse]


@pytest.fixture
def door() -> ProviderEvents:
    """The door, without an application or a database behind it."""
    app = Flask(__name__)
    app.config.update(TWILIO_AUTH_TOKEN="secret", PUBLIC_URL=PUBLIC)
    return ProviderEvents(app, app.wsgi_app)


@pytest.fixture
def told(door: ProviderEvents) -> Told:
    """A function that tells an event."""
    client = Client(door)

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
    def fail(*_given: Any) -> None:
        raise RuntimeError("no database")

    monkeypatch.setattr(provider_events, "move_all", fail)
    monkeypatch.setattr(ProviderEvents, "_engine", _Engine())
    assert told(MessageStatus="sent").status_code == 500
    assert "could not be recorded" in caplog.text


def test_events_that_come_while_one_is_recorded_are_recorded_together(
    told: Told, door: ProviderEvents, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = Event(), Event()
    batches: list[list[str]] = []

    def slow(_connection: None, news: list[News]) -> None:
        batches.append([each.status for each in news])
        begun.set()
        assert go_on.wait(30)
        if S.READ in batches[-1]:
            raise RuntimeError("no database")

    monkeypatch.setattr(provider_events, "move_all", slow)
    monkeypatch.setattr(ProviderEvents, "_engine", _Engine())
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(told, MessageStatus="sent")
        assert begun.wait(30)
        others = [pool.submit(told, MessageStatus=status) for status in ("delivered", "read")]
        while door._waiting.qsize() < len(others):
            assert not first.done()
        go_on.set()
        answers = [each.result().status_code for each in (first, *others)]
    assert [sorted(batch) for batch in batches] == [[S.ACCEPTED], [S.DELIVERED, S.READ]]
    assert answers == [204, 500, 500], "what was to be written together failed together"
    assert told(MessageStatus="sent").status_code == 204


class _Engine:
    def begin(self) -> _Engine:
        return self

    def __enter__(self) -> None: ...

    def __exit__(self, *_given: object) -> None: ...

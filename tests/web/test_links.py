"""Giving out addresses: shown once, opening what they say, ended by the next one."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from scheduler import models as m
from tests.factories import Make, making_in


@pytest.fixture
def person(rows: Session, make_row: Make) -> m.Participant:
    person = make_row(m.Participant, first_name="Amina")
    rows.commit()
    return person


def path_in(page: str, app: Flask) -> str:
    found = re.search(r'value="(http[^"]+)"', page)
    assert found is not None
    return found[1].removeprefix(app.config["PUBLIC_URL"])


@pytest.mark.parametrize(("kind", "opens"), [("page", 302), ("participant", 200)])
def test_a_new_address_opens_once_shown_and_ends_the_old_one(
    app: Flask,
    app_centre: m.Centre,
    person: m.Participant,
    sign_in: Callable[..., FlaskClient],
    kind: str,
    opens: int,
) -> None:
    client = sign_in()
    home = f"/c/{app_centre.slug}/liens/{kind}/{person.id}/"
    first = client.post(home + "nouveau").text
    assert "<svg" in first
    path = path_in(first, app)
    assert app.test_client().get(path).status_code == opens
    assert path not in client.get(home).text
    client.post(home + "nouveau")
    ended = app.test_client().get(path)
    assert ended.status_code == 404 if kind == "page" else b"CANCELLED" in ended.data
    assert client.post(home + "retirer").status_code == 302
    assert (
        "Pas encore d&#39;adresse" in client.get(home).text or "Pas encore d'adresse" in client.get(home).text
    )


def test_nothing_is_given_out_for_another_centre_or_nobody(
    app_centre: m.Centre, rows: Session, make_row: Make, sign_in: Callable[..., FlaskClient]
) -> None:
    other = m.Centre(name="Autre", slug="autre", created_at=datetime.now(UTC))
    rows.add(other)
    rows.flush()
    with making_in(rows, other) as make:
        stranger = make(m.Participant)
    rows.commit()
    client = sign_in()
    for kind, subject in (("page", stranger.id), ("participant", 999_999), ("door", 1)):
        assert client.post(f"/c/{app_centre.slug}/liens/{kind}/{subject}/nouveau").status_code == 404

"""Feeds over HTTP: validators, encodings, the same 404 for whatever opens nothing, no cookie."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.links import renew_link, revoke_links
from tests.factories import Make
from web.feeds import TOMBSTONE_DAYS


@pytest.fixture
def person(rows: Session, make_row: Make) -> m.Participant:
    day = datetime.now(UTC).date() + timedelta(days=7)
    plan = make_row(
        m.Plan,
        publication=1,
        state=m.PlanState.PUBLISHED,
        published_at=datetime.now(UTC),
        first_day=day,
        last_day=day,
    )
    person = make_row(m.Participant, first_name="Amina")
    make_row(m.Attendance, session=make_row(m.GroupSession, plan=plan, day=day), participant=person)
    rows.commit()
    return person


def address(rows: Session, person: m.Participant) -> str:
    token = renew_link(rows, m.LinkKind.PARTICIPANT, person.id, datetime.now(UTC))
    rows.commit()
    return f"/agenda/{token}.ics"


def test_a_feed_is_served_whole_and_small(app: Flask, rows: Session, person: m.Participant) -> None:
    url = address(rows, person)
    client = app.test_client()
    plain = client.get(url)
    assert plain.status_code == 200
    assert plain.mimetype == "text/calendar"
    assert plain.data.count(b"BEGIN:VEVENT") == 1
    packed = client.get(url, headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] != plain.headers["ETag"]
    head = client.head(url)
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == plain.headers["Content-Length"]
    for answer in (plain, packed, head):
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert not answer.headers["ETag"].startswith("W/")


def test_what_has_not_changed_is_not_sent_again(app: Flask, rows: Session, person: m.Participant) -> None:
    url = address(rows, person)
    client = app.test_client()
    first = client.get(url)
    assert client.get(url, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    since = {"If-Modified-Since": first.headers["Last-Modified"]}
    assert client.get(url, headers=since).status_code == 304
    for malformed in ("x", '"', "W/", ",,,", "\x7f", '"' * 500):
        assert client.get(url, headers={"If-None-Match": malformed}).status_code == 200
    person.message_language = "ar"
    rows.commit()
    again = client.get(url, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200
    assert "نشاط" in again.text


def test_everything_that_opens_nothing_gets_the_same_404(
    app: Flask, rows: Session, person: m.Participant
) -> None:
    url = address(rows, person)
    page = renew_link(rows, m.LinkKind.PAGE, person.id, datetime.now(UTC))
    person.active = False
    rows.commit()
    client = app.test_client()
    long_gone = datetime.now(UTC) - timedelta(days=TOMBSTONE_DAYS + 1)
    other = m.Link(
        centre_id=person.centre_id,
        kind=m.LinkKind.PARTICIPANT,
        subject_id=person.id,
        token_hash="0" * 64,
        created_at=long_gone,
        revoked_at=long_gone,
    )
    rows.add(other)
    rows.commit()
    answers = [
        client.get(path)
        for path in (
            url,
            f"/agenda/{page}.ics",
            "/agenda/x.ics",
            f"/agenda/{'a' * 43}.ics",
            "/agenda/%00.ics",
        )
    ]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.data for answer in answers}) == 1
    assert not any("Set-Cookie" in answer.headers for answer in answers)


def test_a_revoked_address_says_so_for_some_days_and_nothing_else(
    app: Flask, rows: Session, person: m.Participant
) -> None:
    url = address(rows, person)
    revoke_links(rows, m.LinkKind.PARTICIPANT, person.id, datetime.now(UTC))
    rows.commit()
    client = app.test_client()
    answer = client.get(url)
    assert answer.status_code == 200
    assert answer.data.count(b"BEGIN:VEVENT") == 1
    assert b"STATUS:CANCELLED" in answer.data
    assert b"Amina" not in answer.data
    link = rows.scalars(select(m.Link)).one()
    link.revoked_at = datetime.now(UTC) - timedelta(days=TOMBSTONE_DAYS, minutes=1)
    rows.commit()
    assert client.get(url).status_code == 404


def test_one_address_cannot_be_hammered(app: Flask, rows: Session, person: m.Participant) -> None:
    url = address(rows, person)
    client = app.test_client()
    codes = {client.get(url).status_code for _ in range(121)}
    assert codes == {200, 429}
    assert client.get(address(rows, person)).status_code == 200


def test_the_command_makes_and_prints_an_address(app: Flask, rows: Session, person: m.Participant) -> None:
    result = app.test_cli_runner().invoke(args=["feed-url", "participant", str(person.id)])
    assert result.exit_code == 0, result.output
    url = result.output.strip()
    assert app.test_client().get(url.removeprefix(app.config["PUBLIC_URL"])).status_code == 200
    missing = app.test_cli_runner().invoke(args=["feed-url", "room", "999999"])
    assert missing.exit_code == 1
    assert "there is no room with id 999999" in missing.output

"""``semainier demo``: once, twice, anew, and never over a real centre."""

from __future__ import annotations

from datetime import UTC, datetime

from click.testing import Result
from flask import Flask
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.demo import DEMO_PASSWORD
from scheduler.models import Centre, Participant, User


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["demo", "--size", "S", *arguments])


def test_building_twice_makes_one_centre_and_says_so(app: Flask, rows: Session) -> None:
    first = run(app)
    assert first.exit_code == 0, first.output
    assert "coordination@demo.example.org" in first.output
    assert DEMO_PASSWORD in first.output
    again = run(app, "--seed", "2")
    assert again.exit_code == 0
    assert "already there" in again.output
    assert rows.scalar(select(func.count(Centre.id))) == 1
    assert rows.scalar(select(func.count(Participant.id))) == 40

    answer = app.test_client().post(
        "/login", data={"email": "coordination@demo.example.org", "password": DEMO_PASSWORD}
    )
    assert answer.status_code == 302


def test_reset_builds_anew_and_only_the_centre_of_that_name(app: Flask, rows: Session) -> None:
    run(app)
    run(app, "--centre-name", "Autre démo")
    before = set(rows.scalars(select(Participant.first_name + " " + Participant.last_name)))
    rows.rollback()
    assert run(app, "--reset", "--seed", "9").exit_code == 0
    after = set(rows.scalars(select(Participant.first_name + " " + Participant.last_name)))
    assert before != after
    assert set(rows.scalars(select(Centre.slug))) == {"demo", "demo-autre-demo"}
    assert rows.scalar(select(func.count(User.id))) == 12
    assert rows.scalar(select(func.count(Participant.id))) == 80


def test_a_real_centre_is_refused_and_kept(app: Flask, rows: Session) -> None:
    rows.add(Centre(name="CPAS", slug="demo", created_at=datetime.now(UTC)))
    rows.commit()
    answer = run(app, "--reset")
    assert answer.exit_code == 1
    assert "n'est pas une démonstration" in answer.output
    assert rows.scalars(select(Centre.is_demo)).all() == [False]


def test_days_go_by_only_where_every_centre_is_a_demonstration(app: Flask, rows: Session) -> None:
    rows.add(Centre(name="CPAS", slug="cpas", created_at=datetime.now(UTC)))
    rows.commit()
    answer = run(app, "--plan", "1")
    assert answer.exit_code == 1
    assert "vrai centre" in answer.output
    assert rows.scalars(select(Centre.slug)).all() == ["cpas"]


def test_an_unknown_size_is_a_usage_error(app: Flask) -> None:
    assert app.test_cli_runner().invoke(args=["demo", "--size", "XXL"]).exit_code == 2

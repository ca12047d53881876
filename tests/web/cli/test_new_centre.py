"""The first centre of an installation, made from the command line."""

from __future__ import annotations

import re

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.models import AbsenceReason, Centre, Membership, Role, User
from tests.web.conftest import app, made_apps, rows
from web.auth import hasher

__all__ = ["app", "made_apps", "rows"]


def test_a_centre_with_its_administrator(app: Flask, rows: Session) -> None:
    run = app.test_cli_runner()
    made = run.invoke(args=["create-centre", "CPAS de Liège-Été", "--admin", "chef@example.org"])
    assert made.exit_code == 0, made.output
    centre = rows.scalars(select(Centre)).one()
    assert centre.slug == "cpas-de-liege-ete"
    membership = rows.scalars(select(Membership)).one()
    user = rows.get_one(User, membership.user_id)
    assert (membership.role, user.email) == (Role.ADMINISTRATOR, "chef@example.org")
    password = re.search(r"password (\S+) and", made.output)
    assert password is not None
    assert hasher.verify(user.password_hash, password[1])
    assert rows.scalars(select(AbsenceReason.key).where(AbsenceReason.centre_id == centre.id)).all()


def test_a_taken_address_changes_nothing(app: Flask, rows: Session) -> None:
    run = app.test_cli_runner()
    first = ["create-centre", "CPAS", "--admin", "chef@example.org"]
    assert run.invoke(args=first).exit_code == 0
    again = run.invoke(args=["create-centre", "CPAS", "--admin", "autre@example.org"])
    assert again.exit_code == 1
    assert "Un centre a déjà cette adresse." in again.output
    assert rows.scalars(select(User.email)).all() == ["chef@example.org"]

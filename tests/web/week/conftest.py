"""A week to look at: a draft on its board, and a coordinator signed in."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from scheduler import models as m
from tests.factories import Make
from tests.planning import World
from tests.web.week_rows import draft_world


@pytest.fixture
def world(make_row: Make, rows: Session) -> World:
    return draft_world(make_row, rows)


@pytest.fixture
def at(app_centre: m.Centre) -> str:
    """The address of the board."""
    return f"/c/{app_centre.slug}/semaine/"


@pytest.fixture
def client(sign_in: Callable[..., FlaskClient]) -> FlaskClient:
    return sign_in()

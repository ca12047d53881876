"""What the application is set up with."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from web.config import load


def test_a_fault_of_the_database_does_not_tell_what_people_wrote(tmp_path: Path) -> None:
    app = Flask(__name__, instance_path=str(tmp_path))
    load(app, {"SECRET_KEY": "test"})
    engine = create_engine("sqlite://", **app.config["SQLALCHEMY_ENGINE_OPTIONS"])
    with engine.connect() as connection, pytest.raises(OperationalError) as fault:
        connection.execute(text("SELECT 1 FROM nowhere WHERE body = :body"), {"body": "je suis malade"})
    engine.dispose()
    assert "malade" not in str(fault.value)

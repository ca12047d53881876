"""The programme of a test module, by its name: ``test_amie.py`` speaks of ``amie.yaml``."""

from __future__ import annotations

import pytest

from scheduler.programmes import ProgrammeSpec, load_programme_file
from scheduler.programmes.loader import FOLDER


@pytest.fixture
def spec(request: pytest.FixtureRequest) -> ProgrammeSpec:
    """The programme that the module is about."""
    key = request.module.__name__.rpartition(".")[2].removeprefix("test_")
    return load_programme_file(FOLDER / f"{key}.yaml")

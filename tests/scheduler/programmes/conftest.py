"""The programme of a test module, by its name, and a small centre that has it.

``test_amie.py`` and ``test_amie_planned.py`` speak of ``amie.yaml``.
"""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from scheduler.models import Centre
from scheduler.programmes import ProgrammeSpec, load_programme_file
from scheduler.programmes.loader import FOLDER
from tests.factories import Make
from tests.scheduler.programmes.small_centre import SmallCentre


@pytest.fixture
def programme_key(request: pytest.FixtureRequest) -> str:
    """The key of the programme that the module is about."""
    name = request.module.__name__.rpartition(".")[2]
    return str(name.removeprefix("test_").removesuffix("_planned"))


@pytest.fixture
def spec(programme_key: str) -> ProgrammeSpec:
    """The programme that the module is about."""
    return load_programme_file(FOLDER / f"{programme_key}.yaml")


@pytest.fixture
def small(make: Make, session: Session, centre: Centre, now: datetime, programme_key: str) -> SmallCentre:
    """A centre with a site and the programme that the module is about, and nobody yet."""
    return SmallCentre(make, session, centre, now, programme_key)

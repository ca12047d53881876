"""Every table has a factory, and every factory makes a row of the centre asked for."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from scheduler.db import Base, CentreOwned
from scheduler.models import Appointment, Availability, BusyPeriod, Centre, Participant
from tests.factories import factories, making_in


def test_every_model_has_a_factory() -> None:
    assert {mapper.class_ for mapper in Base.registry.mappers} == set(factories())


@pytest.mark.parametrize("model", sorted(factories(), key=lambda cls: cls.__name__))
def test_a_factory_makes_a_row_of_the_centre(model: type, session: Session, centre: Centre) -> None:
    with making_in(session, centre) as make:
        extra = {"participant": make(Participant)} if model in (Availability, BusyPeriod) else {}
        row = make(model, **extra)
    session.flush()
    session.expire_all()
    assert row.id is not None
    if issubclass(model, CentreOwned):
        owners = {x.centre_id for x in session if isinstance(x, CentreOwned)}
        assert owners == {centre.id}


def test_an_appointment_comes_back_as_one(session: Session, centre: Centre) -> None:
    with making_in(session, centre) as make:
        row_id = make(Appointment).id
    session.expunge_all()
    assert type(session.get(Appointment, row_id)) is Appointment

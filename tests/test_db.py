"""The storage rules that everything stands on."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from scheduler.db import enter_centre, measure_tables
from scheduler.errors import ForeignCentreError
from scheduler.models import Centre, Closure, Site


@pytest.fixture
def other_site(session: Session, now: datetime) -> Site:
    other = Centre(name="Autre", slug="autre", created_at=now)
    session.add(other)
    session.flush()
    site = Site(centre_id=other.id, name="Ailleurs")
    session.add(site)
    session.flush()
    return site


def test_a_session_in_a_centre_sees_no_row_of_another(
    session: Session, centre: Centre, other_site: Site
) -> None:
    session.add(Site(centre_id=centre.id, name="Ici"))
    session.flush()
    other_id = other_site.id
    session.expire_all()
    enter_centre(session, centre.id)
    assert [site.name for site in session.scalars(select(Site))] == ["Ici"]
    assert session.scalar(select(func.count()).select_from(Site)) == 1
    session.expunge_all()
    assert session.get(Site, other_id) is None


def test_a_session_in_a_centre_writes_no_row_of_another(
    session: Session, centre: Centre, other_site: Site
) -> None:
    enter_centre(session, centre.id)
    session.add(Site(centre_id=other_site.centre_id, name="Intrus"))
    with pytest.raises(ForeignCentreError):
        session.flush()


def test_new_rows_get_the_current_centre(session: Session, centre: Centre) -> None:
    enter_centre(session, centre.id)
    site = Site(name="Ici")
    session.add(site)
    session.flush()
    assert site.centre_id == centre.id


def test_a_stale_write_is_refused(session: Session, centre: Centre) -> None:
    site = Site(centre_id=centre.id, name="Ici")
    session.add(site)
    session.flush()
    session.execute(text("UPDATE site SET version = version + 1 WHERE id = :id"), {"id": site.id})
    site.name = "Là"
    with pytest.raises(StaleDataError):
        session.flush()


def test_instants_come_back_aware_and_naive_ones_are_refused(session: Session, centre: Centre) -> None:
    session.flush()
    session.expire(centre)
    assert centre.created_at == datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
    centre.created_at = datetime(2026, 11, 23, 8, 0)  # noqa: DTZ001
    with pytest.raises(Exception, match="naive"):
        session.flush()


def test_foreign_keys_are_enforced(session: Session, centre: Centre) -> None:
    session.add(
        Closure(
            centre_id=centre.id,
            kind="closure",
            name="x",
            starts_on=datetime(2026, 1, 1, tzinfo=UTC).date(),
            ends_on=datetime(2026, 1, 1, tzinfo=UTC).date(),
            site_id=999_999,
        )
    )
    with pytest.raises(Exception, match=r"(?i)foreign key"):
        session.flush()


def test_measured_tables_have_figures_for_their_indexes(session: Session, centre: Centre) -> None:
    session.add_all(Site(centre_id=centre.id, name=f"Site {number}") for number in range(30))
    measure_tables(session)
    if session.connection().dialect.name == "sqlite":
        figures = session.scalars(text("SELECT stat FROM sqlite_stat1 WHERE tbl = 'site'")).all()
        assert any(figure.startswith("30 30") for figure in figures)
    assert session.scalar(select(func.count(Site.id))) == 30

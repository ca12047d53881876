"""Holidays from the library, corrected by hand, and the days they leave."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.errors import InvalidInputError
from scheduler.holidays_calendar import (
    closed_days,
    closures_between,
    correct_closure,
    course_free_days,
    drop_closure,
    holiday_runs,
    import_holidays,
    restore_closure,
)
from scheduler.models import Centre, Closure, Site
from scheduler.models.calendar import ClosureKind


def _runs(community: str | None, year: int) -> dict[str, tuple[date, date]]:
    return {
        run.name: (run.starts_on, run.ends_on) for run in holiday_runs([year]) if run.community == community
    }


def test_the_communities_have_their_own_school_holidays() -> None:
    french, flemish, german = (_runs(c, 2027) for c in ("fr", "nl", "de"))
    assert french["Vacances de carnaval"] == (date(2027, 2, 22), date(2027, 3, 7))
    assert flemish["Vacances de carnaval"] == (date(2027, 2, 8), date(2027, 2, 14))
    assert german["Fête de la Communauté germanophone"] == (date(2027, 11, 15), date(2027, 11, 15))
    assert french["Vacances de printemps"][0] != flemish["Vacances de printemps"][0]


def test_a_holiday_over_new_year_is_one_run_from_either_year() -> None:
    for year in (2026, 2027):
        winter = [r for r in holiday_runs([year]) if r.community == "fr" and r.starts_on.month == 12]
        assert any((r.starts_on, r.ends_on.year) == (date(2026, 12, 21), 2027) for r in winter)


def test_names_follow_the_language() -> None:
    names = {locale: {r.name for r in holiday_runs([2027], locale)} for locale in ("fr", "nl", "en")}
    assert "Fête du Travail" in names["fr"]
    assert "Dag van de Arbeid" in names["nl"]
    assert "Labor Day" in names["en"]


def test_import_is_idempotent_and_keeps_corrections(session: Session, centre: Centre) -> None:
    first = import_holidays(session, centre, [2027])
    assert first.added > 30
    rows = session.scalar(select(func.count()).select_from(Closure).where(Closure.centre_id == centre.id))
    assert rows == first.added

    carnival = session.scalars(
        select(Closure).where(
            Closure.centre_id == centre.id,
            Closure.name == "Vacances de carnaval",
            Closure.community == "fr",
            Closure.starts_on >= date(2027, 1, 1),
        )
    ).one()
    correct_closure(
        carnival, name="Carnaval", starts_on=date(2027, 2, 20), ends_on=date(2027, 3, 7), community="fr"
    )
    labour = session.scalars(
        select(Closure).where(Closure.centre_id == centre.id, Closure.starts_on == date(2027, 5, 1))
    ).first()
    assert labour is not None
    drop_closure(session, labour)
    session.flush()

    again = import_holidays(session, centre, [2027])
    assert (again.added, again.updated, again.kept) == (0, 0, 2)
    assert again.unchanged == first.added - 2
    session.expire_all()
    assert (carnival.name, carnival.starts_on) == ("Carnaval", date(2027, 2, 20))
    assert labour.dropped
    found = closures_between(session, centre.id, date(2027, 5, 1), date(2027, 5, 1))
    assert labour.id not in [row.id for row in found]
    restore_closure(labour)
    session.flush()
    found = closures_between(session, centre.id, date(2027, 5, 1), date(2027, 5, 1))
    assert labour.id in [row.id for row in found]


def test_a_row_the_library_changed_follows_it(session: Session, centre: Centre) -> None:
    import_holidays(session, centre, [2027])
    row = session.scalars(
        select(Closure).where(Closure.centre_id == centre.id, Closure.kind == ClosureKind.SCHOOL_HOLIDAY)
    ).first()
    assert row is not None
    right = row.name
    row.name = "Ancien nom"
    session.flush()
    assert import_holidays(session, centre, [2027]).updated == 1
    assert row.name == right


def test_own_closures_are_deleted_and_wrong_corrections_refused(session: Session, centre: Centre) -> None:
    row = Closure(
        centre_id=centre.id,
        kind=ClosureKind.CLOSURE,
        name="Formation de l'équipe",
        starts_on=date(2027, 3, 1),
        ends_on=date(2027, 3, 2),
    )
    session.add(row)
    session.flush()
    for change in (
        {"starts_on": date(2027, 3, 3), "ends_on": date(2027, 3, 2)},
        {"starts_on": date(2027, 3, 1), "ends_on": date(2027, 3, 2), "community": "en"},
    ):
        with pytest.raises(InvalidInputError):
            correct_closure(row, name="x", **change)  # type: ignore[arg-type]
    drop_closure(session, row)
    session.flush()
    assert closures_between(session, centre.id, date(2027, 3, 1), date(2027, 3, 2)) == []


def test_what_closes_the_centre_and_what_frees_the_schools(session: Session, centre: Centre) -> None:
    site = Site(centre_id=centre.id, name="Antenne")
    session.add(site)
    session.flush()

    def closure(
        kind: ClosureKind, day: int, site_id: int | None = None, community: str | None = None
    ) -> Closure:
        on = date(2027, 3, day)
        return Closure(
            centre_id=centre.id,
            kind=kind,
            name="x",
            starts_on=on,
            ends_on=on,
            site_id=site_id,
            community=community,
        )

    rows = [
        closure(ClosureKind.PUBLIC_HOLIDAY, 1),
        closure(ClosureKind.CLOSURE, 2),
        closure(ClosureKind.CLOSURE, 3, site_id=site.id),
        closure(ClosureKind.SCHOOL_HOLIDAY, 4, community="fr"),
        closure(ClosureKind.SCHOOL_HOLIDAY, 5, community="nl"),
        closure(ClosureKind.SCHOOL_HOLIDAY, 6),
    ]
    first, last = date(2027, 3, 1), date(2027, 3, 7)
    assert {d.day for d in closed_days(rows, first, last)} == {1, 2}
    assert {d.day for d in course_free_days(rows, "fr", first, last)} == {1, 4, 6}
    assert {d.day for d in course_free_days(rows, "nl", first, last)} == {1, 5, 6}

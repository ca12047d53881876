"""Lists of hours attended elsewhere: read, refused row by row, written once."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.errors import InvalidInputError
from scheduler.hours.outside import outside_counters, read_list, read_minutes, write_list
from scheduler.roster_import.cells import CellError
from tests.factories import Make

TODAY = date(2026, 11, 23)


@pytest.fixture
def path(make: Make) -> m.Programme:
    counters = [
        {"key": "french", "name": "Français", "target_minutes": 24000, "outside": True},
        {"key": "citizenship", "name": "Citoyenneté", "target_minutes": 3600},
    ]
    return make(m.Programme, counters=counters)


@pytest.fixture
def amina(make: Make, path: m.Programme) -> m.Participant:
    return make(m.Participant, first_name="Amina", last_name="El Kadiri", reference="D-7")


def stored(session: Session) -> list[tuple[int, date, int]]:
    query = select(m.OutsideAttendance.participant_id, m.OutsideAttendance.on, m.OutsideAttendance.minutes)
    return sorted((row[0], row[1], row[2]) for row in session.execute(query))


def lines(*rows: str) -> bytes:
    return "\n".join(("Nom;Prénom;Dossier;Date;Heures", *rows)).encode()


def test_a_list_is_written_once_and_corrected_by_a_new_one(
    session: Session, centre: m.Centre, amina: m.Participant
) -> None:
    content = lines(
        "EL KADIRI;amina;;02/11/2026;3h30", "El Kadiri;Amina;;02/11/2026;1,5", ";;d-7;03/11/2026;2"
    )
    rows = read_list(session, centre, content, TODAY)
    first = write_list(session, centre.id, rows, "french", "École du soir")
    assert (first.added, first.changed, first.known, first.minutes) == (2, 0, 0, 420)
    assert stored(session) == [(amina.id, date(2026, 11, 2), 300), (amina.id, date(2026, 11, 3), 120)]
    again = write_list(session, centre.id, rows, "french", "École du soir")
    assert (again.added, again.changed, again.known) == (0, 0, 2)
    corrected = read_list(session, centre, lines("El Kadiri;Amina;;03/11/2026;3"), TODAY)
    assert write_list(session, centre.id, corrected, "french", "École du soir").changed == 1
    assert stored(session)[1][2] == 180


def test_rows_that_cannot_be_used_say_why_and_spoil_no_other(
    session: Session, centre: m.Centre, amina: m.Participant, make: Make
) -> None:
    for born in (date(1990, 1, 1), date(1995, 5, 5)):
        make(m.Participant, first_name="Ali", last_name="Deux", birth_date=born)
    content = lines(
        "Inconnu;Paul;;02/11/2026;3",
        "Deux;Ali;;02/11/2026;3",
        "El Kadiri;Amina;;31/12/2026;3",
        "El Kadiri;Amina;;32/11/2026;3",
        "El Kadiri;Amina;;02/11/2026;beaucoup",
        "El Kadiri;Amina;;02/11/2026;0",
        "El Kadiri;Amina;;04/11/2026;8",
        "El Kadiri;Amina;;04/11/2026;7",
        "El Kadiri;Amina;;05/11/2026;1",
    )
    written = write_list(session, centre.id, read_list(session, centre, content, TODAY), "french", "École")
    assert written.added == 1
    assert [row.number for row in written.refused] == list(range(2, 10))
    assert all(str(row.problem) for row in written.refused)
    assert stored(session) == [(amina.id, date(2026, 11, 5), 60)]


def test_a_check_writes_nothing(session: Session, centre: m.Centre, amina: m.Participant) -> None:
    rows = read_list(session, centre, lines("El Kadiri;Amina;;02/11/2026;3"), TODAY)
    assert write_list(session, centre.id, rows, "french", "École", only_check=True).added == 1
    assert stored(session) == []


@pytest.mark.parametrize(
    ("content", "field"),
    [(b"Date;Heures\n1/1/2026;2", "file"), (b"Nom;Heures\nA;2", "file"), (b"Nom;Date\nA;1/1/2026", "file")],
)
def test_a_list_without_a_needed_column(
    session: Session, centre: m.Centre, amina: m.Participant, content: bytes, field: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        read_list(session, centre, content, TODAY)
    assert caught.value.field == field


def test_only_counters_fed_from_elsewhere(session: Session, centre: m.Centre, amina: m.Participant) -> None:
    assert outside_counters(session, centre.id) == [("french", "Français")]
    with pytest.raises(InvalidInputError):
        write_list(session, centre.id, [], "citizenship", "École")
    with pytest.raises(InvalidInputError):
        write_list(session, centre.id, [], "french", "  ")


@pytest.mark.parametrize(
    ("hours", "minutes", "total"),
    [
        ("3", "", 180),
        ("3,5", "", 210),
        ("3.25 h", "", 195),
        ("3h30", "", 210),
        ("3:30", "", 210),
        ("03:30:00", "", 210),
        ("", "45", 45),
        ("1", "15", 75),
    ],
)
def test_minutes_as_people_write_them(hours: str, minutes: str, total: int) -> None:
    assert read_minutes(hours, minutes) == total


@pytest.mark.parametrize(("hours", "minutes"), [("trois", ""), ("3:75", ""), ("", "-5"), ("-3", "")])
def test_what_is_no_duration(hours: str, minutes: str) -> None:
    with pytest.raises(CellError):
        read_minutes(hours, minutes)

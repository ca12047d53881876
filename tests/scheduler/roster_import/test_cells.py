"""What one cell may say."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.roster_import import cells
from scheduler.roster_import.cells import CellError
from scheduler.roster_import.folding import fold, skeleton, sound
from scheduler.roster_import.languages import language_name, parse_eu, parse_language
from scheduler.roster_import.weekly_hours import WeeklyTime, as_text, parse_weekly_hours

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("31/12/2026", date(2026, 12, 31)),
        ("1-2-26", date(2026, 2, 1)),
        ("01.02.85", date(1985, 2, 1)),
        ("2026-12-31", date(2026, 12, 31)),
        ("2026-12-31 00:00", date(2026, 12, 31)),
        ("31 décembre 2026", date(2026, 12, 31)),
        ("1er août 1990", date(1990, 8, 1)),
        ("3 maart 1990", date(1990, 3, 3)),
    ],
)
def test_dates(text: str, expected: date) -> None:
    assert cells.parse_date(text, TODAY.year) == expected


@pytest.mark.parametrize("text", ["12/31/2026", "31/02/2026", "demain", "46387", "2026", "1/1", "0/0/0000"])
def test_dates_that_are_none(text: str) -> None:
    with pytest.raises(CellError):
        cells.parse_date(text, TODAY.year)


def test_birth_dates_are_in_the_past_and_a_year_alone_is_its_first_day() -> None:
    assert cells.parse_birth_date("1985", TODAY) == date(1985, 1, 1)
    for text in ("24/11/2026", "1/1/1890"):
        with pytest.raises(CellError, match="naissance"):
            cells.parse_birth_date(text, TODAY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9h30", time(9, 30)),
        ("9:30", time(9, 30)),
        ("09.30", time(9, 30)),
        ("9u30", time(9, 30)),
        ("0930", time(9, 30)),
        ("9h", time(9)),
        ("9", time(9)),
        ("9:30:00", time(9, 30)),
        ("1:15 pm", time(13, 15)),
        ("12 am", time(0)),
    ],
)
def test_times(text: str, expected: time) -> None:
    assert cells.parse_time(text) == expected


@pytest.mark.parametrize("text", ["24:00", "9h75", "neuf", "", "9:3", "99", "12345"])
def test_times_that_are_none(text: str) -> None:
    with pytest.raises(CellError):
        cells.parse_time(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A0", 0), ("alpha", 0), ("Alphabétisation", 0), ("débutant", 0), ("A1", 1), ("a1.1", 1), ("A1+", 1),
        ("A 2", 2), ("FLE A2.2", 2), ("Niveau B1", 3), ("b2", 4), ("C2", 6), ("A1-A2", 1), ("A2/B1", 2),
        ("A1 à A2", 1), ("pré-A1", 0), ("infra A1", 0),
    ],
)  # fmt: skip
def test_levels(text: str, expected: int) -> None:
    assert cells.parse_level(text) == expected


@pytest.mark.parametrize("text", ["A3", "D1", "bon", "12", "A", "C3"])
def test_levels_that_are_none(text: str) -> None:
    with pytest.raises(CellError):
        cells.parse_level(text)


def test_alphabetisation_is_recognised() -> None:
    assert cells.is_alphabetisation("Alpha 2")
    assert not cells.is_alphabetisation("A1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0470 12 34 56", "+32470123456"),
        ("0470/12.34.56", "+32470123456"),
        ("+32 (0)470 12 34 56", "+32470123456"),
        ("0032 470 123456", "+32470123456"),
        ("470123456", "+32470123456"),
        ("32470123456", "+32470123456"),
        ("081/12 34 56", "+3281123456"),
        ("+33 6 12 34 56 78", "+33612345678"),
    ],
)
def test_phones(text: str, expected: str) -> None:
    assert cells.parse_phone(text) == (expected, [])


def test_of_several_phones_the_first_is_taken_and_said() -> None:
    number, notices = cells.parse_phone("0470 12 34 56 / 0471 12 34 56")
    assert number == "+32470123456"
    assert "plusieurs" in str(notices[0])


def test_a_number_that_no_operator_has_is_kept_with_a_notice() -> None:
    number, notices = cells.parse_phone("+32 460 00 00 01")
    assert number == "+32460000001"
    assert not notices or "opérateur" in str(notices[0])


@pytest.mark.parametrize("text", ["123", "néant", "0470 12 34 5x yz abc", "+99 1", "0470123456789012"])
def test_phones_that_are_none(text: str) -> None:
    with pytest.raises(CellError):
        cells.parse_phone(text)


def test_yes_and_no() -> None:
    assert [cells.parse_yes_no(text) for text in ("Oui", "ja", "x", "2", "VRAI")] == [True] * 5
    assert [cells.parse_yes_no(text) for text in ("non", "neen", "0", "-", "aucun")] == [False] * 5
    with pytest.raises(CellError):
        cells.parse_yes_no("peut-être")


def test_emails() -> None:
    assert cells.parse_email(" awa@Exemple.BE ") == "awa@exemple.be"
    with pytest.raises(CellError):
        cells.parse_email("awa@")


@pytest.mark.parametrize(
    ("text", "code"),
    [("arabe", "ar"), ("Arabe (Syrie)", "ar"), ("tigrigna", "ti"), ("dari", "prs"), ("Nederlands", "nl"),
     ("русский", "ru"), ("العربية", "ar"), ("fr", "fr"), ("Pachtou", "ps"), ("Turks", "tr")],
)  # fmt: skip
def test_languages(text: str, code: str) -> None:
    assert parse_language(text) == code


def test_unknown_languages_are_refused_and_known_ones_have_names() -> None:
    with pytest.raises(CellError):
        parse_language("klingonais")
    assert language_name("ti") == "tigrigna"


def test_european_or_not() -> None:
    assert [parse_eu(text) for text in ("UE", "France", "BE", "Roumanie")] == [True] * 4
    assert [parse_eu(text) for text in ("hors UE", "Syrie", "ET", "Royaume-Uni")] == [False] * 4
    with pytest.raises(CellError):
        parse_eu("Atlantide")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("lun 8:30-9:00; mer 12:00-16:00", "lun 08:30-09:00; mer 12:00-16:00"),
        ("lu, je 9h-12h", "lun 09:00-12:00; jeu 09:00-12:00"),
        ("lu-me 9h à 12h", "lun 09:00-12:00; mar 09:00-12:00; mer 09:00-12:00"),
        ("du lundi au mardi de 8h30 à 9h", "lun 08:30-09:00; mar 08:30-09:00"),
        ("mardi 8h-9h, 15h-16h", "mar 08:00-09:00; mar 15:00-16:00"),
        ("mardi: 9h-12h\nvendredis 13h-14h", "mar 09:00-12:00; ven 13:00-14:00"),
        ("wo 9u-12u; ma 13u-14u", "mar 13:00-14:00; mer 09:00-12:00"),
        ("maandag 9:00-12:00", "lun 09:00-12:00"),
        ("Wednesday 9-12", "mer 09:00-12:00"),
    ],
)
def test_weekly_hours(text: str, expected: str) -> None:
    assert as_text(parse_weekly_hours(text)) == expected


def test_ma_and_di_are_read_in_the_language_of_the_centre() -> None:
    assert as_text(parse_weekly_hours("ma 9:00-12:00; di 9:00-10:00", "fr")).startswith("mar")
    assert as_text(parse_weekly_hours("ma 9:00-12:00; di 9:00-10:00", "nl")).startswith("lun")


@pytest.mark.parametrize(
    "text",
    ["lundi", "9h-12h", "lun 12h-9h", "lun 9h", "foo 9h-12h", "ven-lun 9h-10h", "lun 9h-25h", "x" * 300],
)
def test_weekly_hours_that_are_none(text: str) -> None:
    with pytest.raises(CellError):
        parse_weekly_hours(text)


_times = st.tuples(st.integers(0, 6), st.integers(0, 1438), st.integers(1, 1439)).filter(
    lambda t: t[1] < t[2]
)


@given(st.frozensets(_times, min_size=1, max_size=6))
def test_weekly_hours_written_are_read_back(slots: frozenset[tuple[int, int, int]]) -> None:
    times = frozenset(WeeklyTime(day, time(a // 60, a % 60), time(b // 60, b % 60)) for day, a, b in slots)
    assert parse_weekly_hours(as_text(times)) == times


PARSERS: list[Callable[[str], Any]] = [
    lambda text: cells.parse_birth_date(text, TODAY),
    cells.parse_time,
    cells.parse_level,
    cells.parse_phone,
    cells.parse_email,
    cells.parse_yes_no,
    parse_language,
    parse_eu,
    parse_weekly_hours,
    fold,
    sound,
    skeleton,
]


@pytest.mark.parametrize("parse", PARSERS)
@given(text=st.text(max_size=40))
def test_no_text_breaks_a_reader(parse: Callable[[str], Any], text: str) -> None:
    with suppress(CellError):
        parse(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Youssef", "Yusuf"),
        ("Aïcha", "Aisha"),
        ("Олена", "Olena"),
        ("Mohammed", "Mohamed"),
        ("Abdoul Rahmane", "Abdel Rahman"),
    ],
)
def test_spellings_of_one_name_sound_alike_or_share_consonants(one: str, other: str) -> None:
    assert sound(one) == sound(other) or skeleton(one) == skeleton(other)


def test_names_in_arabic_letters_share_consonants_with_their_romanisation() -> None:
    assert skeleton("محمد") == skeleton("Mohammed")
    assert fold("ÉLODIE-Müller d'Œuvre") == "elodie muller d oeuvre"

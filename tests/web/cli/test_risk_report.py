"""``semainier risk-report``: files as people have them, and what is said of those that cannot be read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from web.cli.risk import risk_report_command


def report(tmp_path: Path, text: str | bytes) -> Result:
    path = tmp_path / "absences.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return CliRunner().invoke(risk_report_command, ["--csv", str(path)])


def lines(count: int = 80, delimiter: str = ",", yes: str = "1", no: str = "0", zone: str = "") -> list[str]:
    """Return a heading and rows in which one person in three always misses; the last rows come first."""
    rows = [
        delimiter.join(
            (
                str(number),
                f"p{number % 9}",
                f"2025-{1 + number // 28:02d}-{1 + number % 28:02d}T09:30:00{zone}",
                "" if number % 4 == 0 else f"2025-{1 + number // 28:02d}-01T08:00:00{zone}",
                no if number % 3 == 0 else yes,
            )
        )
        for number in range(count)
    ]
    return [delimiter.join(("row", "person_id", "starts_at", "booked_at", "attended")), *reversed(rows)]


def last(result: Result) -> dict[str, float]:
    assert result.exit_code == 0, result.output
    found: dict[str, float] = json.loads(result.output.splitlines()[-1])
    return found


@pytest.mark.parametrize(
    ("delimiter", "yes", "no", "zone"),
    [
        (",", "1", "0", ""),
        (";", "oui", "non", "Z"),
        (",", "True", "False", "+02:00"),
        ("\t", "ja", "nee", ""),
        (";", "Y", "N", " +00:00"),
        (",", "Présent", "absent", ""),
    ],
)
def test_files_of_every_kind_say_the_same(
    tmp_path: Path, delimiter: str, yes: str, no: str, zone: str
) -> None:
    text = "\r\n".join(lines(delimiter=delimiter, yes=yes, no=no, zone=zone))
    found = last(report(tmp_path, "﻿" + text))
    assert found["n_train"] + found["n_test"] == 80
    assert {"auc", "brier", "brier_base_rate", "calibration_slope", "base_rate", "model"} <= set(found)
    assert found["brier"] < 0.5 * found["brier_base_rate"]
    assert found["auc"] > 0.95


def test_dates_without_hours_and_lines_that_come_twice(tmp_path: Path) -> None:
    rows = [line.replace("T09:30:00", "") for line in lines()]
    result = report(tmp_path, "\n".join([*rows, *rows[1:], "", ""]))
    assert "80 lines that repeat another one" in result.output
    assert last(result)["n_train"] + last(result)["n_test"] == 80


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("1,p1,hier,,1", "line 42: starts_at is 'hier'"),
        ("1,p1,2025-01-01,demain,1", "line 42: booked_at is 'demain'"),
        ("1,p1,2025-01-01,,peut-être", "line 42: attended is 'peut-être'"),
        ("1,,2025-01-01,,1", "line 42: person_id is empty"),
        ("1,p1,2025-01-01", "line 42: 3 cells"),
        ("1,p1,2025-13-01,,1", "line 42: starts_at"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, row: str, complaint: str) -> None:
    result = report(tmp_path, "\n".join([*lines(40), row, *lines(3)[1:]]))
    assert result.exit_code == 1
    assert complaint in result.output


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "empty"),
        ("person_id;starts_at;attended\n1;2025-01-01;1\n", "no column booked_at"),
        ("person_id,starts_at,booked_at,attended\n", "at least 20"),
        ("\n".join(lines(5)), "5 visits"),
        (b"\x00\x81\x8d\x8f\xff\xfe", "no text"),
        ('person_id,starts_at,booked_at,attended\n"a,2025-01-01,,1\n', "line 2"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_in_a_line(
    tmp_path: Path, text: str | bytes, complaint: str
) -> None:
    result = report(tmp_path, text)
    assert result.exit_code == 1
    assert complaint in result.output
    assert "Traceback" not in result.output


def test_what_is_missing_is_left_out_and_told(tmp_path: Path) -> None:
    rows = [line.replace(",,", f",{'NaT' if number % 2 else 'null'},") for number, line in enumerate(lines())]
    result = report(tmp_path, "\n".join([*rows, "90,p1,2025-01-01,,", "91,p1,2025-01-02,,NaN"]))
    assert "2 lines that do not say whether the person came" in result.output
    assert last(result) == last(report(tmp_path, "\n".join(lines())))


def test_who_somebody_is_changes_nothing(tmp_path: Path) -> None:
    plain = lines()
    told = [f"{line},{'age,sex' if not number else '77,F'}" for number, line in enumerate(plain)]
    assert last(report(tmp_path, "\n".join(told))) == last(report(tmp_path, "\n".join(plain)))


def test_the_last_line_is_one_object_where_nothing_can_be_told(tmp_path: Path) -> None:
    always = last(
        report(
            tmp_path, "\n".join(line[:-1] + "1" if number else line for number, line in enumerate(lines(20)))
        )
    )
    assert (always["auc"], always["calibration_slope"]) == (None, None)
    assert always["brier"] == always["brier_base_rate"] < 0.01


def test_a_booking_after_its_visit_counts_as_unknown(tmp_path: Path) -> None:
    rows = lines()
    rows[1] = "1,p1,2025-03-01T09:00,2025-03-09T09:00,1"
    assert "1 visits booked on a later day" in report(tmp_path, "\n".join(rows)).output


def test_signs_that_end_lines_elsewhere_are_part_of_a_cell(tmp_path: Path) -> None:
    heading, *rows = lines()
    noted = "\r\n".join([f"{heading},note", *(f"{row},a\u2028b\x0bc\x85d" for row in rows)])
    told = report(tmp_path, noted)
    assert last(told) == last(report(tmp_path, "\n".join([heading, *rows])))
    assert "would have been closer" not in told.output


def test_it_is_said_when_one_rate_for_everybody_would_have_been_closer(tmp_path: Path) -> None:
    """People who always came stay away from one day on, and the others come."""
    heading, *rows = lines(112)
    turned = [
        f"{row[:-1]}{1 - int(row[-1])}" if row[:-1].partition(",2025-")[2] > "03-22" else row for row in rows
    ]
    told = report(tmp_path, "\n".join([heading, *turned]))
    assert last(told)["brier"] > last(told)["brier_base_rate"]
    assert "one rate for everybody would have been closer" in told.output

"""The JSON form: round trips, strict reading, and schema files that follow the dataclasses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from solver.codec import dumps, loads
from solver.errors import FormatError
from solver.problem import Problem
from solver.schema import schema_files, write_schemas
from solver.solution import Blocker, Conflict, Remedy, Solution, UnmetDemand
from tests.solver.builders import make_problem, make_session
from tests.solver.rule_cases import cases

SCHEMA_FOLDER = Path(__file__).parents[2] / "docs" / "schema"

SOLUTION = Solution(
    status="feasible",
    sessions=(make_session(people=("p1",)),),
    objective=-3,
    bound=5,
    full_value=80,
    gap=0.1,
    wall_time_s=2,
    seed=4,
    terms={"days": 4},
    unmet=(
        UnmetDemand(
            demand="d",
            participant="é 汉",
            first_day=0,
            end_day=7,
            got=0,
            min=1,
            target=2,
            reasons=(Blocker(code="full", count=3, params={"session": "x1"}),),
            remedies=(Remedy(code="add_seat"),),
        ),
    ),
    conflicts=(Conflict(rule="lock", message="…", ids=("x1", "x2")),),
)


def test_schema_files_follow_the_dataclasses() -> None:
    written = {path.name: path.read_text(encoding="utf-8") for path in SCHEMA_FOLDER.iterdir()}
    assert written == schema_files(), "run: python -m solver.schema docs/schema"


def test_schema_files_are_written(tmp_path: Path) -> None:
    write_schemas(tmp_path / "new")
    assert {p.name for p in (tmp_path / "new").iterdir()} == {"problem-1.json", "solution-1.json"}


@pytest.mark.parametrize("name", ["problem-1.json", "solution-1.json"])
def test_schemas_are_valid_schemas(name: str) -> None:
    Draft202012Validator.check_schema(json.loads((SCHEMA_FOLDER / name).read_text()))


@pytest.mark.parametrize("case", cases(), ids=str)
def test_problem_survives_a_round_trip_and_fits_its_schema(case: Any) -> None:
    text = dumps(case.problem)
    assert loads(Problem, text) == case.problem
    assert dumps(loads(Problem, text)) == text
    _validator("problem-1.json").validate(json.loads(text))


def test_solution_survives_a_round_trip_and_fits_its_schema() -> None:
    text = dumps(SOLUTION, indent=1)
    assert loads(Solution, text) == SOLUTION
    assert loads(Solution, text.encode()) == SOLUTION
    _validator("solution-1.json").validate(json.loads(text))


def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((SCHEMA_FOLDER / name).read_text()))


def _problem_with(path: list[Any], value: Any) -> str:
    data = json.loads(dumps(cases()[0].problem))
    at = data
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return json.dumps(data)


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        (["days"], "7", "days"),
        (["days"], True, "days"),
        (["days"], 7.0, "days"),
        (["days"], None, "days"),
        (["colour"], 1, "colour"),
        (["rooms"], {}, "rooms"),
        (["rooms"], [1], "rooms[0]"),
        (["staff", 0, "kind"], "boss", "staff[0].kind"),
        (["staff", 0, "kind"], ["staff"], "staff[0].kind"),
        (["activities", 0, "starts", 0], [1], "activities[0].starts[0]"),
        (["activities", 0, "starts", 0], [1, 2, 3], "activities[0].starts[0]"),
        (["activities", 0, "starts", 0, 1], "x", "activities[0].starts[0][1]"),
        (["demands", 0, "min"], 1.5, "demands[0].min"),
        (["participants", 0, "id"], "\ud800", "participants[0].id"),
        (["participants", 0, "id"], 4, "participants[0].id"),
        (["participants", 0, "newcomer"], 1, "participants[0].newcomer"),
    ],
)
def test_breaks_of_the_schema_are_refused_with_their_place(path: list[Any], value: Any, where: str) -> None:
    text = _problem_with(path, value)
    with pytest.raises(FormatError) as caught:
        loads(Problem, text)
    assert caught.value.path == where
    if value != "\ud800" and value != 7.0:
        assert not _validator("problem-1.json").is_valid(json.loads(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "1",
        '"x"',
        b"\xff\xfe\x00",
        b"\x00" * 9,
        "[" * 100_000,
        "NaN",
        '{"days": 1' + "0" * 9999,
    ],
)
def test_what_is_no_problem_at_all_is_refused(text: str | bytes) -> None:
    with pytest.raises(FormatError):
        loads(Problem, text)


def test_a_key_that_stands_twice_is_refused() -> None:
    with pytest.raises(FormatError, match="'version' twice"):
        loads(Problem, '{"version": 1, "version": 2}')


def test_missing_keys_are_named() -> None:
    with pytest.raises(FormatError) as caught:
        loads(Problem, '{"days": 7}')
    assert (caught.value.path, caught.value.reason) == ("start_date", "is missing")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "1" + "0" * 400])
def test_numbers_that_are_none_are_refused(number: str) -> None:
    with pytest.raises(FormatError) as caught:
        loads(Solution, f'{{"status": "feasible", "gap": {number}}}')
    assert caught.value.path == "gap"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(value=_JSON, key=st.sampled_from(sorted(json.loads(dumps(make_problem())))))
def test_any_value_under_any_key_is_read_or_refused(value: Any, key: str) -> None:
    data = json.loads(dumps(make_problem())) | {key: value}
    try:
        problem = loads(Problem, json.dumps(data))
    except FormatError:
        return
    assert loads(Problem, dumps(problem)) == problem
    if not isinstance(value, dict | list):
        assert json.loads(dumps(problem))[key] == value

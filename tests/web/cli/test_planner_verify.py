"""``semainier verify``: exit codes, the report, and what unreadable files get."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from solver.codec import dumps
from solver.explain import explain_unmet
from solver.problem import PlannedSession, Problem
from solver.solution import Solution
from solver.verify import verify
from tests.solver.builders import make_problem, make_session
from web.cli import planner
from web.cli.planner import verify_command

PROBLEM = make_problem(2)
GOOD = (make_session(people=("p1", "p2")),)


def solution_of(problem: Problem, sessions: tuple[PlannedSession, ...]) -> Solution:
    report = verify(problem, sessions)
    return Solution(
        status="feasible",
        sessions=sessions,
        objective=report.objective,
        full_value=report.full_value,
        terms=report.terms,
        unmet=explain_unmet(problem, sessions),
    )


def run(tmp_path: Path, problem: Any, plan: Any) -> Result:
    files = tmp_path / "problem.json", tmp_path / "plan.json"
    for path, content in zip(files, (problem, plan), strict=True):
        data = content if isinstance(content, bytes | str) else dumps(content)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return CliRunner().invoke(verify_command, [str(path) for path in files])


def refusal(result: Result) -> str:
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: ")
    return line


def test_valid_plan_exits_with_0(tmp_path: Path) -> None:
    result = run(tmp_path, PROBLEM, solution_of(PROBLEM, GOOD))
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    assert report["valid"] is True
    assert report["broken"] == report["overridden"] == []
    assert report["objective"] == report["full_value"] - sum(report["terms"].values())


def test_broken_plan_exits_with_1_and_names_the_rule(tmp_path: Path) -> None:
    sessions = (make_session(people=("p1", "p2"), staff=()),)
    result = run(tmp_path, PROBLEM, solution_of(PROBLEM, sessions))
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["valid"] is False
    (breach,) = report["broken"]
    assert breach["rule"] == "role"
    assert breach["sessions"] == ["x1"]


def test_false_claim_exits_with_1(tmp_path: Path) -> None:
    result = run(tmp_path, PROBLEM, replace(solution_of(PROBLEM, GOOD), objective=999))
    assert result.exit_code == 1
    assert [b["rule"] for b in json.loads(result.stdout)["broken"]] == ["claim"]


def test_solution_without_a_plan_exits_with_1(tmp_path: Path) -> None:
    assert run(tmp_path, PROBLEM, Solution(status="infeasible")).exit_code == 1


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"not json",
        b"[1, 2]",
        b"\xff\xfe",
        b"\x1f\x8b\x08\x00",
        b"[" * 200_000,
        b'{"version": 1}',
        b'{"\\ud800": 1}',
    ],
)
def test_what_is_no_problem_or_plan_exits_with_2(tmp_path: Path, text: bytes) -> None:
    assert "problem.json" in refusal(run(tmp_path, text, solution_of(PROBLEM, GOOD)))
    assert "plan.json" in refusal(run(tmp_path, PROBLEM, text))


def test_break_of_the_schema_is_named_with_its_place(tmp_path: Path) -> None:
    text = dumps(PROBLEM).replace('"slot_minutes": 15', '"slot_minutes": "15"')
    assert "slot_minutes: must be integer" in refusal(run(tmp_path, text, solution_of(PROBLEM, GOOD)))


def test_contradictions_are_named_on_one_line(tmp_path: Path) -> None:
    problem = replace(PROBLEM, closed_days=tuple(range(7, 20)), start_date="2026-11-23")
    line = refusal(run(tmp_path, problem, solution_of(PROBLEM, GOOD)))
    assert "closed_days: day is 7, not from 0 to 6" in line
    assert line.endswith("; and 8 more")


def test_huge_names_do_not_flood_the_terminal(tmp_path: Path) -> None:
    line = refusal(run(tmp_path, json.dumps({"x" * 100_000: 1}), solution_of(PROBLEM, GOOD)))
    assert len(line) < 1100


def test_large_file_is_refused_without_being_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    big = tmp_path / "big.json"
    with big.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    result = CliRunner().invoke(verify_command, [str(big), str(big)])
    assert "is larger than 64 MB" in refusal(result)
    monkeypatch.setattr(planner, "MOST_BYTES", 1024)
    assert "is larger" in refusal(run(tmp_path, b" " * 1025, b""))


@pytest.mark.parametrize("missing", ["nowhere.json", "."])
def test_file_that_is_not_there_exits_with_2(tmp_path: Path, missing: str) -> None:
    result = CliRunner().invoke(verify_command, [str(tmp_path / missing), str(tmp_path)])
    assert result.exit_code == 2

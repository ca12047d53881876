"""``semainier solve``: the plan file, the last line, progress, Ctrl-C, and what bad input gets."""

from __future__ import annotations

import json
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from solver.codec import dumps, loads
from solver.problem import Problem
from solver.solution import Solution
from solver.solve import Progress
from solver.verify import TERMS, verify_solution
from tests.solver.builders import make_activity, make_fixed, make_problem, make_session
from web.cli import planner
from web.cli.planner import solve_command, verify_command

PROBLEM = make_problem(3, activities=(make_activity(seats_max=2),))


@pytest.fixture
def problem_file(tmp_path: Path) -> Path:
    return write(tmp_path, PROBLEM)


def write(folder: Path, problem: Problem) -> Path:
    path = folder / "problem.json"
    path.write_text(dumps(problem), encoding="utf-8")
    return path


def solve(problem_file: Path, *options: str) -> Result:
    out = problem_file.parent / "plan.json"
    arguments = [str(problem_file), "--time-limit", "10", "--out", str(out), *options]
    return CliRunner().invoke(solve_command, arguments)


def last_line(result: Result) -> dict[str, Any]:
    summary = json.loads(result.stdout.splitlines()[-1])
    assert isinstance(summary, dict)
    return summary


def test_plan_is_written_and_passes_the_judge(problem_file: Path) -> None:
    result = solve(problem_file)
    assert result.exit_code == 0, result.output
    plan = problem_file.parent / "plan.json"
    solution = loads(Solution, plan.read_bytes())
    assert verify_solution(PROBLEM, solution).valid
    judged = CliRunner().invoke(verify_command, [str(problem_file), str(plan)])
    assert judged.exit_code == 0
    assert sorted(p.name for p in problem_file.parent.iterdir()) == ["plan.json", "problem.json"]


def test_last_line_is_one_json_object(problem_file: Path) -> None:
    summary = last_line(solve(problem_file, "--seed", "7"))
    assert summary["status"] == "optimal"
    assert summary["seed"] == 7
    assert summary["gap"] == 0
    assert summary["bound"] == summary["objective"] == summary["full_value"] - sum(summary["terms"].values())
    assert set(summary["terms"]) == set(TERMS)
    assert summary["unmet"] == []
    assert summary["sessions"] == 2
    assert summary["valid"] is True
    assert 0 <= summary["first_plan_s"] <= summary["wall_time_s"] + 1


def test_progress_goes_to_standard_error(problem_file: Path) -> None:
    result = solve(problem_file)
    assert len(result.stdout.splitlines()) == 1
    assert " objective " in result.stderr


def test_progress_line_says_what_is_known() -> None:
    line = planner._progress_line(Progress(1.25, None, None, None, 10, "prepare"))
    assert line.split() == ["1.2", "s", "prepare", "no", "plan", "yet"]
    line = planner._progress_line(Progress(12.0, 5, 7, 0.2, 10, "improve"))
    assert line.split() == ["12.0", "s", "improve", "objective", "5", "bound", "7", "gap", "20.00", "%"]


def test_fixed_sessions_that_clash_are_a_result_with_conflicts(tmp_path: Path) -> None:
    fixed = tuple(make_fixed(make_session(f"x{i}", people=("p1",)), locked=("p1",)) for i in range(2))
    result = solve(write(tmp_path, replace(PROBLEM, fixed=fixed)))
    summary = last_line(result)
    assert result.exit_code == 1
    assert summary["status"] == "infeasible"
    assert {c["rule"] for c in summary["conflicts"]} >= {"room_overlap", "staff_overlap"}


def test_unmet_needs_are_listed_with_reasons(tmp_path: Path) -> None:
    summary = last_line(solve(write(tmp_path, replace(PROBLEM, closed_days=tuple(range(7))))))
    assert [u["participant"] for u in summary["unmet"]] == ["p1", "p2", "p3"]
    assert all(u["reasons"][0]["code"] == "closed_day" for u in summary["unmet"])


def test_interrupt_stops_and_keeps_the_best_plan(problem_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGINT)
    shown: list[str] = []

    def interrupt(progress: Progress) -> str:
        if not shown:
            signal.raise_signal(signal.SIGINT)
        shown.append(progress.phase)
        return "line"

    monkeypatch.setattr(planner, "_progress_line", interrupt)
    result = solve(problem_file)
    assert last_line(result)["status"] == "cancelled"
    assert "the best plan is kept" in result.stderr
    assert loads(Solution, (problem_file.parent / "plan.json").read_bytes()).status == "cancelled"
    assert signal.getsignal(signal.SIGINT) is before


def test_second_interrupt_ends_at_once_and_writes_nothing(
    problem_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(progress: Progress) -> str:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        return "line"

    monkeypatch.setattr(planner, "_progress_line", interrupt)
    result = solve(problem_file)
    assert result.exit_code == 1
    assert not (problem_file.parent / "plan.json").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [("nonsense", "is not JSON"), ('{"days": 3}', "start_date: is missing"), ('{"days": "x"}', "start_date")],
)
def test_unreadable_problem_exits_with_2(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "problem.json"
    path.write_text(text, encoding="utf-8")
    result = solve(path)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert words in line
    assert not (tmp_path / "plan.json").exists()


def test_contradictory_problem_exits_with_2(tmp_path: Path) -> None:
    result = solve(write(tmp_path, replace(PROBLEM, start_date="2026-11-24")))
    assert result.exit_code == 2
    assert "is not a Monday" in result.stderr


def test_folder_that_is_not_there_is_refused_before_planning(problem_file: Path) -> None:
    result = solve(problem_file, "--out", str(problem_file.parent / "nowhere" / "plan.json"))
    assert result.exit_code == 2
    assert "its folder does not exist" in result.stderr


@pytest.mark.parametrize("option", [("--time-limit", "0"), ("--seed", "-1"), ("--workers", "0")])
def test_senseless_options_are_refused(problem_file: Path, option: tuple[str, str]) -> None:
    assert solve(problem_file, *option).exit_code == 2


def test_old_plan_stays_whole_when_writing_fails(problem_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = problem_file.parent / "plan.json"
    plan.write_text("old", encoding="utf-8")

    def fail(source: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    result = solve(problem_file)
    assert result.exit_code == 2
    assert "plan.json: No space left on device" in result.stderr
    assert last_line(result)["status"] == "optimal"
    assert plan.read_text(encoding="utf-8") == "old"
    assert sorted(p.name for p in problem_file.parent.iterdir()) == ["plan.json", "problem.json"]

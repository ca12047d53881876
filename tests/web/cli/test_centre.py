"""Commands about one centre's plan."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.models import Centre, Plan, PlanState
from solver.check import check_problem
from solver.codec import loads
from solver.problem import Problem
from tests.factories import MONDAY, making_in
from tests.planning import make_world


@pytest.fixture
def world(rows: Session, app_centre: Centre) -> dict[str, Any]:
    with making_in(rows, app_centre) as make:
        world = make_world(make)
    rows.commit()
    return world


@pytest.fixture
def invoke(app: Flask) -> Callable[..., Result]:
    def run(*arguments: str) -> Result:
        return app.test_cli_runner().invoke(args=arguments)

    return run


def test_a_problem_is_exported_without_names(
    invoke: Callable[..., Result], world: dict[str, Any], app_centre: Centre, tmp_path: Path
) -> None:
    out = tmp_path / "problem.json"
    result = invoke(
        "export-problem",
        "--weeks",
        "4",
        "--out",
        str(out),
        "--centre",
        app_centre.slug,
        "--from",
        str(MONDAY),
    )
    assert result.exit_code == 0, result.output
    text = out.read_text()
    problem = loads(Problem, text)
    check_problem(problem)
    assert (problem.start_date, problem.days) == (MONDAY.isoformat(), 28)
    assert len(problem.participants) == len(problem.demands) == 1
    for person in (world["person"], world["staff"]):
        assert person.first_name not in text


def test_the_next_weeks_are_exported_by_default(
    invoke: Callable[..., Result], world: dict[str, Any], tmp_path: Path
) -> None:
    out = tmp_path / "problem.json"
    assert invoke("export-problem", "--out", str(out)).exit_code == 0
    problem = loads(Problem, out.read_text())
    first = date.fromisoformat(problem.start_date)
    assert first.weekday() == 0
    assert first > date.today()  # noqa: DTZ011
    assert problem.days == 28


@pytest.mark.parametrize(
    "arguments",
    [
        ("--from", "2026-12-01"),
        ("--centre", "inconnu"),
        ("--weeks", "14"),
        ("--weeks", "0"),
        ("--from", "demain"),
    ],
)
def test_wrong_wishes_are_answered_with_a_sentence(
    invoke: Callable[..., Result], world: dict[str, Any], tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    out = tmp_path / "problem.json"
    result = invoke("export-problem", "--out", str(out), *arguments)
    assert result.exit_code != 0
    assert "Error" in result.output
    assert "Traceback" not in result.output
    assert not out.exists()


def test_an_installation_without_centre_says_so(
    invoke: Callable[..., Result], app: Flask, tmp_path: Path
) -> None:
    result = invoke("export-problem", "--out", str(tmp_path / "x.json"))
    assert result.exit_code != 0
    assert "centre" in result.output


def test_a_centre_is_planned_and_published(
    invoke: Callable[..., Result], world: dict[str, Any], rows: Session, app_centre: Centre
) -> None:
    result = invoke("plan", "--weeks", "2", "--time-limit", "10", "--from", "2031-01-06", "--publish")
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout.splitlines()[-1])
    assert (summary["state"], summary["plan_state"], summary["gap"]) == ("done", "published", 0.0)
    assert summary["unmet"] == 0
    plan = rows.scalars(select(Plan)).one()
    assert (plan.state, plan.publication, plan.number) == (PlanState.PUBLISHED, 1, summary["plan"])
    assert len(plan.sessions) == summary["sessions"] == 2

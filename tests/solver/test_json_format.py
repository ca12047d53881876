"""The documented JSON form: its example is true and its tables are complete."""

from __future__ import annotations

import re
from pathlib import Path

from solver.check import check_problem
from solver.codec import loads
from solver.explain import BLOCKERS, REMEDIES, explain_unmet
from solver.problem import Problem
from solver.solution import Solution
from solver.verify import RULES, TERMS, verify_solution

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "json-format.md").read_text(encoding="utf-8")
MODEL = (DOCS / "planning-model.md").read_text(encoding="utf-8")


def _block(name: str) -> str:
    found = re.search(rf"```json {name}\n(.*?)```", PAGE, re.DOTALL)
    assert found
    return found[1]


def _codes(page: str, heading: str) -> list[str]:
    table = page.split(f"| {heading} |", 1)[1].split("\n\n", 1)[0]
    return re.findall(r"^\| `(\w+)`", table, re.MULTILINE)


def test_worked_example_is_a_sound_problem_with_a_true_plan() -> None:
    problem, solution = loads(Problem, _block("problem")), loads(Solution, _block("plan"))
    check_problem(problem)
    report = verify_solution(problem, solution)
    assert report.broken == report.overridden == ()
    assert solution.unmet == explain_unmet(problem, solution.sessions)


def test_tables_list_every_code() -> None:
    assert _codes(PAGE, "code of a reason | meaning") == list(BLOCKERS)
    assert _codes(PAGE, "code of a remedy | lifts | what it asks") == list(REMEDIES)


def test_planning_model_lists_every_rule_and_term() -> None:
    listed = MODEL.split("| rule | statement |", 1)[1].split("\n\n", 1)[0]
    rows = [line.split("|")[1] for line in listed.splitlines() if line.startswith("| `")]
    rules = [rule for row in rows for rule in re.findall(r"`(\w+)`", row)]
    assert rules == list(RULES)
    lost = MODEL.split("| term (`terms` key) |", 1)[1].split("\n\n", 1)[0]
    pairs = [re.findall(r"`(\w+)`", line) for line in lost.splitlines() if line.startswith("| `")]
    assert {names[0]: names[-1] for names in pairs} == TERMS

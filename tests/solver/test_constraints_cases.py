"""Every hard rule in the model: nothing planned, a plan that keeps it, a plan that breaks it."""

from __future__ import annotations

import pytest

from solver.verify import verify
from tests.solver.fixing import modelled
from tests.solver.rule_cases import Case, cases

#: Rules that a plan of the planner cannot even express a breach of.
CASES = [c for c in cases() if c.rule != "subgroups"]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_model_accepts_what_keeps_every_rule_at_its_value(case: Case) -> None:
    # The planner never considers a session that nobody needs.
    good = case.good if case.problem.fixed else tuple(s for s in case.good if s.attendees)
    report = verify(case.problem, good)
    assert modelled(case.problem, good) == (report.objective if report.valid else None)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_model_refuses_what_breaks_a_rule(case: Case) -> None:
    assert modelled(case.problem, case.bad) is None


@pytest.mark.parametrize("case", [c for c in CASES if not c.problem.fixed], ids=str)
def test_model_accepts_that_nothing_is_planned(case: Case) -> None:
    assert modelled(case.problem, ()) == verify(case.problem, ()).objective

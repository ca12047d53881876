"""The linear bound sees what a plan cannot escape, however thinly it spreads people over the week."""

from __future__ import annotations

import pytest

from solver.bound import Bounder
from solver.candidates import find_candidates
from solver.problem import Frequency, Participant, Problem
from solver.score import Scorer
from tests.solver.builders import make_activity, make_demand, make_problem

ONE = Frequency(period_weeks=1, min=0, max=1)
FAR_APART = (Participant(id="p1", level_spoken=0), Participant(id="p2", level_spoken=2))
ONCE = tuple(make_demand(person, max=1) for person in ("p1", "p2"))


@pytest.mark.parametrize(
    ("problem", "lost"),
    [
        # Two days at 4 points; levels two steps apart at 20 each, wherever the session is.
        (
            make_problem(participants=FAR_APART, activities=(make_activity(frequency=ONE),), demands=ONCE),
            2 * 4 + 2 * 20,
        ),
        # A day and a short day, on whichever of ten times the appointment is.
        (
            make_problem(
                activities=(make_activity(individual=True, duration_slots=4),),
                demands=(make_demand(max=1, gap_days=4),),
            ),
            4 + 10,
        ),
    ],
    ids=["levels", "short_day"],
)
def test_bound_is_what_the_best_plan_loses(problem: Problem, lost: int) -> None:
    full_value = Scorer(problem).full_value
    bounder = Bounder(find_candidates(problem), full_value)
    bounder.relax(lambda: 5.0)
    assert full_value - lost <= bounder.bound <= full_value - lost + 1

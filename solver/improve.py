"""Large neighbourhood search: small parts of the plan are solved again, exactly, one after another.

:mod:`solver.parts` says which part comes next. The limit of each solve is CP-SAT's deterministic time
and what is learned rests on that too, so that equal seeds walk the same way as far as the time goes.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from ortools.sat.python import cp_model

from solver.candidates import Plan
from solver.model import Model
from solver.neighbourhood import add_hint, set_free
from solver.parts import Missing, Part, Parts
from solver.result import value_in
from solver.score import Score, Scorer

#: Deterministic time of one small solve.
EFFORT = 0.1
#: Deterministic time that making a model costs: once, and for each of its variables.
STEP_EFFORT, VARIABLE_EFFORT = 0.01, 2e-5


class Improver:
    """Improves a plan step by step.

    Parameters
    ----------
    parts : Parts
        Which parts to solve again; several improvers may share it.
    scorer : Scorer
        Of this improver alone.
    plan : Plan
        A valid plan.
    seed : int
        Of CP-SAT.
    seconds_left : callable
        Polled; a step is never given more than what is left.
    """

    def __init__(
        self, parts: Parts, scorer: Scorer, plan: Plan, *, seed: int, seconds_left: Callable[[], float]
    ) -> None:
        self.parts = parts
        self.scorer = scorer
        self.plan = plan
        self.score: Score = scorer.score(plan)
        self.random = Random(seed)
        self.seconds_left = seconds_left
        self._solver: cp_model.CpSolver | None = None
        self._missing: tuple[Plan, Missing] | None = None

    def stop(self) -> None:
        """End the present step early, from any thread."""
        solver = self._solver
        if solver is not None:
            solver.stop_search()

    def adopt(self, plan: Plan | None) -> None:
        """Go on from another plan if it is better."""
        if plan is not None and plan is not self.plan:
            score = self.scorer.score(plan)
            if score.objective > self.score.objective:
                self.plan, self.score = plan, score

    def step(self) -> bool:
        """Solve one part again; tell whether the plan has become better."""
        if not self.parts:
            return False
        if self._missing is None or self._missing[0] is not self.plan:
            self._missing = (self.plan, self.scorer.missing(self.plan))
        kind, part = self.parts.choose(self._missing[1])
        closed, gain, effort = self._solve(part)
        self.parts.learn(kind, closed=closed, gain=gain, effort=effort)
        return gain > 0

    def _solve(self, part: Part) -> tuple[bool, int, float]:
        """Return whether a part was solved to the end, the points gained and the effort."""
        neighbourhood = set_free(self.parts.candidates, self.plan, part.free, part.people)
        model = Model(neighbourhood.candidates, whole=False)
        variables = model.variables
        if not model.lost.vars:
            return True, 0, STEP_EFFORT
        add_hint(variables, neighbourhood)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = self.random.randrange(1 << 30)
        solver.parameters.linearization_level = 2
        solver.parameters.cp_model_probing_level = 0
        solver.parameters.symmetry_level = 0
        solver.parameters.max_presolve_iterations = 1
        solver.parameters.cut_level = 0
        solver.parameters.max_deterministic_time = EFFORT
        solver.parameters.max_time_in_seconds = max(min(self.seconds_left(), 5.0), 0.01)
        self._solver = solver
        status = solver.solve(variables.model)
        self._solver = None
        effort = STEP_EFFORT + VARIABLE_EFFORT * len(variables.model.proto.variables)
        effort += solver.response_proto.deterministic_time
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return False, 0, effort
        plan = neighbourhood.read(variables, value_in(solver))
        score = self.scorer.score(plan)
        gain = score.objective - self.score.objective
        if gain >= 0:
            self.plan, self.score = plan, score
        return status == cp_model.OPTIMAL, gain, effort

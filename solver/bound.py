"""Bounds on what any plan can be worth.

A large model is relaxed to a linear program whose dual prices give a bound by weak duality; a model
that CP-SAT can search whole gives one by its own proof. The smallest bound counts. A relaxation may
leave out terms, which are never negative: what it then bounds is more than the full objective.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from ortools.sat.python import cp_model
from ortools.util.python.solve_interrupter import SolveInterrupter

from solver.candidates import Candidates, Plan
from solver.decompose import ProblemPart, decompose
from solver.model import Model
from solver.neighbourhood import Neighbourhood, add_hint
from solver.relaxation import linear_program, safe_bound, solve_dual
from solver.result import read_plan, value_in

#: Terms that the linear relaxation cannot see anyway and that cost it many rows.
WITHOUT = ("idle", "repeat_meeting")
#: Rounding of the dual prices may err by this share of the bound.
ROUNDING = 1e-9


class Bounder:
    """Keeps the smallest bound proved so far.

    Parameters
    ----------
    candidates : Candidates
        Of the whole problem.
    full_value : int
        Value of a plan that loses no point: the first bound.
    """

    def __init__(self, candidates: Candidates, full_value: int) -> None:
        self.candidates = candidates
        self.full_value = full_value
        self.bound = full_value
        self._interrupter = SolveInterrupter()
        self._solver: cp_model.CpSolver | None = None
        self._stopped = False

    def stop(self) -> None:
        """End what is running early, from any thread."""
        self._stopped = True
        self._interrupter.interrupt()
        if self._solver is not None:
            self._solver.stop_search()

    def relax(self, seconds_left: Callable[[], float]) -> None:
        """Bound by linear relaxations of the parts of the problem, one part after another.

        Every part that is done lowers the bound by what it must lose. The smallest come first: the
        time that they leave over is the larger ones'.
        """
        parts = decompose(self.candidates)[::-1]
        lost = 0
        for number, part in enumerate(parts):
            share = seconds_left() / (len(parts) - number)
            if self._stopped or share <= 0:
                return
            lost += self._least_lost(part, max(share, 1.0))
            self._lower(self.full_value - lost)

    def _least_lost(self, part: ProblemPart, seconds: float) -> int:
        """Return points that every plan loses in a part; none if nothing was found in time."""
        began = time.monotonic()
        model = Model(part.candidates, without=WITHOUT, partly_seen=part.partly_seen)
        if not model.lost.vars:
            return model.lost.constant
        if self._stopped:
            return 0
        program = linear_program(model.variables.model)
        left = max(seconds - (time.monotonic() - began), 0.5)
        prices, _ = solve_dual(program, time_limit_s=left, interrupter=self._interrupter)
        if prices is None:
            return 0
        least = safe_bound(program, prices)
        return max(math.ceil(least - ROUNDING * abs(least) - 1e-6), 0)

    def search(
        self,
        plan: Plan,
        *,
        seconds_left: Callable[[], float],
        workers: int,
        seed: int,
        on_plan: Callable[[Plan], None],
    ) -> None:
        """Search the whole problem with CP-SAT, hinted with a plan, for better plans and bounds."""
        model = Model(self.candidates)
        if self._stopped:
            return
        variables = model.variables
        if not model.lost.vars:
            self._lower(self.full_value - model.lost.constant)
            return
        add_hint(variables, Neighbourhood(self.candidates, {}, plan))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = workers
        solver.parameters.random_seed = seed
        solver.parameters.linearization_level = 2
        solver.parameters.max_time_in_seconds = max(seconds_left(), 0.01)
        solver.best_bound_callback = lambda lost: self._lower(self.full_value - math.ceil(lost - 1e-6))
        self._solver = solver
        watcher = _Watcher(model, on_plan)
        status = solver.solve(variables.model, watcher)
        self._solver = None
        if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            on_plan(read_plan(variables, value_in(solver)))
            self._lower(self.full_value - math.ceil(solver.best_objective_bound - 1e-6))

    def _lower(self, bound: int) -> None:
        self.bound = min(self.bound, bound)


class _Watcher(cp_model.CpSolverSolutionCallback):
    """Hands on every plan that CP-SAT finds."""

    def __init__(self, model: Model, on_plan: Callable[[Plan], None]) -> None:
        super().__init__()
        self._model = model
        self._on_plan = on_plan

    def on_solution_callback(self) -> None:
        """Read the plan and hand it on."""
        variables = self._model.variables
        self._on_plan(read_plan(variables, lambda x: x if isinstance(x, int) else self.value(x)))

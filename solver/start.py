"""The plan to start from: the fixed sessions, and what can be kept of the previous plan."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from ortools.sat.python import cp_model

from solver.candidates import Candidates, Placement, Plan
from solver.model import Model
from solver.neighbourhood import Neighbourhood, add_hint
from solver.objective import TERMS
from solver.result import plan_of, value_in

#: Share of the time that keeping the previous plan may take.
KEEP_SHARE = 0.2


@dataclass(frozen=True)
class Start:
    """A valid plan, or none: because none exists (``infeasible``) or none was found in time."""

    plan: Plan | None
    infeasible: bool = False


def find_start(candidates: Candidates, *, seconds_left: Callable[[], float], seed: int) -> Start:
    """Return a plan of the fixed sessions with as much of the previous plan as still fits.

    Parameters
    ----------
    candidates : Candidates
        Of the whole problem.
    seconds_left : callable
        Polled for the limits of the solves.
    seed : int
        Of CP-SAT.
    """
    problem = candidates.problem
    if candidates.breaches:
        return Start(None, infeasible=True)
    if not problem.fixed and not problem.previous:
        return Start(())
    running = {
        p.activity.id for p in candidates.placements if p.standing and p.activity.pattern == "consecutive"
    }
    needed = [p for p in candidates.placements if p.standing or p.activity.id in running]
    if problem.previous:
        before = _as_before(candidates, needed)
        kept = _solve(before, (), max(KEEP_SHARE * seconds_left(), 0.5), seed)
        if kept.plan is not None:
            return kept
    alone = Neighbourhood(replace(candidates, placements=tuple(needed)), {}, ())
    found = _solve(alone, TERMS, max(seconds_left(), 1.0), seed)
    if found.plan is not None or len(needed) == len(candidates.placements):
        return found
    everything = Neighbourhood(candidates, {}, ())
    return _solve(everything, TERMS, max(seconds_left(), 1.0), seed)


def _as_before(candidates: Candidates, needed: list[Placement]) -> Neighbourhood:
    """Return the placements of the previous plan, for the people who attended then."""
    plan = plan_of(candidates, candidates.problem.previous or ())
    attended: dict[Placement, set[str]] = defaultdict(set)
    known = set(candidates.placements)
    for held in plan:
        if held.placement in known:
            attended[held.placement].update(held.people)
    placements: list[Placement] = []
    origin: dict[Placement, Placement] = {}
    for placement in dict.fromkeys((*needed, *attended)):
        part = placement
        if placement in attended:
            staying = attended[placement] | placement.certain
            part = replace(placement, people=tuple(p for p in placement.people if p in staying))
        placements.append(part)
        origin[part] = placement
    return Neighbourhood(replace(candidates, placements=tuple(placements)), origin, plan)


def _solve(neighbourhood: Neighbourhood, without: Collection[str], seconds: float, seed: int) -> Start:
    model = Model(neighbourhood.candidates, without=without)
    if model.variables.contradictions:
        return Start(None, infeasible=True)
    add_hint(model.variables, neighbourhood)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = seed
    solver.parameters.linearization_level = 2
    solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(model.variables.model)
    if status in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return Start(neighbourhood.read(model.variables, value_in(solver)))
    return Start(None, infeasible=status == cp_model.INFEASIBLE)

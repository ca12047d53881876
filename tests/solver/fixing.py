"""The planner's model with every decision fixed to a plan: does it accept, and at what cost?"""

from __future__ import annotations

from collections import Counter, defaultdict

from ortools.sat.python import cp_model

from solver.candidates import Placement, find_candidates
from solver.demands import full_value
from solver.literals import Lit
from solver.model import Model
from solver.problem import PlannedSession, Problem
from solver.result import plan_of
from solver.variables import Bundle


def modelled(problem: Problem, sessions: tuple[PlannedSession, ...]) -> int | None:
    """Return the objective of a plan according to the model, or ``None`` if it refuses the plan."""
    candidates = find_candidates(problem)
    if candidates.breaches or len({s.id for s in sessions}) != len(sessions):
        return None
    try:
        plan = plan_of(candidates, sessions)
    except KeyError:
        return None
    known = set(candidates.placements)
    if any(held.placement not in known for held in plan):
        return None
    model = Model(candidates)
    variables = model.variables

    def fix(lit: Lit, value: int) -> bool:
        if isinstance(lit, int):
            return lit == value
        variables.model.add(lit == value)
        return True

    held = {h.placement: h for h in plan}
    led: dict[Bundle, Counter[tuple[str, str]]] = defaultdict(Counter)
    rooms: dict[Bundle, Counter[str | None]] = defaultdict(Counter)
    for placement in candidates.placements:
        if not fix(variables.held[placement], placement in held):
            return None
        now = held.get(placement)
        people = now.people if now else ()
        if len(set(people)) != len(people) or not _same_facts(placement, now.leaders if now else ()):
            return None
        if not all(fix(variables.attends[placement, p], p in people) for p in placement.people):
            return None
        if now is not None:
            if placement.standing and (
                now.room != placement.room or set(now.leaders) != set(placement.leaders)
            ):
                return None
            led[variables.bundle_of[placement]].update((x.role, x.staff) for x in now.leaders)
            rooms[variables.bundle_of[placement]][now.room] += 1
    leads = {(bundle, role, staff) for bundle, role, staff in variables.leads}
    if any((bundle, *pair) not in leads for bundle, pairs in led.items() for pair in pairs):
        return None
    for (bundle, role, staff), lit in variables.leads.items():
        if not fix(lit, led[bundle][role, staff]):
            return None
    classes: dict[Bundle, set[str | None]] = defaultdict(set)
    for (bundle, room_class), use in variables.uses.items():
        classes[bundle].update(room_class.rooms)
        if not fix(use, sum(rooms[bundle][r] for r in room_class.rooms)):
            return None
    for bundle, used in rooms.items():
        if not bundle.first.standing and not set(used) <= (classes[bundle] or {None}):
            return None
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.solve(variables.model)
    if status != cp_model.OPTIMAL:
        assert status == cp_model.INFEASIBLE
        return None
    return full_value(problem) - (round(solver.objective_value) if model.lost.vars else model.lost.constant)


def _same_facts(placement: Placement, leaders: tuple[object, ...]) -> bool:
    return len(set(leaders)) == len(leaders)

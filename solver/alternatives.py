"""Other places for one person: sessions to choose from instead of one to be summoned to."""

from __future__ import annotations

from dataclasses import dataclass

from ortools.sat.python import cp_model

from solver.candidates import Placement, find_candidates
from solver.model import Model
from solver.neighbourhood import add_hint, set_free
from solver.problem import PlannedSession, Problem
from solver.result import plan_of, sessions_of, value_in
from solver.score import Scorer
from solver.solution import Solution

Place = tuple[str, int, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One other place, and the whole plan with the person in it.

    ``session`` is the session as it would be; ``objective`` what the plan would be worth;
    ``lost`` the points it is worth less than the plan given (negative: more). Nobody else's
    attendance changes in ``sessions``.
    """

    session: PlannedSession
    objective: int
    lost: int
    sessions: tuple[PlannedSession, ...]


def alternatives(
    problem: Problem,
    solution: Solution,
    participant: str,
    demand: str,
    *,
    k: int = 3,
    tolerance: float,
    time_limit_s: float = 5.0,
) -> list[Alternative]:
    """Find up to ``k`` places for a person's demand, the best first.

    Only this person's week is planned anew: every other attendance stays.

    Parameters
    ----------
    problem : Problem
        The problem of the solution.
    solution : Solution
        With a valid plan.
    participant, demand : str
        Whom and what for; the demand is one of the participant's.
    k : int
        How many places at most.
    tolerance : float
        How much the plan may lose against the solution's objective, as a share of ``full_value``.
    time_limit_s : float
        Seconds in all.

    Returns
    -------
    list of Alternative
        Places (activity, start, site) that the person does not attend now, all different.

    Raises
    ------
    KeyError
        If the participant has no such demand.
    """
    wanted = next((d for d in problem.demands if d.id == demand and d.participant == participant), None)
    if wanted is None:
        raise KeyError(f"{participant!r} has no demand {demand!r}")
    candidates = find_candidates(problem)
    plan = plan_of(candidates, solution.sessions)
    scorer = Scorer(problem)
    least = solution.objective - tolerance * scorer.full_value
    neighbourhood = set_free(
        candidates, plan, candidates.of_participant.get(participant, []), frozenset({participant})
    )
    model = Model(neighbourhood.candidates, whole=False)
    variables = model.variables
    add_hint(variables, neighbourhood)
    offered = {_place(h.placement) for h in plan if participant in h.people}
    last_day = min(wanted.to_day or problem.days, problem.days)
    places: dict[Place, list[cp_model.IntVar]] = {}
    for placement, lit in variables.of_person.get(participant, []):
        place = _place(placement)
        counted = placement.activity.id in wanted.activities and wanted.from_day <= placement.day < last_day
        if counted and place not in offered and not isinstance(lit, int):
            places.setdefault(place, []).append(lit)
    found: list[Alternative] = []
    seconds = time_limit_s
    while places and len(found) < k and seconds > 0:
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = max(solution.seed, 0)
        solver.parameters.max_time_in_seconds = seconds
        one = variables.model.clone()
        one.add_bool_or(
            [one.get_bool_var_from_proto_index(x.index) for lits in places.values() for x in lits]
        )
        status = solver.solve(one)
        seconds -= solver.wall_time
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            break
        changed = neighbourhood.read(variables, value_in(solver))
        score = scorer.score(changed)
        if score.objective < least:
            break
        sessions = sessions_of(problem, changed)
        attended = {
            (s.activity, s.start, s.site): s
            for s in sessions
            if any(seat.participant == participant for seat in s.attendees)
        }
        for place in [p for p in places if p in attended]:
            del places[place]
            if len(found) < k:
                found.append(
                    Alternative(
                        session=attended[place],
                        objective=score.objective,
                        lost=solution.objective - score.objective,
                        sessions=sessions,
                    )
                )
    return found


def _place(placement: Placement) -> Place:
    return placement.activity.id, placement.start, placement.site

"""Large neighbourhood search: small parts of the plan are solved again, exactly, one after another.

Which part comes next is drawn from a seeded generator; a part grows when it was solved to the end
and shrinks when it was not. The limit of each solve is CP-SAT's deterministic time, so that equal
seeds walk the same way as far as the time goes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random

from ortools.sat.python import cp_model

from solver.candidates import Candidates, Placement, Plan
from solver.demands import Window
from solver.model import Model
from solver.neighbourhood import add_hint, set_free
from solver.problem import Demand
from solver.result import value_in
from solver.score import Score, Scorer

#: Deterministic time of one small solve.
EFFORT = 0.25
#: Share of the steps that go to unmet demands.
MISSING_SHARE = 0.25


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a plan to be set free: placements, and people whose every attendance is open."""

    free: list[Placement]
    people: frozenset[str] = frozenset()


class _Kind:
    """One way to choose parts, with its present size and how well it did of late."""

    def __init__(self, name: str, cluster: str, size: float) -> None:
        self.name = name
        self.cluster = cluster
        self.size = size
        self.merit = 1.0


class Improver:
    """Improves a plan step by step.

    Parameters
    ----------
    candidates : Candidates
        Of the whole problem.
    plan : Plan
        A valid plan.
    seed : int
        Of the choice of parts and of CP-SAT.
    seconds_left : callable
        Polled; a step is never given more than what is left.
    """

    def __init__(
        self,
        candidates: Candidates,
        scorer: Scorer,
        plan: Plan,
        *,
        seed: int,
        seconds_left: Callable[[], float],
    ) -> None:
        self.candidates = candidates
        self.scorer = scorer
        self.plan = plan
        self.score: Score = scorer.score(plan)
        self.random = Random(seed)
        self.seconds_left = seconds_left
        self._solver: cp_model.CpSolver | None = None
        self._activities: dict[str, list[str]] = defaultdict(list)
        self._people: dict[str, list[str]] = defaultdict(list)
        self._kinds: list[_Kind] = []
        self._of_cluster: dict[str, list[Placement]] = defaultdict(list)
        self._standing: dict[str, list[Placement]] = defaultdict(list)
        self._groups: list[Placement] = []
        self._missing_kind = _Kind("missing", "", 4)
        self._short: tuple[Plan, list[tuple[Demand, Window, int]]] | None = None
        self._make_clusters()

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
        if not self._kinds:
            return False
        if self.random.random() < MISSING_SHARE:
            kind = self._missing_kind
        else:
            kind = self.random.choices(self._kinds, [k.merit for k in self._kinds])[0]
        part = self._choose(kind)
        closed, gain, effort = self._solve(part)
        kind.size = min(max(kind.size * (1.25 if closed else 0.8), 1.0), 400.0)
        kind.merit = max(0.05, 0.6 * kind.merit + 0.4 * min(gain / max(effort, 0.05) / 200.0, 5.0))
        return gain > 0

    def _make_clusters(self) -> None:
        problem = self.candidates.problem
        programme = {a.id: a.programme for a in problem.activities}
        with_places: set[str] = set()
        for placement in self.candidates.placements:
            activity = placement.activity
            with_places.add(activity.id)
            self._of_cluster[activity.programme].append(placement)
            if placement.standing:
                self._standing[activity.id].append(placement)
            if not activity.individual:
                self._groups.append(placement)
        for activity in problem.activities:
            if activity.id in with_places and not activity.individual:
                self._activities[activity.programme].append(activity.id)
        seen: set[tuple[str, str]] = set()
        for demand in problem.demands:
            for name in demand.activities:
                key = (programme[name], demand.participant)
                if name in with_places and key not in seen:
                    seen.add(key)
                    self._people[programme[name]].append(demand.participant)
        for cluster in dict.fromkeys((*self._activities, *self._people)):
            if self._people[cluster]:
                self._kinds.append(_Kind("people", cluster, 6))
            if self._activities[cluster]:
                self._kinds.append(_Kind("activities", cluster, 1))
            if self._activities[cluster] and self._people[cluster]:
                self._kinds.append(_Kind("mixed", cluster, 5))
            self._kinds.append(_Kind("days", cluster, 3))
        if len(self._people) > 1:
            self._kinds.append(_Kind("centre", "", 1))

    def _choose(self, kind: _Kind) -> Part:
        size = max(1, round(kind.size))
        if kind.name == "missing":
            return self._missing(size)
        people, activities = self._people[kind.cluster], self._activities[kind.cluster]
        if kind.name == "people":
            return self._part([], self._sample(people, size))
        if kind.name == "activities":
            return self._part(self._sample(activities, size), frozenset())
        if kind.name == "mixed":
            return self._part(self._sample(activities, 1), self._sample(people, size))
        first = self.random.randrange(max(self.candidates.problem.days, 1))
        days = range(first, first + size)
        if kind.name == "days":
            return Part([p for p in self._of_cluster[kind.cluster] if p.day in days], frozenset())
        per_day = self.candidates.problem.slots_per_day
        early = self.random.random() < 0.5
        return Part(
            [p for p in self._groups if p.day in days and (p.start % per_day < per_day // 2) == early]
        )

    def _missing(self, size: int) -> Part:
        """Return what could serve an unmet demand in its window, with people who miss the same."""
        if self._short is None or self._short[0] is not self.plan:
            self._short = (self.plan, self.scorer.missing(self.plan))
        short = self._short[1]
        if not short:
            return Part([])
        demand, window, _ = self.random.choices(short, [lost for _, _, lost in short])[0]
        names = frozenset(demand.activities)
        alike = sorted(
            {
                d.participant
                for d, w, _ in short
                if not names.isdisjoint(d.activities)
                and w.first_day < window.end_day
                and window.first_day < w.end_day
            }
            - {demand.participant}
        )
        people = self._sample(alike, size - 1) | {demand.participant}
        days = range(window.first_day, window.end_day)
        free = [
            p
            for name in sorted(names)
            for p in (*self.candidates.of_activity.get(name, ()), *self._standing.get(name, ()))
            if (p.day in days or p.activity.pattern != "free" or p.activity.block)
            and (p.participant is None or p.participant in people)
        ]
        chosen = set(free)
        free += [
            p
            for one in sorted(people)
            for p in self.candidates.of_participant.get(one, ())
            if p.day in days and p not in chosen
        ]
        return Part(free, people)

    def _part(self, activities: Iterable[str], people: frozenset[str]) -> Part:
        free = [p for a in sorted(activities) for p in self.candidates.of_activity[a]]
        free += [p for a in sorted(activities) for p in self._standing[a]]
        free += [p for one in sorted(people) for p in self.candidates.of_participant[one]]
        return Part(free, people)

    def _sample(self, names: list[str], size: int) -> frozenset[str]:
        return frozenset(self.random.sample(names, min(size, len(names))))

    def _solve(self, part: Part) -> tuple[bool, int, float]:
        neighbourhood = set_free(self.candidates, self.plan, part.free, part.people)
        model = Model(neighbourhood.candidates, whole=False)
        variables = model.variables
        if not model.lost.vars:
            return True, 0, 0.0
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
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return False, 0, solver.wall_time
        plan = neighbourhood.read(variables, value_in(solver))
        score = self.scorer.score(plan)
        gain = score.objective - self.score.objective
        if gain >= 0:
            self.plan, self.score = plan, score
        return status == cp_model.OPTIMAL, gain, solver.wall_time

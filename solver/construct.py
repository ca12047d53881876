"""A first plan: what binds many sessions exactly, then groups and appointments by greedy insertion.

Blocks and runs of days find no place once the days of their people are full, so each of them is
solved by itself while the plan is still empty.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable

from ortools.sat.python import cp_model

from solver.candidates import Candidates, Held, Placement, Plan
from solver.draft import Draft
from solver.model import Model
from solver.neighbourhood import add_hint, set_free
from solver.result import value_in
from solver.score import Scorer

#: Deterministic time of one block or run.
BIND_EFFORT = 0.5
#: Seconds of one block or run on a machine that is busy with other things.
BIND_S = 3.0


def construct(candidates: Candidates, plan: Plan, stop: Callable[[], bool]) -> Plan:
    """Return a valid plan that extends a valid plan.

    Parameters
    ----------
    candidates : Candidates
        Of the whole problem.
    plan : Plan
        Usually the fixed sessions alone.
    stop : callable
        Polled; when it answers yes, what is there is returned.
    """
    return _Construction(candidates, _bind(candidates, plan, stop), stop).run()


def _bind(candidates: Candidates, plan: Plan, stop: Callable[[], bool]) -> Plan:
    """Add the blocks and runs of days that are worth it, one activity after another."""
    scorer = Scorer(candidates.problem)
    for name, placements in candidates.of_activity.items():
        activity = placements[0].activity
        bound = activity.block or activity.pattern == "consecutive"
        if not bound or any(h.placement.activity.id == name for h in plan) or stop():
            continue
        neighbourhood = set_free(candidates, plan, placements)
        model = Model(neighbourhood.candidates, whole=False)
        if not model.lost.vars:
            continue
        add_hint(model.variables, neighbourhood)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 1
        solver.parameters.linearization_level = 2
        solver.parameters.max_deterministic_time = BIND_EFFORT
        solver.parameters.max_time_in_seconds = BIND_S
        if solver.solve(model.variables.model) not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            continue
        found = neighbourhood.read(model.variables, value_in(solver))
        if scorer.score(found).objective > scorer.score(plan).objective:
            plan = found
    return plan


class _Construction:
    def __init__(self, candidates: Candidates, plan: Plan, stop: Callable[[], bool]) -> None:
        self.draft = Draft(candidates, plan)
        self.stop = stop
        self.weights = candidates.problem.weights
        self.groups: dict[str, list[Placement]] = defaultdict(list)
        self.appointments: dict[tuple[str, str], list[Placement]] = defaultdict(list)
        self.chances: Counter[tuple[str, str]] = Counter()
        self.rivals: Counter[tuple[str, int]] = Counter()
        self._per_day = candidates.problem.slots_per_day
        for placement in candidates.placements:
            if placement.standing or not self.draft.understands(placement):
                continue
            if placement.participant is not None:
                self.appointments[placement.participant, placement.activity.id].append(placement)
                self.rivals[placement.activity.id, placement.start] += 1
            else:
                self.groups[placement.activity.id].append(placement)
                self.chances.update((p, placement.activity.id) for p in placement.people)

    def run(self) -> Plan:
        ranked = sorted(self.groups.values(), key=self._urgency, reverse=True)
        for placements in ranked:
            if self.stop():
                break
            if placements[0].activity.pattern == "same_time":
                self._weekly_times(placements)
            else:
                self._one_by_one([[p] for p in placements])
        for key in sorted(self.appointments, key=lambda k: (len(self.appointments[k]), k)):
            if self.stop():
                break
            self._appointments(self.appointments[key])
        return self.draft.plan()

    def _urgency(self, placements: list[Placement]) -> tuple[int, str]:
        worth = sum(max(self.draft.gain(p, one), 0) for one in placements for p in one.people)
        return worth // max(len(placements), 1), placements[0].activity.id

    def _weekly_times(self, placements: list[Placement]) -> None:
        times: dict[tuple[int, int, str, str | None], list[Placement]] = defaultdict(list)
        for p in placements:
            times[p.day % 7, p.start % self._per_day, p.site, p.language].append(p)
        self._one_by_one(list(times.values()))

    def _one_by_one(self, choices: list[list[Placement]]) -> None:
        """Take the choice worth most until none is worth anything; stale worths are renewed on top."""
        worth = {i: self._worth(choice) for i, choice in enumerate(choices)}
        while worth and not self.stop():
            best = max(worth, key=lambda i: (worth[i], -i))
            renewed = self._worth(choices[best])
            if renewed <= 0:
                del worth[best]
            elif renewed < worth[best]:
                worth[best] = renewed
            else:
                del worth[best]
                for placement in choices[best]:
                    self._hold(placement)

    def _worth(self, choice: Iterable[Placement]) -> int:
        return sum(self._session_worth(placement) for placement in choice)

    def _session_worth(self, placement: Placement) -> int:
        if not self.draft.can_hold(placement) or self.draft.staff_for(placement) is None:
            return 0
        gains = sorted(
            (g for p in placement.people if (g := self.draft.gain(p, placement)) > 0), reverse=True
        )
        if len(gains) < placement.activity.seats_min:
            return 0
        wanted = self.weights.frequency if placement.activity.frequency.min else 0
        return sum(gains[: self._seats(placement, len(gains))]) + wanted

    def _seats(self, placement: Placement, people: int) -> int:
        """Return how many of some people find a seat in the best room left."""
        most = min(people, placement.activity.seats_max)
        if not placement.rooms:
            return most
        room = self.draft.room_for(placement, most)
        return 0 if room is None else min(most, self.draft.problem.room_by_id[room].seats)

    def _hold(self, placement: Placement) -> None:
        leaders = self.draft.staff_for(placement) if self.draft.can_hold(placement) else None
        if leaders is None:
            return
        gains = {p: g for p in placement.people if (g := self.draft.gain(p, placement)) > 0}
        activity = placement.activity
        people = sorted(gains, key=lambda p: (-gains[p], self.chances[p, activity.id], p))
        room = (
            self.draft.room_for(placement, min(len(people), activity.seats_max)) if placement.rooms else None
        )
        if placement.rooms and room is None:
            return
        seats = len(people) if room is None else min(len(people), self.draft.problem.room_by_id[room].seats)
        size = self.draft.size_allowed(placement, seats)
        if size >= 0:
            self.draft.add(Held(placement, room, leaders, tuple(people[:size])))

    def _appointments(self, placements: list[Placement]) -> None:
        person = placements[0].people[0]
        referents = self.draft.problem.participant_by_id[person].referents
        left = placements
        while left and not self.stop():
            worth = {p: self._appointment_worth(p, person) for p in left}
            for placement in sorted(left, key=lambda p: (-worth[p], self.rivals[p.activity.id, p.start])):
                if worth[placement] <= 0:
                    return
                leaders = (
                    self.draft.staff_for(placement, referents) if self.draft.can_hold(placement) else None
                )
                room = self.draft.room_for(placement, 1) if placement.rooms else None
                if leaders is not None and (room is not None or not placement.rooms):
                    self.draft.add(Held(placement, room, leaders, (person,)))
                    break
            else:
                return
            left = [p for p in left if p is not placement]

    def _appointment_worth(self, placement: Placement, person: str) -> int:
        gain = self.draft.gain(person, placement)
        if gain <= 0 or self.draft.day_used(person, placement.day):
            return gain
        return gain - self.weights.day - self.weights.short_day

"""What a plan is worth: every soft term counted on the plan itself, without a model.

The planner uses this to compare plans; :mod:`solver.verify` counts again, on its own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from solver.candidates import Held, Plan
from solver.demands import POINTS_PER_UNIT, Window, full_value, windows
from solver.objective import TERMS, WEIGHT_NAMES
from solver.objective.days import MIDDAY_PAUSE_SLOTS, SHORT_SESSION_SLOTS
from solver.objective.frequency import wanted_sessions
from solver.objective.preference import away, second_choices
from solver.objective.repeat_meeting import met_before
from solver.objective.stability import previous_moments
from solver.objective.unfair import LOAD_STEPS_PERCENT
from solver.problem import Demand, Problem


@dataclass(frozen=True, slots=True)
class Score:
    """Points of a plan: ``objective = full_value - sum of points lost``."""

    objective: int
    full_value: int
    terms: dict[str, int]


class Scorer:
    """Counts plans of one problem.

    ``terms`` of a score are points lost with the weights in them, as in
    :attr:`solver.solution.Solution.terms`.
    """

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        self.full_value = full_value(problem)
        self._windows = [(d, windows(problem, d)) for d in problem.demands]
        self._second = second_choices(problem)
        self._met = met_before(problem)
        self._previous = previous_moments(problem)

    def score(self, plan: Plan) -> Score:
        """Return the score of a plan."""
        self._sort_by_person(plan)
        units = dict.fromkeys(TERMS, 0)
        for part in (
            self._shortages(),
            self._people(),
            self._groups(plan),
            self._staff(plan),
            self._changes(plan),
        ):
            for name, amount in part:
                units[name] += amount
        weights = self.problem.weights
        terms = {name: amount * getattr(weights, WEIGHT_NAMES[name]) for name, amount in units.items()}
        return Score(self.full_value - sum(terms.values()), self.full_value, terms)

    def missing(self, plan: Plan) -> list[tuple[Demand, Window, int]]:
        """Return the windows of demands that a plan leaves short, with the points that each loses."""
        self._sort_by_person(plan)
        weights = self.problem.weights
        found: list[tuple[Demand, Window, int]] = []
        for demand, parts in self._windows:
            unit = POINTS_PER_UNIT[demand.unit] * demand.weight
            least = weights.obligation if demand.legal else weights.below_min
            for window in parts:
                n = self.amount(demand, window.first_day, window.end_day)
                short = least * max(window.min - n, 0)
                short += weights.below_target * max(window.target - max(window.min, n), 0)
                if short:
                    found.append((demand, window, unit * short))
        return found

    def _sort_by_person(self, plan: Plan) -> None:
        self.by_person: dict[str, list[Held]] = defaultdict(list)
        for held in plan:
            for person in held.people:
                self.by_person[person].append(held)

    def amount(self, demand: Demand, first_day: int, end_day: int) -> int:
        """Return what a demand counts on days ``[first_day, end_day)`` of the plan scored last."""
        counted = [
            held.placement
            for held in self.by_person.get(demand.participant, ())
            if held.placement.activity.id in demand.activities and first_day <= held.placement.day < end_day
        ]
        if demand.unit == "days":
            return len({p.day for p in counted})
        return sum(p.end - p.start for p in counted) if demand.unit == "minutes" else len(counted)

    def _shortages(self) -> Iterator[tuple[str, int]]:
        missed: Counter[str] = Counter()
        for demand, parts in self._windows:
            unit = POINTS_PER_UNIT[demand.unit] * demand.weight
            for window in parts:
                n = self.amount(demand, window.first_day, window.end_day)
                yield "obligation" if demand.legal else "below_min", unit * max(window.min - n, 0)
                yield "below_target", unit * max(window.target - max(window.min, n), 0)
                missed[demand.participant] += n < window.min
        for k in missed.values():
            yield "unfair_participant", k * (k - 1) // 2

    def _people(self) -> Iterator[tuple[str, int]]:
        for person_id, attended in self.by_person.items():
            person = self.problem.participant_by_id[person_id]
            second = self._second.get(person_id, frozenset())
            by_day: dict[int, list[tuple[int, int]]] = defaultdict(list)
            for held in attended:
                place = held.placement
                by_day[place.day].append((place.start, place.end))
                yield "preferred_activity", int(place.activity.id in second)
                yield "preferred_site", int(away(person, place.site))
                if place.activity.individual and place.activity.roles and person.referents:
                    first = place.activity.roles[0].id
                    known = any(x.role == first and x.staff in person.referents for x in held.leaders)
                    yield "leader_change", int(not known)
            for times in by_day.values():
                slots = sum(end - start for start, end in times)
                span = max(end for _, end in times) - min(start for start, _ in times)
                yield "days", 1
                yield "short_day", int(len(times) == 1 and slots <= SHORT_SESSION_SLOTS)
                yield "idle", max(span - slots - MIDDAY_PAUSE_SLOTS, 0)

    def _groups(self, plan: Plan) -> Iterator[tuple[str, int]]:
        people = self.problem.participant_by_id
        sessions: dict[str, list[Held]] = defaultdict(list)
        common: Counter[tuple[str, str]] = Counter()
        for held in plan:
            activity = held.placement.activity
            if activity.balance:
                n, new = len(held.people), sum(people[p].newcomer for p in held.people)
                yield "balance", max(n - 3 * new, 0) + max(n - 3 * (n - new), 0)
            if activity.individual:
                continue
            sessions[activity.id].append(held)
            levels = [people[p].level_spoken for p in held.people]
            if levels and not activity.drop_in:
                yield "level_spread", max(levels) - min(levels)
            if activity.mix:
                common.update(combinations(sorted(held.people), 2))
        for pair, times in common.items():
            met = self._met[pair]
            yield "repeat_meeting", max(met + times - 1, 0) - max(met - 1, 0)
        for activity in self.problem.activities:
            if activity.individual:
                continue
            days = [held.placement.day for held in sessions[activity.id]]
            for first, end, least in wanted_sessions(self.problem, activity.frequency):
                yield "frequency", max(least - sum(first <= day < end for day in days), 0)
            for role in activity.roles if activity.continuity else ():
                staff = {x.staff for h in sessions[activity.id] for x in h.leaders if x.role == role.id}
                yield "leader_change", max(len(staff) - role.count, 0)

    def _staff(self, plan: Plan) -> Iterator[tuple[str, int]]:
        load: Counter[tuple[str, int]] = Counter()
        for held in plan:
            place = held.placement
            busy = {leader.staff for leader in held.leaders}
            if place.activity.with_mentor:
                mentors = (self.problem.participant_by_id[p].mentor for p in held.people)
                busy.update(m for m in mentors if m is not None)
            for staff in busy:
                load[staff, place.week] += place.end - place.start
        for (staff, _), slots in load.items():
            hours = self.problem.staff_by_id[staff].max_slots_week
            if hours is not None:
                yield "unfair_staff", sum(max(slots - hours * p // 100, 0) for p in LOAD_STEPS_PERCENT)

    def _changes(self, plan: Plan) -> Iterator[tuple[str, int]]:
        if self.problem.previous is None:
            return
        held_before, attended_before = self._previous
        held_now = {(h.placement.activity.id, h.placement.start) for h in plan}
        attended_now = {((h.placement.activity.id, h.placement.start), p) for h in plan for p in h.people}
        yield "stability", len(attended_before ^ attended_now) + len(held_before - held_now)

"""A part of a plan set free while the rest stands: candidates for a small model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ortools.sat.python import cp_model

from solver.candidates import Candidates, Held, Placement, Plan
from solver.literals import Lit
from solver.problem import Problem
from solver.result import read_plan
from solver.variables import Bundle, Variables


@dataclass(frozen=True, eq=False)
class Neighbourhood:
    """Candidates in which only a part of a plan is free.

    ``origin`` leads from the placements that were made standing back to the problem's own.
    """

    candidates: Candidates
    origin: dict[Placement, Placement]
    plan: Plan

    def read(self, variables: Variables, value: Callable[[Lit], int]) -> Plan:
        """Return the whole plan after the neighbourhood's model was solved."""
        return tuple(
            Held(self.origin.get(h.placement, h.placement), h.room, h.leaders, h.people)
            for h in read_plan(variables, value)
        )


class Occupation:
    """Slots taken by the standing part of a plan, as bit masks by person, staff and room."""

    def __init__(self, problem: Problem) -> None:
        self.people: dict[str, int] = defaultdict(int)
        self.staff: dict[str, int] = defaultdict(int)
        self.rooms: dict[str, int] = defaultdict(int)
        self._pause = {p.id: p.break_slots for p in problem.participants}
        self._staff_pause = {s.id: s.break_slots for s in problem.staff}
        self._mentor = {p.id: p.mentor for p in problem.participants}

    def take(
        self, placement: Placement, room: str | None, staff: Iterable[str], people: Iterable[str]
    ) -> None:
        """Mark a session."""
        if room is not None:
            self.rooms[room] |= _mask(placement, 0)
        for one in staff:
            self.staff[one] |= _mask(placement, self._staff_pause[one])
        for person in people:
            self.people[person] |= _mask(placement, self._pause[person])
            mentor = self._mentor[person] if placement.activity.with_mentor else None
            if mentor is not None:
                self.staff[mentor] |= _mask(placement, self._staff_pause[mentor])

    def left(self, placement: Placement) -> Placement | None:
        """Return what is left of a placement, or ``None`` when it is no longer possible."""
        span = _mask(placement, 0)
        people = tuple(p for p in placement.people if not self.people[p] & span)
        activity = placement.activity
        if placement.participant is not None and not people:
            return None
        if len(people) < activity.seats_min and not activity.drop_in:
            return None
        staffing = tuple(
            (role, tuple(s for s in able if not self.staff[s] & span)) for role, able in placement.staffing
        )
        if any(len(able) < role.count for role, able in staffing):
            return None
        rooms = tuple(r for r in placement.rooms if not self.rooms[r] & span)
        if placement.rooms and not rooms:
            return None
        if people == placement.people and staffing == placement.staffing and rooms == placement.rooms:
            return placement
        return replace(placement, people=people, staffing=staffing, rooms=rooms)


def _mask(placement: Placement, pause: int) -> int:
    start = max(placement.start - pause, 0)
    return ((1 << (placement.end + pause - start)) - 1) << start


def set_free(
    candidates: Candidates,
    plan: Plan,
    free: Callable[[Placement], bool],
    free_people: frozenset[str] = frozenset(),
) -> Neighbourhood:
    """Return the neighbourhood in which some placements and the attendances of some people are free.

    Parameters
    ----------
    candidates : Candidates
        Of the whole problem.
    plan : Plan
        A valid plan.
    free : callable
        Tells which placements may be held or not, with everything about them.
    free_people : frozenset of str
        Those whose attendance of the standing sessions, too, is to be decided.
    """
    occupation = Occupation(candidates.problem)
    standing: list[tuple[Placement, Held, frozenset[str]]] = []
    for held in plan:
        if not free(held.placement):
            certain = (frozenset(held.people) - free_people) | held.placement.certain
            standing.append((held.placement, held, certain))
        elif held.placement.standing:
            standing.append((held.placement, held, held.placement.certain))
    for placement, held, certain in standing:
        occupation.take(placement, held.room, [x.staff for x in held.leaders], certain)
    placements: list[Placement] = []
    origin: dict[Placement, Placement] = {}
    for placement, held, certain in standing:
        span = _mask(placement, 0)
        open_to = placement.people if free(placement) else [p for p in placement.people if p in free_people]
        joining = [p for p in open_to if p not in certain and not occupation.people[p] & span]
        kept = replace(
            placement,
            standing=True,
            participant=None,
            certain=certain,
            people=(*(p for p in placement.people if p in certain), *joining),
            leaders=held.leaders,
            room=held.room,
            staffing=(),
            rooms=(),
        )
        placements.append(kept)
        origin[kept] = placement
    for placement in candidates.placements:
        if not placement.standing and free(placement):
            left = occupation.left(placement)
            if left is not None:
                placements.append(left)
                if left is not placement:
                    origin[left] = placement
    part = Candidates(candidates.problem, candidates.eligibility, tuple(placements))
    return Neighbourhood(part, origin, plan)


def add_hint(variables: Variables, neighbourhood: Neighbourhood) -> None:
    """Hint the plan that the neighbourhood was made from."""
    now = {h.placement: h for h in neighbourhood.plan}
    hints: dict[int, tuple[cp_model.IntVar, int]] = {}

    def hint(lit: Lit, value: int) -> None:
        if not isinstance(lit, int):
            hints[lit.index] = (lit, value)

    leaders: dict[Bundle, set[tuple[str, str]]] = defaultdict(set)
    rooms: dict[Bundle, list[str | None]] = defaultdict(list)
    for bundle in variables.bundles:
        for placement in bundle.placements:
            held = now.get(neighbourhood.origin.get(placement, placement))
            hint(variables.held[placement], held is not None)
            attending = set(held.people) if held is not None else set()
            for person in placement.people:
                hint(variables.attends[placement, person], person in attending)
            if held is not None:
                leaders[bundle].update((x.role, x.staff) for x in held.leaders)
                rooms[bundle].append(held.room)
    for (bundle, role, staff), lit in variables.leads.items():
        hint(lit, (role, staff) in leaders[bundle])
    for (bundle, room_class), use in variables.uses.items():
        hint(use, sum(room in room_class.rooms for room in rooms[bundle]))
    for var, value in hints.values():
        variables.model.add_hint(var, value)

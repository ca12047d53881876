"""A part of a plan set free while the rest stands: candidates for a small model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
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

    ``origin`` leads from the placements changed for it back to the problem's own; the sessions
    ``aside`` take no part.
    """

    candidates: Candidates
    origin: dict[Placement, Placement]
    plan: Plan
    aside: tuple[Held, ...] = ()

    def read(self, variables: Variables, value: Callable[[Lit], int]) -> Plan:
        """Return the whole plan after the neighbourhood's model was solved."""
        return self.aside + tuple(
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
    free: Collection[Placement],
    free_people: frozenset[str] = frozenset(),
) -> Neighbourhood:
    """Return the neighbourhood in which some placements and the attendances of some people are free.

    Sessions that share no person, staff member, activity or equipment with what is free are left out
    of it: nothing in the model could see them, as what they occupy is taken off the candidates.

    Parameters
    ----------
    candidates : Candidates
        Of the whole problem.
    plan : Plan
        A valid plan.
    free : collection of Placement
        Those that may be held or not, with everything about them; standing ones stay held.
    free_people : frozenset of str
        Those whose attendance of the sessions that stay, too, is to be decided.
    """
    chosen = frozenset(free)
    occupation = Occupation(candidates.problem)
    staying: list[tuple[Held, frozenset[str]]] = []
    for held in plan:
        placement = held.placement
        if placement not in chosen:
            certain = (frozenset(held.people) - free_people) | placement.certain
        elif placement.standing:
            certain = placement.certain
        else:
            continue
        staying.append((held, certain))
        occupation.take(placement, held.room, [x.staff for x in held.leaders], certain)
    placements: list[Placement] = []
    origin: dict[Placement, Placement] = {}
    for placement in free:
        left = None if placement.standing else occupation.left(placement)
        if left is not None:
            placements.append(left)
            origin[left] = placement
    openings = [
        frozenset(h.placement.people)
        if h.placement in chosen
        else free_people.intersection(h.placement.people)
        for h, _ in staying
    ]
    # Whoever joins one session of a block answers for all of its sessions.
    joined = {h.placement.activity.id for (h, _), open_to in zip(staying, openings, strict=True) if open_to}
    touched = _Touched(candidates.problem, placements, free_people, joined)
    aside: list[Held] = []
    for (held, certain), open_to in zip(staying, openings, strict=True):
        placement = held.placement
        if not open_to and not touched.by(held):
            aside.append(held)
            continue
        span = _mask(placement, 0)
        joining = [p for p in placement.people if p in open_to and p not in certain]
        kept = replace(
            placement,
            standing=True,
            participant=None,
            certain=certain,
            people=(
                *(p for p in placement.people if p in certain),
                *(p for p in joining if not occupation.people[p] & span),
            ),
            leaders=held.leaders,
            room=held.room,
            staffing=(),
            rooms=(),
        )
        placements.append(kept)
        origin[kept] = placement
    part = Candidates(candidates.problem, candidates.eligibility, tuple(placements))
    return Neighbourhood(part, origin, plan, tuple(aside))


class _Touched:
    """The people, staff, activities and equipment that the free placements could use."""

    def __init__(
        self, problem: Problem, placements: list[Placement], people: frozenset[str], activities: set[str]
    ) -> None:
        self._mentor = {p.id: p.mentor for p in problem.participants}
        self._people = set(people)
        self._staff: set[str] = set()
        self._activities = set(activities)
        for placement in placements:
            self._people.update(placement.people)
            self._activities.add(placement.activity.id)
            for _, able in placement.staffing:
                self._staff.update(able)
        self._staff.update(m for p in self._people if (m := self._mentor[p]) is not None)
        known = problem.activity_by_id
        self._equipment = {need.equipment for a in self._activities for need in known[a].equipment}

    def by(self, held: Held) -> bool:
        """Tell whether a session that stays has anything in common with what is free."""
        activity = held.placement.activity
        return (
            (activity.id in self._activities and not activity.individual)
            or not self._people.isdisjoint(held.people)
            or any(x.staff in self._staff for x in held.leaders)
            or any(need.equipment in self._equipment for need in activity.equipment)
            or (activity.with_mentor and any(self._mentor[p] in self._staff for p in held.people))
        )


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

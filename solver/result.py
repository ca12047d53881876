"""From values of variables to a plan, and from a plan to sessions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

from ortools.sat.python import cp_model

from solver.candidates import Candidates, Held, Placement, Plan
from solver.constraints.seats import subgroup_sizes
from solver.literals import Lit
from solver.problem import Leader, PlannedSession, Problem, Seat
from solver.variables import Bundle, RoomClass, Variables


def value_in(solver: cp_model.CpSolver) -> Callable[[Lit], int]:
    """Return a function that gives the value of a literal or variable in a solver's best solution."""
    return lambda lit: lit if isinstance(lit, int) else int(solver.value(lit))


def read_plan(variables: Variables, value: Callable[[Lit], int]) -> Plan:
    """Read the sessions held; leaders and rooms are shared out within bundles and classes.

    Parameters
    ----------
    variables : Variables
        The variables of the model solved.
    value : callable
        Returns the value of a literal or variable.
    """
    held = {b: [p for p in b.placements if value(variables.held[p])] for b in variables.bundles}
    leaders: dict[Bundle, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for (bundle, role, staff), lit in variables.leads.items():
        if held[bundle] and value(lit):
            leaders[bundle][role].append(staff)
    rooms = _assign_rooms(variables, held, value)
    plan: list[Held] = []
    for bundle, placements in held.items():
        for number, placement in enumerate(placements):
            room = (
                placement.room if placement.standing else rooms[bundle][number] if placement.rooms else None
            )
            led = tuple(
                Leader(role=role, staff=one)
                for role, staff in leaders[bundle].items()
                for one in staff[number :: len(placements)]
            )
            people = tuple(x for x in placement.people if value(variables.attends[placement, x]))
            plan.append(Held(placement, room, led, people))
    return tuple(plan)


def _assign_rooms(
    variables: Variables, held: dict[Bundle, list[Placement]], value: Callable[[Lit], int]
) -> dict[Bundle, list[str]]:
    """Share intervals out over the rooms of their class, first come first served."""
    free_at: dict[RoomClass, dict[str, int]] = {}
    assigned: dict[Bundle, list[str]] = defaultdict(list)
    for (bundle, room_class), use in sorted(variables.uses.items(), key=lambda item: item[0][0].first.start):
        first = bundle.first
        rooms = free_at.setdefault(room_class, dict.fromkeys(room_class.rooms, 0))
        for _ in range(value(use) if held[bundle] else 0):
            room = next(r for r, end in rooms.items() if end <= first.start)
            rooms[room] = first.end
            assigned[bundle].append(room)
    return assigned


def plan_of(candidates: Candidates, sessions: Iterable[PlannedSession]) -> Plan:
    """Read sessions as a plan; what no candidate matches stands as it is."""
    problem = candidates.problem
    fixed = {p.session_id: p for p in candidates.placements if p.standing}
    known: dict[tuple[str, int, str, str | None, str | None], list[Placement]] = defaultdict(list)
    for p in candidates.placements:
        if not p.standing:
            known[(*_facts(p), p.participant)].append(p)
    plan: list[Held] = []
    for session in sessions:
        activity = problem.activity_by_id[session.activity]
        people = tuple(seat.participant for seat in session.attendees)
        person = people[0] if activity.individual and people else None
        facts = (session.activity, session.start, session.site, session.language)
        alike = known[(*facts, person)]
        placement = fixed.get(session.id)
        if placement is not None and _facts(placement) != facts:
            placement = None
        if placement is None and alike:
            placement = alike.pop(0)
        if placement is None or not set(people) <= set(placement.people):
            placement = _as_it_is(problem, session, people)
        plan.append(Held(placement, session.room, session.leaders, people))
    return tuple(plan)


def _facts(placement: Placement) -> tuple[str, int, str, str | None]:
    return placement.activity.id, placement.start, placement.site, placement.language


def _as_it_is(problem: Problem, session: PlannedSession, people: tuple[str, ...]) -> Placement:
    activity = problem.activity_by_id[session.activity]
    return Placement(
        activity=activity,
        start=session.start,
        end=session.start + activity.duration_slots,
        day=session.start // problem.slots_per_day,
        site=session.site,
        language=session.language,
        people=people,
        certain=frozenset(people),
        standing=True,
        leaders=session.leaders,
        room=session.room,
        session_id=session.id,
    )


def sessions_of(problem: Problem, plan: Plan) -> tuple[PlannedSession, ...]:
    """Write a plan as sessions in order of time; ids of fixed and previous sessions are kept."""
    fixed = {f.session.id: f.session for f in problem.fixed}
    known: dict[tuple[str, int, str], list[str]] = defaultdict(list)
    for session in problem.previous or ():
        if session.id not in fixed:
            known[
                _key(problem, session.activity, session.start, [s.participant for s in session.attendees])
            ].append(session.id)
    used = set(fixed) | {s for ids in known.values() for s in ids}
    sessions: list[PlannedSession] = []
    number = 0
    for held in sorted(
        plan, key=lambda h: (h.placement.start, h.placement.activity.id, h.placement.site, h.people)
    ):
        place = held.placement
        session_id = place.session_id
        if session_id is None:
            ids = known[_key(problem, place.activity.id, place.start, list(held.people))]
            session_id = ids.pop(0) if ids else None
        while session_id is None:
            number += 1
            session_id = f"s{number}" if f"s{number}" not in used else None
        sessions.append(
            PlannedSession(
                id=session_id,
                activity=place.activity.id,
                start=place.start,
                site=place.site,
                room=held.room,
                language=place.language,
                leaders=held.leaders,
                attendees=_seats(problem, held, fixed.get(session_id)),
            )
        )
    return tuple(sessions)


def _key(problem: Problem, activity: str, start: int, people: list[str]) -> tuple[str, int, str]:
    individual = problem.activity_by_id[activity].individual
    return activity, start, people[0] if individual and people else ""


def _seats(problem: Problem, held: Held, before: PlannedSession | None) -> tuple[Seat, ...]:
    """Seat the attendees; subgroups bring people with one project together."""
    if before is not None and {s.participant for s in before.attendees} == set(held.people):
        return before.attendees
    bounds = held.placement.activity.subgroups
    if bounds is None:
        return tuple(Seat(participant=p) for p in held.people)
    people = sorted(held.people, key=lambda p: (problem.participant_by_id[p].project or "", p))
    sizes = subgroup_sizes(len(people), bounds) or [len(people)]
    numbers = [i for i, size in enumerate(sizes) for _ in range(size)]
    return tuple(Seat(participant=p, subgroup=i) for p, i in zip(people, numbers, strict=True))

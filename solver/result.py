"""From values of variables to a plan, and from a plan to sessions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable

from solver.candidates import Held, Placement, Plan
from solver.constraints.seats import subgroup_sizes
from solver.literals import Lit
from solver.problem import Leader, PlannedSession, Problem, Seat
from solver.variables import RoomClass, Variables


def read_plan(variables: Variables, value: Callable[[Lit], bool]) -> Plan:
    """Read the sessions held, with rooms assigned within each class of rooms.

    Parameters
    ----------
    variables : Variables
        The variables of the model solved.
    value : callable
        Returns the value of a literal.
    """
    held = [p for p in variables.placements if value(variables.held[p])]
    chosen = set(held)
    rooms = _assign_rooms({p: c for (p, c), lit in variables.uses.items() if p in chosen and value(lit)})
    leaders: dict[Placement, list[Leader]] = defaultdict(list)
    for (placement, role, staff), lit in variables.leads.items():
        if placement in chosen and value(lit):
            leaders[placement].append(Leader(role=role, staff=staff))
    return tuple(
        Held(
            p,
            p.room if p.standing else rooms.get(p),
            tuple(leaders[p]),
            tuple(x for x in p.people if value(variables.attends[p, x])),
        )
        for p in held
    )


def _assign_rooms(classes: dict[Placement, RoomClass]) -> dict[Placement, str]:
    """Share intervals out over the rooms of their class, first come first served."""
    free_at: dict[RoomClass, dict[str, int]] = {}
    assigned: dict[Placement, str] = {}
    for placement in sorted(classes, key=lambda p: p.start):
        room_class = classes[placement]
        rooms = free_at.setdefault(room_class, dict.fromkeys(room_class.rooms, 0))
        room = next(r for r, end in rooms.items() if end <= placement.start)
        rooms[room] = placement.end
        assigned[placement] = room
    return assigned


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

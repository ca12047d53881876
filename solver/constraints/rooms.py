"""``room_overlap`` and ``room_seats``."""

from __future__ import annotations

from collections import defaultdict

from ortools.sat.python import cp_model

from solver.candidates import Placement
from solver.literals import Lit
from solver.overlap import maximal_cliques
from solver.variables import RoomClass, Variables


def overlap(variables: Variables) -> None:
    """At every slot at most as many sessions use a class of rooms as it has rooms.

    Rooms of a class are the same to every session of their day, and intervals of which at most
    ``k`` overlap anywhere can be shared out over ``k`` rooms; :mod:`solver.result` does so.
    """
    standing: dict[str, list[tuple[Placement, Lit]]] = defaultdict(list)
    for placement in variables.placements:
        if placement.room is not None:
            standing[placement.room].append((placement, 1))
    users: dict[RoomClass, list[tuple[Placement, Lit]]] = defaultdict(list)
    for (placement, room_class), lit in variables.uses.items():
        users[room_class].append((placement, lit))
    if variables.whole:
        for sessions in standing.values():
            _judge_standing(variables, [p for p, _ in sessions])
    for room_class, items in users.items():
        if len(room_class.rooms) == 1:
            _forbid_taken(variables, standing.get(room_class.rooms[0], []), items)
        for clique in maximal_cliques([(p.start, p.end) for p, _ in items]):
            if len(clique) > len(room_class.rooms):
                chosen = [(1, *items[i]) for i in clique]
                variables.at_most(chosen, len(room_class.rooms), "room_overlap")


def _judge_standing(variables: Variables, sessions: list[Placement]) -> None:
    for n, one in enumerate(sessions):
        for other in sessions[n + 1 :]:
            overlaps = one.start < other.end and other.start < one.end
            if overlaps and "room_overlap" not in one.overrides | other.overrides:
                variables.contradict("room_overlap")


def _forbid_taken(
    variables: Variables,
    standing: list[tuple[Placement, Lit]],
    items: list[tuple[Placement, Lit]],
) -> None:
    for fixed, _ in standing:
        for placement, lit in items:
            if placement.start < fixed.end and fixed.start < placement.end:
                variables.forbid(lit, "room_overlap")


def seats(variables: Variables) -> None:
    """``n(s) <= sum_r seats_r uses_r`` over the rooms a session could use."""
    room_by_id = variables.problem.room_by_id
    choices: dict[Placement, list[tuple[RoomClass, Lit]]] = defaultdict(list)
    for (placement, room_class), lit in variables.uses.items():
        choices[placement].append((room_class, lit))
    for placement in variables.placements:
        if placement.activity.individual:
            continue
        people = variables.attendees(placement)
        if placement.room is not None:
            items = [(1, placement, lit) for lit in people]
            variables.at_most(items, room_by_id[placement.room].seats, "room_seats")
            continue
        most = min(len(people), placement.activity.seats_max)
        sizes = [min(room_by_id[r].seats for r in c.rooms) for c, _ in choices[placement]]
        if not sizes or min(sizes) >= most:
            continue
        capacity = cp_model.LinearExpr.weighted_sum([lit for _, lit in choices[placement]], sizes)
        variables.model.add(cp_model.LinearExpr.sum(people) <= capacity)

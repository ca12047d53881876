"""``room_overlap`` and ``room_seats``."""

from __future__ import annotations

from collections import defaultdict

from ortools.sat.python import cp_model

from solver.candidates import Placement
from solver.literals import Lit
from solver.overlap import maximal_cliques
from solver.variables import Bundle, RoomClass, Variables


def overlap(variables: Variables) -> None:
    """At every slot at most as many sessions use a class of rooms as it has rooms.

    Rooms of a class are the same to every session of their day, and intervals of which at most
    ``k`` overlap anywhere can be shared out over ``k`` rooms; :mod:`solver.result` does so.
    """
    standing: dict[str, list[Placement]] = defaultdict(list)
    for placement in variables.placements:
        if placement.room is not None:
            standing[placement.room].append(placement)
    if variables.whole:
        for sessions in standing.values():
            _judge_standing(variables, sessions)
    users: dict[RoomClass, list[tuple[Bundle, Lit]]] = defaultdict(list)
    for (bundle, room_class), use in variables.uses.items():
        users[room_class].append((bundle, use))
    for room_class, items in users.items():
        count = len(room_class.rooms)
        if count == 1:
            _forbid_taken(variables, standing.get(room_class.rooms[0], []), items)
        for clique in maximal_cliques([(b.first.start, b.first.end) for b, _ in items]):
            uses = [items[i][1] for i in clique]
            if count == 1 and len(clique) > 1:
                variables.model.add_at_most_one(uses)
            elif sum(min(len(items[i][0].placements), count) for i in clique) > count:
                variables.model.add(cp_model.LinearExpr.sum(uses) <= count)


def _judge_standing(variables: Variables, sessions: list[Placement]) -> None:
    for n, one in enumerate(sessions):
        for other in sessions[n + 1 :]:
            overlaps = one.start < other.end and other.start < one.end
            if overlaps and "room_overlap" not in one.overrides | other.overrides:
                variables.contradict("room_overlap")


def _forbid_taken(variables: Variables, standing: list[Placement], items: list[tuple[Bundle, Lit]]) -> None:
    for fixed in standing:
        for bundle, use in items:
            if bundle.first.start < fixed.end and fixed.start < bundle.first.end:
                variables.forbid(use, "room_overlap")


def seats(variables: Variables) -> None:
    """``n(s) <= sum_r seats_r uses_r`` over the rooms a group session could use."""
    room_by_id = variables.problem.room_by_id
    choices: dict[Bundle, list[tuple[RoomClass, Lit]]] = defaultdict(list)
    for (bundle, room_class), use in variables.uses.items():
        choices[bundle].append((room_class, use))
    for bundle in variables.bundles:
        placement = bundle.first
        if placement.activity.individual:
            continue
        people = variables.attendees(placement)
        if placement.room is not None:
            items = [(1, placement, lit) for lit in people]
            variables.at_most(items, room_by_id[placement.room].seats, "room_seats")
            continue
        most = min(len(people), placement.activity.seats_max)
        sizes = [min(room_by_id[r].seats for r in c.rooms) for c, _ in choices[bundle]]
        if not sizes or min(sizes) >= most:
            continue
        capacity = cp_model.LinearExpr.weighted_sum([use for _, use in choices[bundle]], sizes)
        variables.model.add(cp_model.LinearExpr.sum(people) <= capacity)

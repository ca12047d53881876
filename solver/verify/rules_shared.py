"""Hard rules over what sessions share, and over the sessions that stand fixed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby

from solver.problem import FixedSession, PlannedSession
from solver.verify.plan import Held, Plan, pairs_closer_than
from solver.verify.report import Breach


def check_rooms(plan: Plan) -> Iterator[Breach]:
    """No two sessions in one room at once (``room_overlap``)."""
    spared = plan.spared.get("room_overlap", frozenset())
    for name, sessions in plan.by_room.items():
        if name not in plan.problem.room_by_id:
            continue
        room = plan.problem.room_by_id[name]
        for a, b, _ in pairs_closer_than(sessions, spared=spared):
            yield Breach(
                rule="room_overlap",
                message=f"{plan.what(a)} and {plan.what(b)} are both in {room.name or room.id}.",
                sessions=(a.id, b.id),
                rooms=(name,),
                params={
                    "room": name,
                    "start": str(a.start),
                    "other_start": str(b.start),
                    "activity": a.activity.id,
                    "other_activity": b.activity.id,
                },
            )


def check_equipment(plan: Plan) -> Iterator[Breach]:
    """Never more units of a pool in use than there are (``equipment``)."""
    users: dict[str, list[tuple[Held, int]]] = defaultdict(list)
    for h in plan.held:
        for need in h.activity.equipment:
            users[need.equipment].append((h, need.units))
    for pool in plan.problem.equipment:
        running: list[tuple[Held, int]] = []
        # Use only rises at a start, so looking at every start sees every excess.
        for start, group in groupby(users[pool.id], key=lambda use: use[0].start):
            running = [(x, u) for x, u in running if x.end > start]
            running += group
            used = sum(u for _, u in running)
            if used > pool.units:
                yield Breach(
                    rule="equipment",
                    message=f"{used} units of {pool.name or pool.id} are in use at {plan.when(start)}; "
                    f"there are {pool.units}.",
                    sessions=tuple(dict.fromkeys(x.id for x, _ in running)),
                    params={
                        "equipment": pool.id,
                        "start": str(start),
                        "count": str(used),
                        "most": str(pool.units),
                    },
                )


def check_locks(plan: Plan) -> Iterator[Breach]:
    """Every fixed session stands as it was fixed (``lock``)."""
    by_id: dict[str, PlannedSession] = {}
    for s in plan.sessions:
        by_id.setdefault(s.id, s)
    for fixed in plan.problem.fixed:
        wanted = fixed.session
        name = plan.problem.activity_by_id[wanted.activity].name or wanted.activity
        label = f"“{name}” ({plan.when(wanted.start)})"
        found = by_id.get(wanted.id)
        for reason, words, people in _changes(fixed, found):
            yield Breach(
                rule="lock",
                message=f"{label} is fixed, but {words}{', '.join(map(plan.who, people))}.",
                sessions=(wanted.id,),
                participants=people,
                params={"reason": reason, "activity": wanted.activity, "start": str(wanted.start)},
            )


def _changes(fixed: FixedSession, found: PlannedSession | None) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    wanted = fixed.session
    if found is None:
        yield "missing", "the plan leaves it out", ()
        return
    for part in ("activity", "start", "site", "room", "language"):
        if getattr(found, part) != getattr(wanted, part):
            yield part, f"the plan changes its {part}", ()
    if {(x.role, x.staff) for x in found.leaders} != {(x.role, x.staff) for x in wanted.leaders}:
        yield "leaders", "the plan changes who leads it", ()
    attending = {x.participant for x in found.attendees}
    listed = {x.participant for x in wanted.attendees}
    if lost := tuple(p for p in fixed.locked if p not in attending):
        yield "locked", "these people must stay: ", lost
    if here := tuple(p for p in fixed.excluded if p in attending):
        yield "excluded", "these people must not come: ", here
    if fixed.closed and attending != listed:
        yield "closed", "its list of people is closed: ", tuple(sorted(attending ^ listed))

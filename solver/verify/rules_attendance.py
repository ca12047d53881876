"""Hard rules over all that one participant attends: blocks, orders and demands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from solver.problem import Order
from solver.verify.amounts import WindowAmount, amount
from solver.verify.plan import Held, Plan
from solver.verify.report import Breach


def check_blocks(plan: Plan) -> Iterator[Breach]:
    """A participant attends every session of a block activity or none (``block``)."""
    for activity in plan.problem.activities:
        sessions = plan.by_activity.get(activity.id, [])
        if not activity.block or not sessions:
            continue
        attended: dict[str, list[Held]] = defaultdict(list)
        for h in sessions:
            for person in h.people:
                attended[person].append(h)
        for person, some in attended.items():
            if len(some) < len(sessions):
                yield Breach(
                    rule="block",
                    message=f"{plan.who(person)} attends {len(some)} of the {len(sessions)} sessions of "
                    f"“{activity.name or activity.id}”, which are attended all or none.",
                    sessions=tuple(dict.fromkeys(h.id for h in sessions)),
                    participants=(person,),
                    params={
                        "participant": person,
                        "activity": activity.id,
                        "count": str(len(some)),
                        "sessions": str(len(sessions)),
                    },
                )


def check_orders(plan: Plan) -> Iterator[Breach]:
    """What comes before what, in the same week, or never on one day (``order``)."""
    for order in plan.problem.orders:
        attended = {p for h in plan.by_activity.get(order.second, []) for p in h.people}
        for person in plan.problem.participants:
            if person.id in attended:
                mine = plan.by_participant[person.id]
                first = [h for h in mine if h.activity.id == order.first]
                second = [h for h in mine if h.activity.id == order.second]
                done = order.first in person.completed
                yield from _order(plan, order, person.id, first, second, done)


def _order(
    plan: Plan, order: Order, person: str, first: list[Held], second: list[Held], done: bool
) -> Iterator[Breach]:
    def breach(reason: str, words: str, *sessions: Held) -> Breach:
        return Breach(
            rule="order",
            message=f"{plan.who(person)} attends {plan.what(sessions[-1])} {words}.",
            sessions=tuple(h.id for h in sessions),
            participants=(person,),
            params={
                "reason": reason,
                "participant": person,
                "first": order.first,
                "second": order.second,
                "start": str(sessions[-1].start),
            },
        )

    if order.kind == "before":
        for b in second:
            if not first and not done:
                yield breach("missing", f"without having attended {order.first!r}", b)
            for a in first:
                if a.end > b.start:
                    yield breach("before", f"before the end of {plan.what(a)}", a, b)
    elif order.kind == "same_week":
        weeks = {a.week for a in first}
        for b in second:
            if b.week not in weeks:
                yield breach("same_week", f"in a week without {order.first!r}", b)
    else:
        for a in first:
            for b in second:
                if a.day == b.day:
                    yield breach("not_same_day", f"on the day of {plan.what(a)}", a, b)


def check_demands(plan: Plan, amounts: list[WindowAmount]) -> Iterator[Breach]:
    """Nobody gets more than a demand allows, nor too often (``demand_max demand_gap``)."""
    for w in amounts:
        if w.window.max is not None and w.got_own > w.window.max:
            yield Breach(
                rule="demand_max",
                message=f"{plan.who(w.demand.participant)} gets {w.got_own} {w.demand.unit} of "
                f"{_listed(plan, w)} from {plan.date(w.window.first_day)} to "
                f"{plan.date(w.window.end_day - 1)}; at most {w.window.max} are allowed.",
                sessions=tuple(dict.fromkeys(h.id for h in w.sessions)),
                participants=(w.demand.participant,),
                params={
                    "reason": "window",
                    "demand": w.demand.id,
                    "participant": w.demand.participant,
                    "unit": w.demand.unit,
                    "count": str(w.got_own),
                    "most": str(w.window.max),
                    "first_day": str(w.window.first_day),
                    "end_day": str(w.window.end_day),
                },
            )
        if w.starts_demand:
            yield from _per_week(plan, w)
            yield from _gaps(plan, w)


def _listed(plan: Plan, w: WindowAmount) -> str:
    names = (plan.problem.activity_by_id[a].name or a for a in w.demand.activities)
    return w.demand.label or " or ".join(names)


def _per_week(plan: Plan, w: WindowAmount) -> Iterator[Breach]:
    most = w.demand.max_per_week
    if most is None:
        return
    weeks: dict[int, list[Held]] = defaultdict(list)
    for h in plan.counted(w.demand):
        weeks[h.week].append(h)
    for week, sessions in weeks.items():
        got = amount(w.demand.unit, sessions, plan.problem.slot_minutes)
        if got > most:
            yield Breach(
                rule="demand_max",
                message=f"{plan.who(w.demand.participant)} gets {got} {w.demand.unit} of {_listed(plan, w)} "
                f"in the week of {plan.date(7 * week)}; at most {most} are allowed.",
                sessions=tuple(dict.fromkeys(h.id for h in sessions)),
                participants=(w.demand.participant,),
                params={
                    "reason": "week",
                    "demand": w.demand.id,
                    "participant": w.demand.participant,
                    "unit": w.demand.unit,
                    "count": str(got),
                    "most": str(most),
                    "week": str(week),
                },
            )


def _gaps(plan: Plan, w: WindowAmount) -> Iterator[Breach]:
    gap = w.demand.gap_days
    sessions = plan.counted(w.demand) if gap else []
    for i, a in enumerate(sessions):
        for b in sessions[i + 1 :]:
            if b.day - a.day >= gap:
                break
            yield Breach(
                rule="demand_gap",
                message=f"{plan.who(w.demand.participant)} attends {plan.what(a)} and {plan.what(b)}, "
                f"{b.day - a.day} days apart; at least {gap} are needed.",
                sessions=(a.id, b.id),
                participants=(w.demand.participant,),
                params={
                    "demand": w.demand.id,
                    "participant": w.demand.participant,
                    "start": str(a.start),
                    "other_start": str(b.start),
                    "days": str(b.day - a.day),
                    "least": str(gap),
                },
            )

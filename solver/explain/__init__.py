"""Why somebody did not get what they need, and which single change would help.

For each demand window short of its target every possible place is enumerated: a seat in each
session of the plan, and each session that could still be held. What closes each place is counted,
and a place closed by one thing alone makes that thing a remedy. No solver is asked: everything
else in the plan stays as it is.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

from solver.explain.codes import BLOCKERS, REMEDIES, REMEDY_OF
from solver.explain.places import Place, Places
from solver.problem import PlannedSession, Problem
from solver.solution import Blocker, Remedy, UnmetDemand
from solver.verify.amounts import WindowAmount, window_amounts
from solver.verify.plan import Plan

__all__ = ["BLOCKERS", "REMEDIES", "explain_unmet"]

MOST_REMEDIES = 5
MOST_RIVALS = 3

#: Blockers that close a span of days at once, counted once for each span rather than for each time.
_SPANS = {"frequency": "first_day", "pattern": "week", "spacing": "week", "closed_day": "day", "date": "day"}


def explain_unmet(problem: Problem, sessions: Sequence[PlannedSession]) -> tuple[UnmetDemand, ...]:
    """Explain every demand window that gets less than its target.

    Parameters
    ----------
    problem : Problem
        A problem that passed :func:`solver.check.check_problem`.
    sessions : sequence of PlannedSession
        The plan.

    Returns
    -------
    tuple of UnmetDemand
        In the order of the problem's demands and their windows. Reasons name codes of
        :data:`BLOCKERS`, ``not_chosen`` before all and then the most frequent first; remedies
        name codes of :data:`REMEDIES`. ``got < min`` tells a missed minimum from a missed target.
    """
    plan = Plan(problem, sessions)
    unmet = [w for w in window_amounts(plan) if w.got < w.target]
    places = Places(plan, unmet)
    return tuple(_explain(places, w) for w in unmet)


def _explain(places: Places, w: WindowAmount) -> UnmetDemand:
    found = list(places.of_window(w))
    return UnmetDemand(
        demand=w.demand.id,
        participant=w.demand.participant,
        first_day=w.window.first_day,
        end_day=w.window.end_day,
        got=w.got_own,
        min=w.window.min,
        target=w.window.target,
        reasons=_reasons(places, w, found),
        remedies=_remedies(places, w, found),
    )


def _reasons(places: Places, w: WindowAmount, found: list[Place]) -> tuple[Blocker, ...]:
    keys: dict[str, set[object]] = defaultdict(set)
    facts: dict[str, Counter[tuple[tuple[str, str], ...]]] = defaultdict(Counter)
    for place in found:
        for code, params in place.counted:
            span = _SPANS.get(code)
            key = (place.activity.id, params[span]) if span else place.key
            if code == "closed_day":
                key = ("", params["day"])
            if key not in keys[code]:
                keys[code].add(key)
                facts[code][_sorted({"activity": place.activity.id} | params)] += 1
    open_places = [p for p in found if not p.blocks]
    if open_places:
        keys["not_chosen"] = {p.key for p in open_places}
        facts["not_chosen"][
            _sorted(_offer(places, w, open_places[0]) | _rivals(places, w, open_places[0]))
        ] += 1
    if not keys:
        names = ", ".join(w.demand.activities)
        return (Blocker(code="no_start", count=1, params={"activity": names, "places": "0"}),)
    total = str(len({key for group in keys.values() for key in group}))
    order = list(BLOCKERS)
    return tuple(
        Blocker(
            code=code,
            count=len(keys[code]),
            params=dict(facts[code].most_common(1)[0][0]) | {"places": total},
        )
        # The full sessions beside which no other may start are told already.
        for code in sorted(
            keys, key=lambda c: (c != "not_chosen", c == "parallel", -len(keys[c]), order.index(c))
        )
    )


def _sorted(params: dict[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(params.items()))


def _where(place: Place) -> dict[str, str]:
    facts = {"activity": place.activity.id, "start": str(place.start), "site": place.site}
    return facts | ({"session": place.session} if place.session else {})


def _offer(places: Places, w: WindowAmount, place: Place) -> dict[str, str]:
    """Return an open place with the leaders and the room that are free for it."""
    facts, person = _where(place), places.week(w.demand.participant).person
    if place.session:
        return facts
    offer = places.supply.offer(place.activity, place.start, place.site, place.language, person)
    if offer is None:
        return facts
    leaders, room = offer
    facts |= {"staff": ", ".join(x.staff for x in leaders), "room": room or ""}
    return facts | ({"language": place.language} if place.language else {})


def _rivals(places: Places, w: WindowAmount, place: Place) -> dict[str, str]:
    others = [p for p in places.joiners(place.activity, place.start) if p != w.demand.participant]
    return {"rivals": ", ".join(others[:MOST_RIVALS]), "rival_count": str(len(others))}


def _remedies(places: Places, w: WindowAmount, found: list[Place]) -> tuple[Remedy, ...]:
    best: dict[tuple[str, str], Remedy] = {}
    # A seat in a session that is held is easier to find than a session; sooner is better.
    for place in sorted(found, key=lambda p: (not p.session, p.start)):
        codes = {code for code, _ in place.blocks} or {"not_chosen"}
        if len(codes) == 1:
            code = REMEDY_OF.get(codes.pop())
            if code is not None:
                params = {k: v for _, facts in place.blocks for k, v in facts.items()}
                params |= _where(place) if place.blocks else _offer(places, w, place)
                best.setdefault((code, place.activity.id), Remedy(code=code, params=params))
    order = list(REMEDIES)
    remedies = sorted(best.values(), key=lambda r: (r.code != "place_by_hand", order.index(r.code)))
    if len(remedies) < MOST_REMEDIES:
        remedies += _another_time(places, w)
    if not remedies:
        remedies = _several(found)
    return tuple(remedies[:MOST_REMEDIES])


def _another_time(places: Places, w: WindowAmount) -> list[Remedy]:
    """Return the first time outside an activity's allowed starts at which all would fit."""
    problem = places.plan.problem
    used = {h.day for h in w.sessions} if w.demand.unit == "days" else set()
    for name in dict.fromkeys(w.demand.activities):
        activity = problem.activity_by_id[name]
        if activity.drop_in or places.week(w.demand.participant).of_activity(activity):
            continue
        for day in range(w.window.first_day, w.window.end_day):
            for slot in sorted({slot for _, slot in activity.starts}):
                start = day * problem.slots_per_day + slot
                if day % 7 < 5 and day not in used and (day % 7, slot) not in activity.starts:
                    place = places.new_place(w, activity, [], start)
                    if not place.blocks:
                        return [Remedy(code="another_time", params=_offer(places, w, place))]
    return []


def _several(found: list[Place]) -> list[Remedy]:
    """Return the changes that together open the place closed by the fewest things."""
    complete = [p for p in found if p.counted is p.blocks and all(code in REMEDY_OF for code, _ in p.blocks)]
    if not complete:
        return []
    place = min(complete, key=lambda p: (len({c for c, _ in p.blocks}), not p.session, p.start))
    codes = dict.fromkeys(REMEDY_OF[code] for code, _ in place.blocks)
    return [Remedy(code="several", params=_where(place) | {"remedies": ", ".join(codes)})]

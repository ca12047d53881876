"""Points lost to each soft term, by the formulas of ``docs/planning-model.md``."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from itertools import combinations

from solver.verify.amounts import WindowAmount
from solver.verify.plan import Held, Plan
from solver.verify.report import TERMS
from solver.verify.rules_activity import frequency_windows

SHORT_SESSION_SLOTS = 4
MIDDAY_PAUSE_SLOTS = 6
HIGH_LOAD_PERCENT = (70, 85)


def terms_of(plan: Plan, amounts: Sequence[WindowAmount]) -> dict[str, int]:
    """Return the points lost to each term, weighted, one key for each of ``TERMS``."""
    units = _missed(amounts)
    units |= {name: count(plan) for name, count in _COUNTS.items()}
    units["unfair_participant"] = _unfair_participant(amounts)
    return {term: units[term] * getattr(plan.problem.weights, weight) for term, weight in TERMS.items()}


def _missed(amounts: Sequence[WindowAmount]) -> dict[str, int]:
    lost = {"obligation": 0, "below_min": 0, "below_target": 0}
    for w in amounts:
        lost["obligation" if w.demand.legal else "below_min"] += w.points * max(0, w.min - w.got)
        lost["below_target"] += w.points * max(0, w.target - max(w.min, w.got))
    return lost


def _unfair_participant(amounts: Sequence[WindowAmount]) -> int:
    missed = Counter(w.demand.participant for w in amounts if w.got < w.min)
    return sum(k * (k - 1) // 2 for k in missed.values())


def _frequency(plan: Plan) -> int:
    lost = 0
    for activity in plan.problem.activities:
        if not activity.individual and activity.frequency.min:
            days = [h.day for h in plan.by_activity.get(activity.id, [])]
            for first, end, least in frequency_windows(plan.problem, activity):
                lost += max(0, least - sum(first <= day < end for day in days))
    return lost


def _preferred_activity(plan: Plan) -> int:
    lost = 0
    for person in plan.problem.participants:
        liked = set(person.preferred_activities)
        if liked:
            for h in plan.by_participant.get(person.id, ()):
                demands = plan.demands_of.get((person.id, h.activity.id), ())
                lost += h.activity.id not in liked and any(liked.intersection(d.activities) for d in demands)
    return lost


def _preferred_site(plan: Plan) -> int:
    return sum(
        h.session.site not in person.preferred_sites
        for person in plan.problem.participants
        if person.preferred_sites
        for h in plan.by_participant.get(person.id, ())
    )


def _level_spread(plan: Plan) -> int:
    known = plan.problem.participant_by_id
    lost = 0
    for h in plan.held:
        if h.people and not h.activity.individual and not h.activity.drop_in:
            levels = [known[p].level_spoken for p in h.people]
            lost += max(levels) - min(levels)
    return lost


def _repeat_meeting(plan: Plan) -> int:
    before: Counter[tuple[str, str]] = Counter()
    for met in plan.problem.met:
        before[min(met.a, met.b), max(met.a, met.b)] += met.times
    common: Counter[tuple[str, str]] = Counter()
    for h in plan.held:
        if h.activity.mix:
            common.update(combinations(sorted(h.people), 2))
    return sum(max(0, before[pair] + k - 1) - max(0, before[pair] - 1) for pair, k in common.items())


def _balance(plan: Plan) -> int:
    known = plan.problem.participant_by_id
    lost = 0
    for h in plan.held:
        if h.activity.balance:
            n, newcomers = len(h.people), sum(known[p].newcomer for p in h.people)
            lost += max(0, n - 3 * newcomers) + max(0, n - 3 * (n - newcomers))
    return lost


def _attended_days(plan: Plan) -> list[list[Held]]:
    days: dict[tuple[str, int], list[Held]] = defaultdict(list)
    for person, sessions in plan.by_participant.items():
        for h in sessions:
            days[person, h.day].append(h)
    return list(days.values())


def _short_day(plan: Plan) -> int:
    return sum(len(d) == 1 and d[0].duration <= SHORT_SESSION_SLOTS for d in _attended_days(plan))


def _idle(plan: Plan) -> int:
    lost = 0
    for day in _attended_days(plan):
        span = max(h.end for h in day) - min(h.start for h in day)
        lost += max(0, span - sum(h.duration for h in day) - MIDDAY_PAUSE_SLOTS)
    return lost


def _days(plan: Plan) -> int:
    return len(_attended_days(plan))


def _leader_change(plan: Plan) -> int:
    lost = 0
    for name, sessions in plan.by_activity.items():
        activity = plan.problem.activity_by_id[name]
        if activity.individual and activity.roles:
            first = activity.roles[0].id
            for h in sessions:
                liked = {r for p in h.people for r in plan.problem.participant_by_id[p].referents}
                there = {x.staff for x in h.session.leaders if x.role == first}
                lost += bool(liked) and not liked & there
        elif activity.continuity and not activity.individual:
            for role in activity.roles:
                used = {x.staff for h in sessions for x in h.session.leaders if x.role == role.id}
                lost += max(0, len(used) - role.count)
    return lost


def _unfair_staff(plan: Plan) -> int:
    lost = 0
    for member in plan.problem.staff:
        if member.max_slots_week is not None:
            load: Counter[int] = Counter()
            for h in plan.by_staff.get(member.id, ()):
                load[h.week] += h.duration
            marks = [percent * member.max_slots_week // 100 for percent in HIGH_LOAD_PERCENT]
            lost += sum(max(0, slots - mark) for slots in load.values() for mark in marks)
    return lost


def _stability(plan: Plan) -> int:
    if plan.problem.previous is None:
        return 0
    previous = Plan(plan.problem, plan.problem.previous)
    seats = [{(h.activity.id, h.start, p) for h in x.held for p in h.people} for x in (previous, plan)]
    held = [{(h.activity.id, h.start) for h in x.held} for x in (previous, plan)]
    return len(seats[0] ^ seats[1]) + len(held[0] - held[1])


_COUNTS: dict[str, Callable[[Plan], int]] = {
    "frequency": _frequency,
    "preferred_activity": _preferred_activity,
    "preferred_site": _preferred_site,
    "level_spread": _level_spread,
    "repeat_meeting": _repeat_meeting,
    "balance": _balance,
    "short_day": _short_day,
    "idle": _idle,
    "days": _days,
    "leader_change": _leader_change,
    "unfair_staff": _unfair_staff,
    "stability": _stability,
}

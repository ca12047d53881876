"""Hard rules over the sessions of one activity: how often, how far apart, in which pattern."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from solver.problem import DAYS_PER_WEEK, Activity, Problem
from solver.verify.plan import Held, Plan
from solver.verify.report import Breach


def frequency_windows(problem: Problem, activity: Activity) -> list[tuple[int, int, int]]:
    """Cut the horizon into the windows of an activity's frequency.

    Returns
    -------
    list of tuple of int
        First day, end day and the least number of sessions wanted, floored in a shorter last window.
    """
    frequency = activity.frequency
    period = DAYS_PER_WEEK * frequency.period_weeks or problem.days
    return [
        (day, min(day + period, problem.days), frequency.min * min(period, problem.days - day) // period)
        for day in range(0, problem.days, period)
    ]


def check_activities(plan: Plan) -> Iterator[Breach]:
    """Every rule of a group activity (``frequency parallel spacing pattern``)."""
    for name, sessions in plan.by_activity.items():
        activity = plan.problem.activity_by_id[name]
        if not activity.individual:
            yield from _frequency(plan, activity, sessions)
            yield from _parallel(plan, activity, sessions)
            yield from _spacing(plan, activity, sessions)
            yield from _PATTERNS[activity.pattern](plan, activity, sessions)


def _ids(sessions: list[Held]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(h.id for h in sessions))


def _name(activity: Activity) -> str:
    return f"“{activity.name or activity.id}”"


def _frequency(plan: Plan, activity: Activity, sessions: list[Held]) -> Iterator[Breach]:
    most = activity.frequency.max
    for first, end, _ in frequency_windows(plan.problem, activity):
        inside = [h for h in sessions if first <= h.day < end]
        if len(inside) > most:
            yield Breach(
                rule="frequency",
                message=f"{_name(activity)} has {len(inside)} sessions from {plan.date(first)} to "
                f"{plan.date(end - 1)}; at most {most} are allowed.",
                sessions=_ids(inside),
                params={
                    "activity": activity.id,
                    "count": str(len(inside)),
                    "most": str(most),
                    "first_day": str(first),
                    "end_day": str(end),
                },
            )


def _parallel(plan: Plan, activity: Activity, sessions: list[Held]) -> Iterator[Breach]:
    at: dict[int, list[Held]] = defaultdict(list)
    for h in sessions:
        at[h.start].append(h)
    for start, group in at.items():
        if len(group) > activity.max_parallel:
            yield Breach(
                rule="parallel",
                message=f"{len(group)} sessions of {_name(activity)} start at {plan.when(start)}; "
                f"at most {activity.max_parallel} are allowed.",
                sessions=_ids(group),
                params={
                    "activity": activity.id,
                    "start": str(start),
                    "count": str(len(group)),
                    "most": str(activity.max_parallel),
                },
            )


def _spacing(plan: Plan, activity: Activity, sessions: list[Held]) -> Iterator[Breach]:
    for i, a in enumerate(sessions if activity.min_days_between > 1 else []):
        for b in sessions[i + 1 :]:
            if b.day - a.day >= activity.min_days_between:
                break
            if b.day != a.day:
                yield Breach(
                    rule="spacing",
                    message=f"{plan.what(a)} and {plan.what(b)} are {b.day - a.day} days apart; "
                    f"at least {activity.min_days_between} are needed.",
                    sessions=(a.id, b.id),
                    params={
                        "activity": activity.id,
                        "start": str(a.start),
                        "other_start": str(b.start),
                        "days": str(b.day - a.day),
                        "least": str(activity.min_days_between),
                    },
                )


def _free(plan: Plan, activity: Activity, sessions: list[Held]) -> Iterator[Breach]:
    return iter(())


def _same_time(plan: Plan, activity: Activity, sessions: list[Held]) -> Iterator[Breach]:
    weeks = activity.frequency.period_weeks or -(-plan.problem.days // DAYS_PER_WEEK)
    most = -(-activity.frequency.max // weeks)
    times = {(h.weekday, h.slot_of_day) for h in sessions}
    if len(times) > most:
        yield Breach(
            rule="pattern",
            message=f"{_name(activity)} is held at {len(times)} different times of the week; "
            f"it keeps to {most}.",
            sessions=_ids(sessions),
            params={
                "reason": "same_time",
                "activity": activity.id,
                "count": str(len(times)),
                "most": str(most),
            },
        )


def _alternating(plan: Plan, activity: Activity, sessions: list[Held]) -> Iterator[Breach]:
    weeks: dict[int, list[Held]] = defaultdict(list)
    for h in sessions:
        weeks[h.week].append(h)
    for week, here in weeks.items():
        before = {h.weekday: h for h in weeks.get(week - 1, [])}
        same = [h for h in here if h.weekday in before]
        if same:
            clash = [h for h in weeks[week - 1] if h.weekday in {x.weekday for x in same}] + same
            yield Breach(
                rule="pattern",
                message=f"{_name(activity)} is on the same weekday in the weeks of "
                f"{plan.date(7 * week - 7)} and {plan.date(7 * week)}.",
                sessions=_ids(clash),
                params={"reason": "alternating", "activity": activity.id, "week": str(week)},
            )
    first = [h for h in weeks.get(0, []) if h.weekday == activity.previous_weekday]
    if first:
        yield Breach(
            rule="pattern",
            message=f"{plan.what(first[0])} is on the weekday of the week before the horizon.",
            sessions=_ids(first),
            params={"reason": "previous_weekday", "activity": activity.id, "start": str(first[0].start)},
        )


def _consecutive(plan: Plan, activity: Activity, sessions: list[Held]) -> Iterator[Breach]:
    days = [h.day for h in sessions]
    closed = set(plan.problem.closed_days)

    def open_day(day: int) -> bool:
        return day % DAYS_PER_WEEK < 5 and day not in closed

    unbroken = all(b > a and not any(map(open_day, range(a + 1, b))) for a, b in pairwise(days))
    one_time = len({h.slot_of_day for h in sessions}) == 1
    if len(days) != activity.run_length or not unbroken or not one_time or not all(map(open_day, days)):
        yield Breach(
            rule="pattern",
            message=f"The {len(days)} sessions of {_name(activity)} are not a run of {activity.run_length} "
            "consecutive working days at one time of day.",
            sessions=_ids(sessions),
            params={
                "reason": "consecutive",
                "activity": activity.id,
                "count": str(len(days)),
                "run_length": str(activity.run_length),
            },
        )


_PATTERNS = {
    "free": _free,
    "same_time": _same_time,
    "alternating": _alternating,
    "consecutive": _consecutive,
}

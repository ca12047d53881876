"""``pattern``: same time every week, alternating weekdays, a run of consecutive days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from solver.candidates import Placement
from solver.literals import Lit, Sum
from solver.problem import Activity, Problem
from solver.variables import Variables


def _patterned(variables: Variables, pattern: str) -> Iterator[tuple[Activity, list[Placement]]]:
    for activity_id in variables.groups():
        placements = variables.of_activity[activity_id]
        if placements[0].activity.pattern == pattern:
            yield placements[0].activity, placements


def weekly_times(problem: Problem, activity: Activity) -> int:
    """Return how many different weekly times a ``same_time`` activity may use."""
    weeks = activity.frequency.period_weeks or max(-(-problem.days // 7), 1)
    return -(-activity.frequency.max // weeks)


def same_time(variables: Variables) -> None:
    """``sum over (weekday, slot) used <= weekly times``."""
    for activity, placements in _patterned(variables, "same_time"):
        times: dict[tuple[int, int], list[Placement]] = defaultdict(list)
        for placement in placements:
            times[placement.day % 7, placement.start % variables.problem.slots_per_day].append(placement)
        limit = weekly_times(variables.problem, activity)
        if len(times) <= limit:
            continue
        total = Sum()
        for same in times.values():
            if any(p.standing for p in same):
                total.add(1, 1)
                continue
            used = variables.new_bool()
            total.add(1, used)
            for together in _at_one_start(activity, same):
                variables.model.add_at_most_one([*(variables.held[p] for p in together), ~used])
        overridden = any(p.standing and "pattern" in p.overrides for p in placements)
        variables.at_most_sum(total, limit, "pattern", overridden=overridden)


def _at_one_start(activity: Activity, placements: list[Placement]) -> Iterable[list[Placement]]:
    """Yield sets of placements of which at most one can be held, all of them together."""
    if activity.max_parallel > 1:
        yield from ([placement] for placement in placements)
        return
    by_start: dict[int, list[Placement]] = defaultdict(list)
    for placement in placements:
        by_start[placement.start].append(placement)
    yield from by_start.values()


def alternating(variables: Variables) -> None:
    """``held(week w, weekday d) + held(week w + 1, weekday d) <= 1``; week 0 avoids the weekday before it."""
    for activity, placements in _patterned(variables, "alternating"):
        by_day: dict[int, list[Placement]] = defaultdict(list)
        for placement in placements:
            by_day[placement.day].append(placement)
        for day, today in by_day.items():
            if day < 7 and day == activity.previous_weekday:
                for placement in today:
                    if not (placement.standing and "pattern" in placement.overrides):
                        variables.forbid(variables.held[placement], "pattern")
            for a in today:
                for b in by_day.get(day + 7, ()):
                    _never_both(variables, a, b)


def _never_both(variables: Variables, a: Placement, b: Placement) -> None:
    if a.standing and b.standing:
        if variables.whole and "pattern" not in a.overrides | b.overrides:
            variables.contradict("pattern")
        return
    lits = [lit for p in (a, b) if not isinstance(lit := variables.held[p], int)]
    if len(lits) == 1:
        variables.forbid(lits[0], "pattern")
    else:
        variables.model.add_at_most_one(lits)


def consecutive(variables: Variables) -> None:
    """At most one run: ``held(day, slot) = sum of the runs at that slot that contain the day``."""
    for activity, placements in _patterned(variables, "consecutive"):
        if any(p.standing and "pattern" in p.overrides for p in placements):
            for placement in placements:
                if not placement.standing:
                    variables.forbid(variables.held[placement], "pattern")
            continue
        _one_run(variables, activity, placements)


def _one_run(variables: Variables, activity: Activity, placements: list[Placement]) -> None:
    problem = variables.problem
    closed = set(problem.closed_days)
    open_days = [d for d in range(problem.days) if d % 7 < 5 and d not in closed]
    slots = sorted({p.start % problem.slots_per_day for p in placements})
    by_time: dict[tuple[int, int], list[Lit]] = defaultdict(list)
    for placement in placements:
        by_time[placement.day, placement.start % problem.slots_per_day].append(variables.held[placement])
    covering: dict[tuple[int, int], list[Lit]] = defaultdict(list)
    runs: list[tuple[Lit, int, list[int]]] = []
    for slot in slots:
        for i in range(len(open_days) - activity.run_length + 1 if activity.run_length > 0 else 0):
            days = open_days[i : i + activity.run_length]
            if not all((day, slot) in by_time for day in days):
                continue
            run = variables.new_bool()
            runs.append((run, slot, days))
            for day in days:
                covering[day, slot].append(run)
    if len(runs) > 1:
        variables.model.add_at_most_one([run for run, _, _ in runs])
    if activity.block and not any(p.standing for p in placements):
        _attend_runs(variables, placements, runs)
    for key, lits in by_time.items():
        total = Sum()
        for lit in lits:
            total.add(1, lit)
        for covered in covering[key]:
            total.add(-1, covered)
        if total.vars:
            variables.model.add(total.expr() == 0)
        elif total.constant:
            variables.contradict("pattern")


def _attend_runs(
    variables: Variables, placements: list[Placement], runs: list[tuple[Lit, int, list[int]]]
) -> None:
    """Say of a block that a person attends whole runs: implied, but far tighter when relaxed.

    ``attends(p, day, slot) = sum of in_run(p, r) over the runs r that contain it`` and
    ``in_run(p, r) <= run(r)``, for the runs of which ``p`` can attend every day.
    """
    attending: dict[tuple[str, int, int], list[Lit]] = defaultdict(list)
    for placement in placements:
        slot = placement.start % variables.problem.slots_per_day
        for person in placement.people:
            attending[person, placement.day, slot].append(variables.attends[placement, person])
    inside: dict[tuple[str, int, int], list[Lit]] = defaultdict(list)
    for person in dict.fromkeys(person for person, _, _ in attending):
        for run, slot, days in runs:
            if all((person, day, slot) in attending for day in days):
                in_run = variables.new_bool()
                variables.imply(in_run, run, "block")
                for day in days:
                    inside[person, day, slot].append(in_run)
    for key, lits in attending.items():
        total = Sum()
        for lit in lits:
            total.add(1, lit)
        for one in inside[key]:
            total.add(-1, one)
        variables.model.add(total.expr() == 0)

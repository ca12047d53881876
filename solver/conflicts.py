"""Which fixed sessions cannot stand together, in words.

Fixed sessions are judged alone, each with only the people it must have. What more sessions or
more people could still mend (too few people, a pattern not yet complete, an activity that has to
come first) is no conflict.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace

from solver.problem import DAYS_PER_WEEK, FixedSession, Problem, Seat
from solver.short_lists import find_short_lists
from solver.solution import Conflict
from solver.verify import Breach, verify

MOST_CONFLICTS = 50

#: Breaches that the rest of a plan can mend, by rule and reason.
_MENDABLE = frozenset(
    {
        ("block", ""),
        ("order", "missing"),
        ("order", "same_week"),
        ("pattern", "consecutive"),
        ("together", ""),
    }
)

#: Breaches that people who may still be added can mend.
_MENDED_BY_PEOPLE = frozenset(
    {("seats", "few"), ("seats", "individual"), ("role", "count"), ("subgroups", "size")}
)


def find_conflicts(problem: Problem) -> tuple[Conflict, ...]:
    """Return the smallest sets of fixed sessions that break a hard rule among themselves.

    Parameters
    ----------
    problem : Problem
        A problem that passed :func:`solver.check.check_problem`.

    Returns
    -------
    tuple of Conflict
        At most 50, none twice; empty when nothing speaks against the fixed sessions alone. Every
        set is minimal: without any one of its sessions its rule holds.
    """
    fixed, found = _with_followers(problem)
    problem = replace(problem, fixed=tuple(fixed.values()))
    for breach in _breaches(problem, list(fixed)):
        smallest = _minimised(problem, breach)
        found.append(Conflict(rule=smallest.rule, message=smallest.message, ids=smallest.sessions))
    found += _impossible_runs(problem)
    found += find_short_lists(problem)
    unique = {(c.rule, c.message, c.ids): c for c in found}
    return tuple(unique.values())[:MOST_CONFLICTS]


def _with_followers(problem: Problem) -> tuple[dict[str, FixedSession], list[Conflict]]:
    """Give each fixed session the people it must have, those included who follow from others.

    Who attends one session of a block attends them all, and who comes together comes together.
    """
    fixed = {f.session.id: f for f in problem.fixed}
    must = {
        name: dict.fromkeys(x.participant for x in f.session.attendees)
        if f.closed
        else dict.fromkeys(f.locked)
        for name, f in fixed.items()
    }
    conflicts: list[Conflict] = []
    pending = [(name, person) for name, people in must.items() for person in people]
    while pending:
        name, person = pending.pop()
        for rule, other, follower in _followers(problem, fixed, name, person):
            if follower in must[other]:
                continue
            if fixed[other].closed or follower in fixed[other].excluded:
                conflicts.append(_one_sided(problem, rule, fixed[name], fixed[other], person, follower))
            else:
                must[other][follower] = None
                pending.append((other, follower))
    kept = {
        name: replace(
            f,
            locked=tuple(must[name]),
            session=replace(f.session, attendees=_numbered(problem, f, list(must[name]))),
        )
        for name, f in fixed.items()
    }
    return kept, conflicts


def _followers(
    problem: Problem, fixed: dict[str, FixedSession], name: str, person: str
) -> Iterator[tuple[str, str, str]]:
    """Yield (rule, fixed session, person) that must attend since ``person`` attends ``name``."""
    here = fixed[name]
    activity = problem.activity_by_id[here.session.activity]
    if activity.block and "block" not in here.overrides:
        for other, f in fixed.items():
            if f.session.activity == activity.id and other != name and "block" not in f.overrides:
                yield "block", other, person
    if activity.individual or "together" in here.overrides:
        return
    day = here.session.start // problem.slots_per_day
    for pair in problem.pair_rules:
        if pair.kind == "together" and person in (pair.a, pair.b):
            partner = pair.b if person == pair.a else pair.a
            if all(_wants(problem, p, activity.id, day) for p in (person, partner)):
                yield "together", name, partner


def _wants(problem: Problem, participant: str, activity: str, day: int) -> bool:
    return any(
        d.participant == participant
        and activity in d.activities
        and d.from_day <= day < (problem.days if d.to_day is None else d.to_day)
        for d in problem.demands
    )


def _one_sided(
    problem: Problem, rule: str, here: FixedSession, there: FixedSession, person: str, follower: str
) -> Conflict:
    names = {p.id: p.name or p.id for p in problem.participants}
    activity = problem.activity_by_id[here.session.activity]
    what = activity.name or activity.id
    if rule == "block":
        words = f"{names[person]} is fixed in one session of “{what}” and kept out of another"
    else:
        words = f"{names[person]} is fixed in “{what}” and {names[follower]}, who comes along, is kept out"
    ids = tuple(dict.fromkeys((here.session.id, there.session.id)))
    return Conflict(rule=rule, message=f"{words}.", ids=ids)


def _numbered(problem: Problem, f: FixedSession, people: list[str]) -> tuple[Seat, ...]:
    """Divide the people evenly into as many subgroups as their sizes need."""
    sizes = problem.activity_by_id[f.session.activity].subgroups
    if sizes is None:
        return tuple(Seat(participant=p) for p in people)
    groups = -(-len(people) // sizes[1])
    return tuple(Seat(participant=p, subgroup=i % groups) for i, p in enumerate(people))


def _breaches(problem: Problem, names: Sequence[str]) -> list[Breach]:
    """Judge some of the fixed sessions alone and keep what nothing can mend."""
    fixed = {f.session.id: f for f in problem.fixed}
    report = verify(problem, [fixed[name].session for name in names])
    return [b for b in report.broken if b.rule != "lock" and not _mendable(b, fixed)]


def _mendable(breach: Breach, fixed: dict[str, FixedSession]) -> bool:
    kind = (breach.rule, breach.params.get("reason", ""))
    if kind in _MENDABLE:
        return True
    if kind not in _MENDED_BY_PEOPLE or fixed[breach.sessions[0]].closed:
        return False
    if breach.rule == "seats":
        return int(breach.params["count"]) < int(breach.params["least"])
    # A role may still be needed, and a subgroup still be filled, by somebody who is added.
    return breach.rule == "subgroups" or not fixed[breach.sessions[0]].session.attendees


def _minimised(problem: Problem, breach: Breach) -> Breach:
    """Leave out every session without which the same rule stays broken for the same subject."""
    names = list(breach.sessions)
    for name in breach.sessions if len(names) > 1 else ():
        fewer = [n for n in names if n != name]
        same = [b for b in _breaches(problem, fewer) if _subject(b) == _subject(breach)]
        if same:
            names, breach = list(same[0].sessions), same[0]
    return breach


def _subject(breach: Breach) -> tuple[str, ...]:
    facts = tuple(breach.params.get(k, "") for k in ("reason", "activity", "demand", "equipment"))
    return (breach.rule, *breach.participants, *breach.staff, *breach.rooms, *facts)


def _impossible_runs(problem: Problem) -> list[Conflict]:
    """Return the sets of fixed sessions that no run of consecutive working days can hold."""
    sessions: dict[str, list[FixedSession]] = defaultdict(list)
    for f in problem.fixed:
        activity = problem.activity_by_id[f.session.activity]
        if activity.pattern == "consecutive" and "pattern" not in f.overrides:
            sessions[activity.id].append(f)
    working = [d for d in range(problem.days) if d % DAYS_PER_WEEK < 5 and d not in problem.closed_days]
    found = []
    for name, group in sessions.items():
        activity = problem.activity_by_id[name]
        runs = [
            set(working[i : i + activity.run_length]) for i in range(len(working) - activity.run_length + 1)
        ]

        def fits(some: list[FixedSession], runs: list[set[int]] = runs) -> bool:
            moments = [divmod(f.session.start, problem.slots_per_day) for f in some]
            days = [day for day, _ in moments]
            one_time = len({slot for _, slot in moments}) <= 1 and len(set(days)) == len(days)
            return one_time and any(run.issuperset(days) for run in runs)

        if not fits(group):
            for f in list(group):
                if not fits(fewer := [g for g in group if g is not f]):
                    group = fewer
            found.append(
                Conflict(
                    rule="pattern",
                    message=f"These sessions of “{activity.name or name}” fit no run of "
                    f"{activity.run_length} consecutive working days at one time of day.",
                    ids=tuple(f.session.id for f in group),
                )
            )
    return found

"""A problem cut into parts whose points lost add up to no more than those of the whole.

A part is a set of activities with every demand, order, fixed and previous session that names only
them. Rooms, staff and people are in several parts at once and unaware of it, which relaxes the
problem; every term is additive over the parts or loses no less on the whole, except those about the
days of a person whom a part does not see wholly: there they are left out.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import combinations

from solver.candidates import Candidates

#: Parts grow by the people they share up to this many attendances to decide.
PART_ATTENDANCES = 20_000


@dataclass(frozen=True, eq=False)
class ProblemPart:
    """Candidates of a part, and the people who also need something of another part."""

    candidates: Candidates
    partly_seen: frozenset[str]


def decompose(candidates: Candidates, *, most: int = PART_ATTENDANCES) -> list[ProblemPart]:
    """Cut a problem, the largest part first.

    Parameters
    ----------
    candidates : Candidates
        Of the whole problem.
    most : int
        Attendances to decide in a part; activities of one demand stay together even beyond it.
    """
    problem = candidates.problem
    part_of = {a.id: a.id for a in problem.activities}

    def find(name: str) -> str:
        while part_of[name] != name:
            part_of[name] = part_of[part_of[name]]
            name = part_of[name]
        return name

    for demand in problem.demands:
        for name in demand.activities[1:]:
            part_of[find(name)] = find(demand.activities[0])
    size: dict[str, int] = defaultdict(int)
    people: dict[str, set[str]] = defaultdict(set)
    for placement in candidates.placements:
        size[find(placement.activity.id)] += len(placement.people)
    for demand in problem.demands:
        if demand.activities:
            people[find(demand.activities[0])].add(demand.participant)
    roots = sorted({find(a.id) for a in problem.activities})
    shared = sorted(((-len(people[a] & people[b]), a, b) for a, b in combinations(roots, 2)))
    for count, a, b in shared:
        one, other = find(a), find(b)
        if count < 0 and one != other and size[one] + size[other] <= most:
            part_of[other] = one
            size[one] += size[other]
            people[one] |= people[other]
    parts: dict[str, set[str]] = defaultdict(set)
    for activity in problem.activities:
        parts[find(activity.id)].add(activity.id)
    ranked = sorted(parts, key=lambda root: (-size[root], root))
    found: list[ProblemPart] = []
    for root in ranked:
        elsewhere = {p for other in ranked if other != root for p in people[other]}
        found.append(ProblemPart(_part(candidates, parts[root]), frozenset(people[root] & elsewhere)))
    return found


def _part(candidates: Candidates, names: set[str]) -> Candidates:
    problem = candidates.problem
    previous = problem.previous
    return Candidates(
        replace(
            problem,
            activities=tuple(a for a in problem.activities if a.id in names),
            demands=tuple(d for d in problem.demands if names.issuperset(d.activities)),
            orders=tuple(o for o in problem.orders if o.first in names and o.second in names),
            fixed=tuple(f for f in problem.fixed if f.session.activity in names),
            previous=None if previous is None else tuple(s for s in previous if s.activity in names),
        ),
        candidates.eligibility,
        tuple(p for p in candidates.placements if p.activity.id in names),
    )

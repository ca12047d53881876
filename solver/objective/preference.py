"""``preferred_activity`` and ``preferred_site``."""

from __future__ import annotations

from collections import defaultdict

from solver.literals import Sum
from solver.problem import Participant, Problem
from solver.variables import Variables


def second_choices(problem: Problem) -> dict[str, frozenset[str]]:
    """Return, per participant, the activities that a demand lists beside a preferred one."""
    found: dict[str, set[str]] = defaultdict(set)
    for demand in problem.demands:
        preferred = set(problem.participant_by_id[demand.participant].preferred_activities)
        if not preferred.isdisjoint(demand.activities):
            found[demand.participant] |= set(demand.activities) - preferred
    return {person: frozenset(activities) for person, activities in found.items()}


def preferred_activity(variables: Variables) -> Sum:
    """1 for every session attended of an activity that a preferred one could have replaced."""
    lost = Sum()
    for person, activities in second_choices(variables.problem).items():
        for placement, lit in variables.of_person.get(person, ()):
            if placement.activity.id in activities:
                lost.add(1, lit)
    return lost


def away(person: Participant, site: str) -> bool:
    """Tell whether a site is none of those a participant prefers."""
    return bool(person.preferred_sites) and site not in person.preferred_sites


def preferred_site(variables: Variables) -> Sum:
    """1 for every session attended at a site that is not preferred."""
    lost = Sum()
    for person, items in variables.of_person.items():
        for placement, lit in items:
            if away(variables.problem.participant_by_id[person], placement.site):
                lost.add(1, lit)
    return lost

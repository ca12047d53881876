"""Which demands of a programme concern a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

from scheduler.models import DemandRule, Enrolment, Participant

#: ``DemandRule.conditions`` that are known; a programme with another one is refused.
CONDITIONS = (
    "level_spoken",
    "level_written",
    "newcomer",
    "brings_children",
    "languages",
    "projects",
    "without_project",
    "interested",
    "mentored",
)


def applies(
    rule: DemandRule, enrolment: Enrolment, *, newcomer: bool, mentored: bool, projects: Iterable[str] = ()
) -> bool:
    """Tell whether a demand concerns an enrolled person at all, weeks aside.

    Parameters
    ----------
    rule : DemandRule
    enrolment : Enrolment
        With its participant and phase. Without a phase, rules bound to phases do not apply.
    newcomer : bool
        Whether the person counts as new, by the centre's own measure.
    mentored : bool
        Whether the person has a mentor at the time.
    projects : iterable of str
        Projects for which the programme has rules of their own, see ``projects_of``.
    """
    if rule.phase_keys and (enrolment.phase is None or enrolment.phase.key not in rule.phase_keys):
        return False
    person: Participant = enrolment.participant
    answers: dict[str, Callable[[Any], bool]] = {
        "level_spoken": lambda band: band[0] <= person.level_spoken <= band[1],
        "level_written": lambda band: band[0] <= person.level_written <= band[1],
        "newcomer": lambda wanted: newcomer == wanted,
        "brings_children": lambda wanted: person.brings_children == wanted,
        "languages": lambda codes: not set(codes).isdisjoint(person.languages),
        "projects": lambda words: person.project in words,
        "without_project": lambda wanted: (person.project not in set(projects)) == wanted,
        "interested": lambda wanted: is_interested(person, rule.activity_keys) == wanted,
        "mentored": lambda wanted: mentored == wanted,
    }
    return all(answers[name](value) for name, value in rule.conditions.items())


def is_interested(person: Participant, activity_keys: Iterable[str]) -> bool:
    """Tell whether a person asked for one of some activities."""
    return not set(activity_keys).isdisjoint(person.preferred_activities)


def projects_of(rules: Iterable[DemandRule], phase_key: str | None) -> set[str]:
    """Give the projects that rules of a phase name, which leave ``without_project`` to the others."""
    return {
        project
        for rule in rules
        if not rule.phase_keys or phase_key in rule.phase_keys
        for project in rule.conditions.get("projects", ())
    }


def active_days(rule: DemandRule, starts_on: date, ends_on: date | None) -> tuple[date, date | None]:
    """Give the days ``[first, end)`` on which a rule holds for somebody enrolled on ``starts_on``.

    ``ends_on`` is the last day of the enrolment, or ``None``; so is the returned end.
    """
    first = starts_on + timedelta(weeks=rule.after_weeks or 0)
    ends = [starts_on + timedelta(weeks=rule.until_weeks)] if rule.until_weeks is not None else []
    if ends_on is not None:
        ends.append(ends_on + timedelta(days=1))
    return first, min(ends, default=None)

"""Whom a demand concerns, when, and where an activity may be held."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from scheduler.models import DemandRule, Enrolment, Participant, Phase, Site
from scheduler.programmes.matching import CONDITIONS, active_days, applies, projects_of
from scheduler.programmes.places import sites_of
from scheduler.programmes.schema import CONDITIONS as CONDITION_CODEC


def enrolment(phase: str | None = "middle", **columns: Any) -> Enrolment:
    values = {"level_spoken": 1, "level_written": 0, "languages": ["ar", "fr"], "preferred_activities": []}
    person = Participant(first_name="Essai", brings_children=False, **{**values, **columns})
    return Enrolment(participant=person, phase=Phase(key=phase) if phase else None)


def rule(phases: tuple[str, ...] = (), **conditions: Any) -> DemandRule:
    return DemandRule(key="d", phase_keys=list(phases), activity_keys=["art"], conditions=conditions)


@pytest.mark.parametrize(
    ("conditions", "columns", "expected"),
    [
        ({}, {}, True),
        ({"level_spoken": [0, 1]}, {}, True),
        ({"level_spoken": [2, 3]}, {}, False),
        ({"level_written": [1, 6]}, {}, False),
        ({"newcomer": True}, {}, True),
        ({"newcomer": False}, {}, False),
        ({"brings_children": True}, {"brings_children": True}, True),
        ({"brings_children": True}, {}, False),
        ({"languages": ["ti", "ar"]}, {}, True),
        ({"languages": ["ti"]}, {}, False),
        ({"projects": ["training"]}, {"project": "training"}, True),
        ({"projects": ["training"]}, {"project": None}, False),
        ({"without_project": True}, {"project": None}, True),
        ({"without_project": True}, {"project": "driving_licence"}, False),
        ({"without_project": True}, {"project": "employment"}, True),
        ({"interested": True}, {"preferred_activities": ["art"]}, True),
        ({"interested": True}, {"preferred_activities": ["sport"]}, False),
        ({"mentored": True}, {}, False),
        ({"mentored": False}, {}, True),
        ({"level_spoken": [0, 1], "languages": ["ti"]}, {}, False),
    ],
)
def test_conditions(conditions: dict[str, Any], columns: dict[str, Any], expected: bool) -> None:
    columns = {"brings_children": False, "project": None, **columns}
    found = enrolment(**{k: v for k, v in columns.items() if k != "brings_children"})
    found.participant.brings_children = columns["brings_children"]
    answer = applies(
        rule(**conditions), found, newcomer=True, mentored=False, projects={"driving_licence", "training"}
    )
    assert answer == expected


def test_every_condition_of_the_file_is_answered() -> None:
    assert set(CONDITION_CODEC.fields) == set(CONDITIONS)


@pytest.mark.parametrize(
    ("phases", "phase", "expected"),
    [
        ((), None, True),
        ((), "middle", True),
        (("middle",), "middle", True),
        (("final",), "middle", False),
        (("final",), None, False),
    ],
)
def test_phases(phases: tuple[str, ...], phase: str | None, expected: bool) -> None:
    assert applies(rule(phases), enrolment(phase), newcomer=False, mentored=False) == expected


def test_projects_with_rules_of_their_own_are_those_of_the_phase() -> None:
    rules = [rule(("project",), projects=["training"]), rule((), projects=["volunteering"]), rule(("start",))]
    assert projects_of(rules, "project") == {"training", "volunteering"}
    assert projects_of(rules, "start") == {"volunteering"}


def test_weeks_bound_a_demand() -> None:
    monday = date(2026, 11, 2)
    assert active_days(DemandRule(), monday, None) == (monday, None)
    until = DemandRule(until_weeks=6)
    assert active_days(until, monday, None) == (monday, date(2026, 12, 14))
    assert active_days(until, monday, date(2026, 11, 30)) == (monday, date(2026, 12, 1))
    after = DemandRule(after_weeks=6, until_weeks=8)
    assert active_days(after, monday, None) == (date(2026, 12, 14), date(2026, 12, 28))


SITES = [
    Site(id=4, name="Antenne", is_outside=False, active=True),
    Site(id=2, name="Centre", is_outside=False, active=True),
    Site(id=1, name="Fermé", is_outside=False, active=False),
    Site(id=9, name="En sortie", is_outside=True, active=True),
]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ([], ["Antenne", "Centre"]),
        (["@inside"], ["Antenne", "Centre"]),
        (["@main"], ["Centre"]),
        (["@outposts"], ["Antenne"]),
        (["@main", "@outposts"], ["Antenne", "Centre"]),
        (["@outside"], ["En sortie"]),
        (["En sortie"], ["En sortie"]),
        (["@inside", "En sortie"], ["Antenne", "Centre", "En sortie"]),
        (["Ailleurs"], []),
        (["Fermé"], []),
    ],
)
def test_places_become_sites(names: list[str], expected: list[str]) -> None:
    assert [site.name for site in sites_of(names, SITES)] == expected

"""Brussels, MOVE UP!: its rules as data."""

from __future__ import annotations

from scheduler.programmes import ProgrammeSpec


def modules(spec: ProgrammeSpec) -> tuple[str, ...]:
    return spec.demand("hours").activities


def test_entry_from_a_list_after_an_interview_with_both_leaders_and_a_language_test(
    spec: ProgrammeSpec,
) -> None:
    assert spec.rule("entry_list").params == {"mode": "list", "by": "social_worker", "phase": "entry"}
    [leaders] = spec.activity("motivation_interview").roles
    assert leaders.count == 2
    for key in ("motivation", "language_test"):
        demand = spec.demand(key)
        assert (demand.phases, demand.every, demand.min, demand.max) == (("entry",), 0, 1, 1)
    before = spec.rule("interview_and_test").params["activities"]
    assert before == ["motivation_interview", "language_test"]


def test_groups_are_formed_by_language_level(spec: ProgrammeSpec) -> None:
    bands = {spec.activity(key).level.spoken for key in modules(spec)}
    assert bands == {(0, 1), (2, 4)}
    for key in modules(spec):
        assert key.endswith("_1") == (spec.activity(key).level.spoken == (0, 1))
    assert spec.rule("groups_by_level").params["by"] == "level"


def test_at_least_twenty_one_hours_a_week_on_five_days(spec: ProgrammeSpec) -> None:
    hours, days = spec.demand("hours"), spec.demand("five_days")
    assert (hours.unit, hours.every, hours.min, hours.max) == ("minutes", 1, 21 * 60, None)
    assert (days.unit, days.every, days.target) == ("days", 1, 5)
    for number in ("_1", "_2"):
        offered = sum(
            spec.activity(key).frequency.max * spec.activity(key).duration
            for key in modules(spec)
            if key.endswith(number)
        )
        assert offered >= 21 * 60


def test_at_most_fifteen_participants_a_group(spec: ProgrammeSpec) -> None:
    assert {spec.activity(key).seats.max for key in modules(spec)} == {15}
    assert {spec.activity(key).max_parallel for key in modules(spec)} == {1}


def test_content(spec: ProgrammeSpec) -> None:
    for number in ("_1", "_2"):
        themes = {t for key in modules(spec) if key.endswith(number) for t in spec.activity(key).themes}
        assert {"citizenship", "daily_life", "health", "family_school", "institutions"} <= themes
        external = set(spec.activity(f"external{number}").themes)
        assert external == {"energy", "telecom", "budget", "bank", "insurance"}
        assert spec.activity(f"outing{number}").kind == "excursion"


def test_a_french_teacher_in_every_activity(spec: ProgrammeSpec) -> None:
    for key in modules(spec):
        assert ("french_teaching",) in [role.skills for role in spec.activity(key).roles]
    rule = spec.rule("teacher_everywhere").params
    assert (rule["role"], rule["skill"]) == ("teacher", "french_teaching")
    assert tuple(rule["activities"]) == modules(spec)


def test_regular_evaluations_and_a_final_one_of_three(spec: ProgrammeSpec) -> None:
    regular = spec.demand("evaluation")
    assert (regular.phases, regular.every, regular.min) == (("activities",), 4, 1)
    assert spec.activity("evaluation").individual
    final = spec.activity("final_evaluation")
    assert [role.skills for role in final.roles] == [("group_work",), ("social_work",)]
    assert spec.demand("final_evaluation").phases == ("final",)
    assert spec.rule("evaluation_of_three").params["parties"] == [
        "group_leader",
        "participant",
        "social_worker",
    ]
    assert spec.rule("evaluation_of_three").params["final"] is True


def test_the_team(spec: ProgrammeSpec) -> None:
    assert spec.rule("team").params == {"full_time": 2, "lead_percent": 50}

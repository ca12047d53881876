"""Ghent, Interactief!: its rules as data."""

from __future__ import annotations

from scheduler.programmes import ProgrammeSpec

VIA_PHASES = ("via_1", "via_2", "via_3")


def test_goal_is_one_day_for_every_new_client_in_groups_by_language(spec: ProgrammeSpec) -> None:
    goal = spec.activity("goal")
    assert goal.duration == 6 * 60
    assert goal.language_groups
    demand = spec.demand("goal")
    assert (demand.phases, demand.every, demand.min, demand.max) == (("goal",), 0, 1, 1)
    assert spec.rule("every_new_client").params == {"mode": "everybody", "phase": "goal"}
    assert spec.rule("goal_by_language").params == {"activities": ["goal"], "by": "language"}


def test_goal_is_led_by_mediator_and_neighbourhood_worker_with_an_interpreter(spec: ProgrammeSpec) -> None:
    roles = {role.key: role for role in spec.activity("goal").roles}
    assert roles["mediator"].skills == ("intercultural_mediation",)
    assert roles["neighbourhood_worker"].skills == ("neighbourhood_work",)
    assert roles["interpreter"].who == ("interpreter",)
    assert roles["interpreter"].language == "group"
    assert not roles["interpreter"].only_if_needed


def test_via_is_a_closed_cohort_of_ten_at_most_for_three_months(spec: ProgrammeSpec) -> None:
    via = spec.activity("via")
    assert via.per_cohort
    assert via.seats.max == 10
    cohort = spec.rule("closed_cohort").params
    assert (cohort["weeks"], cohort["seats"], cohort["phases"]) == (13, 10, list(VIA_PHASES))
    assert sum(spec.phase(key).weeks or 0 for key in VIA_PHASES) == 13


def test_via_has_two_half_days_a_week_two_workers_and_subgroups_of_four_to_six(spec: ProgrammeSpec) -> None:
    via = spec.activity("via")
    assert via.duration <= 4 * 60
    assert (via.frequency.every, via.frequency.min, via.frequency.max) == (1, 2, 2)
    demand = spec.demand("via")
    assert (demand.phases, demand.every, demand.min, demand.max) == (VIA_PHASES, 1, 2, 2)
    assert demand.gap_days == 1
    [worker] = via.roles
    assert worker.count == 2
    assert via.subgroups is not None
    assert (via.subgroups.min, via.subgroups.max) == (4, 6)


def test_via_ends_with_an_individual_path(spec: ProgrammeSpec) -> None:
    assert spec.rule("ends_with_path").params == {"phase": "via_3", "outcome": "individual_path"}
    assert spec.phase("individual_path").weeks is None


def test_social_integration_is_one_day_a_week_without_fixed_length_for_low_literacy(
    spec: ProgrammeSpec,
) -> None:
    assert spec.phase("social_integration").weeks is None
    activity, demand = spec.activity("social_integration"), spec.demand("social_integration")
    assert activity.duration == 6 * 60
    assert (activity.frequency.every, activity.frequency.max) == (1, 1)
    assert (demand.every, demand.min, demand.max) == (1, 1, 1)
    assert activity.level.written == (0, 1)
    assert spec.rule("who_social_integration").params["when"] == ["low_literacy", "stalled_language"]


def test_a_mediator_joins_an_interview_on_request_language_matched(spec: ProgrammeSpec) -> None:
    [mediator] = [role for role in spec.activity("interview").roles if role.key == "mediator"]
    assert mediator.only_if_needed
    assert mediator.language == "participant"
    assert mediator.skills == ("intercultural_mediation",)
    assert spec.rule("mediator_on_request").params == {"activities": ["interview"], "role": "mediator"}


def test_each_persons_language_path_is_followed(spec: ProgrammeSpec) -> None:
    assert spec.rule("language_path").params == {"course": True, "place": True, "times": True}


def test_an_allocation_key_splits_the_reports(spec: ProgrammeSpec) -> None:
    assert spec.rule("open_to").params == {"speakers_of_other_languages": True}
    assert spec.rule("allocation_key").params == {"group": "non_eu", "percent": 60, "funder": "ue"}
    assert spec.rule("split_report").params["split"] == "non_eu"
    assert spec.rule("team").params == {"full_time": 6, "lead_percent": 50}

"""Liege, MOD'ACTIONS: its rules as data."""

from __future__ import annotations

import pytest

from scheduler.programmes import ProgrammeSpec

ALL_GROUPS = ("language_beginners", "language_advanced", "computing", "art", "project")


def test_information_once_or_twice_a_month_open_to_all(spec: ProgrammeSpec) -> None:
    information = spec.activity("information")
    assert (information.frequency.every, information.frequency.min, information.frequency.max) == (4, 1, 2)
    assert information.file == "none"
    assert spec.rule("open_information").params == {"mode": "open", "phase": "information"}


def test_weekly_interviews_for_six_weeks_then_the_action_plan(spec: ProgrammeSpec) -> None:
    weekly, plan = spec.demand("orientation"), spec.demand("action_plan")
    assert (weekly.every, weekly.min, weekly.max, weekly.until_weeks) == (1, 1, 1, 6)
    assert (plan.after_weeks, plan.until_weeks, plan.min, plan.max) == (6, 8, 1, 1)
    rule = spec.rule("six_interviews").params
    assert (rule["sessions"], rule["sessions_max"]) == (7, 8)


def test_a_trial_week_without_obligation_in_any_activity(spec: ProgrammeSpec) -> None:
    trial = spec.demand("trial")
    assert trial.activities == ALL_GROUPS
    assert trial.min == 0
    assert not trial.legal
    assert spec.phase("trial").weeks == 1
    assert spec.phase("trial").before_enrolment
    rule = spec.rule("trial_week").params
    assert rule["obligation"] is False
    assert rule["then"] == ["answer", "enrolment", "piis"]


@pytest.mark.parametrize(
    ("key", "per_week", "minutes"),
    [
        ("language_beginners", 3, 180),
        ("language_advanced", 3, 180),
        ("computing", 2, 120),
        ("art", 2, 120),
        ("project", 2, 120),
    ],
)
def test_groups_have_their_hours_at_the_same_times_each_week(
    spec: ProgrammeSpec, key: str, per_week: int, minutes: int
) -> None:
    group = spec.activity(key)
    assert (group.frequency.every, group.frequency.max, group.duration) == (1, per_week, minutes)
    assert group.pattern == "same_time"
    [demand] = [d for d in spec.demands if key in d.activities and d.phases == ("groups",)]
    assert (demand.every, demand.target, demand.max) == (1, per_week, per_week)


def test_groups_by_language_level_and_interest_all_year(spec: ProgrammeSpec) -> None:
    beginners, advanced = spec.activity("language_beginners"), spec.activity("language_advanced")
    assert beginners.level.spoken[1] + 1 == advanced.level.spoken[0]
    assert all(spec.demand(key).when.interested for key in ("computing", "art", "project"))
    assert spec.rule("choice").params["by"] == "level_and_interest"
    assert spec.rule("season").params == {"from": "01-01", "until": "12-31"}


def test_entry_at_any_time_and_pauses(spec: ProgrammeSpec) -> None:
    assert spec.rule("open_entry").params == {"mode": "any_time", "phase": "groups"}
    assert spec.rule("pause").params == {"allowed": True, "return": True}
    assert not any(a.per_cohort for a in spec.activities)


def test_one_whole_day_a_month_all_groups_together(spec: ProgrammeSpec) -> None:
    excursion = spec.activity("excursion")
    assert excursion.duration >= 6 * 60
    assert (excursion.frequency.every, excursion.frequency.max, excursion.max_parallel) == (4, 1, 1)
    assert excursion.seats.max >= sum(spec.activity(key).seats.max for key in ALL_GROUPS)
    assert spec.rule("all_groups_together").params["by"] == "everybody"


def test_the_end(spec: ProgrammeSpec) -> None:
    assert spec.rule("satisfaction").params == {"phase": "closing", "about": "satisfaction"}
    closing = spec.demand("closing")
    assert (closing.phases, closing.activities, closing.min) == (("closing",), ("closing_interview",), 1)
    assert spec.rule("team_review").params == {"of": "participation"}


def test_absences_and_drop_outs(spec: ProgrammeSpec) -> None:
    assert spec.rule("absence_certificate").params == {"certificate": True}
    assert spec.rule("drop_out").params == {"absences_in_row": 3, "tell": "referent"}


def test_the_piis_is_evaluated_three_times_a_year_two_of_them_individually(spec: ProgrammeSpec) -> None:
    rule = spec.rule("piis").params
    assert (rule["per_year"], rule["individual_min"]) == (3, 2)
    demand = spec.demand("piis_evaluation")
    assert demand.legal
    assert 52 // demand.every * demand.min >= 3
    assert all(spec.activity(key).individual for key in demand.activities)


def test_the_team(spec: ProgrammeSpec) -> None:
    assert spec.rule("team").params == {"full_time": 3, "half_time": 2}

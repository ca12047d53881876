"""Charleroi, ACTIV UP!: its rules as data."""

from __future__ import annotations

from scheduler.programmes import ProgrammeSpec

COACHING_BY_PROJECT = {
    "coaching_driving": ("driving_licence",),
    "coaching_volunteering": ("volunteering", "volunteering_host"),
    "coaching_work": ("training", "employment"),
}
WORKSHOPS = ("workshop_computing", "workshop_image", "workshop_making", "workshop_sport")


def test_collective_coaching_three_hours_every_two_weeks_in_three_phases(spec: ProgrammeSpec) -> None:
    assert spec.activity("coaching").duration == 180
    demand = spec.demand("coaching")
    assert (demand.every, demand.min, demand.max) == (2, 1, 1)
    phases = {phase for d in spec.demands if d.key.startswith("coaching") for phase in d.phases}
    assert phases == {"start", "middle", "project"}


def test_in_the_final_phase_subgroups_by_similar_project(spec: ProgrammeSpec) -> None:
    for key, projects in COACHING_BY_PROJECT.items():
        demand = spec.demand(key)
        assert demand.activities == (key,)
        assert (demand.phases, demand.when.projects) == (("project",), projects)
        assert (demand.every, demand.min, demand.max) == (2, 1, 1)
        assert spec.activity(key).duration == 180
    assert spec.demand("coaching_without_project").when.without_project
    assert spec.rule("project_groups").params["by"] == "project"


def test_information_two_mornings_a_week(spec: ProgrammeSpec) -> None:
    information = spec.activity("information")
    assert (information.frequency.every, information.frequency.min, information.frequency.max) == (1, 2, 2)
    assert {start for _, start in information.starts} == {"09:00"}
    assert set(information.themes) == {"housing", "health", "transport", "discrimination"}


def test_creative_workshops_half_a_day_a_week(spec: ProgrammeSpec) -> None:
    demand = spec.demand("workshop")
    assert demand.activities == WORKSHOPS
    assert (demand.every, demand.target, demand.max) == (1, 1, 1)
    themes = {theme for key in WORKSHOPS for theme in spec.activity(key).themes}
    assert themes == {"computing", "sport", "photo", "media", "art", "furniture"}
    assert all(spec.activity(key).duration <= 4 * 60 for key in WORKSHOPS)


def test_excursions_one_day_a_month_and_one_every_two_months_at_least(spec: ProgrammeSpec) -> None:
    excursion = spec.activity("excursion")
    assert excursion.duration >= 6 * 60
    assert (excursion.frequency.every, excursion.frequency.min, excursion.frequency.max) == (4, 1, 1)
    assert (spec.demand("excursion").every, spec.demand("excursion").target) == (4, 1)
    assert (spec.demand("excursion_two_months").every, spec.demand("excursion_two_months").min) == (8, 1)


def test_volunteering_in_a_care_home_comes_after_preparation(spec: ProgrammeSpec) -> None:
    orders = {(o.first, o.kind, o.second) for o in spec.orders}
    assert ("volunteering_preparation", "before", "volunteering_activity") in orders
    assert ("volunteering_preparation", "before", "volunteering_host") in orders
    assert spec.activity("volunteering_activity").places == ("care_home",)
    for key in ("volunteering_activity", "volunteering_experience"):
        assert spec.activity(key).duration <= 4 * 60
        assert (spec.demand(key).every, spec.demand(key).target, spec.demand(key).max) == (1, 1, 1)


def test_individual_volunteering_as_host_and_volunteer_agree(spec: ProgrammeSpec) -> None:
    host = spec.activity("volunteering_host")
    assert host.individual
    assert [role.who for role in host.roles] == [("host",)]
    assert spec.demand("volunteering_host").when.projects == ("volunteering_host",)
    assert spec.rule("host_frequency").params["by"] == ["host", "volunteer"]


def test_ten_days_of_intensive_training_then_three_mornings_of_modules_a_week(spec: ProgrammeSpec) -> None:
    intensive = spec.activity("intensive")
    assert (intensive.pattern, intensive.run_length, intensive.block) == ("consecutive", 10, True)
    assert (spec.demand("intensive").phases, spec.demand("intensive").min) == (("intensive",), 10)
    assert spec.phase("intensive").weeks == 2
    module = spec.demand("module")
    assert (module.phases, module.every, module.target, module.max) == (("modules",), 1, 3, 3)
    assert {start for _, start in spec.activity("module").starts} == {"09:00"}
    keys = [p.key for p in spec.phases]
    assert keys.index("intensive") + 1 == keys.index("modules")
    assert spec.rule("outings_in_modules").params["min"] == 1
    assert spec.rule("outings_in_modules").params["max"] == 2


def test_individual_coaching_every_three_weeks_at_most_once_a_week(spec: ProgrammeSpec) -> None:
    demand = spec.demand("interview")
    assert (demand.every, demand.min, demand.max_per_week) == (3, 1, 1)
    assert demand.phases == ()
    assert spec.rule("coaching_on_request").params["max_per_week"] == 1


def test_long_standing_people_and_newcomers_are_balanced(spec: ProgrammeSpec) -> None:
    assert all(spec.activity(key).balance for key in spec.rule("balanced_groups").params["activities"])


def test_what_hierarchy_approves_is_decided_ahead(spec: ProgrammeSpec) -> None:
    rule = spec.rule("approval").params
    assert rule["by"] == "hierarchy"
    assert {a.key for a in spec.activities if a.lead} == set(rule["activities"])
    assert all(spec.activity(key).lead >= 14 for key in rule["activities"])


def test_sensitive_themes_are_never_imposed(spec: ProgrammeSpec) -> None:
    sensitive = spec.activity("sensitive_information")
    assert sensitive.sensitive
    assert set(sensitive.themes) == {"sexuality", "domestic_violence"}
    demands = [d for d in spec.demands if "sensitive_information" in d.activities]
    assert [d.when.interested for d in demands] == [True]
    assert [d.min for d in demands] == [0]
    assert set(spec.rule("sensitive_never_imposed").params["themes"]) == set(sensitive.themes)


def test_changes_are_told_and_the_team_is_known(spec: ProgrammeSpec) -> None:
    assert spec.rule("tell_changes").params["events"] == ["change", "cancellation"]
    assert spec.rule("team").params == {"full_time": 2.5, "lead_percent": 50}

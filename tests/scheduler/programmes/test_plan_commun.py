"""Ce.R.A.I.C. and CRIC with the CPAS of Montigny-le-Tilleul: the joint plan's rules as data."""

from __future__ import annotations

from scheduler.programmes import ProgrammeSpec


def test_three_verbs_and_their_files(spec: ProgrammeSpec) -> None:
    assert [phase.key for phase in spec.phases] == ["inform", "orient", "accompany"]
    files = {rule.params["phase"]: rule.params for rule in spec.rules_of("file")}
    assert {phase: params["file"] for phase, params in files.items()} == {
        "inform": "none",
        "orient": "optional",
        "accompany": "always",
    }
    for params in files.values():
        assert {spec.activity(key).file for key in params["activities"]} == {params["file"]}


def test_a_person_can_be_in_a_session_without_a_file(spec: ProgrammeSpec) -> None:
    assert spec.activity("inform").drop_in
    listed = spec.activity("group_information")
    assert (listed.file, listed.drop_in) == ("none", False)


def test_information_is_shared_with_consent_only_and_told_once(spec: ProgrammeSpec) -> None:
    assert spec.rule("consent").params == {"for": "sharing", "basis": ["gdpr", "professional_secrecy"]}
    assert spec.rule("feedback").params == {"to": "partner", "about": "uptake"}
    assert spec.rule("tell_once").params == {"share": "with_consent"}


def test_each_accompanying_worker_covers_municipalities(spec: ProgrammeSpec) -> None:
    rule = spec.rule("territory").params
    assert rule["by"] == "municipality"
    for key in rule["activities"]:
        demands = [d for d in spec.demands if key in d.activities]
        assert [d.staff_from for d in demands] == ["territory"]


def test_second_line_from_a_catalogue_by_open_registration(spec: ProgrammeSpec) -> None:
    rule = spec.rule("catalogue").params
    assert rule["registration"] == "open"
    assert set(rule["themes"]) == {
        "interculturality",
        "diversity",
        "foreigners_rights",
        "running_association",
    }
    for key in rule["activities"]:
        assert spec.activity(key).kind == "professional"
        assert spec.activity(key).drop_in
        assert spec.activity(key).file == "none"
    assert {t for key in rule["activities"] for t in spec.activity(key).themes} == set(rule["themes"])


def test_platforms_of_partners_meet_a_few_times_a_year(spec: ProgrammeSpec) -> None:
    platform = spec.activity("platform")
    assert platform.kind == "professional"
    assert 2 <= 52 // platform.frequency.every * platform.frequency.max <= 4
    assert spec.rule("platforms").params == {"activities": ["platform"], "min": 2, "max": 4, "per": "year"}


def test_one_plan_meets_the_piis_and_the_integration_path(spec: ProgrammeSpec) -> None:
    assert spec.rule("one_plan").params == {
        "partners": ["cpas", "centre"],
        "meets": ["piis", "integration_path"],
    }
    assert {c.key: c.target // 60 for c in spec.counters} == {
        "french": 400,
        "citizenship": 60,
        "socio_professional": 4,
    }
    review = spec.activity("joint_review")
    assert ("social_work",) in [role.skills for role in review.roles]


def test_the_piis_is_evaluated_three_times_a_year_in_individual_interviews(spec: ProgrammeSpec) -> None:
    rule = spec.rule("piis").params
    assert (rule["per_year"], rule["individual_min"]) == (3, 2)
    demand = spec.demand("joint_review")
    assert demand.legal
    assert 52 // demand.every * demand.min >= 3
    assert all(spec.activity(key).individual for key in demand.activities)
    assert spec.rule("attended_minutes").params == {"minutes": "attended"}

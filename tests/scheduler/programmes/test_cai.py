"""Namur, CAI: its rules as data."""

from __future__ import annotations

from scheduler.programmes import ProgrammeSpec


def test_the_legal_counters(spec: ProgrammeSpec) -> None:
    targets = {counter.key: counter.target for counter in spec.counters}
    assert targets["french"] == 400 * 60
    assert targets["citizenship"] == 60 * 60
    assert targets["socio_professional"] == 4 * 60
    assert spec.counter("welcome").activities == ("welcome_module",)
    assert spec.counter("french").outside


def test_what_feeds_a_counter_is_a_legal_demand_that_ends_with_it(spec: ProgrammeSpec) -> None:
    for key, demand in (
        ("citizenship", spec.demand("citizenship")),
        ("socio_professional", spec.demand("socio_professional")),
        ("welcome", spec.demand("welcome_module")),
    ):
        assert demand.legal
        assert demand.counter == key
        assert set(demand.activities) == set(spec.counter(key).activities)
    assert spec.activity("socio_professional_module").duration == 4 * 60
    assert spec.activity("welcome_module").individual


def test_attestations_of_attendance_count_attended_minutes(spec: ProgrammeSpec) -> None:
    assert spec.rule("attestation").params["counters"] == [counter.key for counter in spec.counters]
    assert spec.rule("attended_minutes").params == {"minutes": "attended"}


def test_three_socio_professional_strands_with_their_own_funders_and_reports(spec: ProgrammeSpec) -> None:
    strands = {rule.params["funder"]: rule.params for rule in spec.rules_of("strand")}
    assert set(strands) == {"region", "forem", "fse"}
    assert {rule.params["funder"] for rule in spec.rules_of("report")} == set(strands)
    for funder, strand in strands.items():
        assert {spec.activity(key).funder for key in strand["activities"]} == {funder}
    assert strands["forem"]["modules"] == 23
    assert strands["forem"]["name"] == "Levons les freins"
    individual = {key: spec.activity(key).individual for key in strands["forem"]["activities"]}
    assert individual == {"brakes_group": False, "brakes_individual": True}


def test_go_to_job_is_individual_in_namur_and_outposts_collective_in_namur(spec: ProgrammeSpec) -> None:
    assert spec.activity("go_individual").individual
    assert set(spec.activity("go_individual").places) == {"main", "outposts"}
    assert not spec.activity("go_group").individual
    assert spec.activity("go_group").places == ("main",)


def test_first_contact_in_groups_by_language_with_interpreter_when_lists_grow(spec: ProgrammeSpec) -> None:
    contact = spec.activity("first_contact")
    assert contact.language_groups
    assert [r.language for r in contact.roles if r.who == ("interpreter",)] == ["group"]
    assert contact.file == "none"
    rush = spec.rule("rush").params
    assert (rush["replaces"], rush["when"]) == ("welcome_module", "waiting_list")
    assert (rush["municipalities"], rush["partner"], rush["interpreter"]) == (14, "cpas", True)
    assert spec.rule("follow_up_list").params == {"after": ["first_contact"], "for": "follow_up"}


def test_open_desks_in_outposts_are_staffed_and_booked_without_a_list(spec: ProgrammeSpec) -> None:
    desk = spec.activity("open_desk")
    assert desk.drop_in
    assert desk.needs_room
    assert desk.places == ("outposts",)
    assert desk.roles
    assert spec.rule("open_desks").params["attendance"] is True


def test_laptops_are_a_limited_pool(spec: ProgrammeSpec) -> None:
    [pool] = spec.equipment
    [need] = spec.activity("digital_module").equipment
    assert (pool.key, need.equipment) == ("laptops", "laptops")
    assert need.units <= pool.units
    assert spec.activity("digital_module").seats.max <= need.units
    assert spec.rule("laptops").params["equipment"] == "laptops"


def test_pairs_meet_two_hours_every_fortnight_where_and_when_suits_both(spec: ProgrammeSpec) -> None:
    meeting, demand = spec.activity("mentor_meeting"), spec.demand("mentor_meeting")
    assert (meeting.individual, meeting.with_mentor, meeting.duration) == (True, True, 120)
    assert not meeting.needs_room
    assert meeting.places == ("chosen",)
    assert (demand.every, demand.min, demand.max, demand.when.mentored) == (2, 1, 1, True)
    assert any(start >= "17:00" for _, start in meeting.starts)
    rule = spec.rule("pairs").params
    assert rule["match_on"] == ["needs", "sector", "language"]
    assert rule["programmes"] == ["MIN", "Net2Work"]


def test_pairs_gather_every_six_weeks(spec: ProgrammeSpec) -> None:
    gathering, demand = spec.activity("gathering"), spec.demand("gathering")
    assert (gathering.with_mentor, gathering.individual) == (True, False)
    assert (gathering.frequency.every, gathering.frequency.min, gathering.frequency.max) == (6, 1, 1)
    assert (demand.every, demand.min, demand.when.mentored) == (6, 1, True)


def test_volunteer_interpreters_are_booked_by_language(spec: ProgrammeSpec) -> None:
    assert spec.rule("interpreters").params == {
        "pool": "volunteer",
        "by": "language",
        "for": ["sessions", "interviews"],
    }

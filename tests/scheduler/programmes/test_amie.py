"""Antwerp, AMIE: its rules as data."""

from __future__ import annotations

from scheduler.programmes import ProgrammeSpec

WED, FRI, SAT = 2, 4, 5
IN_THE_PROGRAMME = ("launch", "middle", "final")


def test_about_six_months_in_three_phases_after_an_intake(spec: ProgrammeSpec) -> None:
    assert [p.key for p in spec.phases if p.before_enrolment] == ["intake"]
    assert [p.key for p in spec.phases if not p.before_enrolment] == list(IN_THE_PROGRAMME)
    assert sum(p.weeks or 0 for p in spec.phases) == 26
    assert spec.rule("path_length").params == {"months": 6}


def test_an_intake_interview_of_an_hour_or_more_before_enrolment(spec: ProgrammeSpec) -> None:
    intake = spec.activity("intake")
    assert intake.individual
    assert intake.duration >= 60
    demand = spec.demand("intake")
    assert (demand.phases, demand.activities, demand.every, demand.min) == (("intake",), ("intake",), 0, 1)
    assert spec.rule("intake_first").params == {"activities": ["intake"], "min_minutes": 60}


def test_interviews_weekly_in_the_middle_phase_once_or_twice_a_month_in_the_final_one(
    spec: ProgrammeSpec,
) -> None:
    weekly, monthly = spec.demand("interview_weekly"), spec.demand("interview_monthly")
    assert (weekly.phases, weekly.every, weekly.min, weekly.max) == (("middle",), 1, 1, 1)
    assert (monthly.phases, monthly.every, monthly.min, monthly.max) == (("final",), 4, 1, 2)
    for demand in (weekly, monthly):
        assert all(spec.activity(key).individual for key in demand.activities)
        assert all(spec.activity(key).duration == 60 for key in demand.activities)
    assert spec.rule("phone_follow_up").params == {"phases": ["final"], "channel": "phone"}


def test_interviews_at_the_office_at_home_or_outside_also_in_the_evening(spec: ProgrammeSpec) -> None:
    places = {place for key in ("interview", "visit") for place in spec.activity(key).places}
    assert places == {"inside", "home", "chosen"}
    assert spec.rule("interview_places").params["places"] == ["inside", "home", "chosen"]
    starts = spec.activity("interview").starts
    assert any(start >= "17:00" for _, start in starts)
    assert any(day == SAT for day, _ in starts)
    assert spec.rule("out_of_hours").params["evenings"] is True
    assert spec.rule("quick_appointment").params["max_days"] == 2


def test_one_group_session_of_three_hours_a_week_alternating_wednesday_and_friday_afternoon(
    spec: ProgrammeSpec,
) -> None:
    session = spec.activity("group_session")
    assert (session.duration, session.pause) == (180, 15)
    assert (session.frequency.every, session.frequency.max, session.pattern) == (1, 1, "alternating")
    assert {day for day, _ in session.starts} == {WED, FRI}
    assert all(start >= "12:00" for _, start in session.starts)


def test_everybody_at_least_once_every_two_weeks(spec: ProgrammeSpec) -> None:
    demand = spec.demand("group_fortnight")
    assert demand.activities == ("group_session",)
    assert (demand.every, demand.min) == (2, 1)
    assert demand.phases == IN_THE_PROGRAMME


def test_the_composition_changes_so_that_people_meet(spec: ProgrammeSpec) -> None:
    assert spec.activity("group_session").mix


def test_three_types_of_session(spec: ProgrammeSpec) -> None:
    types = spec.rule("session_types").params["types"]
    assert types["informative"] == ["rights_duties", "rental_law", "health_care"]
    assert types["psychosocial"] == ["stress", "sleep", "identity"]
    assert "excursion" in types
    assert spec.activity("excursion").kind == "excursion"
    # The team places an excursion instead of a session: the planner has nothing to gain by adding one.
    assert spec.demand("excursion_by_hand").target == 0
    assert spec.rule("one_a_week").params == {"activities": ["group_session", "excursion"], "per_week": 1}


def test_the_outline_of_a_session(spec: ProgrammeSpec) -> None:
    steps = [step.translations["en"] for step in spec.activity("group_session").outline]
    assert steps == ["Group rules", "Getting to know each other", "Theme", "Deepening", "Evaluation"]


def test_the_place_is_quiet_reachable_and_open_to_children(spec: ProgrammeSpec) -> None:
    session = spec.activity("group_session")
    assert session.room_features == ("quiet",)
    assert session.children_welcome
    rule = spec.rule("reachable").params
    assert rule["public_transport"] is True
    assert rule["children"] is True


def test_calendar_reminders_report_and_team(spec: ProgrammeSpec) -> None:
    assert spec.rule("year_calendar").params == {"months": 12, "notify": True}
    reminders = spec.rule("reminders").params
    assert reminders["everybody"] is True
    assert reminders["bounded"] is True
    assert set(reminders["channels"]) == {"whatsapp", "sms"}
    assert spec.rule("eu_report").params == {"funder": "ue", "period": "year", "detail": "person"}
    assert spec.rule("team").params == {"full_time": 2, "lead_percent": 50}

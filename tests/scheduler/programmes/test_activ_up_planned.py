"""Charleroi, ACTIV UP!: its rules on a solved plan of four weeks."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from tests.factories import MONDAY
from tests.scheduler.programmes.small_centre import ONE_DATABASE, PlannedWeeks, SmallCentre

pytestmark = ONE_DATABASE

WEEKS = 4
COURSES = "mon am, fri pm"
LONG_AGO = MONDAY - timedelta(weeks=20)
COACHED = [f"start {n}" for n in range(4)]
DRIVERS, WORKERS = ["driver 0", "driver 1"], ["worker 0", "worker 1"]
VOLUNTEERS = [f"volunteer {n}" for n in range(3)]
TRAINEES = [f"trainee {n}" for n in range(3)]
MODULES = [f"modules {n}" for n in range(3)]
SKILLS = ("group_work", "volunteering", "digital", "creative", "image", "sport")


def fill(small: SmallCentre) -> None:
    small.rooms(20, 16, 12, 4)
    for name in ("Nadia", "Tom"):
        small.staff(name, *SKILLS, "interview", "psychosocial")
    small.staff("Trainer 1", "socio_professional")
    small.staff("Trainer 2", "socio_professional", "interview")
    small.staff("Host", kind="host", hours={"thu": ("08:30", "17:30")})
    for name in COACHED:
        asked = ["sensitive_information"] if name in ("start 0", "start 1") else []
        small.person(name, "start", COURSES, preferred_activities=asked)
    for name in DRIVERS:
        small.person(name, "project", COURSES, project="driving_licence", since=LONG_AGO)
    for name in WORKERS:
        small.person(name, "project", COURSES, project="employment", since=LONG_AGO)
    for name in VOLUNTEERS:
        small.person(name, "middle", COURSES, project="volunteering", since=LONG_AGO)
    small.person("with host", "middle", COURSES, project="volunteering_host")
    for name in TRAINEES:
        small.person(name, "intensive")
    for name in MODULES:
        small.person(name, "modules", "mon pm, tue pm")


def test_the_plan_keeps_every_rule(small: SmallCentre) -> None:
    fill(small)
    plan = small.plan(WEEKS, lost_at_most=2550)
    plan.check()
    coaching_once_a_fortnight(plan)
    volunteering_after_preparation(plan)
    ten_consecutive_days_of_training(plan)
    three_mornings_of_modules(plan)
    workshops_information_and_excursion(plan)
    sensitive_themes_only_on_request(plan)
    individual_coaching(plan)


def test_appointments_beyond_the_one_of_three_weeks_are_added_by_people(small: SmallCentre) -> None:
    fill(small)
    assert {d.max for d in small.demands_of("interview", WEEKS)} == {1}
    assert {d.max for d in small.demands_of("interview", WEEKS, judging=True)} == {3}
    assert {d.to_day for d in small.demands_of("interview", WEEKS)} == {21}


def coaching_once_a_fortnight(plan: PlannedWeeks) -> None:
    own = dict.fromkeys(DRIVERS, "coaching_driving") | dict.fromkeys(WORKERS, "coaching_work")
    everything = ("coaching", "coaching_driving", "coaching_work", "coaching_volunteering")
    for name in [*COACHED, *VOLUNTEERS, *own]:
        assert plan.count(name, own.get(name, "coaching"), period=2) == [1, 1], name
        assert sum(plan.count(name, *everything)) == 2, name
    assert all(s.minutes == 180 for s in plan.of(*everything))


def volunteering_after_preparation(plan: PlannedWeeks) -> None:
    for name in [*VOLUNTEERS, "with host"]:
        [preparation] = plan.of("volunteering_preparation", person=name)
        later = plan.of("volunteering_activity", "volunteering_host", person=name)
        assert later, name
        assert all((preparation.day, preparation.ends) <= (s.day, s.starts) for s in later)
        assert max(plan.count(name, "volunteering_activity")) <= 1
        assert max(plan.count(name, "volunteering_experience")) <= 1
    for session in plan.of("volunteering_activity"):
        assert (session.site, session.room) == ("Maison de repos", None)
    for session in plan.of("volunteering_host"):
        assert session.leaders == {"host": ["Host"]}
        assert session.people == {"with host"}


def ten_consecutive_days_of_training(plan: PlannedWeeks) -> None:
    sessions = plan.of("intensive")
    first = sessions[0].day
    weekdays = [day for day in range(first, first + 21) if day % 7 < 5]
    assert [s.day for s in sessions] == weekdays[:10]
    assert len({s.starts for s in sessions}) == 1
    for session in sessions:
        assert session.people == set(TRAINEES)


def three_mornings_of_modules(plan: PlannedWeeks) -> None:
    for name in MODULES:
        assert all(2 <= count <= 3 for count in plan.count(name, "module")), name
        days = [s.day for s in plan.of("module", person=name)]
        assert len(set(days)) == len(days)
        assert sum(plan.count(name, "module_outing")) <= 1
    assert all(s.ends <= 12 * 60 + 30 for s in plan.of("module"))


def workshops_information_and_excursion(plan: PlannedWeeks) -> None:
    workshops = ("workshop_computing", "workshop_image", "workshop_making", "workshop_sport")
    for name in [*COACHED, *DRIVERS, *WORKERS, *VOLUNTEERS]:
        assert max(plan.count(name, *workshops)) <= 1, name
        assert max(plan.count(name, "information")) <= 2, name
        assert sum(plan.count(name, "excursion")) <= 1, name
    mornings = plan.of("information")
    assert max(Counter(s.week for s in mornings).values()) <= 2
    assert all(s.ends <= 12 * 60 for s in mornings)
    for session in plan.of("excursion"):
        assert len(session.people) >= 5
        assert session.day >= 7, "approved two weeks ahead"


def sensitive_themes_only_on_request(plan: PlannedWeeks) -> None:
    for session in plan.of("sensitive_information"):
        assert session.people <= {"start 0", "start 1"}


def individual_coaching(plan: PlannedWeeks) -> None:
    for name in [*COACHED, *DRIVERS, *VOLUNTEERS, *TRAINEES, *MODULES]:
        weekly = plan.count(name, "interview")
        assert sum(weekly[:3]) >= 1, name
        assert max(weekly) <= 1, name

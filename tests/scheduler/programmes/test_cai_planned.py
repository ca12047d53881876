"""Namur, CAI: its rules on a solved plan of six weeks."""

from __future__ import annotations

from collections import Counter

from scheduler.models import MentoringPair, PathCounter, StaffKind
from tests.scheduler.programmes.small_centre import ONE_DATABASE, PlannedWeeks, SmallCentre

pytestmark = ONE_DATABASE

WEEKS = 6
PATH = [f"path {n}" for n in range(7)]
JOB = [f"job {n}" for n in range(4)]
MENTOR_HOURS = {
    "Mentor 0": {"tue": ("17:00", "20:00"), "sat": ("09:00", "13:00")},
    "Mentor 1": {"thu": ("17:00", "20:00"), "sat": ("09:00", "13:00")},
    "Mentor 2": {"mon": ("17:00", "20:00"), "sat": ("09:00", "16:30")},
}
PAIRS = {"path 0": "Mentor 0", "path 1": "Mentor 1", "job 0": "Mentor 2"}


def fill(small: SmallCentre) -> None:
    small.rooms(16, 14, 4)
    outpost = small.site("Antenne")
    small.rooms(10, 4, site=outpost)
    small.staff("Welcome", "interview", "citizenship", languages=["fr", "ar"])
    small.staff("Counsellor", "socio_professional", "mentoring", hours=with_saturday())
    small.staff("Trainer", "digital", "citizenship")
    small.staff("Interpreter", kind="interpreter", languages=["ar", "fr"])
    mentors = {
        name: small.staff(name, kind=StaffKind.VOLUNTEER, hours=hours) for name, hours in MENTOR_HOURS.items()
    }
    people = {}
    for n in range(3):
        small.person(f"welcome {n}", "welcome", "mon am", languages=["ar"], needs_interpreter=True)
    for number, name in enumerate(PATH):
        asked = ["digital_module"] if number < 3 else []
        people[name] = small.person(name, "path", "mon am, wed am, fri am", preferred_activities=asked)
    for name in JOB:
        people[name] = small.person(
            name, "job", "tue am", project="employment", preferred_activities=["digital_module"]
        )
    for name, mentor in PAIRS.items():
        small.make(MentoringPair, participant=people[name], mentor=mentors[mentor])
    nearly, done = 57 * 60, 60 * 60
    for name, minutes in (("path 3", nearly), ("path 4", done)):
        small.make(
            PathCounter,
            programme=small.programme,
            participant=people[name],
            key="citizenship",
            prior_minutes=minutes,
        )


def with_saturday() -> dict[str, tuple[str, str]]:
    office = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), ("08:30", "19:30"))
    return {**office, "sat": ("09:30", "13:00")}


def test_the_plan_keeps_every_rule(small: SmallCentre) -> None:
    fill(small)
    plan = small.plan(WEEKS, lost_at_most=1100)
    plan.check()
    pairs_meet_their_own_mentor_fortnightly(plan)
    pairs_gather_with_their_mentors(plan)
    laptops_are_never_over_the_pool(plan)
    legal_counters_come_first_and_end(plan)
    job_strands(plan)
    open_desks_in_the_outpost(plan)


def within(hours: dict[str, tuple[str, str]], weekday: str, starts: int, ends: int) -> bool:
    if weekday not in hours:
        return False
    first, last = (int(t[:2]) * 60 + int(t[3:]) for t in hours[weekday])
    return first <= starts and ends <= last


def pairs_meet_their_own_mentor_fortnightly(plan: PlannedWeeks) -> None:
    for name, mentor in PAIRS.items():
        assert plan.count(name, "mentor_meeting", period=2) == [1, 1, 1], name
        for session in plan.of("mentor_meeting", person=name):
            assert session.minutes == 120
            assert session.people == {name}
            assert within(MENTOR_HOURS[mentor], session.weekday, session.starts, session.ends)
    assert set().union(*(s.people for s in plan.of("mentor_meeting"))) == set(PAIRS)


def pairs_gather_with_their_mentors(plan: PlannedWeeks) -> None:
    [gathering] = plan.of("gathering")
    assert gathering.people <= set(PAIRS)
    assert len(gathering.people) >= 2
    for name in gathering.people:
        assert within(MENTOR_HOURS[PAIRS[name]], gathering.weekday, gathering.starts, gathering.ends)
    assert len(gathering.leaders["host"]) == 1


def laptops_are_never_over_the_pool(plan: PlannedWeeks) -> None:
    sessions = plan.of("digital_module")
    assert sessions
    assert max(Counter(s.week for s in sessions).values()) <= 2
    for moment in {(s.day, s.starts) for s in sessions}:
        running = [s for s in sessions if s.day == moment[0] and s.starts <= moment[1] < s.ends]
        assert 8 * len(running) <= 10
    asked = {*PATH[:3], *JOB}
    assert all(s.people <= asked for s in sessions)


def legal_counters_come_first_and_end(plan: PlannedWeeks) -> None:
    for n in range(3):
        [welcome] = plan.of("welcome_module", person=f"welcome {n}")
        assert welcome.leaders["interpreter"] == ["Interpreter"]
        contacts = plan.of("first_contact", person=f"welcome {n}")
        assert all(s.language == "ar" and s.leaders["interpreter"] == ["Interpreter"] for s in contacts)
    for name in [*PATH[:3], *PATH[5:]]:
        assert min(plan.count(name, "citizenship")) >= 1, name
    assert sum(plan.count("path 3", "citizenship")) <= 2, "three hours are missing"
    assert plan.of("citizenship", person="path 4") == []
    for name in PATH:
        [module] = plan.of("socio_professional_module", person=name)
        assert module.minutes == 240


def job_strands(plan: PlannedWeeks) -> None:
    for name in JOB:
        assert sum(plan.count(name, "brakes_individual", "go_individual")[:4]) >= 1, name
        assert max(plan.count(name, "go_group")) <= 1
        assert max(plan.count(name, "brakes_group")) <= 2
    assert all(s.site == "Centre" for s in plan.of("go_group"))
    assert all(s.site in ("Centre", "Antenne") for s in plan.of("go_individual"))


def open_desks_in_the_outpost(plan: PlannedWeeks) -> None:
    desks = plan.of("open_desk")
    assert len(desks) >= WEEKS - 1
    assert len({(s.weekday, s.starts) for s in desks}) == 1
    for desk in desks:
        assert desk.site == "Antenne"
        assert desk.room is not None
        assert desk.people == frozenset()
        assert len(desk.leaders["worker"]) == 1

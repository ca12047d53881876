"""Liege, MOD'ACTIONS: its rules on a solved plan of four weeks."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from scheduler.models import EnrolmentStatus
from tests.factories import MONDAY
from tests.scheduler.programmes.small_centre import ONE_DATABASE, PlannedWeeks, SmallCentre

pytestmark = ONE_DATABASE

WEEKS = 4
BEGINNERS = [f"beginner {n}" for n in range(4)]
ADVANCED = [f"advanced {n}" for n in range(4)]
INTERESTS = {"beginner 0": ["art"], "beginner 1": ["art"], "advanced 0": ["art"], "advanced 1": []}


def fill(small: SmallCentre) -> None:
    small.rooms(16, 12, 4)
    small.staff("Teacher", "french_teaching", "group_work")
    small.staff("Nadia", "creative", "digital", "group_work", "interview")
    small.staff("Tom", "interview", "group_work")
    for name in BEGINNERS:
        asked = INTERESTS.get(name, [])
        small.person(name, "groups", "mon am, thu am", level_spoken=0, preferred_activities=asked)
    for name in ADVANCED:
        asked = INTERESTS.get(name, [])
        small.person(name, "groups", "tue am, fri am", level_spoken=2, preferred_activities=asked)
    small.person("orientation", "orientation", "mon am", since=MONDAY)
    small.person("plan", "orientation", "mon am", since=MONDAY - timedelta(weeks=5))
    small.person("trial", "trial", "mon am", since=MONDAY, level_spoken=0, status=EnrolmentStatus.TRIAL)
    small.person("leaving", "closing", "mon am, tue am", level_spoken=2)
    for n in range(3):
        small.person(f"curious {n}", "information", "mon am")


def test_the_plan_keeps_every_rule(small: SmallCentre) -> None:
    fill(small)
    plan = small.plan(WEEKS, lost_at_most=1400)
    plan.check()
    language_three_times_three_hours_at_the_same_times(plan)
    groups_by_interest(plan)
    six_weekly_interviews_then_the_action_plan(plan)
    one_excursion_for_all(plan)
    beginning_and_end(plan)


def language_three_times_three_hours_at_the_same_times(plan: PlannedWeeks) -> None:
    for key, names in (("language_beginners", BEGINNERS), ("language_advanced", ADVANCED)):
        sessions = plan.of(key)
        assert max(Counter(s.week for s in sessions).values()) <= 3
        assert len({(s.weekday, s.starts) for s in sessions}) <= 3
        assert {s.minutes for s in sessions} == {180}
        for name in names:
            weekly = plan.count(name, key)
            assert all(2 <= count <= 3 for count in weekly), (name, weekly)
            days = [s.day for s in plan.of(key, person=name)]
            assert len(set(days)) == len(days)
    assert not plan.of("language_advanced", person="beginner 0")
    assert not plan.of("language_beginners", person="advanced 0")


def groups_by_interest(plan: PlannedWeeks) -> None:
    sessions = plan.of("art")
    assert sessions
    assert len({(s.weekday, s.starts) for s in sessions}) <= 2
    assert {s.minutes for s in sessions} == {120}
    for session in sessions:
        assert session.people <= {"beginner 0", "beginner 1", "advanced 0", "trial"}
    assert max(plan.count("beginner 0", "art")) <= 2
    assert not plan.of("art", "computing", "project", person="advanced 1")


def six_weekly_interviews_then_the_action_plan(plan: PlannedWeeks) -> None:
    assert plan.count("orientation", "orientation_interview") == [1, 1, 1, 1]
    assert plan.count("orientation", "action_plan") == [0, 0, 0, 0]
    assert plan.count("plan", "orientation_interview") == [1, 0, 0, 0]
    explained = plan.count("plan", "action_plan")
    assert sum(explained) == sum(explained[1:3]) == 1


def one_excursion_for_all(plan: PlannedWeeks) -> None:
    [excursion] = plan.of("excursion")
    assert excursion.minutes == 7 * 60
    assert (excursion.site, excursion.room) == ("En sortie", None)
    assert excursion.people <= {*BEGINNERS, *ADVANCED}


def beginning_and_end(plan: PlannedWeeks) -> None:
    assert 1 <= len(plan.of("information")) <= 2
    for n in range(3):
        assert sum(plan.count(f"curious {n}", "information")) == 1
    assert sum(plan.count("leaving", "closing_interview")) == 1
    trial = [u for u in plan.solution.unmet if plan.names[u.participant] == "trial"]
    assert all(u.min == 0 for u in trial)

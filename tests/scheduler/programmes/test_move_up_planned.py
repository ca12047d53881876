"""Brussels, MOVE UP!: its rules on a solved plan of two weeks."""

from __future__ import annotations

from tests.scheduler.programmes.small_centre import ONE_DATABASE, PlannedWeeks, SmallCentre

pytestmark = ONE_DATABASE

WEEKS = 2
BEGINNERS = [f"beginner {n}" for n in range(8)]
ADVANCED = [f"advanced {n}" for n in range(6)]
MODULES = ("citizenship", "daily_life", "health", "family_school", "institutions", "external", "outing")
GROUP_1, GROUP_2 = [f"{m}_1" for m in MODULES], [f"{m}_2" for m in MODULES]


def fill(small: SmallCentre) -> None:
    small.rooms(16, 16, 4)
    for name in ("Leader 1", "Leader 2"):
        small.staff(name, "group_work")
    for name in ("Teacher 1", "Teacher 2"):
        small.staff(name, "french_teaching")
    small.staff("Social worker", "social_work")
    for number, name in enumerate(BEGINNERS):
        small.person(name, "activities", ("", "mon am", "wed pm", "tue pm")[number % 4], level_spoken=1)
    for number, name in enumerate(ADVANCED):
        small.person(name, "activities", ("", "fri pm")[number % 2], level_spoken=3)
    too_busy = "mon am, mon pm, tue am, tue pm, wed am, thu am"
    small.person("too busy", "activities", too_busy, level_spoken=1)
    small.person("candidate", "entry", "mon am", level_spoken=1)
    small.person("leaving", "final", "mon am", level_spoken=3)


def test_the_plan_keeps_every_rule(small: SmallCentre) -> None:
    fill(small)
    plan = small.plan(WEEKS, lost_at_most=4600)
    plan.check()
    twenty_one_hours_on_five_days(plan)
    groups_of_fifteen_by_level_with_a_teacher(plan)
    entry_and_end(plan)
    evaluations(plan)


def twenty_one_hours_on_five_days(plan: PlannedWeeks) -> None:
    for name in [*BEGINNERS, *ADVANCED]:
        for week in range(WEEKS):
            attended = [s for s in plan.of(*GROUP_1, *GROUP_2, person=name) if s.week == week]
            assert sum(s.minutes for s in attended) >= 21 * 60, (name, week)
            assert len({s.day for s in attended}) == 5, (name, week)
    # Four half-days a week are free of courses: 12 hours, and the plan says that it is not enough.
    assert {name for name, _, _ in plan.unmet(*GROUP_1, *GROUP_2)} == {"too busy"}


def groups_of_fifteen_by_level_with_a_teacher(plan: PlannedWeeks) -> None:
    for keys, names in ((GROUP_1, {*BEGINNERS, "too busy"}), (GROUP_2, set(ADVANCED))):
        for session in plan.of(*keys):
            assert session.people <= names
            assert len(session.people) <= 15
            assert session.leaders["teacher"][0].startswith("Teacher")
            assert session.leaders["leader"][0].startswith("Leader")


def entry_and_end(plan: PlannedWeeks) -> None:
    [interview] = plan.of("motivation_interview", person="candidate")
    assert sorted(interview.leaders["leader"]) == ["Leader 1", "Leader 2"]
    assert len(plan.of("language_test", person="candidate")) == 1
    [final] = plan.of("final_evaluation", person="leaving")
    assert final.leaders["social_worker"] == ["Social worker"]
    assert final.leaders["leader"][0].startswith("Leader")


def evaluations(plan: PlannedWeeks) -> None:
    assert all(len(s.people) == 1 for s in plan.of("evaluation"))
    assert all(sum(plan.count(name, "evaluation")) <= 1 for name in [*BEGINNERS, *ADVANCED])

"""Ce.R.A.I.C. and CRIC with a CPAS: the joint plan's rules on a solved plan of four weeks."""

from __future__ import annotations

from tests.scheduler.programmes.small_centre import ONE_DATABASE, PlannedWeeks, SmallCentre

pytestmark = ONE_DATABASE

WEEKS = 4
TERRITORIES = {"Anne": ["Montigny-le-Tilleul", "Thuin"], "Basile": ["Charleroi"]}
ACCOMPANIED = {
    f"{town} {n}": town for town in ("Montigny-le-Tilleul", "Thuin", "Charleroi") for n in range(3)
}


def fill(small: SmallCentre) -> None:
    small.rooms(20, 10, 4)
    for name, towns in TERRITORIES.items():
        small.staff(name, "interview", "group_work", municipalities=towns)
    small.staff("Clara", "social_work")
    small.staff("Dries", "training")
    small.staff("Interpreter", kind="interpreter", languages=["ti", "fr"])
    for name, town in ACCOMPANIED.items():
        small.person(name, "accompany", "mon am, wed am", municipality=town)
    small.person("needs help", "accompany", municipality="Thuin", languages=["ti"], needs_interpreter=True)
    for n in range(4):
        small.person(f"no file {n}", "inform", "mon am")
    small.person("oriented", "orient", "mon am", municipality="Ailleurs")


def test_the_plan_keeps_every_rule(small: SmallCentre) -> None:
    fill(small)
    plan = small.plan(WEEKS, lost_at_most=400)
    plan.check()
    accompanied_by_the_worker_of_the_municipality(plan)
    sessions_without_a_file(plan)
    second_line_for_professionals(plan)


def accompanied_by_the_worker_of_the_municipality(plan: PlannedWeeks) -> None:
    worker_of = {town: worker for worker, towns in TERRITORIES.items() for town in towns}
    for name, town in {**ACCOMPANIED, "needs help": "Thuin"}.items():
        assert min(plan.count(name, "accompany", period=2)) >= 1, name
        for session in plan.of("accompany", "joint_review", person=name):
            assert session.leaders["worker"] == [worker_of[town]]
    for session in plan.of("accompany"):
        wanted = ["Interpreter"] if "needs help" in session.people else []
        assert session.leaders.get("interpreter", []) == wanted
    assert len(plan.of("orient", person="oriented")) == 1


def sessions_without_a_file(plan: PlannedWeeks) -> None:
    open_ones = plan.of("inform")
    assert [1 <= sum(s.week // 2 == window for s in open_ones) <= 2 for window in (0, 1)] == [True, True]
    assert all(s.people == frozenset() and s.leaders["worker"] for s in open_ones)
    listed = {name for s in plan.of("group_information") for name in s.people}
    assert listed == {f"no file {n}" for n in range(4)}


def second_line_for_professionals(plan: PlannedWeeks) -> None:
    assert 1 <= len(plan.of("training")) <= 2
    assert 1 <= len(plan.of("awareness")) <= 2
    for session in plan.of("training", "awareness"):
        assert session.people == frozenset()
        assert session.leaders == {"trainer": ["Dries"]}
    assert all(s.day >= 7 for s in plan.of("training")), "approved two weeks ahead"


def test_platforms_of_partners_meet_once_a_quarter(small: SmallCentre) -> None:
    small.rooms(20)
    small.staff("Dries", "training")
    plan = small.plan(13, lost_at_most=400)
    plan.check()
    [platform] = plan.of("platform")
    assert platform.leaders == {"host": ["Dries"]}
    assert platform.people == frozenset()

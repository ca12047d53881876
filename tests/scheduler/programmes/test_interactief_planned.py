"""Ghent, Interactief!: its rules on a solved plan of four weeks."""

from __future__ import annotations

from collections import Counter

from scheduler.models import Cohort, CohortMember
from tests.factories import MONDAY
from tests.scheduler.programmes.small_centre import ONE_DATABASE, PlannedWeeks, SmallCentre

pytestmark = ONE_DATABASE

WEEKS = 4
ARABIC = [f"arabic {n}" for n in range(4)]
TIGRINYA = [f"tigrinya {n}" for n in range(3)]
COHORT = [f"via {n}" for n in range(9)]
INTEGRATION = [f"integration {n}" for n in range(4)]


def fill(small: SmallCentre) -> None:
    small.rooms(16, 12, 4)
    small.staff("Mediator", "intercultural_mediation", languages=["ar", "fr"])
    small.staff("Neighbour", "neighbourhood_work", "group_work")
    small.staff("Group 1", "group_work")
    small.staff("Group 2", "group_work", "interview")
    small.staff("Interpreter ar", kind="interpreter", languages=["ar", "fr"])
    small.staff("Interpreter ti", kind="interpreter", languages=["ti", "fr"])
    for name in ARABIC:
        small.person(name, "goal", "mon am, wed am", languages=["ar"], level_spoken=0)
    for name in TIGRINYA:
        small.person(name, "goal", "mon am, thu pm", languages=["ti", "en"], level_spoken=0)
    cohort = small.make(
        Cohort, programme=small.programme, name="Groupe de novembre", starts_on=MONDAY, seats_max=10
    )
    for name in COHORT:
        person = small.person(name, "via_1", "mon am, wed am, thu pm", languages=["ar"])
        small.make(CohortMember, cohort=cohort, participant=person)
    small.person("outsider", "via_1", languages=["ar"])
    for name in INTEGRATION:
        small.person(name, "social_integration", "mon am, mon pm", level_spoken=0, level_written=0)
    small.person("alone", "individual_path", "mon am", languages=["ar"], needs_interpreter=True)
    small.person("speaks", "individual_path", "mon am", languages=["ar", "fr"])


def test_the_plan_keeps_every_rule(small: SmallCentre) -> None:
    fill(small)
    plan = small.plan(WEEKS, lost_at_most=900)
    plan.check()
    goal_by_language(plan)
    via_is_a_closed_cohort_on_two_half_days(plan)
    social_integration_one_day_a_week(plan)
    interviews_with_a_mediator_on_request(plan)


def goal_by_language(plan: PlannedWeeks) -> None:
    assert plan.unmet("goal") == []
    for names, language in ((ARABIC, "ar"), (TIGRINYA, "ti")):
        for name in names:
            [session] = plan.of("goal", person=name)
            assert session.language == language
            assert session.minutes == 6 * 60
            assert session.leaders["interpreter"] == [f"Interpreter {language}"]
            assert session.leaders["mediator"] == ["Mediator"]
            assert session.leaders["neighbourhood_worker"] == ["Neighbour"]


def via_is_a_closed_cohort_on_two_half_days(plan: PlannedWeeks) -> None:
    sessions = plan.of("via")
    assert Counter(s.week for s in sessions) == dict.fromkeys(range(WEEKS), 2)
    assert len({(s.weekday, s.starts) for s in sessions}) == 2
    for session in sessions:
        assert session.people == set(COHORT)
        assert len(session.people) <= 10
        assert len(session.leaders["worker"]) == 2
        sizes = Counter(session.subgroups.values())
        assert set(sizes) == set(range(len(sizes)))
        assert all(4 <= size <= 6 for size in sizes.values())
    for name in COHORT:
        assert plan.count(name, "via") == [2] * WEEKS
        assert len({s.day for s in plan.of("via", person=name)}) == 2 * WEEKS
    assert plan.of(person="outsider") == []


def social_integration_one_day_a_week(plan: PlannedWeeks) -> None:
    sessions = plan.of("social_integration")
    assert [s.week for s in sessions] == list(range(WEEKS))
    assert len({s.weekday for s in sessions}) == 1
    for name in INTEGRATION:
        assert plan.count(name, "social_integration") == [1] * WEEKS


def interviews_with_a_mediator_on_request(plan: PlannedWeeks) -> None:
    assert plan.of("interview", person="alone")
    for session in plan.of("interview"):
        helpers = session.leaders.get("mediator", [])
        assert helpers == (["Mediator"] if "alone" in session.people else [])

"""Antwerp, AMIE: its rules on a solved plan of four weeks."""

from __future__ import annotations

from itertools import combinations

from tests.scheduler.programmes.small_centre import ONE_DATABASE, PlannedWeeks, SmallCentre

pytestmark = ONE_DATABASE

WEEKS = 4
DUTCH = "mon am, tue am, thu am"
ONLY_WEDNESDAY, ONLY_FRIDAY = f"{DUTCH}, fri pm", f"{DUTCH}, wed pm"
IN_GROUP = [f"{phase} {n}" for phase in ("launch", "middle", "final") for n in range(3)]


def fill(small: SmallCentre) -> None:
    small.rooms(16, 4, 4)
    evenings = {"mon": ("09:00", "20:00"), "thu": ("09:00", "20:00")}
    days = dict.fromkeys(("tue", "wed", "fri"), ("08:30", "17:30"))
    small.staff("Nadia", "group_work", "interview", hours={**evenings, **days})
    small.staff("Tom", "group_work", "interview")
    small.staff("Lead", "interview", hours=dict.fromkeys(("mon", "tue", "wed"), ("08:30", "12:30")))
    for name in IN_GROUP:
        courses = {"0": ONLY_WEDNESDAY, "1": ONLY_FRIDAY}.get(name[-1], DUTCH)
        small.person(name, name.split()[0], courses)
    small.person("new with children", "intake", DUTCH, brings_children=True)


def test_the_plan_keeps_every_rule(small: SmallCentre) -> None:
    fill(small)
    plan = small.plan(WEEKS, lost_at_most=430)
    plan.check()
    one_session_a_week_on_alternating_days(plan)
    everybody_once_a_fortnight(plan)
    people_meet_others(plan)
    interviews(plan)
    intake(plan)


def test_excursions_are_for_the_team_to_place(small: SmallCentre) -> None:
    fill(small)
    assert len(small.demands_of("group_session", WEEKS)) == len(IN_GROUP)
    assert not small.demands_of("excursion", WEEKS)
    assert len(small.demands_of("excursion", WEEKS, judging=True)) == len(IN_GROUP)


def one_session_a_week_on_alternating_days(plan: PlannedWeeks) -> None:
    groups = plan.of("group_session", "excursion")
    assert [s.week for s in groups] == [0, 1, 2, 3]
    weekdays = [s.weekday for s in groups]
    assert weekdays in (["wed", "fri", "wed", "fri"], ["fri", "wed", "fri", "wed"])
    for session in groups:
        assert session.minutes == 180
        assert session.starts == 13 * 60 + 30
        assert session.room == "Salle 1"


def everybody_once_a_fortnight(plan: PlannedWeeks) -> None:
    assert plan.unmet("group_session") == []
    for name in IN_GROUP:
        assert all(count >= 1 for count in plan.count(name, "group_session", period=2)), name


def people_meet_others(plan: PlannedWeeks) -> None:
    groups = [s.people for s in plan.of("group_session")]
    assert len(set(groups)) == len(groups)
    assert pairs_of(groups[2:]) - pairs_of(groups[:2])


def pairs_of(groups: list[frozenset[str]]) -> set[tuple[str, str]]:
    return {pair for people in groups for pair in combinations(sorted(people), 2)}


def interviews(plan: PlannedWeeks) -> None:
    for name in IN_GROUP:
        weekly = plan.count(name, "interview", "visit")
        if name.startswith("middle"):
            assert weekly == [1, 1, 1, 1], name
        elif name.startswith("final"):
            assert 1 <= sum(weekly) <= 2, name
        else:
            assert sum(weekly) == 0, name
    for session in plan.of("interview", "visit"):
        assert session.minutes == 60
        assert len(session.people) == 1
        assert (session.room is None) == (session.activity == "visit")


def intake(plan: PlannedWeeks) -> None:
    assert [s.activity for s in plan.of(person="new with children")] == ["intake"]

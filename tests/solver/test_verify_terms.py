"""Every soft term with values computed by hand."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from solver.problem import (
    Demand,
    Frequency,
    Leader,
    Met,
    Participant,
    PlannedSession,
    Problem,
    Role,
    Room,
    Site,
    Staff,
    Weights,
)
from solver.verify import TERMS, verify
from tests.solver.builders import (
    AFTERNOON,
    NO_WEIGHTS,
    make_activity,
    make_demand,
    make_problem,
    make_session,
)


def lost(problem: Problem, *sessions: PlannedSession, **weights: int) -> dict[str, int]:
    """Return the terms above zero under the given weights, all others being 0."""
    problem = replace(problem, weights=replace(NO_WEIGHTS, **weights))
    return {t: points for t, points in verify(problem, sessions).terms.items() if points}


def demanding(*demands: Demand, **changes: Any) -> Problem:
    return make_problem(demands=demands, **changes)


def test_terms_and_weights_match_the_documented_table() -> None:
    assert set(TERMS.values()) == {f.name for f in fields(Weights)}
    assert list(verify(make_problem(), ()).terms) == list(TERMS)


@pytest.mark.parametrize(
    ("demand", "held", "expected"),
    [
        # 12 points a session, weight 3.
        ({"min": 2, "target": 5}, 0, {"below_min": 12 * 3 * 2, "below_target": 12 * 3 * 3}),
        ({"min": 2, "target": 5}, 1, {"below_min": 12 * 3 * 1, "below_target": 12 * 3 * 3}),
        ({"min": 2, "target": 5}, 3, {"below_target": 12 * 3 * 2}),
        ({"min": 2, "target": 5}, 5, {}),
        ({"min": 2, "target": 3, "legal": True}, 1, {"obligation": 36, "below_target": 36}),
        # A session of 12 slots is 180 minutes; 200 minutes are 14 slots, 400 are 27.
        ({"unit": "minutes", "min": 200, "target": 400}, 0, {"below_min": 3 * 14, "below_target": 3 * 13}),
        ({"unit": "minutes", "min": 200, "target": 400}, 1, {"below_min": 3 * 2, "below_target": 3 * 13}),
        ({"unit": "minutes", "min": 200, "target": 400}, 2, {"below_target": 3 * 3}),
        ({"unit": "minutes", "min": 200, "target": 400}, 3, {}),
        ({"unit": "days", "min": 1, "target": 3}, 0, {"below_min": 4 * 3, "below_target": 4 * 3 * 2}),
        ({"unit": "days", "min": 1, "target": 3}, 2, {"below_target": 4 * 3}),
    ],
)
def test_shortage(demand: dict[str, Any], held: int, expected: dict[str, int]) -> None:
    problem = demanding(make_demand(weight=3, **demand))
    sessions = [make_session(f"x{i}", i, people=("p1",)) for i in range(held)]
    assert lost(problem, *sessions, obligation=1, below_min=1, below_target=1) == expected


def test_shortage_is_counted_by_window_and_two_sessions_of_a_day_are_one_day() -> None:
    # Weeks of 7 and a last one of 3 days: floor(2 * 3 / 7) = 0 and floor(3 * 3 / 7) = 1.
    problem = demanding(make_demand(period_weeks=1, min=2, target=3, weight=1), days=10)
    assert lost(problem, below_min=1, below_target=1) == {"below_min": 24, "below_target": 12 + 12}
    in_the_end = make_session(day=8, people=("p1",))
    assert lost(problem, in_the_end, below_min=1, below_target=1) == {"below_min": 24, "below_target": 12}
    days = demanding(make_demand(unit="days", target=2, weight=1))
    twice = [make_session(f"x{i}", 0, slot, ("p1",)) for i, slot in enumerate((36, 54))]
    assert lost(days, *twice, below_target=1) == {"below_target": 4}


def test_only_sessions_of_the_demand_and_its_days_count() -> None:
    activities = (make_activity(), make_activity("b"))
    problem = demanding(make_demand(from_day=2, to_day=4, weight=1), activities=activities)
    for session in (
        make_session(day=1, people=("p1",)),
        make_session(day=4, people=("p1",)),
        make_session(day=2, people=("p1",), activity="b"),
        make_session(day=2),
    ):
        assert lost(problem, session, below_target=1) == {"below_target": 12}
    assert lost(problem, make_session(day=3, people=("p1",)), below_target=1) == {}


def test_weights_multiply_and_full_value_adds_up() -> None:
    problem = demanding(
        make_demand(min=2, target=5, weight=3),
        make_demand(id="legal", min=1, target=1, weight=2, legal=True),
    )
    report = verify(problem, ())
    full = 12 * 3 * (5 * 2 + 2 * 3) + 12 * 2 * 10
    assert report.full_value == full
    assert report.terms["below_min"] == 12 * 3 * 5 * 2
    assert report.terms["below_target"] == 12 * 3 * 2 * 3
    assert report.terms["obligation"] == 12 * 2 * 10
    assert report.terms["unfair_participant"] == 6
    assert report.objective == -6


def test_frequency() -> None:
    # Fortnights of 14 days, the last of 7: floor(3 * 7 / 14) = 1.
    activity = make_activity(frequency=Frequency(period_weeks=2, min=3, max=9))
    alone = make_activity("b", individual=True, frequency=Frequency(min=5, max=5))
    problem = make_problem(days=21, activities=(activity, alone))
    assert lost(problem, frequency=10) == {"frequency": 40}
    assert lost(problem, make_session(day=13), make_session("x2", 14), frequency=10) == {"frequency": 20}
    horizon = make_activity(frequency=Frequency(period_weeks=0, min=3, max=9))
    problem = make_problem(days=21, activities=(horizon,))
    assert lost(problem, make_session(day=20), frequency=1) == {"frequency": 2}


def test_preferred_activity() -> None:
    person = Participant(id="p1", preferred_activities=("b",))
    activities = (make_activity(), make_activity("b"), make_activity("c"))
    either = Demand(id="d", participant="p1", activities=("a", "b"))
    only_c = Demand(id="e", participant="p1", activities=("c",))
    problem = demanding(either, only_c, participants=(person,), activities=activities)
    sessions = [make_session(f"x{a}", i, people=("p1",), activity=a) for i, a in enumerate("abc")]
    assert lost(problem, *sessions, preferred_activity=7) == {"preferred_activity": 7}
    nobody = replace(problem, participants=(Participant(id="p1"),))
    assert lost(nobody, *sessions, preferred_activity=7) == {}


def test_preferred_site() -> None:
    people = (Participant(id="p1", preferred_sites=("far",)), Participant(id="p2"))
    problem = make_problem(participants=people, sites=(Site(id="site"), Site(id="far")))
    here, there = make_session(people=("p1", "p2")), make_session("x2", 1, people=("p1",), site="far")
    assert lost(problem, here, there, preferred_site=5) == {"preferred_site": 5}


def test_level_spread() -> None:
    people = tuple(Participant(id=f"p{i + 1}", level_spoken=level) for i, level in enumerate((1, 4, 2)))
    problem = make_problem(participants=people)
    assert lost(problem, make_session(people=("p1", "p2", "p3")), level_spread=20) == {"level_spread": 60}
    assert lost(problem, make_session(people=("p2",)), make_session("x2", 1), level_spread=20) == {}
    alone = replace(problem, activities=(make_activity(individual=True),))
    assert lost(alone, make_session(people=("p1", "p2")), level_spread=20) == {}


def test_repeat_meeting() -> None:
    met = (Met(a="p2", b="p1", times=2), Met(a="p1", b="p3"))
    problem = make_problem(3, activities=(make_activity(mix=True), make_activity("b")), met=met)
    first = make_session(people=("p1", "p2", "p3"))
    # p1-p2: (2 + 1 - 1) - (2 - 1) = 1; p1-p3: (1 + 1 - 1) - 0 = 1; p2-p3: 0.
    assert lost(problem, first, repeat_meeting=15) == {"repeat_meeting": 30}
    again = make_session("x2", 1, people=("p3", "p2"))
    assert lost(problem, first, again, repeat_meeting=15) == {"repeat_meeting": 45}
    assert lost(problem, replace(again, activity="b"), repeat_meeting=15) == {}
    assert lost(problem, repeat_meeting=15) == {}


@pytest.mark.parametrize(
    ("newcomers", "others", "units"),
    [(0, 0, 0), (1, 2, 0), (2, 1, 0), (1, 3, 1), (0, 4, 4), (5, 1, 3), (1, 0, 1)],
)
def test_balance(newcomers: int, others: int, units: int) -> None:
    people = tuple(Participant(id=f"p{i}", newcomer=i < newcomers) for i in range(newcomers + others))
    problem = make_problem(participants=people, activities=(make_activity(balance=True),))
    session = make_session(people=tuple(p.id for p in people))
    assert lost(problem, session, balance=12).get("balance", 0) == 12 * units


def test_short_day() -> None:
    activities = (make_activity(duration_slots=4), make_activity("b", duration_slots=5))
    problem = make_problem(2, activities=activities)
    short = make_session(people=("p1", "p2"))
    assert lost(problem, short, short_day=10) == {"short_day": 20}
    both = make_session("x2", 0, AFTERNOON, ("p1",))
    assert lost(problem, short, both, short_day=10) == {"short_day": 10}
    assert lost(problem, make_session(people=("p1",), activity="b"), short_day=10) == {}


@pytest.mark.parametrize(("slot", "units"), [(48, 0), (54, 0), (55, 1), (60, 6)])
def test_idle(slot: int, units: int) -> None:
    # From 9:00 to the slot + 12, with 24 slots attended and a midday pause of 6 free.
    sessions = make_session(people=("p1",)), make_session("x2", 0, slot, ("p1",))
    assert lost(make_problem(), *sessions, idle_slot=1).get("idle", 0) == units


def test_days() -> None:
    sessions = [
        make_session(f"x{i}", day, slot, ("p1",)) for i, (day, slot) in enumerate([(0, 36), (0, 54), (3, 36)])
    ]
    assert lost(make_problem(2), *sessions, make_session("y", 4), day=4) == {"days": 8}


def test_leader_change_of_a_group() -> None:
    roles = (Role(id="leader", count=2), Role(id="helper"))
    activity = make_activity(continuity=True, roles=roles)
    staff = tuple(Staff(id=f"s{i}") for i in range(1, 5))
    problem = make_problem(activities=(activity,), staff=staff)

    def led(id: str, day: int, a: str, b: str, helper: str) -> PlannedSession:
        names = (("leader", a), ("leader", b), ("helper", helper))
        return make_session(id, day, leaders=tuple(Leader(role=r, staff=s) for r, s in names))

    first = led("x1", 0, "s1", "s2", "s3")
    assert lost(problem, first, leader_change=8) == {}
    assert lost(problem, first, led("x2", 1, "s1", "s4", "s3"), leader_change=8) == {"leader_change": 8}
    assert lost(problem, first, led("x2", 1, "s3", "s4", "s1"), leader_change=8) == {"leader_change": 24}
    calm = replace(problem, activities=(replace(activity, continuity=False),))
    assert lost(calm, first, led("x2", 1, "s3", "s4", "s1"), leader_change=8) == {}


def test_leader_change_of_an_appointment() -> None:
    people = (Participant(id="p1", referents=("s2", "s3")), Participant(id="p2"))
    staff = tuple(Staff(id=f"s{i}") for i in range(1, 4))
    problem = make_problem(participants=people, staff=staff, activities=(make_activity(individual=True),))
    assert lost(problem, make_session(people=("p1",)), leader_change=8) == {"leader_change": 8}
    assert lost(problem, make_session(people=("p1",), staff=("s3",)), leader_change=8) == {}
    assert lost(problem, make_session(people=("p2",)), leader_change=8) == {}
    without = replace(problem, activities=(make_activity(individual=True, roles=()),))
    assert lost(without, make_session(people=("p1",), staff=()), leader_change=8) == {}


def test_unfair_participant() -> None:
    # p1 misses 3 windows: 3 * 2 / 2; p2 misses one; p3 misses two: 1.
    problem = demanding(
        make_demand("p1", period_weeks=1, min=1),
        make_demand("p2", min=1),
        make_demand("p3", min=1),
        make_demand("p3", id="more", min=1, legal=True),
        days=21,
        people=3,
    )
    assert lost(problem, unfair_participant=6) == {"unfair_participant": 6 * (3 + 1)}
    helped = make_session(day=8, people=("p1",))
    assert lost(problem, helped, unfair_participant=6) == {"unfair_participant": 6 * (1 + 1)}


def test_unfair_staff() -> None:
    # 31 slots a week: 70 % is 21, 85 % is 26.
    staff = (Staff(id="s1", max_slots_week=31), Staff(id="s2"))
    problem = make_problem(days=14, staff=staff, activities=(make_activity(duration_slots=9),))
    held = [make_session(f"x{i}", day) for i, day in enumerate((0, 1, 2, 7, 8))]
    assert lost(problem, *held, unfair_staff=1) == {"unfair_staff": 6 + 1}
    assert lost(problem, *held[:2], unfair_staff=1) == {}
    assert lost(problem, *(replace(h, leaders=()) for h in held), unfair_staff=1) == {}


def test_mentor_counts_in_the_load_of_staff() -> None:
    staff = (Staff(id="s1"), Staff(id="m1", max_slots_week=12))
    problem = make_problem(
        participants=(Participant(id="p1", mentor="m1"),),
        staff=staff,
        activities=(make_activity(with_mentor=True),),
    )
    assert lost(problem, make_session(people=("p1",)), unfair_staff=1) == {"unfair_staff": 4 + 2}


def test_stability() -> None:
    old = (make_session("o1", 0, people=("p1", "p2")), make_session("o2", 1, people=("p2",)))
    problem = make_problem(3, previous=old)
    assert lost(problem, *old, stability=5) == {}
    # p1 out of o1 (1), p3 into it (1); o2 gone: its seat (1) and the session (1).
    now = make_session("other", 0, people=("p2", "p3"))
    assert lost(problem, now, stability=5) == {"stability": 20}
    # A new session without people costs nothing.
    assert lost(problem, *old, make_session("new", 3), stability=5) == {}
    assert lost(replace(problem, previous=None), now, stability=5) == {}
    assert lost(replace(problem, previous=()), now, stability=5) == {"stability": 10}


def test_terms_do_not_depend_on_the_order_of_sessions() -> None:
    problem = make_problem(
        3, activities=(make_activity(mix=True, balance=True),), rooms=(Room(id="r1", site="site", seats=9),)
    )
    sessions = [
        make_session(f"x{i}", day, slot, ("p1", "p2"))
        for i, (day, slot) in enumerate([(1, 54), (0, 36), (1, 36)])
    ]
    assert verify(problem, sessions).terms == verify(problem, sessions[::-1]).terms

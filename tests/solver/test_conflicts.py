"""Fixed sessions that cannot stand together are found, and no others."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.conflicts import find_conflicts
from solver.problem import (
    FixedSession,
    Frequency,
    Leader,
    Order,
    PairRule,
    Participant,
    PlannedSession,
    Problem,
    Role,
    Room,
    Seat,
    Staff,
)
from tests.solver.builders import (
    AFTERNOON,
    at,
    make_activity,
    make_demand,
    make_fixed,
    make_problem,
    make_session,
)
from tests.solver.rule_cases import Case, cases


def found(problem: Problem, *fixed: FixedSession) -> list[tuple[str, tuple[str, ...]]]:
    return [(c.rule, c.ids) for c in find_conflicts(replace(problem, fixed=fixed))]


def closed(session: PlannedSession, **changes: Any) -> FixedSession:
    return make_fixed(session, closed=True, **changes)


def test_nothing_fixed_has_no_conflict() -> None:
    assert find_conflicts(make_problem()) == ()


@pytest.mark.parametrize("case", [c for c in cases() if not c.problem.fixed], ids=str)
def test_plan_that_breaks_no_rule_can_be_fixed_whole(case: Case) -> None:
    conflicts = found(case.problem, *(closed(s) for s in case.good))
    # The good plan of a case keeps the rule of the case; that is what is looked at.
    assert [c for c in conflicts if c[0] == case.rule] == []


MENDABLE = {("order", "missing"), ("order", "same_week"), ("pattern", "consecutive"), ("subgroups", "")}


@pytest.mark.parametrize(
    "case",
    [
        c
        for c in cases()
        if not c.problem.fixed
        and c.rule not in {"unknown", "horizon", "duplicate", "subgroups"}
        and (c.rule, c.reason) not in MENDABLE
    ],
    ids=str,
)
def test_fixed_plan_that_breaks_a_rule_is_a_conflict_of_the_smallest_size(case: Case) -> None:
    fixed = tuple(closed(s) for s in case.bad)
    conflicts = [c for c in find_conflicts(replace(case.problem, fixed=fixed)) if c.rule == case.rule]
    assert conflicts
    for conflict in conflicts:
        assert conflict.message.endswith(".")
        for name in conflict.ids:
            fewer = [f for f in fixed if f.session.id in conflict.ids and f.session.id != name]
            assert (case.rule, conflict.ids) not in found(case.problem, *fewer)


def test_message_names_what_clashes() -> None:
    problem = make_problem(activities=(make_activity(name="Atelier"),), staff=(Staff(id="s1", name="Nadia"),))
    fixed = (
        closed(make_session()),
        closed(make_session("x2", 0, AFTERNOON)),
        closed(make_session("x3", 0, 47)),
    )
    problem = replace(problem, fixed=fixed)
    messages = [c.message for c in find_conflicts(problem) if c.rule == "staff_overlap"]
    assert messages[0].startswith(
        "Nadia has “Atelier” (Mon 2026-11-23 09:00) and “Atelier” (Mon 2026-11-23 11:45)"
    )


def test_large_set_is_reduced_to_the_smallest() -> None:
    problem = make_problem(activities=(make_activity(frequency=Frequency(max=2)),))
    fixed = [closed(make_session(f"x{i}", i)) for i in range(5)]
    ((rule, ids),) = found(problem, *fixed)
    assert rule == "frequency"
    assert len(ids) == 3


def test_override_lifts_the_conflict() -> None:
    problem = make_problem(staff=(Staff(id="s1", available=()),))
    assert found(problem, closed(make_session())) == [("staff_unavailable", ("x1",))]
    assert found(problem, closed(make_session(), overrides=("staff_unavailable",))) == []


def test_list_that_is_open_can_still_be_filled_or_emptied() -> None:
    problem = make_problem(4, activities=(make_activity(seats_min=2, seats_max=2),))
    assert found(problem, make_fixed(make_session())) == []
    assert found(problem, closed(make_session())) == [("seats", ("x1",))]
    crowd = make_session(people=("p1", "p2", "p3"))
    assert found(problem, make_fixed(crowd, locked=("p1", "p2"))) == []
    assert found(problem, make_fixed(crowd, locked=("p1", "p2", "p3"))) == [("seats", ("x1",))]


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({}, True),
        ({"busy": ((at(0), at(1)),)}, False),
        ({"day_hours": ((0, 40),) * 7}, False),
        ({"sites": ()}, False),
        ({"opt_outs": ("a",)}, False),
        ({"languages": ("fr",)}, False),
    ],
)
def test_list_that_too_few_could_join_is_a_conflict(changes: dict[str, Any], fits: bool) -> None:
    people = (
        Participant(id="p1", languages=("ar",)),
        replace(Participant(id="p2", languages=("ar",)), **changes),
    )
    problem = make_problem(
        participants=people, activities=(make_activity(seats_min=2, language_groups=True),)
    )
    session = make_session(language="ar")
    assert found(problem, make_fixed(session)) == ([] if fits else [("seats", ("x1",))])
    assert found(problem, make_fixed(session, overrides=("seats",))) == []
    assert found(problem, make_fixed(session, excluded=("p1",))) == [("seats", ("x1",))]


def test_appointment_that_nobody_could_take_is_a_conflict() -> None:
    roles = (Role(id="leader", language="participant"),)
    problem = make_problem(
        participants=(Participant(id="p1", languages=("ar",)),),
        activities=(make_activity(individual=True, roles=roles),),
        staff=(Staff(id="s1", languages=("ar",)), Staff(id="s2", languages=("nl",))),
    )
    assert found(problem, make_fixed(make_session())) == []
    assert found(problem, make_fixed(make_session(staff=("s2",)))) == [("seats", ("x1",))]
    assert found(problem, make_fixed(make_session(staff=("s2",)), overrides=("role",))) == []


def test_mentor_who_does_not_work_keeps_their_person_out() -> None:
    problem = make_problem(
        participants=(Participant(id="p1", mentor="m1"),),
        activities=(make_activity(seats_min=1, with_mentor=True),),
        staff=(Staff(id="s1"), Staff(id="m1", available=((at(0), at(1)),))),
    )
    assert found(problem, make_fixed(make_session())) == []
    assert found(problem, make_fixed(make_session(day=1))) == [("seats", ("x1",))]


def test_appointment_without_its_person_may_wait_for_one() -> None:
    roles = (Role(id="leader"), Role(id="interpreter", only_if_needed=True))
    problem = make_problem(
        participants=(Participant(id="p1", needs_interpreter=True), Participant(id="p2")),
        activities=(make_activity(individual=True, roles=roles),),
        staff=(Staff(id="s1"), Staff(id="s2")),
    )
    leaders = (Leader(role="leader", staff="s1"), Leader(role="interpreter", staff="s2"))
    assert found(problem, make_fixed(make_session(leaders=leaders))) == []
    for_p2 = make_session(leaders=leaders, people=("p2",))
    assert found(problem, make_fixed(for_p2, locked=("p2",))) == [("role", ("x1",))]


def test_subgroups_are_numbered_anew() -> None:
    problem = make_problem(5, activities=(make_activity(subgroups=(2, 3)),))

    def seated(*people: str) -> PlannedSession:
        return make_session(attendees=tuple(Seat(participant=p) for p in people))

    assert found(problem, closed(seated("p1", "p2", "p3", "p4", "p5"))) == []
    assert found(problem, closed(seated("p1"))) == [("subgroups", ("x1",))]
    assert found(problem, make_fixed(seated("p1"), locked=("p1",))) == []


BLOCK = make_activity(block=True)


def test_block_brings_its_people_along() -> None:
    problem = make_problem(2, activities=(BLOCK,))
    first, second = make_session(people=("p1",)), make_session("x2", 1)
    assert found(problem, make_fixed(first, locked=("p1",)), make_fixed(second)) == []
    assert found(problem, make_fixed(first, locked=("p1",)), closed(second)) == [("block", ("x1", "x2"))]
    kept_out = make_fixed(second, excluded=("p1",))
    assert found(problem, make_fixed(first, locked=("p1",)), kept_out) == [("block", ("x1", "x2"))]
    away = replace(problem, participants=(Participant(id="p1", busy=((96, 192),)), Participant(id="p2")))
    assert found(away, make_fixed(first, locked=("p1",)), make_fixed(second)) == [("busy", ("x2",))]


def test_those_who_come_together_come_along() -> None:
    problem = make_problem(2, pair_rules=(PairRule(kind="together", a="p1", b="p2"),))
    session = make_session(people=("p1",))
    assert found(problem, make_fixed(session, locked=("p1",))) == []
    assert found(problem, closed(session)) == [("together", ("x1",))]
    assert found(problem, make_fixed(session, locked=("p1",), excluded=("p2",))) == [("together", ("x1",))]
    alone = replace(problem, demands=(make_demand("p1"),))
    assert found(alone, closed(session)) == []


def test_run_that_can_be_completed_is_no_conflict() -> None:
    problem = make_problem(days=14, activities=(make_activity(pattern="consecutive", run_length=3),))

    def fixed(*days: int, slot: int = 36) -> list[FixedSession]:
        return [closed(make_session(f"x{d}", d, slot if i else 36)) for i, d in enumerate(days)]

    assert found(problem, *fixed(3)) == []
    assert found(problem, *fixed(3, 7)) == []
    assert found(problem, *fixed(0, 3)) == [("pattern", ("x0", "x3"))]
    assert found(problem, *fixed(0, 1, 2, 9)) == [("pattern", ("x2", "x9"))]
    assert found(problem, *fixed(0, 1, slot=AFTERNOON)) == [("pattern", ("x0", "x1"))]


def test_first_part_of_an_order_may_still_be_planned() -> None:
    activities = (make_activity(), make_activity("b"))
    problem = make_problem(activities=activities, orders=(Order(kind="before", first="a", second="b"),))
    second = make_session("y", 0, people=("p1",), activity="b")
    assert found(problem, closed(second)) == []
    late = make_session("x", 1, people=("p1",))
    assert found(problem, closed(second), closed(late)) == [("order", ("x", "y"))]


@settings(max_examples=30, deadline=None)
@given(
    moments=st.lists(
        st.tuples(
            st.integers(0, 6), st.sampled_from((36, 40, 54)), st.sampled_from(("r1", "r2")), st.booleans()
        ),
        min_size=1,
        max_size=6,
    )
)
def test_every_set_found_is_minimal(moments: list[tuple[int, int, str, bool]]) -> None:
    problem = make_problem(
        2,
        activities=(make_activity(min_days_between=2, frequency=Frequency(max=3)),),
        rooms=(Room(id="r1", site="site", seats=1), Room(id="r2", site="site", seats=1)),
        staff=(Staff(id="s1", max_slots_day=24),),
    )
    fixed = tuple(
        make_fixed(make_session(f"x{i}", day, slot, ("p1",), room=room), locked=("p1",) if locked else ())
        for i, (day, slot, room, locked) in enumerate(moments)
    )
    conflicts = find_conflicts(replace(problem, fixed=fixed))
    assert len(set(conflicts)) == len(conflicts)
    for conflict in conflicts:
        members = [f for f in fixed if f.session.id in conflict.ids]
        assert (conflict.rule, conflict.ids) in found(problem, *members)
        for left_out in members:
            fewer = [f for f in members if f is not left_out]
            assert (conflict.rule, conflict.ids) not in found(problem, *fewer)

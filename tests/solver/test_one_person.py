"""Places that one person could have: valid in the whole plan, worth what they say, nobody else moved."""

from __future__ import annotations

from dataclasses import replace

import pytest

from solver.one_person import places_of_one
from solver.problem import DemandWindow, Participant, PlannedSession, Problem, Seat, Staff
from solver.verify import verify
from tests.solver.builders import (
    AFTERNOON,
    MORNING,
    at,
    make_activity,
    make_demand,
    make_problem,
    make_session,
)

WEEK = DemandWindow(first_day=0, end_day=7, min=0, target=1, max=1)


def _with_place(
    problem: Problem, sessions: list[PlannedSession], mine: str | None, place: PlannedSession
) -> list[PlannedSession]:
    """The plan in which p1 has a place instead of another."""
    left = []
    for session in sessions:
        if session.id == mine:
            if problem.activity_by_id[session.activity].individual:
                continue
            session = replace(session, attendees=tuple(x for x in session.attendees if x.participant != "p1"))
        left.append(place if session.id == place.id else session)
    return left if any(x.id == place.id for x in left) else [*left, place]


@pytest.mark.parametrize("tolerance", [0, 4, 100])
def test_appointments_at_other_times_are_valid_and_worth_what_they_say(tolerance: int) -> None:
    starts = ((0, MORNING), (1, MORNING), (2, MORNING), (3, AFTERNOON))
    activity = make_activity(individual=True, duration_slots=4, starts=starts)
    demands = tuple(make_demand(f"p{n}", max=1) for n in (1, 2))
    # With anybody but their referent the plan loses 8 points.
    people = (Participant(id="p1", referents=("s1",)), Participant(id="p2"))
    staff = (Staff(id="s1", available=((at(0, 0), at(2, 0)),)), Staff(id="s2"))
    problem = make_problem(participants=people, activities=(activity,), demands=demands, staff=staff)
    sessions = [make_session("x", 0, MORNING, ("p1",)), make_session("y", 2, MORNING, ("p2",), staff=("s2",))]
    before = verify(problem, sessions)
    assert before.broken == ()
    found = places_of_one(
        problem,
        sessions,
        demands[0],
        WEEK,
        activities={"a"},
        instead_of="x",
        first_start=0,
        k=9,
        tolerance_points=tolerance,
    )
    expected = {at(1)} if tolerance < 8 else {at(1), at(3, AFTERNOON)}
    assert {x.session.start for x in found} == expected
    for each in found:
        after = verify(problem, _with_place(problem, sessions, "x", each.session))
        assert after.broken == ()
        assert before.objective - after.objective == each.lost <= tolerance


def test_seats_in_sessions_of_others() -> None:
    activity = make_activity(seats_max=2)
    problem = make_problem(5, activities=(activity,))
    sessions = [
        make_session("mine", 0, MORNING, ("p1",)),
        make_session("roomy", 1, MORNING, ("p2",)),
        make_session("full", 2, MORNING, ("p3", "p4")),
        make_session("held", 3, MORNING, ("p5",)),
        make_session("early", 0, AFTERNOON, ()),
    ]
    found = places_of_one(
        problem,
        sessions,
        problem.demands[0],
        WEEK,
        activities={"a"},
        instead_of="mine",
        first_start=at(1),
        shut={"held"},
        tolerance_points=100,
    )
    assert [x.session.id for x in found] == ["roomy"]
    assert set(found[0].session.attendees) == {Seat(participant="p1"), Seat(participant="p2")}
    after = verify(problem, _with_place(problem, sessions, "mine", found[0].session))
    assert after.broken == ()


def test_who_has_no_place_yet_gets_those_near_the_best_and_only_one() -> None:
    activity = make_activity(individual=True, duration_slots=4, starts=((1, MORNING), (2, MORNING)))
    demand = make_demand("p1", target=2, max=2)
    problem = make_problem(1, activities=(activity,), demands=(demand,))
    days = replace(WEEK, first_day=2, target=2, max=2)
    both, late = (
        places_of_one(problem, [], demand, days_, activities={"a"}, instead_of=None, first_start=0, k=3)
        for days_ in (WEEK, days)
    )
    assert {x.session.start for x in both} == {at(1), at(2)}
    assert all(len(x.sessions) == 1 and x.lost < 0 for x in both)
    assert [x.session.start for x in late] == [at(2)]
    busy = replace(problem, participants=(Participant(id="p1", busy=((0, 7 * 96),)),))
    assert places_of_one(busy, [], demand, WEEK, activities={"a"}, instead_of=None, first_start=0) == []

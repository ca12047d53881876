"""Every soft term decides between two plans, and is worth what the judge says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from solver.objective import TERMS
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
)
from solver.solution import Solution
from solver.solve import solve
from solver.verify import verify_solution
from tests.solver.builders import (
    AFTERNOON,
    MORNING,
    NO_WEIGHTS,
    at,
    make_activity,
    make_demand,
    make_problem,
    make_session,
)


@dataclass(frozen=True)
class Choice:
    """A problem in which one term alone tells the plans apart, and what the better ones have."""

    term: str
    problem: Problem
    chosen: Callable[[Solution], bool]
    lost: int = 0
    weight: str = ""

    def __str__(self) -> str:
        return self.term


def _one_room(**changes: Any) -> Problem:
    """Return two people who want one place: the room has a single seat and opens once."""
    room = Room(id="r1", site="site", seats=1, available=((at(0, MORNING), at(0, MORNING + 12)),))
    return make_problem(2, rooms=(room,), **changes)


def _people(solution: Solution) -> set[str]:
    return {seat.participant for s in solution.sessions for seat in s.attendees}


def _starts(solution: Solution) -> set[int]:
    return {s.start for s in solution.sessions if s.attendees}


def choices() -> list[Choice]:
    """Return one choice for each term."""
    legal = (make_demand(), make_demand("p2", min=1, legal=True))
    below = (make_demand(), make_demand("p2", min=1))
    heavy = (make_demand(weight=1), make_demand("p2", weight=9))
    either = Demand(id="d", participant="p1", activities=("a", "b"), target=1)
    two_sites = {
        "sites": (Site(id="site"), Site(id="far")),
        "rooms": (Room(id="r1", site="site", seats=9), Room(id="r2", site="far", seats=9)),
    }
    here_and_there = make_activity(sites=("site", "far"))
    far = Participant(id="p1", preferred_sites=("far",))
    levels = tuple(Participant(id=f"p{i + 1}", level_spoken=level) for i, level in enumerate((0, 3, 0, 3)))
    pairs_of_two = make_activity(starts=((0, MORNING), (1, MORNING)), seats_max=2)
    mixed = replace(pairs_of_two, mix=True)
    met = tuple(Met(a=a, b=b) for a, b in (("p1", "p2"), ("p3", "p4"), ("p1", "p4"), ("p2", "p3")))
    newcomers = tuple(Participant(id=f"p{i + 1}", newcomer=i < 4) for i in range(8))
    fours = make_activity(starts=((0, MORNING), (1, MORNING)), seats_max=4, balance=True)
    short = make_activity("b", duration_slots=4, starts=((0, AFTERNOON), (1, AFTERNOON)), individual=True)
    morning = make_activity(starts=((0, MORNING),))
    gap = make_activity("b", starts=((0, 50), (0, 64)))
    next_day = make_activity("b", starts=((0, AFTERNOON), (1, MORNING)))
    team = (Staff(id="s1"), Staff(id="s2"))
    twice = make_activity(starts=((0, MORNING), (1, MORNING)), continuity=True)
    half = (Staff(id="s1", max_slots_week=24), Staff(id="s2", max_slots_week=24))
    two_weeks = (
        make_demand(id="x", min=1, to_day=1),
        make_demand(id="y", min=1, from_day=1, to_day=2),
        make_demand("p2", id="z", min=1, to_day=1),
        make_demand("p2", id="w", min=1, from_day=1, to_day=2),
    )
    seat_a_day = Room(id="r1", site="site", seats=1, available=((at(0), at(0, 48)), (at(1), at(1, 48))))
    before = make_session("old", 3, AFTERNOON, ("p1",))
    return [
        Choice("obligation", _one_room(demands=legal), lambda s: _people(s) == {"p2"}),
        Choice("below_min", _one_room(demands=below), lambda s: _people(s) == {"p2"}),
        Choice("below_target", _one_room(demands=heavy), lambda s: _people(s) == {"p2"}, 12),
        Choice(
            "frequency",
            make_problem(activities=(make_activity(frequency=Frequency(min=3, max=4)),)),
            lambda s: len(s.sessions) >= 3,
        ),
        Choice(
            "preferred_activity",
            make_problem(
                participants=(Participant(id="p1", preferred_activities=("b",)),),
                activities=(make_activity(), make_activity("b")),
                demands=(either,),
            ),
            lambda s: [x.activity for x in s.sessions if x.attendees] == ["b"],
        ),
        Choice(
            "preferred_site",
            make_problem(participants=(far,), activities=(here_and_there,), **two_sites),
            lambda s: {x.site for x in s.sessions if x.attendees} == {"far"},
        ),
        Choice(
            "level_spread",
            make_problem(participants=levels, activities=(pairs_of_two,)),
            lambda s: (
                {frozenset(y.participant for y in x.attendees) for x in s.sessions}
                == {frozenset({"p1", "p3"}), frozenset({"p2", "p4"})}
            ),
        ),
        Choice(
            "repeat_meeting",
            make_problem(4, activities=(mixed,), met=met),
            lambda s: (
                {frozenset(y.participant for y in x.attendees) for x in s.sessions}
                == {frozenset({"p1", "p3"}), frozenset({"p2", "p4"})}
            ),
        ),
        Choice(
            "balance",
            make_problem(participants=newcomers, activities=(fours,)),
            lambda s: [len(x.attendees) for x in s.sessions] == [4, 4],
        ),
        Choice(
            "short_day",
            make_problem(activities=(morning, short)),
            lambda s: _starts(s) == {at(0), at(0, AFTERNOON)},
        ),
        Choice("idle", make_problem(activities=(morning, gap)), lambda s: _starts(s) == {at(0), at(0, 50)}),
        Choice(
            "days",
            make_problem(activities=(morning, next_day)),
            lambda s: _starts(s) == {at(0), at(0, AFTERNOON)},
            1,
        ),
        Choice(
            "leader_change",
            make_problem(activities=(twice,), staff=team, demands=(make_demand(target=2),)),
            lambda s: len({x.staff for y in s.sessions for x in y.leaders}) == 1,
        ),
        Choice(
            "unfair_participant",
            make_problem(2, rooms=(seat_a_day,), demands=two_weeks),
            lambda s: _people(s) == {"p1", "p2"},
        ),
        Choice(
            "unfair_staff",
            make_problem(
                activities=(replace(twice, continuity=False),), staff=half, demands=(make_demand(target=2),)
            ),
            lambda s: len({x.staff for y in s.sessions for x in y.leaders}) == 2,
        ),
        Choice("stability", make_problem(previous=(before,)), lambda s: _starts(s) == {before.start}),
    ]


CHOICES = choices()


def test_every_term_has_a_choice() -> None:
    assert [c.term for c in CHOICES] == list(TERMS)


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_term_decides(choice: Choice) -> None:
    weight = {"idle": "idle_slot", "days": "day"}.get(choice.term, choice.term)
    weights = {"below_target": 5, "below_min": 5} | {weight: 1}
    if choice.term in ("obligation", "below_min"):
        weights = {"below_target": 1, choice.term: 2}
    problem = replace(choice.problem, weights=replace(NO_WEIGHTS, **weights))
    solution = solve(problem, time_limit_s=10.0)
    assert solution.status == "optimal"
    assert verify_solution(problem, solution).broken == ()
    assert choice.chosen(solution)
    assert solution.terms[choice.term] == choice.lost


@pytest.mark.parametrize("referents", [(), ("s2",), ("s1", "s2")])
def test_appointment_is_with_a_referent(referents: tuple[str, ...]) -> None:
    activity = make_activity(individual=True, duration_slots=4, roles=(Role(id="leader"),))
    person = Participant(id="p1", referents=referents)
    staff = tuple(Staff(id=f"s{i + 1}") for i in range(3))
    problem = make_problem(
        participants=(person,), activities=(activity,), staff=staff, demands=(make_demand(max=1),)
    )
    solution = solve(problem, time_limit_s=10.0)
    assert solution.terms["leader_change"] == 0
    (session,) = solution.sessions
    assert not referents or session.leaders[0].staff in referents


def test_appointments_at_one_time_share_their_staff_out() -> None:
    activity = make_activity(individual=True, duration_slots=4, starts=((0, MORNING),), needs_room=False)
    people = (*(Participant(id=f"p{i + 1}", referents=("s1",)) for i in range(2)), Participant(id="p3"))
    problem = make_problem(
        participants=people, activities=(activity,), staff=tuple(Staff(id=f"s{i + 1}") for i in range(3))
    )
    solution = solve(problem, time_limit_s=10.0)
    assert verify_solution(problem, solution).broken == ()
    assert solution.unmet == ()
    assert solution.terms["leader_change"] == 8
    assert {x for s in solution.sessions for x in s.leaders} == {
        Leader(role="leader", staff=f"s{i + 1}") for i in range(3)
    }


def test_fixed_sessions_count_in_every_term() -> None:
    session: PlannedSession = make_session(people=("p1",))
    problem = make_problem(2, previous=(session,), demands=(make_demand(), make_demand("p2", min=1)))
    solution = solve(problem, time_limit_s=10.0)
    assert verify_solution(problem, solution).broken == ()
    assert solution.status == "optimal"

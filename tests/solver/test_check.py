"""Contradictions in problems are refused, all at once; what merely cannot be met is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from solver.check import check_problem
from solver.errors import ProblemError
from solver.problem import (
    Activity,
    Equipment,
    EquipmentNeed,
    Frequency,
    Leader,
    Met,
    Order,
    PairRule,
    Participant,
    Problem,
    Role,
    Room,
    Site,
    Staff,
    Travel,
    Weights,
)
from tests.solver.builders import make_activity, make_demand, make_fixed, make_problem, make_session
from tests.solver.rule_cases import Case, cases


def reasons(problem: Problem) -> list[str]:
    try:
        check_problem(problem)
    except ProblemError as error:
        return error.reasons
    return []


@pytest.mark.parametrize("case", cases(), ids=str)
def test_problems_of_the_rule_cases_are_sound(case: Case) -> None:
    assert reasons(case.problem) == []


def test_what_cannot_be_met_is_no_contradiction() -> None:
    problem = make_problem(
        0,
        closed_days=tuple(range(7)),
        staff=(),
        rooms=(),
        activities=(make_activity(roles=(Role(id="leader", skills=("flying",)),), starts=(), sites=()),),
    )
    assert reasons(problem) == []
    assert reasons(Problem(start_date="2026-11-23", days=1)) == []


Change = Callable[[], Problem]


def _p(**changes: Any) -> Change:
    return lambda: make_problem(**changes)


def _a(**changes: Any) -> Change:
    return lambda: make_problem(activities=(make_activity(**changes),))


def _person(**changes: Any) -> Change:
    return lambda: make_problem(participants=(Participant(id="p1", **changes),))


def _staff(**changes: Any) -> Change:
    return lambda: make_problem(staff=(Staff(id="s1", **changes),))


def _d(**changes: Any) -> Change:
    return lambda: make_problem(days=14, demands=(make_demand(**changes),))


def _role(**changes: Any) -> Change:
    return _a(roles=(Role(id="leader", **changes),))


def _f(session: dict[str, Any] | None = None, **changes: Any) -> Change:
    fixed = make_fixed(make_session(**(session or {})), **changes)
    return lambda: make_problem(2, fixed=(fixed,))


AB: tuple[Activity, ...] = (make_activity(), make_activity("b"))


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (_p(version=2), "version: 2 is not supported"),
        (_p(start_date="soon"), "'soon' is not a date"),
        (_p(start_date="2026-02-30"), "is not a date"),
        (_p(start_date="20261123"), "is not written like"),
        (_p(start_date="2026-11-24"), "is not a Monday"),
        (_p(slot_minutes=0), "does not divide an hour"),
        (_p(slot_minutes=-15), "does not divide an hour"),
        (_p(slot_minutes=25), "does not divide an hour"),
        (_p(days=0), "days is 0"),
        (_p(days=92), "days is 92, not from 1 to 91"),
        (_p(closed_days=(7,)), "day is 7"),
        (_p(closed_days=(-1,)), "day is -1"),
        (_p(sites=(Site(id="site"), Site(id="site"))), "site: the id 'site' is used 2 times"),
        (_p(sites=(Site(id="site"), Site(id=""))), "an id is empty"),
        (_p(travel=(Travel(a="site", b="moon", slots=1),)), "site 'moon' does not exist"),
        (_p(travel=(Travel(a="site", b="site", slots=1),)), "to itself"),
        (
            _p(
                sites=(Site(id="site"), Site(id="b")),
                travel=(Travel(a="site", b="b", slots=1), Travel(a="b", b="site", slots=2)),
            ),
            "given twice with different times",
        ),
        (
            _p(sites=(Site(id="site"), Site(id="b")), travel=(Travel(a="site", b="b", slots=-1),)),
            "slots is -1",
        ),
        (_p(rooms=(Room(id="r", site="moon", seats=3),)), "room 'r': site 'moon' does not exist"),
        (_p(rooms=(Room(id="r", site="site", seats=-3),)), "seats is -3"),
        (_p(rooms=(Room(id="r", site="site", seats=3, available=((5, 5),)),)), "available [5, 5) is empty"),
        (_p(rooms=(Room(id="r", site="site", seats=3, available=((0, 700),)),)), "outside the horizon"),
        (_p(equipment=(Equipment(id="e", units=-1),)), "units is -1"),
        (_staff(available=((9, 3),)), "available [9, 3) is empty"),
        (_staff(max_slots_day=-1), "max_slots_day is -1"),
        (_staff(max_slots_week=10**9), "max_slots_week is 1000000000"),
        (_staff(break_slots=97), "break_slots is 97"),
        (_person(busy=((-4, 3),)), "busy [-4, 3) lies outside the horizon"),
        (_person(day_hours=((0, 96),) * 6), "day_hours has 6 pairs"),
        (_person(day_hours=((50, 40),) * 7), "day_hours [50, 40]"),
        (_person(day_hours=((0, 97),) * 7), "day_hours [0, 97]"),
        (_person(sites=("moon",)), "site 'moon' does not exist"),
        (_person(preferred_sites=("moon",)), "preferred site 'moon'"),
        (_person(preferred_activities=("moon",)), "preferred activity 'moon'"),
        (_person(referents=("nobody",)), "referent 'nobody'"),
        (_person(mentor="nobody"), "mentor 'nobody'"),
        (_person(level_spoken=7), "level_spoken is 7"),
        (_person(level_written=-1), "level_written is -1"),
        (_person(max_days_week=-1), "max_days_week is -1"),
        (_p(pair_rules=(PairRule(kind="apart", a="p1", b="p1"),)), "names one person twice"),
        (_p(pair_rules=(PairRule(kind="apart", a="p1", b="p9"),)), "participant 'p9' does not exist"),
        (
            _p(
                people=2,
                pair_rules=(
                    PairRule(kind="apart", a="p1", b="p2"),
                    PairRule(kind="together", a="p2", b="p1"),
                ),
            ),
            "p1 and p2 are both together and apart",
        ),
        (_p(met=(Met(a="p1", b="p1"),)), "names one person twice"),
        (_p(people=2, met=(Met(a="p1", b="p2"), Met(a="p2", b="p1"))), "is given twice"),
        (_p(people=2, met=(Met(a="p1", b="p2", times=-1),)), "times is -1"),
        (_p(activities=(make_activity(), make_activity())), "activity: the id 'a' is used 2 times"),
        (_a(duration_slots=0), "duration_slots is 0"),
        (_a(starts=((7, 36),)), "the start [7, 36]"),
        (_a(starts=((0, 90),)), "the start [0, 90] does not leave 12 slots"),
        (_a(starts=((0, -1),)), "the start [0, -1]"),
        (_a(frequency=Frequency(min=3, max=2)), "frequency: the least, 3, and the most, 2"),
        (_a(frequency=Frequency(min=-1, max=2)), "frequency: the least, -1"),
        (_a(frequency=Frequency(period_weeks=-1)), "period_weeks is -1"),
        (_a(seats_min=16), "seats: the least, 16, and the most, 15"),
        (_a(earliest_day=5, latest_day=4), "day: the least, 5"),
        (_a(previous_weekday=7), "previous_weekday is 7"),
        (_a(min_days_between=-1), "min_days_between is -1"),
        (_a(max_parallel=0), "max_parallel is 0"),
        (_a(pattern="consecutive"), "needs a run_length"),
        (_a(individual=True, drop_in=True), "an individual activity"),
        (_a(individual=True, block=True), "an individual activity"),
        (_a(individual=True, pattern="same_time"), "an individual activity"),
        (_a(drop_in=True, seats_min=1), "lists nobody"),
        (_a(members=("p9",)), "member 'p9'"),
        (_a(sites=("moon",)), "site 'moon'"),
        (_a(rooms=("r9",)), "room 'r9'"),
        (_a(level_spoken=(3, 2)), "level_spoken [3, 2]"),
        (_a(level_written=(0, 7)), "level_written [0, 7]"),
        (_a(subgroups=(0, 3)), "subgroups: the least, 0"),
        (_a(subgroups=(4, 3)), "subgroups: the least, 4, and the most, 3"),
        (_a(roles=(Role(id="x"), Role(id="x"))), "roles: the id 'x' is used 2 times"),
        (_a(equipment=(EquipmentNeed(equipment="none"),)), "equipment 'none'"),
        (_role(count=-1), "count is -1"),
        (_role(staff=("s9",)), "staff 's9'"),
        (_role(language="group"), "needs the group's language"),
        (_role(language="participant"), "needs the participant's language"),
        (_p(orders=(Order(kind="before", first="a", second="x"),)), "activity 'x' does not exist"),
        (_p(orders=(Order(kind="before", first="a", second="a"),)), "names one activity twice"),
        (
            _p(
                activities=AB,
                orders=(
                    Order(kind="before", first="a", second="b"),
                    Order(kind="before", first="b", second="a"),
                ),
            ),
            "in a circle: a, b",
        ),
        (_d(participant="p9"), "participant 'p9'"),
        (_d(activities=("x",)), "activity 'x'"),
        (_d(activities=()), "lists no activity"),
        (_d(staff=("s9",)), "staff 's9'"),
        (_d(min=2), "target 1 is less than min 2"),
        (_d(min=-1), "min is -1"),
        (_d(target=3, max=2), "max 2 is less than target 3"),
        (_d(weight=-1), "weight is -1"),
        (_d(from_day=3, to_day=3), "the days [3, 3) are empty"),
        (_d(from_day=14), "the days [14, 14) are empty or outside"),
        (_d(min=3, target=3, max_per_week=1), "min 3 from day 0 is more than max_per_week allows"),
        (_d(min=4, target=4, gap_days=5), "min 4 from day 0 is more than gap_days allows"),
        (
            lambda: make_problem(demands=(make_demand(), make_demand())),
            "demand: the id 'p1-a' is used 2 times",
        ),
        (_f({"activity": "x"}), "activity 'x' does not exist"),
        (_f({"site": "x"}), "site 'x' does not exist"),
        (_f({"room": "x"}), "room 'x' does not exist"),
        (_f({"staff": ("x",)}), "staff 'x' does not exist"),
        (_f({"leaders": (Leader(role="x", staff="s1"),)}), "role 'x' does not exist"),
        (_f({"people": ("x",)}), "participant 'x' does not exist"),
        (_f({"people": ("p1", "p1")}), "lists someone more than once"),
        (_f({"day": 7}), "does not leave it within one day"),
        (_f({"start": -1}), "does not leave it within one day"),
        (_f({"slot_of_day": 90}), "does not leave it within one day"),
        (_f(locked=("p1",)), "locks people it does not list: p1"),
        (_f({"people": ("p1",)}, locked=("p1",), excluded=("p1",)), "both locks and excludes p1"),
        (_f({"people": ("p1",)}, excluded=("p1",), closed=True), "is closed with people it excludes: p1"),
        (_f(excluded=("p9",)), "participant 'p9'"),
        (_f(overrides=("charm",)), "overrides 'charm'"),
        (_f(overrides=("lock",)), "overrides 'lock'"),
        (lambda: make_problem(fixed=(make_fixed(make_session()),) * 2), "the id 'x1' is used 2 times"),
        (_p(previous=(make_session(people=("p9",)),)), "participant 'p9'"),
        (_p(previous=(make_session(day=9),)), "within one day of the horizon"),
        (_p(previous=(make_session(), make_session(day=1))), "previous session: the id 'x1' is used 2 times"),
        (_p(weights=Weights(day=-1)), "weights: day is -1"),
    ],
)
def test_contradiction_is_named(make: Change, words: str) -> None:
    found = reasons(make())
    assert any(words in reason for reason in found), found


def test_every_contradiction_is_listed_in_reading_order() -> None:
    problem = make_problem(
        rooms=(Room(id="r1", site="moon", seats=-1),),
        staff=(Staff(id="s1", break_slots=-1),),
        demands=(make_demand(participant="p9"),),
    )
    assert [reason.split(":")[0] for reason in reasons(problem)] == [
        "room 'r1'",
        "room 'r1'",
        "staff 's1'",
        "demand 'p9-a'",
    ]


def _cohort(size: int, **changes: Any) -> Problem:
    people = tuple(Participant(id=f"p{i}") for i in range(size))
    demand = changes.pop("demand", {"min": 1})
    activity = make_activity(members=tuple(p.id for p in people), **({"seats_max": 4} | changes))
    return make_problem(
        days=14,
        participants=people,
        activities=(activity,),
        demands=tuple(make_demand(p.id, **demand) for p in people),
    )


def test_cohort_over_capacity_is_refused() -> None:
    assert reasons(_cohort(4, block=True)) == []
    (reason,) = reasons(_cohort(5, block=True))
    assert "5 members of its closed group must come" in reason
    weekly = {"min": 2, "target": 2, "period_weeks": 1}
    assert reasons(_cohort(5, frequency=Frequency(period_weeks=1, max=3), demand=weekly)) == []
    assert reasons(_cohort(5, frequency=Frequency(period_weeks=1, max=2), demand=weekly))


def test_cohort_that_need_not_come_whole_is_no_contradiction() -> None:
    assert reasons(_cohort(9, block=True, demand={"min": 0})) == []
    assert reasons(_cohort(9, frequency=Frequency(period_weeks=2, max=1))) == []
    loose = replace(_cohort(9, block=True), activities=(make_activity(block=True, seats_max=4),))
    assert reasons(loose) == []


def test_too_many_rows_are_refused() -> None:
    assert "entries are more than" in reasons(make_problem(closed_days=(0,) * 200_001))[0]

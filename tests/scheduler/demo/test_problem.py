"""What planning a demonstration centre asks for, and what it must be able to give."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.demo import DemoSize, build_demo
from scheduler.demo.tune import HELD_OFTEN, SOUGHT_AFTER
from scheduler.models import Activity, Centre, Programme
from scheduler.planner_ids import activity_key
from scheduler.problem_builder import build_problem
from solver.candidates import Candidates, Placement, find_candidates
from solver.check import check_problem
from solver.problem import Problem

FIRST_DAY = date(2026, 11, 30)
WEEKS = 4
SLOTS_21_HOURS = 84


def problem_of(session: Session, centre: Centre, now: datetime) -> Problem:
    problem = build_problem(session, centre, FIRST_DAY, WEEKS, now).problem
    check_problem(problem)
    assert not problem.fixed
    return problem


def open_to(candidates: Candidates) -> dict[str, list[Placement]]:
    """Every session that each person could come to, seats and rivals left aside."""
    found: dict[str, list[Placement]] = defaultdict(list)
    for placement in candidates.placements:
        for person in placement.people:
            found[person].append(placement)
    return found


def most_slots(placements: list[Placement]) -> int:
    """Slots of as many of these sessions as one person can attend; all last equally long."""
    slots = last = 0
    for placement in sorted(placements, key=lambda p: p.end):
        if placement.start >= last:
            slots, last = slots + placement.end - placement.start, placement.end
    return slots


def test_the_middle_size_is_hard_but_fair(session: Session, now: datetime) -> None:
    centre = build_demo(session, size=DemoSize.M, seed=1, now=now)
    problem = problem_of(session, centre, now)
    candidates = find_candidates(problem)
    possible = open_to(candidates)
    names = {activity.id: activity for activity in problem.activities}

    fortnights = {
        (d.participant, d.from_day) for d in problem.demands if _is(problem, d.activities, "amie", 2, d)
    }
    assert len(fortnights) == 28
    only_wednesday = 0
    for person, _ in fortnights:
        group = [
            p
            for p in possible[person]
            if p.activity.programme == "amie" and p.activity.pattern == "alternating"
        ]
        weekdays = {p.day % 7 for p in group}
        assert weekdays
        for first in (0, 14):
            assert any(first <= p.day < first + 14 for p in group)
        only_wednesday += weekdays == {2}
    assert only_wednesday <= 16, "one Wednesday a fortnight has sixteen seats"

    long_weeks = [
        d for d in problem.demands if d.unit == "minutes" and names[d.activities[0]].programme == "move_up"
    ]
    assert len(long_weeks) == 25
    short = set()
    for demand in long_weeks:
        for week in range(WEEKS):
            mine = [
                p
                for p in possible[demand.participant]
                if p.activity.id in demand.activities and p.week == week
            ]
            if most_slots(mine) < SLOTS_21_HOURS:
                short.add(demand.participant)
    bound_by_school = {p.id for p in problem.participants if p.day_hours is not None}
    assert short <= bound_by_school
    assert len(short) <= 1

    # Some groups are full, with people in line for a seat that becomes free.
    for programme, key in SOUGHT_AFTER:
        row = _activity(session, programme, key)
        sought = [p for p in candidates.placements if p.activity.id == activity_key(row.id)]
        assert {p.week for p in sought} == set(range(WEEKS))
        assert all(len(p.people) >= row.seats_max + 2 for p in sought)

    # Some groups are held on more days than people need, so that they can choose.
    for programme, key in HELD_OFTEN:
        activity = activity_key(_activity(session, programme, key).id)
        needed = {d.participant: d.target or d.min for d in problem.demands if activity in d.activities}
        days = {
            person: {p.day for p in possible[person] if p.activity.id == activity and p.week == WEEKS - 1}
            for person in needed
        }
        assert sum(len(days[person]) > most for person, most in needed.items()) >= 8

    # Not everything fits, and some of it for reasons a coordinator can do something about.
    helpless = {
        d.participant
        for d in problem.demands
        if not any(p.activity.id in d.activities for p in possible[d.participant])
    }
    assert 5 <= len(helpless) <= 60
    assert sum(p.day_hours is not None or bool(p.busy) for p in problem.participants) > 0.9 * len(
        problem.participants
    )


def _activity(session: Session, programme: str, key: str) -> Activity:
    query = select(Activity).join(Activity.programme).where(Programme.key == programme, Activity.key == key)
    return session.scalars(query).one()


def _is(problem: Problem, activities: tuple[str, ...], programme: str, weeks: int, demand: object) -> bool:
    activity = problem.activity_by_id[activities[0]]
    period = getattr(demand, "period_weeks", None)
    return activity.programme == programme and activity.pattern == "alternating" and period == weeks


def test_nobody_is_held_to_a_session_on_a_course_day(session: Session, now: datetime) -> None:
    problem = problem_of(session, build_demo(session, size=DemoSize.S, seed=1, now=now), now)
    busy = {p.id: p.busy for p in problem.participants}
    assert sum(map(len, busy.values())) > 200
    for person, placements in open_to(find_candidates(problem)).items():
        for placement in placements:
            assert not any(a < placement.end and placement.start < b for a, b in busy[person])


@pytest.mark.parametrize("moment", ["2027-07-05", "2026-12-24", "2027-05-01"])
def test_a_centre_can_be_built_and_planned_at_any_time_of_the_year(session: Session, moment: str) -> None:
    now = datetime.fromisoformat(f"{moment}T09:00:00+00:00")
    centre = build_demo(session, size=DemoSize.S, seed=1, now=now)
    day = now.date()
    monday = date.fromordinal(day.toordinal() + 7 - day.weekday())
    problem = build_problem(session, centre, monday, WEEKS, now).problem
    check_problem(problem)
    assert len(problem.participants) == 40
    assert find_candidates(problem).placements

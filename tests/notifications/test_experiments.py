"""Comparing reminders by lot: the same for the same person, counted by person, ended by a rule."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from math import sqrt

import numpy as np
import pytest
from sqlalchemy.orm import Session

from notifications.experiments import (
    BOUND,
    LOOKS,
    Arm,
    Verdict,
    arm_of,
    list_experiments,
    look,
    newcombe,
    outcome_of,
    running,
    shares,
    start,
    stop,
    variant_of,
)
from notifications.models import Experiment, ExperimentState, Message
from notifications.reminders import enqueue_due
from scheduler import models as m
from scheduler.errors import InvalidInputError
from tests.factories import Make
from tests.planning import hold, make_world, publish_days


def test_the_lot_is_even_and_always_the_same() -> None:
    drawn = Counter(arm_of("salt", number) for number in range(4000))
    assert 1850 < drawn[Arm.USUAL] < 2150
    assert [arm_of("salt", number) for number in range(50)] == [arm_of("salt", n) for n in range(50)]
    assert [arm_of("other", number) for number in range(50)] != [arm_of("salt", n) for n in range(50)]


def test_persons_make_the_error_not_sessions() -> None:
    alone = shares([(1, number % 2) for number in range(200)])
    alike = shares([(20, 20 * (number % 2)) for number in range(10)])
    assert alone.share == alike.share == 0.5
    assert alone.sessions == alike.sessions == 200
    assert alone.high - alone.low == pytest.approx(0.137, abs=0.005)
    assert alike.high - alike.low > 3 * (alone.high - alone.low)
    assert (shares([]).low, shares([]).high) == (0.0, 1.0)
    assert shares([(4, 4)] * 5).high == 1.0


def test_bounds_of_a_difference_are_newcombes() -> None:
    # Newcombe (1998), Statistics in Medicine 17, example (a): 56 of 70 and 48 of 80.
    one = shares([(1, 1)] * 56 + [(1, 0)] * 14)
    other = shares([(1, 1)] * 48 + [(1, 0)] * 32)
    assert newcombe(one, other) == pytest.approx((0.0524, 0.3339), abs=0.003)


def test_the_bounds_of_four_looks_together_err_once_in_twenty() -> None:
    rng = np.random.default_rng(11)
    sums = np.cumsum(rng.normal(size=(40_000, LOOKS)), axis=1)
    deviates = np.abs(sums) / np.sqrt(np.arange(1, LOOKS + 1))
    bounds = BOUND * np.sqrt(LOOKS / np.arange(1, LOOKS + 1))
    assert float(np.mean((deviates >= bounds).any(axis=1))) == pytest.approx(0.05, abs=0.005)


def begin(session: Session, centre: m.Centre, now: datetime, most: int = 100) -> Experiment:
    row = start(session, centre, "Sans le rappel de trois jours", ["d3"], most, now)
    row.salt = "salt"
    return row


def of_both_arms(make: Make) -> list[m.Participant]:
    """Make people until each variant has two."""
    people: list[m.Participant] = []
    while min(sum(arm_of("salt", each.id) is arm for each in people) for arm in Arm) < 2:
        people.append(make(m.Participant, phone=f"+32470{100000 + len(people)}"))
    return people


def mark(make: Make, now: datetime, usual: float, fewer: float, *, people: int, each: int) -> datetime:
    """Mark sessions after ``now`` in which each variant came to its share; returns when they are over."""
    programme = make(m.Programme)
    activity = make(m.Activity, programme=programme)
    held = [
        make(m.GroupSession, activity=activity, starts_at=now + timedelta(hours=number + 1))
        for number in range(each)
    ]
    left = {Arm.USUAL: people, Arm.FEWER: people}
    while any(left.values()):
        person = make(m.Participant)
        arm = arm_of("salt", person.id)
        if not left[arm]:
            continue
        left[arm] -= 1
        came = usual if arm is Arm.USUAL else fewer
        for number, row in enumerate(held):
            there = (left[arm] * 7 + number * 3) % 10 < 10 * came
            make(
                m.AttendanceRecord,
                session=row,
                participant=person,
                starts_at=row.starts_at,
                state="present" if there else "absent",
            )
    return now + timedelta(hours=each + 2)


def test_without_a_comparison_everybody_is_reminded_as_usual(
    session: Session, centre: m.Centre, make: Make, now: datetime
) -> None:
    people = of_both_arms(make)
    assert variant_of(session, centre, people[0].id) is None
    row = begin(session, centre, now)
    variants = [variant_of(session, centre, person.id) for person in people]
    assert {each.arm: set(each.skipped) for each in variants if each} == {Arm.USUAL: set(), Arm.FEWER: {"d3"}}
    stop(session, row, now)
    assert running(session, centre) is None
    assert variant_of(session, centre, people[0].id) is None
    with pytest.raises(InvalidInputError):
        stop(session, row, now)


def test_reminders_follow_the_variant_and_remember_it(session: Session, centre: m.Centre, make: Make) -> None:
    world = make_world(make)
    plan = publish_days(make, world, date(2026, 11, 23), date(2026, 12, 20))
    people = of_both_arms(make)
    hold(make, world, plan, date(2026, 11, 30), *people)
    friday_evening = datetime(2026, 11, 27, 17, tzinfo=UTC)
    row = begin(session, centre, friday_evening - timedelta(days=1))
    usual = {person.id for person in people if arm_of(row.salt, person.id) is Arm.USUAL}
    assert enqueue_due(session, centre, friday_evening) == len(usual)
    found = session.query(Message).all()
    assert {each.participant_id for each in found} == usual
    assert {each.variant for each in found} == {f"{row.id}:usual"}
    assert enqueue_due(session, centre, friday_evening + timedelta(days=2)) == len(people)


@pytest.mark.parametrize(
    ("name", "skipped", "most"),
    [("x", [], 400), ("x", ["d9"], 400), ("x", ["d3", "d1"], 400), ("x", ["d3"], 5), (" ", ["d3"], 400)],
)
def test_a_comparison_that_makes_no_sense_is_refused(
    session: Session, centre: m.Centre, now: datetime, name: str, skipped: list[str], most: int
) -> None:
    with pytest.raises(InvalidInputError):
        start(session, centre, name, skipped, most, now)
    assert list_experiments(session, centre) == []


def test_only_one_runs_at_a_time(session: Session, centre: m.Centre, now: datetime) -> None:
    begin(session, centre, now)
    with pytest.raises(InvalidInputError, match="déjà en cours"):
        begin(session, centre, now)


def test_a_clear_difference_ends_it_early(
    session: Session, centre: m.Centre, make: Make, now: datetime
) -> None:
    row = begin(session, centre, now)
    assert look(session, centre, now) is None
    over = mark(make, now, 1.0, 0.2, people=14, each=2)
    assert outcome_of(session, row, over).verdict is Verdict.TOO_FEW
    taken = look(session, centre, over)
    assert taken is not None
    assert (taken.number, taken.decides) == (1, True)
    assert taken.bound == pytest.approx(2 * BOUND)
    assert row.state == ExperimentState.ENDED
    found = outcome_of(session, row, over + timedelta(days=9))
    assert found.verdict is Verdict.USUAL_BETTER
    assert found.high < 0
    assert found.looks[0] == taken


def test_no_difference_goes_on_to_the_last_look_and_says_so(
    session: Session, centre: m.Centre, make: Make, now: datetime
) -> None:
    row = begin(session, centre, now)
    over = mark(make, now, 0.7, 0.7, people=13, each=4)
    first = look(session, centre, over)
    assert first is not None
    assert (first.number, first.decides) == (2, False)
    assert look(session, centre, over) is None
    assert outcome_of(session, row, over).verdict is Verdict.OPEN
    later = mark(make, over, 0.7, 0.7, people=13, each=4)
    last = look(session, centre, later)
    assert last is not None
    assert (last.number, row.state) == (LOOKS, ExperimentState.ENDED)
    found = outcome_of(session, row, later)
    assert found.verdict is Verdict.NO_DIFFERENCE
    assert found.low < 0 < found.high
    assert sqrt(sum(each.error**2 for each in found.arms.values())) > 0
    assert [each.number for each in found.looks] == [2, 4]

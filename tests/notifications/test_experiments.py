"""Comparing reminders by lot: the same for the same person, counted by person, ended by a rule."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from math import sqrt

import numpy as np
import pytest
from sqlalchemy.orm import Session

from notifications import jobs
from notifications.experiments import (
    BOUND,
    LOOKS,
    Other,
    Verdict,
    list_experiments,
    look,
    newcombe,
    outcome_of,
    running,
    shares,
    shares_of,
    start,
    stop,
)
from notifications.forecast import forecast
from notifications.lot import Arm, arm_of, draw, place_people, unit_of, variants
from notifications.models import ChannelKind, Experiment, ExperimentState, Message
from notifications.policy import Policy, Step
from notifications.reminders import enqueue_due
from notifications.wording.own import keep_own
from notifications.wording.texts import SECOND_SPECS
from scheduler import models as m
from scheduler.errors import InvalidInputError
from tests.factories import Make
from tests.planning import hold, make_world, publish_days


def test_the_lot_is_even_and_always_the_same() -> None:
    drawn = Counter(draw("salt", number) for number in range(4000))
    assert 1850 < drawn[Arm.USUAL] < 2150
    assert [draw("salt", number) for number in range(50)] == [draw("salt", n) for n in range(50)]
    assert [draw("other", number) for number in range(50)] != [draw("salt", n) for n in range(50)]


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
    row = start(session, centre, "Sans le rappel de trois jours", Other(skipped=["d3"]), most, now)
    row.salt = "salt"
    return row


def of_both_arms(make: Make) -> list[m.Participant]:
    """Make people until each variant has two."""
    people: list[m.Participant] = []
    while min(sum(draw("salt", each.id) is arm for each in people) for arm in Arm) < 2:
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
    left = {Arm.USUAL: people, Arm.OTHER: people}
    while any(left.values()):
        person = make(m.Participant)
        arm = draw("salt", person.id)
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


def test_it_ends_once_and_everybody_is_reminded_as_usual(
    session: Session, centre: m.Centre, now: datetime
) -> None:
    row = begin(session, centre, now)
    stop(session, row, now)
    assert running(session, centre) is None
    with pytest.raises(InvalidInputError):
        stop(session, row, now)


def test_a_household_is_drawn_together_and_for_good(
    session: Session, centre: m.Centre, make: Make, now: datetime
) -> None:
    first = make(m.Participant, phone="0470 00 00 01", email="a@example.org")
    others = [
        make(m.Participant, phone="+32470000001"),
        make(m.Participant, phone="0470000002", email="A@example.org "),
        *(make(m.Participant, phone="0032 470 00 00 01") for _number in range(6)),
    ]
    alone = make(m.Participant, phone="+32470000099")
    row = begin(session, centre, now)
    assert {unit_of(row, each.id) for each in others} == {first.id}
    assert len({arm_of(row, each.id) for each in (first, *others)}) == 1
    assert unit_of(row, alone.id) == alone.id
    others[0].phone = "+32470000077"
    newcomer = make(m.Participant, phone="+32470000099")
    place_people(session, row)
    assert unit_of(row, newcomer.id) == alone.id
    assert unit_of(row, others[0].id) == first.id


def test_sessions_of_a_household_are_counted_as_one(
    session: Session, centre: m.Centre, make: Make, now: datetime
) -> None:
    people = [make(m.Participant, phone="+32470000001") for _number in range(20)]
    row = begin(session, centre, now)
    for number, person in enumerate(people):
        state = "present" if number % 2 else "absent"
        make(m.AttendanceRecord, participant=person, starts_at=now + timedelta(hours=1), state=state)
    arms = shares_of(session, row, now + timedelta(hours=2))
    full = arms[arm_of(row, people[0].id)]
    assert (full.people, full.sessions, full.attended) == (20, 20, 10)
    assert {each.sessions for each in arms.values()} == {0, 20}


def test_an_hour_and_words_can_be_compared(session: Session, centre: m.Centre, make: Make) -> None:
    world = make_world(make)
    plan = publish_days(make, world, date(2026, 11, 23), date(2026, 12, 20))
    people = of_both_arms(make)
    hold(make, world, plan, date(2026, 11, 30), *people)
    friday = datetime(2026, 11, 27, 8, tzinfo=UTC)
    other = Other(moved={"d3": time(10)}, second_texts=True)
    with pytest.raises(InvalidInputError, match="second texte"):
        start(session, centre, "Le matin", other, 100, friday)
    one = next(spec for spec in SECOND_SPECS if spec.shipped_key == "reminder.one")
    with pytest.raises(InvalidInputError, match="Il manque"):
        keep_own(session, centre, one, ChannelKind.SMS, "fr", text="Venez !", version=None, now=friday)
    words = "On compte sur vous : {sessions}"
    keep_own(session, centre, one, ChannelKind.SMS, "fr", text=words, version=None, now=friday)
    with pytest.raises(InvalidInputError, match="heures calmes"):
        start(session, centre, "La nuit", Other(moved={"d3": time(23)}), 100, friday)
    row = start(session, centre, "Le matin", other, 100, friday)
    row.salt = "salt"
    told = forecast(session, centre, friday, weeks=1)
    assert enqueue_due(session, centre, friday) == 0
    for at in (friday + timedelta(hours=1), friday + timedelta(hours=9)):
        sent = enqueue_due(session, centre, at)
        expected = Arm.OTHER if at.hour == 9 else Arm.USUAL
        theirs = {person.id for person in people if arm_of(row, person.id) is expected}
        found = session.query(Message).filter(Message.created_at == at).all()
        assert sent == len(theirs)
        assert {each.participant_id for each in found} == theirs
        assert {each.body.startswith("On compte sur vous") for each in found} == {expected is Arm.OTHER}
    enqueue_due(session, centre, friday + timedelta(days=2, hours=9))
    spent = sum(each.price_eur_millicents for each in session.query(Message))
    assert (told.messages, told.price_eur_millicents) == (session.query(Message).count(), spent)


def test_reminders_follow_the_variant_and_remember_it(session: Session, centre: m.Centre, make: Make) -> None:
    world = make_world(make)
    plan = publish_days(make, world, date(2026, 11, 23), date(2026, 12, 20))
    people = of_both_arms(make)
    hold(make, world, plan, date(2026, 11, 30), *people)
    friday_evening = datetime(2026, 11, 27, 17, tzinfo=UTC)
    row = begin(session, centre, friday_evening - timedelta(days=1))
    usual = {person.id for person in people if arm_of(row, person.id) is Arm.USUAL}
    assert enqueue_due(session, centre, friday_evening) == len(usual)
    found = session.query(Message).all()
    assert {each.participant_id for each in found} == usual
    assert {each.variant for each in found} == {f"{row.id}:usual"}
    assert enqueue_due(session, centre, friday_evening + timedelta(days=2)) == len(people)


def test_a_programme_keeps_its_only_reminder_and_its_night() -> None:
    plan = {"skipped": ["d3"], "moved": {"d1": "19:00"}}
    other = variants(Experiment(id=1, plan=plan))[Arm.OTHER]
    early, late = Step(days=1, at=time(18)), Step(days=1, at=time(19))
    of_centre = Policy(steps=(Step(days=3, at=time(18)), early))
    assert other.of(of_centre).steps == (late,)
    alone = Policy(steps=(Step(days=3, at=time(18)),))
    assert other.of(alone).steps == alone.steps
    assert other.of(replace(of_centre, quiet_from=time(18, 30))).steps == (early,)
    assert other.of(Policy(steps=())).steps == ()


@pytest.mark.parametrize(
    ("name", "skipped", "most"),
    [("x", [], 400), ("x", ["d9"], 400), ("x", ["d3", "d1"], 400), ("x", ["d3"], 5), (" ", ["d3"], 400)],
)
def test_a_comparison_that_makes_no_sense_is_refused(
    session: Session, centre: m.Centre, now: datetime, name: str, skipped: list[str], most: int
) -> None:
    with pytest.raises(InvalidInputError):
        start(session, centre, name, Other(skipped=skipped), most, now)
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


def test_one_centres_fault_keeps_no_other_from_being_looked_at(
    session: Session, make: Make, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = make(m.Centre), make(m.Centre)
    session.commit()
    seen: list[int] = []

    def fail_for_the_first(_session: Session, centre: m.Centre, _now: datetime) -> object:
        if centre.id == first.id:
            raise RuntimeError("its numbers cannot be read")
        seen.append(centre.id)
        return object()

    monkeypatch.setattr(jobs, "look", fail_for_the_first)
    done = jobs.look_at_comparisons(session, lambda: now)
    assert done == {"looks": len(seen), "failed": 1}
    assert second.id in seen

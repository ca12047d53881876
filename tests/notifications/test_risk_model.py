"""Risk of absence: the arithmetic, what may be known when, and rules that give way to plainer ones."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest

from notifications.risk.evaluation import Evaluation, TooFewError, evaluate
from notifications.risk.features import MOMENT, PAST, moment_columns, past_columns
from notifications.risk.inclination import Level, Spread, follow
from notifications.risk.measure import auc, brier, calibration_slope, reliability, wilson
from notifications.risk.model import Fit, Rule, fit_best, fit_rule, predict, split_in_time
from notifications.risk.regression import fit_ridge, logit, sigmoid
from notifications.risk.visits import Visit, as_columns

MONDAY = datetime.fromisoformat("2025-01-06T09:00")


def drawn(
    count: int,
    *,
    people: int = 60,
    days: int = 120,
    person: float = 0.0,
    lead: float = 0.0,
    base: float = -1.0,
    seed: int = 1,
) -> list[Visit]:
    """Return visits drawn from a known truth."""
    rng = np.random.default_rng(seed)
    own = rng.normal(0, 1, people) * person
    rows = []
    for _number in range(count):
        who, day, early = int(rng.integers(people)), int(rng.integers(days)), int(rng.choice([0, 1, 7, 30]))
        starts = MONDAY + timedelta(days=day, hours=int(rng.integers(8)))
        chance = 1 / (1 + np.exp(-(base + own[who] - lead * (early == 0))))
        rows.append(Visit(who, starts, starts - timedelta(days=early, hours=1), bool(rng.random() < chance)))
    return rows


def test_a_ridge_fit_finds_the_rates_of_two_groups() -> None:
    columns = np.column_stack([np.ones(200), np.repeat([0.0, 1.0], 100)])
    outcomes = np.concatenate([np.repeat([1.0, 0.0], [20, 80]), np.repeat([1.0, 0.0], [60, 40])])
    found = fit_ridge(columns, outcomes, np.array([0.0, 0.0]))
    assert sigmoid(np.array([found[0], found.sum()])) == pytest.approx([0.2, 0.6], abs=1e-6)
    held = fit_ridge(columns, outcomes, np.array([0.0, 1e9]), np.array([0.0, 1.0]))
    assert held[1] == pytest.approx(1.0, abs=1e-3)


def test_a_fit_on_outcomes_that_are_all_the_same_stays_finite() -> None:
    found = fit_ridge(np.ones((30, 1)), np.zeros(30), np.array([1e-6]))
    assert np.isfinite(found).all()
    assert found[0] < -5


def test_order_distance_and_slope_are_those_of_their_definitions() -> None:
    rng = np.random.default_rng(3)
    chances = np.round(rng.random(200), 1) * 0.8 + 0.1
    outcomes = (rng.random(200) < chances).astype(float)
    pairs = [
        1.0 if a > b else 0.5 if a == b else 0.0
        for a in chances[outcomes == 1]
        for b in chances[outcomes == 0]
    ]
    assert auc(chances, outcomes) == pytest.approx(np.mean(pairs))
    assert brier(np.array([0.5, 1.0]), np.array([1.0, 1.0])) == pytest.approx(0.125)
    slope = calibration_slope(chances, outcomes)
    bold = calibration_slope(sigmoid(2 * logit(chances)), outcomes)
    assert slope is not None
    assert bold == pytest.approx(slope / 2, rel=1e-4)


def test_nothing_is_said_where_nothing_can_be() -> None:
    same = np.full(10, 0.3)
    assert auc(same, np.zeros(10)) is None
    assert calibration_slope(same, np.array([0.0, 1.0] * 5)) is None
    assert auc(same, np.array([0.0, 1.0] * 5)) == 0.5
    assert reliability(np.empty(0), np.empty(0)) == []


def test_bounds_of_a_share_are_wilsons() -> None:
    # Newcombe (1998), Statistics in Medicine 17: 81 of 263.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 20)[0] == 0.0


def test_reliability_counts_every_visit_once() -> None:
    chances = np.repeat([0.1, 0.2, 0.9], [50, 30, 20])
    bins = reliability(chances, (chances > 0.5).astype(float))
    assert sum(each.count for each in bins) == 100
    assert [each.predicted for each in bins] == sorted(each.predicted for each in bins)
    assert bins[-1].observed == 1.0


def test_every_column_has_its_name() -> None:
    visits = as_columns(drawn(50))
    assert moment_columns(visits).shape == (50, len(MOMENT))
    assert past_columns(visits).shape == (50, len(PAST))
    assert not {"language", "nationality", "age", "sex", "address"} & {*MOMENT, *PAST}


def test_what_happens_on_a_day_is_known_from_the_next_day_on() -> None:
    first = [Visit("a", MONDAY, None, True), Visit("a", MONDAY + timedelta(hours=4), None, True)]
    rows = [*first, Visit("a", MONDAY + timedelta(days=1), None, None)]
    past = past_columns(as_columns(rows))
    assert past[:, PAST.index("new")].tolist() == [1, 1, 0]
    assert past[:, PAST.index("missed_last_two")].tolist() == [0, 0, 1]


def test_a_visit_booked_during_the_day_does_not_betray_the_morning() -> None:
    morning = Visit("a", MONDAY, MONDAY - timedelta(days=9), False)
    walked_in = Visit("a", MONDAY + timedelta(hours=3), MONDAY + timedelta(hours=2), False)
    assert as_columns([morning, walked_in]).beside.tolist() == [0, 1]
    assert as_columns([morning, replace(walked_in, booked_at=None)]).beside.tolist() == [1, 1]


@pytest.mark.parametrize("rule", [Rule.MODEL, Rule.COUNTS])
def test_no_prediction_knows_the_future(rule: Rule) -> None:
    visits = as_columns(drawn(600, person=1.5, lead=1.0))
    fit = fit_rule(visits, rule)
    turned = visits.missed.copy()
    day = int(visits.days[300])
    turned[visits.days >= day] = 1 - turned[visits.days >= day]
    other = replace(visits, missed=turned)
    upto = visits.days <= day
    assert predict(fit, visits)[upto] == pytest.approx(predict(fit, other)[upto], abs=0)
    assert predict(fit, visits)[~upto] != pytest.approx(predict(fit, other)[~upto])


def test_the_more_is_known_of_a_person_the_more_it_counts() -> None:
    def after(visits: int) -> float:
        rows = [Visit("a", MONDAY + timedelta(days=number), None, True) for number in range(visits)]
        columns = as_columns([*rows, Visit("a", MONDAY + timedelta(days=90), None, None)])
        return float(follow(columns, np.full(visits + 1, -1.0), Spread(person=1.0))[0][-1])

    known = [after(visits) for visits in (0, 1, 4, 16)]
    assert known[0] == pytest.approx(-1.0)
    assert known == sorted(known)
    assert known[3] < 4


def test_the_present_time_of_a_person_fades() -> None:
    def later(days: int) -> float:
        rows = [Visit("a", MONDAY + timedelta(days=number), None, True) for number in range(6)]
        columns = as_columns([*rows, Visit("a", MONDAY + timedelta(days=6 + days), None, None)])
        spread = Spread(recent=1.0, half_life_days=10)
        return float(follow(columns, np.full(7, -1.0), spread)[0][-1])

    assert later(1) > later(20) > later(200)
    assert later(400) == pytest.approx(-1.0, abs=0.01)


def test_a_level_given_from_elsewhere_holds() -> None:
    rows = as_columns([Visit("a", MONDAY, None, True), Visit("b", MONDAY + timedelta(days=1), None, None)])
    level = Level(int(rows.days[0]), 1.0, 0.1)
    assert follow(rows, np.zeros(2), Spread(centre=0.2), level)[0][1] == pytest.approx(1.0, abs=0.01)


def test_the_later_part_never_shares_a_day_with_the_earlier() -> None:
    visits = as_columns(drawn(500, days=6))
    earlier, later = split_in_time(visits)
    assert earlier.days.max() < later.days.min()
    assert len(earlier) + len(later) == 500


def test_without_anything_to_learn_it_is_one_rate_for_all() -> None:
    found = evaluate(as_columns(drawn(700, seed=5)))
    assert found.rule is Rule.BASE_RATE
    assert found.brier == found.brier_base_rate
    assert found.auc == 0.5
    assert found.calibration_slope is None


def test_strong_people_and_bookings_are_found_and_told_at_their_size() -> None:
    found = evaluate(as_columns(drawn(3000, person=1.5, lead=1.5)))
    assert found.rule is Rule.MODEL
    assert found.brier < 0.88 * found.brier_base_rate
    assert found.auc is not None
    assert found.auc > 0.75
    assert found.calibration_slope == pytest.approx(1.0, abs=0.2)
    assert Evaluation.from_json(found.as_json()) == found


def test_people_seen_once_are_judged_by_their_booking() -> None:
    rows = [replace(row, person=number) for number, row in enumerate(drawn(2500, lead=2.5, base=-0.5))]
    found = evaluate(as_columns(rows))
    assert found.rule is Rule.MODEL
    assert found.brier < found.brier_base_rate


def clinic(count: int, drift: float = 0.0) -> tuple[list[Visit], list[float]]:
    """Return six weeks of visits without an hour, most people once, and the true chance of each."""
    rng = np.random.default_rng(4)
    rates = {0: 0.05, 1: 0.21, 7: 0.25, 20: 0.32, 45: 0.33}
    rows, chances = [], []
    for _number in range(count):
        day, early = int(rng.integers(42)), int(rng.choice(list(rates), p=(0.35, 0.2, 0.2, 0.15, 0.1)))
        midnight = MONDAY.replace(hour=0) + timedelta(days=day)
        chances.append(float(sigmoid(logit(np.array([rates[early]])) + drift * day / 42)[0]))
        booked = midnight - timedelta(days=early) + timedelta(minutes=int(rng.integers(420, 1080)))
        rows.append(Visit(int(rng.geometric(3 / count)), midnight, booked, bool(rng.random() < chances[-1])))
    return rows, chances


@pytest.mark.parametrize("drift", [0.0, 1.5])
def test_a_clinic_without_hours_is_foreseen_nearly_as_well_as_can_be(drift: float) -> None:
    rows, chances = clinic(6000, drift)
    visits = as_columns(rows)
    found = evaluate(visits)
    known = np.array(chances)[visits.order][found.n_train :]
    best, outcomes = brier(known, visits.missed[found.n_train :]), visits.missed[found.n_train :]
    ranked = auc(known, outcomes)
    assert ranked is not None
    assert found.auc == pytest.approx(ranked, abs=0.015)
    assert found.brier < best + 0.1 * (found.brier_base_rate - best)
    assert found.calibration_slope == pytest.approx(1.0, abs=0.2)


def test_a_visit_booked_later_on_its_own_day_is_booked_on_the_day() -> None:
    midnight = MONDAY.replace(hour=0)
    visits = as_columns(Visit("a", midnight, midnight + timedelta(hours=each)) for each in (0, 9, 30))
    assert visits.lead_days[:2].tolist() == [0, 0]
    assert np.isnan(visits.lead_days[2])


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = drawn(120, person=1.5)
    shuffled = [rows[index] for index in np.random.default_rng(2).permutation(120)]
    one, other = fit_best(as_columns(rows)), fit_best(as_columns(shuffled))
    assert one.rule is other.rule
    assert one.base_rate == other.base_rate


def test_a_fit_survives_being_stored() -> None:
    visits = as_columns(drawn(200, person=1.0))
    for rule in Rule:
        fit = fit_rule(visits, rule)
        assert Fit.from_json(fit.as_json()) == fit


@pytest.mark.parametrize("missed", [True, False])
def test_all_the_same_outcomes_give_their_rate(missed: bool) -> None:
    found = evaluate(as_columns(replace(row, missed=missed) for row in drawn(120)))
    assert found.rule is Rule.BASE_RATE
    assert found.auc is None
    assert found.brier == found.brier_base_rate < 0.001


def test_one_person_alone_can_be_judged() -> None:
    found = evaluate(as_columns(drawn(150, people=1)))
    assert found.n_train + found.n_test == 150


def test_too_few_visits_are_refused() -> None:
    with pytest.raises(TooFewError, match="at least 20"):
        evaluate(as_columns(drawn(19)))
    with pytest.raises(TooFewError, match="one day"):
        evaluate(as_columns(replace(row, starts_at=MONDAY) for row in drawn(30)))

"""The chance that somebody misses a visit: estimated on past visits, with plain counts to fall back on.

Three rules are made on earlier parts of the past and judged on later ones: the model, plain counts of each
person's visits shrunk to the common rate, and the common rate alone. The best one is used, if it beats the
common rate by more than luck explains.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Self

import numpy as np

from notifications.risk.features import MOMENT, PAST, missed_before, moment_columns, past_columns
from notifications.risk.inclination import Level, Spread, estimate_spread, follow
from notifications.risk.measure import brier
from notifications.risk.regression import Array, fit_ridge, logit, sigmoid
from notifications.risk.visits import Visits

#: Ridges tried, from the most cautious: of the moment's columns, and of the correction by the person's past.
#: They are units of information: a weekday with a ridge of 4 counts for little until it was seen some
#: dozens of times.
RIDGES = ((400.0, 1000.0), (60.0, 1000.0), (12.0, 300.0), (4.0, 100.0), (4.0, 10.0))

#: Ridge under which the variances are estimated in a look; they hardly depend on it.
MIDDLE_RIDGE = 12.0

#: Ridge that holds the multiplier of the running estimate near 1.
INCLINATION_RIDGE = 5.0

#: Weights of the common rate tried for plain counts, in visits.
COUNT_WEIGHTS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)

#: Least visits with an outcome, and least missed and kept among them, for anything but the common rate;
#: and the same for a look at a shorter past.
LEAST_VISITS, LEAST_OF_EACH = 40, 6
LEAST_IN_LOOK, LEAST_OF_EACH_IN_LOOK = 20, 3

#: Share of the visits in the earlier part.
EARLIER = 0.7

#: Looks at a shorter past, as shares of it: made until the first, judged from there to the second. From
#: ``MANY_VISITS`` on the last look alone tells enough.
LOOKS = ((0.4, 0.6), (0.6, 0.8), (0.7, 1.0))
MANY_VISITS = 5_000

#: Standard errors by which a rule must beat the common rate. Two would let luck in more rarely, and loses far
#: more in files of some hundred visits than that saves: the looks have less to learn from than the rule will.
CLEARLY = 1.0


class Rule(StrEnum):
    """How a chance is worked out."""

    MODEL = "model"
    COUNTS = "counts"
    BASE_RATE = "base_rate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Everything needed to predict; plain numbers, so that it can be stored and read by people.

    ``moment`` and ``past`` are coefficients on the logit scale by the names of ``features``;
    ``inclination`` is what the running estimate of the person is multiplied by (1 when it is right as it
    is). ``count_weight`` is how many visits the common rate weighs in plain counts; 0 when unused.
    """

    rule: Rule
    base_rate: float
    visits: int
    moment: dict[str, float] = field(default_factory=dict)
    past: dict[str, float] = field(default_factory=dict)
    intercept: float = 0.0
    inclination: float = 1.0
    spread: Spread = field(default_factory=Spread)
    level: Level | None = None
    count_weight: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """Return what ``from_json`` reads."""
        return asdict(self) | {"rule": self.rule.value}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Return what ``as_json`` wrote."""
        level = stored["level"]
        return cls(
            **stored
            | {
                "rule": Rule(stored["rule"]),
                "spread": Spread(**stored["spread"]),
                "level": Level(**level) if level else None,
            }
        )


def split_in_time(visits: Visits, share: float = EARLIER) -> tuple[Visits, Visits]:
    """Return the earlier and the later part; a day is never divided."""
    if not len(visits):
        return visits, visits
    days = visits.days
    cut = days[min(len(days) - 1, int(share * len(days)))]
    below, upto = int(np.searchsorted(days, cut)), int(np.searchsorted(days, cut, side="right"))
    aim = share * len(days)
    edge = below if (aim - below <= upto - aim and below > 0) or upto == len(days) else upto
    earlier = np.arange(len(days)) < edge
    return visits.where(earlier), visits.where(~earlier)


@dataclass(frozen=True, slots=True)
class _Looks:
    """What the rules would have said in looks at shorter pasts, beside what happened."""

    happened: Array
    by_rate: Array
    by_counts: Array
    by_model: Array
    ridges: tuple[float, float]


def fit_best(visits: Visits) -> Fit:
    """Choose a rule by splits in time of these visits, then make it from all of them.

    Only visits with an outcome count; their order must be that of the days.
    """
    past = visits.where(visits.known)
    looks = _look(past)
    if looks is None:
        return fit_rule(past, Rule.BASE_RATE)
    better = beats(looks.by_counts, looks.by_model, looks.happened)
    if beats(looks.by_model, looks.by_rate, looks.happened) and not better:
        return _model(past, _ground(past, looks.ridges[0]), looks.ridges[1])
    if beats(looks.by_counts, looks.by_rate, looks.happened):
        return fit_rule(past, Rule.COUNTS)
    return fit_rule(past, Rule.BASE_RATE)


def _look(past: Visits) -> _Looks | None:
    """Return what the rules would have said; ``None`` where there is too little to look at."""
    if not _enough(past, LEAST_VISITS, LEAST_OF_EACH):
        return None
    ridges = RIDGES if len(past) < MANY_VISITS else RIDGES[-2:]
    outcomes: list[Array] = []
    common: list[Array] = []
    counted: list[Array] = []
    modelled: dict[tuple[float, float], list[Array]] = {each: [] for each in ridges}
    for share, until in LOOKS if len(past) < MANY_VISITS else LOOKS[-1:]:
        seen, _rest = split_in_time(past, until)
        earlier, later = split_in_time(seen, share / until)
        if not len(later) or not _enough(earlier, LEAST_IN_LOOK, LEAST_OF_EACH_IN_LOOK):
            continue
        told = np.arange(len(seen)) >= len(earlier)
        outcomes.append(later.missed)
        common.append(predict(fit_rule(earlier, Rule.BASE_RATE), later))
        counted.append(predict(fit_rule(earlier, Rule.COUNTS), seen)[told])
        middle = _ground(earlier, MIDDLE_RIDGE)
        grounds = {each: _ground(earlier, each, middle.spread) for each in {pair[0] for pair in ridges}}
        for pair, found in modelled.items():
            found.append(predict(_model(earlier, grounds[pair[0]], pair[1]), seen)[told])
    if not outcomes:
        return None
    happened = np.concatenate(outcomes)
    best = min(ridges, key=lambda pair: brier(np.concatenate(modelled[pair]), happened))
    return _Looks(
        happened, np.concatenate(common), np.concatenate(counted), np.concatenate(modelled[best]), best
    )


def beats(chances: Array, others: Array, outcomes: Array) -> bool:
    """Tell whether chances are closer to what happened than others, by more than luck explains."""
    gain = (others - outcomes) ** 2 - (chances - outcomes) ** 2
    return bool(np.mean(gain) > CLEARLY * float(np.std(gain)) / np.sqrt(len(gain)))


def fit_rule(past: Visits, rule: Rule) -> Fit:
    """Make one rule from visits that all have an outcome."""
    if rule is Rule.MODEL and len(past):
        looks = _look(past)
        moment, correction = looks.ridges if looks is not None else RIDGES[0]
        return _model(past, _ground(past, moment), correction)
    # One missed and one kept visit are added, so that no rate is ever quite 0 or 1.
    base_rate = (float(np.sum(past.missed)) + 1) / (len(past) + 2)
    if rule is Rule.COUNTS and len(past):
        weight = _count_weight(past, base_rate)
        return Fit(rule=rule, base_rate=base_rate, visits=len(past), count_weight=weight)
    return Fit(rule=Rule.BASE_RATE, base_rate=base_rate, visits=len(past))


@dataclass(frozen=True, slots=True)
class _Ground:
    """What a model stands on whatever the strength of its correction."""

    moment: Array
    spread: Spread
    level: Level
    columns: Array


def _ground(past: Visits, ridge: float, spread: Spread | None = None) -> _Ground:
    columns = moment_columns(past)
    penalties = np.array([1e-6, *[ridge] * (len(MOMENT) - 1)])
    moment = fit_ridge(columns, past.missed, penalties)
    context = columns @ moment
    spread = spread or estimate_spread(past, context)
    logits, level = follow(past, context, spread)
    whole = np.column_stack([np.ones(len(past)), logits, past_columns(past)])
    return _Ground(moment, spread, level, whole)


def _model(past: Visits, ground: _Ground, ridge: float) -> Fit:
    penalties = np.array([1e-6, INCLINATION_RIDGE, *[ridge] * len(PAST)])
    centres = np.array([0.0, 1.0, *[0.0] * len(PAST)])
    found = fit_ridge(ground.columns, past.missed, penalties, centres)
    return Fit(
        rule=Rule.MODEL,
        base_rate=fit_rule(past, Rule.BASE_RATE).base_rate,
        visits=len(past),
        moment=dict(zip(MOMENT, map(float, ground.moment), strict=True)),
        intercept=float(found[0]),
        inclination=float(found[1]),
        past=dict(zip(PAST, map(float, found[2:]), strict=True)),
        spread=ground.spread,
        level=ground.level,
    )


def predict(fit: Fit, visits: Visits, *, whole_centre: bool = True) -> Array:
    """Return the chance of missing each visit, from what was known before its day.

    Parameters
    ----------
    visits : Visits
        In order of days, those with an outcome among them: they are what a person's past is made of.
    whole_centre : bool
        Whether these are all visits of the centre, so that its present level is followed too; else the
        level is taken as it was when the rule was made.
    """
    if fit.rule is Rule.BASE_RATE:
        return np.full(len(visits), fit.base_rate)
    if fit.rule is Rule.COUNTS:
        count, missed = missed_before(visits)
        return np.asarray((missed + fit.count_weight * fit.base_rate) / (count + fit.count_weight))
    context = moment_columns(visits) @ np.array([fit.moment[name] for name in MOMENT])
    logits, _level = follow(visits, context, fit.spread, None if whole_centre else fit.level)
    correction = past_columns(visits) @ np.array([fit.past[name] for name in PAST])
    return sigmoid(fit.intercept + fit.inclination * logits + correction)


def _enough(past: Visits, visits: int, of_each: int) -> bool:
    missed = float(np.sum(past.missed))
    return len(past) >= visits and min(missed, len(past) - missed) >= of_each


def _count_weight(past: Visits, base_rate: float) -> float:
    """Return the weight of the common rate under which each outcome was least surprising."""
    count, missed = missed_before(past)

    def surprise(weight: float) -> float:
        logits = logit((missed + weight * base_rate) / (count + weight))
        return float(np.sum(np.logaddexp(0.0, logits) - past.missed * logits))

    return min(COUNT_WEIGHTS, key=surprise)

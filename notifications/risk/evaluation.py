"""Judging the rules honestly: made on the earlier part of a past, judged on the later."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from notifications.risk.measure import Bin, auc, brier, calibration_slope, reliability
from notifications.risk.model import EARLIER, Rule, fit_best, fit_rule, predict, split_in_time
from notifications.risk.visits import Visits

#: Fewest visits worth judging by.
FEWEST = 20


class TooFewError(ValueError):
    """Not enough visits with an outcome to judge anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What came of a split in time.

    ``brier_base_rate`` is that of one rate for all, that of the earlier part, the only one known then;
    ``brier_later_rate`` that of the later part's own rate, which nobody could know. ``auc`` and
    ``calibration_slope`` are ``None`` where they say nothing: all outcomes or all chances are the same.
    """

    rule: Rule
    n_train: int
    n_test: int
    base_rate: float
    test_rate: float
    auc: float | None
    brier: float
    brier_base_rate: float
    brier_later_rate: float
    calibration_slope: float | None
    bins: tuple[Bin, ...]

    @property
    def beats_base_rate(self) -> bool:
        """Whether the rule came closer than one rate for all."""
        return self.brier < self.brier_base_rate

    def as_json(self) -> dict[str, Any]:
        """Return what ``from_json`` reads."""
        return asdict(self) | {"rule": self.rule.value, "bins": [asdict(each) for each in self.bins]}

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Return what ``as_json`` wrote."""
        bins = tuple(Bin(**each) for each in stored["bins"])
        return cls(**stored | {"rule": Rule(stored["rule"]), "bins": bins})


def evaluate(visits: Visits, share: float = EARLIER, rule: Rule | None = None) -> Evaluation:
    """Make a rule, by itself the best, on the earlier visits and judge it on the later ones.

    What each person did during the later part is known for the days after it, as it would have been; the
    rule itself learns nothing from it.

    Raises
    ------
    TooFewError
        If there are fewer than ``FEWEST`` visits, or all on one day.
    """
    past = visits.where(visits.known)
    if len(past) < FEWEST:
        raise TooFewError(f"{len(past)} visits with an outcome; at least {FEWEST} are needed")
    earlier, later = split_in_time(past, share)
    if not len(earlier) or not len(later):
        raise TooFewError("all visits are on one day; nothing is earlier or later")
    fit = fit_best(earlier) if rule is None else fit_rule(earlier, rule)
    chances = predict(fit, past)[len(earlier) :]
    outcomes = later.missed
    test_rate = float(np.mean(outcomes))
    return Evaluation(
        rule=fit.rule,
        n_train=len(earlier),
        n_test=len(later),
        base_rate=fit.base_rate,
        test_rate=test_rate,
        auc=auc(chances, outcomes),
        brier=brier(chances, outcomes),
        brier_base_rate=brier(np.full(len(later), fit.base_rate), outcomes),
        brier_later_rate=test_rate * (1 - test_rate),
        calibration_slope=calibration_slope(chances, outcomes),
        bins=tuple(reliability(chances, outcomes)),
    )

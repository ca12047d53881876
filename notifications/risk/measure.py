"""How good predicted chances were: order (AUC), distance (Brier), scale (slope), and a reliability table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from notifications.risk.regression import Array, fit_ridge, logit

#: Normal deviate of a 95 % interval.
Z_95 = 1.959964

#: Below this spread of the logits there is no slope to speak of: everybody is given the same chance.
LEAST_SPREAD = 1e-6


@dataclass(frozen=True, slots=True)
class Bin:
    """Visits of like predicted chance: how many, what was predicted, what happened (with 95 % bounds)."""

    count: int
    predicted: float
    observed: float
    low: float
    high: float


def auc(chances: Array, outcomes: Array) -> float | None:
    """Return the chance that a missed visit was ranked above a kept one; ties count half.

    ``None`` where all outcomes are the same.
    """
    missed = int(np.sum(outcomes))
    kept = len(outcomes) - missed
    if not missed or not kept:
        return None
    values, place = np.unique(chances, return_inverse=True)
    counts = np.bincount(place, minlength=len(values))
    middle = np.cumsum(counts) - (counts - 1) / 2
    ranks = middle[place]
    return float((np.sum(ranks[outcomes == 1]) - missed * (missed + 1) / 2) / (missed * kept))


def brier(chances: Array, outcomes: Array) -> float:
    """Return the mean squared distance between chance and outcome (Brier 1950); 0 is perfect."""
    return float(np.mean((chances - outcomes) ** 2))


def calibration_slope(chances: Array, outcomes: Array) -> float | None:
    """Return the slope of outcomes over the logit of the chances (Cox 1958); 1 is right, below is too bold.

    ``None`` where everybody is given the same chance or all outcomes are the same.
    """
    logits = logit(chances)
    if np.std(logits) < LEAST_SPREAD or np.all(outcomes == outcomes[0]):
        return None
    middle = float(np.mean(logits))
    columns = np.column_stack([np.ones(len(logits)), logits - middle])
    return float(fit_ridge(columns, outcomes, np.array([1e-9, 1e-9]))[1])


def wilson(hits: float, count: float, z: float = Z_95) -> tuple[float, float]:
    """Return the bounds of a share (Wilson 1927); the whole of 0 to 1 where nothing was counted."""
    if count <= 0:
        return 0.0, 1.0
    share = hits / count
    middle = share + z * z / (2 * count)
    reach = z * np.sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    whole = 1 + z * z / count
    return max(0.0, float((middle - reach) / whole)), min(1.0, float((middle + reach) / whole))


def reliability(chances: Array, outcomes: Array, most_bins: int = 8) -> list[Bin]:
    """Return bins of as equal size as ties allow, in order of the predicted chance."""
    if not len(chances):
        return []
    edges = np.unique(np.quantile(chances, np.linspace(0, 1, most_bins + 1)[1:-1]))
    place = np.searchsorted(edges, chances, side="right")
    bins = []
    for number in np.unique(place):
        inside = place == number
        count, hits = int(np.sum(inside)), float(np.sum(outcomes[inside]))
        low, high = wilson(hits, count)
        bins.append(Bin(count, float(np.mean(chances[inside])), hits / count, low, high))
    return bins

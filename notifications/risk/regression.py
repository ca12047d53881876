"""Logistic regression with a ridge, fitted by Newton steps."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MOST_STEPS = 60
TOLERANCE = 1e-8


def sigmoid(logits: Array) -> Array:
    """Return probabilities, without overflow at either end."""
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * logits)), dtype=float)


def logit(probabilities: Array) -> Array:
    """Return log-odds; 0 and 1 are taken as very small and very large chances."""
    kept = np.clip(probabilities, 1e-6, 1 - 1e-6)
    return np.asarray(np.log(kept / (1 - kept)), dtype=float)


def fit_ridge(columns: Array, outcomes: Array, penalties: Array, centres: Array | None = None) -> Array:
    """Return the coefficients that minimise the log-loss plus a ridge.

    The ridge is ``sum(penalties * (coefficients - centres)**2) / 2``: a penalty counts as so much
    information that the coefficient lies at its centre, so that a column that is always zero stays there.

    Parameters
    ----------
    columns : array, shape (rows, features)
        The intercept is a column of ones like any other.
    outcomes : array, shape (rows,)
        0 or 1.
    penalties : array, shape (features,)
        Not negative. A very small one keeps the intercept finite where all outcomes are the same.
    centres : array, shape (features,), optional
        Zero unless given.

    References
    ----------
    le Cessie and van Houwelingen (1992), Ridge estimators in logistic regression, Applied Statistics 41.
    """
    goal = np.zeros(columns.shape[1]) if centres is None else centres
    found = goal.copy()
    loss = _loss(columns, outcomes, penalties, goal, found)
    for _step in range(MOST_STEPS):
        chances = sigmoid(columns @ found)
        slope = columns.T @ (chances - outcomes) + penalties * (found - goal)
        weights = np.maximum(chances * (1 - chances), 1e-9)
        curvature = (columns * weights[:, None]).T @ columns + np.diag(penalties + 1e-9)
        step = np.linalg.solve(curvature, slope)
        share = 1.0
        while share > 1e-4:
            tried = found - share * step
            reached = _loss(columns, outcomes, penalties, goal, tried)
            if reached <= loss:
                break
            share /= 2
        else:
            break
        done = loss - reached < TOLERANCE * (1 + abs(loss))
        found, loss = tried, reached
        if done:
            break
    return found


def _loss(columns: Array, outcomes: Array, penalties: Array, goal: Array, found: Array) -> float:
    logits = columns @ found
    plain = np.sum(np.logaddexp(0.0, logits) - outcomes * logits)
    return float(plain + 0.5 * np.sum(penalties * (found - goal) ** 2))

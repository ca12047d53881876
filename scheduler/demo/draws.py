"""Drawing in fixed proportions, so that a small centre keeps them as well as a large one."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import TypeVar

T = TypeVar("T")


def shuffled(rng: Random, count: int, weights: Mapping[T, float]) -> list[T]:
    """Return ``count`` values in the proportions of ``weights`` (largest remainder), in random order."""
    total = sum(weights.values())
    exact = {value: count * weight / total for value, weight in weights.items()}
    values = [value for value, share in exact.items() for _ in range(int(share))]
    by_remainder = sorted(exact, key=lambda value: int(exact[value]) - exact[value])
    values += by_remainder[: count - len(values)]
    rng.shuffle(values)
    return values


def flags(rng: Random, count: int, share: float) -> list[bool]:
    """Return ``count`` booleans of which the given share is true, in random order."""
    return shuffled(rng, count, {True: share, False: 1 - share})

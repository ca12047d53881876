"""Charts made of numbers: where lines and points go in a drawing of a fixed size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

from notifications.risk.measure import Bin

#: Size of a drawing, its margins and the side of its square, in its own units.
WIDTH, HEIGHT = 340, 300
LEFT, TOP, SIDE = 48, 12, 240

#: Smallest and largest point.
RADII = (2.5, 6.0)


@dataclass(frozen=True, slots=True)
class Point:
    """A point with a line from its lower to its upper bound; ``y`` grows downwards."""

    x: float
    y: float
    low: float
    high: float
    radius: float


@dataclass(frozen=True, slots=True)
class Plot:
    """A square of shares from 0 to ``most``, with a tick at each of ``ticks`` (share, place)."""

    most: float
    ticks: Sequence[tuple[float, float, float]]
    points: Sequence[Point]
    right: tuple[float, float, float, float]


def reliability_plot(bins: Sequence[Bin]) -> Plot:
    """Return where predicted shares (across) meet observed ones (up)."""
    highest = max((max(each.predicted, each.high) for each in bins), default=1.0)
    most = min(1.0, ceil(highest * 10) / 10)
    count = max((each.count for each in bins), default=1)

    def across(share: float) -> float:
        return LEFT + SIDE * share / most

    def up(share: float) -> float:
        return TOP + SIDE * (1 - min(share, most) / most)

    steps = [most * number / 5 for number in range(6)]
    return Plot(
        most=most,
        ticks=[(share, across(share), up(share)) for share in steps],
        points=[
            Point(
                across(each.predicted),
                up(each.observed),
                up(each.low),
                up(each.high),
                max(RADII[0], RADII[1] * sqrt(each.count / count)),
            )
            for each in bins
        ],
        right=(across(0), up(0), across(most), up(most)),
    )


def bar_place(share: float, width: int = 300) -> float:
    """Return where a share from 0 to 1 lies on a line of some width that leaves a margin of 20."""
    return 20 + (width - 40) * share

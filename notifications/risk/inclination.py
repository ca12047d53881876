"""How much likelier than others somebody is to miss, learned visit by visit with shrinkage.

Every person starts at the centre's rate. Each visit moves four additive terms on the logit scale, each
by as much as is still unknown of it: the person's own level, the person's present time (which fades),
the person on that weekday, and the centre as a whole at present. A person of whom little is known thus
stays near the centre's rate; this is the empirical Bayes estimate, brought up to date one day at a time.
Outcomes of a day count from the next day on.

References
----------
Gelman and Hill (2007), Data Analysis Using Regression and Multilevel Models, chapter 12 (partial pooling).
Spiegelhalter and Lauritzen (1990), Sequential updating of conditional probabilities, Networks 20.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from notifications.risk.regression import Array, sigmoid
from notifications.risk.visits import Day, Visits

#: A normal error of variance v on the logit flattens a chance like dividing by sqrt(1 + v * FLATTENING).
FLATTENING = np.pi / 8

#: Days after which half of a centre-wide swing is over.
CENTRE_HALF_LIFE_DAYS = 365.0

#: Variances tried for each term when they are estimated, and half-lives of the present time in days.
PERSON_VARIANCES = (0.0, 0.1, 0.3, 0.7, 1.5, 3.0)
RECENT_VARIANCES = (0.0, 0.15, 0.5, 1.2)
WEEKDAY_VARIANCES = (0.0, 0.1, 0.3, 0.8)
CENTRE_VARIANCES = (0.0, 0.03, 0.15, 0.6)
HALF_LIVES_DAYS = (10.0, 30.0, 90.0)

#: A term must lower the log-loss by so much in all to be let in; else chance would let it in.
WORTH = 2.0

#: More people than this are not looked at for the variances.
MOST_PEOPLE = 5000


@dataclass(frozen=True, slots=True)
class Spread:
    """Variances of the four terms on the logit scale; 0 leaves a term out."""

    person: float = 0.0
    recent: float = 0.0
    weekday: float = 0.0
    centre: float = 0.0
    half_life_days: float = 30.0

    @property
    def total(self) -> float:
        """What is unknown of somebody never seen."""
        return self.person + self.recent + self.weekday


@dataclass(frozen=True, slots=True)
class Level:
    """What is known of the centre as a whole on a day: ``mean`` and ``variance`` on the logit scale."""

    day: int
    mean: float
    variance: float

    def on(self, day: int, stationary: float) -> Level:
        """Return what is left of it on a later day."""
        kept = 0.5 ** (max(0, day - self.day) / CENTRE_HALF_LIFE_DAYS)
        return Level(day, self.mean * kept, stationary + (self.variance - stationary) * kept**2)


def follow(
    visits: Visits,
    context: Array,
    spread: Spread,
    level: Level | None = None,
    days: Sequence[Day] | None = None,
) -> tuple[Array, Level]:
    """Return the logit of missing each visit as known before its day, and the centre's level at the end.

    Parameters
    ----------
    visits : Visits
        In order of days; those without an outcome are predicted and teach nothing.
    context : array, shape (visits,)
        Logits of the day, hour and booking alone.
    level : Level, optional
        Of the centre, from elsewhere; then the visits do not move it.
    days : sequence of Day, optional
        ``visits.by_day()``, where it is at hand.
    """
    own, own_left = np.zeros(visits.people), np.full(visits.people, spread.person)
    now, now_left = np.zeros(visits.people), np.full(visits.people, spread.recent)
    seen = np.zeros(visits.people)
    weekly, weekly_left = np.zeros((7, visits.people)), np.full((7, visits.people), spread.weekday)
    full_context = np.sqrt(1 + FLATTENING * spread.total) * context
    fixed = level is not None
    centre = level or Level(int(visits.days[0]) if len(visits) else 0, 0.0, spread.centre)
    logits = np.empty(len(visits))
    for day in visits.by_day() if days is None else days:
        who, weekday = day.people, (day.ordinal + 6) % 7
        centre = centre.on(day.ordinal, spread.centre)
        left, mean = own_left[who], own[who] + centre.mean
        if spread.recent:
            kept = 0.5 ** ((day.ordinal - seen[who]) / spread.half_life_days)
            now[who] *= kept
            now_left[who] = spread.recent + (now_left[who] - spread.recent) * kept**2
            seen[who] = day.ordinal
            left, mean = left + now_left[who], mean + now[who]
        if spread.weekday:
            left, mean = left + weekly_left[weekday, who], mean + weekly[weekday, who]
        full = full_context[day.start : day.end] + mean[day.place]
        logits[day.start : day.end] = full / np.sqrt(1 + FLATTENING * left[day.place])
        if not len(day.told):
            continue
        chances, place = sigmoid(full[day.told]), day.place[day.told]
        outcomes = visits.missed[day.start : day.end][day.told]
        weight = np.bincount(place, chances * (1 - chances), len(who))
        gain = 1 / (1 + left * weight)
        moved, sharper = gain * np.bincount(place, outcomes - chances, len(who)), weight * gain
        if spread.person:
            own[who] += own_left[who] * moved
            own_left[who] *= 1 - own_left[who] * sharper
        if spread.recent:
            now[who] += now_left[who] * moved
            now_left[who] *= 1 - now_left[who] * sharper
        if spread.weekday:
            weekly[weekday, who] += weekly_left[weekday, who] * moved
            weekly_left[weekday, who] *= 1 - weekly_left[weekday, who] * sharper
        if spread.centre and not fixed:
            variance = 1 / (1 / centre.variance + float(np.sum(sharper)))
            centre = Level(day.ordinal, centre.mean + variance * float(np.sum(moved)), variance)
    return logits, centre


def estimate_spread(visits: Visits, context: Array) -> Spread:
    """Return the variances under which outcomes were least surprising the day before (by log-loss).

    Every visit must have an outcome.
    """
    if visits.people > MOST_PEOPLE:
        # A part of the people tells the variances as well as all of them.
        part = visits.persons % (visits.people // MOST_PEOPLE + 1) == 0
        visits, context = visits.where(part), context[part]
    days = visits.by_day()

    def surprise(tried: Spread) -> float:
        logits = follow(visits, context, tried, None, days)[0]
        return float(np.sum(np.logaddexp(0.0, logits) - visits.missed * logits))

    best = Spread()
    first = lowest = surprise(best)
    for turn in range(2):
        before = best
        for choices in (_persons, _centres, _recents, _weekdays):
            for tried in choices(best):
                if tried == best:
                    continue
                reached = surprise(tried)
                if reached < lowest - WORTH * max(0, _terms(tried) - _terms(best)):
                    best, lowest = tried, reached
        if best == before or (turn == 0 and lowest > first - WORTH):
            break
    return best


def _persons(best: Spread) -> list[Spread]:
    return [replace(best, person=each) for each in PERSON_VARIANCES]


def _centres(best: Spread) -> list[Spread]:
    return [replace(best, centre=each) for each in CENTRE_VARIANCES]


def _recents(best: Spread) -> list[Spread]:
    none = replace(best, recent=0.0)
    return [
        none,
        *(
            replace(best, recent=each, half_life_days=days)
            for each in RECENT_VARIANCES[1:]
            for days in HALF_LIVES_DAYS
        ),
    ]


def _weekdays(best: Spread) -> list[Spread]:
    return [replace(best, weekday=each) for each in WEEKDAY_VARIANCES]


def _terms(spread: Spread) -> int:
    return sum(map(bool, (spread.person, spread.recent, spread.weekday, spread.centre)))

"""What is known of a visit before its day, as named columns: the moment of it, and the person's past.

Nothing here knows who somebody is: no nationality, language, religion, health, address, sex or age.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from notifications.risk.regression import Array
from notifications.risk.visits import Visits

#: Days of lead at which the effect of booking ahead has a value of its own; straight lines (over the
#: logarithm) lead from one to the next.
LEAD_KNOTS: Final = (0.0, 1.0, 3.0, 7.0, 14.0, 30.0, 60.0)

#: Hours at which parts of the day begin.
DAY_PARTS: Final = (0.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0)

WEEKDAYS: Final = tuple(f"weekday_{number}" for number in range(7))
PARTS: Final = tuple(f"from_{hour:.0f}_h" for hour in DAY_PARTS)
LEADS: Final = tuple(f"booked_{days:.0f}_days" for days in LEAD_KNOTS)

#: Columns that tell of the moment, and those that tell of the person's past.
MOMENT: Final = ("all", *WEEKDAYS, *PARTS, *LEADS, "booking_unknown", "others_that_day")
PAST: Final = (
    "new",
    "visits",
    "missed_last",
    "missed_last_two",
    "weeks_since_there",
    "never_there",
    "announced",
)


def moment_columns(visits: Visits) -> Array:
    """Return the columns ``MOMENT``, shape (visits, columns)."""
    weekday = visits.weekdays[:, None] == np.arange(7)
    part = np.digitize(visits.hours, DAY_PARTS)[:, None] == np.arange(1, len(DAY_PARTS) + 1)
    unknown = np.isnan(visits.lead_days)
    lead = np.log1p(np.minimum(np.where(unknown, 0.0, visits.lead_days), LEAD_KNOTS[-1]))
    knots = np.log1p(np.array(LEAD_KNOTS))
    hats = np.stack([np.interp(lead, knots, row) for row in np.eye(len(knots))], axis=1)
    hats[unknown] = 0.0
    return np.column_stack(
        [np.ones(len(visits)), weekday, part, hats, unknown, np.log1p(np.minimum(visits.beside, 20))]
    ).astype(float)


def past_columns(visits: Visits) -> Array:
    """Return the columns ``PAST``; outcomes of a day count from the next day on."""
    found = np.zeros((len(visits), len(PAST)))
    count, _missed, in_a_row, seen = _counts_before(visits)
    found[:, 0] = count == 0
    found[:, 1] = np.log1p(np.minimum(count, 30))
    found[:, 2] = in_a_row >= 1
    found[:, 3] = in_a_row >= 2
    never = np.isnan(seen)
    weeks = np.where(never, 0.0, visits.days - np.where(never, 0.0, seen)) / 7
    found[:, 4] = np.log1p(np.minimum(weeks, 52))
    found[:, 5] = never & (count > 0)
    found[:, 6] = visits.announced
    return found


def _counts_before(visits: Visits) -> tuple[Array, Array, Array, Array]:
    """Return what was known of each person before the day: visits, missed ones, how many of these since the
    person last came, and the day of that (NaN: never)."""
    now = np.zeros((visits.people, 4))
    now[:, 3] = np.nan
    before = np.empty((len(visits), 4))
    for day in visits.by_day():
        who = visits.persons[day.start : day.end]
        before[day.start : day.end] = now[who]
        told, outcome = who[day.told], visits.missed[day.start : day.end][day.told]
        np.add.at(now[:, 0], told, 1)
        np.add.at(now[:, 1], told, outcome)
        np.add.at(now[:, 2], told, outcome)
        came = told[outcome == 0]
        now[came, 2], now[came, 3] = 0, day.ordinal
    return before[:, 0], before[:, 1], before[:, 2], before[:, 3]


def missed_before(visits: Visits) -> tuple[Array, Array]:
    """Return how many known visits each person had before the day, and how many of these were missed."""
    return _counts_before(visits)[:2]

"""The soft terms, one small piece each: every function returns the points lost to its term."""

from __future__ import annotations

from collections.abc import Callable

from solver.literals import Sum
from solver.objective import (
    balance,
    days,
    frequency,
    leader_change,
    level_spread,
    preference,
    repeat_meeting,
    shortage,
    stability,
    unfair,
)
from solver.variables import Variables

TERMS: dict[str, Callable[[Variables], Sum]] = {
    "obligation": shortage.obligation,
    "below_min": shortage.below_min,
    "below_target": shortage.below_target,
    "frequency": frequency.frequency,
    "preferred_activity": preference.preferred_activity,
    "preferred_site": preference.preferred_site,
    "level_spread": level_spread.level_spread,
    "repeat_meeting": repeat_meeting.repeat_meeting,
    "balance": balance.balance,
    "short_day": days.short_day,
    "idle": days.idle,
    "days": days.days,
    "leader_change": leader_change.leader_change,
    "unfair_participant": unfair.unfair_participant,
    "unfair_staff": unfair.unfair_staff,
    "stability": stability.stability,
}

#: Name of the weight of each term in :class:`solver.problem.Weights`; minima have their own units.
WEIGHT_NAMES: dict[str, str] = {name: name for name in TERMS} | {"idle": "idle_slot", "days": "day"}

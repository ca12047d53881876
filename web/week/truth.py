"""What a plan is worth and what it leaves undone, for the foot and the side of the board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from scheduler.models import Plan
from scheduler.names import load_names
from scheduler.planner_ids import row_id
from scheduler.timegrid import monday_of
from scheduler.week import DAYS, Named
from web.extensions import db
from web.permissions import Permission, may
from web.wording import Speaker, UnmetPerson, unmet_by_person

#: People listed beside the board; the others are one click away.
MOST_PEOPLE = 12

#: Terms that count what people need and do not get.
_NEEDS = ("obligation", "below_min", "below_target")


@dataclass(frozen=True, slots=True)
class Truth:
    """A plan in three figures: needs covered, what could still be gained, people below a minimum.

    ``covered`` and ``gap`` are shares of the value of a plan that meets every need; ``gap`` is
    ``None`` where nothing is known of it.
    """

    covered: float
    gap: float | None
    people: int


@dataclass(frozen=True, slots=True)
class Side:
    """Those who lack something in the week shown; ``more`` counts the people left out."""

    count: int
    people: list[UnmetPerson]
    more: int


def truth_of(plan: Plan) -> Truth:
    """Return what a plan is worth."""
    below = {unmet["participant"] for unmet in plan.unmet if unmet["got"] < unmet["min"]}
    value = plan.full_value
    return Truth(
        covered=covered(plan),
        gap=None if plan.bound is None or not value else (plan.bound - plan.objective) / value,
        people=len(below),
    )


def covered(plan: Plan) -> float:
    """Return the share of what people need that a plan gives them."""
    missed = sum(plan.terms.get(key, 0) for key in _NEEDS)
    return 1 - missed / plan.full_value if plan.full_value else 1.0


def speaker_of(plan: Plan, participant_ids: set[int] | None = None) -> Speaker:
    """Return who puts a plan into words; without ids, everybody can be named."""
    names = load_names(db.session(), participant_ids)
    return Speaker(names, monday_of(plan.first_day), people=may(Permission.VIEW_PEOPLE))


def side_of(plan: Plan, monday: date, view: str, chosen: Named | None) -> Side:
    """Return what is left to place in a week, narrowed as the board is."""
    first = (monday - monday_of(plan.first_day)).days
    unmet = [one for one in plan.unmet if one["first_day"] < first + DAYS and one["end_day"] > first]
    if chosen and view == "personne":
        unmet = [one for one in unmet if row_id(one["participant"]) == chosen.id]
    speaker = speaker_of(plan, {row_id(one["participant"]) for one in unmet})
    if chosen and view == "programme":
        unmet = [one for one in unmet if speaker.names.need(one["demand"]).programme == chosen.name]
    by_need = _worst_first(unmet)
    kept = set(list(dict.fromkeys(one["participant"] for one in by_need))[:MOST_PEOPLE])
    people = unmet_by_person(speaker, (one for one in by_need if one["participant"] in kept))
    return Side(len(unmet), people, len({one["participant"] for one in unmet}) - len(kept))


def _worst_first(unmet: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(unmet, key=lambda one: one["got"] >= one["min"])

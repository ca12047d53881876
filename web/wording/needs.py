"""Unmet demands in words, person by person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import format_date
from flask_babel import gettext as _

from scheduler.planner_ids import row_id
from web.labels import duration
from web.wording.facts import Speaker
from web.wording.reasons import reason_sentence
from web.wording.remedies import remedy_sentence

#: Reasons told of one need; the rest are rarer.
MOST_REASONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class UnmetWords:
    """One window of a demand that is not fully met."""

    label: str
    programme: str
    amount: str
    period: str
    below_min: bool
    legal: bool
    reasons: list[str]
    remedies: list[str]


@dataclass(slots=True)
class UnmetPerson:
    """Somebody with what they still lack, the worst first."""

    id: int
    name: str
    needs: list[UnmetWords] = field(default_factory=list)

    @property
    def below_min(self) -> bool:
        """Whether a minimum is missed."""
        return any(need.below_min for need in self.needs)


def unmet_words(speaker: Speaker, unmet: Mapping[str, Any]) -> UnmetWords:
    """Return one entry of ``Plan.unmet`` in words."""
    need = speaker.names.need(unmet["demand"])
    below_min = unmet["got"] < unmet["min"]
    wanted = unmet["min"] if below_min else unmet["target"]
    return UnmetWords(
        label=_("%(label)s (demandé par l'équipe)", label=need.label) if need.raised else need.label,
        programme=need.programme,
        amount=_amount(need.unit, unmet["got"], wanted),
        period=_period(speaker, unmet["first_day"], unmet["end_day"] - 1),
        below_min=below_min,
        legal=need.legal and below_min,
        reasons=[
            reason_sentence(speaker, reason["code"], reason["count"], reason["params"])
            for reason in unmet["reasons"][:MOST_REASONS]
        ],
        remedies=list(
            dict.fromkeys(
                remedy_sentence(speaker, remedy["code"], remedy["params"]) for remedy in unmet["remedies"]
            )
        ),
    )


def unmet_by_person(speaker: Speaker, unmet: Iterable[Mapping[str, Any]]) -> list[UnmetPerson]:
    """Return unmet demands by person: missed minimums first, then by name."""
    people: dict[str, UnmetPerson] = {}
    for one in unmet:
        key = one["participant"]
        if key not in people:
            people[key] = UnmetPerson(row_id(key), speaker.person(key))
        people[key].needs.append(unmet_words(speaker, one))
    for person in people.values():
        person.needs.sort(key=lambda need: (not need.legal, not need.below_min))
    return sorted(people.values(), key=lambda person: (not person.below_min, person.name))


def _amount(unit: str, got: int, wanted: int) -> str:
    if unit == "minutes":
        return _("%(got)s sur %(wanted)s", got=duration(got), wanted=duration(wanted))
    if unit == "days":
        return _("%(got)s jour(s) sur %(wanted)s", got=got, wanted=wanted)
    return _("%(got)s sur %(wanted)s", got=got, wanted=wanted)


def _period(speaker: Speaker, first: int, last: int) -> str:
    return _(
        "%(first)s – %(last)s",
        first=format_date(speaker.date_of(first), "d MMM"),
        last=format_date(speaker.date_of(last), "d MMM"),
    )

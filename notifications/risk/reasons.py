"""Why a chance is what it is, in words about what happened: never about who somebody is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from notifications.risk.features import DAY_PARTS
from notifications.risk.model import Fit, Rule
from scheduler.message import N_, Message

#: Most reasons told of one session.
MOST_REASONS: Final = 3

#: Sessions looked back over, in all and on the same weekday.
LAST: Final = 6
LAST_OF_WEEKDAY: Final = 4

#: Days not seen, and days since booking, from which on these are worth telling.
LONG_UNSEEN_DAYS: Final = 21
LONG_BOOKED_DAYS: Final = 21

#: Effect of a weekday, hour or lead on the logit from which on it is worth telling.
CLEAR_EFFECT: Final = 0.15


def _of_weekday(weekday: int, missed: int, of: int) -> Message:
    return (
        N_("A manqué %(missed)s des %(of)s derniers lundis.", missed=missed, of=of),
        N_("A manqué %(missed)s des %(of)s derniers mardis.", missed=missed, of=of),
        N_("A manqué %(missed)s des %(of)s derniers mercredis.", missed=missed, of=of),
        N_("A manqué %(missed)s des %(of)s derniers jeudis.", missed=missed, of=of),
        N_("A manqué %(missed)s des %(of)s derniers vendredis.", missed=missed, of=of),
        N_("A manqué %(missed)s des %(of)s derniers samedis.", missed=missed, of=of),
        N_("A manqué %(missed)s des %(of)s derniers dimanches.", missed=missed, of=of),
    )[weekday]


def _often_missed(weekday: int) -> Message:
    return (
        N_("Ici, on manque plus souvent le lundi."),
        N_("Ici, on manque plus souvent le mardi."),
        N_("Ici, on manque plus souvent le mercredi."),
        N_("Ici, on manque plus souvent le jeudi."),
        N_("Ici, on manque plus souvent le vendredi."),
        N_("Ici, on manque plus souvent le samedi."),
        N_("Ici, on manque plus souvent le dimanche."),
    )[weekday]


@dataclass(frozen=True, slots=True)
class Past:
    """One session of the person whose outcome is known."""

    day: date
    missed: bool


def reasons_of(
    fit: Fit, past: Sequence[Past], day: date, hour: float, booked_on: date | None, *, announced: bool
) -> tuple[Message, ...]:
    """Return the facts behind a chance, the most telling first.

    Parameters
    ----------
    past : sequence of Past
        The person's sessions before ``day``, in order of time.
    """
    found = [*_own(past, day)]
    if announced:
        found.append(N_("A prévenu d'une absence ces derniers jours."))
    if fit.rule is Rule.MODEL:
        found += _moment(fit, day, hour, booked_on)
    if not found:
        percent = round(100 * fit.base_rate)
        found.append(N_("Rien de particulier : ici, %(percent)s absences sur 100.", percent=percent))
    return tuple(found[:MOST_REASONS])


def _own(past: Sequence[Past], day: date) -> list[Message]:
    if not past:
        return [N_("Première fois ici : les premières séances se manquent plus facilement.")]
    found = []
    in_a_row = next((number for number, each in enumerate(reversed(past)) if not each.missed), len(past))
    if in_a_row >= 2:
        found.append(N_("A manqué ses %(count)s dernières séances.", count=in_a_row))
    weekly = [each.missed for each in past if each.day.weekday() == day.weekday()][-LAST_OF_WEEKDAY:]
    if len(weekly) >= 2 and 2 * sum(weekly) >= len(weekly):
        found.append(_of_weekday(day.weekday(), sum(weekly), len(weekly)))
    last = [each.missed for each in past][-LAST:]
    if sum(last) > in_a_row or (sum(last) == 1 and in_a_row == 1):
        found.append(
            N_("A manqué %(missed)s de ses %(of)s dernières séances.", missed=sum(last), of=len(last))
            if len(last) > 1
            else N_("A manqué sa première séance.")
        )
    came = [each.day for each in past if not each.missed]
    if not came:
        found.append(N_("Aucune venue jusqu'ici."))
    elif (day - came[-1]).days >= LONG_UNSEEN_DAYS:
        weeks = (day - came[-1]).days // 7
        found.append(N_("Dernière venue il y a %(weeks)s semaines.", weeks=weeks))
    return found


def _moment(fit: Fit, day: date, hour: float, booked_on: date | None) -> list[Message]:
    found = []
    lead = (day - booked_on).days if booked_on is not None else 0
    if lead >= LONG_BOOKED_DAYS and fit.moment["booked_30_days"] - fit.moment["booked_3_days"] > CLEAR_EFFECT:
        found.append(N_("Prévu depuis %(weeks)s semaines : cela s'oublie.", weeks=lead // 7))
    if fit.moment[f"weekday_{day.weekday()}"] > CLEAR_EFFECT:
        found.append(_often_missed(day.weekday()))
    part = max(start for start in DAY_PARTS if start <= hour)
    if fit.moment[f"from_{part:.0f}_h"] > CLEAR_EFFECT:
        found.append(N_("Ici, on manque plus souvent à cette heure."))
    return found

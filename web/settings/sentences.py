"""Activities and demands of a programme in plain sentences."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from scheduler.models import Activity, DemandRule
from scheduler.programmes import vocabulary
from solver.problem import LEVELS
from web.labels import duration, feature_names, language_names, short_days, skill_names, theme_names


def period(weeks: int) -> str:
    """Return ``par semaine`` for 1 and so on; 0 is the whole time planned."""
    words = {
        0: _("sur toute la période planifiée"),
        1: _("par semaine"),
        2: _("par quinzaine"),
        4: _("par mois (4 semaines)"),
    }
    return words.get(weeks) or _("toutes les %(weeks)s semaines", weeks=weeks)


def amount_range(low: int, high: int | None, unit: str) -> str:
    """Return ``2 à 3 séances`` for amounts in the unit of a demand; no upper end is ``au moins``."""
    if high is None:
        return _("au moins %(amount)s", amount=_amount(low, unit))
    if not low:
        return _("au plus %(amount)s", amount=_amount(high, unit))
    if low == high:
        return _amount(low, unit)
    return _(
        "%(low)s à %(high)s", low=_amount(low, unit) if unit == "minutes" else low, high=_amount(high, unit)
    )


def _amount(count: int, unit: str) -> str:
    if unit == "minutes":
        return duration(count)
    if unit == "days":
        return ngettext("%(num)s jour", "%(num)s jours", count)
    return ngettext("%(num)s séance", "%(num)s séances", count)


def activity_sentences(activity: Activity) -> list[str]:
    """Say what an activity is, when and where it is held, for whom and with whom."""
    parts = [_frequency(activity), _times(activity)]
    if activity.pattern != "free":
        parts.append(_(vocabulary.PATTERNS[activity.pattern]) + ".")
    parts += [_people(activity), *_who(activity), _place(activity), _team(activity)]
    if activity.equipment:
        needs = ", ".join(
            f"{need['units']} × {_(vocabulary.EQUIPMENT.get(need['equipment'], need['equipment']))}"
            for need in activity.equipment
        )
        parts.append(_("Matériel : %(needs)s.", needs=needs))
    if activity.lead_days:
        parts.append(_("À décider au moins %(days)s jours à l'avance.", days=activity.lead_days))
    if activity.themes:
        parts.append(_("Thèmes : %(themes)s.", themes=theme_names(activity.themes)))
    parts += [sentence for wanted, sentence in _habits(activity) if wanted]
    return [part for part in parts if part]


def _frequency(activity: Activity) -> str:
    length = duration(activity.duration_minutes)
    if activity.pause_minutes:
        length = _(
            "%(length)s, dont %(pause)s de pause", length=length, pause=duration(activity.pause_minutes)
        )
    if activity.individual:
        return _("Rendez-vous individuel de %(length)s.", length=length)
    count = amount_range(activity.sessions_min, activity.sessions_max, "sessions")
    text = _(
        "%(count)s %(period)s, de %(length)s.",
        count=count,
        period=period(activity.period_weeks),
        length=length,
    )
    return text[:1].upper() + text[1:]


def _times(activity: Activity) -> str:
    when = "; ".join(f"{short_days(each['weekdays'])} {', '.join(each['starts'])}" for each in activity.times)
    return _("Débuts possibles : %(when)s.", when=when)


def _people(activity: Activity) -> str:
    if activity.individual:
        return ""
    if activity.drop_in:
        return _("Sans inscription : vient qui veut.")
    text = _("De %(low)s à %(high)s personnes", low=activity.seats_min, high=activity.seats_max)
    if activity.subgroup_min is not None:
        text += _(
            ", en sous-groupes de %(low)s à %(high)s", low=activity.subgroup_min, high=activity.subgroup_max
        )
    return text + "."


def _who(activity: Activity) -> Iterable[str]:
    for label, low, high in (
        (_("oral"), activity.level_spoken_min, activity.level_spoken_max),
        (_("écrit"), activity.level_written_min, activity.level_written_max),
    ):
        if (low, high) != (0, len(LEVELS) - 1):
            yield _("Niveau %(kind)s de %(low)s à %(high)s.", kind=label, low=LEVELS[low], high=LEVELS[high])
    if activity.file_needed in vocabulary.FILE_NEEDS and activity.file_needed != "always":
        yield _(vocabulary.FILE_NEEDS[activity.file_needed]) + "."


def _place(activity: Activity) -> str:
    tokens = {place.token: _(place.label) for place in vocabulary.PLACES.values()}
    names = [tokens.get(name, name) for name in activity.site_names] or [tokens["@inside"]]
    text = _("Où : %(places)s", places=", ".join(names))
    if activity.room_features:
        text += _(", local avec : %(features)s", features=feature_names(activity.room_features))
    if not activity.needs_room:
        text += _(", sans local réservé")
    return text + "."


def _team(activity: Activity) -> str:
    roles = [_role(role) for role in activity.roles]
    return _("Avec : %(roles)s.", roles="; ".join(roles)) if roles else ""


def _role(role: Mapping[str, Any]) -> str:
    kinds = " / ".join(_(vocabulary.STAFF_KINDS[kind]).lower() for kind in role.get("kinds", ["staff"]))
    details = [skill_names(role["skills"])] if role.get("skills") else []
    if role.get("languages"):
        details.append(language_names(role["languages"]))
    if role.get("language", "any") != "any":
        details.append(_(vocabulary.ROLE_LANGUAGES[role["language"]]).lower())
    if role.get("only_if_needed"):
        details.append(_("seulement si la personne en a besoin"))
    text = f"{role.get('count', 1)} {kinds}"
    return f"{text} ({', '.join(details)})" if details else text


def _habits(activity: Activity) -> list[tuple[bool, str]]:
    return [
        (activity.block, _("À suivre en entier ou pas du tout.")),
        (activity.per_cohort, _("Une fois pour chaque groupe fermé.")),
        (activity.language_groups, _("Chaque séance dans une langue que tout le monde parle.")),
        (activity.sensitive, _("Sensible : jamais imposée.")),
        (activity.children_welcome, _("Les enfants peuvent venir.")),
        (activity.with_mentor, _("Avec le mentor de la personne.")),
        (
            activity.mix,
            _("La composition change d'une fois à l'autre, pour que chacun rencontre tout le monde."),
        ),
        (activity.balance, _("Anciens et nouveaux ensemble.")),
        (activity.continuity, _("Le même animateur d'une séance à l'autre.")),
    ]


def demand_sentence(demand: DemandRule, activities: Mapping[str, str], phases: Mapping[str, str]) -> str:
    """Say who needs how much of what.

    Parameters
    ----------
    activities, phases : mapping
        Names by key.
    """
    low, goal, high = demand.min, demand.target, demand.max
    if low:
        amount = amount_range(low, high, demand.unit)
        if goal > low and (high is None or goal < high):
            amount += _(", si possible %(goal)s", goal=_amount(goal, demand.unit))
    elif goal:
        amount = _("si possible %(goal)s", goal=_amount(goal, demand.unit))
        if high is not None and high > goal:
            amount += _(", %(high)s au plus", high=_amount(high, demand.unit))
    else:
        amount = amount_range(0, high, demand.unit) if high is not None else _("à la demande")
    names = [activities.get(key, key) for key in demand.activity_keys]
    text = _(
        "%(amount)s de %(activities)s %(period)s",
        amount=amount[:1].upper() + amount[1:],
        activities=_(" ou ").join(f"« {name} »" for name in names),
        period=period(demand.period_weeks),
    )
    limits = []
    if demand.max_per_week is not None:
        limits.append(_("pas plus de %(most)s par semaine", most=_amount(demand.max_per_week, demand.unit)))
    if demand.gap_days > 1:
        limits.append(_("à %(days)s jours d'intervalle au moins", days=demand.gap_days))
    if demand.phase_keys:
        limits.append(
            _("en phase %(phases)s", phases=", ".join(phases.get(key, key) for key in demand.phase_keys))
        )
    if demand.after_weeks:
        limits.append(_("à partir de la semaine %(week)s", week=demand.after_weeks + 1))
    if demand.until_weeks is not None:
        limits.append(_("jusqu'à la semaine %(week)s", week=demand.until_weeks))
    limits += condition_words(demand.conditions)
    if demand.legal:
        limits.append(_("obligation légale ou contractuelle"))
    return ", ".join([text, *limits]) + "."


def condition_words(conditions: Mapping[str, Any]) -> list[str]:
    """Say whom a demand concerns."""
    words = []
    for key, label in (("level_spoken", _("oral")), ("level_written", _("écrit"))):
        if key in conditions:
            low, high = conditions[key]
            words.append(
                _("niveau %(kind)s %(low)s à %(high)s", kind=label, low=LEVELS[low], high=LEVELS[high])
            )
    choices = {
        "newcomer": (_("pour les nouveaux"), _("pour les anciens")),
        "brings_children": (_("pour qui vient avec des enfants"), _("pour qui vient sans enfants")),
        "without_project": (_("pour qui n'a pas de groupe de projet"), _("pour qui a un groupe de projet")),
        "interested": (_("pour qui le souhaite"), _("pour qui ne l'a pas demandé")),
        "mentored": (_("pour qui a un mentor"), _("pour qui n'a pas de mentor")),
    }
    words += [choices[key][0 if conditions[key] else 1] for key in choices if key in conditions]
    if conditions.get("languages"):
        words.append(_("pour qui parle %(languages)s", languages=language_names(conditions["languages"])))
    if conditions.get("projects"):
        projects = (_(vocabulary.PROJECTS.get(each, each)) for each in conditions["projects"])
        words.append(_("projet : %(projects)s", projects=", ".join(projects)))
    return words


def order_sentence(kind: str, first: str, second: str) -> str:
    """Say what an order asks of two activities, given by name."""
    texts = {
        "before": _("« %(first)s » vient avant « %(second)s ».", first=first, second=second),
        "same_week": _(
            "« %(second)s » seulement les semaines avec « %(first)s ».", first=first, second=second
        ),
        "not_same_day": _("Jamais « %(first)s » et « %(second)s » le même jour.", first=first, second=second),
    }
    return texts[kind]

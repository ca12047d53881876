"""Why somebody has no place, in words (``solver.explain.codes.BLOCKERS``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from web.wording.facts import Facts, Speaker

_SENTENCES: Mapping[str, Any] = {
    "busy": _l("La personne est prise à ce moment (cours, enfants, autre rendez-vous)"),
    "day_hours": _l("La personne ne peut venir qu'entre %(earliest)s et %(latest)s"),
    "elsewhere": _l("La personne est déjà à une autre séance : %(other_activity)s, %(other_start)s"),
    "participant_hours": _l("La personne atteint son maximum de jours ou d'heures"),
    "demand_max": _l("La personne aurait plus que le maximum prévu (%(most)s)"),
    "demand_gap": _l("C'est trop près d'une autre séance du même type (au moins %(least)s jours)"),
    "order": _l("L'ordre à respecter avec « %(first)s » ne le permet pas"),
    "level": _l("Le niveau de langue ne correspond pas à « %(activity)s »"),
    "language_group": _l("La séance est dans une langue que la personne ne parle pas"),
    "reach": _l("La personne ne peut pas se rendre à ce lieu : %(site)s"),
    "cohort": _l("Le groupe « %(activity)s » est fermé"),
    "opt_out": _l("La personne ne souhaite pas « %(activity)s »"),
    "children": _l("La personne vient avec ses enfants, qui ne sont pas accueillis à « %(activity)s »"),
    "mentor": _l("La personne n'a pas encore de mentor"),
    "mentor_busy": _l("Le mentor n'est pas libre : %(staff)s"),
    "full": _l("« %(activity)s » est complet (%(most)s places)"),
    "room_full": _l("La salle est pleine : %(room)s, %(most)s places"),
    "subgroups": _l("Les sous-groupes ne tomberaient pas juste (de %(least)s à %(most)s personnes)"),
    "closed_list": _l("La liste des inscrits est fermée"),
    "excluded": _l("La personne a été retirée à la main de cette séance"),
    "together": _l("%(other)s, qui vient toujours avec elle, ne peut pas être là"),
    "apart": _l("Quelqu'un qui ne doit pas la rencontrer y participe : %(other)s"),
    "block": _l("La série se suit en entier, et une autre de ses séances est impossible"),
    "drop_in": _l("On y vient sans inscription"),
    "no_start": _l("Aucune heure n'est prévue pour « %(activity)s » ces jours-là"),
    "closed_day": _l("Le centre est fermé (%(day)s)"),
    "date": _l("« %(activity)s » n'a lieu qu'entre le %(first_day)s et le %(last_day)s"),
    "frequency": _l("« %(activity)s » a déjà lieu aussi souvent que prévu (%(most)s)"),
    "parallel": _l("Il y a déjà autant de séances « %(activity)s » à la même heure que permis (%(most)s)"),
    "spacing": _l("C'est trop près d'une autre séance « %(activity)s » (au moins %(least)s jours)"),
    "pattern": _l("Cela romprait le rythme de « %(activity)s » d'une semaine à l'autre"),
    "seats_min": _l("Trop peu de monde pourrait venir : %(count)s au lieu de %(least)s"),
    "nobody_qualified": _l("Personne dans l'équipe ne peut tenir ce rôle : %(role)s (%(skills)s)"),
    "leader_unavailable": _l("Ceux qui peuvent animer ne travaillent pas à ce moment : %(staff)s"),
    "leader_occupied": _l("Ceux qui peuvent animer sont déjà pris : %(staff)s"),
    "leader_hours": _l("Ceux qui peuvent animer n'ont plus d'heures : %(staff)s"),
    "no_suitable_room": _l("Aucune salle ne convient (%(site)s ; il faut : %(features)s)"),
    "room_unavailable": _l("Les salles qui conviennent ne sont pas disponibles (%(site)s)"),
    "room_occupied": _l("Les salles qui conviennent sont occupées (%(site)s)"),
    "equipment": _l("Le matériel manque : %(equipment)s (%(most)s en tout)"),
    "not_chosen": _l(
        "Une place existe (« %(activity)s », %(start)s), mais la prendre coûterait davantage ailleurs"
    ),
}


def reason_sentence(speaker: Speaker, code: str, count: int, params: Mapping[str, str]) -> str:
    """Return why somebody has no place, and of how many possible places that holds.

    Parameters
    ----------
    code : str
        One of ``solver.explain.codes.BLOCKERS``.
    count : int
        How many of ``params["places"]`` possible places it closes.
    """
    return _counted(code, count, speaker.facts(params), params)


def _counted(code: str, count: int, facts: Facts, params: Mapping[str, str]) -> str:
    sentence = _bare(code, facts)
    places = int(params.get("places") or 0)
    if code == "not_chosen":
        rivals = int(params.get("rival_count") or 0)
        if rivals:
            return _(
                "%(sentence)s ; l'attendent aussi : %(rivals)s.", sentence=sentence, rivals=facts["rivals"]
            )
        return f"{sentence}."
    if places > 1 and count < places:
        return ngettext(
            "%(sentence)s – %(num)s possibilité sur %(places)s.",
            "%(sentence)s – %(num)s possibilités sur %(places)s.",
            count,
            sentence=sentence,
            places=places,
        )
    return f"{sentence}."


def _bare(code: str, facts: Facts) -> str:
    if code == "leader_occupied" and not facts.get("staff"):
        return _("Il manque quelqu'un pour tenir tous les rôles à la fois (%(role)s)", role=facts["role"])
    if code == "participant_hours" and facts.get("reason") == "week":
        return _("La personne vient déjà %(most)s jours cette semaine-là, son maximum", most=facts["most"])
    if code == "no_suitable_room" and not facts.get("features"):
        return _("Aucune salle ne convient (%(site)s)", site=facts["site"])
    return str(_SENTENCES[code]) % facts

"""What would give somebody a place, in words (``solver.explain.codes.REMEDIES``)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from web.wording.facts import Facts, Speaker

_SENTENCES: Mapping[str, Any] = {
    "add_seat": _l("Une place de plus à « %(activity)s », %(start)s."),
    "larger_room": _l("Une salle plus grande que %(room)s pour « %(activity)s », %(start)s."),
    "other_subgroups": _l("D'autres tailles de sous-groupes à « %(activity)s », %(start)s."),
    "open_list": _l("Rouvrir la liste de « %(activity)s », %(start)s."),
    "lift_exclusion": _l("Réadmettre la personne à « %(activity)s », %(start)s."),
    "review_pair": _l("Revoir la règle avec %(other)s pour « %(activity)s », %(start)s."),
    "add_leader": _l("Quelqu'un de plus pour « %(activity)s », %(start)s (%(role)s)."),
    "add_room": _l("Une salle de plus pour « %(activity)s », %(start)s (%(site)s)."),
    "more_equipment": _l("Plus de matériel pour « %(activity)s », %(start)s (%(equipment)s)."),
    "more_sessions": _l("Une séance « %(activity)s » de plus que prévu, %(start)s."),
    "relax_pattern": _l("Assouplir le rythme de « %(activity)s » pour une séance %(start)s."),
    "open_day": _l("Ouvrir le centre le %(day)s pour « %(activity)s »."),
    "change_dates": _l("Changer les dates de « %(activity)s » pour une séance %(start)s."),
    "lower_seats_min": _l("Tenir « %(activity)s » à %(count)s au lieu de %(least)s, %(start)s."),
    "open_level": _l("Élargir les niveaux admis à « %(activity)s », %(start)s."),
    "group_in_language": _l("Un groupe « %(activity)s » dans une langue de la personne, %(start)s."),
    "other_site": _l("Une séance « %(activity)s » dans un lieu accessible à la personne."),
    "open_cohort": _l("Admettre la personne dans le groupe fermé « %(activity)s »."),
    "welcome_children": _l("Accueillir les enfants à « %(activity)s », %(start)s."),
    "find_mentor": _l("Un mentor libre pour « %(activity)s », %(start)s."),
    "ask_school": _l(
        "Libérer la personne %(busy_start)s–%(busy_end)s (demander à l'école) pour « %(activity)s »."
    ),
    "widen_hours": _l(
        "Demander à la personne si « %(activity)s », %(start)s, lui est possible malgré ses heures."
    ),
    "free_person": _l("Retirer la personne de « %(other_activity)s » pour « %(activity)s », %(start)s."),
    "raise_person_hours": _l("Relever son maximum de jours ou d'heures pour « %(activity)s », %(start)s."),
    "relax_demand": _l("Assouplir la règle du programme pour « %(activity)s », %(start)s."),
    "attend_first": _l("Planifier d'abord « %(first)s »."),
    "another_time": _l("Tenir « %(activity)s » à une heure inhabituelle : %(start)s, tout y est libre."),
    "place_by_hand": _l("Placer la personne à la main à « %(activity)s », %(start)s."),
}

#: Short forms, for several changes that only help together.
_SHORT: Mapping[str, Any] = {
    "add_seat": _l("une place de plus"),
    "larger_room": _l("une salle plus grande"),
    "other_subgroups": _l("d'autres sous-groupes"),
    "open_list": _l("rouvrir la liste"),
    "lift_exclusion": _l("réadmettre la personne"),
    "review_pair": _l("revoir une règle entre personnes"),
    "add_leader": _l("quelqu'un de plus pour animer"),
    "add_room": _l("une salle de plus"),
    "more_equipment": _l("plus de matériel"),
    "more_sessions": _l("une séance de plus que prévu"),
    "relax_pattern": _l("assouplir le rythme"),
    "open_day": _l("ouvrir ce jour-là"),
    "change_dates": _l("changer les dates"),
    "lower_seats_min": _l("accepter un groupe plus petit"),
    "open_level": _l("élargir les niveaux"),
    "group_in_language": _l("un groupe dans une autre langue"),
    "other_site": _l("un lieu accessible"),
    "open_cohort": _l("ouvrir le groupe fermé"),
    "welcome_children": _l("accueillir les enfants"),
    "find_mentor": _l("un mentor libre"),
    "ask_school": _l("libérer la personne d'un cours"),
    "widen_hours": _l("venir hors de ses heures"),
    "free_person": _l("la retirer d'une autre séance"),
    "raise_person_hours": _l("relever son maximum"),
    "relax_demand": _l("assouplir la règle du programme"),
    "attend_first": _l("planifier d'abord une autre activité"),
}


def remedy_sentence(speaker: Speaker, code: str, params: Mapping[str, str]) -> str:
    """Return one change that would give somebody a place.

    Parameters
    ----------
    code : str
        One of ``solver.explain.codes.REMEDIES``.
    """
    return _sentence(code, speaker.facts(params), params)


def _sentence(code: str, facts: Facts, params: Mapping[str, str]) -> str:
    if code == "several":
        wanted = [str(_SHORT[one]) for one in params.get("remedies", "").split(", ") if one in _SHORT]
        facts["remedies"] = (
            _(" et ").join([", ".join(wanted[:-1]), wanted[-1]]) if len(wanted) > 1 else "".join(wanted)
        )
        return _("Tout cela à la fois pour « %(activity)s », %(start)s : %(remedies)s.", **facts)
    if code == "place_by_hand" and facts.get("staff"):
        facts["place"] = ", ".join(filter(None, (facts.get("staff"), facts.get("room"))))
        return _("Ouvrir une séance « %(activity)s », %(start)s : %(place)s sont libres.", **facts)
    return str(_SENTENCES[code]) % facts

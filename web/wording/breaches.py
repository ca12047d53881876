"""Hard rules that a plan edited by hand breaks, in words (``solver.verify.RULES``)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from solver.verify import NEVER_OVERRIDDEN
from web.labels import duration
from web.wording.facts import Facts, Speaker, listed

#: Sentence by rule, or by rule and reason where a rule has several cases.
_SENTENCES: Mapping[str, Any] = {
    "horizon": _l("La séance doit tenir dans un seul jour de ce plan."),
    "closed_day": _l("Le centre est fermé ce jour-là (%(day)s)."),
    "start:time": _l("%(start)s n'est pas une heure prévue pour « %(activity)s »."),
    "start:closed": _l("Une séance de « %(activity)s » a été annulée à ce moment (%(start)s)."),
    "start:day": _l("« %(activity)s » n'a lieu qu'entre le %(first_day)s et le %(last_day)s."),
    "site": _l("« %(activity)s » n'a pas lieu à cet endroit : %(site)s."),
    "room:missing": _l("« %(activity)s », %(start)s, n'a pas de salle."),
    "room:unwanted": _l("« %(activity)s » n'occupe pas de salle, et une salle est indiquée."),
    "room:wrong_site": _l("La salle %(room)s n'est pas sur le lieu de la séance."),
    "room:not_listed": _l("La salle %(room)s n'est pas l'une de celles prévues pour « %(activity)s »."),
    "room:feature": _l("La salle %(room)s n'a pas ce qu'il faut : %(features)s."),
    "room:unavailable": _l("La salle %(room)s n'est pas disponible, %(start)s."),
    "room_seats": _l("%(count)s personnes pour %(most)s places dans %(room)s."),
    "room_overlap": _l(
        "La salle %(room)s est déjà prise : « %(activity)s », %(start)s, et « %(other_activity)s "
        "», %(other_start)s."
    ),
    "role:twice": _l("%(people)s a deux rôles dans la même séance."),
    "role:count": _l("%(count)s personne(s) comme « %(role)s » au lieu de %(wanted)s pour « %(activity)s »."),
    "role:kind": _l("%(staff)s ne peut pas tenir le rôle « %(role)s » : ce n'est pas sa fonction."),
    "role:skills": _l(
        "%(staff)s ne peut pas tenir le rôle « %(role)s » : il manque la compétence « %(what)s »."
    ),
    "role:languages": _l("%(staff)s ne parle aucune des langues demandées pour « %(activity)s »."),
    "role:session_language": _l("%(staff)s ne parle pas la langue de la séance."),
    "role:not_listed": _l("%(staff)s n'est pas parmi les personnes désignées pour « %(activity)s »."),
    "role:participant_language": _l("%(staff)s ne partage aucune langue avec la personne reçue."),
    "role:demand_staff": _l("%(staff)s n'est pas la personne qui suit ce dossier."),
    "staff_unavailable": _l("%(staff)s ne travaille pas à ce moment (%(start)s)."),
    "staff_overlap": _l(
        "%(staff)s est déjà pris·e : « %(activity)s », %(start)s, et « %(other_activity)s », "
        "%(other_start)s (pause et trajet compris)."
    ),
    "staff_hours:day": _l("%(staff)s animerait %(length)s le %(day)s ; son maximum est de %(most_length)s."),
    "staff_hours:week": _l(
        "%(staff)s animerait %(length)s la semaine du %(week)s ; son maximum est de %(most_length)s."
    ),
    "participant_overlap": _l(
        "%(participant)s serait à deux endroits : « %(activity)s », %(start)s, et « "
        "%(other_activity)s », %(other_start)s (pause et trajet compris)."
    ),
    "busy": _l(
        "%(participant)s est pris·e de %(busy_start_hour)s à %(busy_end)s (cours, enfants ou autre "
        "rendez-vous)."
    ),
    "day_hours": _l("%(participant)s ne peut venir qu'entre %(earliest)s et %(latest)s."),
    "participant_hours:day": _l(
        "%(participant)s aurait %(length)s le %(day)s ; son maximum est de %(most_length)s."
    ),
    "participant_hours:week": _l(
        "%(participant)s viendrait %(days)s jours la semaine du %(week)s ; son maximum est de %(most)s."
    ),
    "seats:few": _l("%(count)s inscrit(s) à « %(activity)s » : il en faut au moins %(least)s."),
    "seats:many": _l("%(count)s inscrits à « %(activity)s » pour %(most)s places."),
    "seats:individual": _l("Un rendez-vous se prend avec une seule personne, et il y en a %(count)s."),
    "seats:drop_in": _l(
        "On vient à « %(activity)s » sans inscription, et %(count)s personnes sont inscrites."
    ),
    "subgroups:unwanted": _l("« %(activity)s » n'a pas de sous-groupes."),
    "subgroups:missing": _l("Sans sous-groupe : %(people)s."),
    "subgroups:numbers": _l("Les sous-groupes de « %(activity)s » doivent se suivre."),
    "subgroups:size": _l(
        "Un sous-groupe de « %(activity)s » a %(count)s personnes ; il en faut de %(least)s à %(most)s."
    ),
    "level": _l("%(participant)s n'a pas le niveau prévu pour « %(activity)s »."),
    "language_group:person": _l("%(participant)s ne parle pas la langue de la séance (%(language)s)."),
    "language_group:missing": _l("La langue du groupe « %(activity)s » n'est pas indiquée."),
    "language_group:unwanted": _l("« %(activity)s » n'est pas donné par langue, et une langue est indiquée."),
    "reach": _l("%(participant)s ne peut pas se rendre à ce lieu : %(site)s."),
    "cohort": _l("%(participant)s ne fait pas partie du groupe fermé « %(activity)s »."),
    "opt_out": _l("%(participant)s ne souhaite pas « %(activity)s »."),
    "children": _l("%(participant)s vient avec ses enfants, qui ne sont pas accueillis à « %(activity)s »."),
    "no_demand": _l("Rien dans le parcours de %(participant)s ne prévoit « %(activity)s » ce jour-là."),
    "duplicate": _l("Inscrit deux fois à « %(activity)s » : %(people)s."),
    "mentor": _l("%(participant)s n'a pas de mentor pour « %(activity)s »."),
    "frequency": _l(
        "%(count)s séances « %(activity)s » du %(first_day)s au %(end_day)s, pour %(most)s au plus."
    ),
    "parallel": _l(
        "%(count)s séances « %(activity)s » commencent ensemble, %(start)s, pour %(most)s au plus."
    ),
    "spacing": _l(
        "Deux séances « %(activity)s » à %(days)s jour(s) d'écart (%(start)s, %(other_start)s), il "
        "en faut %(least)s."
    ),
    "pattern:same_time": _l(
        "« %(activity)s » aurait %(count)s moments différents dans la semaine au lieu de %(most)s."
    ),
    "pattern:alternating": _l("« %(activity)s » tomberait le même jour deux semaines de suite."),
    "pattern:previous_weekday": _l(
        "« %(activity)s », %(start)s, tomberait le même jour que la semaine d'avant."
    ),
    "pattern:consecutive": _l(
        "« %(activity)s » se suit sur %(run_length)s jours ouvrables d'affilée, à la même heure ; "
        "ce n'est pas le cas ici."
    ),
    "block": _l(
        "%(participant)s viendrait à %(count)s des %(sessions)s séances de « %(activity)s », qui "
        "se suit en entier."
    ),
    "order:missing": _l("%(participant)s doit d'abord suivre « %(first)s » avant « %(second)s »."),
    "order:before": _l("%(participant)s suivrait « %(second)s » avant la fin de « %(first)s »."),
    "order:same_week": _l("%(participant)s suivrait « %(second)s » une semaine sans « %(first)s »."),
    "order:not_same_day": _l("%(participant)s aurait « %(first)s » et « %(second)s » le même jour."),
    "together": _l(
        "%(a)s et %(b)s viennent ensemble, et l'un·e des deux manque à « %(activity)s », %(start)s."
    ),
    "apart": _l("%(a)s et %(b)s ne doivent pas se croiser, et sont à « %(activity)s », %(start)s."),
    "demand_max:window": _l(
        "%(participant)s aurait %(count)s séances ou jours de « %(need)s » pour %(most)s au plus."
    ),
    "demand_max:week": _l(
        "%(participant)s aurait %(count)s séances ou jours de « %(need)s » la même semaine, pour "
        "%(most)s au plus."
    ),
    "demand_gap": _l(
        "%(participant)s aurait deux séances de « %(need)s » à %(days)s jour(s) d'écart "
        "(%(start)s, %(other_start)s), il en faut %(least)s."
    ),
    "equipment": _l("%(count)s unités demandées pour %(most)s : %(equipment)s, %(start)s."),
    "lock": _l("« %(activity)s », %(start)s, est verrouillée et ne peut pas changer ainsi."),
    "unknown": _l("La séance nomme quelque chose qui n'existe plus."),
    "claim": _l("Le plan ne tient pas ce qu'il annonce."),
}

#: What a person sets aside when they save in spite of a rule.
_RULES: Mapping[str, Any] = {
    "horizon": _l("jours du plan"),
    "closed_day": _l("jour de fermeture"),
    "start": _l("heure prévue"),
    "site": _l("lieu"),
    "room": _l("salle"),
    "room_seats": _l("places de la salle"),
    "room_overlap": _l("salle déjà prise"),
    "role": _l("rôles à tenir"),
    "staff_unavailable": _l("horaire de l'équipe"),
    "staff_overlap": _l("animateur déjà pris"),
    "staff_hours": _l("heures de l'équipe"),
    "participant_overlap": _l("personne à deux endroits"),
    "busy": _l("cours ou autre engagement"),
    "day_hours": _l("heures de la personne"),
    "participant_hours": _l("maximum de la personne"),
    "seats": _l("nombre d'inscrits"),
    "subgroups": _l("sous-groupes"),
    "level": _l("niveau de langue"),
    "language_group": _l("langue du groupe"),
    "reach": _l("lieu accessible"),
    "cohort": _l("groupe fermé"),
    "opt_out": _l("souhait de la personne"),
    "children": _l("enfants"),
    "no_demand": _l("parcours de la personne"),
    "duplicate": _l("double inscription"),
    "mentor": _l("mentor"),
    "frequency": _l("fréquence"),
    "parallel": _l("séances simultanées"),
    "spacing": _l("jours d'écart"),
    "pattern": _l("rythme"),
    "block": _l("série complète"),
    "order": _l("ordre des activités"),
    "together": _l("personnes à réunir"),
    "apart": _l("personnes à séparer"),
    "demand_max": _l("maximum du programme"),
    "demand_gap": _l("écart du programme"),
    "equipment": _l("matériel"),
    "lock": _l("séance verrouillée"),
    "unknown": _l("référence inconnue"),
    "claim": _l("valeur du plan"),
}


def rule_name(rule: str) -> str:
    """Return what a hard rule is about, in two or three words."""
    return str(_RULES[rule])


def can_override(rules: Sequence[str]) -> bool:
    """Whether a person may save in spite of these rules."""
    return NEVER_OVERRIDDEN.isdisjoint(rules)


def breach_sentence(speaker: Speaker, breach: Mapping[str, Any]) -> str:
    """Return one breach in words.

    Parameters
    ----------
    breach : mapping
        The fields of ``solver.verify.Breach``.
    """
    rule, params = breach["rule"], breach["params"]
    facts = speaker.facts(params)
    facts["people"] = listed(_people(speaker, breach))
    if "most" in params and "slots" in params:
        facts["most_length"] = speaker.length(params["most"])
    if "demand" in params:
        facts["need"] = speaker.names.need(params["demand"]).label
        if params.get("unit") == "minutes":
            return _minutes(facts, params)
    key = f"{rule}:{params['reason']}" if "reason" in params else rule
    sentence = _SENTENCES.get(key) or _SENTENCES[rule]
    return str(sentence) % facts


def _people(speaker: Speaker, breach: Mapping[str, Any]) -> list[str]:
    if breach["participants"]:
        return [speaker.person(key) for key in breach["participants"]]
    return [speaker.names.member(key) for key in breach["staff"]]


def _minutes(facts: Facts, params: Mapping[str, str]) -> str:
    facts["count"], facts["most"] = duration(int(params["count"])), duration(int(params["most"]))
    return _("%(participant)s aurait %(count)s de « %(need)s » pour %(most)s au plus.", **facts)

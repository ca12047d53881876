"""Words for where a message is, what went wrong with it, and what happened to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from notifications.allowance import OVER_BUDGET
from notifications.models import MessageState
from web.assets import icon

S = MessageState

#: Word, icon and look of each state.
STATES: Mapping[MessageState, tuple[Any, str, str]] = {
    S.QUEUED: (_l("À envoyer"), "clock", "unmarked"),
    S.CLAIMED: (_l("En cours d'envoi"), "hourglass-split", "unmarked"),
    S.UNCERTAIN: (_l("À vérifier"), "question-circle", "unmarked"),
    S.ACCEPTED: (_l("Envoyé"), "send", "sent"),
    S.DELIVERED: (_l("Arrivé"), "check2", "present"),
    S.READ: (_l("Lu"), "check2-all", "present"),
    S.FAILED: (_l("Pas envoyé"), "x-octagon", "absent"),
    S.UNDELIVERED: (_l("Pas arrivé"), "x-octagon", "absent"),
    S.EXPIRED: (_l("Trop tard"), "hourglass-bottom", "absent"),
    S.SUPERSEDED: (_l("Remplacé"), "arrow-repeat", "unmarked"),
    S.WITHHELD: (_l("Retenu"), "slash-circle", "absent"),
}

#: States that the list can be narrowed to, several under one word.
GROUPS: Mapping[str, tuple[Any, frozenset[MessageState]]] = {
    "a-envoyer": (_l("Pas encore partis"), frozenset({S.QUEUED, S.CLAIMED, S.UNCERTAIN})),
    "envoyes": (_l("Envoyés"), frozenset({S.ACCEPTED, S.DELIVERED, S.READ})),
    "arrives": (_l("Arrivés ou lus"), frozenset({S.DELIVERED, S.READ})),
    "echecs": (_l("Pas arrivés"), frozenset({S.FAILED, S.UNDELIVERED, S.EXPIRED, S.WITHHELD})),
    "remplaces": (_l("Remplacés"), frozenset({S.SUPERSEDED})),
}

#: What codes mean, ours and providers'; see ``notifications.provider_errors``.
ERRORS: Mapping[str, Any] = {
    "exempt": _l("La personne ne reçoit pas de rappels."),
    "no_route": _l("Aucune façon d'écrire à cette personne n'est connue."),
    "budget": _l("Le budget du mois est épuisé."),
    "most_per_day": _l("La personne a déjà reçu assez de messages ce jour-là."),
    "opted_out": _l("La personne ne veut plus de messages par cette voie."),
    "address_closed": _l("Cette adresse ne fonctionne pas."),
    "no_channel": _l("Ce moyen d'envoi n'est pas configuré."),
    "no_sender": _l("Aucun numéro d'envoi n'est configuré."),
    "expired": _l("Il serait arrivé trop tard pour être utile."),
    "superseded": _l("Un message plus récent a pris sa place."),
    "gave_up": _l("Le fournisseur n'a pas pu être joint, malgré plusieurs essais."),
    "abandoned": _l("L'envoi a été interrompu ; le fournisseur est interrogé."),
    "unconfirmed": _l("On ne sait pas s'il est parti. Il n'est pas envoyé une seconde fois."),
    "internal": _l("Erreur interne ; le fournisseur est interrogé."),
    "timeout": _l("Le fournisseur n'a pas répondu à temps."),
    "connection_lost": _l("La connexion au fournisseur a été coupée."),
    "not_connected": _l("Le fournisseur ne peut pas être joint pour le moment."),
    "20429": _l("Le fournisseur demande d'attendre."),
    "http_429": _l("Le fournisseur demande d'attendre."),
    "21211": _l("Ce numéro n'existe pas."),
    "21610": _l("La personne a répondu STOP."),
    "21614": _l("Ce numéro ne peut pas recevoir de SMS."),
    "30003": _l("Le téléphone est éteint ou hors réseau."),
    "30004": _l("Le téléphone refuse les messages."),
    "30005": _l("Ce numéro n'est pas attribué."),
    "30006": _l("C'est une ligne fixe, ou un réseau qui ne prend pas les SMS."),
    "30007": _l("L'opérateur a pris le message pour du courrier indésirable."),
    "63003": _l("Ce numéro n'a pas WhatsApp."),
    "63016": _l("WhatsApp demande un modèle : la personne n'a plus écrit depuis 24 heures."),
    "63024": _l("WhatsApp n'accepte pas ce destinataire."),
    "busy": _l("La ligne était occupée."),
    "no-answer": _l("Personne n'a décroché."),
    "smtp_550": _l("Cette adresse e-mail n'existe pas."),
}

#: Who moved a message.
SOURCES: Mapping[str, Any] = {
    "worker": _l("envoi"),
    "provider": _l("fournisseur"),
    "reconcile": _l("vérification"),
    "person": _l("changement ou demande"),
}


def state_badge(state: str) -> Markup:
    """Return a word with its icon for where a message is."""
    label, symbol, look = STATES[MessageState(state)]
    return Markup('<span class="took took-{}">{} {}</span>').format(look, icon(symbol), label)


def error_text(code: str | None, because: str | None = None) -> str:
    """Return an error in words; a code without words is shown as it is.

    Parameters
    ----------
    because : str, optional
        The rule for which a message does not take the person's first way.
    """
    if not code:
        return _("Par cette voie, car le budget du mois est épuisé.") if because == OVER_BUDGET else ""
    known = ERRORS.get(code)
    return str(known) if known is not None else _("Erreur %(code)s du fournisseur.", code=code)

"""Words for kinds of message, channels, texts and their variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from notifications.models import MessageKind
from web.contact_words import CHANNEL_ICONS, CHANNELS

__all__ = ["CHANNELS", "CHANNEL_ICONS", "KINDS", "TEXTS", "VARIABLES", "VOICE_SECTIONS"]

KINDS: Mapping[MessageKind, Any] = {
    MessageKind.INVITATION: _l("Invitation à choisir"),
    MessageKind.REMINDER: _l("Rappel"),
    MessageKind.CHANGE: _l("Changement"),
    MessageKind.CANCELLATION: _l("Annulation"),
    MessageKind.FREED_SEAT: _l("Place libre"),
    MessageKind.MISSED_YOU: _l("Après une absence"),
    MessageKind.SATISFACTION: _l("Avis"),
    MessageKind.ANSWER: _l("Accusé de réception"),
}

#: What each text is for, by its key in ``notifications.wording.texts``.
TEXTS: Mapping[str, Any] = {
    "invitation.places": _l("Choisir entre plusieurs moments"),
    "reminder.one": _l("Rappel d'une séance"),
    "reminder.day": _l("Rappel de plusieurs séances"),
    "change.changes": _l("Ce qui change dans la semaine"),
    "cancellation.cancelled": _l("Séance annulée"),
    "freed_seat.seat": _l("Une place s'est libérée"),
    "missed_you.missed": _l("Nouvelles d'une personne absente"),
    "satisfaction.rating": _l("Comment c'était ?"),
    "answer.thanks_coming": _l("Merci : la personne vient"),
    "answer.thanks_cannot": _l("Merci : la personne ne vient pas, et pourquoi ?"),
    "answer.thanks": _l("Merci pour la réponse"),
    "answer.we_will_call": _l("Nous allons appeler"),
    "answer.not_understood": _l("Réponse pas comprise"),
    "answer.opted_out": _l("Plus de messages (avis légal)"),
    "answer.opted_in": _l("De nouveau des messages"),
    "answer.too_late": _l("Trop tard pour répondre"),
    "answer.place_chosen": _l("La place est réservée"),
    "answer.place_gone": _l("La place est déjà prise"),
    "answer.thanks_some": _l("Merci : la personne vient à certaines séances"),
    "answer.which": _l("De quelle séance parlez-vous ?"),
    "answer.not_opened": _l("Nous ne pouvons pas ouvrir (voix, image…)"),
    "answer.help": _l("Aide demandée"),
}

#: What came with a text, or in its place (``notifications.replies.attached.KINDS``): words and icon.
ATTACHED: Mapping[str, tuple[Any, str]] = {
    "audio": (_l("message vocal"), "mic"),
    "image": (_l("image"), "image"),
    "video": (_l("vidéo"), "camera-video"),
    "location": (_l("lieu sur une carte"), "geo-alt"),
    "contact": (_l("fiche de contact"), "person-vcard"),
    "file": (_l("fichier"), "paperclip"),
}

#: What each variable becomes.
VARIABLES: Mapping[str, Any] = {
    "hello": _l("le bonjour, avec le nom du centre et le prénom"),
    "name": _l("le prénom, ou les prénoms d'un ménage"),
    "centre": _l("le nom du centre dans les messages"),
    "phone": _l("le téléphone du centre ; sa ligne disparaît s'il n'y en a pas"),
    "link": _l("l'adresse de la page personnelle ; rien après elle sur sa ligne"),
    "picture": _l("WhatsApp : l'adresse de l'image dans un modèle, sans le nom du serveur ; rien ailleurs"),
    "more": _l("« plus d'informations » et l'adresse ; rien dans un SMS ou un appel"),
    "sessions": _l("les séances, chacune avec jour, heures, titre et lieu"),
    "absent": _l("les séances où la personne ne vient pas"),
    "changes": _l("ce qui change, séance par séance"),
    "choices": _l("les moments à choisir, numérotés"),
    "day": _l("le jour de la première séance"),
    "hours": _l("de quand à quand"),
    "start": _l("l'heure du début"),
    "end": _l("l'heure de la fin"),
    "title": _l("le titre neutre de l'activité"),
    "place": _l("le local et le site ; sa ligne disparaît s'il n'y en a pas"),
    "deadline": _l("jusqu'à quand répondre"),
    "reply": _l("comment répondre : chiffres, touches ou page, selon le canal"),
}

#: What is recorded, by section, and what a call does as long as some of it is missing.
VOICE_SECTIONS: Mapping[str, tuple[Any, Any]] = {
    "usual": (
        _l("Chaque appel"),
        _l("Tant qu'une de ces phrases manque, l'appel où elle est dite est dans la langue du centre."),
    ),
    "days": (_l("Jours"), _l("Un jour qui manque est dit par la machine, dans la langue du centre.")),
    "hours": (_l("Heures"), _l("Une heure qui manque est dite par la machine, dans la langue du centre.")),
    "places": (_l("Lieux"), _l("Un nom qui manque est lu par la machine.")),
    "changes": (
        _l("Changements et annulations"),
        _l("Tant qu'une de ces phrases manque, l'appel où elle est dite est dans la langue du centre."),
    ),
    "choices": (
        _l("Choix d'une place"),
        _l("Tant qu'une de ces phrases manque, l'appel où elle est dite est dans la langue du centre."),
    ),
    "dates": (
        _l("Dates"),
        _l("Pour un jour à plus d'une semaine. Sinon, le nom du jour suffit."),
    ),
    "titles": (_l("Activités"), _l("Un nom qui manque est lu par la machine.")),
    "afterwards": (_l("Après une séance"), _l("Seulement si le centre envoie ces messages.")),
}

"""Words for channels and for what is known of addresses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import lazy_gettext as _l

from notifications.models import AddressState, ChannelKind

CHANNELS: Mapping[ChannelKind, Any] = {
    ChannelKind.SMS: _l("SMS"),
    ChannelKind.WHATSAPP: _l("WhatsApp"),
    ChannelKind.VOICE: _l("Appel"),
    ChannelKind.EMAIL: _l("E-mail"),
}

CHANNEL_ICONS: Mapping[ChannelKind, str] = {
    ChannelKind.SMS: "phone",
    ChannelKind.WHATSAPP: "whatsapp",
    ChannelKind.VOICE: "telephone",
    ChannelKind.EMAIL: "envelope",
}

#: What a state of an address means to the team, on every channel.
STATES: Mapping[AddressState, Any] = {
    AddressState.USABLE: _l("fonctionne"),
    AddressState.UNREACHABLE: _l("n'existe pas ou ne répond plus"),
    AddressState.LANDLINE: _l("téléphone fixe ou qui ne reçoit pas de messages"),
    AddressState.OPTED_OUT: _l("a demandé de ne plus recevoir de messages"),
}

#: What somebody of the team can do about it.
ADVICE: Mapping[AddressState, Any] = {
    AddressState.UNREACHABLE: _l("Demandez le nouveau numéro et corrigez le dossier."),
    AddressState.LANDLINE: _l("Demandez un numéro de GSM."),
    AddressState.OPTED_OUT: _l("Cette personne doit maintenant être appelée."),
}

"""What pages of one person and of the whole centre share about channels and addresses."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from notifications import contact_file as domain
from notifications.models import ChannelKind, ContactAddress
from web.acts import done, note
from web.clock import now
from web.contact_words import CHANNELS
from web.extensions import db
from web.fields import ChoiceField
from web.formwork import VersionedForm

#: Fields of the order of channels.
PLACES = ("first", "second", "third", "fourth")


class ChannelsForm(VersionedForm):
    """Channels in order."""

    first = ChoiceField(_l("D'abord"), coerce=ChannelKind)
    second = ChoiceField(_l("Sinon"), coerce=ChannelKind)
    third = ChoiceField(_l("Ensuite"), coerce=ChannelKind)
    fourth = ChoiceField(_l("En dernier"), coerce=ChannelKind)

    def offer(self, nothing: Any) -> None:
        """Set what there is to choose from; the first may be ``nothing`` in particular."""
        for place in PLACES:
            empty = nothing if place == "first" else "—"
            self[place].offer([("", empty), *((kind.value, label) for kind, label in CHANNELS.items())])

    @property
    def channels(self) -> list[ChannelKind]:
        """What was chosen, in order, each once."""
        chosen = [self[place].data for place in PLACES]
        return list(dict.fromkeys(each for each in chosen if each is not None))


def places_of(channels: list[Any]) -> dict[str, Any]:
    """Return the values of the fields for channels in order."""
    return dict(zip(PLACES, (ChannelKind(each) for each in channels), strict=False))


def settle(row: ContactAddress, what: str, back: str) -> Response:
    """Deal with an address as a button says."""
    domain.settle(db.session(), row, now(), works=what == "utiliser")
    note("contact.settle", f"contact_address:{row.id}", works=what == "utiliser")
    if what == "utiliser":
        return done(back, _("Les prochains messages partiront de nouveau par là."))
    return done(back, _("Noté : quelqu'un s'en est occupé."))

"""Addresses that wait for somebody, the channels of everybody, and the numbers a centre sends from."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import Length

from notifications import contact_file as domain
from notifications.channels import sandbox
from notifications.channels.choose import NONE, providers
from notifications.channels.twilio import HOOKS, PROVIDER, TwilioSettings
from notifications.contacts import SENDERS, usual_channels
from scheduler.models import Centre
from scheduler.records import find
from web.acts import done, note
from web.contact_form import ChannelsForm, places_of, settle
from web.contact_words import ADVICE, CHANNEL_ICONS, CHANNELS, STATES
from web.extensions import db
from web.forms import form_page
from web.formwork import submit
from web.messages.area import COUNTS, blueprint
from web.permissions import Permission, requires

PROVIDERS = {
    PROVIDER: _l("par Twilio"),
    "smtp": _l("par le serveur de courrier"),
    sandbox.PROVIDER: _l("essai : rien ne quitte cette installation"),
    NONE: _l("pas configuré ici"),
}


class CentreChannelsForm(ChannelsForm):
    """Channels of everybody, and the centre's own senders."""

    sms_sender = StringField(_l("SMS : numéro ou service du centre"), validators=[Length(max=40)])
    whatsapp_sender = StringField(_l("WhatsApp : numéro ou service du centre"), validators=[Length(max=40)])
    voice_sender = StringField(_l("Appels : numéro du centre"), validators=[Length(max=40)])


GROUPS = (
    (_l("Comment joindre les personnes qui n'ont rien choisi"), ("first", "second", "third", "fourth")),
    (
        _l("Numéros qui envoient, si le centre a les siens"),
        ("sms_sender", "whatsapp_sender", "voice_sender"),
    ),
)


@blueprint.get("/contacts")
@requires(Permission.VIEW_MESSAGES)
def contacts() -> str:
    """Show addresses that wait for somebody, and how everybody is reached."""
    serving = providers(current_app.config)
    return render_template(
        "messages/contacts.html",
        flagged=domain.flagged(db.session(), g.centre),
        ways=[(channel, PROVIDERS[serving[channel]]) for channel in usual_channels(g.centre)],
        channels=CHANNELS,
        channel_icons=CHANNEL_ICONS,
        states=STATES,
        advice=ADVICE,
        inbound_url=_inbound_url(),
    )


@blueprint.post("/contacts/<int:address_id>/<any(vu, utiliser):what>")
@requires(Permission.ANSWER_MESSAGES)
def settle_address(address_id: int, what: str) -> Response:
    """Write down that somebody dealt with an address."""
    return settle(domain.find_address(db.session(), address_id), what, url_for("messages.contacts"))


@blueprint.route("/contacts/canaux", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def channels() -> Any:
    """Change by which channels everybody is reached, and from which numbers."""
    centre = find(db.session(), Centre, g.centre.id)
    form = _form(centre)

    def act() -> None:
        senders = {channel: form[key].data or "" for channel, key in SENDERS.items()}
        domain.change_channels(
            db.session(), centre, channels=form.channels, senders=senders, version=form.version.data
        )
        note("messages.channels", f"centre:{centre.id}")

    back = url_for("messages.contacts")
    if submit(form, act, stored=lambda: _form(centre, formdata=None)):
        return done(back, _("Les canaux sont à jour."))
    return form_page(form, title=_("Canaux et numéros"), back=back, groups=GROUPS)


def _form(centre: Centre, **options: Any) -> CentreChannelsForm:
    values = {key: centre.settings.get(key, "") for key in SENDERS.values()}
    usual = places_of(list(usual_channels(centre)))
    form = CentreChannelsForm(data={**values, **usual, "version": centre.version}, **options)
    form.offer("—")
    return form


def _inbound_url() -> str | None:
    """Return the address at which Twilio brings what people write, where Twilio is configured."""
    if TwilioSettings.of(current_app.config) is None:
        return None
    return f"{current_app.config['PUBLIC_URL']}{HOOKS}/inbound"


COUNTS["messages.contacts"] = lambda: domain.count_flagged(db.session(), g.centre)

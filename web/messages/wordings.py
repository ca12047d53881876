"""Texts: what is sent in each language, whether somebody has read it, and the centre's own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from babel import Locale
from flask import abort, current_app, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape
from werkzeug.wrappers import Response
from wtforms import BooleanField, StringField, TextAreaField
from wtforms.validators import Length, Regexp

from notifications.models import CentreWording, ChannelKind, MessageKind
from notifications.segments import Segments, count_segments
from notifications.wording import SPECS, TextSpec, WordingError, Wordings, shipped, shipped_languages
from notifications.wording import own as domain
from notifications.wording.fill import VARIABLE
from notifications.wording.render import cheaper
from notifications.wording.sample import sample_facts
from notifications.wording.texts import SECOND_SPECS
from scheduler import settings
from scheduler.errors import InvalidInputError
from scheduler.models import Centre
from scheduler.records import find
from scheduler.wording import RIGHT_TO_LEFT
from web.acts import done, note
from web.clock import now
from web.extensions import db
from web.fields import PhoneField
from web.forms import form_page
from web.formwork import VersionedForm, submit
from web.labels import say
from web.messages.area import blueprint
from web.messages.labels import CHANNEL_ICONS, CHANNELS, KINDS, TEXTS, VARIABLES
from web.permissions import Permission, may, requires


class WordingForm(VersionedForm):
    """A text of the centre's own."""

    subject = StringField(_l("Objet de l'e-mail"), validators=[Length(max=200)])
    text = TextAreaField(_l("Texte"), render_kw={"rows": 10, "spellcheck": "true"})
    content_sid = StringField(
        _l("Modèle WhatsApp (ContentSid)"),
        validators=[Regexp(r"^(HX[0-9a-fA-F]{32})?$", message=_l("Il commence par HX et compte 34 signes."))],
        description=_l(
            "Le modèle approuvé par WhatsApp, à utiliser quand la personne n'a pas écrit depuis 24 heures. "
            "Ses variables 1, 2, 3… sont celles du texte, dans leur ordre."
        ),
    )
    reviewed_by = StringField(
        _l("Relu par"),
        validators=[Length(max=120)],
        description=_l("La personne qui parle cette langue et a lu exactement ces mots. Vide : non relu."),
    )


class MessageSettingsForm(VersionedForm):
    """How messages are written."""

    name = StringField(
        _l("Nom du centre dans les messages"),
        validators=[Length(max=60)],
        description=_l("Court et neutre : il compte dans chaque SMS, et quelqu'un d'autre peut le lire."),
    )
    phone = PhoneField(_l("Téléphone du centre"), description=_l("Pour qui préfère parler à quelqu'un."))
    send_unreviewed = BooleanField(
        _l("Envoyer aussi les textes que personne n'a relus"),
        description=_l(
            "Sinon, la personne reçoit peu de mots dans la langue du centre, et sa page en images."
        ),
    )
    plain_quotes = BooleanField(
        _l("SMS : remplacer les guillemets et tirets d'imprimerie par ceux du clavier"),
        description=_l("Un seul “ ou ’ rend tout le SMS plus cher."),
    )
    plain_letters = BooleanField(
        _l("SMS : laisser tomber les accents quand cela évite un segment"),
        description=_l("« forêt » devient « foret » si le SMS entier y gagne."),
    )


#: Every text there can be, with the second ones of reminders.
ALL_SPECS = {spec.key: spec for spec in (*SPECS, *SECOND_SPECS)}


@dataclass(frozen=True)
class Cell:
    """How the texts of one kind stand in one language."""

    reviewed: bool
    own: bool


@dataclass(frozen=True)
class Shown:
    """One text as it is sent."""

    spec: TextSpec
    body: str
    segments: Segments
    own: dict[ChannelKind, CentreWording | None]
    reviewed: dict[ChannelKind, str]
    second: TextSpec | None
    seconds: dict[ChannelKind, CentreWording | None]


def _language(code: str) -> str:
    if code not in shipped_languages():
        abort(404)
    return code


def _text(channel: str, kind: str, name: str) -> tuple[ChannelKind, TextSpec]:
    spec = ALL_SPECS.get(f"{kind}.{name}")
    if spec is None or channel not in set(ChannelKind):
        abort(404)
    return ChannelKind(channel), spec


def _sample(spec: TextSpec) -> dict[str, Any]:
    return sample_facts(
        spec,
        now(),
        name=_("Prénom"),
        title=_("Atelier"),
        place=_("Salle 1, rue de l'Exemple 1"),
        public_url=current_app.config["PUBLIC_URL"],
    )


def direction(code: str) -> str:
    """Return how a language is written, for the ``dir`` attribute."""
    return "rtl" if code in RIGHT_TO_LEFT else "ltr"


def own_name(code: str) -> str:
    """Return the name of a language in itself."""
    return Locale.parse(code).get_language_name(code) or code


@blueprint.get("/textes/")
@requires(Permission.VIEW_MESSAGES)
def wordings() -> str:
    """List languages by kind with how their texts stand."""
    texts = Wordings(db.session(), g.centre)
    rows = []
    for code in shipped_languages():
        cells = {}
        for kind in MessageKind:
            pairs = [(spec, channel) for spec in SPECS if spec.kind is kind for channel in ChannelKind]
            cells[kind] = Cell(
                reviewed=all(texts.reviewed_by(spec, channel, code) for spec, channel in pairs),
                own=any(texts.own(spec, channel, code) for spec, channel in pairs),
            )
        rows.append((code, cells, code == texts.home))
    return render_template(
        "messages/wordings.html",
        rows=rows,
        kinds=KINDS,
        own_name=own_name,
        send_unreviewed=texts.send_unreviewed,
        home=texts.home,
    )


@blueprint.get("/textes/<code>/")
@requires(Permission.VIEW_MESSAGES)
def language_wordings(code: str) -> str:
    """Show every text of a language as it is read."""
    texts, shown = Wordings(db.session(), g.centre), []
    second = {spec.shipped_key: spec for spec in SECOND_SPECS}
    for spec in SPECS:
        own = {channel: texts.own(spec, channel, _language(code)) for channel in ChannelKind}
        sms = own[ChannelKind.SMS]
        text = sms.text if sms else shipped(code).texts[spec.key]
        body = texts.preview(text, spec, ChannelKind.SMS, code, _sample(spec))
        reviewed = {channel: texts.reviewed_by(spec, channel, code) for channel in ChannelKind}
        other = second.get(spec.key)
        seconds = {channel: texts.own(other, channel, code) for channel in ChannelKind} if other else {}
        shown.append(Shown(spec, body, count_segments(body), own, reviewed, other, seconds))
    return render_template(
        "messages/language.html",
        code=code,
        direction=direction(code),
        own_name=own_name(code),
        shown=shown,
        review=texts.review(code),
        home=texts.home,
        send_unreviewed=texts.send_unreviewed,
        kinds=KINDS,
        texts=TEXTS,
        channels=CHANNELS,
        channel_icons=CHANNEL_ICONS,
        marked=marked,
        can_edit=may(Permission.EDIT_SETTINGS),
    )


@blueprint.post("/textes/<code>/relu")
@requires(Permission.EDIT_SETTINGS)
def review_language(code: str) -> Response:
    """Write down who has read every shipped text of a language, or that nobody has."""
    name = request.form.get("reviewed_by", "")[:120]
    row = domain.review_language(db.session(), g.centre, _language(code), name, now())
    note("wording.review", f"wording:{code}", reviewed_by=row.reviewed_by if row else "")
    message = (
        _("Noté : %(name)s a relu ces textes.", name=row.reviewed_by) if row else _("Relecture retirée.")
    )
    return done(url_for("messages.language_wordings", code=code), message)


@blueprint.route("/textes/<code>/<channel>/<kind>/<name>", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def edit_wording(code: str, channel: str, kind: str, name: str) -> Any:
    """Change a text, with how it would be read beside it."""
    (by, spec), session = _text(channel, kind, name), db.session()
    row = domain.find_own(session, g.centre, spec, by, _language(code))
    form = WordingForm(obj=row) if row else WordingForm(data=_shipped_values(spec, code))
    for left_out in {"subject", "content_sid"} - _FIELDS.get(by, frozenset()):
        del form[left_out]
    back = url_for("messages.language_wordings", code=code, _anchor=spec.shipped_key)
    kept: list[CentreWording] = []

    def act() -> None:
        values = form.values()
        kept.append(
            domain.keep_own(session, g.centre, spec, by, code, **values, version=form.version.data, now=now())
        )
        note("wording.change", f"wording:{code}.{by}.{spec.key}")

    if submit(form, act, stored=lambda: WordingForm(obj=row, formdata=None)):
        if form.reviewed_by.data and not kept[0].reviewed_by:
            return done(back, _("Le texte est à jour. Il a changé : il est à relire avant d'être envoyé."))
        return done(back, _("Le texte est à jour."))
    return form_page(
        form,
        title=_title(spec),
        back=back,
        template="messages/wording.html",
        code=code,
        direction=direction(code),
        own_name=own_name(code),
        channel=by,
        channel_name=CHANNELS[by],
        spec=spec,
        row=row,
        shipped_text=shipped(code).texts[spec.shipped_key],
        variables=[(each, VARIABLES[each]) for each in VARIABLES if each in spec.variables],
        needed=spec.needed,
        **_preview(spec, by, code, form.text.data or ""),
    )


@blueprint.post("/textes/<code>/<channel>/<kind>/<name>/apercu")
@requires(Permission.EDIT_SETTINGS)
def preview_wording(code: str, channel: str, kind: str, name: str) -> str:
    """Return how a text that is being written would be read."""
    by, spec = _text(channel, kind, name)
    text = request.form.get("text", "").replace("\r\n", "\n")
    return render_template(
        "messages/_preview.html",
        code=_language(code),
        direction=direction(code),
        channel=by,
        **_preview(spec, by, code, text),
    )


@blueprint.post("/textes/<code>/<channel>/<kind>/<name>/reprendre")
@requires(Permission.EDIT_SETTINGS)
def restore_wording(code: str, channel: str, kind: str, name: str) -> Response:
    """Go back to the shipped text."""
    by, spec = _text(channel, kind, name)
    domain.restore_shipped(db.session(), g.centre, spec, by, _language(code))
    note("wording.restore", f"wording:{code}.{by}.{spec.key}")
    return done(
        url_for("messages.language_wordings", code=code, _anchor=spec.shipped_key),
        _("Le texte fourni est de nouveau utilisé."),
    )


@blueprint.route("/textes/reglages", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def wording_settings() -> Any:
    """Change how messages are written."""
    centre = find(db.session(), Centre, g.centre.id)
    form = _settings_form(centre)

    def act() -> None:
        domain.change_message_settings(db.session(), centre, **form.values(), version=form.version.data)
        note("wording.settings", f"centre:{centre.id}")

    if submit(form, act, stored=lambda: _settings_form(centre, formdata=None)):
        return done(url_for("messages.wordings"), _("Les réglages des textes sont à jour."))
    return form_page(form, title=_("Réglages des textes"), back=url_for("messages.wordings"))


#: Fields that only some channels have.
_FIELDS = {ChannelKind.EMAIL: frozenset({"subject"}), ChannelKind.WHATSAPP: frozenset({"content_sid"})}


def _title(spec: TextSpec) -> str:
    first = str(TEXTS[spec.shipped_key])
    return first if spec.key == spec.shipped_key else _("%(text)s : second texte, pour comparer", text=first)


def _shipped_values(spec: TextSpec, code: str) -> dict[str, Any]:
    return {"text": shipped(code).texts[spec.shipped_key], "version": 0}


def _settings_form(centre: Centre, **options: Any) -> MessageSettingsForm:
    values = {
        "name": centre.settings.get("message_name", ""),
        "phone": settings.message_phone(centre),
        "send_unreviewed": settings.send_unreviewed(centre),
        "plain_quotes": settings.sms_plain_quotes(centre),
        "plain_letters": settings.sms_plain_letters(centre),
        "version": centre.version,
    }
    return MessageSettingsForm(data=values, **options)


def _preview(spec: TextSpec, channel: ChannelKind, code: str, text: str) -> dict[str, Any]:
    """Return the values of the preview: the words, how many segments, or what is wrong."""
    try:
        domain.check_text(spec, channel, text)
        problem = None
    except InvalidInputError as error:
        problem = say(error.text)
    try:
        body = Wordings(db.session(), g.centre).preview(text, spec, channel, code, _sample(spec))
    except WordingError:
        known = VARIABLE.sub(
            lambda found: found.group(0) if found.group(1) in spec.variables else f"?{found.group(1)}?", text
        )
        body = Wordings(db.session(), g.centre).preview(known, spec, channel, code, _sample(spec))
    counted = count_segments(body)
    return {
        "problem": problem,
        "body": marked(body, counted) if channel is ChannelKind.SMS else body,
        "counted": counted if channel is ChannelKind.SMS else None,
        "replaced": channel is ChannelKind.SMS and cheaper(text, g.centre) != text,
    }


def marked(body: str, counted: Segments) -> Markup:
    """Return a text with the letters that make it dearer marked.

    A text of a script that GSM-7 does not hold at all is left as it is: every letter would be marked.
    """
    if not _few(counted):
        return escape(body)
    return Markup("").join(
        Markup("<mark>{}</mark>").format(letter) if letter in counted.costly else escape(letter)
        for letter in body
    )


def _few(counted: Segments) -> bool:
    return 0 < len(counted.costly) <= MOST_MARKED


#: More different letters than these are a script of its own, not a few dear letters.
MOST_MARKED = 8

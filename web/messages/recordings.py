"""Voices: what somebody speaks in languages that no machine voice knows, and where telephones fetch it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Blueprint, abort, current_app, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from notifications import recordings as domain
from notifications.models import Recording
from notifications.pictures import MEDIA_TYPE, draw, read_name
from web.acts import done, note
from web.clock import now
from web.extensions import db, limiter
from web.formwork import Form, submit
from web.labels import weekdays
from web.messages.area import blueprint
from web.messages.labels import TEXTS, WEEKDAY
from web.messages.wordings import direction, own_name
from web.permissions import Permission, may, public, requires

#: What the provider of messages fetches: nobody signs in there.
fetched = Blueprint("fetched", __name__, url_prefix="/messages")


class RecordingForm(Form):
    """A recording and whose voice it is."""

    sound = FileField(_l("Enregistrement"), validators=[FileRequired(_l("Enregistrez d'abord votre voix."))])
    recorded_by = StringField(
        _l("Qui parle"), validators=[DataRequired(_l("Dites qui parle.")), Length(max=120)]
    )


def _folder() -> Path:
    return Path(current_app.config["RECORDING_FOLDER"])


def _language(code: str) -> str:
    if code not in domain.languages_to_record():
        abort(404)
    return code


def _name(name: str) -> str:
    if name not in domain.NAMES:
        abort(404)
    return name


def label(name: str) -> Any:
    """Return what a recording is, in the reader's language."""
    if name in domain.WEEKDAYS:
        return WEEKDAY % {"day": weekdays()[domain.WEEKDAYS.index(name)]}
    return TEXTS[name]


@blueprint.get("/voix/")
@requires(Permission.VIEW_MESSAGES)
def recordings() -> Any:
    """Go to the first language to record."""
    return redirect(url_for("messages.language_recordings", code=domain.languages_to_record()[0]))


@blueprint.get("/voix/<code>/")
@requires(Permission.VIEW_MESSAGES)
def language_recordings(code: str) -> Any:
    """Show what is recorded in a language and what is still to be read aloud."""
    return _page(_language(code))


@blueprint.post("/voix/<code>/<name>")
@requires(Permission.EDIT_SETTINGS)
def keep_recording(code: str, name: str) -> Any:
    """Keep a recording in place of the one there was."""
    session, form = db.session(), RecordingForm()
    _language(code), _name(name)

    def act() -> None:
        sound = form.sound.data.read(domain.MOST_BYTES + 1)
        domain.keep_recording(
            session, _folder(), g.centre, code, name, sound, form.recorded_by.data or "", now()
        )
        note("recording.keep", f"recording:{code}.{name}")

    if submit(form, act):
        return done(
            url_for("messages.language_recordings", code=code, _anchor=name),
            _("L'enregistrement « %(name)s » est gardé.", name=label(name)),
        )
    return _page(code, failed=name, form=form)


@blueprint.post("/voix/<code>/<name>/supprimer")
@requires(Permission.EDIT_SETTINGS)
def delete_recording(code: str, name: str) -> Response:
    """Delete a recording."""
    domain.delete_recording(db.session(), g.centre, _language(code), _name(name))
    note("recording.delete", f"recording:{code}.{name}")
    return done(
        url_for("messages.language_recordings", code=code, _anchor=name), _("L'enregistrement est supprimé.")
    )


@blueprint.get("/voix/<code>/<name>/son")
@requires(Permission.VIEW_MESSAGES)
def recording_sound(code: str, name: str) -> Response:
    """Play a recording."""
    row = domain.list_recordings(db.session(), g.centre, _language(code)).get(_name(name))
    if row is None:
        abort(404)
    return _sound(row, "private, no-store")


@fetched.get("/pictures/<name>")
@limiter.limit("600 per minute")
@public
def picture(name: str) -> Response:
    """Draw the moment that an address names."""
    moment = read_name(name)
    if moment is None:
        abort(404)
    return Response(
        draw(moment), mimetype=MEDIA_TYPE, headers={"Cache-Control": "public, max-age=604800, immutable"}
    )


@fetched.get("/recordings/<token>")
@public
def play(token: str) -> Response:
    """Give a recording to the telephone provider, or to whoever else knows its address."""
    row = domain.find_spoken(db.session(), token)
    if row is None:
        abort(404)
    return _sound(row, "private, max-age=86400")


def _sound(row: Recording, cached: str) -> Response:
    """Answer with a recording, or the part of it that a player asks for."""
    sound = domain.recording_file(_folder(), row).read_bytes()
    answer = Response(sound, mimetype=row.mime, headers={"Cache-Control": cached})
    return answer.make_conditional(request, accept_ranges=True, complete_length=len(sound))


def _page(code: str, *, failed: str = "", form: RecordingForm | None = None) -> tuple[str, int]:
    kept = domain.list_recordings(db.session(), g.centre, code)
    voices = [
        (name, label(name), domain.script(g.centre, code, name), kept.get(name)) for name in domain.NAMES
    ]
    page = render_template(
        "messages/recordings.html",
        code=code,
        direction=direction(code),
        own_name=own_name,
        languages=domain.languages_to_record(),
        voices=voices,
        home_script=lambda name: domain.script(g.centre, "fr", name),
        failed=failed,
        form=form,
        last_voice=max(kept.values(), key=lambda row: row.recorded_at).recorded_by if kept else "",
        can_edit=may(Permission.EDIT_SETTINGS),
    )
    return page, form.answer_status if form else 200

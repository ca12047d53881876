"""Voices: what somebody speaks in languages that no machine voice knows, and where telephones fetch it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from flask import Blueprint, abort, current_app, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_wtf.file import FileField, FileRequired
from werkzeug.wrappers import Response
from wtforms import StringField
from wtforms.validators import DataRequired, Length

from notifications import recordings as domain
from notifications.links import find_reader
from notifications.models import Recording
from notifications.pictures import MEDIA_TYPE, draw, read_name, with_place
from notifications.recording_list import SECTIONS, ToRecord, sample_call, to_record
from notifications.voices import MACHINES, voices_of
from scheduler import settings
from scheduler.db import enter_centre
from web.acts import done, note
from web.clock import now
from web.extensions import db, limiter
from web.formwork import Form, submit
from web.messages.area import blueprint
from web.messages.labels import VOICE_SECTIONS
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


@dataclass(frozen=True)
class Section:
    """Pieces that belong together, each with its recording where there is one."""

    key: str
    pieces: list[tuple[ToRecord, Recording | None]]

    @property
    def done(self) -> int:
        """How many are recorded."""
        return sum(row is not None for _each, row in self.pieces)


def _folder() -> Path:
    return Path(current_app.config["RECORDING_FOLDER"])


def _language(code: str) -> str:
    if code not in domain.languages_to_record(g.centre):
        abort(404)
    return code


def _listed(code: str) -> tuple[list[ToRecord], dict[str, Recording]]:
    """Return what is to be recorded in a language, and what is."""
    return to_record(db.session(), g.centre, code, now()), domain.list_recordings(
        db.session(), g.centre, code
    )


@blueprint.get("/voix/")
@requires(Permission.VIEW_MESSAGES)
def recordings() -> str:
    """Show which languages a machine speaks, and how much is recorded of the others."""
    progress = {}
    for code in domain.languages_to_record(g.centre):
        listed, kept = _listed(code)
        must = [each.piece.name for each in listed if each.must]
        progress[code] = (sum(name in kept for name in must), len(must))
    home = settings.message_language(g.centre)
    return render_template(
        "messages/voices.html",
        progress=progress,
        voices=voices_of(g.centre),
        machines={
            code: [
                *((voice, f"{voice.replace('.', ' · ', 1)} ({locale})") for locale, voice in offered),
                *([] if code == home else [("", _("aucune : des enregistrements"))]),
            ]
            for code, offered in MACHINES.items()
        },
        own_name=own_name,
        can_edit=may(Permission.EDIT_SETTINGS),
    )


@blueprint.post("/voix/machine/<code>")
@requires(Permission.EDIT_SETTINGS)
def choose_voice(code: str) -> Response:
    """Let another machine voice speak a language, or none."""
    voice = request.form.get("voice", "")
    known = [each for _locale, each in MACHINES.get(code, ())]
    if not known or (voice not in known and (voice or code == settings.message_language(g.centre))):
        abort(404)
    chosen = {key: value for key, value in settings.voices(g.centre).items() if key != code}
    if voice != known[0]:
        chosen[code] = voice
    g.centre.settings = {**g.centre.settings, "voices": chosen}
    note("voices.choose", f"centre:{g.centre.id}", language=code, voice=voice)
    return done(url_for("messages.recordings", _anchor=code), _("La voix est choisie."))


@blueprint.get("/voix/<code>/")
@requires(Permission.VIEW_MESSAGES)
def language_recordings(code: str) -> Any:
    """Show what is recorded in a language, and one piece after the other to be read aloud."""
    return _page(_language(code), request.args.get("morceau", ""))


@blueprint.post("/voix/<code>/inutiles")
@requires(Permission.EDIT_SETTINGS)
def delete_unused_recordings(code: str) -> Response:
    """Delete the recordings of words that have changed since."""
    count = domain.delete_unused(db.session(), g.centre, _language(code), now())
    note("recording.delete_unused", f"recording:{code}", count=count)
    return done(
        url_for("messages.language_recordings", code=code),
        ngettext("%(num)s enregistrement est supprimé.", "%(num)s enregistrements sont supprimés.", count),
    )


@blueprint.post("/voix/<code>/<name>")
@requires(Permission.EDIT_SETTINGS)
def keep_recording(code: str, name: str) -> Any:
    """Keep a recording in place of the one there was, and go to the next piece."""
    session, form = db.session(), RecordingForm()
    listed, kept = _listed(_language(code))
    names = [each.piece.name for each in listed]
    if name not in names:
        abort(404)

    def act() -> None:
        sound = form.sound.data.read(domain.MOST_BYTES + 1)
        domain.keep_recording(
            session, _folder(), g.centre, code, name, sound, form.recorded_by.data or "", now()
        )
        note("recording.keep", f"recording:{code}.{name}")

    if submit(form, act):
        at = names.index(name) + 1
        following = next((each for each in names[at:] + names[:at] if each not in {*kept, name}), None)
        return done(
            url_for("messages.language_recordings", code=code, morceau=following),
            _("L'enregistrement est gardé."),
        )
    return _page(code, name, form=form)


@blueprint.post("/voix/<code>/<name>/supprimer")
@requires(Permission.EDIT_SETTINGS)
def delete_recording(code: str, name: str) -> Response:
    """Delete a recording."""
    domain.delete_recording(db.session(), g.centre, _language(code), name)
    note("recording.delete", f"recording:{code}.{name}")
    return done(
        url_for("messages.language_recordings", code=code, morceau=name), _("L'enregistrement est supprimé.")
    )


@blueprint.get("/voix/<code>/<name>/son")
@requires(Permission.VIEW_MESSAGES)
def recording_sound(code: str, name: str) -> Response:
    """Play a recording."""
    row = domain.list_recordings(db.session(), g.centre, _language(code)).get(name)
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


@fetched.get("/pictures/<token>/<name>")
@limiter.limit("600 per minute")
@public
def picture_for(token: str, name: str) -> Response:
    """Draw the moment that an address names, and where the person of the token is expected then."""
    moment = read_name(name)
    if moment is None:
        abort(404)
    person = find_reader(db.session(), current_app.config["SECRET_KEY"], token, now())
    if person is not None:
        enter_centre(db.session(), person.centre_id)
        moment = with_place(db.session(), person, moment)
    return Response(draw(moment), mimetype=MEDIA_TYPE, headers={"Cache-Control": "private, max-age=3600"})


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


def _page(code: str, wanted: str, *, form: RecordingForm | None = None) -> tuple[str, int]:
    listed, kept = _listed(code)
    sections = [
        Section(key, [(each, kept.get(each.piece.name)) for each in listed if each.section == key])
        for key in SECTIONS
    ]
    missing = [each for each in listed if each.piece.name not in kept]
    named = next((each for each in listed if each.piece.name == wanted), None)
    current = named or next(iter(missing), None)
    must = [each for each in listed if each.must]
    page = render_template(
        "messages/recordings.html",
        code=code,
        direction=direction(code),
        own_name=own_name,
        languages=domain.languages_to_record(g.centre),
        sections=[section for section in sections if section.pieces],
        labels=VOICE_SECTIONS,
        current=current,
        row=kept.get(current.piece.name) if current else None,
        following=_following(listed, current),
        done=sum(each.piece.name in kept for each in must),
        total=len(must),
        unused=len(kept.keys() - {each.piece.name for each in listed}),
        sample=sample_call(db.session(), g.centre, code, now() + timedelta(days=1)),
        form=form,
        last_voice=max(kept.values(), key=lambda row: row.recorded_at).recorded_by if kept else "",
        can_edit=may(Permission.EDIT_SETTINGS),
    )
    return page, form.answer_status if form else 200


def _following(listed: list[ToRecord], current: ToRecord | None) -> str:
    """Return the name of the piece after the one shown, the first after the last."""
    if current is None:
        return listed[0].piece.name
    return listed[(listed.index(current) + 1) % len(listed)].piece.name

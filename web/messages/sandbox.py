"""A telephone to try with: what people would receive, and their answers, without anything leaving."""

from __future__ import annotations

import re
import secrets
from typing import Any

from flask import abort, current_app, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape

from notifications.callbacks import find_message
from notifications.channels.choose import providers
from notifications.channels.sandbox import PROVIDER
from notifications.links import message_token
from notifications.models import ChannelKind, Message, MessageState
from notifications.replies.conversation import conversations, people_at, telephones
from notifications.replies.trial import answer_on_trial
from notifications.telephone import REASON, asks_reason, meaning_of_key, thanks, words_of
from notifications.voices import Speech
from scheduler.roster_import.folding import fold
from scheduler.wording import RIGHT_TO_LEFT
from web.clock import now
from web.extensions import db
from web.messages.area import CONDITIONS, blueprint
from web.messages.labels import CHANNEL_ICONS, CHANNELS
from web.permissions import Permission, requires

MOST_LETTERS = 1000
MOST_LINES = 40

#: Where one of our messages is, as its receiver would see it.
LINE_STATES = {
    MessageState.QUEUED: _l("va partir"),
    MessageState.CLAIMED: _l("part maintenant"),
    MessageState.UNCERTAIN: _l("peut-être arrivé"),
    MessageState.ACCEPTED: _l("parti"),
    MessageState.DELIVERED: _l("arrivé"),
    MessageState.READ: _l("lu"),
    MessageState.FAILED: _l("pas arrivé"),
    MessageState.UNDELIVERED: _l("pas arrivé"),
    MessageState.EXPIRED: _l("trop tard"),
    MessageState.SUPERSEDED: _l("remplacé"),
    MessageState.WITHHELD: _l("retenu"),
}

_ADDRESS = re.compile(r"https?://[^\s\u2066-\u2069]+")


@blueprint.get("/telephone-essai/")
@requires(Permission.ANSWER_MESSAGES)
def sandbox() -> str:
    """Show the telephones that were written to, and one of them."""
    channels, session = _on_trial(), db.session()
    typed = request.args.get("q", "").strip()[:60]
    found = telephones(session, g.centre.id, channels, typed=typed, fold=fold)
    address = request.args.get("adresse") or (found[0].address if found else "")
    lines = [
        line
        for line in conversations(session, g.centre.id, [address], most=MOST_LINES).get(address, ())
        if line.channel in channels
    ]
    people, secret_key = people_at(session, g.centre.id, address), current_app.config["SECRET_KEY"]
    last = next((line for line in reversed(lines) if not line.incoming), None)
    message = session.get(Message, last.id) if last is not None else None
    call = _call(message) if message is not None and message.channel == ChannelKind.VOICE else None
    return render_template(
        "messages/sandbox.html",
        telephones=found,
        typed=typed,
        address=address,
        owner=", ".join(person.name for person in people) or address,
        pages=[(person, message_token(secret_key, person.id, now())) for person in people],
        lines=lines,
        message=message,
        call=call,
        asked=_asked(),
        keys=_keys(message) if call is not None and message is not None else (),
        channel=message.channel if message is not None else ChannelKind.SMS,
        form_key=secrets.token_hex(16),
        channels=CHANNELS,
        channel_icons=CHANNEL_ICONS,
    )


@blueprint.post("/telephone-essai/")
@requires(Permission.ANSWER_MESSAGES)
def answer_as_participant() -> Any:
    """Store an answer as if it came from the telephone, and act on it at once."""
    channels, session, instant = _on_trial(), db.session(), now()
    address = request.form.get("adresse", "").strip()[:254]
    about = find_message(session, request.form.get("message", ""))
    channel = ChannelKind(about.channel) if about is not None else ChannelKind.SMS
    text = request.form.get("text", "").strip()[:MOST_LETTERS]
    digit = request.form.get("digit", "")[:1]
    if channel not in channels or not address or not (text or digit):
        abort(400)
    asked = _asked() if digit else ""
    why = about is not None and not asked and asks_reason(about, meaning_of_key(about, digit) or "")
    question = {"demande": REASON} if why else {}
    back = redirect(url_for("messages.sandbox", adresse=address, _anchor="telephone", **question))
    key = request.form.get("form_key", "")[:32] or secrets.token_hex(16)
    calling = channel is ChannelKind.VOICE
    if calling and text:
        channel, calling = ChannelKind.SMS, False
    stored = answer_on_trial(
        session,
        g.centre.id,
        address,
        digit or text,
        instant,
        key=key,
        about=about,
        channel=channel,
        asked=asked,
    )
    if stored and calling and about is not None and not why:
        _hear(about, digit, asked)
    db.session.commit()
    return back


def _call(message: Message) -> Speech:
    """Return what is heard now in a call."""
    if _asked():
        return thanks(db.session(), message, "not_coming", _recording, now())
    return words_of(db.session(), message, _recording, now())


def _asked() -> str:
    """Return what was asked after the message: why somebody cannot come, or nothing."""
    return REASON if request.values.get("demande") == REASON else ""


def _hear(message: Message, digit: str, asked: str) -> None:
    """Say what is heard in a call after a key."""
    meaning = meaning_of_key(message, digit, asked)
    if meaning:
        said = thanks(db.session(), message, meaning, _recording, now())
        flash(_("Au téléphone, la personne entend : « %(words)s »", words=said.text), "info")


def _on_trial() -> frozenset[ChannelKind]:
    """Return the channels that nothing leaves by; 404 where there is none."""
    found = trial_channels()
    if not found:
        abort(404)
    return found


def trial_channels() -> frozenset[ChannelKind]:
    """Return the channels whose provider is the sandbox."""
    return frozenset(kind for kind, provider in providers(current_app.config).items() if provider == PROVIDER)


def _keys(message: Message) -> tuple[str, ...]:
    """Return the keys that a call asks for."""
    return tuple(digit for digit in "123456789" if meaning_of_key(message, digit, _asked()))


def _recording(token: str) -> str:
    return f"/messages/recordings/{token}"


@blueprint.app_template_filter("linked")
def linked(text: str) -> Markup:
    """Return a text whose addresses are links."""
    found, at = Markup(), 0
    for match in _ADDRESS.finditer(text):
        found += escape(text[at : match.start()])
        found += Markup('<a href="{0}" rel="noopener" target="_blank">{0}</a>').format(match.group())
        at = match.end()
    return found + escape(text[at:])


@blueprint.app_context_processor
def give_words() -> dict[str, Any]:
    """Give templates the words for where a message is, and which way a language is written."""
    return {"line_states": LINE_STATES, "direction": direction}


def direction(language: str) -> str:
    """Return which way a text runs: as its language does, or as its first letter does."""
    return "auto" if not language else "rtl" if language in RIGHT_TO_LEFT else "ltr"


CONDITIONS["messages.sandbox"] = lambda: bool(trial_channels())

"""What Twilio calls: texts that come in, and what a call says. Events have ``web.provider_events``.

No page, no cookie, no account: a request counts by its signature alone.
"""

from __future__ import annotations

import logging

from flask import Blueprint, Response, abort, current_app, request

from notifications.callbacks import Incoming, find_message, record_incoming, record_key
from notifications.channels.twilio import HOOKS
from notifications.recordings import recording_url
from notifications.replies.attached import with_attached
from notifications.telephone import (
    AGAIN,
    REASON,
    asks_reason,
    meaning_of_key,
    record_machine,
    thanks,
    words_of,
)
from notifications.voices import ask, nothing, tell
from scheduler.db import enter_centre
from web.clock import now
from web.extensions import csrf, db
from web.permissions import public
from web.signatures import is_signed

log = logging.getLogger("semainier.webhooks")

blueprint = Blueprint("webhooks", __name__, url_prefix=HOOKS)
csrf.exempt(blueprint)

#: How often a call says its words again after a key that was not offered.
MOST_TURNS = 3

#: Things that one text carries at most.
MOST_ATTACHED = 10


@blueprint.before_request
def check_signature() -> None:
    """Refuse what Twilio has not signed, without a word of its content in the log."""
    if not is_signed(request.environ, request.form, current_app.config):
        log.warning("unsigned request to %s refused", request.endpoint)
        abort(403)


@blueprint.post("/inbound")
@public
def inbound() -> Response:
    """Keep a text from outside; the answer to it is a message like any other."""
    form = request.form
    attached = range(min(form.get("NumMedia", 0, int), MOST_ATTACHED))
    text = with_attached(
        form.get("Body", ""),
        [form.get(f"MediaContentType{number}", "") for number in attached],
        location="Latitude" in form,
    )
    incoming = Incoming(
        sid=form.get("MessageSid", ""),
        sender=form.get("From", ""),
        to=form.get("To", ""),
        body=text,
        button=form.get("ButtonPayload") or form.get("ButtonText") or "",
        replied_sid=form.get("OriginalRepliedMessageSid", ""),
    )
    if incoming.sid and incoming.sender:
        record_incoming(db.session(), incoming, now())
        db.session.commit()
    return _twiml(nothing())


@blueprint.post("/voice/<token>")
@public
def voice(token: str) -> Response:
    """Say the words of a message and wait for a key; to an answering machine, say them once."""
    message = find_message(db.session(), token)
    answered_by = request.form.get("AnsweredBy", "")
    if message is None or answered_by == "fax":
        return _twiml(tell([]))
    enter_centre(db.session(), message.centre_id)
    if answered_by.startswith("machine"):
        words = words_of(db.session(), message, _recording, now(), ask=False)
        record_machine(db.session(), message, call_sid=request.form.get("CallSid", ""), now=now())
        db.session.commit()
        return _twiml(tell([words]))
    return _twiml(ask(words_of(db.session(), message, _recording, now()), _key_hook(token)))


@blueprint.post("/key/<token>")
@public
def key(token: str) -> Response:
    """Keep the key that somebody pressed, and thank; say everything again after any other key.

    Who cannot come is asked why, once; it is kept as said before that they cannot come.
    """
    message = find_message(db.session(), token)
    if message is None:
        return _twiml(tell([]))
    enter_centre(db.session(), message.centre_id)
    digit, turn = request.form.get("Digits", "")[:1], request.args.get("turn", 1, int)
    asked = REASON if request.args.get("asked") == REASON else ""
    meaning = meaning_of_key(message, digit, asked)
    if meaning is None:
        if turn >= MOST_TURNS:
            return _twiml(tell([]))
        if asked:
            words = thanks(db.session(), message, "not_coming", _recording, now())
        else:
            words = words_of(db.session(), message, _recording, now())
        # Who wants to hear it again may do so for as long as a call lasts.
        return _twiml(ask(words, _key_hook(token, turn + (digit != AGAIN), asked)))
    sid = request.form.get("CallSid", "")
    record_key(db.session(), message, call_sid=sid, digit=digit, now=now(), asked=asked)
    said = thanks(db.session(), message, meaning, _recording, now())
    db.session.commit()
    if asks_reason(message, meaning):
        return _twiml(ask(said, _key_hook(token, 1, REASON), times=1))
    return _twiml(tell([said]))


@blueprint.errorhandler(403)
def forbidden(_error: Exception) -> Response:
    """Answer the same few bytes to whatever is not signed."""
    return Response("403\n", status=403, mimetype="text/plain")


def _hook(name: str, token: str) -> str:
    return f"{current_app.config['PUBLIC_URL']}{HOOKS}/{name}/{token}"


def _key_hook(token: str, turn: int = 1, asked: str = "") -> str:
    return f"{_hook('key', token)}?turn={turn}" + (f"&asked={asked}" if asked else "")


def _recording(token: str) -> str:
    return recording_url(current_app.config["PUBLIC_URL"], token)


def _twiml(body: str) -> Response:
    return Response(body, mimetype="text/xml")

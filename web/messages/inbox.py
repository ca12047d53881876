"""Answers: what people wrote that a person must read, with all that is needed to settle it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from flask import abort, flash, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from markupsafe import Markup
from sqlalchemy.orm import Session

from notifications.models import Meaning
from notifications.replies import handling
from notifications.replies import inbox as domain
from notifications.replies.attached import split_attached
from scheduler.errors import InvalidInputError
from scheduler.models import Answer
from scheduler.roll_call import find_walk_ins
from web.acts import done, note, refused
from web.assets import icon
from web.clock import now
from web.extensions import db
from web.labels import say
from web.messages.area import COUNTS, blueprint
from web.messages.labels import ATTACHED, CHANNEL_ICONS, CHANNELS
from web.messages.sandbox import linked
from web.permissions import Permission, requires

#: What an answer says, in the words of the team.
MEANINGS = {
    Meaning.COMING: _l("vient"),
    Meaning.NOT_COMING: _l("ne vient pas"),
    Meaning.MIXED: _l("vient à certaines séances"),
    Meaning.CALL_ME: _l("demande un appel"),
    Meaning.CHOICE: _l("a choisi"),
    Meaning.REASON: _l("donne une raison"),
    Meaning.STOP: _l("ne veut plus de messages"),
    Meaning.START: _l("veut de nouveau des messages"),
    Meaning.HELP: _l("demande de l'aide"),
    Meaning.UNKNOWN: _l("pas compris"),
}

#: Texts to answer with, in the words of the team.
READY_NAMES = {
    "thanks": _l("Merci"),
    "we_will_call": _l("Nous allons vous appeler"),
    "not_opened": _l("Nous ne pouvons pas ouvrir cela"),
}

#: Why nothing can be written to an address.
SILENCES = {
    "opted_out": _l("Cette personne ne veut plus de messages ici. Appelez-la."),
    "closed": _l("Cette adresse ne reçoit pas de messages. Appelez la personne."),
    "window": _l("WhatsApp ne laisse écrire librement que 24 heures après un message de la personne."),
    "voice": _l("Cette personne a répondu au téléphone. Appelez-la."),
}


@blueprint.get("/reponses/")
@requires(Permission.ANSWER_MESSAGES)
def inbox() -> str:
    """Show what waits for a person, and what was settled last."""
    return _page()


def _page(kept: Mapping[int, str] | None = None) -> str:
    """Return the page; ``kept`` is what was typed and could not be sent, by answer."""
    session = db.session()
    chosen, typed = request.args.get("reponse", 0, int), request.args.get("qui", "").strip()
    return render_template(
        "messages/inbox.html",
        waiting=domain.list_waiting(session, g.centre, now()),
        settled=domain.list_settled(session, g.centre.id),
        chosen=chosen,
        typed=typed,
        found=find_walk_ins(session, typed) if typed else [],
        form_key=secrets.token_hex(8),
        kept=kept or {},
        meanings=MEANINGS,
        silences=SILENCES,
        channels=CHANNELS,
        channel_icons=CHANNEL_ICONS,
        ready_names=READY_NAMES,
        longest=handling.LONGEST_TEXT,
    )


@blueprint.post("/reponses/<int:inbound_id>/ecrire")
@requires(Permission.ANSWER_MESSAGES)
def write_back(inbound_id: int) -> Any:
    """Answer in one's own words, or with a text in the person's language; that settles the answer."""
    session, text, ready = db.session(), request.form.get("text", ""), request.form.get("ready", "")
    inbound = domain.find_inbound(session, inbound_id)
    key = request.form.get("form_key", "")[:32]
    try:
        if not handling.is_sent(session, inbound, key):
            handling.check_seen(session, inbound, request.form.get("seen", ""))
            if ready in domain.READY:
                handling.write_ready(session, g.centre, inbound, ready, now(), form_key=key)
            else:
                handling.write(session, g.centre, inbound, text, now(), current_user.id, form_key=key)
    except InvalidInputError as error:
        db.session.rollback()
        flash(say(error.text), "danger")
        return _page({inbound_id: text}), 422
    if "close" in request.form or ready:
        handling.close(session, inbound, now(), current_user.id)
    note("answer.write", f"inbound:{inbound_id}")
    return done(_back(), _("Votre message part maintenant."))


@blueprint.post("/reponses/<int:inbound_id>/prendre")
@requires(Permission.ANSWER_MESSAGES)
def take_inbound(inbound_id: int) -> Any:
    """Say that one looks after it, or no longer does."""
    inbound = domain.find_inbound(db.session(), inbound_id)
    mine = request.form.get("mine") == "1"
    if not handling.take(db.session(), inbound, current_user.id if mine else None):
        return refused(_back(), InvalidInputError(handling.SETTLED))
    note("answer.take", f"inbound:{inbound_id}", mine=mine)
    words = _("C'est pour vous. Vos collègues le voient.") if mine else _("Cette réponse attend quelqu'un.")
    return done(url_for("messages.inbox", _anchor=f"r-{inbound_id}"), words)


@blueprint.post("/reponses/<int:inbound_id>/traite")
@requires(Permission.ANSWER_MESSAGES)
def close_inbound(inbound_id: int) -> Any:
    """Mark as dealt with."""
    inbound = domain.find_inbound(db.session(), inbound_id)
    if not handling.close(db.session(), inbound, now(), current_user.id):
        return refused(_back(), InvalidInputError(handling.SETTLED))
    note("answer.close", f"inbound:{inbound_id}")
    return done(_back(), _("C'est traité."))


@blueprint.post("/reponses/<int:inbound_id>/reouvrir")
@requires(Permission.ANSWER_MESSAGES)
def reopen_inbound(inbound_id: int) -> Any:
    """Put before a person again what was settled."""
    handling.reopen(domain.find_inbound(db.session(), inbound_id))
    note("answer.reopen", f"inbound:{inbound_id}")
    return done(_back(), _("Cette réponse attend de nouveau quelqu'un."))


@blueprint.post("/reponses/<int:inbound_id>/compris")
@requires(Permission.ANSWER_MESSAGES)
def understand_inbound(inbound_id: int) -> Any:
    """Store what the answer says about one session."""
    session: Session = db.session()
    given, person_id = request.form.get("given", ""), request.form.get("participant_id", 0, int)
    if given not in (Answer.COMING, Answer.NOT_COMING):
        abort(400)
    try:
        handling.understand_as(
            session,
            g.centre,
            domain.find_inbound(session, inbound_id),
            request.form.get("uid", ""),
            person_id,
            Answer(given),
            now(),
            current_user.id,
        )
    except InvalidInputError as error:
        return refused(_back(), error)
    note("answer.understand", f"inbound:{inbound_id}", given=given)
    if given == Answer.COMING:
        return done(_back(), _("C'est noté : la personne vient."))
    return done(_back(), _("C'est noté : la personne ne vient pas. Sa place est libre."))


@blueprint.post("/reponses/<int:inbound_id>/personne")
@requires(Permission.ANSWER_MESSAGES)
def attach_inbound(inbound_id: int) -> Any:
    """Say whose answer it is."""
    inbound = domain.find_inbound(db.session(), inbound_id)
    person = handling.attach(db.session(), inbound, request.form.get("participant_id", 0, int))
    note("answer.attach", f"inbound:{inbound_id}", participant=person.id)
    return done(_back(), _("Cette réponse est de %(name)s.", name=person.name))


@blueprint.app_template_filter("attached")
def attached(text: str) -> Markup:
    """Return what somebody wrote, and what came with it as icons with words."""
    words, kinds = split_attached(text)
    marks = (
        Markup('<span class="attached">{} {}</span>').format(icon(ATTACHED[kind][1]), ATTACHED[kind][0])
        for kind in kinds
    )
    return Markup(" ").join([*([linked(words)] if words else []), *marks])


def _back() -> str:
    return url_for("messages.inbox")


def waiting_answers() -> int:
    """Return how many answers wait in the centre of this request."""
    return domain.count_waiting(db.session(), g.centre.id)


COUNTS["messages.inbox"] = waiting_answers

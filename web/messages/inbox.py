"""Answers: what people wrote that a person must read, with all that is needed to settle it."""

from __future__ import annotations

import secrets
from typing import Any

from flask import abort, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy.orm import Session

from notifications.models import Meaning
from notifications.replies import inbox as domain
from scheduler.errors import InvalidInputError
from scheduler.models import Answer
from scheduler.roll_call import find_walk_ins
from web.acts import done, note, refused
from web.clock import now
from web.extensions import db
from web.messages.area import COUNTS, blueprint
from web.messages.labels import CHANNEL_ICONS, CHANNELS
from web.permissions import Permission, may, requires

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

#: Why nothing can be written to an address.
SILENCES = {
    "opted_out": _l("Cette personne ne veut plus de messages ici. Appelez-la."),
    "closed": _l("Cette adresse ne reçoit pas de messages. Appelez la personne."),
    "window": _l("WhatsApp ne laisse écrire librement que 24 heures après un message de la personne."),
    "voice": _l("Cette personne a répondu au téléphone. Appelez-la."),
}


@blueprint.get("/reponses/")
@requires(Permission.VIEW_MESSAGES)
def inbox() -> str:
    """Show what waits for a person, and what was settled last."""
    session = db.session()
    chosen, typed = request.args.get("reponse", 0, int), request.args.get("qui", "").strip()
    return render_template(
        "messages/inbox.html",
        waiting=domain.list_waiting(session, g.centre, now()),
        settled=domain.list_settled(session, g.centre.id),
        chosen=chosen,
        typed=typed,
        found=find_walk_ins(session, typed) if typed and may(Permission.ANSWER_MESSAGES) else [],
        form_key=secrets.token_hex(8),
        meanings=MEANINGS,
        silences=SILENCES,
        channels=CHANNELS,
        channel_icons=CHANNEL_ICONS,
        longest=domain.LONGEST_TEXT,
    )


@blueprint.post("/reponses/<int:inbound_id>/ecrire")
@requires(Permission.ANSWER_MESSAGES)
def write_back(inbound_id: int) -> Any:
    """Answer in one's own words; the answer that was read is then dealt with."""
    session, text = db.session(), request.form.get("text", "")
    inbound = domain.find_inbound(session, inbound_id)
    try:
        domain.write(
            session,
            g.centre,
            inbound,
            text,
            now(),
            current_user.id,
            form_key=request.form.get("form_key", "")[:32],
        )
    except InvalidInputError as error:
        return refused(_back(), error)
    if "close" in request.form:
        domain.close(session, inbound, now(), current_user.id)
    note("answer.write", f"inbound:{inbound_id}")
    return done(_back(), _("Votre message part maintenant."))


@blueprint.post("/reponses/<int:inbound_id>/traite")
@requires(Permission.ANSWER_MESSAGES)
def close_inbound(inbound_id: int) -> Any:
    """Mark as dealt with."""
    domain.close(db.session(), domain.find_inbound(db.session(), inbound_id), now(), current_user.id)
    note("answer.close", f"inbound:{inbound_id}")
    return done(_back(), _("C'est traité."))


@blueprint.post("/reponses/<int:inbound_id>/reouvrir")
@requires(Permission.ANSWER_MESSAGES)
def reopen_inbound(inbound_id: int) -> Any:
    """Put before a person again what was settled."""
    domain.reopen(domain.find_inbound(db.session(), inbound_id))
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
        domain.understand_as(
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
    person = domain.attach(db.session(), inbound, request.form.get("participant_id", 0, int))
    note("answer.attach", f"inbound:{inbound_id}", participant=person.id)
    return done(_back(), _("Cette réponse est de %(name)s.", name=person.name))


def _back() -> str:
    return url_for("messages.inbox")


def waiting_answers() -> int:
    """Return how many answers wait in the centre of this request."""
    return domain.count_waiting(db.session(), g.centre.id)


COUNTS["messages.inbox"] = waiting_answers

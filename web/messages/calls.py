"""To call: whom, why, what to say, and what came of it at one tap."""

from __future__ import annotations

from collections.abc import Sequence

from flask import abort, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response

from notifications.call import Call
from notifications.call_list import (
    DEFAULT_MINUTES,
    MOST_MINUTES,
    call_list,
    calls_since_midnight,
)
from notifications.calls import record_call, take_back_call
from notifications.key_sentence import KeySentences
from notifications.models import CallOutcome, CallReason, PhoneCall
from scheduler import settings
from scheduler.errors import InvalidInputError
from web.acts import done, note, refused
from web.clock import now
from web.extensions import db
from web.messages.area import blueprint
from web.permissions import Permission, requires
from web.templating import day, hour, local

#: Minutes offered, in the order shown.
MINUTES = (20, 50, 90, 180)

OUTCOMES = {
    CallOutcome.COMING: (_l("Viendra"), "check-lg"),
    CallOutcome.NOT_COMING: (_l("Ne vient pas"), "x-lg"),
    CallOutcome.TOLD: (_l("C'est dit"), "check-lg"),
    CallOutcome.NO_ANSWER: (_l("Pas de réponse"), "telephone-x"),
    CallOutcome.LATER: (_l("Rappeler plus tard"), "clock"),
    CallOutcome.WRONG_NUMBER: (_l("Numéro faux"), "exclamation-triangle"),
}

WHY = {
    CallReason.CALL_ME: (_l("A demandé qu'on l'appelle"), "telephone-inbound"),
    CallReason.CHANGE: (_l("N'a pas confirmé un changement"), "arrow-left-right"),
    CallReason.RISK: (_l("Un appel peut aider"), "telephone-outbound"),
}


@blueprint.get("/a-appeler/")
@requires(Permission.CALL_PEOPLE)
def calls() -> str:
    """Show whom to call in the minutes there are."""
    session, instant, minutes = db.session(), now(), _minutes()
    found = call_list(session, g.centre, instant, minutes)
    made = calls_since_midnight(session, g.centre, instant)
    return render_template(
        "messages/calls.html",
        calls=found,
        minutes=minutes,
        choices=sorted({*MINUTES, minutes}),
        afternoon=local(instant).hour >= 12,
        made=[(call, OUTCOMES[CallOutcome(call.outcome)]) for call in _last_of_each(made)],
        sentences=KeySentences(session, g.centre),
        outcomes=OUTCOMES,
        why=WHY,
        offered=offered,
        script=script,
        switched_on=settings.absence_risk(g.centre),
    )


@blueprint.post("/a-appeler/<int:person_id>")
@requires(Permission.CALL_PEOPLE)
def call_made(person_id: int) -> Response:
    """Write down what came of a call."""
    session, form = db.session(), request.form
    back = url_for("messages.calls", minutes=_minutes())
    try:
        outcome, reason = CallOutcome(form.get("outcome", "")), CallReason(form.get("reason", ""))
    except ValueError:
        abort(400)
    try:
        record_call(
            session,
            g.centre,
            person_id,
            [uid for uid in form.getlist("session") if uid][:20],
            outcome,
            now(),
            reason=reason,
            chance=_chance(form.get("chance", "")),
            user_id=current_user.id,
        )
    except InvalidInputError as error:
        return refused(back, error)
    note("call.made", f"participant:{person_id}", outcome=outcome.value)
    return done(back, _("C'est noté : %(outcome)s.", outcome=str(OUTCOMES[outcome][0]).lower()))


@blueprint.post("/a-appeler/appel/<int:call_id>/annuler")
@requires(Permission.CALL_PEOPLE)
def take_back(call_id: int) -> Response:
    """Undo what was written down of a call."""
    back = url_for("messages.calls", minutes=_minutes())
    try:
        person = take_back_call(db.session(), g.centre, call_id, now())
    except InvalidInputError as error:
        return refused(back, error)
    note("call.take_back", f"participant:{person.id}")
    return done(back, _("L'appel à %(name)s est annulé, avec tout ce qu'il avait changé.", name=person.name))


def offered(call: Call) -> Sequence[CallOutcome]:
    """Return the outcomes that a call can have."""
    heard = (CallOutcome.COMING, CallOutcome.NOT_COMING) if call.answerable else (CallOutcome.TOLD,)
    return (*heard, CallOutcome.NO_ANSWER, CallOutcome.LATER, CallOutcome.WRONG_NUMBER)


def script(call: Call) -> list[str]:
    """Return what to say, sentence by sentence."""
    name = settings.message_name(g.centre)
    said = [
        _(
            "Bonjour, ici %(centre)s. Puis-je parler à %(name)s ?",
            centre=name,
            name=call.participant.first_name,
        )
    ]
    if call.reason is CallReason.CALL_ME:
        said.append(_("Vous avez demandé qu'on vous appelle. Je vous écoute."))
    for each in call.sessions:
        instant = each.told.starts_at
        when = _("%(day)s à %(hour)s", day=day(instant, "EEEE d MMMM"), hour=hour(instant))
        where = ", ".join(part for part in (when, each.told.place) if part)
        if each.cancelled:
            said.append(_("Ce qui était prévu %(when)s est annulé : ne venez pas.", when=when))
        elif each.told.change:
            said.append(_("Il y a un changement. C'est maintenant %(where)s.", where=where))
        else:
            said.append(_("Nous vous attendons %(where)s.", where=where))
    if call.reason is CallReason.CHANGE:
        said.append(_("Pouvez-vous me redire le jour et l'heure, pour être sûrs tous les deux ?"))
    if call.answerable:
        said.append(_("Pourrez-vous venir ? Qu'est-ce qui vous aiderait : le trajet, les enfants, l'heure ?"))
    return said


def _last_of_each(made: Sequence[PhoneCall]) -> list[PhoneCall]:
    """Return the last call to each person, the newest first; a call about two sessions is one."""
    last = {call.participant_id: call for call in made}
    return sorted(last.values(), key=lambda call: (call.called_at, call.id), reverse=True)


def _minutes() -> int:
    text = request.values.get("minutes", "")
    given = int(text) if text.isdecimal() and len(text) < 5 else DEFAULT_MINUTES
    return min(max(given, 5), MOST_MINUTES)


def _chance(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if 0 <= value <= 1 else None

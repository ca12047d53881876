"""Places to choose from: rounds prepared and sent, what people chose, and seats that became free."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import g, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import IntegerField
from wtforms.validators import InputRequired, NumberRange

from notifications.offered_places import take_back, tell_offers
from scheduler import settings
from scheduler.choices import find_offer, waiting_list, withdraw
from scheduler.choices.answers import Outcome, choose
from scheduler.choices.places import in_force
from scheduler.choices.reading import (
    ask_again,
    change_rules,
    find_round,
    list_freed_seats,
    list_rounds,
    names_of,
)
from scheduler.choices.rounds import discard_round, send_round, start_round
from scheduler.choices.search import offering
from scheduler.errors import InvalidInputError
from scheduler.models import Activity, Centre, FreedSeat, FreedState, OfferState, RoundState
from scheduler.programmes.vocabulary import ACTIVITY_KINDS
from scheduler.records import find
from scheduler.timegrid import monday_of
from web.acts import done, note, refused
from web.clock import now, today
from web.extensions import db
from web.fields import CheckboxesField, ChoiceField
from web.forms import form_page
from web.formwork import Form, VersionedForm, submit
from web.messages.area import blueprint
from web.permissions import Permission, requires
from web.telling import page_address

ROUND_STATES = {
    RoundState.QUEUED: (_l("En attente"), "hourglass-split"),
    RoundState.RUNNING: (_l("Nous cherchons les places"), "search"),
    RoundState.READY: (_l("Prête à envoyer"), "envelope-paper"),
    RoundState.SENT: (_l("Envoyée"), "send-check"),
    RoundState.DISCARDED: (_l("Abandonnée"), "archive"),
    RoundState.FAILED: (_l("Pas aboutie"), "exclamation-triangle"),
}

OFFER_STATES = {
    OfferState.PREPARED: (_l("pas encore envoyée"), "envelope-paper"),
    OfferState.OPEN: (_l("attend une réponse"), "hourglass-split"),
    OfferState.CHOSEN: (_l("choisie, bientôt dans le plan"), "hand-index-thumb"),
    OfferState.APPLIED: (_l("choisie"), "check-circle"),
    OfferState.EXPIRED: (_l("sans réponse"), "clock-history"),
    OfferState.DECLINED: (_l("aucune ne convient"), "telephone"),
    OfferState.WITHDRAWN: (_l("retirée"), "x-circle"),
    OfferState.REFUSED: (_l("plus possible"), "exclamation-triangle"),
}

SEAT_STATES = {
    FreedState.WAITING: (_l("nous cherchons quelqu'un"), "search"),
    FreedState.OFFERED: (_l("proposée"), "hourglass-split"),
    FreedState.TAKEN: (_l("prise"), "check-circle"),
    FreedState.CLOSED: (_l("reste libre"), "dash-circle"),
}

MOST_WEEKS = 8

#: What another place may be worth less to the plan, in points of its terms, and what that means.
TOLERANCES = {
    0: _l("seulement celles qui sont exactement aussi bonnes"),
    15: _l("aussi celles avec une autre personne de référence, ou une petite attente entre deux séances"),
    30: _l("aussi celles qui demandent un trajet de plus, ou un lieu moins commode"),
    60: _l("aussi celles qui ont plusieurs de ces inconvénients à la fois"),
}


class RoundForm(Form):
    """What people are to choose, and in which weeks."""

    activity = ChoiceField(_l("Activité"))
    weeks = ChoiceField(_l("Semaines"), default=4)


class RulesForm(VersionedForm):
    """Which places may be chosen, and for how long they are kept."""

    choice_kinds = CheckboxesField(
        _l("Les personnes peuvent choisir leur place pour"),
        choices=[(kind, _l(label)) for kind, label in ACTIVITY_KINDS.items()],
    )
    choice_tolerance_points = ChoiceField(
        _l("Quelles autres places proposer"),
        description=_l(
            "Dans tous les cas, chaque place respecte toutes les règles, et personne d'autre n'y perd rien."
        ),
    )
    choice_hold_hours = IntegerField(
        _l("Heures pendant lesquelles les places sont gardées"),
        validators=[InputRequired(_l("Donnez un nombre.")), NumberRange(1, 720, _l("Entre 1 et 720."))],
    )
    choice_notice_hours = IntegerField(
        _l("Heures entre la fin du choix et la première place"),
        validators=[InputRequired(_l("Donnez un nombre.")), NumberRange(0, 336, _l("Entre 0 et 336."))],
    )
    freed_seat_minutes = IntegerField(
        _l("Minutes, de jour, pour répondre à une place qui s'est libérée"),
        validators=[InputRequired(_l("Donnez un nombre.")), NumberRange(15, 1440, _l("Entre 15 et 1440."))],
    )


@blueprint.route("/places/", methods=["GET"])
@requires(Permission.VIEW_MESSAGES)
def choices() -> Any:
    """Show the rounds, and the seats that became free."""
    return _page(_round_form())


@blueprint.post("/places/")
@requires(Permission.EDIT_PLAN)
def start_choices() -> Any:
    """Ask for a round."""
    form = _round_form()

    def act() -> None:
        last = monday_of(today()) + timedelta(7 * form.weeks.data - 1)
        made = start_round(
            db.session(), g.centre, form.activity.data, today(), last, now(), user_id=current_user.id
        )
        note("choices.start", f"choice_round:{made.id}")

    if submit(form, act):
        return redirect(url_for("messages.choices"))
    return _page(form)


def _round_form() -> RoundForm:
    form = RoundForm()
    rows = offering(db.session(), g.centre)
    form.activity.offer([(row.id, f"{row.name} – {row.programme.name}") for row in rows])
    form.weeks.offer(
        [
            (
                count,
                ngettext(
                    "Cette semaine seulement", "Cette semaine et les suivantes : %(num)s en tout", count
                ),
            )
            for count in range(1, MOST_WEEKS + 1)
        ]
    )
    return form


def _page(form: RoundForm) -> Any:
    session = db.session()
    rounds = list_rounds(session, g.centre)
    page = render_template(
        "messages/choices.html",
        form=form,
        rounds=rounds,
        moving=any(row.round.state in (RoundState.QUEUED, RoundState.RUNNING) for row in rounds),
        seats=list_freed_seats(session, g.centre, now()),
        ROUND_STATES=ROUND_STATES,
        SEAT_STATES=SEAT_STATES,
        hold_hours=settings.choice_hold_hours(g.centre),
    )
    return page, form.answer_status


@blueprint.get("/places/<int:round_id>")
@requires(Permission.EDIT_PLAN)
def choice_round(round_id: int) -> Any:
    """Show who may choose which places, and what became of it."""
    return render_template(
        "messages/choice_round.html",
        round=find_round(db.session(), g.centre, round_id),
        ROUND_STATES=ROUND_STATES,
        OFFER_STATES=OFFER_STATES,
        tolerance_words=tolerance_words,
    )


def tolerance_words(points: int) -> str:
    """Return what another place may be worth less to the plan, in words."""
    return str(TOLERANCES[max(level for level in TOLERANCES if level <= max(points, 0))])


@blueprint.post("/places/<int:round_id>/envoyer")
@requires(Permission.EDIT_PLAN)
def send_choices(round_id: int) -> Response:
    """Invite people to choose."""
    session, at = db.session(), now()
    round_ = find_round(session, g.centre, round_id)
    try:
        offers = send_round(session, g.centre, round_, at)
    except InvalidInputError as error:
        return refused(url_for("messages.choice_round", round_id=round_id), error)
    tell_offers(session, g.centre, offers, at, page_address=page_address(at))
    note("choices.send", f"choice_round:{round_id}", offers=len(offers))
    return done(
        url_for("messages.choice_round", round_id=round_id),
        ngettext(
            "%(num)s personne est invitée à choisir.",
            "%(num)s personnes sont invitées à choisir.",
            len(offers),
        ),
    )


@blueprint.post("/places/<int:round_id>/abandonner")
@requires(Permission.EDIT_PLAN)
def discard_choices(round_id: int) -> Response:
    """Give the places of a round back; who has not chosen keeps what the plan says."""
    session, at = db.session(), now()
    round_ = find_round(session, g.centre, round_id)
    discard_round(session, round_, at)
    withdrawn = [offer for offer in round_.offers if offer.state == OfferState.WITHDRAWN]
    take_back(session, g.centre, withdrawn, at)
    note("choices.discard", f"choice_round:{round_id}")
    return done(url_for("messages.choices"), _("Les places sont rendues. Le plan reste comme il est."))


@blueprint.post("/places/proposition/<int:offer_id>/retirer")
@requires(Permission.EDIT_PLAN)
def withdraw_offer(offer_id: int) -> Response:
    """Take one person's choice back."""
    session, at = db.session(), now()
    offer = find_offer(session, g.centre.id, offer_id)
    back = (
        url_for("messages.choice_round", round_id=offer.round_id)
        if offer.round_id
        else url_for("messages.choices")
    )
    if withdraw(session, [offer], at):
        take_back(session, g.centre, [offer], at)
    note("choices.withdraw", f"choice_offer:{offer_id}")
    return done(back, _("La proposition est retirée : les places sont rendues."))


@blueprint.post("/places/proposition/<int:offer_id>/choisir/<int:number>")
@requires(Permission.EDIT_PLAN)
def choose_for(offer_id: int, number: int) -> Response:
    """Note what somebody chose who said it to the team."""
    session = db.session()
    offer = find_offer(session, g.centre.id, offer_id)
    found = choose(session, offer, number, now())
    note("choices.choose", f"choice_offer:{offer_id}", number=number)
    back = (
        url_for("messages.choice_round", round_id=offer.round_id)
        if offer.round_id
        else url_for("messages.choices")
    )
    if found.outcome is Outcome.CHOSEN:
        return done(back, _("C'est noté : la place %(number)s est choisie.", number=number))
    return done(back, _("Cette place n'est plus libre."))


@blueprint.get("/places/attente/<uid>")
@requires(Permission.EDIT_PLAN)
def waiting(uid: str) -> Any:
    """Show who is in line for a session."""
    session = db.session()
    row = in_force(session, g.centre.id, [uid]).get(uid)
    line = waiting_list(session, g.centre, uid, now())
    return render_template(
        "messages/waiting.html",
        row=row,
        line=line,
        names=names_of(session, [each.participant_id for each in line]),
        activity=find(session, Activity, row.activity_id) if row is not None else None,
    )


@blueprint.post("/places/liberee/<int:seat_id>/proposer")
@requires(Permission.EDIT_PLAN)
def offer_again(seat_id: int) -> Response:
    """Have a seat that was left empty offered once more."""
    try:
        ask_again(db.session(), find(db.session(), FreedSeat, seat_id))
    except InvalidInputError as error:
        return refused(url_for("messages.choices"), error)
    note("choices.seat", f"freed_seat:{seat_id}")
    return done(url_for("messages.choices"), _("La place va être proposée à la prochaine personne."))


@blueprint.route("/places/reglages", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def choice_rules() -> Any:
    """Change which places may be chosen, and for how long they are kept."""
    centre = find(db.session(), Centre, g.centre.id)
    form = _rules_form(centre)

    def act() -> None:
        change_rules(db.session(), centre, form.values(), form.version.data)
        note("choices.rules", f"centre:{centre.id}")

    if submit(form, act, stored=lambda: _rules_form(centre, formdata=None)):
        return done(url_for("messages.choices"), _("Les réglages des places à choisir sont à jour."))
    return form_page(form, title=_("Réglages des places à choisir"), back=url_for("messages.choices"))


def _rules_form(centre: Centre, **options: Any) -> RulesForm:
    form = RulesForm(
        data={
            "choice_kinds": list(settings.choice_kinds(centre)),
            "choice_tolerance_points": settings.choice_tolerance_points(centre),
            "choice_hold_hours": settings.choice_hold_hours(centre),
            "choice_notice_hours": settings.choice_notice_hours(centre),
            "freed_seat_minutes": settings.freed_seat_minutes(centre),
            "version": centre.version,
        },
        **options,
    )
    points = settings.choice_tolerance_points(centre)
    levels = TOLERANCES | ({} if points in TOLERANCES else {points: _("comme aujourd'hui")})
    form.choice_tolerance_points.offer(sorted(levels.items()))
    return form

"""A participant's own page: their week in large cards, without a password and nearly without words.

The address in a message or on a card holds a token. Opening it starts a short session in a cookie
and leads to an address without the token, so that it stays out of histories and screenshots.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from babel import Locale
from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    jsonify,
    redirect,
    request,
    session,
    url_for,
)

from notifications.confirmations import confirm_news
from notifications.links import PREFIX, find_reader
from notifications.news import with_news
from notifications.replies.effects import seat_is_gone, store
from scheduler.attendance import session_in_force
from scheduler.check_in import is_open
from scheduler.choices import Outcome, choose, decline
from scheduler.choices.cards import invitations_of
from scheduler.db import enter_centre
from scheduler.errors import InvalidInputError, NotFoundError
from scheduler.links import find_link, find_subject
from scheduler.models import Answer, Centre, ChoiceOffer, LinkKind, OfferKind, Participant
from scheduler.personal_week import by_week, first_sights, personal_week
from scheduler.places import site_photo
from scheduler.wording import known_language, languages, plain_words
from web.clock import now
from web.extensions import db, limiter
from web.permissions import public
from web.personal_page import LANGUAGE, heard_in, show_page
from web.templating import local

blueprint = Blueprint("personal", __name__, url_prefix="/moi")

DAYS = 14
SESSION_HOURS = 12
TOKEN, PERSON, OPENED = "page_token", "page_person", "page_opened"

#: Where a visit keeps what to thank for on the next page, and the session it is about.
SAID = "page_said"

#: What a person can say about a session, and the reasons offered for not coming.
REASONS = ("ill", "child", "course", "work", "other")


def _person(token: str | None) -> Participant:
    """Return the person whose page a token opens, in their centre; the same 404 for every other."""
    if token and token.startswith(PREFIX):
        reader = find_reader(db.session(), current_app.config["SECRET_KEY"], token, now())
        if reader is None:
            abort(404)
        enter_centre(db.session(), reader.centre_id)
        return reader
    link = find_link(db.session(), token) if token else None
    if link is None or link.revoked_at is not None or link.kind != LinkKind.PAGE:
        abort(404)
    enter_centre(db.session(), link.centre_id)
    person = find_subject(db.session(), LinkKind.PARTICIPANT, link.subject_id)
    if not isinstance(person, Participant):
        abort(404)
    return person


def visitor() -> Participant:
    """Return the person of this visit; a visit ends some hours after it began."""
    opened = datetime.fromtimestamp(session.get(OPENED, 0), UTC)
    if now() - opened > timedelta(hours=SESSION_HOURS):
        abort(404)
    return _person(session.get(TOKEN))


@blueprint.get("/<token>")
@limiter.limit("60 per hour")
@public
def open_page(token: str) -> Any:
    """Start a visit and lead to the address without the token."""
    person = _person(token)
    # On a telephone that several people share, each has their own language.
    if session.get(PERSON) != person.id:
        session[PERSON], session[LANGUAGE] = person.id, known_language(person.message_language)
    session[TOKEN], session[OPENED] = token, int(now().timestamp())
    return redirect(url_for("personal.week"))


@blueprint.get("/")
@public
def week() -> str:
    """Show today and the days to come."""
    person, instant = visitor(), now()
    today = local(instant).date()
    centre = db.session.get_one(Centre, person.centre_id)
    full = centre.settings.get("feed_titles") == "full"
    late = request.args.get("choix", type=int)
    invitations = invitations_of(db.session(), person, instant, full_titles=full, late=late)
    hidden = {each.hidden for each in invitations}
    cards = personal_week(db.session(), person, today, DAYS, full_titles=full)
    cards = with_news(db.session(), person, cards, instant, full_titles=full)
    cards = [card for card in cards if card.uid not in hidden]
    offered = [card for each in invitations for _number, card in each.places]
    told, told_of = session.pop(SAID, ("", ""))
    near = {
        card.uid for card in cards if not card.cancelled and is_open(card.starts_at, card.ends_at, instant)
    }
    return show_page(
        "week.html",
        person=person,
        heard=heard_in(db.session(), centre, today),
        today=today,
        invitations=invitations,
        weeks=by_week(cards, today),
        news=[card for card in cards if card.change],
        near=near,
        doors=first_sights([*offered, *(card for card in cards if not card.cancelled)]),
        told=told,
        told_of=told_of if told_of in {card.uid for card in cards} else "",
    )


@blueprint.get("/<uid>/<given>")
@public
def ask_why(uid: str, given: str) -> Any:
    """Ask why somebody cannot come, when the question is opened once more; everything else is the week."""
    person = visitor()
    if given != Answer.NOT_COMING:
        return redirect(url_for("personal.week"))
    return show_page("why.html", person=person, uid=uid, reasons=REASONS)


@blueprint.post("/<uid>/understood")
@public
def understand(uid: str) -> Any:
    """Keep that the person knows of a change."""
    confirm_news(db.session(), visitor(), uid, now())
    db.session.commit()
    return back("understood", uid)


@blueprint.post("/<uid>/<given>")
@public
def reply(uid: str, given: str) -> Any:
    """Store an answer: I come, I cannot, call me."""
    person = visitor()
    if given not in {choice.value for choice in Answer}:
        abort(404)
    reason = request.form.get("reason", "")
    held = session_in_force(db.session(), person.centre_id, uid)
    choice = Answer(given)
    if choice is Answer.NOT_COMING and reason not in REASONS:
        return ask_why(uid, given)
    centre = db.session.get_one(Centre, person.centre_id)
    if choice is Answer.COMING and seat_is_gone(db.session(), centre, uid, person.id):
        return back("too_late", uid)
    store(db.session(), centre, held, person.id, choice, now(), reason=reason)
    db.session.commit()
    return back(choice.value, uid)


@blueprint.post("/choix/<int:offer_id>/<int:number>")
@public
def choose_place(offer_id: int, number: int) -> Any:
    """Give the person the place they choose, if it can still be had."""
    offer = _offer(offer_id)
    found = choose(db.session(), offer, number, now())
    db.session.commit()
    if found.outcome is Outcome.CHOSEN:
        return back("chosen")
    if found.outcome is Outcome.TAKEN and found.remaining:
        return back("place_gone", late=offer_id)
    return back("too_late")


@blueprint.post("/choix/<int:offer_id>/non")
@public
def decline_places(offer_id: int) -> Any:
    """Note that none of the places suits."""
    offer = _offer(offer_id)
    decline(db.session(), offer, now())
    db.session.commit()
    return back("call_me" if offer.kind == OfferKind.CHOICE else "not_coming")


def _offer(offer_id: int) -> ChoiceOffer:
    """Return an offer of the person of this visit; the same 404 for every other."""
    person = visitor()
    offer = db.session.get(ChoiceOffer, offer_id)
    if offer is None or offer.participant_id != person.id:
        abort(404)
    return offer


@blueprint.route("/langue", methods=["GET", "POST"])
@public
def language() -> Any:
    """Let the person choose a language, each in its own script."""
    person = visitor()
    if request.method == "POST":
        chosen = request.form.get("language", "")
        if chosen not in languages():
            abort(404)
        session[LANGUAGE] = chosen
        return redirect(url_for("personal.week"))
    names = {code: Locale.parse(code).get_language_name(code) or code for code in languages()}
    return show_page("language.html", person=person, names=names)


@blueprint.get("/app.webmanifest")
@public
def manifest() -> Response:
    """Describe the page to a phone that puts it on its home screen."""
    visitor()
    words = plain_words(session.get(LANGUAGE))
    answer_ = jsonify(
        name="Semainier",
        short_name=words["this_week"],
        start_url=url_for("personal.open_page", token=session[TOKEN]),
        scope=url_for("personal.week"),
        display="standalone",
        background_color="#faf8f4",
        theme_color="#0f5c63",
        icons=[{"src": url_for("static", filename="img/logo.svg"), "sizes": "any", "type": "image/svg+xml"}],
    )
    answer_.mimetype = "application/manifest+json"
    return answer_


@blueprint.get("/lieu/<int:site_id>/<digest>.jpg")
@public
def door(site_id: int, digest: str) -> Response:
    """Show the photograph of a site's door."""
    visitor()
    photo = site_photo(db.session(), site_id)
    if photo is None or photo.digest != digest:
        abort(404)
    return Response(
        photo.jpeg, mimetype="image/jpeg", headers={"Cache-Control": "private, max-age=2592000, immutable"}
    )


@blueprint.errorhandler(InvalidInputError)
@blueprint.errorhandler(NotFoundError)
def too_late(_error: Exception) -> Any:
    """Show the week as it now stands when a session was cancelled, is over or no longer planned."""
    db.session.rollback()
    return back("too_late")


@blueprint.errorhandler(404)
def gone(_error: Exception) -> tuple[str, int]:
    """Say in pictures and few words that a link no longer works, or that a visit is over."""
    db.session.rollback()
    return show_page("gone.html", visit_over="token" not in (request.view_args or {})), 404


def back(told: str, uid: str = "", late: int | None = None) -> Any:
    """Lead back to the week, which says what became of an answer, beside the session it was about.

    ``late`` is an offer of which what is left is shown though its time is over.
    """
    session[SAID] = (told, uid)
    return redirect(url_for("personal.week", choix=late, _anchor=f"s-{uid}" if uid else None))

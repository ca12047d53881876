"""A participant's own page: their week in large cards, without a password and nearly without words.

The address in a message or on a card holds a token. Opening it starts a short session in a cookie
and leads to an address without the token, so that it stays out of histories and screenshots.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from babel import Locale
from babel.dates import format_date
from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    g,
    jsonify,
    redirect,
    render_template,
    request,
    session,
    url_for,
)

from notifications.links import PREFIX, find_reader
from notifications.recordings import recording_url
from notifications.replies.effects import seat_is_gone, store
from notifications.voices import voices_of
from notifications.wording import Told, Wordings
from scheduler.attendance import session_in_force
from scheduler.check_in import is_open
from scheduler.choices import Outcome, choose, decline
from scheduler.choices.cards import invitations_of
from scheduler.db import enter_centre
from scheduler.errors import InvalidInputError, NotFoundError
from scheduler.links import find_link, find_subject
from scheduler.models import Answer, Centre, ChoiceOffer, LinkKind, OfferKind, Participant
from scheduler.personal_week import Card, personal_week
from scheduler.places import site_photo
from scheduler.wording import RIGHT_TO_LEFT, known_language, languages, plain_words
from web.clock import now
from web.extensions import db, limiter
from web.permissions import public
from web.pictograms import pictogram_file
from web.templating import local

blueprint = Blueprint("personal", __name__, url_prefix="/moi")

DAYS = 14
SESSION_HOURS = 12
TOKEN, OPENED, LANGUAGE = "page_token", "page_opened", "page_language"

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
    session[TOKEN], session[OPENED] = token, int(now().timestamp())
    session.setdefault(LANGUAGE, known_language(person.message_language))
    return redirect(url_for("personal.week"))


@blueprint.get("/")
@public
def week() -> str:
    """Show today and the days to come."""
    person, instant = visitor(), now()
    today = local(instant).date()
    centre = db.session.get_one(Centre, person.centre_id)
    full = centre.settings.get("feed_titles") == "full"
    invitations = invitations_of(db.session(), person, instant, full_titles=full)
    hidden = {each.hidden for each in invitations}
    cards = personal_week(db.session(), person, today, DAYS, full_titles=full)
    cards = [card for card in cards if card.uid not in hidden]
    monday = today - timedelta(today.weekday()) + timedelta(7)
    groups = [
        ("today", [card for card in cards if card.day == today]),
        ("this_week", [card for card in cards if today < card.day < monday]),
        ("next_week", [card for card in cards if monday <= card.day]),
    ]
    near = {
        card.uid for card in cards if not card.cancelled and is_open(card.starts_at, card.ends_at, instant)
    }
    return show_page(
        "week.html",
        person=person,
        heard=_heard_in(centre, today),
        today=today,
        invitations=invitations,
        groups=groups,
        near=near,
        told=session.pop("told", None),
    )


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
        return show_page("why.html", person=person, uid=uid, reasons=REASONS)
    centre = db.session.get_one(Centre, person.centre_id)
    if choice is Answer.COMING and seat_is_gone(db.session(), centre, uid, person.id):
        session["told"] = "place_gone"
        return redirect(url_for("personal.week"))
    store(db.session(), centre, held, person.id, choice, now(), reason=reason)
    db.session.commit()
    session["told"] = choice.value
    return redirect(url_for("personal.week", _anchor=f"s-{uid}"))


@blueprint.post("/choix/<int:offer_id>/<int:number>")
@public
def choose_place(offer_id: int, number: int) -> Any:
    """Give the person the place they choose, if it can still be had."""
    offer = _offer(offer_id)
    found = choose(db.session(), offer, number, now())
    db.session.commit()
    session["told"] = {
        Outcome.CHOSEN: "chosen",
        Outcome.TAKEN: "place_gone",
    }.get(found.outcome, "too_late")
    return redirect(url_for("personal.week"))


@blueprint.post("/choix/<int:offer_id>/non")
@public
def decline_places(offer_id: int) -> Any:
    """Note that none of the places suits."""
    offer = _offer(offer_id)
    decline(db.session(), offer, now())
    db.session.commit()
    session["told"] = "call_me" if offer.kind == OfferKind.CHOICE else "not_coming"
    return redirect(url_for("personal.week"))


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
def too_late(_error: Exception) -> Any:
    """Show the week as it now stands when a session was cancelled or is over meanwhile."""
    db.session.rollback()
    return redirect(url_for("personal.week"))


@blueprint.errorhandler(NotFoundError)
@blueprint.errorhandler(404)
def gone(_error: Exception) -> tuple[str, int]:
    """Say in pictures and few words that the link no longer works."""
    db.session.rollback()
    return show_page("gone.html"), 404


def show_page(template: str, **values: Any) -> str:
    """Return a page in the language of this visit."""
    code = known_language(session.get(LANGUAGE))
    g.page_language = code
    return render_template(
        f"personal/{template}",
        words=plain_words(code),
        language_code=code,
        direction="rtl" if code in RIGHT_TO_LEFT else "ltr",
        clock=clock_hands,
        day_name=lambda day: _day_name(day, code),
        short_day=lambda day: format_date(day, "EEE", locale=code),
        moment=lambda instant: f"{_day_name(local(instant).date(), code)}, {local(instant):%-H:%M}",
        spoken=lambda card: spoken_text(card, code, plain_words(code)),
        pictogram=pictogram_file,
        title=lambda card: card.title or plain_words(code)["appointment" if card.individual else "activity"],
        **values,
    )


def _heard_in(centre: Centre, today: date) -> Callable[[Card], list[dict[str, str]]]:
    """Return what gives the sounds of a card: recordings, and words for the voice of the browser between."""
    code = known_language(session.get(LANGUAGE))
    if code in voices_of(centre):
        return lambda _card: []
    wordings = Wordings(db.session(), centre)

    def heard(card: Card) -> list[dict[str, str]]:
        told = Told.of(card)
        parts = wordings.spoken.session(
            code, replace(told, change="cancelled") if card.cancelled else told, today
        )
        return [
            {"sound": recording_url("", each.token)}
            if each.token
            else {"say": each.text, "lang": wordings.home}
            for each in parts
        ]

    return heard


def _day_name(day: date, code: str) -> str:
    return format_date(day, "EEEE d MMMM", locale=code)


def clock_hands(instant: datetime) -> dict[str, float]:
    """Return where the hands of a clock face of radius 1 end, for an instant in Brussels."""
    wall = local(instant)
    minute = wall.minute / 60 * 2 * math.pi
    hour = (wall.hour % 12 + wall.minute / 60) / 12 * 2 * math.pi
    return {
        "hour_x": round(0.5 * math.sin(hour), 3),
        "hour_y": round(-0.5 * math.cos(hour), 3),
        "minute_x": round(0.75 * math.sin(minute), 3),
        "minute_y": round(-0.75 * math.cos(minute), 3),
    }


def spoken_text(card: Card, code: str, words: Mapping[str, str]) -> str:
    """Return what is read aloud for a card."""
    wall = local(card.starts_at)
    parts = [_day_name(card.day, code), f"{wall.hour}:{wall.minute:02d}"]
    title = card.title or words["appointment" if card.individual else "activity"]
    if card.cancelled:
        parts += [words["cancelled"], title]
    else:
        leaders = words["with_people"].format(names=", ".join(card.leaders)) if card.leaders else ""
        parts += [title, card.place, leaders]
    return ". ".join(part for part in parts if part)

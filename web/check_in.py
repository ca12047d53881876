"""Checking in by oneself: the code on the room's screen, scanned or typed on one's own page."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, current_app, g, render_template, request, session, url_for
from markupsafe import Markup
from segno import make as make_qr
from werkzeug.exceptions import NotFound

from scheduler import check_in as domain
from scheduler.attendance import session_in_force
from scheduler.check_in import CheckInRefusedError, Refusal
from scheduler.errors import NotFoundError
from scheduler.room_screen import room_screen
from web.centre import PREFIX
from web.clock import now
from web.extensions import db
from web.permissions import Permission, public, requires
from web.personal import back, gone, too_late, visitor
from web.personal_page import show_page

blueprint = Blueprint("check_in", __name__, url_prefix="/moi")
screen = Blueprint("room_screen", __name__, url_prefix=f"{PREFIX}/aujourdhui")

blueprint.register_error_handler(NotFoundError, too_late)
blueprint.register_error_handler(404, gone)

#: Where a visit keeps the session whose code was scanned, and for how long it may be confirmed.
DOOR = "door"
CONFIRM_S = 300

#: Seconds between two looks of the room's screen: it never shows a code that is no longer accepted.
SCREEN_REFRESH_S = 10

#: The participants' word for each refusal.
REFUSALS = {
    Refusal.FORGED: "code_wrong",
    Refusal.STALE: "scan_again",
    Refusal.CLOSED: "ask_team",
    Refusal.CANCELLED: "cancelled",
    Refusal.NOT_EXPECTED: "ask_team",
    Refusal.WRONG_CODE: "code_wrong",
    Refusal.TOO_MANY_TRIES: "ask_team",
}


def _key() -> bytes:
    return str(current_app.config["SECRET_KEY"]).encode()


def _refused(refusal: Refusal) -> Any:
    return show_page("here.html", problem=REFUSALS[refusal]), 422


@blueprint.get("/presence/<token>")
@public
def scan(token: str) -> Any:
    """Ask somebody who scanned the room's code to say that they are there."""
    try:
        person = visitor()
    except NotFound:
        return show_page("here.html", problem="open_first"), 403
    instant = now()
    try:
        held = domain.read_token(db.session(), _key(), person, token, instant)
    except CheckInRefusedError as error:
        return _refused(error.refusal)
    session[DOOR] = {"uid": held.uid, "at": int(instant.timestamp())}
    return show_page("here.html", person=person, held=held, problem=None)


@blueprint.post("/presence/")
@public
def confirm() -> Any:
    """Mark somebody whose scan of the room's code was right a moment ago."""
    person = visitor()
    door = session.pop(DOOR, None)
    instant = now()
    if not door or instant - datetime.fromtimestamp(door["at"], UTC) > timedelta(seconds=CONFIRM_S):
        return _refused(Refusal.STALE)
    held = session_in_force(db.session(), person.centre_id, door["uid"])
    return _mark(person, held, instant)


@blueprint.post("/<uid>/code")
@public
def type_code(uid: str) -> Any:
    """Mark somebody who typed the digits of the room."""
    person = visitor()
    instant = now()
    held = session_in_force(db.session(), person.centre_id, uid)
    try:
        domain.check_digits(db.session(), _key(), person, held, request.form.get("digits", ""), instant)
    except CheckInRefusedError as error:
        db.session.commit()  # A wrong try counts.
        return _refused(error.refusal)
    return _mark(person, held, instant)


def _mark(person: Any, held: Any, instant: datetime) -> Any:
    try:
        domain.check_in(db.session(), person, held, instant)
    except CheckInRefusedError as error:
        db.session.rollback()
        return _refused(error.refusal)
    db.session.commit()
    return back("here", held.uid)


@screen.get("/<uid>/ecran")
@requires(Permission.TAKE_ATTENDANCE)
def show(uid: str) -> str:
    """Show the code of a session on the room's screen; it renews itself."""
    return _screen("today/screen.html", uid)


@screen.get("/<uid>/ecran/code")
@requires(Permission.TAKE_ATTENDANCE)
def code(uid: str) -> str:
    """Answer with the code as it is now."""
    return _screen("today/_code.html", uid)


def _screen(template: str, uid: str) -> str:
    shown = room_screen(db.session(), g.centre.id, uid)
    sign = domain.room_sign(_key(), shown.held, now())
    qr = None
    if sign is not None:
        address = current_app.config["PUBLIC_URL"] + url_for("check_in.scan", token=sign.token)
        code_of = make_qr(address, error="m")
        qr = Markup(code_of.svg_inline(border=2, svgclass="qr", lineclass=None, omitsize=True))  # noqa: S704
    return render_template(template, shown=shown, held=shown.held, sign=sign, qr=qr, every_s=SCREEN_REFRESH_S)

"""Today: the day's lists, marked at one tap each, also without a network."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

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
    url_for,
)
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from notifications.replies.understand import REASONS
from scheduler.attendance import EARLIEST_MARK, Outcome, Result, Tap, apply_taps
from scheduler.errors import InvalidInputError
from scheduler.links import find_card
from scheduler.models import AttendanceState, Role
from scheduler.roll_call import (
    COORDINATOR_AFTER,
    LEADER_AFTER,
    absence_reasons,
    find_walk_ins,
    next_day,
    not_taken,
    roll_calls,
    short_name,
    walk_ins_to_keep,
)
from scheduler.wording import plain_words
from web.centre import PREFIX
from web.clock import now, today
from web.extensions import db
from web.permissions import Permission, requires
from web.week.area import read_date

blueprint = Blueprint("today", __name__, url_prefix=f"{PREFIX}/aujourdhui")

#: The states offered, in order: word and icon.
STATES = (
    (AttendanceState.PRESENT, _l("présent"), "check-lg"),
    (AttendanceState.LATE, _l("retard"), "clock"),
    (AttendanceState.LEFT_EARLY, _l("parti"), "box-arrow-right"),
    (AttendanceState.EXCUSED, _l("excusé"), "envelope-check"),
    (AttendanceState.ABSENT, _l("absent"), "x-lg"),
)

#: Why a mark was not taken, by the domain's reason.
REFUSALS = {
    "unknown": _l("Cette séance ou cette personne n'existe pas ici."),
    "cancelled": _l("Cette séance est annulée."),
    "not_expected": _l("Cette personne n'est pas sur la liste. Ajoutez-la avec « quelqu'un d'autre »."),
    "unknown_reason": _l("Cette raison n'existe plus."),
    "minutes": _l("Ce nombre de minutes est impossible."),
    "too_early": _l("Cette séance n'a pas encore commencé."),
    "too_late": _l("Cette séance est trop ancienne. Demandez à la coordination."),
}

MOST_TAPS = 500
MOST_TRIES = 8
MOST_READ = 500
NOT_TAKEN_DAYS = 14


@blueprint.get("/")
@requires(Permission.TAKE_ATTENDANCE)
def show() -> str:
    """Show the lists of a day: one's own, or everybody's."""
    day = read_date(request.args.get("jour")) or today()
    mine = g.membership.staff_id is not None and request.args.get("tout") is None
    staff_id = g.membership.staff_id if mine else None
    session = db.session()
    reasons = absence_reasons(session)
    coordinates = g.membership.role in (Role.COORDINATOR, Role.ADMINISTRATOR)
    missing = not_taken(
        session,
        g.centre.id,
        now(),
        after=COORDINATOR_AFTER if coordinates else LEADER_AFTER,
        first_day=today() - timedelta(NOT_TAKEN_DAYS),
        staff_id=None if coordinates else g.membership.staff_id,
    )
    calls = roll_calls(session, g.centre.id, day, staff_id=staff_id)
    return render_template(
        "today/show.html",
        day=day,
        before=day - timedelta(1),
        after=day + timedelta(1),
        is_today=day == today(),
        now=now(),
        EARLIEST_MARK=EARLIEST_MARK,
        mine=mine,
        calls=calls,
        next_day=None if calls else next_day(session, g.centre.id, day, staff_id=staff_id),
        states=STATES,
        reasons=reasons,
        reason_ids={reason.key: reason.id for reason in reasons},
        missing=missing,
        announced=announced_reason,
        words=words,
    )


@blueprint.post("/marques")
@requires(Permission.TAKE_ATTENDANCE)
def take() -> Any:
    """Take taps from a phone and answer for each what became of it."""
    data = request.get_json(silent=True)
    try:
        taps = read_taps(data)
    except (KeyError, TypeError, ValueError, OverflowError):
        abort(400)
    results = store_taps(taps)
    return jsonify(
        [
            {
                "key": result.key,
                "outcome": result.outcome,
                "state": result.state,
                "reason": str(REFUSALS[result.reason]) if result.reason else "",
            }
            for result in results
        ]
    )


def store_taps(taps: list[Tap]) -> list[Result]:
    """Store taps and commit; again when somebody else marked the same people in between."""
    centre_id, user_id = g.centre.id, current_user.id
    for left in reversed(range(MOST_TRIES)):
        try:
            results = apply_taps(db.session(), centre_id, taps, now(), user_id=user_id)
            db.session.commit()
        except (IntegrityError, StaleDataError):
            db.session.rollback()
            if not left:
                raise
        else:
            return results
    raise AssertionError("unreachable")


def read_taps(data: Any) -> list[Tap]:
    """Return the taps of a phone's message.

    Raises
    ------
    KeyError, TypeError, ValueError, OverflowError
        If it does not have the form ``{sent_at, taps: [...]}`` with instants in milliseconds.
    """
    sent_at = _instant(data["sent_at"])
    if not isinstance(data["taps"], list) or len(data["taps"]) > MOST_TAPS:
        raise ValueError("taps")
    taps = []
    for item in data["taps"]:
        reason = item.get("reason_id")
        taps.append(
            Tap(
                key=str(uuid.UUID(item["key"])),
                session_uid=str(item["session_uid"])[:36],
                participant_id=_number(item["participant_id"]),
                state=AttendanceState(item["state"]),
                minutes=_number(item.get("minutes") or 0),
                reason_id=_number(reason) if reason is not None else None,
                walk_in=bool(item.get("walk_in")),
                source="card" if item.get("source") == "card" else "roll_call",
                device=str(item.get("device") or "")[:36],
                tapped_at=min(_instant(item["tapped_at"]), sent_at),
                sent_at=sent_at,
            )
        )
    return taps


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise ValueError(value)
    return value


def _instant(milliseconds: Any) -> datetime:
    if not isinstance(milliseconds, (int, float)):
        raise TypeError(milliseconds)
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


@blueprint.post("/marque")
@requires(Permission.TAKE_ATTENDANCE)
def take_one() -> Any:
    """Take one mark from a form, for browsers without scripts."""
    instant = now()
    try:
        ids = [int(value) for value in request.form.getlist("participant_id")]
        state = AttendanceState(request.form.get("state", ""))
    except ValueError:
        abort(400)
    reason_id = request.form.get("reason_id", None, int)
    if reason_id is None and state in (AttendanceState.EXCUSED, AttendanceState.ABSENT):
        reason_id = request.form.get("announced_id", None, int)
    taps = [
        Tap(
            key=str(uuid.uuid4()),
            session_uid=request.form.get("session_uid", ""),
            participant_id=participant_id,
            state=state,
            minutes=request.form.get("minutes", 0, int),
            reason_id=reason_id,
            walk_in="walk_in" in request.form,
            tapped_at=instant,
            sent_at=instant,
        )
        for participant_id in ids
    ]
    results = store_taps(taps)
    refused = [result for result in results if result.outcome is Outcome.REFUSED]
    if refused:
        raise InvalidInputError(str(REFUSALS[refused[0].reason]))
    return redirect(
        url_for("today.show", jour=request.form.get("day"), _anchor=f"s-{request.form['session_uid']}")
    )


@blueprint.get("/chercher")
@requires(Permission.TAKE_ATTENDANCE)
def search() -> Any:
    """Answer with people whose name begins as typed."""
    found = find_walk_ins(db.session(), request.args.get("q", ""))
    return jsonify([{"id": person_id, "name": name} for person_id, name in found])


@blueprint.get("/personnes")
@requires(Permission.TAKE_ATTENDANCE)
def people() -> Response:
    """Answer with everybody who may walk in, for a phone to keep; nothing when it has them already."""
    response = jsonify(walk_ins_to_keep(db.session()))
    response.headers["Cache-Control"] = "no-store"
    response.add_etag()
    return response.make_conditional(request)


@blueprint.post("/carte")
@requires(Permission.TAKE_ATTENDANCE)
def card() -> Any:
    """Answer with the person of this centre whose card was scanned."""
    data = request.get_json(silent=True)
    person = find_card(db.session(), g.centre.id, str((data or {}).get("read", ""))[:MOST_READ])
    if person is None:
        sentence = _("Cette carte n'est pas d'une personne de ce centre, ou elle est retirée.")
        return jsonify(error=sentence), 404
    return jsonify(id=person.id, name=short_name(person))


@blueprint.get("/service-worker.js")
@requires(Permission.TAKE_ATTENDANCE)
def service_worker() -> Response:
    """Serve the worker from here, so that it rules over this page and nothing else."""
    response = current_app.send_static_file("js/today-worker.js")
    response.headers["Cache-Control"] = "no-cache"
    return response


def announced_reason(key: str) -> str:
    """Return the reason that a participant gave beforehand, ready to follow a sentence.

    Only what is one of the usual reasons: a person's own words are not for everybody who takes attendance.
    """
    known = plain_words(str(get_locale())) if key in REASONS else {}
    return f" ({known[key].lower()})" if key in known else ""


def words() -> dict[str, str]:
    """Return the sentences that the page's script shows."""
    return {
        "waiting_one": _("1 marque en attente d'envoi"),
        "waiting": _("{n} marques en attente d'envoi"),
        "offline": _("Hors ligne"),
        "signed_out": _("Vos marques sont gardées sur ce téléphone. Reconnectez-vous pour les envoyer."),
        "superseded": _("Quelqu'un d'autre a marqué cette personne après vous : sa marque est gardée."),
        "not_kept": _("Ce téléphone n'a pas pu garder cette marque. Rechargez la page et recommencez."),
        "minutes": _("{n} min"),
        "dismiss": _("J'ai compris"),
        "aim": _("Montrez la carte à la caméra."),
        "no_camera": _("La caméra n'est pas disponible."),
        "card_offline": _("Sans réseau, tapez trois lettres du nom ou touchez la liste."),
        "scanned": _("{name} est là."),
        "nobody": _("Personne ne s'appelle ainsi dans ce centre."),
    }

"""Paper: sheets, attestations, posters and cards to print."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, Literal

from flask import Response, abort, current_app, g, render_template, request
from flask_babel import gettext as _

from scheduler.errors import InvalidInputError
from scheduler.groups import cohort_choices
from scheduler.models import Cohort, Participant, StaffMember
from scheduler.paper import attendance_sheet, attestation, participant_card, week_poster
from scheduler.people import find_person
from scheduler.programme_book import programme_choices
from scheduler.records import find
from scheduler.reports import Period
from scheduler.roll_call import roll_calls
from scheduler.timegrid import monday_of
from web.acts import note
from web.assets import VENDOR
from web.clock import now, today
from web.extensions import db
from web.followup.area import blueprint
from web.permissions import Permission, requires
from web.pictograms import pictogram_file
from web.reach import current_reach
from web.week.area import read_date

#: Where pictograms lie.
STATIC = VENDOR.parent


@blueprint.get("/papier/")
@requires(Permission.PRINT_LISTS)
def paper() -> str:
    """Show what can be printed: the day's sheets, the week of every group."""
    session = db.session()
    chosen = read_date(request.args.get("jour")) or today()
    return render_template(
        "followup/paper.html",
        day=chosen,
        before=chosen - timedelta(days=1),
        after=chosen + timedelta(days=1),
        calls=[call for call in roll_calls(session, g.centre.id, chosen) if not call.cancelled],
        groups=cohort_choices(session),
        monday=monday_of(chosen),
    )


@blueprint.get("/papier/liste/<uid>.pdf")
@requires(Permission.PRINT_LISTS)
def print_sheet(uid: str) -> Response:
    """Answer with the attendance sheet of a session, blank or filled."""
    filled = "rempli" in request.args
    pdf = attendance_sheet(db.session(), g.centre, uid[:36], now(), filled=filled)
    return _pdf(pdf, _("presences-remplies") if filled else _("presences-a-signer"))


@blueprint.get("/papier/semaine/<int:cohort_id>.pdf")
@requires(Permission.PRINT_LISTS)
def print_poster(cohort_id: int) -> Response:
    """Answer with the week of a group as a poster."""
    session = db.session()
    return print_week_of(find(session, Cohort, cohort_id))


@blueprint.get("/personnes/<int:person_id>/semaine.pdf")
@requires(Permission.VIEW_OWN_PEOPLE)
def print_person_week(person_id: int) -> Response:
    """Answer with the week of one person, with pictures."""
    return print_week_of(find_person(db.session(), person_id, current_reach()))


def print_week_of(subject: Cohort | Participant | StaffMember) -> Response:
    """Answer with the week of somebody on the paper that the address asks for."""
    monday = monday_of(read_date(request.args.get("jour")) or today())
    paper: Literal["a4", "a3"] = "a3" if request.args.get("papier") == "a3" else "a4"
    pdf = week_poster(db.session(), g.centre, subject, monday, now(), _picture, paper=paper)
    return _pdf(pdf, _("semaine"))


@blueprint.get("/personnes/<int:person_id>/attestation")
@requires(Permission.VIEW_OWN_PEOPLE)
def choose_attestation(person_id: int) -> str:
    """Ask for the period of an attestation."""
    session = db.session()
    return render_template(
        "followup/attestation.html",
        person=find_person(session, person_id, current_reach()),
        programmes=programme_choices(session),
        first_day=date(today().year, 1, 1),
        last_day=today(),
    )


@blueprint.get("/personnes/<int:person_id>/attestation.pdf")
@requires(Permission.VIEW_OWN_PEOPLE)
def print_attestation(person_id: int) -> Response:
    """Answer with the attestation of a person."""
    session = db.session()
    person = find_person(session, person_id, current_reach())
    first, last = read_date(request.args.get("du")), read_date(request.args.get("au"))
    if first is None or last is None or first > last:
        raise InvalidInputError(_("Choisissez un premier jour avant le dernier."))
    programme = request.args.get("programme", "")
    pdf = attestation(
        session,
        g.centre,
        person,
        Period(first, last),
        now(),
        programme_id=int(programme) if programme in dict(programme_choices(session)) else None,
        with_visits="detail" in request.args,
    )
    return _pdf(pdf, _("attestation"))


@blueprint.post("/personnes/<int:person_id>/carte.pdf")
@requires(Permission.GIVE_LINKS)
def print_card(person_id: int) -> Response:
    """Answer with the card of a person; the address is known only just after it was made."""
    url = request.form.get("url", "")
    if not url.startswith(current_app.config["PUBLIC_URL"] + "/moi/") or len(url) > 300:
        abort(400)
    person = find_person(db.session(), person_id)
    pdf = participant_card(g.centre, person, url, now())
    note("participant.card", f"participant:{person_id}")
    db.session.commit()
    return _pdf(pdf, _("carte"))


def _picture(pictogram: str, kind: str) -> bytes:
    return (STATIC / pictogram_file(pictogram, kind)).read_bytes()


def _pdf(content: bytes, name: str) -> Any:
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response

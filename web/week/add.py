"""Adding a session by hand."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import g, render_template, request
from flask_babel import gettext as _

from scheduler.edit import copy_in_force
from scheduler.edit_acts import Act, AddSession
from scheduler.errors import InvalidInputError
from scheduler.models import Activity, Plan
from scheduler.session_sheet import able_first, activities_by_programme, places
from scheduler.timegrid import monday_of
from scheduler.week import DAYS, participants, read_week
from web.clock import now, today
from web.extensions import db
from web.permissions import Permission, requires
from web.week.acts import Refusal, perform
from web.week.area import blueprint, read_date, read_number
from web.week.typed import read_day, read_id, read_place, read_time


@blueprint.route("/ajouter", methods=["GET", "POST"])
@requires(Permission.EDIT_PLAN)
def add() -> Any:
    """Hold one more session."""
    session = db.session()
    monday = monday_of(read_date(request.args.get("jour")) or today())
    groups = activities_by_programme(session)
    wanted = read_number(request.values.get("activity"))
    activity = next((a for _name, activities in groups for a in activities if a.id == wanted), None)
    refusal: Refusal | None = None
    if request.method == "POST" and activity is not None:
        refusal = _add(activity)
        if not isinstance(refusal, Refusal):
            return refusal
    page = render_template(
        "week/add.html",
        monday=monday,
        last_day=monday + timedelta(DAYS - 1),
        groups=groups,
        activity=activity,
        places=_places(activity) if activity else [],
        staff=[(role, *able_first(session, role)) for role in activity.roles] if activity else [],
        people=participants(session) if activity and activity.individual else [],
        starts=_starts(activity) if activity else [],
        refusal=refusal,
        kept=dict(refusal.typed) if refusal else {},
    )
    return page, refusal.status if refusal else 422 if request.method == "POST" else 200


def _add(activity: Activity) -> Any:
    try:
        plan = _plan_of_day()
    except InvalidInputError as error:
        db.session.rollback()
        return Refusal(
            status=422, message=error.message, field=error.field or "", typed=tuple(request.form.items())
        )

    def make() -> Act:
        site_id, room_id = read_place(request.form.get("place", ""))
        leaders = [
            (str(role["id"]), read_id(value))
            for role in activity.roles
            for value in request.form.getlist(f"role-{role['id']}")
            if value
        ]
        person = request.form.get("person", "")
        return AddSession(
            activity_id=activity.id,
            day=read_day(request.form.get("day", "")),
            starts=read_time(request.form.get("starts", "")),
            site_id=site_id,
            room_id=room_id,
            language=request.form.get("language") or None,
            leaders=tuple(dict.fromkeys(leaders)),
            people=(read_id(person, "person"),) if person else (),
        )

    return perform(plan, make, _("La séance « %(title)s » est ajoutée.", title=activity.name))


def _plan_of_day() -> Plan:
    """Return the version to add to: the open draft of the day, what is in force, or a new draft."""
    day = read_day(request.form.get("day", ""))
    if day < today():
        raise InvalidInputError(_("Ce jour est déjà passé."), "day")
    monday = monday_of(day)
    reading = read_week(db.session(), g.centre.id, monday)
    plan = reading.draft or next(
        (p for p in [reading.in_force] if p and p.first_day <= day <= p.last_day), None
    )
    if plan is None:
        plan, _rows = copy_in_force(db.session(), g.centre, monday, monday + timedelta(DAYS - 1), now())
    return plan


def _places(activity: Activity) -> list[Any]:
    """Return the places, those of a kind the activity needs first."""
    found = places(db.session())
    return sorted(found, key=lambda place: (place.room_id is not None) is not activity.needs_room)


def _starts(activity: Activity) -> list[str]:
    return sorted({start for entry in activity.times for start in entry["starts"]})

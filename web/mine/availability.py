"""When I am there: weekly hours and absences, changed by oneself."""

from __future__ import annotations

from typing import Any

from flask import render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from scheduler import weekly
from scheduler.staff_calendars import calendar_of
from web.acts import done, note
from web.clock import now, today
from web.extensions import db
from web.fields import WeekGridField
from web.forms import form_page
from web.formwork import Form, submit
from web.mine.area import blueprint, me
from web.people.forms import AbsenceForm
from web.people.ties import absence_times
from web.permissions import Permission, requires


class HoursForm(Form):
    """The hours of a usual week."""

    hours = WeekGridField(
        _l("Disponible chaque semaine"),
        description=_l("Un jour vide : absence ce jour-là. Tout vide : toujours disponible."),
    )


@blueprint.get("/disponibilites")
@requires(Permission.VIEW_OWN_WORK)
def availability() -> str:
    """Show one's weekly hours and absences to come."""
    member, session = me(), db.session()
    return render_template(
        "mine/availability.html",
        hours=weekly.weekly_rows(session, "staff_id", member.id),
        absences=weekly.busy_periods(session, "staff_id", member.id, now()),
        member=member,
        calendar=calendar_of(session, member.id),
    )


@blueprint.route("/disponibilites/horaire", methods=["GET", "POST"])
@requires(Permission.VIEW_OWN_WORK)
def edit_hours() -> Any:
    """Change one's weekly hours."""
    member, session = me(), db.session()
    form = HoursForm(hours=weekly.standing_hours(weekly.weekly_rows(session, "staff_id", member.id)))
    back = url_for("mine.availability")

    def act() -> None:
        if weekly.replace_standing_hours(session, "staff_id", member.id, form.hours.data):
            note("staff.own_hours", f"staff:{member.id}")

    if submit(form, act):
        return done(back, _("Vos disponibilités sont à jour. Elles valent pour les prochains plans."))
    return form_page(form, title=_("Mes disponibilités"), back=back)


@blueprint.route("/disponibilites/absence", methods=["GET", "POST"])
@requires(Permission.VIEW_OWN_WORK)
def add_absence() -> Any:
    """Add an absence of one's own."""
    member = me()
    form = AbsenceForm(starts_on=today(), ends_on=today())
    back = url_for("mine.availability")

    def act() -> None:
        weekly.add_busy_period(
            db.session(), "staff_id", member.id, *absence_times(form), form.label.data or ""
        )
        note("staff.own_absence", f"staff:{member.id}")

    if submit(form, act):
        return done(back, _("Votre absence est notée."))
    return form_page(form, title=_("Noter une absence"), back=back)


@blueprint.post("/disponibilites/absence/<int:row_id>/retirer")
@requires(Permission.VIEW_OWN_WORK)
def remove_absence(row_id: int) -> Any:
    """Remove an absence of one's own."""
    member = me()
    weekly.remove_busy_period(db.session(), "staff_id", member.id, row_id)
    note("staff.own_absence_removed", f"staff:{member.id}")
    return done(url_for("mine.availability"), _("L'absence est retirée."))

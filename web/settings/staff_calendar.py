"""Somebody's own calendar, read as times at which they are not planned."""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, g, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import PasswordField, StringField
from wtforms.validators import DataRequired, InputRequired, Length

from scheduler.models import CalendarKind, StaffMember
from scheduler.records import find
from scheduler.staff_calendars import calendar_of, follow_calendar, leave_calendar
from web.acts import done, note
from web.extensions import db
from web.fields import ChoiceField
from web.forms import form_page
from web.formwork import Form, submit
from web.permissions import Permission, may, requires
from web.settings.area import blueprint


class CalendarForm(Form):
    """Where the calendar is, and how to open it."""

    kind = ChoiceField(
        _l("Sorte d'agenda"),
        coerce=CalendarKind,
        choices=[
            (CalendarKind.ICS.value, _l("Adresse d'un agenda (ICS)")),
            (CalendarKind.CALDAV.value, _l("Compte CalDAV")),
        ],
        validators=[InputRequired()],
    )
    url = StringField(
        _l("Adresse"),
        validators=[DataRequired(_l("Donnez l'adresse.")), Length(max=1000)],
        description=_l("Par exemple l'adresse privée au format iCal que donne votre agenda."),
    )
    username = StringField(_l("Nom d'utilisateur (CalDAV)"), validators=[Length(max=200)])
    password = PasswordField(
        _l("Mot de passe d'application (CalDAV)"),
        validators=[Length(max=200)],
        description=_l("Un mot de passe fait pour cela, jamais celui de votre boîte aux lettres."),
    )


def _reachable(staff_id: int) -> StaffMember:
    """Return somebody whose calendar this account may change: oneself, or all with the settings."""
    own = "membership" in g and g.membership.staff_id == staff_id
    if not own and not may(Permission.EDIT_SETTINGS):
        abort(404)
    return find(db.session(), StaffMember, staff_id)


def _back(staff_id: int) -> str:
    if may(Permission.VIEW_SETTINGS):
        return url_for("settings.show_staff", staff_id=staff_id)
    return url_for("settings.staff_calendar", staff_id=staff_id)


@blueprint.route("/equipe/<int:staff_id>/agenda", methods=["GET", "POST"])
@requires(Permission.SIGNED_IN)
def staff_calendar(staff_id: int) -> Any:
    """Follow somebody's own calendar, or another one instead."""
    session = db.session()
    member = _reachable(staff_id)
    form = CalendarForm()

    def act() -> None:
        follow_calendar(
            session,
            member,
            form.kind.data,
            form.url.data,
            current_app.config["SECRET_KEY"],
            username=form.username.data or "",
            password=form.password.data or "",
        )
        note("staff.calendar", f"staff:{staff_id}", kind=str(form.kind.data))

    if submit(form, act):
        return done(_back(staff_id), _("L'agenda sera lu dans quelques minutes."))
    row = calendar_of(session, staff_id)
    return form_page(
        form,
        title=_("Agenda de %(name)s", name=member.name),
        back=_back(staff_id),
        intro=_says(row)
        + _(
            "Seules les heures sont gardées, jamais les titres. Ce qui est marqué « disponible », « privé » "
            "ou « annulé » ne compte pas."
        ),
        delete=(
            url_for("settings.leave_staff_calendar", staff_id=staff_id),
            _("Ne plus lire cet agenda ? Ses heures redeviendront libres pour le planning."),
        )
        if row
        else None,
    )


def _says(row: Any) -> str:
    if row is None or row.error is None:
        return ""
    return _("L'agenda n'a pas pu être lu : %(why)s", why=row.error) + " "


@blueprint.post("/equipe/<int:staff_id>/agenda/retirer")
@requires(Permission.SIGNED_IN)
def leave_staff_calendar(staff_id: int) -> Response:
    """Stop following somebody's calendar."""
    _reachable(staff_id)
    row = calendar_of(db.session(), staff_id)
    if row is None:
        abort(404)
    leave_calendar(db.session(), row)
    note("staff.calendar_left", f"staff:{staff_id}")
    return done(_back(staff_id), _("L'agenda n'est plus lu."))

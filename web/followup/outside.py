"""Hours from elsewhere: the list of the French school, checked or written in one go."""

from __future__ import annotations

from typing import Any

from flask import g, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField, FileRequired
from wtforms import BooleanField, StringField
from wtforms.validators import DataRequired, Length

from scheduler.hours.outside import Written, outside_counters, read_list, write_list
from scheduler.roster_import.table import read_limited
from web.acts import note
from web.clock import today
from web.extensions import db
from web.fields import ChoiceField
from web.followup.area import blueprint
from web.formwork import Form, submit
from web.permissions import Permission, requires


class OutsideForm(Form):
    """A list and what it counts for."""

    file = FileField(
        _l("Liste de l'école"),
        validators=[FileRequired(_l("Choisissez un fichier."))],
        description=_l(
            "Un fichier .xlsx ou .csv : le nom ou le numéro de dossier, la date, les heures ou les minutes."
        ),
    )
    counter = ChoiceField(_l("Ces heures comptent pour"), coerce=str)
    source = StringField(
        _l("École ou service"),
        validators=[DataRequired(_l("Donnez le nom de l'école ou du service.")), Length(max=80)],
        description=_l("La même liste importée deux fois sous le même nom ne compte qu'une fois."),
    )
    only_check = BooleanField(_l("Vérifier seulement, sans rien enregistrer"))


@blueprint.route("/heures/importer", methods=["GET", "POST"])
@requires(Permission.IMPORT_PEOPLE)
def import_hours() -> Any:
    """Take a list of hours attended elsewhere."""
    session = db.session()
    form = OutsideForm()
    form.counter.offer(outside_counters(session, g.centre.id))
    result: list[Written] = []

    def act() -> None:
        rows = read_list(session, g.centre, read_limited(form.file.data.stream), today())
        result.append(
            write_list(
                session,
                g.centre.id,
                rows,
                form.counter.data,
                form.source.data,
                only_check=form.only_check.data,
            )
        )
        if not form.only_check.data:
            note(
                "outside_attendance.import", f"centre:{g.centre.id}", days=result[0].added + result[0].changed
            )

    if submit(form, act):
        form.answer_status = 200
    return (
        render_template(
            "followup/import.html",
            form=form,
            result=result[0] if result and form.answer_status == 200 else None,
            back=url_for("followup.hours"),
            title=_("Heures suivies ailleurs"),
        ),
        form.answer_status,
    )

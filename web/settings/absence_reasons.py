"""The reasons for absence that the roll-call offers."""

from __future__ import annotations

from typing import Any

from flask import request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import BooleanField, StringField
from wtforms.validators import DataRequired, Length

from scheduler import absence_reasons as domain
from scheduler.models import AbsenceReason
from scheduler.records import find
from web.acts import done, note
from web.extensions import db
from web.forms import form_page
from web.formwork import Form, submit
from web.labels import link
from web.listing import Column, Listing
from web.permissions import Permission, may, requires
from web.settings.area import blueprint, list_page


class ReasonForm(Form):
    """A reason for absence."""

    name = StringField(_l("Raison"), validators=[DataRequired(_l("Donnez un nom.")), Length(max=80)])
    excused = BooleanField(
        _l("Excuse l'absence"),
        description=_l("Sinon, l'absence compte comme manquée, même si la raison est connue."),
    )
    needs_certificate = BooleanField(_l("Demande un certificat"))
    active = BooleanField(
        _l("Proposée dans la liste des présences"),
        description=_l("Une raison retirée reste lisible sur les absences déjà marquées."),
    )


@blueprint.get("/absences/")
@requires(Permission.VIEW_SETTINGS)
def absence_reasons() -> Any:
    """List the reasons in the order in which they are offered."""
    can_edit = may(Permission.EDIT_SETTINGS)
    return list_page(
        Listing(
            name="raisons",
            rows=domain.list_reasons(db.session()),
            columns=[
                Column(
                    key="ordre", label=_l("Ordre"), value=lambda row: row.reason.position + 1, numeric=True
                ),
                Column(
                    key="nom",
                    label=_l("Raison"),
                    value=lambda row: row.reason.name,
                    cell=lambda row: (
                        link(
                            url_for("settings.edit_absence_reason", reason_id=row.reason.id), row.reason.name
                        )
                        if can_edit
                        else row.reason.name
                    ),
                    heading=True,
                ),
                Column(key="excuse", label=_l("Excuse"), value=lambda row: _yes(row.reason.excused)),
                Column(
                    key="certificat",
                    label=_l("Certificat"),
                    value=lambda row: _yes(row.reason.needs_certificate),
                ),
                Column(key="proposee", label=_l("Proposée"), value=lambda row: _yes(row.reason.active)),
                Column(key="absences", label=_l("Absences"), value=lambda row: row.uses, numeric=True),
            ],
            search=lambda row: row.reason.name,
            sort="ordre",
        ),
        title=_("Raisons d'absence"),
        intro=_("Ce que la liste des présences propose quand une personne est excusée."),
        add=url_for("settings.add_absence_reason") if can_edit else None,
        add_label=_("Ajouter une raison"),
    )


@blueprint.route("/absences/ajouter", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def add_absence_reason() -> Any:
    """Add a reason."""
    form = ReasonForm() if request.method == "POST" else ReasonForm(data={"excused": True, "active": True})

    def act() -> None:
        reason = domain.save_reason(db.session(), None, form.values())
        note("absence_reason.create", f"absence_reason:{reason.id}")

    if submit(form, act):
        return done(url_for("settings.absence_reasons"), _("« %(name)s » est ajouté.", name=form.name.data))
    return form_page(form, title=_("Ajouter une raison"), back=url_for("settings.absence_reasons"))


@blueprint.route("/absences/<int:reason_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def edit_absence_reason(reason_id: int) -> Any:
    """Change a reason."""
    reason = find(db.session(), AbsenceReason, reason_id)
    form = ReasonForm(obj=reason)

    def act() -> None:
        domain.save_reason(db.session(), reason, form.values())
        note("absence_reason.change", f"absence_reason:{reason_id}")

    if submit(form, act):
        return done(url_for("settings.absence_reasons"), _("« %(name)s » est à jour.", name=form.name.data))
    return form_page(
        form,
        title=_("Modifier « %(name)s »", name=reason.name),
        back=url_for("settings.absence_reasons"),
        template="settings/absence_reason.html",
        reason=reason,
    )


@blueprint.post("/absences/<int:reason_id>/<any(monter, descendre):way>")
@requires(Permission.EDIT_SETTINGS)
def move_absence_reason(reason_id: int, way: str) -> Response:
    """Move a reason one place up or down."""
    reason = find(db.session(), AbsenceReason, reason_id)
    domain.move_reason(db.session(), reason, -1 if way == "monter" else 1)
    note("absence_reason.move", f"absence_reason:{reason_id}")
    return done(url_for("settings.absence_reasons"), _("« %(name)s » a changé de place.", name=reason.name))


def _yes(value: bool) -> str:
    return _("oui") if value else _("non")

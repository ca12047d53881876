"""Pools of equipment."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import IntegerField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange, Regexp

from scheduler import places as domain
from scheduler.errors import InvalidInputError
from scheduler.models import EquipmentPool
from scheduler.records import find
from web.acts import done, note, refused
from web.extensions import db
from web.forms import form_page
from web.formwork import VersionedForm, submit
from web.labels import link
from web.listing import Column, Listing
from web.permissions import Permission, may, requires
from web.settings.area import blueprint, list_page


class EquipmentForm(VersionedForm):
    """A pool of equipment."""

    name = StringField(_l("Nom"), validators=[DataRequired(_l("Donnez un nom.")), Length(max=80)])
    key = StringField(
        _l("Mot-clé"),
        validators=[
            DataRequired(_l("Donnez un mot-clé.")),
            Length(max=40),
            Regexp(
                r"[a-z][a-z0-9_]*\Z", message=_l("Seulement des minuscules sans accent, des chiffres et _.")
            ),
        ],
        description=_l("Par lequel les programmes le désignent. Par exemple : laptops."),
    )
    units = IntegerField(
        _l("Nombre d'exemplaires"),
        validators=[InputRequired(_l("Donnez un nombre.")), NumberRange(0, 10_000, _l("Entre 0 et 10000."))],
    )


@blueprint.get("/materiel/")
@requires(Permission.VIEW_SETTINGS)
def equipment() -> Any:
    """List the equipment."""
    can_edit = may(Permission.EDIT_SETTINGS)
    return list_page(
        Listing(
            name="materiel",
            rows=domain.list_equipment(db.session()),
            columns=[
                Column(
                    key="nom",
                    label=_l("Matériel"),
                    value=lambda row: row.name,
                    cell=lambda row: (
                        link(url_for("settings.edit_equipment", pool_id=row.id), row.name)
                        if can_edit
                        else row.name
                    ),
                    heading=True,
                ),
                Column(key="nombre", label=_l("Exemplaires"), value=lambda row: row.units, numeric=True),
                Column(key="activites", label=_l("Sert à"), value=lambda row: row.activities),
                Column(key="cle", label=_l("Mot-clé"), value=lambda row: row.key),
            ],
            search=lambda row: f"{row.name} {row.key} {' '.join(row.activities)}",
            sort="nom",
        ),
        title=_("Matériel"),
        intro=_("Ce que les séances se partagent : jamais plus d'exemplaires en même temps qu'il n'y en a."),
        add=url_for("settings.add_equipment") if can_edit else None,
        add_label=_("Ajouter du matériel"),
    )


@blueprint.route("/materiel/ajouter", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def add_equipment() -> Any:
    """Add a pool."""
    form = EquipmentForm()

    def act() -> None:
        pool = domain.save_equipment(db.session(), None, form.values(), None)
        note("equipment.create", f"equipment:{pool.id}")

    if submit(form, act):
        return done(url_for("settings.equipment"), _("« %(name)s » est ajouté.", name=form.name.data))
    return form_page(form, title=_("Ajouter du matériel"), back=url_for("settings.equipment"))


def _form(pool: EquipmentPool, **options: Any) -> EquipmentForm:
    form = EquipmentForm(obj=pool, **options)
    del form.key
    return form


@blueprint.route("/materiel/<int:pool_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def edit_equipment(pool_id: int) -> Any:
    """Change a pool."""
    session = db.session()
    pool = find(session, EquipmentPool, pool_id)
    form = _form(pool)

    def act() -> None:
        domain.save_equipment(session, pool, form.values(), form.version.data)
        note("equipment.change", f"equipment:{pool_id}")

    if submit(form, act, stored=lambda: _form(find(session, EquipmentPool, pool_id), formdata=None)):
        return done(url_for("settings.equipment"), _("« %(name)s » est à jour.", name=form.name.data))
    return form_page(
        form,
        title=_("Modifier « %(name)s »", name=pool.name),
        back=url_for("settings.equipment"),
        delete=(
            url_for("settings.delete_equipment", pool_id=pool_id),
            _("Supprimer « %(name)s » du matériel du centre ?", name=pool.name),
        ),
    )


@blueprint.post("/materiel/<int:pool_id>/supprimer")
@requires(Permission.EDIT_SETTINGS)
def delete_equipment(pool_id: int) -> Response:
    """Delete a pool that no activity uses."""
    pool = find(db.session(), EquipmentPool, pool_id)
    name = pool.name
    try:
        domain.delete_equipment(db.session(), pool)
    except InvalidInputError as error:
        return refused(url_for("settings.edit_equipment", pool_id=pool_id), error)
    note("equipment.delete", f"equipment:{pool_id}")
    return done(url_for("settings.equipment"), _("« %(name)s » est supprimé.", name=name))

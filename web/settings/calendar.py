"""Closures, public holidays and school holidays."""

from __future__ import annotations

from typing import Any

from flask import g, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response
from wtforms import DateField, IntegerField, StringField
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from scheduler import holidays_calendar
from scheduler.closures import ClosureRow, create_closure, list_closures
from scheduler.models import Closure
from scheduler.models.calendar import ClosureKind
from scheduler.places import site_choices
from scheduler.records import find
from web.acts import done, note
from web.clock import today
from web.extensions import db
from web.fields import ChoiceField
from web.forms import form_page
from web.formwork import Form, submit
from web.labels import link
from web.listing import Column, Filter, Listing
from web.permissions import Permission, may, requires
from web.settings.area import blueprint, list_page

KINDS = {
    ClosureKind.PUBLIC_HOLIDAY: _l("Jour férié"),
    ClosureKind.SCHOOL_HOLIDAY: _l("Vacances scolaires"),
    ClosureKind.CLOSURE: _l("Fermeture du centre"),
}
COMMUNITIES = {
    "fr": _l("Communauté française"),
    "nl": _l("Communauté flamande"),
    "de": _l("Communauté germanophone"),
}


class ClosureForm(Form):
    """Days on which there is nothing."""

    kind = ChoiceField(
        _l("Sorte"),
        coerce=ClosureKind,
        choices=[(kind.value, label) for kind, label in KINDS.items()],
        description=_l("Les vacances scolaires n'arrêtent que les cours de langue."),
        validators=[InputRequired()],
    )
    name = StringField(_l("Nom"), validators=[DataRequired(_l("Donnez un nom.")), Length(max=120)])
    starts_on = DateField(_l("Premier jour"), validators=[InputRequired(_l("Donnez le premier jour."))])
    ends_on = DateField(_l("Dernier jour"), validators=[InputRequired(_l("Donnez le dernier jour."))])
    site_id = ChoiceField(_l("Où"))
    community = ChoiceField(
        _l("Écoles de"),
        coerce=str,
        choices=[("", _l("Toutes")), *COMMUNITIES.items()],
        description=_l("Pour les vacances scolaires seulement."),
    )


class ImportForm(Form):
    """Years to bring up to date from the library."""

    first_year = IntegerField(_l("De l'année"), validators=[InputRequired(), NumberRange(2020, 2040)])
    last_year = IntegerField(_l("À l'année"), validators=[InputRequired(), NumberRange(2020, 2040)])


@blueprint.get("/fermetures/")
@requires(Permission.VIEW_SETTINGS)
def closures() -> Any:
    """List closures and holidays."""
    can_edit = may(Permission.EDIT_SETTINGS)
    day = today()
    rows = list_closures(db.session())
    return list_page(
        Listing(
            name="fermetures",
            rows=rows,
            columns=[
                Column(
                    key="nom",
                    label=_l("Nom"),
                    value=lambda row: row.name,
                    cell=lambda row: (
                        link(url_for("settings.edit_closure", closure_id=row.id), row.name)
                        if can_edit
                        else row.name
                    ),
                    heading=True,
                ),
                Column(key="sorte", label=_l("Sorte"), value=lambda row: str(KINDS[row.kind])),
                Column(key="debut", label=_l("Premier jour"), value=lambda row: row.starts_on),
                Column(key="fin", label=_l("Dernier jour"), value=lambda row: row.ends_on),
                Column(key="jours", label=_l("Jours"), value=lambda row: row.days, numeric=True),
                Column(key="pour", label=_l("Pour"), value=_for_whom),
                Column(key="origine", label=_l("Origine"), value=_origin),
            ],
            filters=[
                Filter(
                    key="sorte",
                    label=_l("Sorte"),
                    choices=[("", _l("Toutes")), *((kind.value, label) for kind, label in KINDS.items())],
                    test=lambda row, value: row.kind == value,
                ),
                Filter(
                    key="quand",
                    label=_l("Période"),
                    choices=[("venir", _l("À venir")), ("passe", _l("Passé")), ("", _l("Tout"))],
                    default="venir",
                    test=lambda row, value: (row.ends_on >= day) == (value == "venir"),
                ),
                Filter(
                    key="retire",
                    label=_l("Liste"),
                    choices=[("non", _l("En vigueur")), ("oui", _l("Retirés à la main"))],
                    default="non",
                    test=lambda row, value: row.dropped == (value == "oui"),
                ),
            ],
            search=lambda row: f"{row.name} {row.site or ''}",
            sort="debut",
            empty=_("Rien encore : reprenez d'abord les jours fériés et les vacances."),
        ),
        title=_("Fermetures et congés"),
        add=url_for("settings.add_closure") if can_edit else None,
        add_label=_("Ajouter une fermeture"),
        more=[(url_for("settings.import_closures"), _("Reprendre fériés et vacances"), "cloud-download")]
        if can_edit
        else [],
    )


def _for_whom(row: ClosureRow) -> str:
    if row.kind is ClosureKind.SCHOOL_HOLIDAY:
        return str(COMMUNITIES.get(row.community or "", _("toutes les écoles")))
    return row.site or _("tout le centre")


def _origin(row: ClosureRow) -> str:
    if row.imported:
        return _("calendrier officiel")
    return _("corrigé à la main") if row.by_hand else _("ajouté à la main")


def _form(row: Closure | None) -> ClosureForm:
    form = ClosureForm(obj=row)
    form.site_id.offer(
        [
            ("", _("Tout le centre")),
            *((str(i), name) for i, name in site_choices(db.session())),
        ]
    )
    if row is not None:
        del form.kind
    return form


@blueprint.route("/fermetures/ajouter", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def add_closure() -> Any:
    """Add a closure."""
    form = _form(None)

    def act() -> None:
        row = create_closure(db.session(), **(form.values() | {"community": form.community.data or None}))
        note("closure.create", f"closure:{row.id}")

    if submit(form, act):
        return done(url_for("settings.closures"), _("« %(name)s » est noté.", name=form.name.data))
    return form_page(form, title=_("Ajouter une fermeture"), back=url_for("settings.closures"))


@blueprint.route("/fermetures/<int:closure_id>", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def edit_closure(closure_id: int) -> Any:
    """Correct a closure or a holiday."""
    session = db.session()
    row = find(session, Closure, closure_id)
    form = _form(row)

    def act() -> None:
        values = form.values() | {"community": form.community.data or None}
        holidays_calendar.correct_closure(row, **values)
        note("closure.change", f"closure:{closure_id}")

    if submit(form, act):
        return done(url_for("settings.closures"), _("« %(name)s » est corrigé.", name=form.name.data))
    options: dict[str, Any] = {}
    if not row.dropped:
        options["delete"] = (
            url_for("settings.drop_closure", closure_id=closure_id),
            _("Retirer « %(name)s » ? Le planning pourra utiliser ces jours.", name=row.name),
        )
    return form_page(
        form,
        title=_("Corriger « %(name)s »", name=row.name),
        back=url_for("settings.closures"),
        intro=_("Retiré à la main : enregistrez pour le remettre.") if row.dropped else "",
        **options,
    )


@blueprint.post("/fermetures/<int:closure_id>/retirer")
@requires(Permission.EDIT_SETTINGS)
def drop_closure(closure_id: int) -> Response:
    """Remove a closure; a holiday of the library is remembered as removed."""
    row = find(db.session(), Closure, closure_id)
    name = row.name
    holidays_calendar.drop_closure(db.session(), row)
    note("closure.drop", f"closure:{closure_id}")
    return done(url_for("settings.closures"), _("« %(name)s » est retiré.", name=name))


@blueprint.route("/fermetures/reprendre", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def import_closures() -> Any:
    """Bring public and school holidays up to date from the library."""
    year = today().year
    form = ImportForm(first_year=year, last_year=year + 1)
    results: list[holidays_calendar.ImportResult] = []

    def act() -> None:
        years = range(form.first_year.data, form.last_year.data + 1)
        results.append(holidays_calendar.import_holidays(db.session(), g.centre, years))
        note("closure.import", "centre", years=[form.first_year.data, form.last_year.data])

    if submit(form, act):
        found = results[0]
        return done(
            url_for("settings.closures"),
            _(
                "%(added)s congés ajoutés, %(updated)s mis à jour, "
                "%(kept)s laissés comme vous les aviez corrigés.",
                added=found.added,
                updated=found.updated,
                kept=found.kept,
            ),
        )
    return form_page(
        form,
        title=_("Reprendre les jours fériés et les vacances"),
        back=url_for("settings.closures"),
        intro=_(
            "Les jours fériés belges et les vacances scolaires des trois Communautés, d'après le "
            "calendrier officiel. Ce que vous avez corrigé ou retiré à la main reste comme vous "
            "l'avez laissé."
        ),
        submit_label=_("Importer"),
    )

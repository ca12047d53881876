"""Programmes: list, page, starting from a file, exporting, putting out of use."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import Response as FileResponse
from flask import g, render_template, request, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf.file import FileField
from werkzeug.wrappers import Response

from scheduler import programme_edit as domain
from scheduler.errors import InvalidInputError, NotFoundError
from scheduler.models import Programme
from scheduler.programme_book import find_programme, list_programmes
from scheduler.programmes import (
    AvailableProgramme,
    ProgrammeSpec,
    available_programmes,
    export_programme,
    install_programme,
    load_programme_file,
    load_programme_text,
)
from scheduler.programmes.rule_kinds import RULE_KINDS
from scheduler.programmes.spec import Text
from web.acts import done, note
from web.clock import now
from web.extensions import db
from web.forms import form_page
from web.formwork import Form, submit
from web.labels import link
from web.listing import Column, Filter, Listing
from web.permissions import Permission, may, requires
from web.settings.area import blueprint, list_page, read_yes_no
from web.settings.programme_forms import ProgrammeForm
from web.settings.sentences import activity_sentences, demand_sentence, order_sentence

MAX_FILE_BYTES = 200_000


@cache
def files() -> dict[str, AvailableProgramme]:
    """Return the programmes that come with the product, read once."""
    return {each.key: each for each in available_programmes()}


def in_words(text: Text) -> str:
    """Return a text of a programme file in the reader's language, in French where it has none."""
    return text.translations.get(str(get_locale()), text.fr)


@blueprint.get("/programmes/")
@requires(Permission.VIEW_SETTINGS)
def programmes() -> Any:
    """List the programmes."""
    return list_page(
        Listing(
            name="programmes",
            rows=list_programmes(db.session()),
            columns=[
                Column(
                    key="nom",
                    label=_l("Programme"),
                    value=lambda row: row.name,
                    cell=lambda row: link(url_for("settings.programme", programme_id=row.id), row.name),
                    heading=True,
                ),
                Column(key="resume", label=_l("Résumé"), value=lambda row: row.summary),
                Column(key="phases", label=_l("Phases"), value=lambda row: row.phases, numeric=True),
                Column(
                    key="activites", label=_l("Activités"), value=lambda row: row.activities, numeric=True
                ),
                Column(key="besoins", label=_l("Besoins"), value=lambda row: row.demands, numeric=True),
                Column(
                    key="personnes",
                    label=_l("Personnes"),
                    value=lambda row: row.people,
                    cell=lambda row: (
                        link(url_for("people.index", programme=row.id), row.people)
                        if row.people and may(Permission.VIEW_PEOPLE)
                        else row.people
                    ),
                    numeric=True,
                ),
            ],
            filters=[
                Filter(
                    key="actif",
                    label=_l("Usage"),
                    choices=[("oui", _l("En service")), ("non", _l("Hors service")), ("", _l("Tous"))],
                    default="oui",
                    test=lambda row, value: row.active == (value == "oui"),
                ),
            ],
            search=lambda row: f"{row.name} {row.summary}",
            sort="nom",
            empty=_("Aucun programme : partez d'un de ceux qui sont fournis."),
        ),
        title=_("Programmes"),
        add=url_for("settings.programme_files") if may(Permission.EDIT_SETTINGS) else None,
        add_label=_("Ajouter un programme"),
    )


@blueprint.get("/programmes/<int:programme_id>")
@requires(Permission.VIEW_SETTINGS)
def programme(programme_id: int) -> Any:
    """Show a programme in plain sentences."""
    row = find_programme(db.session(), programme_id)
    activities = {each.key: each.name for each in row.activities}
    phases = {each.key: each.name for each in row.phases}
    return render_template(
        "settings/programme.html",
        programme=row,
        people=domain.count_people(db.session(), row),
        notices=domain.notices(row),
        activity_names=activities,
        sentences={each.id: activity_sentences(each) for each in row.activities},
        demands={each.id: demand_sentence(each, activities, phases) for each in row.demand_rules},
        orders={
            each.id: order_sentence(
                each.kind,
                activities.get(each.first_key, each.first_key),
                activities.get(each.second_key, each.second_key),
            )
            for each in row.orders
        },
        rule_kinds=RULE_KINDS,
    )


class UploadForm(Form):
    """A programme file of one's own."""

    file = FileField(
        _l("Fichier YAML"), description=_l("Par exemple un programme exporté d'un autre centre.")
    )


@blueprint.route("/programmes/fichiers", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def programme_files() -> Any:
    """Offer the programmes that come with the product, or take a file."""
    form = UploadForm()
    made: list[Programme] = []

    def act() -> None:
        made.append(_install(_read_upload(form), overwrite=False))

    if submit(form, act):
        return done(
            url_for("settings.programme", programme_id=made[0].id),
            _("Le programme « %(name)s » est installé.", name=made[0].name),
        )
    present = {row.key: row for row in list_programmes(db.session())}
    page = render_template(
        "settings/programme_files.html", form=form, files=files().values(), present=present, in_words=in_words
    )
    return page, form.answer_status


def _read_upload(form: UploadForm) -> ProgrammeSpec:
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise InvalidInputError(_("Choisissez un fichier."), "file")
    with upload.stream as stream:
        content = stream.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise InvalidInputError(_("Ce fichier est trop grand pour un programme."), "file")
    try:
        return load_programme_text(content.decode("utf-8-sig"), upload.filename)
    except UnicodeDecodeError:
        raise InvalidInputError(_("Ce fichier n'est pas un texte en UTF-8."), "file") from None


def _install(spec: ProgrammeSpec, *, overwrite: bool) -> Programme:
    made = install_programme(db.session(), g.centre, spec, now(), overwrite=overwrite)
    made.active = True
    note("programme.install", f"programme:{made.id}", key=spec.key, overwrite=overwrite)
    return made


class InstallForm(Form):
    """Installing a file that comes with the product: there is nothing to fill in."""


@blueprint.route("/programmes/fichiers/<key>", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def install_file(key: str) -> Any:
    """Install a programme that comes with the product; replacing one's own changes is asked first."""
    file = files().get(key)
    if file is None:
        raise NotFoundError(key)
    form = InstallForm()
    made: list[Programme] = []
    overwrite = request.form.get("overwrite") == "1"
    if submit(form, lambda: made.append(_install(load_programme_file(file.path), overwrite=overwrite))):
        return done(
            url_for("settings.programme", programme_id=made[0].id),
            _("Le programme « %(name)s » est prêt. Vous pouvez l'adapter.", name=made[0].name),
        )
    page = render_template("settings/programme_install.html", form=form, file=file, in_words=in_words)
    return page, form.answer_status


def _form(row: Programme, **options: Any) -> ProgrammeForm:
    return ProgrammeForm(obj=row, **options)


@blueprint.route("/programmes/<int:programme_id>/modifier", methods=["GET", "POST"])
@requires(Permission.EDIT_SETTINGS)
def edit_programme(programme_id: int) -> Any:
    """Change name and summary."""
    session = db.session()
    row = find_programme(session, programme_id)
    form = _form(row)
    back = url_for("settings.programme", programme_id=programme_id)

    def act() -> None:
        domain.change_programme(session, row, form.values(), form.version.data)
        note("programme.change", f"programme:{programme_id}")

    if submit(form, act, stored=lambda: _form(find_programme(session, programme_id), formdata=None)):
        return done(back, _("Le programme est à jour."))
    return form_page(form, title=_("Modifier « %(name)s »", name=row.name), back=back)


@blueprint.post("/programmes/<int:programme_id>/service/<wanted>")
@requires(Permission.EDIT_SETTINGS)
def set_programme_active(programme_id: int, wanted: str) -> Response:
    """Put a programme out of use, or back into it."""
    row = find_programme(db.session(), programme_id)
    active = read_yes_no(wanted)
    domain.set_active(db.session(), row, active=active)
    note("programme.activate" if active else "programme.deactivate", f"programme:{programme_id}")
    message = (
        _("« %(name)s » est de nouveau planifié.", name=row.name)
        if active
        else _("« %(name)s » n'est plus planifié.", name=row.name)
    )
    return done(url_for("settings.programme", programme_id=programme_id), message)


@blueprint.get("/programmes/<int:programme_id>/export")
@requires(Permission.VIEW_SETTINGS)
def export(programme_id: int) -> FileResponse:
    """Give the programme as a file that another centre can start from."""
    row = find_programme(db.session(), programme_id)
    response = FileResponse(export_programme(row), content_type="application/yaml; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="{row.key}.yaml"'
    response.headers["Cache-Control"] = "no-store"
    return response

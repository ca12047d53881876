"""The start: what is to be brought in, and the file or address it comes from."""

from __future__ import annotations

from typing import Any

from flask import current_app, g, redirect, render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from flask_wtf.file import FileField
from wtforms import StringField
from wtforms.validators import Length

from scheduler.course_book import course_choices
from scheduler.courses import sources as school_sources
from scheduler.courses.from_calendar import MAX_CALENDAR_BYTES
from scheduler.db import begin_writing
from scheduler.errors import InvalidInputError
from scheduler.fetch import FetchLimits, check_address, fetch
from scheduler.message import N_
from scheduler.models import ImportBatch
from scheduler.roster_import import batch as domain
from scheduler.roster_import.table import MAX_BYTES, read_limited
from web.clock import now, today
from web.extensions import db
from web.fields import ChoiceField
from web.formwork import Form, submit
from web.imports.area import KINDS, blueprint, page_of
from web.permissions import Permission, requires


class UploadForm(Form):
    """A file, and for course times what it does not say itself."""

    file = FileField(_l("Fichier"))
    url = StringField(
        _l("Adresse ICS"),
        validators=[Length(max=500)],
        description=_l("Elle commence par https:// ou webcal:// ; demandez-la à l'école."),
    )
    school = StringField(_l("École"), validators=[Length(max=120)])
    course_id = ChoiceField(_l("Cours"))


#: Fields that each kind of import asks for.
_ASKED = {
    domain.ROSTER: ("file",),
    domain.TIMETABLE: ("file", "school"),
    domain.CALENDAR: ("school", "file", "url"),
    domain.ENROLMENTS: ("file", "course_id"),
}


@blueprint.get("/")
@requires(Permission.IMPORT_PEOPLE)
def index() -> Any:
    """Show what can be brought in, what is under way and which calendars are followed."""
    session = db.session()
    return render_template(
        "imports/index.html",
        kinds=KINDS,
        open_batches=domain.list_batches(session, g.centre, decided=False),
        decided_batches=domain.list_batches(session, g.centre, decided=True),
        sources=school_sources.list_sources(session, g.centre),
    )


@blueprint.route("/<any(roster, timetable, calendar, enrolments):kind>", methods=["GET", "POST"])
@requires(Permission.IMPORT_PEOPLE)
def upload(kind: str) -> Any:
    """Take a file or an address and keep it until it is decided on."""
    form = _form(kind)
    made: list[ImportBatch] = []

    def act() -> None:
        made.append(_open(kind, form))

    if submit(form, act):
        return redirect(page_of(made[0]), 303)
    title, symbol, hint = KINDS[kind]
    page = render_template(
        "imports/upload.html",
        form=form,
        kind=kind,
        title=title,
        symbol=symbol,
        hint=hint,
        max_mib=MAX_BYTES >> 20,
    )
    return page, form.answer_status


def _form(kind: str) -> UploadForm:
    form = UploadForm()
    for name in ("file", "url", "school", "course_id"):
        if name not in _ASKED[kind]:
            delattr(form, name)
    if form.course_id is not None:
        choices = course_choices(db.session(), today())
        form.course_id.choices = [("", _("Celui que dit chaque ligne")), *choices]
        form.course_id.description = _("Choisissez-en un si toute la liste est celle d'un seul cours.")
    if form.school is not None and kind == domain.TIMETABLE:
        form.school.description = _("Seulement si le fichier ne la donne pas.")
    return form


def _open(kind: str, form: UploadForm) -> ImportBatch:
    choices: dict[str, Any] = {}
    if form.school is not None:
        choices["school"] = " ".join((form.school.data or "").split())
    if form.course_id is not None and form.course_id.data:
        choices["course_id"] = form.course_id.data
    file = form.file.data
    url = (form.url.data or "").strip() if form.url is not None else ""
    if kind == domain.CALENDAR and not choices["school"]:
        raise InvalidInputError(N_("Indiquez de quelle école vient cet agenda."), "school")
    if file:
        limit = MAX_CALENDAR_BYTES if kind == domain.CALENDAR else MAX_BYTES
        try:
            content = read_limited(file.stream, limit)
        except InvalidInputError as error:
            raise InvalidInputError(error.text, "file") from None
        name = file.filename or ""
    elif url:
        content, name = _fetched(url, choices)
    else:
        raise InvalidInputError(N_("Choisissez un fichier."), "file")
    try:
        return domain.open_batch(db.session(), g.centre, kind, name, content, now(), current_user.id, choices)
    except InvalidInputError as error:
        raise InvalidInputError(error.text, error.field or ("file" if file else "url")) from None


def _fetched(url: str, choices: dict[str, Any]) -> tuple[bytes, str]:
    """Fetch a school's calendar; nobody's work waits for the school's server meanwhile."""
    session = db.session()
    session.rollback()
    try:
        answer = fetch(url, limits())
    except InvalidInputError as error:
        raise InvalidInputError(error.text, "url") from None
    finally:
        begin_writing(session)
    choices.update(url=url, etag=answer.etag, last_modified=answer.last_modified)
    return answer.content or b"", check_address(url).host


def limits() -> FetchLimits:
    """Return how far fetches of this installation may go."""
    return FetchLimits(
        max_bytes=MAX_CALENDAR_BYTES, allow_private_networks=current_app.config["ALLOW_PRIVATE_NETWORKS"]
    )


@blueprint.get("/<int:batch_id>")
@requires(Permission.IMPORT_PEOPLE)
def resume(batch_id: int) -> Any:
    """Go to where an import stands."""
    return redirect(page_of(domain.get_batch(db.session(), g.centre, batch_id)))

"""Certificates of absence of a participant: photographed, opened by few, never deciding by themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import abort, current_app, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext
from flask_login import current_user
from flask_wtf.file import FileField, FileRequired
from werkzeug.wrappers import Response
from wtforms import DateField
from wtforms.validators import InputRequired

from scheduler import certificates as domain
from scheduler.attendance import Outcome
from scheduler.people import find_person
from scheduler.pictures import MOST_BYTES
from scheduler.settings import certificate_months
from web.acts import done, note
from web.clock import now, today
from web.extensions import db
from web.formwork import Form, submit
from web.people.area import blueprint
from web.permissions import Permission, may, requires


class CertificateForm(Form):
    """A photograph and the days it covers."""

    picture = FileField(
        _l("Photo du certificat"),
        validators=[FileRequired(_l("Prenez ou choisissez une photo."))],
        description=_l("JPEG, PNG ou WebP, 10 Mo au plus. Pas de PDF : photographiez la page."),
        render_kw={"accept": "image/jpeg,image/png,image/webp", "capture": "environment"},
    )
    first_day = DateField(_l("Premier jour"), validators=[InputRequired(_l("Donnez un jour."))])
    last_day = DateField(_l("Dernier jour"), validators=[InputRequired(_l("Donnez un jour."))])


def _folder() -> Path:
    return Path(current_app.config["CERTIFICATE_FOLDER"])


@blueprint.route("/<int:person_id>/certificats/", methods=["GET", "POST"])
@requires(Permission.ADD_CERTIFICATES)
def certificates(person_id: int) -> Any:
    """List a person's certificates with what each could excuse, and take another."""
    session = db.session()
    person = find_person(session, person_id)
    form = CertificateForm(data={"first_day": today(), "last_day": today()})
    back = url_for("people.certificates", person_id=person_id)

    def act() -> None:
        days = (form.first_day.data, form.last_day.data)
        picture = form.picture.data.read(MOST_BYTES + 1)
        row = domain.add_certificate(
            session, _folder(), person, days, picture, now(), user_id=current_user.id
        )
        note("certificate.add", f"certificate:{row.id}", participant=person_id)

    if submit(form, act):
        return done(back, _("Le certificat de %(name)s est gardé.", name=person.name))
    rows = [
        (row, domain.covered_absences(session, row)) for row in domain.list_certificates(session, person_id)
    ]
    page = render_template(
        "people/certificates.html",
        person=person,
        form=form,
        certificates=rows,
        reasons=domain.excusing_reasons(session),
        months=certificate_months(g.centre),
        may_open=may(Permission.VIEW_CERTIFICATES),
    )
    return page, form.answer_status


@blueprint.get("/<int:person_id>/certificats/<int:certificate_id>/photo")
@requires(Permission.VIEW_CERTIFICATES)
def certificate_picture(person_id: int, certificate_id: int) -> Response:
    """Show the picture, and write down who looked; no browser and no proxy may keep it."""
    row = domain.find_certificate(db.session(), person_id, certificate_id)
    picture = domain.certificate_file(_folder(), row).read_bytes()
    media_type = row.media_type
    note("certificate.open", f"certificate:{certificate_id}", participant=person_id)
    db.session.commit()
    return Response(picture, mimetype=media_type, headers={"Cache-Control": "private, no-store"})


@blueprint.post("/<int:person_id>/certificats/<int:certificate_id>/excuser")
@requires(Permission.TAKE_ATTENDANCE)
def excuse_absences(person_id: int, certificate_id: int) -> Any:
    """Excuse the absences that were chosen among those a certificate covers."""
    row = domain.find_certificate(db.session(), person_id, certificate_id)
    reason_id = request.form.get("reason_id", None, int)
    if reason_id not in {reason.id for reason in domain.excusing_reasons(db.session())}:
        abort(400)
    chosen = [int(value) for value in request.form.getlist("record_id") if value.isdecimal()]
    results = domain.excuse_covered(db.session(), row, chosen, reason_id, now(), user_id=current_user.id)
    excused = sum(result.outcome is Outcome.APPLIED for result in results)
    note("certificate.excuse", f"certificate:{certificate_id}", excused=excused)
    return done(
        url_for("people.certificates", person_id=person_id),
        ngettext("%(num)s absence est excusée.", "%(num)s absences sont excusées.", excused),
    )


@blueprint.post("/<int:person_id>/certificats/<int:certificate_id>/supprimer")
@requires(Permission.VIEW_CERTIFICATES)
def delete_certificate(person_id: int, certificate_id: int) -> Response:
    """Delete a certificate and its picture."""
    row = domain.find_certificate(db.session(), person_id, certificate_id)
    domain.delete_certificate(db.session(), _folder(), row)
    note("certificate.delete", f"certificate:{certificate_id}")
    return done(url_for("people.certificates", person_id=person_id), _("Le certificat est supprimé."))

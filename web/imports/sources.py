"""Calendars of schools that are read again by themselves, and on request."""

from __future__ import annotations

from typing import Any

from flask import g, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from scheduler.courses import sources as domain
from scheduler.db import begin_writing
from scheduler.errors import InvalidInputError
from web.acts import done, note, refused
from web.clock import now
from web.extensions import db
from web.imports.area import blueprint
from web.imports.upload import limits
from web.permissions import Permission, requires


@blueprint.post("/agendas/<int:source_id>/relire")
@requires(Permission.IMPORT_PEOPLE)
def refresh(source_id: int) -> Any:
    """Fetch a school's calendar now."""
    session = db.session()
    source = domain.find_source(session, g.centre, source_id)
    address = domain.address_of(source)
    session.rollback()
    answers = domain.fetch_sources([address], limits())
    begin_writing(session)
    [result] = domain.store_answers(session, answers, now())
    note("course_source.refresh", f"course_source:{source_id}")
    back = url_for("imports.index")
    if result.error is not None:
        session.commit()
        return refused(back, InvalidInputError(result.error))
    return done(
        back,
        _(
            "L'agenda est relu : %(created)s nouveaux cours, %(changed)s cours modifiés.",
            created=result.created,
            changed=result.changed,
        ),
    )


@blueprint.post("/agendas/<int:source_id>/retirer")
@requires(Permission.IMPORT_PEOPLE)
def forget(source_id: int) -> Response:
    """Stop following a school's calendar; its courses stay."""
    source = domain.find_source(db.session(), g.centre, source_id)
    school = source.school
    domain.remove_source(db.session(), source)
    note("course_source.delete", f"course_source:{source_id}")
    return done(
        url_for("imports.index"),
        _("L'agenda de « %(school)s » n'est plus suivi ; ses cours restent.", school=school),
    )

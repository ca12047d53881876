"""Which column holds what."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for

from scheduler.errors import InvalidInputError
from scheduler.roster_import import batch as domain
from web.extensions import db
from web.imports.area import blueprint, find_batch, page_of
from web.labels import say
from web.permissions import Permission, requires

SAMPLE_ROWS = 3


@blueprint.route("/<int:batch_id>/colonnes", methods=["GET", "POST"])
@requires(Permission.IMPORT_PEOPLE)
def match_columns(batch_id: int) -> Any:
    """Match the columns of a file to what is known of people or courses, and remember it."""
    session = db.session()
    batch = find_batch(batch_id)
    if batch.content is None or batch.kind == domain.CALENDAR:
        return redirect(page_of(batch))
    status, columns = 200, dict(batch.columns)
    if request.method == "POST":
        columns = {
            name.removeprefix("column-"): value
            for name, value in request.form.items()
            if name.startswith("column-")
        }
        try:
            domain.match_columns(session, g.centre, batch, columns)
            session.commit()
            return redirect(url_for("imports.show_trial", batch_id=batch_id), 303)
        except InvalidInputError as error:
            session.rollback()
            flash(say(error.text), "danger")
            status, batch = 422, find_batch(batch_id)
    table = domain.batch_table(batch)
    samples = [
        [row.cells[index] for row in table.rows if row.cells[index]][:SAMPLE_ROWS]
        for index in range(len(table.headers))
    ]
    page = render_template(
        "imports/columns.html",
        batch=batch,
        table=table,
        samples=samples,
        columns=columns,
        fields=domain.FIELDS[batch.kind],
    )
    return page, status

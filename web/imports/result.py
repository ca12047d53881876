"""What came of an import, and the rows that were left out."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template
from flask_babel import gettext as _

from scheduler.message import Message
from scheduler.roster_import import batch as domain
from web import spreadsheet
from web.imports.area import OUTCOMES, blueprint, find_batch, page_of
from web.labels import say
from web.permissions import Permission, requires


@blueprint.get("/<int:batch_id>/resultat")
@requires(Permission.IMPORT_PEOPLE)
def show_result(batch_id: int) -> Any:
    """Show how many rows were written, and each that was not with its reason."""
    batch = find_batch(batch_id)
    if batch.content is not None:
        return redirect(page_of(batch))
    counts = batch.summary["counts"]
    return render_template(
        "imports/result.html",
        batch=batch,
        counts=counts,
        total=batch.summary["total"],
        written=domain.written(counts),
        not_written=domain.not_written(counts),
        left_out=[(row["number"], row["title"], _reasons(row)) for row in batch.summary["left_out"]],
        OUTCOMES=OUTCOMES,
    )


@blueprint.get("/<int:batch_id>/lignes-laissees")
@requires(Permission.IMPORT_PEOPLE)
def left_out(batch_id: int) -> Any:
    """Give the rows that were not written as a file with their reasons, ready to be corrected."""
    batch = find_batch(batch_id)
    if batch.content is not None:
        return redirect(page_of(batch))
    headers = [*batch.summary["headers"], _("Ligne d'origine"), _("Raison")]
    rows = [
        [*row["cells"], str(row["number"]), " ; ".join(_reasons(row))] for row in batch.summary["left_out"]
    ]
    return spreadsheet.as_csv("lignes-laissees", headers, rows)


def _reasons(row: dict[str, Any]) -> list[str]:
    return [say(Message.from_json(reason)) for reason in row["reasons"]]

"""The blueprint of imports and what its pages share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, g, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from scheduler.models import ImportBatch
from scheduler.roster_import import batch as domain
from scheduler.roster_import.preview import Outcome
from web.centre import PREFIX
from web.extensions import db

blueprint = Blueprint("imports", __name__, url_prefix=f"{PREFIX}/importer")

#: Title, icon and explanation of each kind of import.
KINDS: Mapping[str, tuple[Any, str, Any]] = {
    domain.ROSTER: (
        _l("Des personnes"),
        "people",
        _l("Une liste Excel ou CSV : noms, dates de naissance, téléphones, niveaux, programmes…"),
    ),
    domain.TIMETABLE: (
        _l("Des horaires de cours"),
        "table",
        _l("Un tableau Excel ou CSV : école, classe, jours et heures, dates, congés."),
    ),
    domain.CALENDAR: (
        _l("L'agenda d'une école"),
        "calendar-week",
        _l("Un fichier ICS, ou une adresse ICS que Semainier relit ensuite chaque jour."),
    ),
    domain.ENROLMENTS: (
        _l("Des inscriptions aux cours"),
        "person-check",
        _l("Une liste Excel ou CSV : qui suit quel cours, et depuis quand."),
    ),
}

#: Word and icon for what happens to a row.
OUTCOMES: Mapping[str, tuple[Any, str]] = {
    Outcome.CREATE: (_l("À créer"), "plus-circle"),
    Outcome.CHANGE: (_l("À modifier"), "pencil"),
    Outcome.IGNORE: (_l("Sans changement"), "check-circle"),
    Outcome.REFUSE: (_l("Refusée"), "x-octagon"),
    Outcome.DECIDE: (_l("À décider"), "question-circle"),
}


def outcome_words(outcome: str, count: int) -> str:
    """Return the word for a number of rows that have an outcome."""
    return {
        "create": _("à créer"),
        "change": _("à modifier"),
        "ignore": _("sans changement"),
        "refuse": ngettext("refusée", "refusées", count),
        "decide": _("à décider"),
    }[outcome]


def find_batch(batch_id: int) -> ImportBatch:
    """Return a batch of the current centre, or answer 404."""
    return domain.get_batch(db.session(), g.centre, batch_id)


def page_of(batch: ImportBatch) -> str:
    """Return the address where a batch goes on: its result, its dry run or its columns."""
    if batch.content is None:
        return url_for("imports.show_result", batch_id=batch.id)
    if batch.kind == domain.CALENDAR:
        return url_for("imports.show_trial", batch_id=batch.id)
    return url_for("imports.match_columns", batch_id=batch.id)

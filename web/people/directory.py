"""The list of participants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from scheduler.groups import cohort_choices
from scheduler.models import EnrolmentStatus
from scheduler.people import PersonRow, list_people
from scheduler.programme_book import programme_choices
from scheduler.staff import staff_choices
from web import listing
from web.clock import today
from web.extensions import db
from web.labels import ENROLMENT_STATUS, language_names, lines, link, short_days, status_badge
from web.listing import Column, Filter, Listing
from web.people.area import blueprint
from web.permissions import Permission, may, requires
from web.reach import current_reach
from web.templating import level_name


@blueprint.get("/")
@requires(Permission.VIEW_OWN_PEOPLE)
def index() -> Any:
    """List the participants."""
    reach = current_reach()
    rows = list_people(db.session(), today(), reach)
    return listing.answer(
        Listing(
            name="personnes",
            rows=rows,
            columns=_columns(),
            filters=_filters(rows),
            search=lambda row: (
                f"{row.name} {row.last_name} {row.reference or ''} {row.phone or ''} {row.municipality}"
            ),
            sort="nom",
            may_export=may(Permission.EXPORT_PEOPLE),
            search_label=_("Nom, dossier, téléphone ou commune"),
            empty=_("Aucune personne n'est encore inscrite ici.")
            if reach.everybody
            else _("Aucune personne ne vous est adressée avec son accord pour partager son dossier."),
        ),
        "people/index.html",
        everybody=reach.everybody,
    )


def _columns() -> list[Column]:
    return [
        Column(
            key="nom",
            label=_l("Nom"),
            value=lambda row: row.name,
            cell=_name,
            sort=lambda row: f"{row.last_name} {row.first_name}".strip(),
            heading=True,
        ),
        Column(
            key="programme",
            label=_l("Programme et phase"),
            value=lambda row: [_standing(each) for each in row.current],
            cell=lambda row: lines(_standing(each) for each in row.current),
        ),
        Column(
            key="niveau",
            label=_l("Oral / écrit"),
            value=lambda row: f"{level_name(row.level_spoken)} / {level_name(row.level_written)}",
            sort=lambda row: (row.level_spoken, row.level_written),
        ),
        Column(key="langues", label=_l("Langues"), value=lambda row: language_names(row.languages)),
        Column(
            key="cours",
            label=_l("Jours de cours"),
            value=lambda row: short_days(row.course_days),
            sort=lambda row: row.course_days,
        ),
        Column(key="referent", label=_l("Référent"), value=lambda row: row.referent),
        Column(
            key="statut",
            label=_l("Statut"),
            value=_status,
            cell=lambda row: status_badge(row.status, active=row.active),
        ),
        Column(key="dossier", label=_l("Dossier"), value=lambda row: row.reference, exported_only=True),
        Column(key="telephone", label=_l("Téléphone"), value=lambda row: row.phone, exported_only=True),
        Column(key="email", label=_l("E-mail"), value=lambda row: row.email, exported_only=True),
        Column(key="commune", label=_l("Commune"), value=lambda row: row.municipality, exported_only=True),
        Column(key="debut", label=_l("Depuis le"), value=lambda row: row.started_on, exported_only=True),
        Column(
            key="accord",
            label=_l("Accord de partage"),
            value=lambda row: row.has_consented,
            exported_only=True,
        ),
    ]


def _filters(rows: Sequence[PersonRow]) -> list[Filter]:
    session = db.session()
    levels = sorted({row.level_spoken for row in rows})
    languages = sorted(
        {code for row in rows for code in row.languages}, key=lambda code: language_names([code])
    )
    return [
        Filter(
            key="programme",
            label=_l("Programme"),
            choices=[("", _l("Tous")), ("aucun", _l("Aucun")), *programme_choices(session)],
            test=lambda row, value: (
                not row.current
                if value == "aucun"
                else any(str(each.programme_id) == value for each in row.current)
            ),
        ),
        Filter(
            key="groupe",
            label=_l("Groupe"),
            choices=[("", _l("Tous")), *cohort_choices(session)],
            test=lambda row, value: int(value) in row.cohort_ids,
        ),
        Filter(
            key="niveau",
            label=_l("Niveau oral"),
            choices=[("", _l("Tous")), *((str(level), level_name(level)) for level in levels)],
            test=lambda row, value: row.level_spoken == int(value),
        ),
        Filter(
            key="langue",
            label=_l("Langue"),
            choices=[("", _l("Toutes")), *((code, language_names([code])) for code in languages)],
            test=lambda row, value: value in row.languages,
        ),
        Filter(
            key="referent",
            label=_l("Référent"),
            choices=[("", _l("Tous")), ("aucun", _l("Aucun")), *staff_choices(session)],
            test=lambda row, value: (
                row.referent_id is None if value == "aucun" else row.referent_id == int(value)
            ),
        ),
        Filter(
            key="statut",
            label=_l("Statut"),
            choices=[
                ("actifs", _l("Tous, sauf archivés")),
                *((status.value, label) for status, label in ENROLMENT_STATUS.items()),
                ("sans", _l("Sans programme")),
                ("archives", _l("Archivés")),
            ],
            default="actifs",
            test=_has_status,
        ),
    ]


def _has_status(row: PersonRow, value: str) -> bool:
    if value == "archives":
        return not row.active
    if value == "actifs":
        return row.active
    return row.active and (row.status is None if value == "sans" else row.status == EnrolmentStatus(value))


def _name(row: PersonRow) -> Any:
    shown = f"{row.last_name.upper()} {row.first_name}" if row.last_name else row.first_name
    return link(url_for("people.show", person_id=row.id), shown)


def _standing(each: Any) -> str:
    parts = [each.programme] + ([each.phase] if each.phase else [])
    if each.status != EnrolmentStatus.ACTIVE:
        parts.append(str(ENROLMENT_STATUS[each.status]).lower())
    return " · ".join(parts)


def _status(row: PersonRow) -> str:
    if not row.active:
        return _("Archivé")
    return str(ENROLMENT_STATUS[row.status]) if row.status else _("Sans programme")

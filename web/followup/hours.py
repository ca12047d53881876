"""Hours: every obligation of everybody within reach, and one person's in full."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import abort, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from scheduler.attendance_history import attendance_history, attendance_summary
from scheduler.hours import Obligation, ObligationKind, Standing, obligations
from scheduler.hours.ledger import minutes_by_kind
from scheduler.hours.obligations import attention
from scheduler.people import find_person
from scheduler.portrait import coming_sessions
from scheduler.programme_book import programme_choices
from scheduler.tasks import OPEN, RAISE_DEMAND, list_tasks, raise_demand
from web import listing
from web.acts import done, note
from web.clock import now, today
from web.extensions import db
from web.followup.area import blueprint
from web.followup.words import (
    OUTCOMES,
    STANDINGS,
    TASK_KINDS,
    bar,
    how_far,
    kind_name,
    missing,
    obligation_name,
    rule_sentence,
    standing_badge,
    state_badge,
    task_reason,
)
from web.followup.words import hours as in_hours
from web.labels import link
from web.listing import Column, Filter, Listing
from web.permissions import Permission, may, requires
from web.reach import current_reach

_ORDER = list(Standing)


@blueprint.app_context_processor
def give_words() -> dict[str, Any]:
    """Give templates the words of the follow-up."""
    return {
        "bar": bar,
        "kind_name": kind_name,
        "task_kinds": TASK_KINDS,
        "task_outcomes": OUTCOMES,
        "how_far": how_far,
        "in_hours": in_hours,
        "missing_amount": missing,
        "obligation_name": obligation_name,
        "rule_sentence": rule_sentence,
        "standing_badge": standing_badge,
        "mark_badge": state_badge,
        "task_reason": task_reason,
    }


@blueprint.get("/heures/")
@requires(Permission.VIEW_OWN_PEOPLE)
def hours() -> Any:
    """List the obligations of everybody within reach, the most pressing first."""
    reach = current_reach()
    session = db.session()
    rows = obligations(session, g.centre, today(), reach=reach)
    return listing.answer(
        Listing(
            name="heures",
            rows=rows,
            columns=_columns(),
            filters=_filters(rows),
            search=lambda row: f"{row.person} {row.programme} {obligation_name(row)}",
            sort="etat",
            may_export=may(Permission.EXPORT_PEOPLE),
            search_label=_("Nom, programme ou obligation"),
            empty=_("Aucun programme suivi ici ne compte d'heures.")
            if reach.everybody
            else _(
                "Rien à compter : aucune personne qui vous est adressée et qui accepte le partage de son "
                "dossier ne suit un programme qui compte des heures."
            ),
        ),
        "followup/hours.html",
        everybody=reach.everybody,
        pressing=attention(rows),
    )


@blueprint.get("/personnes/<int:person_id>/")
@requires(Permission.VIEW_OWN_PEOPLE)
def person(person_id: int) -> str:
    """Show what one person attended, owes and has before them."""
    session, reach = db.session(), current_reach()
    someone = find_person(session, person_id, reach)
    tasks = [
        row for row in list_tasks(session, g.centre.id, reach=reach) if row.task.participant_id == person_id
    ]
    return render_template(
        "followup/person.html",
        person=someone,
        owed=obligations(session, g.centre, today(), person_id=person_id),
        kinds=minutes_by_kind(session, g.centre, person_id),
        programmes=dict(programme_choices(session)),
        summary=attendance_summary(session, person_id, now()),
        history=attendance_history(session, person_id, limit=60),
        coming=coming_sessions(session, someone, today(), now()),
        tasks=tasks,
        asked={
            (row.task.facts["programme"], row.task.facts["counter"])
            for row in tasks
            if row.task.kind == RAISE_DEMAND and row.task.state == OPEN
        },
        today=today(),
    )


@blueprint.post("/personnes/<int:person_id>/demander")
@requires(Permission.ANSWER_TASKS)
def ask_to_plan(person_id: int) -> Any:
    """Ask the coordination to plan what one person still owes."""
    session = db.session()
    someone = find_person(session, person_id, current_reach())
    wanted = (request.form.get("programme"), request.form.get("key"))
    owed = next(
        (
            each
            for each in obligations(session, g.centre, today(), person_id=person_id)
            if (str(each.programme_id), each.key) == wanted and each.remaining
        ),
        None,
    )
    if owed is None:
        abort(404)
    task = raise_demand(session, g.centre.id, owed, now(), today())
    note("task.raise_demand", f"task:{task.id}")
    return done(
        url_for("followup.person", person_id=person_id),
        _(
            "La coordination voit qu'il faut planifier %(amount)s pour %(name)s.",
            amount=missing(owed),
            name=someone.name,
        ),
    )


def _columns() -> list[Column]:
    return [
        Column(
            key="nom",
            label=_l("Nom"),
            value=lambda row: row.person,
            cell=lambda row: link(url_for("followup.person", person_id=row.participant_id), row.person),
            sort=lambda row: f"{row.last_name} {row.person}",
            heading=True,
        ),
        Column(key="programme", label=_l("Programme"), value=lambda row: row.programme),
        Column(key="obligation", label=_l("Obligation"), value=obligation_name),
        Column(
            key="fait",
            label=_l("Fait"),
            value=how_far,
            cell=bar,
            sort=lambda row: row.done / (row.target or 1),
        ),
        Column(
            key="rythme",
            label=_l("Rythme"),
            value=lambda row: _pace(row),
            sort=lambda row: row.pace_minutes,
        ),
        Column(key="fin", label=_l("Fin prévue"), value=lambda row: row.projected_on),
        Column(key="echeance", label=_l("Échéance"), value=lambda row: row.due_on),
        Column(
            key="etat",
            label=_l("État"),
            value=lambda row: str(STANDINGS[row.standing][0]),
            cell=lambda row: standing_badge(row),
            sort=lambda row: (_ORDER.index(row.standing), row.last_name),
        ),
        Column(key="minutes", label=_l("Minutes ou nombre"), value=lambda row: row.done, exported_only=True),
        Column(
            key="cible", label=_l("Minutes ou nombre dû"), value=lambda row: row.target, exported_only=True
        ),
    ]


def _pace(row: Obligation) -> str:
    if row.kind is not ObligationKind.COUNTER or row.standing is Standing.DONE:
        return ""
    return _("%(hours)s par semaine", hours=in_hours(row.pace_minutes))


def _filters(rows: Sequence[Obligation]) -> list[Filter]:
    names = sorted({obligation_name(row) for row in rows})
    programmes = sorted({(row.programme, str(row.programme_id)) for row in rows})
    return [
        Filter(
            key="programme",
            label=_l("Programme"),
            choices=[("", _l("Tous")), *((key, name) for name, key in programmes)],
            test=lambda row, value: str(row.programme_id) == value,
        ),
        Filter(
            key="obligation",
            label=_l("Obligation"),
            choices=[("", _l("Toutes")), *((name, name) for name in names)],
            test=lambda row, value: obligation_name(row) == value,
        ),
        Filter(
            key="etat",
            label=_l("État"),
            choices=[
                ("", _l("Tous")),
                ("attention", _l("Demande de l'attention")),
                *((standing.value, label) for standing, (label, _icon) in STANDINGS.items()),
            ],
            test=lambda row, value: (
                row.standing in (Standing.LATE, Standing.AT_RISK)
                if value == "attention"
                else row.standing == value
            ),
        ),
    ]

"""To do: people to call, to look after and to plan for; one tap for each outcome."""

from __future__ import annotations

from typing import Any

from flask import g, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from markupsafe import Markup

from scheduler.staff import staff_choices
from scheduler.tasks import (
    CLOSED,
    OPEN,
    TaskRow,
    activity_to_plan,
    assign_task,
    close_task,
    find_task,
    list_tasks,
    reopen_task,
)
from web import listing
from web.acts import done, note
from web.assets import icon
from web.clock import now, today
from web.extensions import db
from web.followup.area import blueprint
from web.followup.words import OUTCOMES, TASK_KINDS, task_reason
from web.listing import Column, Filter, Listing
from web.permissions import Permission, may, requires
from web.reach import current_reach
from web.templating import day, hour


@blueprint.get("/a-faire/")
@requires(Permission.VIEW_OWN_PEOPLE)
def tasks() -> Any:
    """List the tasks within reach: one's own and those of nobody first."""
    session, reach = db.session(), current_reach()
    rows = list_tasks(session, g.centre.id, reach=reach)
    own = g.membership.staff_id
    return listing.answer(
        Listing(
            name="a-faire",
            rows=rows,
            columns=_columns(),
            filters=_filters(own),
            search=lambda row: f"{row.person} {row.session_title} {row.assignee}",
            sort="pour",
            may_export=may(Permission.EXPORT_PEOPLE),
            search_label=_("Personne, séance ou collègue"),
            empty=_("Rien à faire ici : personne n'attend."),
        ),
        "followup/tasks.html",
        staff=staff_choices(session) if may(Permission.EDIT_PEOPLE) else [],
        today=today(),
    )


@blueprint.post("/a-faire/<int:task_id>/repondre")
@requires(Permission.ANSWER_TASKS)
def answer_task(task_id: int) -> Any:
    """Write down what came of a task."""
    task = find_task(db.session(), task_id, current_reach())
    outcome = request.form.get("outcome", "")
    close_task(task, outcome, now(), user_id=current_user.id, note=request.form.get("note", ""))
    note("task.close", f"task:{task_id}", outcome=outcome)
    return done(_back(), _("C'est noté : %(outcome)s.", outcome=str(OUTCOMES[outcome]).lower()))


@blueprint.post("/a-faire/<int:task_id>/rouvrir")
@requires(Permission.ANSWER_TASKS)
def reopen(task_id: int) -> Any:
    """Take an outcome back."""
    reopen_task(find_task(db.session(), task_id, current_reach()))
    note("task.reopen", f"task:{task_id}")
    return done(_back(), _("La tâche est de nouveau à faire."))


@blueprint.post("/a-faire/<int:task_id>/confier")
@requires(Permission.EDIT_PEOPLE)
def assign(task_id: int) -> Any:
    """Give a task to a colleague."""
    session = db.session()
    task = find_task(session, task_id)
    chosen = request.form.get("staff", "")
    assign_task(session, task, int(chosen) if chosen.isdecimal() else None)
    note("task.assign", f"task:{task_id}")
    return done(_back(), _("C'est confié."))


@blueprint.get("/a-faire/<int:task_id>/planifier")
@requires(Permission.EDIT_PLAN)
def plan_task(task_id: int) -> Any:
    """Go to the form that adds a session for what is asked."""
    activity = activity_to_plan(db.session(), find_task(db.session(), task_id))
    return redirect(url_for("week.add", activity=activity))


def _back() -> str:
    person = request.form.get("person", "")
    if person.isdecimal():
        return url_for("followup.person", person_id=int(person))
    return url_for("followup.tasks")


def _columns() -> list[Column]:
    return [
        Column(key="personne", label=_l("Personne"), value=lambda row: row.person, heading=True),
        Column(
            key="sorte",
            label=_l("Quoi"),
            value=lambda row: str(TASK_KINDS[row.task.kind][0]) if row.task.kind in TASK_KINDS else "",
            cell=_what,
        ),
        Column(key="seance", label=_l("Séance"), value=_session, sort=lambda row: row.session_at),
        Column(key="qui", label=_l("Pour qui"), value=lambda row: row.assignee or _("toute l'équipe")),
        Column(key="pour", label=_l("Pour le"), value=lambda row: row.task.due_on),
        Column(
            key="suite",
            label=_l("Suite"),
            value=lambda row: str(OUTCOMES.get(row.task.outcome, "")),
        ),
    ]


def _what(row: TaskRow) -> Markup:
    label, symbol = TASK_KINDS.get(row.task.kind, (row.task.kind, "circle"))
    return Markup("{} <strong>{}</strong><br>{}").format(icon(symbol), label, task_reason(row.task))


def _session(row: TaskRow) -> str:
    if row.session_at is None:
        return row.session_title
    return f"{row.session_title}, {day(row.session_at)} {hour(row.session_at)}"


def _filters(own: int | None) -> list[Filter]:
    mine = [("moi", _l("Moi et toute l'équipe"))] if own is not None else []
    return [
        Filter(
            key="etat",
            label=_l("État"),
            choices=[(OPEN, _l("À faire")), (CLOSED, _l("Terminé")), ("tout", _l("Tout"))],
            default=OPEN,
            test=lambda row, value: value == "tout" or row.task.state == value,
        ),
        Filter(
            key="sorte",
            label=_l("Quoi"),
            choices=[("", _l("Tout")), *((kind, label) for kind, (label, _icon) in TASK_KINDS.items())],
            test=lambda row, value: row.task.kind == value,
        ),
        Filter(
            key="pour",
            label=_l("Pour qui"),
            choices=[("", _l("Tout le monde")), *mine, ("personne", _l("Personne en particulier"))],
            test=lambda row, value: (
                row.task.assigned_to_id is None
                if value == "personne"
                else row.task.assigned_to_id in (None, own)
            ),
        ),
    ]

"""Asking for a plan, following it, stopping it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import flash, g, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_login import current_user
from werkzeug.wrappers import Response
from wtforms import DateField, IntegerField, SelectChoice, SelectField
from wtforms.validators import InputRequired, NumberRange

from scheduler import settings
from scheduler.held_places import read_holds
from scheduler.models import PlanRun, RunState
from scheduler.runs import MOST_TIME_S, OPEN, TIME_LIMIT_S, open_run, queue_run, request_cancel
from scheduler.timegrid import monday_of
from scheduler.versions import (
    find_run,
    list_runs,
    numbers_by_run,
    plan_of_run,
    sessions_by_uid,
    user_names,
)
from scheduler.week import read_week
from web.clock import now, today
from web.extensions import db
from web.formwork import Form, submit
from web.permissions import Permission, requires
from web.week.area import blueprint
from web.week.truth import truth_of
from web.wording import rule_name


class PlanForm(Form):
    """Which weeks to plan, and for how long to look."""

    first_day = DateField(_l("Premier jour"), validators=[InputRequired(_l("Choisissez un lundi."))])
    weeks = IntegerField(
        _l("Nombre de semaines"),
        validators=[
            InputRequired(_l("Écrivez un nombre.")),
            NumberRange(1, settings.MOST_WEEKS, _l("De 1 à 13 semaines.")),
        ],
        description=_l("De 1 à 13."),
    )
    time_limit_s = SelectField(
        _l("Temps de calcul"),
        coerce=int,
        description=_l("Plus le calcul dure, meilleur est le plan. Vous pouvez l'arrêter à tout moment."),
    )
    start_from = SelectField(_l("Partir de"), coerce=int)


@blueprint.route("/planifier", methods=["GET", "POST"])
@requires(Permission.EDIT_PLAN)
def plan() -> Any:
    """Ask for a plan of the coming weeks."""
    session = db.session()
    form = PlanForm(
        data={
            "first_day": _next_monday(),
            "weeks": settings.horizon_weeks(g.centre),
            "time_limit_s": TIME_LIMIT_S,
        }
    )
    form.time_limit_s.choices = [
        SelectChoice(10, _("10 secondes")),
        SelectChoice(TIME_LIMIT_S, _("30 secondes (conseillé)")),
        SelectChoice(120, _("2 minutes")),
        SelectChoice(600, _("10 minutes")),
        SelectChoice(MOST_TIME_S, _("1 heure")),
    ]
    draft = read_week(session, g.centre.id, monday_of(form.first_day.data or _next_monday())).draft
    form.start_from.choices = [SelectChoice(0, _("ce qui est publié"))]
    if draft is not None:
        label = _("le brouillon v%(n)s, en gardant ce qui y est verrouillé", n=draft.number)
        form.start_from.choices.insert(0, SelectChoice(draft.number, label))
    queued: list[PlanRun] = []

    def act() -> None:
        first_day, weeks, limit = form.first_day.data, form.weeks.data, form.time_limit_s.data
        assert first_day is not None
        assert weeks is not None
        base = draft if draft is not None and form.start_from.data == draft.number else None
        queued.append(
            queue_run(
                session,
                g.centre,
                first_day,
                weeks,
                now(),
                time_limit_s=limit,
                base_plan=base,
                user_id=current_user.id,
            )
        )

    if submit(form, act):
        return redirect(url_for("week.run", run_id=queued[0].id))
    runs = list_runs(session, g.centre.id)
    page = render_template(
        "week/plan.html",
        form=form,
        runs=runs,
        numbers=numbers_by_run(session, (each.id for each in runs)),
        names=user_names(session, (each.requested_by_id for each in runs)),
        open_run=open_run(session, g.centre.id),
        choosing=_choosing(form),
    )
    return page, form.answer_status


def _choosing(form: PlanForm) -> tuple[int, datetime] | None:
    """Return how many people may still choose a place in the weeks to plan, and until when."""
    first = form.first_day.data or _next_monday()
    last = first + timedelta(7 * min(form.weeks.data or 1, settings.MOST_WEEKS) - 1)
    holds = [hold for hold in read_holds(db.session(), g.centre, first, last, now()) if not hold.giver_id]
    if not holds:
        return None
    return len({hold.participant_id for hold in holds}), max(hold.until for hold in holds)


@blueprint.get("/planifications/<int:run_id>")
@requires(Permission.VIEW_DRAFTS)
def run(run_id: int) -> Any:
    """Show how a run gets on."""
    return render_template("week/run.html", **_context(run_id))


@blueprint.get("/planifications/<int:run_id>/progression")
@requires(Permission.VIEW_DRAFTS)
def progress(run_id: int) -> Any:
    """Show the part of the page that moves."""
    return render_template("week/_run.html", **_context(run_id))


@blueprint.post("/planifications/<int:run_id>/arreter")
@requires(Permission.EDIT_PLAN)
def stop(run_id: int) -> Response:
    """Stop a run and keep the best plan it has."""
    asked = find_run(db.session(), g.centre.id, run_id)
    if asked.state in OPEN:
        request_cancel(asked, now())
        db.session.commit()
    else:
        flash(_("Cette planification était déjà terminée."), "info")
    return redirect(url_for("week.run", run_id=run_id))


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a run stands: the last row of its progress, with shares of the ideal.

    ``value`` and ``ceiling`` are objective and bound as shares of the value of a plan that meets
    every need; ``None`` while nothing is known.
    """

    elapsed_s: float
    objective: int | None
    bound: int | None
    gap: float | None
    value: float | None
    ceiling: float | None


def standing(row: Mapping[str, Any]) -> Standing:
    """Return a row of progress with its shares."""
    objective, bound, gap = row["objective"], row["bound"], row["gap"]
    full = (bound - objective) / gap if gap and objective is not None and bound is not None else None
    return Standing(
        elapsed_s=row["elapsed_s"],
        objective=objective,
        bound=bound,
        gap=gap,
        value=objective / full if full else None,
        ceiling=bound / full if full else None,
    )


def _context(run_id: int) -> dict[str, Any]:
    session = db.session()
    found = find_run(session, g.centre.id, run_id)
    made = plan_of_run(session, found) if found.state in (RunState.DONE, RunState.CANCELLED) else None
    log = [standing(row) for row in found.progress]
    result = found.result or {}
    return {
        "run": found,
        "made": made,
        "truth": truth_of(made) if made else None,
        "moving": found.state in OPEN,
        "elapsed_s": _elapsed(found),
        "last": log[-1] if log else None,
        "log": log[-40:],
        "result": result,
        "conflicts": _conflicts(result),
        "last_day": found.first_day + timedelta(7 * found.weeks - 1),
        "asked_by": user_names(session, [found.requested_by_id]).get(found.requested_by_id or 0, ""),
    }


def _elapsed(found: PlanRun) -> int:
    if found.started_at is None:
        return 0
    if found.ended_at and found.progress:
        return round(found.progress[-1]["elapsed_s"])
    return max(0, int(((found.ended_at or now()) - found.started_at).total_seconds()))


def _conflicts(result: Mapping[str, Any]) -> list[tuple[str, list[Any]]]:
    """Return the rules that locked sessions break among themselves, with those sessions."""
    conflicts = result.get("conflicts") or []
    rows = sessions_by_uid(db.session(), g.centre.id, {uid for c in conflicts for uid in c["ids"]})
    return [(rule_name(c["rule"]), [rows[uid] for uid in c["ids"] if uid in rows]) for c in conflicts]


def _next_monday() -> date:
    return monday_of(today()) + timedelta(7)

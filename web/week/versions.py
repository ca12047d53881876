"""The versions of the plan: the list, what each is worth, what it changes, what it leaves unmet."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from scheduler import week
from scheduler.changes import changes_of
from scheduler.edit import last_edit, undo
from scheduler.models import PlanState
from scheduler.names import load_names
from scheduler.planner_ids import row_id
from scheduler.publish import discard
from scheduler.roster_import.folding import fold
from scheduler.session_sheet import day_of
from scheduler.timegrid import monday_of
from scheduler.versions import find_run, find_version, list_versions, user_names
from web.clock import now
from web.extensions import db
from web.permissions import Permission, may, requires
from web.week.area import blueprint, read_number
from web.week.changes import change_words
from web.week.runs import standing
from web.week.truth import covered, speaker_of, truth_of
from web.wording import breach_sentence, terms_in_words, unmet_by_person

#: Changes told of on one page; the rest is counted.
MOST = 150

#: People on one page of what is unmet.
PER_PAGE = 20


@blueprint.get("/versions")
@requires(Permission.VIEW_DRAFTS)
def versions() -> Any:
    """List the versions."""
    found = list_versions(db.session(), g.centre.id)
    return render_template("week/versions.html", versions=found, covered=covered)


@blueprint.get("/versions/<int:number>")
@requires(Permission.VIEW_DRAFTS)
def version(number: int) -> Any:
    """Show what a version is worth and what it changes."""
    session = db.session()
    plan = find_version(session, g.centre.id, number)
    speaker = speaker_of(plan, {row_id(p) for b in plan.overridden for p in b["participants"]})
    run = find_run(session, g.centre.id, plan.run_id) if plan.run_id else None
    draft = plan.state == PlanState.DRAFT
    found = changes_of(session, g.centre, plan) if draft or plan.publication else None
    return render_template(
        "week/version.html",
        plan=plan,
        truth=truth_of(plan),
        terms=terms_in_words(plan.terms, plan.full_value),
        overridden=list(dict.fromkeys(breach_sentence(speaker, b) for b in plan.overridden)),
        changes=change_words(found, MOST) if found else None,
        run=run,
        log=[standing(row) for row in run.progress][-40:] if run else [],
        publisher=user_names(session, [plan.published_by_id]).get(plan.published_by_id or 0, ""),
        undoable=draft and may(Permission.EDIT_PLAN) and last_edit(session, plan) is not None,
        people=sorted({unmet["participant"] for unmet in plan.unmet}),
    )


@blueprint.get("/versions/<int:number>/a-placer")
@requires(Permission.VIEW_DRAFTS)
def unmet(number: int) -> Any:
    """List what a version leaves unmet, with reasons and remedies."""
    plan = find_version(db.session(), g.centre.id, number)
    programme = read_number(request.args.get("programme"))
    only_min = request.args.get("manque") == "minimum"
    page = read_number(request.args.get("page")) or 1
    text = fold(request.args.get("q", "")[:80])
    names = load_names(db.session(), None)
    programmes = {p.id: p.name for p in week.programmes(db.session())}
    entries = [one for one in plan.unmet if not only_min or one["got"] < one["min"]]
    if programme:
        entries = [e for e in entries if names.need(e["demand"]).programme == programmes.get(programme)]
    if text and may(Permission.VIEW_PEOPLE):
        entries = [e for e in entries if text in fold(names.participant(e["participant"]))]
    speaker = speaker_of(plan, None)
    order = sorted(
        dict.fromkeys(e["participant"] for e in entries),
        key=lambda key: (
            not any(e["got"] < e["min"] for e in entries if e["participant"] == key),
            speaker.person(key),
        ),
    )
    pages = max(1, -(-len(order) // PER_PAGE))
    page = min(page, pages)
    shown = set(order[(page - 1) * PER_PAGE : page * PER_PAGE])
    return render_template(
        "week/unmet.html",
        plan=plan,
        people=unmet_by_person(speaker, (e for e in entries if e["participant"] in shown)),
        count=len(entries),
        total=len(order),
        page=page,
        pages=pages,
        programmes=programmes,
        programme=programme,
        only_min=only_min,
        text=request.args.get("q", ""),
        monday=monday_of(plan.first_day),
    )


@blueprint.post("/versions/<int:number>/defaire")
@requires(Permission.EDIT_PLAN)
def undo_last(number: int) -> Response:
    """Take back the last act on a draft."""
    plan = find_version(db.session(), g.centre.id, number)
    result = undo(db.session(), g.centre, plan, now(), user_id=current_user.id)
    db.session.commit()
    flash(_("Le dernier changement est défait."), "success")
    if result.lost:
        flash(_("Les places qui étaient gardées sont reprises : chaque personne est prévenue."), "warning")
    return redirect(
        url_for("week.show", jour=day_of(db.session(), result.plan.id, result.uid) or plan.first_day)
    )


@blueprint.post("/versions/<int:number>/abandonner")
@requires(Permission.EDIT_PLAN)
def abandon(number: int) -> Response:
    """Put a draft aside; it stays readable."""
    plan = find_version(db.session(), g.centre.id, number)
    discard(db.session(), g.centre, plan, now(), user_id=current_user.id)
    db.session.commit()
    flash(_("Le brouillon v%(n)s est abandonné. Il reste lisible dans les versions.", n=number), "success")
    return redirect(url_for("week.show", jour=monday_of(plan.first_day)))

"""Publishing a draft: what changes for whom, then one button."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, g, redirect, render_template, request, url_for
from flask_babel import ngettext
from flask_login import current_user

from notifications.changes import people_to_tell
from scheduler.errors import PlanRejectedError, StalePlanError
from scheduler.models import Plan, PlanState
from scheduler.publish import check_fresh, preview
from scheduler.publish import publish as make_public
from scheduler.timegrid import monday_of
from scheduler.versions import find_version
from solver.verify import NEVER_OVERRIDDEN, Breach
from web.clock import now, today
from web.extensions import db
from web.permissions import Permission, requires
from web.telling import tell_people
from web.week.acts import as_mapping, speaker_for
from web.week.area import blueprint, period
from web.week.changes import change_words
from web.week.kept import hold_sentences
from web.week.truth import truth_of
from web.wording import breach_sentence

#: Changes told of on one page; the rest is counted.
MOST = 60


@blueprint.get("/publier/<int:number>")
@requires(Permission.EDIT_PLAN)
def publish(number: int) -> Any:
    """Show what publishing a draft changes."""
    plan = find_version(db.session(), g.centre.id, number)
    if plan.state != PlanState.DRAFT:
        return redirect(url_for("week.version", number=number))
    return _page(plan)


@blueprint.post("/publier/<int:number>")
@requires(Permission.EDIT_PLAN)
def confirm_publish(number: int) -> Any:
    """Publish a draft."""
    plan = find_version(db.session(), g.centre.id, number)
    acknowledged = request.form.get("acknowledged") == "1"
    try:
        result = make_public(
            db.session(), g.centre, plan, now(), user_id=current_user.id, acknowledged=acknowledged
        )
        queued = tell_people(db.session(), g.centre, result, now())
        people = len(result.changes.participant_ids)
        db.session.commit()
    except StalePlanError:
        db.session.rollback()
        return _page(find_version(db.session(), g.centre.id, number), status=409)
    except PlanRejectedError:
        db.session.rollback()
        return _page(find_version(db.session(), g.centre.id, number), status=422)
    flash(
        ngettext(
            "La version v%(n)s est publiée. La semaine de %(num)s personne change.",
            "La version v%(n)s est publiée. La semaine de %(num)s personnes change.",
            people,
            n=number,
        ),
        "success",
    )
    if queued:
        flash(
            ngettext(
                "%(num)s message l'annonce.",
                "%(num)s messages l'annoncent.",
                queued,
            ),
            "info",
        )
    return redirect(url_for("week.show", jour=_first_week(plan)))


def _first_week(plan: Plan) -> date:
    """Return the Monday of the plan's first week that is not over."""
    return monday_of(min(max(plan.first_day, today()), plan.last_day))


def _page(plan: Plan, status: int = 200) -> Any:
    session = db.session()
    newer = None
    try:
        check_fresh(session, plan)
    except StalePlanError as error:
        newer = error.number
    found = preview(session, g.centre, plan, now())
    told = people_to_tell(session, g.centre, found.changes, now())
    page = render_template(
        "week/publish.html",
        plan=plan,
        period=period(plan.first_day, plan.last_day),
        changes=change_words(found.changes, MOST),
        silent=told is None,
        told=len(told or ()),
        first_week=_first_week(plan),
        truth=truth_of(plan),
        newer=newer,
        conflicts=_conflict_sentences(plan, found.conflicts),
        lost=hold_sentences(found.lost),
        possible=all(b.rule not in NEVER_OVERRIDDEN for b in found.conflicts),
        status=status,
    )
    return page, status


def _conflict_sentences(plan: Plan, conflicts: tuple[Breach, ...]) -> list[str]:
    if not conflicts:
        return []
    speaker = speaker_for(plan, conflicts)
    return list(dict.fromkeys(breach_sentence(speaker, as_mapping(breach)) for breach in conflicts))

"""My hours, week by week, against the contract."""

from __future__ import annotations

from datetime import timedelta

from flask import g, render_template

from scheduler.my_work import work_weeks
from scheduler.timegrid import monday_of
from web.clock import now, today
from web.extensions import db
from web.mine.area import blueprint, me
from web.permissions import Permission, requires

WEEKS_BEFORE = 8
WEEKS_AFTER = 4


@blueprint.get("/heures")
@requires(Permission.VIEW_OWN_WORK)
def hours() -> str:
    """Show planned and held hours of some weeks past and to come."""
    member = me()
    first = monday_of(today()) - timedelta(weeks=WEEKS_BEFORE)
    weeks = work_weeks(db.session(), g.centre, member, first, WEEKS_BEFORE + 1 + WEEKS_AFTER, now())
    return render_template(
        "mine/hours.html",
        member=member,
        weeks=weeks,
        this_week=monday_of(today()),
        held=sum(week.held for week in weeks),
    )

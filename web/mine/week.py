"""My day and my week, "ill today" at one tap, and the week on paper."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, g, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from scheduler.mentoring import meetings_between
from scheduler.models import MentoringMeeting, Role
from scheduler.my_work import first_names, own_sessions, recover, report_sick, sick_today, work_weeks
from scheduler.offers import own_returns
from scheduler.timegrid import monday_of, to_instant
from scheduler.week import DAYS, WeekSession
from web.acts import done, note
from web.clock import now, today
from web.extensions import db
from web.followup.paper import print_week_of
from web.mine.area import blueprint, me, own_member
from web.permissions import Permission, may, requires
from web.templating import local
from web.week.area import period, read_date


@blueprint.get("/")
@requires(Permission.VIEW_OWN_WORK)
def show() -> str:
    """Show one's sessions of today and of the week."""
    member = own_member()
    if member is None:
        return render_template("mine/nobody.html")
    session = db.session()
    monday = monday_of(read_date(request.args.get("jour")) or today())
    sunday = monday + timedelta(days=DAYS - 1)
    sessions = own_sessions(session, g.centre, member.id, monday, sunday)
    days: dict[date, list[WeekSession]] = defaultdict(list)
    for each in sessions:
        days[each.day].append(each)
    zone = ZoneInfo(g.centre.timezone)
    meetings = meetings_between(
        session,
        g.centre.id,
        to_instant(monday, time(), zone),
        to_instant(monday + timedelta(days=DAYS), time(), zone),
        mentor_id=member.id,
    )
    with_meetings: dict[date, list[MentoringMeeting]] = defaultdict(list)
    for meeting in meetings:
        with_meetings[local(meeting.starts_at).date()].append(meeting)
    return render_template(
        "mine/week.html",
        member=member,
        monday=monday,
        before=monday - timedelta(days=DAYS),
        after=monday + timedelta(days=DAYS),
        period=period(monday, sunday),
        today=today(),
        now=now(),
        days=[(day, days[day], with_meetings[day]) for day in sorted({*days, *with_meetings})],
        names=first_names(session, [x for x in sessions if x.individual]),
        sick=sick_today(session, g.centre, member.id, now()),
        returned={uid for uid, _role in own_returns(session, g.centre, member.id)},
        load=work_weeks(session, g.centre, member, monday, 1, now())[0],
        gives_back=gives_back(),
        opens=may(Permission.VIEW_WEEK),
    )


def gives_back() -> bool:
    """Whether the reader gives places back by themselves, rather than asking a colleague."""
    return g.membership.role == Role.VOLUNTEER


@blueprint.post("/malade")
@requires(Permission.VIEW_OWN_WORK)
def report_illness() -> Any:
    """Note that one is ill today and tell the coordination at once."""
    member = me()
    task = report_sick(db.session(), g.centre, member, now())
    note("staff.sick", f"staff:{member.id}", task=task.id)
    return done(url_for("mine.show"), _("La coordination est prévenue. Prenez soin de vous."))


@blueprint.post("/retabli")
@requires(Permission.VIEW_OWN_WORK)
def take_illness_back() -> Any:
    """Take back that one is ill today."""
    member = me()
    recover(db.session(), g.centre, member, now(), user_id=current_user.id)
    note("staff.recovered", f"staff:{member.id}")
    return done(url_for("mine.show"), _("C'est annulé : vous êtes de nouveau là aujourd'hui."))


@blueprint.get("/semaine.pdf")
@requires(Permission.VIEW_OWN_WORK)
def print_week() -> Response:
    """Answer with one's own week on paper."""
    return print_week_of(me())

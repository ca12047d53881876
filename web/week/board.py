"""The board: one week by programme, room, leader or participant."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import abort, g, render_template, request, url_for
from flask_babel import lazy_gettext as _l

from scheduler import week
from scheduler.elsewhere import engagements
from scheduler.holidays_calendar import closures_between
from scheduler.timegrid import monday_of
from scheduler.week import Named, Only, WeekSession
from web.clock import today
from web.extensions import db
from web.permissions import Permission, may, requires
from web.week.area import blueprint, period, read_date, read_number
from web.week.layout import Grid, Line, days_of, grid_of, lines_of
from web.week.truth import side_of, truth_of

#: Rows of the table by participant on one page.
PER_PAGE = 50


@dataclass(frozen=True)
class View:
    """A way to look at the week: its word in the address, its name, and what it narrows."""

    key: str
    label: Any
    icon: str
    everybody: Any
    only: str


VIEWS = {
    view.key: view
    for view in (
        View("programme", _l("Programme"), "collection", _l("Tous les programmes"), "programme_id"),
        View("salle", _l("Salle"), "door-closed", _l("Toutes les salles"), "room_id"),
        View("animateur", _l("Animateur"), "person-badge", _l("Toute l'équipe"), "staff_id"),
        View("personne", _l("Personne"), "people", _l("Toutes les personnes"), "participant_id"),
    )
}


@blueprint.get("/")
@requires(Permission.VIEW_WEEK)
def show() -> Any:
    """Show one week."""
    session = db.session()
    view = VIEWS.get(request.args.get("vue") or "programme")
    if view is None or (view.key == "personne" and not may(Permission.VIEW_PEOPLE)):
        abort(404)
    who = read_number(request.args.get("qui"))
    drafts = may(Permission.VIEW_DRAFTS)
    number = read_number(request.args.get("version")) if drafts else None
    day = read_date(request.args.get("jour"))
    monday = monday_of(day or week.busiest_week(session, g.centre.id, today(), drafts=drafts))
    reading = week.read_week(session, g.centre.id, monday, number=number, drafts=drafts)
    choices = _choices(view)
    chosen = next((choice for choice in choices if choice.id == who), None)
    if who is not None and chosen is None:
        abort(404)
    only = Only(**{view.only: who}) if chosen else None
    sessions = week.sessions_of_days(session, reading.plan_by_day, only)
    dates = week.week_days(monday)
    closures = closures_between(session, g.centre.id, dates[0], dates[-1])
    days = days_of(dates, closures, (s.day for s in sessions), g.centre.community)
    pages = -(-len(choices) // PER_PAGE) if view.key == "personne" and not chosen else 1
    page = min(max(read_number(request.args.get("page")) or 1, 1), max(pages, 1))
    grid: Grid | None = None
    lines: list[Line] = []
    if chosen or view.key == "programme":
        elsewhere = (
            engagements(session, g.centre, chosen.id, dates[0], dates[-1])
            if chosen and view.key == "personne"
            else []
        )
        grid = grid_of(days, sessions, elsewhere, brief=view.key == "programme")
    else:
        rows = choices[(page - 1) * PER_PAGE : page * PER_PAGE] if view.key == "personne" else choices
        lines = _lines(view, days, rows, sessions)
    shown = reading.shown
    return render_template(
        "week/board.html",
        view=view,
        views=VIEWS,
        who=who,
        chosen=chosen,
        choices=choices,
        monday=monday,
        last_day=days[-1].date,
        before=monday - timedelta(week.DAYS),
        after=monday + timedelta(week.DAYS),
        today=today(),
        reading=reading,
        number=number,
        days=days,
        grid=grid,
        lines=lines,
        page=page,
        pages=pages,
        period=period(monday, days[-1].date),
        this_week=monday <= today() <= monday + timedelta(6),
        here=here,
        truth=truth_of(shown) if shown and drafts else None,
        side=side_of(shown, monday, view.key, chosen) if shown and drafts else None,
        changes=week.count_changes(session, shown)
        if reading.plan and reading.plan is reading.draft
        else None,
    )


def here(**changes: Any) -> str:
    """Return the address of this page with some of its arguments changed; ``None`` takes one away."""
    kept = {key: value for key, value in request.args.items() if key in ("jour", "vue", "qui", "version")}
    return url_for("week.show", **{**kept, **changes})


def _choices(view: View) -> list[Named]:
    session = db.session()
    if view.key == "programme":
        return week.programmes(session)
    if view.key == "salle":
        return week.rooms(session)
    if view.key == "animateur":
        return week.staff(session)
    return week.participants(session)


def _lines(view: View, days: list[Any], rows: list[Named], sessions: list[WeekSession]) -> list[Line]:
    if view.key == "salle":
        return lines_of(days, rows, sessions, lambda s: [s.room_id] if s.room_id else [])
    if view.key == "animateur":
        used = {leader.id for s in sessions for leader in s.leaders}
        present = [row for row in rows if row.id in used]
        idle = [row for row in rows if row.id not in used]
        return lines_of(days, present + idle, sessions, lambda s: {leader.id for leader in s.leaders})
    attended: dict[int, list[int]] = defaultdict(list)
    for participant_id, session_id in week.attendance_pairs(db.session(), sessions):
        attended[session_id].append(participant_id)
    return lines_of(days, rows, sessions, lambda s: attended[s.id])

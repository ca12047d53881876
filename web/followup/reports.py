"""Reports: figures of a period with charts, and the rows that each figure counts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from flask import Response, flash, g, redirect, render_template, request, url_for
from flask_babel import gettext as _

from scheduler.programme_book import programme_choices
from scheduler.reports import Period, make_report
from web import spreadsheet
from web.clock import today
from web.extensions import db
from web.followup.area import blueprint
from web.followup.tables import report_tables
from web.followup.words import NATIONALITIES
from web.labels import weekdays
from web.permissions import Permission, requires
from web.week.area import read_date

#: A report looks at most so many days back at once.
MOST_DAYS = 1100


@blueprint.get("/rapports/")
@requires(Permission.VIEW_REPORTS)
def reports() -> Any:
    """Show the figures of a period; this year's unless the address says otherwise."""
    period = _period(request.args.get("du"), request.args.get("au"))
    if period is None:
        flash(_("Choisissez un premier jour avant le dernier, et au plus trois ans."), "warning")
        return redirect(url_for("followup.reports"))
    session = db.session()
    programmes = programme_choices(session)
    chosen = request.args.get("programme", "")
    programme_id = int(chosen) if chosen in dict(programmes) else None
    report = make_report(session, g.centre, period, programme_id)
    name = f"rapport-{period.first_day}-{period.last_day}"
    if request.args.get("format") == "xlsx":
        return spreadsheet.as_workbook(name, report_tables(report, dict(programmes)))
    if request.args.get("format") == "csv":
        return _as_one_csv(name, report_tables(report, dict(programmes)))
    return render_template(
        "followup/reports.html",
        report=report,
        programmes=programmes,
        periods=_usual_periods(),
        rows_of=_rows_of(report.period, programme_id),
        weekdays=weekdays(),
        nationalities=NATIONALITIES,
    )


def _as_one_csv(name: str, tables: Sequence[tuple[str, Sequence[str], Sequence[Sequence[Any]]]]) -> Response:
    rows: list[Sequence[Any]] = []
    for title, headings, body in tables:
        rows += [(), (title,), headings, *body]
    return spreadsheet.as_csv(name, [_("Semainier, rapport")], rows)


def _rows_of(period: Period, programme_id: int | None) -> Callable[..., str]:
    """Return a function from a page and filters to the address of the rows that a figure counts."""

    def address(page: str, **filters: Any) -> str:
        given = {"programme": programme_id} | filters
        return url_for(
            f"followup.{page}",
            first_day=period.first_day,
            last_day=period.last_day,
            **{key: value for key, value in given.items() if value is not None},
        )

    return address


def _usual_periods() -> list[tuple[str, date, date]]:
    now = today()
    month = now.replace(day=1)
    last_month = (month - timedelta(days=1)).replace(day=1)
    quarter = date(now.year, 3 * ((now.month - 1) // 3) + 1, 1)
    return [
        (_("ce mois-ci"), month, now),
        (_("le mois passé"), last_month, month - timedelta(days=1)),
        (_("ce trimestre"), quarter, now),
        (_("cette année"), date(now.year, 1, 1), date(now.year, 12, 31)),
        (_("l'année passée"), date(now.year - 1, 1, 1), date(now.year - 1, 12, 31)),
    ]


def _period(first: str | None, last: str | None) -> Period | None:
    year = today().year
    first_day = read_date(first) if first else date(year, 1, 1)
    last_day = read_date(last) if last else date(year, 12, 31)
    if first_day is None or last_day is None or not 0 <= (last_day - first_day).days <= MOST_DAYS:
        return None
    return Period(first_day, last_day)

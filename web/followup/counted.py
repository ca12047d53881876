"""The rows behind the figures: attendances, people and sessions, with the same filters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import abort, g, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from scheduler.programmes.vocabulary import ACTIVITY_KINDS
from scheduler.reports import Absence, AttendanceRow, Nationality, Period, Selection, attendance_rows
from scheduler.reports.rows import at_levels, by_person, by_session
from solver.problem import LEVELS
from web import listing
from web.extensions import db
from web.followup.area import blueprint
from web.followup.words import ABSENCES, NATIONALITIES, hours, kind_name, state_badge
from web.labels import link, weekdays
from web.listing import Column, Filter, Listing
from web.permissions import Permission, may, requires
from web.templating import day, hour, level_name
from web.week.area import read_date

EVERY = _l("Tous")


@blueprint.get("/rapports/<first_day>/<last_day>/presences")
@requires(Permission.VIEW_REPORTS)
def counted_attendances(first_day: str, last_day: str) -> Any:
    """List the attendances that a figure counts."""
    rows, chosen = _counted(first_day, last_day)
    return _answer(
        rows,
        chosen,
        name="presences",
        title=_("Présences et absences"),
        columns=_attendance_columns(),
        search=lambda row: f"{_person_text(row)} {row.activity} {row.site}",
        sort="quand",
    )


@blueprint.get("/rapports/<first_day>/<last_day>/personnes")
@requires(Permission.VIEW_REPORTS)
def counted_people(first_day: str, last_day: str) -> Any:
    """List the people that a figure counts: those who were there at least once."""
    rows, chosen = _counted(first_day, last_day)
    people = at_levels(
        db.session(),
        g.centre,
        _period(first_day, last_day),
        [total for total in by_person(chosen) if total.presences],
        spoken=_levels("oral"),
        written=_levels("ecrit"),
    )
    return _answer(
        rows,
        people,
        more=[_level_filter("oral", _l("Niveau oral")), _level_filter("ecrit", _l("Niveau écrit"))],
        name="personnes",
        title=_("Personnes venues"),
        columns=_people_columns(),
        search=_person_text,
        sort="personne",
    )


@blueprint.get("/rapports/<first_day>/<last_day>/seances")
@requires(Permission.VIEW_REPORTS)
def counted_sessions(first_day: str, last_day: str) -> Any:
    """List the sessions that a figure counts."""
    rows, chosen = _counted(first_day, last_day)
    return _answer(
        rows,
        by_session(chosen),
        name="seances",
        title=_("Séances tenues"),
        columns=_session_columns(),
        search=lambda row: f"{row.activity} {row.site}",
        sort="quand",
    )


def _counted(first_day: str, last_day: str) -> tuple[list[AttendanceRow], list[AttendanceRow]]:
    """Return all rows of the period and programme, which give the choices, and those chosen."""
    period = _period(first_day, last_day)
    programme = _number("programme")
    rows = attendance_rows(db.session(), g.centre, period, Selection(programme_id=programme))
    selection = _selection()
    return rows, [row for row in rows if selection.keeps(row)]


def _period(first_day: str, last_day: str) -> Period:
    first, last = read_date(first_day), read_date(last_day)
    if first is None or last is None or first > last:
        abort(404)
    return Period(first, last)


def _levels(key: str) -> tuple[int, int] | None:
    """Return the levels at the start and at the end that the address asks for, such as ``1-2``."""
    before, _dash, after = request.args.get(key, "").partition("-")
    known = {str(level) for level in range(len(LEVELS))}
    return (int(before), int(after)) if before in known and after in known else None


def _level_filter(key: str, label: Any) -> Filter:
    """Return a filter of steps; those that a report counts lead here, so any step can be chosen."""
    levels = range(len(LEVELS))
    steps = [(f"{a}-{b}", f"{level_name(a)} → {level_name(b)}") for a in levels for b in levels if b >= a]
    chosen = request.args.get(key, "")
    if _levels(key) and chosen not in dict(steps):
        a, b = chosen.split("-")
        steps.append((chosen, f"{level_name(int(a))} → {level_name(int(b))}"))
    return Filter(key=key, label=label, choices=[("", EVERY), *steps], test=lambda _row, _value: True)


def _selection() -> Selection:
    absence = request.args.get("etat", "")
    nationality = request.args.get("nationalite", "")
    first_time = request.args.get("premiere", "")
    return Selection(
        programme_id=_number("programme"),
        kind=request.args.get("sorte") or None,
        activity_id=_number("activite"),
        site_id=_number("site"),
        weekday=_number("jour"),
        reason_id=_number("raison"),
        counts_as=Absence(absence) if absence in set(Absence) else None,
        absent=True if absence == "absent" else None,
        nationality=Nationality(nationality) if nationality in set(Nationality) else None,
        first_time={"oui": True, "non": False}.get(first_time),
    )


def _number(key: str) -> int | None:
    text = request.args.get(key, "")
    return int(text) if text.isdecimal() and len(text) < 10 else None


def _answer(
    rows: Sequence[AttendanceRow],
    found: Sequence[Any],
    *,
    title: str,
    more: Sequence[Filter] = (),
    **parts: Any,
) -> Any:
    return listing.answer(
        Listing(
            rows=found,
            filters=[*_filters(rows), *more],
            may_export=may(Permission.VIEW_REPORTS),
            search_label=_("Chercher dans ces lignes"),
            empty=_("Rien n'a été marqué pendant cette période."),
            **parts,
        ),
        "followup/counted.html",
        title=title,
        minutes=sum(row.minutes for row in found),
        first_day=read_date((request.view_args or {})["first_day"]),
        last_day=read_date((request.view_args or {})["last_day"]),
    )


def _filters(rows: Sequence[AttendanceRow]) -> list[Filter]:
    """Return the filters of the address; the rows have passed them already."""

    def choice(key: str, label: Any, choices: Sequence[tuple[Any, Any]], every: Any = EVERY) -> Filter:
        return Filter(
            key=key,
            label=label,
            choices=[("", every), *((str(value), name) for value, name in choices)],
            test=lambda _row, _value: True,
        )

    def known(pairs: set[tuple[Any, str]]) -> list[tuple[Any, str]]:
        return sorted(pairs, key=lambda pair: pair[1])

    reasons = known({(row.reason_id, row.reason) for row in rows if row.reason_id})
    return [
        choice("programme", _l("Programme"), known({(row.programme_id, row.programme) for row in rows})),
        choice(
            "sorte", _l("Sorte"), known({(kind, kind_name(kind)) for kind in ACTIVITY_KINDS}), _l("Toutes")
        ),
        choice(
            "activite", _l("Activité"), known({(row.activity_id, row.activity) for row in rows}), _l("Toutes")
        ),
        choice("site", _l("Site"), known({(row.site_id, row.site) for row in rows})),
        choice("jour", _l("Jour"), list(enumerate(weekdays()))),
        choice(
            "etat",
            _l("Présence"),
            [
                *((each.value, label) for each, label in ABSENCES.items()),
                ("absent", _l("Toutes les absences")),
            ],
            _l("Toutes"),
        ),
        choice("raison", _l("Raison"), [(0, _l("Sans raison")), *reasons], _l("Toutes")),
        choice(
            "nationalite",
            _l("Nationalité"),
            [(each.value, label) for each, label in NATIONALITIES.items()],
            _l("Toutes"),
        ),
        choice(
            "premiere",
            _l("Première venue"),
            [("oui", _l("Dans la période")), ("non", _l("Avant"))],
            _l("Toutes"),
        ),
    ]


def _person_text(row: Any) -> str:
    if may(Permission.VIEW_PEOPLE):
        return f"{row.person} {row.reference or ''}".strip()
    return row.reference or _("personne %(number)s", number=row.participant_id)


def _person_name(row: Any) -> str:
    return row.person if may(Permission.VIEW_PEOPLE) else _person_text(row)


def _person_cell(row: Any) -> Any:
    if not may(Permission.VIEW_PEOPLE):
        return _person_text(row)
    return link(url_for("followup.person", person_id=row.participant_id), row.person)


def _person_column() -> Column:
    return Column(
        key="personne",
        label=_l("Personne"),
        value=_person_name,
        cell=_person_cell,
        sort=lambda row: (
            f"{row.last_name} {row.first_name}" if may(Permission.VIEW_PEOPLE) else _person_text(row)
        ),
        heading=True,
    )


def _when() -> Column:
    return Column(
        key="quand",
        label=_l("Quand"),
        value=lambda row: row.starts_at,
        cell=lambda row: f"{day(row.starts_at, 'EEE d MMM yyyy')} {hour(row.starts_at)}",
    )


def _minutes() -> Column:
    return Column(
        key="minutes",
        label=_l("Minutes suivies"),
        value=lambda row: row.minutes,
        cell=lambda row: hours(row.minutes),
        numeric=True,
    )


def _counts() -> list[Column]:
    return [
        Column(key="presents", label=_l("Présences"), value=lambda row: row.presences, numeric=True),
        Column(key="excuses", label=_l("Excusés"), value=lambda row: row.excused, numeric=True),
        Column(key="absents", label=_l("Absents sans excuse"), value=lambda row: row.missed, numeric=True),
        _minutes(),
    ]


def _nationality() -> Column:
    return Column(
        key="nationalite",
        label=_l("Nationalité"),
        value=lambda row: str(NATIONALITIES[row.nationality]),
        exported_only=True,
    )


def _attendance_columns() -> list[Column]:
    return [
        _person_column(),
        _when(),
        Column(key="activite", label=_l("Activité"), value=lambda row: row.activity),
        Column(key="programme", label=_l("Programme"), value=lambda row: row.programme),
        Column(key="site", label=_l("Site"), value=lambda row: row.site),
        Column(
            key="etat",
            label=_l("Présence"),
            value=lambda row: str(ABSENCES[row.counts_as]),
            cell=lambda row: state_badge(row.state),
        ),
        Column(key="raison", label=_l("Raison"), value=lambda row: row.reason),
        _minutes(),
        _nationality(),
        Column(
            key="premiere",
            label=_l("Première venue dans la période"),
            value=lambda row: row.first_time,
            exported_only=True,
        ),
    ]


def _people_columns() -> list[Column]:
    return [
        _person_column(),
        *_counts(),
        Column(key="premiere", label=_l("Première venue"), value=lambda row: row.first_time),
        _nationality(),
    ]


def _session_columns() -> list[Column]:
    return [
        Column(key="activite", label=_l("Activité"), value=lambda row: row.activity, heading=True),
        _when(),
        Column(key="programme", label=_l("Programme"), value=lambda row: row.programme),
        Column(key="site", label=_l("Site"), value=lambda row: row.site),
        *_counts(),
    ]

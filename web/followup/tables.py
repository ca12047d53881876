"""A report as plain tables, for files."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask_babel import gettext as _

from scheduler.reports.figures import LevelStep, Part, Report
from web.followup.words import NATIONALITIES, kind_name
from web.labels import weekdays
from web.templating import level_name

#: Title, headings and rows.
Table = tuple[str, Sequence[str], Sequence[Sequence[Any]]]


def report_tables(report: Report, programmes: Mapping[str, str]) -> list[Table]:
    """Return every figure of a report; minutes stay minutes, so that sums are exact."""
    days = weekdays()
    tables: list[Table] = [
        (_("Résumé"), [_("Chiffre"), _("Valeur")], _summary(report, programmes)),
        _parts(_("Programmes"), report.programmes, lambda part: part.name),
        _parts(_("Sortes d'activités"), report.kinds, lambda part: kind_name(part.key)),
        _parts(_("Activités"), report.activities, lambda part: part.name),
        _parts(_("Jours"), report.weekdays, lambda part: days[part.key], with_people=False),
        _parts(_("Sites"), report.sites, lambda part: part.name),
        (
            _("Raisons"),
            [_("Raison"), *days, _("Total")],
            [
                [
                    part.name or _("Sans raison"),
                    *(report.reasons_by_weekday.get((part.key, number), 0) for number in range(7)),
                    part.absences,
                ]
                for part in report.reasons
            ],
        ),
        (
            _("Nationalités"),
            [_("Groupe"), _("Personnes"), _("Présences"), _("Minutes")],
            [
                [str(NATIONALITIES[part.key]), part.people, part.presences, part.minutes]
                for part in report.nationalities
            ],
        ),
        _levels(_("Niveau oral"), report.spoken),
        _levels(_("Niveau écrit"), report.written),
    ]
    return tables


def _summary(report: Report, programmes: Mapping[str, str]) -> list[list[Any]]:
    total = report.total
    rows: list[list[Any]] = [
        [_("Premier jour"), report.period.first_day],
        [_("Dernier jour"), report.period.last_day],
        [_("Programme"), programmes.get(str(report.programme_id), _("Tous"))],
        [_("Personnes venues"), total.people],
        [_("Venues pour la première fois"), report.first_timers],
        [_("Séances tenues"), total.sessions],
        [_("Minutes suivies"), total.minutes],
        [_("Présences"), total.presences],
        [_("Absences excusées"), total.excused],
        [_("Absences sans excuse"), total.missed],
    ]
    if report.allocation is not None:
        rows += [
            [_("Clé de répartition, en %"), report.allocation.percent],
            [_("Minutes hors UE selon la clé"), report.allocation.non_eu_minutes],
            [_("Autres minutes selon la clé"), report.allocation.other_minutes],
        ]
    return rows


def _parts(
    title: str, parts: Sequence[Part], name: Callable[[Part], str], *, with_people: bool = True
) -> Table:
    figures: list[tuple[str, Callable[[Part], int]]] = [
        (_("Séances"), lambda part: part.sessions),
        (_("Présences"), lambda part: part.presences),
        (_("Excusés"), lambda part: part.excused),
        (_("Absents sans excuse"), lambda part: part.missed),
        (_("Minutes"), lambda part: part.minutes),
    ]
    if with_people:
        figures.insert(0, (_("Personnes"), lambda part: part.people))
    rows = [[name(part), *(figure(part) for _heading, figure in figures)] for part in parts]
    return title, [title, *(heading for heading, _figure in figures)], rows


def _levels(title: str, steps: Sequence[LevelStep]) -> Table:
    return (
        title,
        [_("Au début"), _("À la fin"), _("Personnes")],
        [[level_name(step.before), level_name(step.after), step.people] for step in steps],
    )

"""Before and after of a row, field by field, in words."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from scheduler.message import N_, Message
from scheduler.models import EnrolmentStatus
from scheduler.roster_import.directory import Directory
from scheduler.roster_import.fields import BY_KEY
from scheduler.roster_import.languages import language_name
from scheduler.roster_import.people import EnrolmentState, Person
from scheduler.roster_import.preview import Coded, FieldChange, Shown
from scheduler.roster_import.roster_row import BUSY_LABELS
from scheduler.roster_import.weekly_hours import WeeklyTime, as_text
from solver.problem import LEVELS

if TYPE_CHECKING:
    from scheduler.roster_import.roster import RosterStep

_FIELD_OF = {
    "referent_id": "referent",
    "site_ids": "sites",
    "preferred_site_ids": "preferred_sites",
}
_STATUS_NAMES = {
    EnrolmentStatus.WAITING: N_("en attente"),
    EnrolmentStatus.TRIAL: N_("à l'essai"),
    EnrolmentStatus.ACTIVE: N_("en cours"),
    EnrolmentStatus.PAUSED: N_("en pause"),
    EnrolmentStatus.ENDED: N_("terminé"),
}


def describe(directory: Directory, person: Person, step: RosterStep) -> list[FieldChange]:
    """Every value that the step changes; empty when it changes nothing."""
    changes = [
        FieldChange(
            _label(name), _shown(directory, name, person.values.get(name)), _shown(directory, name, value)
        )
        for name, value in step.values.items()
        if not _same(name, person.values.get(name), value)
    ]
    if step.enrolment is not None:
        programme_id, state = step.enrolment
        changes.append(
            FieldChange(
                N_("Programme « %(name)s »", name=directory.programmes[programme_id].name),
                _enrolment(directory, programme_id, person.enrolments.get(programme_id)),
                _enrolment(directory, programme_id, state),
            )
        )
    changes.extend(
        FieldChange(
            N_("Cours de langue"),
            "",
            f"{directory.courses[course_id].school} – {directory.courses[course_id].name}",
        )
        for course_id in sorted(step.course_ids - person.course_ids)
    )
    keys = {label: key for key, label in BUSY_LABELS.items()}
    changes.extend(
        FieldChange(BY_KEY[keys[label]].label, _hours(person.busy.get(label, frozenset())), _hours(times))
        for label, times in step.busy.items()
        if person.busy.get(label, frozenset()) != times
    )
    return changes


def _hours(times: frozenset[WeeklyTime]) -> Coded:
    return Coded("hours", sorted(times), as_text(times))


def _label(name: str) -> Message:
    return N_("Langues") if name == "languages" else BY_KEY[_FIELD_OF.get(name, name)].label


def _same(name: str, old: Any, new: Any) -> bool:
    # Not known and no are one thing for every field but this one, where reports tell them apart.
    return old is new if name == "eu_national" else (old or None) == (new or None)


def _enrolment(directory: Directory, programme_id: int, state: EnrolmentState | None) -> Shown:
    if state is None:
        return ""
    phase = next(
        (each.name for each in directory.programmes[programme_id].phases if each.id == state.phase_id), ""
    )
    parts = {"status": _STATUS_NAMES[state.status], "date": f"{state.starts_on:%d/%m/%Y}", "phase": phase}
    return (
        N_("%(status)s depuis le %(date)s, %(phase)s", **parts)
        if phase
        else N_("%(status)s depuis le %(date)s", **parts)
    )


def _named(directory: Directory, name: str, value: Any) -> str:
    if name in ("site_ids", "preferred_site_ids"):
        return directory.site_names.get(value, "")
    return directory.activity_names.get(value, str(value))


def _shown(directory: Directory, name: str, value: Any) -> Shown:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return N_("oui") if value else N_("non")
    if isinstance(value, date):
        return f"{value:%d/%m/%Y}"
    if name in ("level_spoken", "level_written"):
        return LEVELS[value]
    if name == "message_language":
        return Coded("languages", [value], language_name(value))
    if name == "languages":
        return Coded("languages", value, ", ".join(language_name(each) for each in value))
    if name == "phone":
        return Coded("phone", value, value)
    if name == "referent_id":
        return directory.staff_names.get(value, "")
    if isinstance(value, list):
        return ", ".join(_named(directory, name, each) for each in value)
    return str(value)

"""What a version changes, in words: session by session and person by person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from scheduler.changes import ChangeKind, PersonChange, PlanChanges, SessionChange
from scheduler.names import Names, load_names
from scheduler.session_state import SessionState
from web.extensions import db
from web.permissions import Permission, may
from web.templating import day, hour
from web.wording.facts import listed

KIND_WORDS: Mapping[ChangeKind, tuple[str, Any]] = {
    ChangeKind.ADDED: ("plus-circle", _l("nouvelle")),
    ChangeKind.CANCELLED: ("x-circle", _l("annulée")),
    ChangeKind.WITHDRAWN: ("dash-circle", _l("retirée")),
    ChangeKind.MOVED: ("arrow-right-circle", _l("déplacée")),
    ChangeKind.PLACE: ("geo-alt", _l("autre lieu")),
    ChangeKind.LEADERS: ("person-badge", _l("autre animation")),
    ChangeKind.PEOPLE: ("people", _l("autres inscrits")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedSession:
    """A session that is not as it was, in words."""

    title: str
    was: str
    is_: str
    kinds: list[tuple[str, Any]]
    people_in: str
    people_out: str


@dataclass(slots=True)
class ChangedPerson:
    """Somebody whose week is not as it was."""

    name: str
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeWords:
    """All that a version changes; ``more_*`` count what is left out of the lists."""

    sessions: list[ChangedSession]
    more_sessions: int
    people: list[ChangedPerson]
    more_people: int
    staff: list[ChangedPerson]
    session_count: int
    person_count: int
    staff_count: int
    by_kind: list[tuple[str, Any, int]]

    @property
    def nothing(self) -> bool:
        """Whether the version says just what was said before."""
        return self.session_count == 0


def change_words(changes: PlanChanges, most: int) -> ChangeWords:
    """Put changes into words, with at most so many sessions and people listed."""
    sessions = changes.sessions[:most]
    people = list(dict.fromkeys(change.person_id for change in changes.people))[:most]
    named = {*people, *(p for change in sessions for p in (*change.people_in, *change.people_out))}
    seen = may(Permission.VIEW_PEOPLE)
    names = load_names(db.session(), named if seen else ())
    counts = {kind: sum(kind in change.kinds for change in changes.sessions) for kind in KIND_WORDS}
    return ChangeWords(
        sessions=[_session(names, change, seen) for change in sessions],
        more_sessions=len(changes.sessions) - len(sessions),
        people=_by_person(names, changes.people, set(people), names.participants) if seen else [],
        more_people=len(changes.participant_ids) - (len(people) if seen else 0),
        staff=_by_person(names, changes.staff, set(changes.staff_ids), names.staff),
        session_count=len(changes.sessions),
        person_count=len(changes.participant_ids),
        staff_count=len(changes.staff_ids),
        by_kind=[(*KIND_WORDS[kind], count) for kind, count in counts.items() if count],
    )


def _session(names: Names, change: SessionChange, seen: bool) -> ChangedSession:
    before, after = change.before, change.after
    held_before = before if before is not None and before.held else None
    held_after = after if after is not None and after.held else None
    return ChangedSession(
        title=names.activities.get(change.either.activity_id, "–"),
        was=_place(names, held_before) if held_before else "",
        is_=_place(names, held_after) if held_after else "",
        kinds=[KIND_WORDS[kind] for kind in change.kinds],
        people_in=_people(names, change.people_in, seen),
        people_out=_people(names, change.people_out, seen),
    )


def _people(names: Names, ids: tuple[int, ...], seen: bool) -> str:
    if not ids:
        return ""
    if not seen:
        return ngettext("%(num)s personne", "%(num)s personnes", len(ids))
    return listed([names.participants.get(number, "–") for number in ids], 8)


def _by_person(
    names: Names, changes: tuple[PersonChange, ...], wanted: set[int], called: Mapping[int, str]
) -> list[ChangedPerson]:
    found: dict[int, ChangedPerson] = {}
    for change in changes:
        if change.person_id in wanted:
            person = found.setdefault(change.person_id, ChangedPerson(called.get(change.person_id, "–")))
            person.lines.append(_line(names, change))
    return sorted(found.values(), key=lambda person: person.name)


def _line(names: Names, change: PersonChange) -> str:
    state = change.after or change.before
    assert state is not None
    title = names.activities.get(state.activity_id, "–")
    if ChangeKind.ADDED in change.kinds:
        return f"+ {title}, {_place(names, state)}"
    if {ChangeKind.CANCELLED, ChangeKind.WITHDRAWN} & set(change.kinds):
        before = change.before or state
        return f"– {title}, {_place(names, before)}"
    assert change.before is not None
    return _(
        "%(title)s : %(was)s → %(place)s",
        title=title,
        was=_place(names, change.before),
        place=_place(names, state),
    )


def _place(names: Names, state: SessionState) -> str:
    where = names.rooms.get(state.room_id or 0) or names.sites.get(state.site_id, "–")
    return f"{day(state.starts_at)} {hour(state.starts_at)}, {where}"

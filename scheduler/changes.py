"""What is different between a draft and what is in force: by session, and by person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from scheduler.in_force import states_in_force
from scheduler.models import Centre, GroupSession, Plan
from scheduler.session_state import SessionState, load_states


class ChangeKind(StrEnum):
    """What happened to a session; for a person, ``ADDED`` and ``CANCELLED`` are theirs alone.

    ``WITHDRAWN`` is a session that the new plan does without, ``CANCELLED`` one that a person
    cancelled. ``PEOPLE`` says that others come than before.
    """

    ADDED = "added"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    MOVED = "moved"
    PLACE = "place"
    LEADERS = "leaders"
    PEOPLE = "people"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionChange:
    """A session that is not as it was; ``people_in`` and ``people_out`` are ids of participants."""

    uid: str
    kinds: tuple[ChangeKind, ...]
    before: SessionState | None
    after: SessionState | None
    people_in: tuple[int, ...] = ()
    people_out: tuple[int, ...] = ()

    @property
    def either(self) -> SessionState:
        """The session as it is, or as it was if it is no more."""
        state = self.after or self.before
        assert state is not None
        return state


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChange:
    """One session of one person that is not as it was.

    ``kinds`` are the person's: somebody who is no longer expected in a session that takes place
    finds it ``WITHDRAWN``; somebody new in it finds it ``ADDED``.
    """

    person_id: int
    uid: str
    kinds: tuple[ChangeKind, ...]
    before: SessionState | None
    after: SessionState | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChanges:
    """All changes, in order of time; ``people`` by participant, ``staff`` by staff member."""

    sessions: tuple[SessionChange, ...]
    people: tuple[PersonChange, ...]
    staff: tuple[PersonChange, ...]

    @property
    def participant_ids(self) -> tuple[int, ...]:
        """Ids of the participants whose week changes."""
        return tuple(sorted({change.person_id for change in self.people}))

    @property
    def staff_ids(self) -> tuple[int, ...]:
        """Ids of the staff whose week changes."""
        return tuple(sorted({change.person_id for change in self.staff}))


def changes_of(session: Session, centre: Centre, plan: Plan) -> PlanChanges:
    """Return what a draft changes, or what a version changed when it was published."""
    before = states_in_force(session, centre.id, plan.first_day, plan.last_day, before=plan.publication)
    ours = GroupSession.centre_id == centre.id
    return compare(before.values(), load_states(session, ours, GroupSession.plan_id == plan.id))


def compare(
    before: Iterable[SessionState], after: Iterable[SessionState], *, since: datetime | None = None
) -> PlanChanges:
    """Compare the sessions of two versions by their ``uid``.

    Parameters
    ----------
    since : datetime, optional
        Leave out sessions that had begun by then in both versions.
    """
    old, new = _by_uid(before), _by_uid(after)
    found = []
    for uid in sorted(old.keys() | new.keys()):
        change = _change(uid, old.get(uid), new.get(uid))
        if change is not None and (since is None or _upcoming(change, since)):
            found.append(change)
    found.sort(key=lambda change: (change.either.starts_at, change.uid))
    return PlanChanges(
        sessions=tuple(found),
        people=_personal(found, lambda state: set(state.attendees)),
        staff=_personal(found, lambda state: {staff for _, staff in state.leaders}),
    )


def _by_uid(states: Iterable[SessionState]) -> Mapping[str, SessionState]:
    return {state.uid: state for state in states}


def _upcoming(change: SessionChange, since: datetime) -> bool:
    return any(state is not None and state.starts_at > since for state in (change.before, change.after))


def _change(uid: str, before: SessionState | None, after: SessionState | None) -> SessionChange | None:
    was, is_ = before is not None and before.held, after is not None and after.held
    if not was and not is_:
        return None
    if before is None or not was:
        assert after is not None
        kinds: tuple[ChangeKind, ...] = (ChangeKind.ADDED,)
        return SessionChange(
            uid=uid, kinds=kinds, before=before, after=after, people_in=tuple(sorted(after.attendees))
        )
    if after is None or not is_:
        gone = after is None or after.withdrawn
        kinds = (ChangeKind.WITHDRAWN if gone else ChangeKind.CANCELLED,)
        out = tuple(sorted(before.attendees))
        return SessionChange(uid=uid, kinds=kinds, before=before, after=after, people_out=out)
    kinds = tuple(_kinds(before, after))
    people_in, people_out = after.attendees - before.attendees, before.attendees - after.attendees
    if people_in or people_out:
        kinds += (ChangeKind.PEOPLE,)
    if not kinds:
        return None
    return SessionChange(
        uid=uid,
        kinds=kinds,
        before=before,
        after=after,
        people_in=tuple(sorted(people_in)),
        people_out=tuple(sorted(people_out)),
    )


def _kinds(before: SessionState, after: SessionState) -> Iterable[ChangeKind]:
    if (before.starts_at, before.ends_at) != (after.starts_at, after.ends_at):
        yield ChangeKind.MOVED
    if (before.site_id, before.room_id) != (after.site_id, after.room_id):
        yield ChangeKind.PLACE
    if set(before.leaders) != set(after.leaders):
        yield ChangeKind.LEADERS


def _personal(
    changes: Iterable[SessionChange], who: Callable[[SessionState], set[int]]
) -> tuple[PersonChange, ...]:
    """Return the changes as each person finds them, by person and then in order of time."""
    found: dict[int, list[PersonChange]] = defaultdict(list)
    for change in changes:
        before, after = change.before, change.after
        was = who(before) if before is not None and before.held else set()
        is_ = who(after) if after is not None and after.held else set()
        for person in sorted(was | is_):
            if person not in was:
                kinds: tuple[ChangeKind, ...] = (ChangeKind.ADDED,)
            elif person not in is_:
                cancelled = ChangeKind.CANCELLED in change.kinds
                kinds = (ChangeKind.CANCELLED if cancelled else ChangeKind.WITHDRAWN,)
            else:
                kinds = tuple(kind for kind in change.kinds if kind != ChangeKind.PEOPLE)
            if kinds:
                found[person].append(
                    PersonChange(person_id=person, uid=change.uid, kinds=kinds, before=before, after=after)
                )
    return tuple(change for person in sorted(found) for change in found[person])

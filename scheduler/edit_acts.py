"""What a coordinator can do to a session of a draft, each act as data."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import ClassVar, Protocol
from uuid import uuid4
from zoneinfo import ZoneInfo

from scheduler.errors import InvalidInputError, NotFoundError
from scheduler.message import N_
from scheduler.models import Activity
from scheduler.session_state import Expected, SessionState
from scheduler.timegrid import session_times


@dataclass(frozen=True, slots=True)
class Scene:
    """What an act is played on: the sessions of a version, and the facts to read it by."""

    states: Mapping[str, SessionState]
    activities: Mapping[int, Activity]
    zone: ZoneInfo
    now: datetime

    def session(self, uid: str) -> SessionState:
        """Return a session that can still be changed.

        Raises
        ------
        NotFoundError
            If the version has no such session.
        InvalidInputError
            If it has begun.
        """
        if uid not in self.states:
            raise NotFoundError(f"session {uid}")
        state = self.states[uid]
        if state.starts_at <= self.now:
            raise InvalidInputError(N_("Cette séance a déjà commencé : elle ne peut plus être modifiée."))
        return state

    def held(self, uid: str) -> SessionState:
        """Return a session that can still be changed and is not cancelled."""
        state = self.session(uid)
        if not state.held:
            raise InvalidInputError(N_("Cette séance est annulée : rétablissez-la d'abord."))
        return state

    def activity(self, activity_id: int) -> Activity:
        """Return an activity of the centre."""
        if activity_id not in self.activities:
            raise NotFoundError(f"activity {activity_id}")
        return self.activities[activity_id]

    def times(self, activity_id: int, day: date, starts: time) -> tuple[datetime, datetime]:
        """Return when a session of an activity starts and ends, refusing the past."""
        minutes = self.activity(activity_id).duration_minutes
        starts_at, ends_at = session_times(day, starts, minutes, self.zone)
        if starts_at <= self.now:
            raise InvalidInputError(N_("Cette heure est déjà passée."), "starts")
        return starts_at, ends_at


class Act(Protocol):
    """One change to one session."""

    name: ClassVar[str]

    def play(self, scene: Scene) -> SessionState:
        """Return the session as the act leaves it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveSession:
    """Hold a session at another time, and in another place where one is given.

    It stays there when the plan is made again.
    """

    name: ClassVar[str] = "move"
    uid: str
    day: date
    starts: time
    site_id: int | None = None
    room_id: int | None = None

    def play(self, scene: Scene) -> SessionState:
        state = scene.held(self.uid)
        starts_at, ends_at = scene.times(state.activity_id, self.day, self.starts)
        moved = replace(state, day=self.day, starts_at=starts_at, ends_at=ends_at, locked=True)
        if self.site_id is None:
            return moved
        return replace(moved, site_id=self.site_id, room_id=self.room_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddSession:
    """Hold one more session of an activity; it stays when the plan is made again."""

    name: ClassVar[str] = "add"
    activity_id: int
    cohort_id: int | None = None
    day: date
    starts: time
    site_id: int
    room_id: int | None = None
    language: str | None = None
    leaders: tuple[tuple[str, int], ...] = ()
    people: tuple[int, ...] = ()

    def play(self, scene: Scene) -> SessionState:
        activity = scene.activity(self.activity_id)
        starts_at, ends_at = scene.times(self.activity_id, self.day, self.starts)
        state = SessionState(
            uid=str(uuid4()),
            activity_id=self.activity_id,
            cohort_id=self.cohort_id,
            individual=activity.individual,
            day=self.day,
            starts_at=starts_at,
            ends_at=ends_at,
            site_id=self.site_id,
            room_id=self.room_id,
            language=self.language,
            leaders=tuple(sorted(self.leaders)),
            locked=True,
            changed_at=scene.now,
        )
        for person in self.people:
            state = with_person(state, activity, person)
        return state


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelSession:
    """Cancel a session; those expected stay on it, since they must be told."""

    name: ClassVar[str] = "cancel"
    uid: str
    reason: str = ""

    def play(self, scene: Scene) -> SessionState:
        state = scene.held(self.uid)
        return replace(
            state, cancelled_at=scene.now, cancel_reason=self.reason.strip()[:200], withdrawn=False
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreSession:
    """Hold a cancelled session after all."""

    name: ClassVar[str] = "restore"
    uid: str

    def play(self, scene: Scene) -> SessionState:
        state = scene.session(self.uid)
        if state.held:
            raise InvalidInputError(N_("Cette séance n'est pas annulée."))
        return replace(state, cancelled_at=None, cancel_reason="", withdrawn=False, locked=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class LockSession:
    """Keep a session where it is when the plan is made again, or no longer."""

    name: ClassVar[str] = "lock"
    uid: str
    locked: bool = True

    def play(self, scene: Scene) -> SessionState:
        return replace(scene.held(self.uid), locked=self.locked)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePlace:
    """Hold a session at another site or in another room; it stays there."""

    name: ClassVar[str] = "place"
    uid: str
    site_id: int
    room_id: int | None = None

    def play(self, scene: Scene) -> SessionState:
        return replace(scene.held(self.uid), site_id=self.site_id, room_id=self.room_id, locked=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeLeaders:
    """Have a session led by others, as (role, staff id); they stay."""

    name: ClassVar[str] = "leaders"
    uid: str
    leaders: tuple[tuple[str, int], ...]

    def play(self, scene: Scene) -> SessionState:
        return replace(scene.held(self.uid), leaders=tuple(sorted(self.leaders)), locked=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPerson:
    """Expect one more person; they stay when the plan is made again."""

    name: ClassVar[str] = "add_person"
    uid: str
    participant_id: int

    def play(self, scene: Scene) -> SessionState:
        state = scene.held(self.uid)
        if self.participant_id in state.attendees:
            raise InvalidInputError(N_("Cette personne est déjà attendue à cette séance."))
        return with_person(state, scene.activity(state.activity_id), self.participant_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovePerson:
    """Expect somebody no longer; the plan does not put them back."""

    name: ClassVar[str] = "remove_person"
    uid: str
    participant_id: int

    def play(self, scene: Scene) -> SessionState:
        state = scene.held(self.uid)
        if self.participant_id not in state.attendees:
            raise InvalidInputError(N_("Cette personne n'est pas attendue à cette séance."))
        out = Expected(self.participant_id, excluded=True)
        return _with(state, out)


@dataclass(frozen=True, slots=True, kw_only=True)
class LockPerson:
    """Keep somebody in a session when the plan is made again, or no longer."""

    name: ClassVar[str] = "lock_person"
    uid: str
    participant_id: int
    locked: bool = True

    def play(self, scene: Scene) -> SessionState:
        state = scene.held(self.uid)
        for expected in state.people:
            if expected.participant_id == self.participant_id and not expected.excluded:
                return _with(state, replace(expected, locked=self.locked))
        raise InvalidInputError(N_("Cette personne n'est pas attendue à cette séance."))


def with_person(state: SessionState, activity: Activity, participant_id: int) -> SessionState:
    """Return the session with one more person locked in, in the smallest subgroup if there are any."""
    subgroup = None
    if activity.subgroup_min is not None:
        sizes = Counter(x.subgroup for x in state.people if not x.excluded and x.subgroup is not None)
        subgroup = min(sizes, key=lambda number: (sizes[number], number), default=0)
    return _with(state, Expected(participant_id, subgroup, locked=True))


def _with(state: SessionState, expected: Expected) -> SessionState:
    others = [x for x in state.people if x.participant_id != expected.participant_id]
    return replace(state, people=tuple(sorted([*others, expected], key=lambda x: x.participant_id)))

"""A session as plain data: what is copied between versions, edited, compared and undone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, insert, select
from sqlalchemy.orm import Session

from scheduler.models import Activity, Appointment, Attendance, GroupSession, Plan, SessionLeader
from scheduler.planner_ids import activity_key, participant_key, room_key, row_id, site_key, staff_key
from scheduler.timegrid import TimeGrid, session_times
from solver.problem import Leader, PlannedSession, Seat


@dataclass(frozen=True, slots=True, order=True)
class Expected:
    """Somebody expected in a session, or kept out of it."""

    participant_id: int
    subgroup: int | None = None
    locked: bool = False
    excluded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionState:
    """All that a version of the plan says of one session; ``leaders`` are (role, staff id)."""

    uid: str
    activity_id: int
    cohort_id: int | None
    individual: bool
    day: date
    starts_at: datetime
    ends_at: datetime
    site_id: int
    room_id: int | None
    language: str | None
    leaders: tuple[tuple[str, int], ...] = ()
    people: tuple[Expected, ...] = ()
    locked: bool = False
    cancelled_at: datetime | None = None
    cancel_reason: str = ""
    withdrawn: bool = False
    overrides: tuple[str, ...] = ()
    sequence: int = 0
    changed_at: datetime

    @property
    def held(self) -> bool:
        """Whether the session takes place."""
        return self.cancelled_at is None

    @property
    def attendees(self) -> frozenset[int]:
        """Ids of the participants who are to come."""
        return frozenset(x.participant_id for x in self.people if not x.excluded)

    @property
    def substance(self) -> tuple[Any, ...]:
        """What makes the session another one to those who come: a change of it is a new sequence."""
        return (
            self.activity_id,
            self.cohort_id,
            self.starts_at,
            self.ends_at,
            self.site_id,
            self.room_id,
            self.language,
            self.held,
            frozenset(self.leaders),
        )

    @property
    def key(self) -> tuple[int, int | None, int | None]:
        """What two sessions must share to be the same one at another time: activity, cohort, person."""
        alone = next(iter(self.attendees), None) if self.individual else None
        return self.activity_id, self.cohort_id, alone


#: What a stored session says in columns of its own.
_COLUMNS = (
    "uid",
    "activity_id",
    "cohort_id",
    "day",
    "starts_at",
    "ends_at",
    "site_id",
    "room_id",
    "language",
    "locked",
    "cancelled_at",
    "cancel_reason",
    "withdrawn",
    "sequence",
    "changed_at",
)


def state_of(row: GroupSession) -> SessionState:
    """Return a stored session as data; its leaders and attendances are loaded."""
    return SessionState(
        individual=isinstance(row, Appointment),
        leaders=tuple(sorted((x.role, x.staff_id) for x in row.leaders)),
        people=tuple(
            sorted(
                (Expected(x.participant_id, x.subgroup, x.locked, x.excluded) for x in row.attendances),
                key=lambda x: x.participant_id,
            )
        ),
        overrides=tuple(sorted(row.overrides)),
        **{name: getattr(row, name) for name in _COLUMNS},
    )


def load_states(session: Session, *where: ColumnElement[bool]) -> list[SessionState]:
    """Return stored sessions as data, in order of time, in three queries and without making rows of them."""
    leaders: dict[int, list[tuple[str, int]]] = defaultdict(list)
    for session_id, role, staff_id in session.execute(
        select(SessionLeader.session_id, SessionLeader.role, SessionLeader.staff_id)
        .join(GroupSession, GroupSession.id == SessionLeader.session_id)
        .where(*where)
    ):
        leaders[session_id].append((role, staff_id))
    people: dict[int, list[Expected]] = defaultdict(list)
    for session_id, person, subgroup, locked, excluded in session.execute(
        select(
            Attendance.session_id,
            Attendance.participant_id,
            Attendance.subgroup,
            Attendance.locked,
            Attendance.excluded,
        )
        .join(GroupSession, GroupSession.id == Attendance.session_id)
        .where(*where)
        .order_by(Attendance.participant_id)
    ):
        people[session_id].append(Expected(person, subgroup, locked, excluded))
    query = (
        select(
            GroupSession.id,
            GroupSession.kind,
            GroupSession.overrides,
            *(getattr(GroupSession, name) for name in _COLUMNS),
        )
        .where(*where)
        .order_by(GroupSession.starts_at, GroupSession.id)
    )
    return [
        SessionState(
            individual=kind == Appointment.__mapper__.polymorphic_identity,
            leaders=tuple(sorted(leaders[number])),
            people=tuple(people[number]),
            overrides=tuple(sorted(overrides)),
            **dict(zip(_COLUMNS, values, strict=True)),
        )
        for number, kind, overrides, *values in session.execute(query)
    ]


def new_row(state: SessionState, plan: Plan) -> GroupSession:
    """Return a session of a version, not yet added to a database session."""
    row = (Appointment if state.individual else GroupSession)(
        centre_id=plan.centre_id, plan_id=plan.id, uid=state.uid
    )
    write_state(row, state)
    return row


def insert_states(session: Session, plan: Plan, states: Iterable[SessionState]) -> None:
    """Store sessions of a version that has none yet, in four statements and without making rows of them."""
    states, centre_id = list(states), plan.centre_id
    if not states:
        return
    connection = session.connection()
    rows = [
        {
            "centre_id": centre_id,
            "plan_id": plan.id,
            "kind": (Appointment if state.individual else GroupSession).__mapper__.polymorphic_identity,
            "overrides": list(state.overrides),
            **{name: getattr(state, name) for name in _COLUMNS},
        }
        for state in states
    ]
    connection.execute(insert(GroupSession), rows)
    stored = select(GroupSession.uid, GroupSession.id).where(GroupSession.plan_id == plan.id)
    ids = dict(connection.execute(stored).all())
    leaders = [
        {"centre_id": centre_id, "session_id": ids[state.uid], "role": role, "staff_id": staff_id}
        for state in states
        for role, staff_id in state.leaders
    ]
    people = [
        {
            "centre_id": centre_id,
            "session_id": ids[state.uid],
            "participant_id": expected.participant_id,
            "subgroup": expected.subgroup,
            "locked": expected.locked,
            "excluded": expected.excluded,
        }
        for state in states
        for expected in state.people
    ]
    for model, columns in ((SessionLeader, leaders), (Attendance, people)):
        if columns:
            connection.execute(insert(model), columns)


def write_state(row: GroupSession, state: SessionState) -> None:
    """Make a stored session say what the data says; rows that stay the same are kept."""
    for name in _COLUMNS:
        if getattr(row, name) != getattr(state, name):
            setattr(row, name, getattr(state, name))
    if row.overrides is None or tuple(sorted(row.overrides)) != state.overrides:
        row.overrides = list(state.overrides)
    _write_leaders(row, state)
    _write_people(row, state)


def _write_leaders(row: GroupSession, state: SessionState) -> None:
    wanted = set(state.leaders)
    for leader in list(row.leaders):
        if (leader.role, leader.staff_id) in wanted:
            wanted.remove((leader.role, leader.staff_id))
        else:
            row.leaders.remove(leader)
    for role, staff_id in sorted(wanted):
        row.leaders.append(SessionLeader(centre_id=row.centre_id, role=role, staff_id=staff_id))


def _write_people(row: GroupSession, state: SessionState) -> None:
    wanted = {x.participant_id: x for x in state.people}
    for seat in list(row.attendances):
        expected = wanted.pop(seat.participant_id, None)
        if expected is None:
            row.attendances.remove(seat)
            continue
        seat.subgroup, seat.locked, seat.excluded = expected.subgroup, expected.locked, expected.excluded
    for expected in wanted.values():
        row.attendances.append(Attendance(centre_id=row.centre_id, **asdict(expected)))


def from_planned(
    planned: PlannedSession,
    activity: Activity,
    grid: TimeGrid,
    *,
    uid: str,
    now: datetime,
    cohort_id: int | None,
    before: SessionState | None = None,
) -> SessionState:
    """Return a session of the planner as data.

    Parameters
    ----------
    before : SessionState, optional
        The same session as it was: its locks and overrides stay, as do people kept out of it.
    """
    day, starts = grid.wall_of(planned.start)
    starts_at, ends_at = session_times(day, starts, activity.duration_minutes, grid.zone)
    known = {x.participant_id: x for x in before.people} if before else {}
    people = []
    for seat in planned.attendees:
        person = row_id(seat.participant)
        old = known.get(person)
        locked = old is not None and old.locked and not old.excluded
        people.append(Expected(person, seat.subgroup, locked=locked))
    present = {x.participant_id for x in people}
    people += [x for x in known.values() if x.excluded and x.participant_id not in present]
    return SessionState(
        uid=uid,
        activity_id=activity.id,
        cohort_id=cohort_id,
        individual=activity.individual,
        day=day,
        starts_at=starts_at,
        ends_at=ends_at,
        site_id=row_id(planned.site),
        room_id=None if planned.room is None else row_id(planned.room),
        language=planned.language,
        leaders=tuple(sorted((x.role, row_id(x.staff)) for x in planned.leaders)),
        people=tuple(sorted(people, key=lambda x: x.participant_id)),
        locked=before is not None and before.locked,
        overrides=before.overrides if before else (),
        changed_at=now,
    )


def to_planned(state: SessionState, grid: TimeGrid, roles: Iterable[str] | None = None) -> PlannedSession:
    """Return the session as the planner's; leaders in roles not among those given are left out."""
    known = None if roles is None else set(roles)
    return PlannedSession(
        id=state.uid,
        activity=activity_key(state.activity_id, state.cohort_id),
        start=grid.slot_of(state.starts_at),
        site=site_key(state.site_id),
        room=None if state.room_id is None else room_key(state.room_id),
        language=state.language,
        leaders=tuple(
            Leader(role=role, staff=staff_key(staff))
            for role, staff in state.leaders
            if known is None or role in known
        ),
        attendees=tuple(
            Seat(participant=participant_key(x.participant_id), subgroup=x.subgroup)
            for x in state.people
            if not x.excluded
        ),
    )


def stamped(
    state: SessionState, announced: SessionState | None, now: datetime, before: SessionState | None = None
) -> SessionState:
    """Return the session with its place in the series of announced changes (RFC 5545, 3.8.7.4).

    A session that says what was announced keeps the announced sequence and date; one that does not
    is one further. Editing a draft several times, or back, therefore counts once, or not at all.

    Parameters
    ----------
    announced : SessionState or None
        The same session as it is in force.
    before : SessionState, optional
        The same session as the draft had it, whose date stays if nothing of substance changed.
    """
    if announced is not None and announced.substance == state.substance:
        return replace(state, sequence=announced.sequence, changed_at=announced.changed_at)
    same = before is not None and before.substance == state.substance
    return replace(
        state,
        sequence=0 if announced is None else announced.sequence + 1,
        changed_at=before.changed_at if before is not None and same else now,
    )


def to_json(state: SessionState) -> dict[str, Any]:
    """Return the data in a form that a JSON column can hold."""
    data = asdict(state)
    for name in ("day", "starts_at", "ends_at", "cancelled_at", "changed_at"):
        data[name] = None if data[name] is None else data[name].isoformat()
    return data


def from_json(data: dict[str, Any]) -> SessionState:
    """Return the data that :func:`to_json` gave."""
    instants = {
        name: None if data[name] is None else datetime.fromisoformat(data[name])
        for name in ("starts_at", "ends_at", "cancelled_at", "changed_at")
    }
    return SessionState(
        **{
            **data,
            **instants,
            "day": date.fromisoformat(data["day"]),
            "leaders": tuple((role, staff) for role, staff in data["leaders"]),
            "people": tuple(Expected(**x) for x in data["people"]),
            "overrides": tuple(data["overrides"]),
        }
    )

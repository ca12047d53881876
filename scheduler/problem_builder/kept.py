"""Places that are kept for people who may choose them, left alone by the planner until they are settled."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace

from scheduler.held_places import Hold
from scheduler.planner_ids import (
    activity_key,
    participant_key,
    room_key,
    site_key,
    staff_key,
)
from scheduler.timegrid import Interval, TimeGrid, merged, without
from solver.problem import Demand, FixedSession, Leader, Participant, PlannedSession, Problem, Seat
from solver.verify import verify


@dataclass(frozen=True, slots=True)
class Reserved:
    """What a problem holds for people who may still choose, and that is no part of the plan.

    ``seats`` are (session id, participant id), ``sessions`` ids of whole sessions.
    """

    seats: frozenset[tuple[str, str]] = frozenset()
    sessions: frozenset[str] = frozenset()

    def without(self, sessions: Iterable[PlannedSession]) -> tuple[PlannedSession, ...]:
        """Return a plan without it."""
        return tuple(
            replace(
                session,
                attendees=tuple(
                    seat for seat in session.attendees if (session.id, seat.participant) not in self.seats
                ),
            )
            for session in sessions
            if session.id not in self.sessions
        )


@dataclass(slots=True)
class _Kept:
    """What some places ask of a problem, collected before the problem is made anew."""

    locked: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    seats: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    made: list[PlannedSession] = field(default_factory=list)
    guests: list[Participant] = field(default_factory=list)
    demands: list[Demand] = field(default_factory=list)
    rooms: dict[str, list[Interval]] = field(default_factory=lambda: defaultdict(list))
    staff: dict[str, list[Interval]] = field(default_factory=lambda: defaultdict(list))
    busy: dict[str, list[Interval]] = field(default_factory=lambda: defaultdict(list))


def keep_places(
    problem: Problem,
    planned: Sequence[PlannedSession],
    holds: Sequence[Hold],
    grid: TimeGrid,
    excused: Callable[[Problem], Problem],
) -> tuple[Problem, Reserved]:
    """Return the problem in which places that are kept cannot be given to anybody else.

    A session with such places stays where it is, its seats that are kept are taken by guests who stand
    for those who may choose; whoever may choose stays in the session they have. A time that is kept
    takes the room and the leaders away. Who has no session yet is seen to by what they are offered: the
    place that they get without an answer counts as theirs. What cannot be kept any more by the data of
    now is not, so that it never makes a plan impossible.

    Parameters
    ----------
    planned : sequence of PlannedSession
        The sessions that planning starts from.
    holds : sequence of Hold
        Places that stand in these sessions.
    excused : callable
        Gives fixed sessions the overrides that they need anyway.
    """
    plain = excused(problem)
    holds = [
        hold
        for hold in holds
        if activity_key(hold.activity_id, hold.cohort_id) in problem.activity_by_id
        and participant_key(hold.participant_id) in problem.participant_by_id
    ]
    known = _breaches(plain) if holds else set()
    while holds:
        made, reserved = _keep(problem, planned, holds, grid)
        made = excused(made)
        bad = _breaches(made) - known
        if not bad:
            return made, reserved
        names = {name for _, sessions, who in bad for name in (*sessions, *who)}
        out = [hold for hold in holds if not names.isdisjoint(_names(hold))]
        holds = [hold for hold in holds if hold not in (out or holds)]
    return plain, Reserved()


def _names(hold: Hold) -> set[str]:
    uids = {uid for uid in hold.own_uids if uid is not None}
    return uids | {participant_key(hold.participant_id), _guest(hold)}


def _guest(hold: Hold) -> str:
    """Return the planner's id of who stands for somebody at a place that they may choose."""
    return f"h{hold.place_id}"


def _breaches(problem: Problem) -> set[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Return what fixed sessions break that no planner can mend by leaving people out."""
    fixed = problem.fixed
    bound = {x.session.id: {*x.locked} for x in fixed}
    bound |= {x.session.id: {s.participant for s in x.session.attendees} for x in fixed if x.closed}
    found = set()
    for breach in verify(problem, [x.session for x in fixed]).broken:
        free = breach.participants and not any(
            person in bound.get(uid, ()) for uid in breach.sessions for person in breach.participants
        )
        if not free:
            found.add((breach.rule, breach.sessions, breach.participants))
    return found


def _keep(
    problem: Problem, planned: Sequence[PlannedSession], holds: Sequence[Hold], grid: TimeGrid
) -> tuple[Problem, Reserved]:
    by_id = {session.id: session for session in planned}
    asks = _Kept()
    for hold in holds:
        _collect(problem, hold, holds, by_id, grid, asks)
    taken: dict[str, list[Interval]] = defaultdict(list)
    for session in (*planned, *asks.made):
        span = session.start, session.start + problem.activity_by_id[session.activity].duration_slots
        for name in (session.room, *(x.staff for x in session.leaders), *_people(session)):
            if name is not None:
                taken[name].append(span)
    end = problem.days * problem.slots_per_day
    seats = frozenset((uid, person) for uid, theirs in asks.seats.items() for person in theirs)
    fixed = {x.session.id: x for x in problem.fixed}
    for uid in (*asks.locked, *asks.seats):
        old = fixed.get(uid) or FixedSession(session=by_id[uid])
        fixed[uid] = _with_people(old, asks.locked.get(uid, ()), asks.seats.pop(uid, ()))
    for session in asks.made:
        fixed[session.id] = FixedSession(session=session, closed=True)

    def cut(available: tuple[Interval, ...] | None, name: str, spans: list[Interval]) -> tuple[Interval, ...]:
        # What is planned there already stays possible.
        out = without(merged(spans), merged(taken[name]))
        return without(((0, end),) if available is None else available, out)

    made = replace(
        problem,
        rooms=tuple(
            replace(r, available=cut(r.available, r.id, asks.rooms[r.id])) if r.id in asks.rooms else r
            for r in problem.rooms
        ),
        staff=tuple(
            replace(s, available=cut(s.available, s.id, asks.staff[s.id])) if s.id in asks.staff else s
            for s in problem.staff
        ),
        participants=(
            *(
                replace(p, busy=merged([*p.busy, *without(merged(asks.busy[p.id]), merged(taken[p.id]))]))
                if p.id in asks.busy
                else p
                for p in problem.participants
            ),
            *asks.guests,
        ),
        demands=(*problem.demands, *asks.demands),
        fixed=tuple(fixed.values()),
    )
    return made, Reserved(seats=seats, sessions=frozenset(session.id for session in asks.made))


def _collect(
    problem: Problem,
    hold: Hold,
    holds: Sequence[Hold],
    by_id: dict[str, PlannedSession],
    grid: TimeGrid,
    asks: _Kept,
) -> None:
    person = participant_key(hold.participant_id)
    start, end = grid.slot_of(hold.starts_at), grid.slot_of(hold.ends_at)
    if hold.present_uid in by_id:
        asks.locked[hold.present_uid].add(person)
    if hold.is_present:
        return
    theirs = [other for other in holds if other.offer_id == hold.offer_id]
    first = hold.present_uid is None and hold.giver_id is None and hold is theirs[0]
    if not first:
        asks.busy[person].append((start, end))
    if hold.session_uid is None and first:
        asks.made.append(_appointment(hold, person, start))
    elif hold.session_uid is None:
        pause = max(problem.travel_slots.values(), default=0)
        for _, staff_id in hold.leaders:
            name = staff_key(staff_id)
            if name in problem.staff_by_id:
                margin = max(pause, problem.staff_by_id[name].break_slots)
                asks.staff[name].append((max(start - margin, 0), end + margin))
        if hold.room_id is not None:
            asks.rooms[room_key(hold.room_id)].append((start, end))
    elif hold.giver_id is not None:
        asks.locked[hold.session_uid].add(participant_key(hold.giver_id))
    elif first:
        asks.seats[hold.session_uid].append(person)
    else:
        guest = _guest(hold)
        asks.seats[hold.session_uid].append(guest)
        # A guest may come whatever else the person has: only one of the places becomes theirs.
        asks.guests.append(
            replace(
                problem.participant_by_id[person],
                id=guest,
                busy=(),
                max_slots_day=None,
                max_days_week=None,
                preferred_activities=(),
                preferred_sites=(),
            )
        )
        day = start // problem.slots_per_day
        activity = activity_key(hold.activity_id, hold.cohort_id)
        asks.demands.append(
            Demand(
                id=f"{guest}d",
                participant=guest,
                activities=(activity,),
                from_day=day,
                to_day=day + 1,
                target=0,
                max=1,
                weight=0,
            )
        )


def _with_people(old: FixedSession, locked: Collection[str], seats: Collection[str]) -> FixedSession:
    """Return a fixed session in which some people stay and some more seats are taken."""
    present = _people(old.session)
    sizes = Counter(seat.subgroup for seat in old.session.attendees if seat.subgroup is not None)
    attendees = list(old.session.attendees)
    for name in seats:
        subgroup = min(sizes, key=lambda number: (sizes[number], number), default=None)
        sizes.update([] if subgroup is None else [subgroup])
        attendees.append(Seat(participant=name, subgroup=subgroup))
    return replace(
        old,
        session=replace(old.session, attendees=tuple(attendees)),
        locked=tuple(sorted({*old.locked, *seats, *(name for name in locked if name in present)})),
    )


def _people(session: PlannedSession) -> list[str]:
    return [seat.participant for seat in session.attendees]


def _appointment(hold: Hold, person: str, start: int) -> PlannedSession:
    return PlannedSession(
        id=hold.made_uid,
        activity=activity_key(hold.activity_id, hold.cohort_id),
        start=start,
        site=site_key(hold.site_id),
        room=None if hold.room_id is None else room_key(hold.room_id),
        language=hold.language,
        leaders=tuple(Leader(role=role, staff=staff_key(staff_id)) for role, staff_id in hold.leaders),
        attendees=(Seat(participant=person),),
    )

"""Whom to call in the minutes there are, so that the fewest sessions are missed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from notifications.call import Call, CallMaker, Urgent
from notifications.confirmations import Unconfirmed, unconfirmed
from notifications.contacts import exempt_people
from notifications.models import (
    AddressState,
    CallReason,
    ChannelKind,
    ContactAddress,
    PhoneCall,
)
from notifications.risk.history import risk_of
from notifications.unreached import unreached
from notifications.visits import ComingSession, coming_sessions, expected_in, said_beforehand
from scheduler.attendance import CALL_BACK
from scheduler.models import Answer, Centre, Participant, StaffKind, StaffMember, Task
from scheduler.tasks import OPEN
from scheduler.timegrid import to_wall

#: Days after today whose sessions are called about because of a risk, and for any other reason.
DAYS_AHEAD: Final = 2
MOST_DAYS_AHEAD: Final = 21

DEFAULT_MINUTES: Final = 50
MOST_MINUTES: Final = 480


@dataclass(frozen=True, slots=True, kw_only=True)
class CallList:
    """Calls chosen for the minutes there are, those left over, and people whom no call can reach."""

    chosen: tuple[Call, ...]
    left_over: int
    without_phone: tuple[Participant, ...]

    @property
    def minutes(self) -> int:
        """How long the chosen calls take."""
        return sum(call.minutes for call in self.chosen)

    @property
    def saved(self) -> float:
        """How many missed sessions they are expected to save."""
        return sum(call.saved for call in self.chosen)


def call_list(session: Session, centre: Centre, now: datetime, minutes: int) -> CallList:
    """Return whom to call; a fixed number of queries.

    First those who asked for it and those who may not know of a change, the most urgent first; then,
    in the minutes that are left, the calls that together save the most missed sessions. Nobody who has
    answered is called.
    """
    zone = ZoneInfo(centre.timezone)
    today = to_wall(now, zone)[0]
    coming = coming_sessions(session, centre, today, today + timedelta(days=MOST_DAYS_AHEAD), now)
    by_id = {each.id: each for each in coming}
    said = said_beforehand(session, centre.id, (each.uid for each in coming))
    changes = unconfirmed(session, centre, now)
    tasks = _tasks(session, centre)
    asked = {(task.participant_id, task.session_uid) for task in tasks}
    pairs = [
        (person, by_id[held])
        for held, person in expected_in(session, centre.id, by_id)
        if (given := said.get((person, by_id[held].uid))) is None
        or (not given.excused and (given.answer is Answer.CALL_ME or (person, by_id[held].uid) in asked))
    ]
    people, team = _people(session, centre, pairs, changes, tasks), _team(session, centre)
    made = _calls_of_today(session, centre, now)
    last_day = today + timedelta(days=DAYS_AHEAD)
    near = [(person, each) for person, each in pairs if each.day <= last_day]
    risks = risk_of(session, centre, [(person, each.uid) for person, each in near], now)
    exempt = exempt_people(session, centre)
    closed = _closed_numbers(session, centre)
    untold = {
        (each.participant_id, each.session_uid): each.reason for each in unreached(session, centre, now)
    }
    wanted = CallMaker(centre, zone, team, made, untold, now)
    soon, later = _by_person(near), _by_person(pairs)
    calls: list[Call] = []
    unreachable: dict[int, Participant] = {}
    urgent = _urgent(changes, tasks)
    for person_id in [*urgent, *(each for each in soon if each not in urgent)]:
        person = people.get(person_id)
        about = urgent.get(person_id)
        if person is None or wanted.is_resting(person_id, urgent=about is not None):
            continue
        if about is None and (person_id in exempt or not risks):
            continue
        call = wanted.call(person, about, (later if about else soon).get(person_id, ()), risks)
        if call is None:
            continue
        if call.phone and call.phone not in closed:
            calls.append(call)
        else:
            unreachable[person_id] = person
    chosen = choose(calls, minutes)
    return CallList(
        chosen=tuple(chosen),
        left_over=len(calls) - len(chosen),
        without_phone=tuple(unreachable.values()),
    )


def choose(calls: Sequence[Call], minutes: int) -> list[Call]:
    """Return the calls to make in the minutes there are.

    Those that are no matter of risk come first, in the order given, as far as there is time. Of the
    others, the set that saves the most (a knapsack, solved exactly), the best use of a minute first.
    """
    left, taken = max(0, min(minutes, MOST_MINUTES)), []
    for call in calls:
        if call.reason is not CallReason.RISK and call.minutes <= left:
            taken.append(call)
            left -= call.minutes
    best: list[tuple[float, tuple[int, ...]]] = [(0.0, ())] * (left + 1)
    others = [call for call in calls if call.reason is CallReason.RISK]
    for number, call in enumerate(others):
        for time in range(left, call.minutes - 1, -1):
            saved, which = best[time - call.minutes]
            if saved + call.saved > best[time][0] + 1e-12:
                best[time] = saved + call.saved, (*which, number)
    picked = [others[number] for number in best[left][1]]
    picked.sort(key=lambda call: (-call.saved / call.minutes, call.participant.id))
    return taken + picked


def _urgent(changes: Iterable[Unconfirmed], tasks: Iterable[Task]) -> dict[int, Urgent]:
    """Return who must be called whatever the risk, those who asked for it first, then by their session."""
    found: dict[int, Urgent] = {}
    for task in tasks:
        if task.participant_id is not None:
            found.setdefault(task.participant_id, Urgent(CallReason.CALL_ME, None, task))
    by_person: dict[int, list[Unconfirmed]] = defaultdict(list)
    for change in changes:
        by_person[change.participant_id].append(change)
    for person, own in by_person.items():
        if person not in found:
            found[person] = Urgent(CallReason.CHANGE, own[0].starts_at, None, tuple(own))
    return found


def _by_person(pairs: Iterable[tuple[int, ComingSession]]) -> dict[int, tuple[ComingSession, ...]]:
    found: dict[int, list[ComingSession]] = defaultdict(list)
    for person, each in pairs:
        found[person].append(each)
    return {person: tuple(sorted(own, key=lambda each: each.starts_at)) for person, own in found.items()}


def _tasks(session: Session, centre: Centre) -> list[Task]:
    """Return the open wishes to be called, the oldest first."""
    query = (
        select(Task)
        .where(
            Task.centre_id == centre.id,
            Task.kind == CALL_BACK,
            Task.state == OPEN,
            Task.participant_id.is_not(None),
        )
        .order_by(Task.created_at, Task.id)
    )
    return list(session.scalars(query))


def _people(
    session: Session,
    centre: Centre,
    pairs: Iterable[tuple[int, ComingSession]],
    changes: Iterable[Unconfirmed],
    tasks: Iterable[Task],
) -> dict[int, Participant]:
    ids = {person for person, _each in pairs} | {each.participant_id for each in changes}
    ids |= {each.participant_id for each in tasks if each.participant_id is not None}
    query = select(Participant).where(
        Participant.centre_id == centre.id, Participant.active, Participant.id.in_(ids)
    )
    return {person.id: person for person in session.scalars(query)}


def _team(session: Session, centre: Centre) -> list[StaffMember]:
    query = (
        select(StaffMember)
        .where(
            StaffMember.centre_id == centre.id,
            StaffMember.active,
            StaffMember.kind.in_((StaffKind.STAFF, StaffKind.INTERPRETER)),
        )
        .order_by(StaffMember.first_name, StaffMember.id)
    )
    return list(session.scalars(query))


def _calls_of_today(session: Session, centre: Centre, now: datetime) -> dict[int, list[PhoneCall]]:
    found: dict[int, list[PhoneCall]] = defaultdict(list)
    for call in calls_since_midnight(session, centre, now):
        found[call.participant_id].append(call)
    return found


def calls_since_midnight(session: Session, centre: Centre, now: datetime) -> list[PhoneCall]:
    """Return today's calls with their people, in order of time."""
    midnight = now.astimezone(ZoneInfo(centre.timezone)).replace(hour=0, minute=0, second=0, microsecond=0)
    query = (
        select(PhoneCall)
        .where(PhoneCall.centre_id == centre.id, PhoneCall.called_at >= midnight)
        .options(joinedload(PhoneCall.participant))
        .order_by(PhoneCall.called_at, PhoneCall.id)
    )
    return list(session.scalars(query))


def _closed_numbers(session: Session, centre: Centre) -> set[str]:
    """Return numbers at which nobody is: somebody who wants no automatic calls may still be called."""
    query = select(ContactAddress.address).where(
        ContactAddress.centre_id == centre.id,
        ContactAddress.channel == ChannelKind.VOICE,
        ContactAddress.state == AddressState.UNREACHABLE,
    )
    return set(session.scalars(query))

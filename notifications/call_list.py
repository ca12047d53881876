"""Whom to call in the minutes there are, so that the fewest sessions are missed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from notifications.allowance import NO_ROUTE, OVER_BUDGET
from notifications.confirmations import Unconfirmed, unconfirmed
from notifications.contacts import exempt_people, phone_number
from notifications.models import (
    REACHED,
    AddressState,
    CallOutcome,
    CallReason,
    ChannelKind,
    ContactAddress,
    MessageKind,
    PhoneCall,
)
from notifications.risk.history import Risk, risk_of
from notifications.unreached import unreached
from notifications.visits import ComingSession, coming_sessions, expected_in, said_beforehand
from notifications.wording import Told
from scheduler import settings
from scheduler.attendance import CALL_BACK
from scheduler.message import N_, Message
from scheduler.models import Answer, Centre, Participant, StaffKind, StaffMember, Task
from scheduler.tasks import OPEN
from scheduler.timegrid import to_wall

#: Share of missed visits that a call by a person saves: from 29.2 to 22.8 % of people at risk, and from
#: 41 to 24 % where it is made in the language they prefer.
CALL_EFFECT: Final = 1 - 22.8 / 29.2
CALL_EFFECT_IN_LANGUAGE: Final = 1 - 24 / 41

#: Ratio by which text reminders raise attendance, against none (Cochrane review CD007458): whoever no message
#: has reached comes that much less often than is foreseen of people who are reminded.
REMINDED: Final = 1.14

#: Minutes of a call, dialling and writing down included, alone and with an interpreter. No study was
#: found that says; these are ours.
CALL_MINUTES: Final = 5
INTERPRETED_MINUTES: Final = 10

#: Days after today whose sessions are called about because of a risk, and for any other reason.
DAYS_AHEAD: Final = 2
MOST_DAYS_AHEAD: Final = 21

#: Chance of missing from which on a call is worth somebody's time.
LEAST_CHANCE: Final = 0.15

#: How long somebody is left in peace after nobody answered and after asking to be called later, and how
#: often in a day is enough.
AFTER_NO_ANSWER: Final = timedelta(hours=2)
AFTER_LATER: Final = timedelta(hours=1)
MOST_TRIES: Final = 3

DEFAULT_MINUTES: Final = 50
MOST_MINUTES: Final = 480


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutSession:
    """A session that a call is about; ``cancelled`` ones have nothing to be answered."""

    uid: str
    told: Told
    chance: float | None = None
    cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call to make.

    ``sessions`` are of one day; none when somebody asked to be called about nothing in particular.
    ``minutes`` is how long it takes, ``saved`` how many missed sessions it is expected to save.
    ``in_language`` says whether somebody can speak the person's language, ``interpreters`` who, when
    nobody of the team does. ``tries`` are today's calls that nobody answered.
    """

    participant: Participant
    phone: str
    reason: CallReason
    sessions: tuple[AboutSession, ...]
    reasons: tuple[Message, ...]
    minutes: int
    saved: float
    in_language: bool
    interpreters: tuple[StaffMember, ...] = ()
    task_id: int | None = None
    tries: int = 0

    @property
    def answerable(self) -> bool:
        """Whether the person can say that they come."""
        return any(not each.cancelled for each in self.sessions)


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
    pairs = [
        (person, by_id[held])
        for held, person in expected_in(session, centre.id, by_id)
        if (given := said.get((person, by_id[held].uid))) is None
        or (given.answer is Answer.CALL_ME and not given.excused)
    ]
    changes = unconfirmed(session, centre, now)
    tasks = _tasks(session, centre)
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
    wanted = _Wanted(centre, zone, team, made, untold, now)
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


@dataclass(frozen=True, slots=True)
class _Urgent:
    """A call that is no matter of risk."""

    reason: CallReason
    starts_at: datetime | None
    task: Task | None = None
    changes: tuple[Unconfirmed, ...] = ()


def _urgent(changes: Iterable[Unconfirmed], tasks: Iterable[Task]) -> dict[int, _Urgent]:
    """Return who must be called whatever the risk, those who asked for it first, then by their session."""
    found: dict[int, _Urgent] = {}
    for task in tasks:
        if task.participant_id is not None:
            found.setdefault(task.participant_id, _Urgent(CallReason.CALL_ME, None, task))
    by_person: dict[int, list[Unconfirmed]] = defaultdict(list)
    for change in changes:
        by_person[change.participant_id].append(change)
    for person, own in by_person.items():
        if person not in found:
            found[person] = _Urgent(CallReason.CHANGE, own[0].starts_at, None, tuple(own))
    return found


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Makes calls out of what is known of a person."""

    centre: Centre
    zone: ZoneInfo
    team: Sequence[StaffMember]
    made: Mapping[int, Sequence[PhoneCall]]
    untold: Mapping[tuple[int, str], str]
    now: datetime

    def is_resting(self, person_id: int, *, urgent: bool) -> bool:
        """Whether somebody was called a moment ago, or often enough today, or spoken to without need."""
        calls = self.made.get(person_id, ())
        if self._tries(person_id) >= MOST_TRIES:
            return True
        if not urgent and any(CallOutcome(call.outcome) in REACHED for call in calls):
            return True
        last = calls[-1] if calls else None
        if last is None:
            return False
        rest = {CallOutcome.NO_ANSWER: AFTER_NO_ANSWER, CallOutcome.LATER: AFTER_LATER}
        return self.now < last.called_at + rest.get(CallOutcome(last.outcome), timedelta())

    def _tries(self, person_id: int) -> int:
        # One call may be about several sessions.
        calls = self.made.get(person_id, ())
        return len({call.called_at for call in calls if call.outcome == CallOutcome.NO_ANSWER})

    def call(
        self,
        person: Participant,
        urgent: _Urgent | None,
        own: Sequence[ComingSession],
        risks: Mapping[tuple[int, str], Risk],
    ) -> Call | None:
        """Return the call to a person; ``None`` when it is not worth anybody's time."""
        sessions, reasons = self._about(person, urgent, own, risks)
        chances = [self._chance(person, each) for each in sessions]
        untold = [reason for each in sessions if (reason := self.untold.get((person.id, each.uid)))]
        if urgent is None and max(chances, default=0.0) < LEAST_CHANCE:
            return None
        in_language, interpreters = self._speakers(person)
        foreign = person.message_language != settings.message_language(self.centre)
        effect = CALL_EFFECT_IN_LANGUAGE if foreign and in_language else CALL_EFFECT
        return Call(
            participant=person,
            phone=phone_number(person.phone) or "",
            reason=urgent.reason if urgent else CallReason.RISK,
            sessions=sessions,
            reasons=(*(_why_untold(reason) for reason in untold[:1]), *reasons),
            minutes=INTERPRETED_MINUTES if interpreters else CALL_MINUTES,
            saved=sum(chances) * effect,
            in_language=in_language,
            interpreters=interpreters,
            task_id=urgent.task.id if urgent and urgent.task else None,
            tries=self._tries(person.id),
        )

    def _chance(self, person: Participant, about: AboutSession) -> float:
        """Return the chance of missing, larger where no message has told of the session."""
        if about.chance is None:
            return 0.0
        untold = (person.id, about.uid) in self.untold
        return 1 - (1 - about.chance) / REMINDED if untold else about.chance

    def _about(
        self,
        person: Participant,
        urgent: _Urgent | None,
        own: Sequence[ComingSession],
        risks: Mapping[tuple[int, str], Risk],
    ) -> tuple[tuple[AboutSession, ...], tuple[Message, ...]]:
        """Return the sessions of the day to speak of, and the facts behind the highest chance."""
        task = urgent.task if urgent else None
        if task is not None:
            asked = [each for each in own if each.uid == task.session_uid]
            own = asked or (own if task.session_uid is None else [])
        changes = {each.session_uid: each for each in (urgent.changes if urgent else ())}
        held = {each.uid for each in own}
        if changes:
            first = min(each.starts_at for each in changes.values()).astimezone(self.zone).date()
            gone = [
                AboutSession(
                    uid=each.session_uid,
                    told=Told(starts_at=each.starts_at, change="cancelled"),
                    cancelled=True,
                )
                for each in changes.values()
                if each.kind is MessageKind.CANCELLATION
                and each.session_uid not in held
                and each.starts_at.astimezone(self.zone).date() == first
            ]
            own = [each for each in own if each.uid in changes and each.day == first]
            if not own and not gone:
                gone = [
                    AboutSession(uid=each.session_uid, told=Told(starts_at=each.starts_at))
                    for each in changes.values()
                    if each.starts_at.astimezone(self.zone).date() == first
                ]
        else:
            gone = []
            own = [each for each in own if each.day == own[0].day]
        found = [
            AboutSession(
                uid=each.uid,
                told=each.told(change="moved" if each.uid in changes else ""),
                chance=risk.chance if (risk := risks.get((person.id, each.uid))) else None,
            )
            for each in own
        ]
        known = [risk for each in own if (risk := risks.get((person.id, each.uid)))]
        highest = max(known, key=lambda risk: risk.chance) if known else None
        if urgent is not None and (highest is None or highest.chance < LEAST_CHANCE):
            highest = None
        return (*gone, *found), highest.reasons if highest else ()

    def _speakers(self, person: Participant) -> tuple[bool, tuple[StaffMember, ...]]:
        """Return whether the person's language can be spoken, and the interpreters where only they can."""
        language = person.message_language
        if language == settings.message_language(self.centre) and not person.needs_interpreter:
            return True, ()
        able = [each for each in self.team if language in each.languages]
        if any(each.kind == StaffKind.STAFF for each in able):
            return True, ()
        interpreters = tuple(each for each in able if each.kind == StaffKind.INTERPRETER)
        return bool(interpreters), interpreters


def _why_untold(reason: str) -> Message:
    if reason == OVER_BUDGET:
        return N_("Aucun rappel n'est parti : le budget du mois est épuisé.")
    if reason == NO_ROUTE:
        return N_("Aucun rappel n'est parti : il n'y a pas d'adresse pour un message.")
    return N_("Aucun rappel n'est arrivé.")


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

"""A call to somebody: about what, why, in which language, how long, and what it is expected to save."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from notifications.allowance import NO_ROUTE, OVER_BUDGET
from notifications.confirmations import Unconfirmed
from notifications.contacts import phone_number
from notifications.models import REACHED, CallOutcome, CallReason, MessageKind, PhoneCall
from notifications.risk.history import Risk
from notifications.visits import ComingSession
from notifications.wording import Told
from scheduler import settings
from scheduler.message import N_, Message
from scheduler.models import Centre, Participant, StaffKind, StaffMember, Task

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

#: Chance of missing from which on a call is worth somebody's time.
LEAST_CHANCE: Final = 0.15

#: How long somebody is left in peace after nobody answered and after asking to be called later, and how
#: often in a day is enough.
AFTER_NO_ANSWER: Final = timedelta(hours=2)
AFTER_LATER: Final = timedelta(hours=1)
MOST_TRIES: Final = 3


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


@dataclass(frozen=True, slots=True)
class Urgent:
    """A call that is no matter of risk."""

    reason: CallReason
    starts_at: datetime | None
    task: Task | None = None
    changes: tuple[Unconfirmed, ...] = ()


@dataclass(frozen=True, slots=True)
class CallMaker:
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
        urgent: Urgent | None,
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
        urgent: Urgent | None,
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

"""Writing down what came of a call: everything that follows from it, at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.contacts import learn, phone_number
from notifications.models import CallOutcome, CallReason, ChannelKind, MessageTopic, PhoneCall
from notifications.replies.effects import confirm, in_force, seat_is_gone, store
from scheduler.attendance import CALL_BACK
from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.models import Answer, Centre, Participant, Task
from scheduler.records import find
from scheduler.tasks import OPEN, close_task

#: Outcomes after which the person has heard what there was to hear.
REACHED = frozenset({CallOutcome.COMING, CallOutcome.NOT_COMING, CallOutcome.TOLD})


def record_call(
    session: Session,
    centre: Centre,
    participant_id: int,
    uids: Sequence[str],
    outcome: CallOutcome,
    now: datetime,
    *,
    reason: CallReason,
    chance: float | None = None,
    user_id: int | None = None,
) -> list[PhoneCall]:
    """Write down a call about some sessions of a person.

    An answer is stored as if the person had given it themselves, and frees or keeps the seat; a person
    who was reached has confirmed what they were told, and what asked for the call is done. A wrong
    number is not used again and comes before the coordination.

    Raises
    ------
    NotFoundError
        If there is no such person.
    InvalidInputError
        If nothing can be answered: no session, one that is cancelled or over, a seat that is gone.
    """
    person = find(session, Participant, participant_id)
    if outcome in (CallOutcome.COMING, CallOutcome.NOT_COMING):
        _answer(session, centre, person, uids, Answer(outcome.value), now)
    if outcome in REACHED:
        confirm(_topics(session, centre, person, uids), now)
        for task in _tasks(session, centre, person, uids):
            close_task(task, "called", now, user_id=user_id)
    number = phone_number(person.phone)
    if outcome is CallOutcome.WRONG_NUMBER and number is not None:
        learn(session, centre.id, ChannelKind.VOICE, number, "wrong_number", now)
    about: list[str | None] = list(uids) or [None]
    calls = [
        PhoneCall(
            centre_id=centre.id,
            participant_id=person.id,
            session_uid=uid,
            reason=reason,
            chance=chance,
            outcome=outcome,
            called_at=now,
            called_by_id=user_id,
        )
        for uid in about
    ]
    session.add_all(calls)
    session.flush()
    return calls


def _answer(
    session: Session, centre: Centre, person: Participant, uids: Sequence[str], given: Answer, now: datetime
) -> None:
    held = [each for uid in uids if (each := in_force(session, centre, uid)) and each.cancelled_at is None]
    if not held:
        raise InvalidInputError(N_("Cette séance n'a plus lieu : la liste a été mise à jour."))
    for each in held:
        if given is Answer.COMING and seat_is_gone(session, centre, each.uid, person.id):
            raise InvalidInputError(N_("Sa place a été reprise par quelqu'un d'autre entre-temps."))
        store(session, centre, each, person.id, given, now)


def _topics(session: Session, centre: Centre, person: Participant, uids: Sequence[str]) -> list[MessageTopic]:
    query = select(MessageTopic).where(
        MessageTopic.centre_id == centre.id,
        MessageTopic.participant_id == person.id,
        MessageTopic.session_uid.in_(uids),
        MessageTopic.confirm_by.is_not(None),
    )
    return list(session.scalars(query))


def _tasks(session: Session, centre: Centre, person: Participant, uids: Sequence[str]) -> list[Task]:
    query = select(Task).where(
        Task.centre_id == centre.id,
        Task.kind == CALL_BACK,
        Task.state == OPEN,
        Task.participant_id == person.id,
    )
    return [task for task in session.scalars(query) if task.session_uid is None or task.session_uid in uids]

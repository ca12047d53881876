"""Writing down what came of a call: everything that follows from it, at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.contacts import learn, phone_number, reopen
from notifications.models import (
    REACHED,
    CallOutcome,
    CallReason,
    ChannelKind,
    ContactAddress,
    MessageTopic,
    PhoneCall,
)
from notifications.replies.effects import SEAT_GONE, confirm, in_force, seat_is_gone, store_for
from scheduler.attendance import CALL_BACK
from scheduler.choices import keep_seat
from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.models import Answer, AttendanceRecord, Centre, Participant, Task
from scheduler.records import find
from scheduler.tasks import OPEN, close_task, reopen_task

#: The same outcome of the same call within this time is one tap that came twice.
TWICE: Final = timedelta(minutes=2)


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
    """Write down a call about some sessions of a person; the same tap again changes nothing.

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
    session.execute(select(Participant.id).where(Participant.id == person.id).with_for_update())
    if twice := _same_tap(session, person, uids, outcome, now):
        return twice
    if outcome in (CallOutcome.COMING, CallOutcome.NOT_COMING):
        _answer(session, centre, person, uids, Answer(outcome.value), now)
    if outcome in REACHED:
        confirm(_topics(session, centre, person, uids), now)
        for task in _tasks(session, centre, person, uids):
            close_task(task, "called", now, user_id=user_id)
    number = phone_number(person.phone)
    if outcome is CallOutcome.WRONG_NUMBER and number is not None:
        learn(session, centre.id, ChannelKind.VOICE, number, "wrong_number", now)
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
        for uid in _about(uids)
    ]
    session.add_all(calls)
    session.flush()
    return calls


def take_back_call(session: Session, centre: Centre, call_id: int, now: datetime) -> Participant:
    """Undo a call of today that was written down by mistake, with everything that followed from it.

    What the person, or somebody of the team, said since stays.

    Returns
    -------
    Participant
        Whom the call was to.

    Raises
    ------
    NotFoundError
        If there is no such call.
    InvalidInputError
        If it is not of today, or the seat was given to somebody else because of it.
    """
    call = find(session, PhoneCall, call_id)
    zone = ZoneInfo(centre.timezone)
    if call.called_at.astimezone(zone).date() != now.astimezone(zone).date():
        raise InvalidInputError(N_("Seul un appel d'aujourd'hui peut être repris."))
    person, at = find(session, Participant, call.participant_id), call.called_at
    own = PhoneCall.participant_id == person.id, PhoneCall.called_at == at
    calls = session.scalars(select(PhoneCall).where(*own)).all()
    records = _answered(session, person, [each.session_uid for each in calls], at)
    if call.outcome == CallOutcome.NOT_COMING:
        for record in records:
            if seat_is_gone(session, centre, record.session_uid, person.id):
                raise InvalidInputError(SEAT_GONE)
            keep_seat(session, centre, record.session_uid, person.id, now)
    tasks = [task for task in _call_backs(session, centre, person) if task.closed_at == at]
    asked = {task.session_uid for task in tasks}
    for record in records:
        record.answer = Answer.CALL_ME if record.session_uid in asked else None
        record.answer_reason, record.answered_at = "", None
    for task in tasks:
        reopen_task(task)
    confirmed = MessageTopic.participant_id == person.id, MessageTopic.confirmed_at == at
    for topic in session.scalars(select(MessageTopic).where(*confirmed)):
        topic.confirmed_at = None
    if call.outcome == CallOutcome.WRONG_NUMBER:
        learned = ContactAddress.address == phone_number(person.phone), ContactAddress.changed_at == at
        for row in session.scalars(select(ContactAddress).where(*learned)):
            reopen(row, now)
    for each in calls:
        session.delete(each)
    session.flush()
    return person


def _same_tap(
    session: Session, person: Participant, uids: Sequence[str], outcome: CallOutcome, now: datetime
) -> list[PhoneCall]:
    """Return the call that a tap has written down already."""
    query = (
        select(PhoneCall)
        .where(PhoneCall.participant_id == person.id, PhoneCall.called_at > now - TWICE)
        .order_by(PhoneCall.called_at.desc(), PhoneCall.id)
    )
    last = session.scalars(query).all()
    last = [each for each in last if each.called_at == last[0].called_at]
    same = {(each.session_uid, each.outcome) for each in last} == {(uid, outcome) for uid in _about(uids)}
    return list(last) if same else []


def _about(uids: Sequence[str]) -> Sequence[str | None]:
    return list(dict.fromkeys(uids)) or [None]


def _answered(
    session: Session, person: Participant, uids: Sequence[str | None], at: datetime
) -> list[AttendanceRecord]:
    """Return what a call answered, as far as nobody has answered since."""
    query = select(AttendanceRecord).where(
        AttendanceRecord.participant_id == person.id,
        AttendanceRecord.session_uid.in_([uid for uid in uids if uid is not None]),
        AttendanceRecord.answered_at == at,
    )
    return list(session.scalars(query))


def _answer(
    session: Session, centre: Centre, person: Participant, uids: Sequence[str], given: Answer, now: datetime
) -> None:
    held = [each for uid in uids if (each := in_force(session, centre, uid)) and each.cancelled_at is None]
    if not held:
        raise InvalidInputError(N_("Cette séance n'a plus lieu : la liste a été mise à jour."))
    for each in held:
        store_for(session, centre, each, person.id, given, now)


def _topics(session: Session, centre: Centre, person: Participant, uids: Sequence[str]) -> list[MessageTopic]:
    query = select(MessageTopic).where(
        MessageTopic.centre_id == centre.id,
        MessageTopic.participant_id == person.id,
        MessageTopic.session_uid.in_(uids),
        MessageTopic.confirm_by.is_not(None),
    )
    return list(session.scalars(query))


def _tasks(session: Session, centre: Centre, person: Participant, uids: Sequence[str]) -> list[Task]:
    """Return the open wishes to be called that a call about some sessions fulfils."""
    return [
        task
        for task in _call_backs(session, centre, person)
        if task.state == OPEN and (task.session_uid is None or task.session_uid in uids)
    ]


def _call_backs(session: Session, centre: Centre, person: Participant) -> list[Task]:
    query = select(Task).where(
        Task.centre_id == centre.id, Task.kind == CALL_BACK, Task.participant_id == person.id
    )
    return list(session.scalars(query))

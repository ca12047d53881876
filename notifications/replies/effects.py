"""What an answer does to the sessions it is about."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import InboundMessage, MessageTopic
from notifications.visits import place_words
from notifications.wording import Told
from scheduler.attendance import CALL_BACK, answer, expected_ids, session_in_force
from scheduler.choices import keep_seat, offer_freed_seat
from scheduler.errors import InvalidInputError, NotFoundError
from scheduler.message import N_
from scheduler.models import (
    Answer,
    AttendanceRecord,
    Centre,
    ChoiceOffer,
    FreedSeat,
    FreedState,
    GroupSession,
    OfferState,
    Participant,
    Task,
)

SEAT_GONE: Final = N_("Sa place a été reprise par quelqu'un d'autre entre-temps.")


@dataclass(slots=True)
class Effects:
    """What became of an answer, session by session.

    ``told`` are those it was stored for; ``late`` counts those that are over, ``gone`` those whose seat
    somebody else has by now, ``void`` those that are cancelled or no longer the person's.
    """

    told: list[Told] = field(default_factory=list)
    late: int = 0
    gone: int = 0
    void: int = 0
    reasons: set[str] = field(default_factory=set)


def confirm(topics: Iterable[MessageTopic], now: datetime) -> None:
    """Keep that people have read what was said of some sessions."""
    for topic in topics:
        if topic.confirmed_at is None:
            topic.confirmed_at = now


def say(
    session: Session,
    inbound: InboundMessage,
    topics: Sequence[MessageTopic],
    people: Sequence[Participant],
    given: Answer,
    now: datetime,
    *,
    reason: str = "",
) -> Effects:
    """Store an answer for every session and person a message spoke of, and free or keep the seats.

    It counts from when it came in, however late it is acted upon: before the session ended, and not where
    something else was said since.
    """
    centre, said_at = session.get_one(Centre, inbound.centre_id), inbound.received_at
    effects = Effects()
    first_names = {person.id: person.first_name if len(people) > 1 else "" for person in people}
    for topic in topics:
        held = in_force(session, centre, topic.session_uid)
        person_id = topic.participant_id
        if held is None or held.cancelled_at is not None:
            effects.void += 1
        elif held.ends_at <= said_at:
            effects.late += 1
        elif given is Answer.COMING and seat_is_gone(session, centre, held.uid, person_id):
            effects.gone += 1
        elif person_id not in expected_ids(held):
            effects.void += 1
        elif not _is_overtaken(session, centre, topic, said_at, now):
            kept = store(session, centre, held, person_id, given, now, said_at=said_at, reason=reason)
            effects.reasons.add(kept.answer_reason)
            effects.told.append(told(held, first_names.get(person_id, "")))
    return effects


def store(
    session: Session,
    centre: Centre,
    held: GroupSession,
    participant_id: int,
    given: Answer,
    now: datetime,
    *,
    said_at: datetime | None = None,
    reason: str = "",
) -> AttendanceRecord:
    """Store one answer about one session, and free or keep the seat; the reason given before stays.

    Parameters
    ----------
    said_at : datetime, optional
        When it was said, if not now.

    Raises
    ------
    InvalidInputError
        If the person is not expected there, or the session is cancelled or over.
    """
    if given is Answer.NOT_COMING and not reason:
        reason = _said(session, centre, held.uid, participant_id)
    kept = answer(session, held, participant_id, given, said_at or now, reason=reason)
    if given is Answer.NOT_COMING:
        offer_freed_seat(session, centre, held.uid, now)
    elif given is Answer.COMING:
        keep_seat(session, centre, held.uid, participant_id, now)
    return kept


def store_for(
    session: Session, centre: Centre, held: GroupSession, participant_id: int, given: Answer, now: datetime
) -> None:
    """Store what a person told somebody of the team.

    Raises
    ------
    InvalidInputError
        If nothing can be answered, or somebody else has the seat.
    """
    if given is Answer.COMING and seat_is_gone(session, centre, held.uid, participant_id):
        raise InvalidInputError(SEAT_GONE)
    store(session, centre, held, participant_id, given, now)


def give_reason(session: Session, centre: Centre, pairs: Collection[tuple[str, int]], reason: str) -> int:
    """Keep why people cannot come, by session and person, where they have said so; return how many."""
    query = select(AttendanceRecord).where(
        AttendanceRecord.centre_id == centre.id,
        AttendanceRecord.session_uid.in_({uid for uid, _person in pairs}),
        AttendanceRecord.answer == Answer.NOT_COMING,
    )
    found = [row for row in session.scalars(query) if (row.session_uid, row.participant_id) in pairs]
    for row in found:
        row.answer_reason = reason
    session.flush()
    return len(found)


def ask_for_call(
    session: Session,
    centre: Centre,
    topics: Sequence[MessageTopic],
    people: Sequence[Participant],
    now: datetime,
) -> bool:
    """Put a person on the list of those to be called back, about their next session where there is one."""
    for topic in sorted(topics, key=lambda each: each.starts_at):
        held = in_force(session, centre, topic.session_uid)
        if held is None or held.cancelled_at is not None or held.ends_at <= now:
            continue
        if topic.participant_id in expected_ids(held):
            answer(session, held, topic.participant_id, Answer.CALL_ME, now)
            return True
    if not people:
        return False
    query = select(Task.id).where(
        Task.centre_id == centre.id,
        Task.kind == CALL_BACK,
        Task.participant_id == people[0].id,
        Task.state == "open",
    )
    if session.scalars(query.limit(1)).first() is None:
        session.add(Task(centre_id=centre.id, kind=CALL_BACK, participant_id=people[0].id, created_at=now))
        session.flush()
    return True


def in_force(session: Session, centre: Centre, uid: str) -> GroupSession | None:
    """Return a session in force, or ``None`` when the plan no longer has it."""
    try:
        return session_in_force(session, centre.id, uid)
    except NotFoundError:
        return None


def told(held: GroupSession, person: str = "") -> Told:
    """Return a session as messages tell it."""
    return Told(
        starts_at=held.starts_at,
        ends_at=held.ends_at,
        title=held.activity.neutral_name,
        place=place_words(held.room.name if held.room else None, held.site.name),
        individual=held.activity.individual,
        person=person,
    )


def seat_is_gone(session: Session, centre: Centre, uid: str, participant_id: int) -> bool:
    """Whether somebody else took the seat that a person had given up.

    Once the plan has followed it says whether there was room for both.
    """
    seats = select(FreedSeat.id).where(
        FreedSeat.centre_id == centre.id,
        FreedSeat.session_uid == uid,
        FreedSeat.participant_id == participant_id,
        FreedSeat.state == FreedState.TAKEN,
    )
    taken = set(session.scalars(seats))
    followed = select(ChoiceOffer.freed_seat_id).where(
        ChoiceOffer.freed_seat_id.in_(taken), ChoiceOffer.state == OfferState.APPLIED
    )
    if not taken or taken - set(session.scalars(followed)):
        return bool(taken)
    held = in_force(session, centre, uid)
    return held is None or participant_id not in expected_ids(held)


def _is_overtaken(
    session: Session, centre: Centre, topic: MessageTopic, said_at: datetime, now: datetime
) -> bool:
    """Whether something else was said of a session while an answer waited to be acted upon."""
    query = select(AttendanceRecord.id).where(
        AttendanceRecord.centre_id == centre.id,
        AttendanceRecord.session_uid == topic.session_uid,
        AttendanceRecord.participant_id == topic.participant_id,
        AttendanceRecord.answer != Answer.CALL_ME,
        # Later than now was said before the clock was put back.
        AttendanceRecord.answered_at > said_at,
        AttendanceRecord.answered_at <= now,
    )
    return session.scalars(query.limit(1)).first() is not None


def _said(session: Session, centre: Centre, uid: str, participant_id: int) -> str:
    query = select(AttendanceRecord.answer_reason).where(
        AttendanceRecord.centre_id == centre.id,
        AttendanceRecord.session_uid == uid,
        AttendanceRecord.participant_id == participant_id,
        AttendanceRecord.answer == Answer.NOT_COMING,
    )
    return session.scalar(query) or ""

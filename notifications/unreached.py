"""Whom no message has told of a session to come: a reminder was held back, or every way to them failed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from notifications.confirmations import NOT_TOLD
from notifications.models import Message, MessageKind, MessageState, MessageTopic
from scheduler.in_force import days_in_force, holds
from scheduler.models import (
    Attendance,
    AttendanceRecord,
    AttendanceState,
    Centre,
    GroupSession,
    Participant,
)

#: Kinds of messages after which a person knows when and where.
INFORMING: Final = (MessageKind.REMINDER, MessageKind.CHANGE)

#: How far ahead sessions are looked at: further than any reminder goes out.
REACH: Final = timedelta(days=36)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreached:
    """One person whom no message has told of one session; ``reason`` is why the last one did not."""

    participant_id: int
    session_uid: str
    starts_at: datetime
    reason: str


def unreached(session: Session, centre: Centre, now: datetime) -> list[Unreached]:
    """Return who was to be told of sessions to come and was not, the most urgent first, in three queries.

    Left out is whoever has answered all the same, is excused, or is no longer expected.
    """
    record = AttendanceRecord
    theirs = and_(
        record.centre_id == MessageTopic.centre_id,
        record.session_uid == MessageTopic.session_uid,
        record.participant_id == MessageTopic.participant_id,
    )
    query = (
        select(
            MessageTopic.participant_id,
            MessageTopic.session_uid,
            MessageTopic.starts_at,
            Message.state,
            Message.error_code,
        )
        .join(MessageTopic.message)
        .outerjoin(record, theirs)
        .where(
            MessageTopic.centre_id == centre.id,
            MessageTopic.starts_at > now,
            MessageTopic.starts_at < now + REACH,
            Message.kind.in_(INFORMING),
            Message.state != MessageState.SUPERSEDED,
            or_(record.id.is_(None), record.answer.is_(None) & (record.state != AttendanceState.EXCUSED)),
        )
        .order_by(Message.id)
    )
    last: dict[tuple[int, str], Unreached] = {}
    told: set[tuple[int, str]] = set()
    for person, uid, starts_at, state, error_code in session.execute(query):
        if state in NOT_TOLD:
            last[person, uid] = Unreached(
                participant_id=person, session_uid=uid, starts_at=starts_at, reason=error_code or state
            )
        else:
            told.add((person, uid))
    open_keys = last.keys() - told
    expected = _expected(session, centre, {uid for _person, uid in open_keys}) if open_keys else set()
    found = [last[key] for key in open_keys & expected]
    return sorted(found, key=lambda each: (each.starts_at, each.participant_id, each.session_uid))


def _expected(session: Session, centre: Centre, uids: Collection[str]) -> set[tuple[int, str]]:
    """Return who is expected in some sessions as they are now, by participant and session."""
    query = (
        select(Attendance.participant_id, GroupSession.uid)
        .join(GroupSession, GroupSession.id == Attendance.session_id)
        .where(
            GroupSession.centre_id == centre.id,
            GroupSession.uid.in_(uids),
            GroupSession.cancelled_at.is_(None),
            Attendance.excluded.is_(False),
            holds(days_in_force(session, centre.id), None, None),
        )
    )
    return {(person, uid) for person, uid in session.execute(query)}


def unreached_people(
    session: Session, centre: Centre, now: datetime
) -> list[tuple[Participant, tuple[Unreached, ...]]]:
    """Return the people whom no message has told of some sessions, with these; the most urgent first."""
    found: dict[int, list[Unreached]] = defaultdict(list)
    for each in unreached(session, centre, now):
        found[each.participant_id].append(each)
    query = select(Participant).where(
        Participant.centre_id == centre.id, Participant.active, Participant.id.in_(found)
    )
    people = {person.id: person for person in session.scalars(query)} if found else {}
    return [(people[person], tuple(own)) for person, own in found.items() if person in people]

"""Who is to come where, as messages need it: one query for the sessions, one for the people."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from notifications.wording import Told
from scheduler.in_force import days_in_force, holds
from scheduler.models import (
    Activity,
    Answer,
    Attendance,
    AttendanceRecord,
    AttendanceState,
    Centre,
    GroupSession,
    Room,
    Site,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ComingSession:
    """A session in force that takes place; ``title`` is the neutral name, which may be empty."""

    id: int
    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    day: date
    programme_id: int
    title: str
    place: str
    individual: bool

    def told(self, person: str = "", change: str = "", was: datetime | None = None) -> Told:
        """Return the session as a message tells it."""
        return Told(
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            title=self.title,
            place=self.place,
            individual=self.individual,
            person=person,
            change=change,
            was=was,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a person said beforehand of one session, and whether they are excused from it."""

    answer: Answer | None
    answered_at: datetime | None
    excused: bool

    @property
    def stays_away(self) -> bool:
        """Whether there is nothing left to remind of."""
        return self.excused or self.answer is Answer.NOT_COMING


def coming_sessions(
    session: Session, centre: Centre, first_day: date, last_day: date, now: datetime
) -> list[ComingSession]:
    """Return the sessions in force between two days that have not begun and are not cancelled."""
    held = days_in_force(session, centre.id, until=last_day)
    query = (
        select(
            GroupSession.id,
            GroupSession.uid,
            GroupSession.sequence,
            GroupSession.starts_at,
            GroupSession.ends_at,
            GroupSession.day,
            Activity.programme_id,
            Activity.neutral_name,
            Activity.individual,
            Site.name,
            Room.name,
        )
        .join(GroupSession.activity)
        .join(GroupSession.site)
        .outerjoin(GroupSession.room)
        .where(
            GroupSession.centre_id == centre.id,
            GroupSession.cancelled_at.is_(None),
            GroupSession.starts_at > now,
            holds(held, first_day, last_day),
        )
        .order_by(GroupSession.starts_at, GroupSession.id)
    )
    return [
        ComingSession(
            id=each[0],
            uid=each[1],
            sequence=each[2],
            starts_at=each[3],
            ends_at=each[4],
            day=each[5],
            programme_id=each[6],
            title=each[7],
            individual=each[8],
            place=place_words(each[10], each[9]),
        )
        for each in session.execute(query)
    ]


def place_words(room: str | None, site: str) -> str:
    """Return where a session is, as people read it."""
    return ", ".join(part for part in (room, site) if part)


def expected_in(session: Session, centre_id: int, session_ids: Collection[int]) -> list[tuple[int, int]]:
    """Return (session, participant) of everybody expected in some sessions."""
    query = (
        select(Attendance.session_id, Attendance.participant_id)
        .where(
            Attendance.centre_id == centre_id,
            Attendance.session_id.in_(session_ids),
            Attendance.excluded.is_(False),
        )
        .order_by(Attendance.participant_id)
    )
    return [(held, person) for held, person in session.execute(query)]


def said_beforehand(session: Session, centre_id: int, uids: Iterable[str]) -> dict[tuple[int, str], Said]:
    """Return what people said of some sessions, by participant and session."""
    record: Any = AttendanceRecord
    query = select(
        record.participant_id, record.session_uid, record.answer, record.answered_at, record.state
    ).where(
        record.centre_id == centre_id,
        record.session_uid.in_(set(uids)),
        or_(record.answer.is_not(None), record.state == AttendanceState.EXCUSED),
    )
    return {
        (person, uid): Said(
            answer=Answer(answer) if answer else None,
            answered_at=answered_at,
            excused=state == AttendanceState.EXCUSED,
        )
        for person, uid, answer, answered_at, state in session.execute(query)
    }

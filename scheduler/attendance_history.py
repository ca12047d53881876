"""What one person attended, session by session, and in a few numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.attendance import THERE
from scheduler.models import AbsenceReason, Activity, AttendanceRecord, AttendanceState

#: Days that the summary looks back over.
SUMMARY_DAYS = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One session of a person."""

    starts_at: datetime
    ends_at: datetime
    title: str
    kind: str
    state: AttendanceState
    minutes: int
    reason: str
    excused: bool


@dataclass(frozen=True, slots=True)
class Summary:
    """Sessions of the last ``SUMMARY_DAYS`` days, and the last one attended."""

    attended: int
    excused: int
    missed: int
    minutes: int
    last_at: datetime | None

    @property
    def percent(self) -> int | None:
        """Share of the sessions that were attended; ``None`` without any."""
        total = self.attended + self.excused + self.missed
        return round(100 * self.attended / total) if total else None


def attendance_history(session: Session, person_id: int, *, limit: int) -> list[Line]:
    """Return the marked sessions of a person, the newest first."""
    query = (
        select(
            AttendanceRecord.starts_at,
            AttendanceRecord.ends_at,
            Activity.name,
            Activity.kind,
            AttendanceRecord.state,
            AttendanceRecord.attended_minutes,
            AbsenceReason.name,
            AbsenceReason.excused,
        )
        .join(Activity, Activity.id == AttendanceRecord.activity_id)
        .outerjoin(AbsenceReason, AbsenceReason.id == AttendanceRecord.reason_id)
        .where(
            AttendanceRecord.participant_id == person_id,
            AttendanceRecord.state != AttendanceState.UNMARKED,
        )
        .order_by(AttendanceRecord.starts_at.desc())
        .limit(limit)
    )
    return [
        Line(
            starts_at=row[0],
            ends_at=row[1],
            title=row[2],
            kind=row[3],
            state=AttendanceState(row[4]),
            minutes=row[5],
            reason=row[6] or "",
            excused=bool(row[7]) or row[4] == AttendanceState.EXCUSED,
        )
        for row in session.execute(query)
    ]


def attendance_summary(session: Session, person_id: int, now: datetime) -> Summary:
    """Return how a person attended lately; an absence with an accepted reason counts as excused."""
    query = (
        select(
            AttendanceRecord.state,
            AbsenceReason.excused,
            func.count(),
            func.sum(AttendanceRecord.attended_minutes),
            func.max(AttendanceRecord.starts_at),
        )
        .outerjoin(AbsenceReason, AbsenceReason.id == AttendanceRecord.reason_id)
        .where(
            AttendanceRecord.participant_id == person_id,
            AttendanceRecord.starts_at >= now - timedelta(days=SUMMARY_DAYS),
            AttendanceRecord.starts_at <= now,
        )
        .group_by(AttendanceRecord.state, AbsenceReason.excused)
    )
    attended = excused = missed = minutes = 0
    last: datetime | None = None
    for state, accepted, count, total, newest in session.execute(query):
        if state in THERE:
            attended, minutes = attended + count, minutes + int(total or 0)
            last = newest if last is None else max(last, newest)
        elif state == AttendanceState.EXCUSED or (state == AttendanceState.ABSENT and accepted):
            excused += count
        elif state == AttendanceState.ABSENT:
            missed += count
    return Summary(attended, excused, missed, minutes, last)

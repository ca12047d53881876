"""What people attended, here and elsewhere, read in a constant number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, func, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from scheduler.models import (
    Activity,
    AttendanceRecord,
    Centre,
    OutsideAttendance,
    PathCounter,
)
from scheduler.timegrid import to_instant, to_wall

#: Weeks before today from which somebody's pace is taken.
PACE_WEEKS = 8


@dataclass(frozen=True, slots=True)
class Minutes:
    """Attended minutes since ever, and those of the last ``PACE_WEEKS`` weeks."""

    total: int = 0
    recent: int = 0

    def __add__(self, other: Minutes) -> Minutes:
        return Minutes(self.total + other.total, self.recent + other.recent)


@dataclass(frozen=True, slots=True)
class Visit:
    """One session that somebody attended, at least in part."""

    activity_id: int
    day: date
    minutes: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """Minutes by person: ``attended`` by activity, ``outside`` by counter, ``prior`` by programme
    and counter; ``visits`` are the sessions of the last year.

    Every dictionary gives nothing for who is not in it.
    """

    today: date
    attended: dict[int, dict[int, Minutes]]
    outside: dict[int, dict[str, Minutes]]
    prior: dict[int, dict[tuple[int, str], int]]
    visits: dict[int, list[Visit]]


def read_ledger(
    session: Session, centre: Centre, today: date, *, person_ids: Collection[int] | None = None
) -> Ledger:
    """Read the minutes of everybody, or of some people, in four queries.

    Parameters
    ----------
    today : date
        The last day that counts, in the centre's time zone.
    person_ids : collection of int, optional
        Participants to read; everybody of the centre without it.
    """
    zone = ZoneInfo(centre.timezone)
    end = to_instant(today + timedelta(days=1), time(0), zone)
    recent_from = today - timedelta(weeks=PACE_WEEKS)
    return Ledger(
        today=today,
        attended=_attended(session, centre.id, to_instant(recent_from, time(0), zone), end, person_ids),
        outside=_outside(session, centre.id, recent_from, today, person_ids),
        prior=_prior(session, centre.id, person_ids),
        visits=_visits(session, centre.id, today, end, zone, person_ids),
    )


def minutes_by_kind(
    session: Session, centre: Centre, person_id: int, first_at: datetime | None = None
) -> list[tuple[int, str, int]]:
    """Return (programme, kind of activity, attended minutes) of one person, the most first."""
    query = (
        select(AttendanceRecord.programme_id, Activity.kind, func.sum(AttendanceRecord.attended_minutes))
        .join(Activity, Activity.id == AttendanceRecord.activity_id)
        .where(
            AttendanceRecord.centre_id == centre.id,
            AttendanceRecord.participant_id == person_id,
            AttendanceRecord.attended_minutes > 0,
        )
        .group_by(AttendanceRecord.programme_id, Activity.kind)
    )
    if first_at is not None:
        query = query.where(AttendanceRecord.starts_at >= first_at)
    rows = [(programme, kind, int(minutes)) for programme, kind, minutes in session.execute(query)]
    return sorted(rows, key=lambda row: (-row[2], row[0], row[1]))


def _among(column: InstrumentedAttribute[int], person_ids: Collection[int] | None) -> ColumnElement[bool]:
    return true() if person_ids is None else column.in_(list(person_ids))


def _attended(
    session: Session, centre_id: int, recent_at: datetime, end: datetime, people: Collection[int] | None
) -> dict[int, dict[int, Minutes]]:
    minutes = AttendanceRecord.attended_minutes
    query = (
        select(
            AttendanceRecord.participant_id,
            AttendanceRecord.activity_id,
            func.sum(minutes),
            func.sum(case((AttendanceRecord.starts_at >= recent_at, minutes), else_=0)),
        )
        .where(
            AttendanceRecord.centre_id == centre_id,
            AttendanceRecord.starts_at < end,
            minutes > 0,
            _among(AttendanceRecord.participant_id, people),
        )
        .group_by(AttendanceRecord.participant_id, AttendanceRecord.activity_id)
    )
    found: dict[int, dict[int, Minutes]] = defaultdict(dict)
    for person, activity, total, recent in session.execute(query):
        found[person][activity] = Minutes(int(total), int(recent))
    return found


def _outside(
    session: Session, centre_id: int, recent_from: date, today: date, people: Collection[int] | None
) -> dict[int, dict[str, Minutes]]:
    minutes = OutsideAttendance.minutes
    query = (
        select(
            OutsideAttendance.participant_id,
            OutsideAttendance.counter,
            func.sum(minutes),
            func.sum(case((OutsideAttendance.on >= recent_from, minutes), else_=0)),
        )
        .where(
            OutsideAttendance.centre_id == centre_id,
            OutsideAttendance.on <= today,
            _among(OutsideAttendance.participant_id, people),
        )
        .group_by(OutsideAttendance.participant_id, OutsideAttendance.counter)
    )
    found: dict[int, dict[str, Minutes]] = defaultdict(dict)
    for person, counter, total, recent in session.execute(query):
        found[person][counter] = Minutes(int(total), int(recent))
    return found


def _prior(
    session: Session, centre_id: int, people: Collection[int] | None
) -> dict[int, dict[tuple[int, str], int]]:
    query = select(PathCounter).where(
        PathCounter.centre_id == centre_id, _among(PathCounter.participant_id, people)
    )
    found: dict[int, dict[tuple[int, str], int]] = defaultdict(dict)
    for row in session.scalars(query):
        found[row.participant_id][row.programme_id, row.key] = row.prior_minutes
    return found


def _visits(
    session: Session,
    centre_id: int,
    today: date,
    end: datetime,
    zone: ZoneInfo,
    people: Collection[int] | None,
) -> dict[int, list[Visit]]:
    since = to_instant(today - timedelta(days=366), time(0), zone)
    query = (
        select(
            AttendanceRecord.participant_id,
            AttendanceRecord.activity_id,
            AttendanceRecord.starts_at,
            AttendanceRecord.attended_minutes,
        )
        .where(
            AttendanceRecord.centre_id == centre_id,
            AttendanceRecord.starts_at >= since,
            AttendanceRecord.starts_at < end,
            AttendanceRecord.attended_minutes > 0,
            _among(AttendanceRecord.participant_id, people),
        )
        .order_by(AttendanceRecord.starts_at)
    )
    found: dict[int, list[Visit]] = defaultdict(list)
    for person, activity, starts_at, minutes in session.execute(query):
        found[person].append(Visit(activity, to_wall(starts_at, zone)[0], minutes))
    return found

"""One's own work: sessions, hours against the contract, and falling ill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.errors import NotFoundError
from scheduler.in_force import days_in_force, holds, plan_by_day
from scheduler.models import (
    Attendance,
    BusyPeriod,
    Centre,
    GroupSession,
    MeetingState,
    MentoringMeeting,
    MentoringPair,
    Participant,
    SessionLeader,
    StaffMember,
    Task,
)
from scheduler.tasks import OPEN, close_task
from scheduler.timegrid import monday_of, to_instant, to_wall
from scheduler.week import DAYS, Only, WeekSession, sessions_of_days

#: Kind of the task that tells the coordination that somebody is ill today.
STAFF_SICK = "staff_sick"

#: Where a time of absence comes from that somebody reported at one tap; it can be taken back.
SICK = "sick"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkWeek:
    """Minutes of one week: planned, held so far, and those of the contract where there is one."""

    monday: date
    planned: int
    held: int
    contract: int | None

    @property
    def difference(self) -> int | None:
        """Planned minutes beyond the contract, negative where there are fewer."""
        return None if self.contract is None else self.planned - self.contract


def own_sessions(
    session: Session, centre: Centre, staff_id: int, first: date, last: date
) -> list[WeekSession]:
    """Return the published sessions of somebody between two days, ends included, cancelled ones too."""
    held = plan_by_day(days_in_force(session, centre.id, until=last), first, last)
    return sessions_of_days(session, held, Only(staff_id=staff_id))


def work_weeks(
    session: Session, centre: Centre, member: StaffMember, first: date, weeks: int, now: datetime
) -> list[WorkWeek]:
    """Return somebody's minutes week by week, sessions and mentors' meetings together, in three queries.

    Sessions that were cancelled count neither as planned nor as held; a session counts as held once
    it is over, a mentor's meeting once it was recorded, with its real minutes.

    Parameters
    ----------
    first : date
        A day of the first week.
    weeks : int
        How many weeks.
    """
    zone = ZoneInfo(centre.timezone)
    monday = monday_of(first)
    last = monday + timedelta(days=DAYS * weeks - 1)
    planned = {monday + timedelta(days=DAYS * n): 0 for n in range(weeks)}
    done = dict(planned)
    led = select(SessionLeader.session_id).where(SessionLeader.staff_id == member.id)
    query = select(GroupSession.day, GroupSession.starts_at, GroupSession.ends_at).where(
        GroupSession.centre_id == centre.id,
        holds(days_in_force(session, centre.id, until=last), monday, last),
        GroupSession.cancelled_at.is_(None),
        GroupSession.id.in_(led),
    )
    for day, starts_at, ends_at in session.execute(query):
        minutes = int((ends_at - starts_at).total_seconds()) // 60
        planned[monday_of(day)] += minutes
        if ends_at <= now:
            done[monday_of(day)] += minutes
    for meeting in _meetings(session, centre, member.id, monday, last, zone):
        week = monday_of(to_wall(meeting.starts_at, zone)[0])
        length = int((meeting.ends_at - meeting.starts_at).total_seconds()) // 60
        planned[week] += meeting.minutes if meeting.state == MeetingState.HELD else length
        done[week] += meeting.minutes
    return [
        WorkWeek(monday=week, planned=minutes, held=done[week], contract=member.contract_minutes_week)
        for week, minutes in planned.items()
    ]


def _meetings(
    session: Session, centre: Centre, staff_id: int, first: date, last: date, zone: ZoneInfo
) -> Sequence[MentoringMeeting]:
    query = (
        select(MentoringMeeting)
        .join(MentoringMeeting.pair)
        .where(
            MentoringMeeting.centre_id == centre.id,
            MentoringPair.mentor_id == staff_id,
            MentoringMeeting.state != MeetingState.CANCELLED,
            MentoringMeeting.starts_at >= to_instant(first, time(), zone),
            MentoringMeeting.starts_at < to_instant(last + timedelta(days=1), time(), zone),
        )
    )
    return session.scalars(query).all()


def first_names(session: Session, sessions: Sequence[WeekSession]) -> dict[int, list[str]]:
    """Return the first names of those expected, by session, in alphabetical order."""
    found: dict[int, list[str]] = {}
    query = (
        select(Attendance.session_id, Participant.first_name)
        .join(Attendance.participant)
        .where(Attendance.session_id.in_([x.id for x in sessions]), Attendance.excluded.is_(False))
        .order_by(Participant.first_name, Participant.id)
    )
    for session_id, name in session.execute(query):
        found.setdefault(session_id, []).append(name)
    return found


def sick_today(session: Session, centre: Centre, staff_id: int, now: datetime) -> BusyPeriod | None:
    """Return the absence that somebody reported at one tap and that lasts now."""
    query = select(BusyPeriod).where(
        BusyPeriod.centre_id == centre.id,
        BusyPeriod.staff_id == staff_id,
        BusyPeriod.source == SICK,
        BusyPeriod.starts_at <= now,
        BusyPeriod.ends_at > now,
    )
    return session.scalars(query).first()


def report_sick(session: Session, centre: Centre, member: StaffMember, now: datetime) -> Task:
    """Note that somebody is ill from now to the end of the day, and tell the coordination.

    Reported twice, it is one absence and one task, with the sessions as they are now. The plan is
    not touched: who leads instead, or what is cancelled, is for the coordination to decide.
    """
    zone = ZoneInfo(centre.timezone)
    today = to_wall(now, zone)[0]
    if sick_today(session, centre, member.id, now) is None:
        session.add(
            BusyPeriod(
                centre_id=centre.id,
                staff_id=member.id,
                starts_at=now,
                ends_at=to_instant(today + timedelta(days=1), time(), zone),
                label="Malade",
                source=SICK,
            )
        )
    facts: dict[str, Any] = {
        "staff": member.id,
        "name": member.name,
        "day": today.isoformat(),
        "sessions": [
            {"id": x.id, "uid": x.uid, "title": x.title, "starts_at": x.starts_at.isoformat()}
            for x in own_sessions(session, centre, member.id, today, today)
            if not x.cancelled and x.ends_at > now
        ],
    }
    task = _sick_task(session, centre, member.id, today)
    if task is None:
        task = Task(centre_id=centre.id, kind=STAFF_SICK, created_at=now, due_on=today)
        session.add(task)
    task.facts = facts
    session.flush()
    return task


def recover(
    session: Session, centre: Centre, member: StaffMember, now: datetime, *, user_id: int | None
) -> None:
    """Take a report of illness back: the absence goes and the task is closed.

    Raises
    ------
    NotFoundError
        If nobody reported that this person is ill now.
    """
    absence = sick_today(session, centre, member.id, now)
    if absence is None:
        raise NotFoundError(f"absence of staff {member.id}")
    session.delete(absence)
    task = _sick_task(session, centre, member.id, to_wall(now, ZoneInfo(centre.timezone))[0])
    if task is not None:
        close_task(task, "no_need", now, user_id=user_id)
    session.flush()


def sick_tasks(session: Session, centre: Centre) -> list[Task]:
    """Return what the coordination has not yet settled of those who reported ill."""
    query = select(Task).where(Task.centre_id == centre.id, Task.kind == STAFF_SICK, Task.state == OPEN)
    return list(session.scalars(query.order_by(Task.created_at)))


def _sick_task(session: Session, centre: Centre, staff_id: int, today: date) -> Task | None:
    query = select(Task).where(
        Task.centre_id == centre.id, Task.kind == STAFF_SICK, Task.state == OPEN, Task.due_on == today
    )
    return next((task for task in session.scalars(query) if task.facts.get("staff") == staff_id), None)

"""The week of a group or of one person as a poster: pictures, hours and places."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session, joinedload

from scheduler.in_force import days_in_force, holds
from scheduler.models import (
    Attendance,
    Centre,
    Cohort,
    CohortMember,
    GroupSession,
    Participant,
    SessionLeader,
    StaffMember,
)
from scheduler.paper.press import hour, long_day, set_sheet, short_day

WEEK_DAYS = 7

#: From an activity's pictogram and kind to its picture, as SVG.
Picture = Callable[[str, str], bytes]


#: Sizes of paper.
Paper = Literal["a4", "a3"]


def week_poster(
    session: Session,
    centre: Centre,
    subject: Cohort | Participant | StaffMember,
    monday: date,
    now: datetime,
    picture: Picture,
    *,
    paper: Paper = "a4",
) -> bytes:
    """Return the published sessions of a week as PDF in landscape.

    Of a group, those in which it is expected, without individual appointments: its poster hangs
    where everybody sees it. Of a person, all of theirs, under their first name alone; of somebody of
    the staff, those they lead. Nobody else is named.
    """
    zone = ZoneInfo(centre.timezone)
    last = monday + timedelta(days=WEEK_DAYS - 1)
    query = (
        select(GroupSession)
        .where(
            GroupSession.centre_id == centre.id,
            GroupSession.withdrawn.is_(False),
            holds(days_in_force(session, centre.id, until=last), monday, last),
            _of(subject),
        )
        .options(
            joinedload(GroupSession.activity), joinedload(GroupSession.site), joinedload(GroupSession.room)
        )
        .order_by(GroupSession.starts_at, GroupSession.id)
    )
    held = [
        row for row in session.scalars(query) if not (isinstance(subject, Cohort) and row.activity.individual)
    ]
    files: dict[str, bytes] = {}
    days: dict[date, list[dict[str, object]]] = {}
    for row in held:
        content = picture(row.activity.pictogram, row.activity.kind)
        name = next((key for key, known in files.items() if known == content), f"p{len(files)}.svg")
        files[name] = content
        days.setdefault(row.day, []).append(
            {
                "picture": name,
                "starts": hour(row.starts_at, zone),
                "ends": hour(row.ends_at, zone),
                "title": row.activity.neutral_name or row.activity.name,
                "place": ", ".join(
                    part for part in (row.room.name if row.room else "", row.site.name) if part
                ),
                "cancelled": row.cancelled_at is not None,
            }
        )
    data = {
        "title": subject.first_name if isinstance(subject, Participant) else subject.name,
        "paper": paper,
        "centre": centre.name,
        "week": f"Semaine du {short_day(monday)} au {short_day(last)}",
        "days": [
            {"name": long_day(day).split()[0].capitalize(), "date": short_day(day), "sessions": sessions}
            for day, sessions in sorted(days.items())
        ],
    }
    return set_sheet("poster", data, now, files)


def _of(subject: Cohort | Participant | StaffMember) -> ColumnElement[bool]:
    """Return the condition that a session belongs to somebody's week."""
    if isinstance(subject, StaffMember):
        led = select(SessionLeader.session_id).where(SessionLeader.staff_id == subject.id)
        return GroupSession.id.in_(led)
    people = (
        select(CohortMember.participant_id).where(CohortMember.cohort_id == subject.id)
        if isinstance(subject, Cohort)
        else [subject.id]
    )
    expected = GroupSession.id.in_(
        select(Attendance.session_id).where(
            Attendance.participant_id.in_(people), Attendance.excluded.is_(False)
        )
    )
    return or_(GroupSession.cohort_id == subject.id, expected) if isinstance(subject, Cohort) else expected

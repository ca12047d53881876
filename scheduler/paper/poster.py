"""The week of a group as a poster: pictures, hours and places, and nobody's name."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from scheduler.in_force import days_in_force, holds
from scheduler.models import Attendance, Centre, Cohort, CohortMember, GroupSession
from scheduler.paper.press import hour, long_day, set_sheet, short_day

WEEK_DAYS = 7

#: From an activity's pictogram and kind to its picture, as SVG.
Picture = Callable[[str, str], bytes]


def week_poster(
    session: Session, centre: Centre, cohort: Cohort, monday: date, now: datetime, picture: Picture
) -> bytes:
    """Return the group sessions of a week in which a group is expected, as PDF in landscape.

    Individual appointments are left out: a poster hangs where everybody sees it.
    """
    zone = ZoneInfo(centre.timezone)
    last = monday + timedelta(days=WEEK_DAYS - 1)
    members = select(CohortMember.participant_id).where(CohortMember.cohort_id == cohort.id)
    expected = select(Attendance.session_id).where(
        Attendance.participant_id.in_(members), Attendance.excluded.is_(False)
    )
    query = (
        select(GroupSession)
        .where(
            GroupSession.centre_id == centre.id,
            GroupSession.withdrawn.is_(False),
            holds(days_in_force(session, centre.id, until=last), monday, last),
            or_(GroupSession.cohort_id == cohort.id, GroupSession.id.in_(expected)),
        )
        .options(
            joinedload(GroupSession.activity), joinedload(GroupSession.site), joinedload(GroupSession.room)
        )
        .order_by(GroupSession.starts_at, GroupSession.id)
    )
    held = [row for row in session.scalars(query) if not row.activity.individual]
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
        "title": cohort.name,
        "centre": centre.name,
        "week": f"Semaine du {short_day(monday)} au {short_day(last)}",
        "days": [
            {"name": long_day(day).split()[0].capitalize(), "date": short_day(day), "sessions": sessions}
            for day, sessions in sorted(days.items())
        ],
    }
    return set_sheet("poster", data, now, files)

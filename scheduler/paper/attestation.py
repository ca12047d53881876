"""The attestation of attendance of one person: exactly the minutes attended."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.models import Activity, AttendanceRecord, Centre, Participant, Site
from scheduler.paper.press import duration, hour, set_sheet, short_day
from scheduler.reports.selection import Period


def attestation(
    session: Session,
    centre: Centre,
    person: Participant,
    period: Period,
    now: datetime,
    *,
    programme_id: int | None = None,
    with_visits: bool = True,
) -> bytes:
    """Return what a person attended in a period as PDF; activities bear their neutral names.

    Parameters
    ----------
    programme_id : int, optional
        Only one programme.
    with_visits : bool
        Whether every session is listed besides the sums.
    """
    first, end = period.instants(centre)
    zone = ZoneInfo(centre.timezone)
    query = (
        select(
            AttendanceRecord.starts_at,
            AttendanceRecord.ends_at,
            AttendanceRecord.attended_minutes,
            Activity.neutral_name,
            Activity.name,
        )
        .join(Activity, Activity.id == AttendanceRecord.activity_id)
        .where(
            AttendanceRecord.centre_id == centre.id,
            AttendanceRecord.participant_id == person.id,
            AttendanceRecord.starts_at >= first,
            AttendanceRecord.starts_at < end,
            AttendanceRecord.attended_minutes > 0,
        )
        .order_by(AttendanceRecord.starts_at)
    )
    if programme_id is not None:
        query = query.where(AttendanceRecord.programme_id == programme_id)
    visits = [
        (starts_at, ends_at, minutes, neutral or name)
        for starts_at, ends_at, minutes, neutral, name in session.execute(query)
    ]
    by_activity: dict[str, list[int]] = {}
    for _starts_at, _ends_at, minutes, name in visits:
        by_activity.setdefault(name, []).append(minutes)
    total = sum(minutes for _s, _e, minutes, _n in visits)
    place = session.scalars(
        select(Site.municipality)
        .where(Site.centre_id == centre.id, Site.municipality != "")
        .order_by(Site.id)
    ).first()
    data = {
        "title": f"Attestation de présence – {person.name}",
        "centre": centre.name,
        "name": person.name,
        "birth": short_day(person.birth_date) if person.birth_date else None,
        "reference": person.reference,
        "first": short_day(period.first_day),
        "last": short_day(period.last_day),
        "activities": [
            {
                "name": name,
                "sessions": str(len(held)),
                "duration": duration(sum(held)),
                "minutes": str(sum(held)),
            }
            for name, held in sorted(by_activity.items())
        ],
        "sessions": str(len(visits)),
        "duration": duration(total),
        "minutes": str(total),
        "place": place or centre.name,
        "day": short_day(now.astimezone(zone).date()),
        "visits": [
            {
                "day": short_day(starts_at.astimezone(zone).date()),
                "hours": f"{hour(starts_at, zone)} – {hour(ends_at, zone)}",
                "name": name,
                "minutes": str(minutes),
            }
            for starts_at, ends_at, minutes, name in visits
        ]
        if with_visits
        else [],
    }
    return set_sheet("attestation", data, now)

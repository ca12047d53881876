"""The sheet of one session: blank to sign, or filled with what was marked."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.attendance import THERE, expected_ids, session_in_force
from scheduler.message import N_
from scheduler.models import AbsenceReason, AttendanceRecord, AttendanceState, Centre, Participant
from scheduler.paper.press import duration, hour, long_day, set_sheet

#: Empty lines at the end of a blank sheet, for those who walk in.
BLANK_LINES = 4

STATES = {
    AttendanceState.PRESENT: N_("présent"),
    AttendanceState.LATE: N_("en retard"),
    AttendanceState.LEFT_EARLY: N_("parti plus tôt"),
    AttendanceState.EXCUSED: N_("excusé"),
    AttendanceState.ABSENT: N_("absent"),
    AttendanceState.UNMARKED: N_("non marqué"),
}


def attendance_sheet(session: Session, centre: Centre, uid: str, now: datetime, *, filled: bool) -> bytes:
    """Return the sheet of the session in force with this uid as PDF.

    Raises
    ------
    NotFoundError
        If no published version has it.
    """
    held = session_in_force(session, centre.id, uid)
    zone = ZoneInfo(centre.timezone)
    records = {
        row.participant_id: row
        for row in session.scalars(
            select(AttendanceRecord).where(
                AttendanceRecord.centre_id == centre.id, AttendanceRecord.session_uid == uid
            )
        )
    }
    walked_in = {key for key, row in records.items() if row.walk_in} if filled else set()
    people = session.scalars(
        select(Participant)
        .where(Participant.centre_id == centre.id, Participant.id.in_(expected_ids(held) | walked_in))
        .order_by(Participant.last_name, Participant.first_name)
    )
    named = select(AbsenceReason.id, AbsenceReason.name).where(AbsenceReason.centre_id == centre.id)
    reasons = {row[0]: row[1] for row in session.execute(named)}
    lines = [_line(person, records.get(person.id), reasons) for person in people]
    data = {
        "title": held.activity.name,
        "centre": centre.name,
        "day": long_day(held.day).capitalize(),
        "starts": hour(held.starts_at, zone),
        "ends": hour(held.ends_at, zone),
        "place": ", ".join(part for part in (held.room.name if held.room else "", held.site.name) if part),
        "leaders": ", ".join(row.staff.name for row in held.leaders),
        "filled": filled,
        "blank": 0 if filled else BLANK_LINES,
        "people": lines,
        "present": sum(line["there"] for line in lines),
        "total": duration(sum(line["counted"] for line in lines)),
    }
    return set_sheet("attendance", data, now)


def _line(person: Participant, record: AttendanceRecord | None, reasons: dict[int, str]) -> dict[str, Any]:
    state = AttendanceState(record.state) if record else AttendanceState.UNMARKED
    minutes = record.attended_minutes if record else 0
    return {
        "name": person.name,
        "state": str(STATES[state]),
        "reason": reasons.get(record.reason_id or 0, "") if record else "",
        "minutes": duration(minutes) if minutes else "–",
        "there": state in THERE,
        "counted": minutes,
    }

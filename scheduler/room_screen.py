"""What the screen at the door of a session shows: which session, and how many are there; no names."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.attendance import THERE, expected_ids, session_in_force
from scheduler.models import AttendanceRecord, GroupSession


@dataclass(frozen=True, slots=True)
class RoomScreen:
    """One session and two numbers."""

    held: GroupSession
    expected: int
    there: int


def room_screen(session: Session, centre_id: int, uid: str) -> RoomScreen:
    """Return what to show for a session of a centre.

    Raises
    ------
    NotFoundError
        If no version in force of this centre has it.
    """
    held = session_in_force(session, centre_id, uid)
    query = select(func.count()).where(
        AttendanceRecord.centre_id == held.centre_id,
        AttendanceRecord.session_uid == uid,
        AttendanceRecord.state.in_(THERE),
    )
    return RoomScreen(held, len(expected_ids(held)), session.scalar(query) or 0)

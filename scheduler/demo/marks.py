"""Who came to the sessions of a demonstration centre, and the taps behind it; all of it invented."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.attendance import Tap, apply_taps
from scheduler.in_force import sessions_in_force
from scheduler.models import AbsenceReason, Answer, AttendanceRecord, AttendanceState, Centre
from scheduler.timegrid import to_wall

#: Chance that somebody comes who did not say that they cannot.
_COMES = 0.9

#: Share of absences that are excused, and of those present who come late or leave early.
_EXCUSED, _LATE, _EARLY = 0.55, 0.07, 0.02

#: How long after its beginning a session's list is taken.
TAKEN_AFTER = timedelta(minutes=10)


def draw_mark(
    rng: Random, chance: float, whole: int, accepted: Sequence[int]
) -> tuple[AttendanceState, int, int | None]:
    """Draw what is marked of somebody: the state, the minutes missed, the reason of an excused absence.

    Parameters
    ----------
    chance : float
        That they come.
    whole : int
        Minutes of the session.
    accepted : sequence of int
        Ids of the reasons that excuse.
    """
    if rng.random() < chance:
        kind = rng.random()
        if kind < _LATE:
            return AttendanceState.LATE, min(whole, rng.choice((10, 15, 20, 30))), None
        if kind < _LATE + _EARLY:
            return AttendanceState.LEFT_EARLY, min(whole, rng.choice((15, 30, 45))), None
        return AttendanceState.PRESENT, 0, None
    if accepted and rng.random() < _EXCUSED:
        return AttendanceState.EXCUSED, whole, rng.choice(list(accepted))
    return AttendanceState.ABSENT, whole, None


def accepted_reasons(session: Session, centre: Centre) -> list[int]:
    """Return the ids of the reasons that excuse an absence, in their order."""
    query = (
        select(AbsenceReason.id)
        .where(AbsenceReason.centre_id == centre.id, AbsenceReason.excused)
        .order_by(AbsenceReason.position)
    )
    return list(session.scalars(query))


def mark_sessions(session: Session, centre: Centre, rng: Random, since: datetime, until: datetime) -> int:
    """Mark who came to the sessions in force that ended after one instant and by another.

    Who had said that they cannot come did not.

    Returns
    -------
    int
        How many people were marked.
    """
    zone = ZoneInfo(centre.timezone)
    first, last = to_wall(since, zone)[0], to_wall(until, zone)[0]
    held = [
        row
        for row in sessions_in_force(session, centre.id, first, last)
        if since < row.ends_at <= until and row.cancelled_at is None
    ]
    query = select(AttendanceRecord.session_uid, AttendanceRecord.participant_id).where(
        AttendanceRecord.centre_id == centre.id,
        AttendanceRecord.session_uid.in_({row.uid for row in held}),
        AttendanceRecord.answer == Answer.NOT_COMING,
    )
    announced = {(uid, person) for uid, person in session.execute(query)}
    accepted = accepted_reasons(session, centre)
    taps = []
    for row in held:
        whole = int((row.ends_at - row.starts_at).total_seconds()) // 60
        for seat in row.attendances:
            if seat.excluded:
                continue
            chance = 0.0 if (row.uid, seat.participant_id) in announced else _COMES
            state, missed, reason = draw_mark(rng, chance, whole, accepted)
            taps.append(
                Tap(
                    key=str(UUID(int=rng.getrandbits(128), version=4)),
                    session_uid=row.uid,
                    participant_id=seat.participant_id,
                    state=state,
                    minutes=missed if state in (AttendanceState.LATE, AttendanceState.LEFT_EARLY) else 0,
                    reason_id=reason,
                    tapped_at=row.starts_at + TAKEN_AFTER,
                    sent_at=until,
                )
            )
    apply_taps(session, centre.id, taps, until, user_id=None)
    return len(taps)

"""Levels of language over time: kept when they change, told as they were on a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.models import LevelChange, Participant

#: Spoken, then written.
Levels = tuple[int, int]


def note_levels(session: Session, person: Participant, before: Levels, today: date) -> LevelChange | None:
    """Keep what a person's levels were until today, if they differ now."""
    if before == (person.level_spoken, person.level_written):
        return None
    row = LevelChange(
        centre_id=person.centre_id,
        participant_id=person.id,
        changed_on=today,
        spoken_before=before[0],
        spoken_after=person.level_spoken,
        written_before=before[1],
        written_after=person.level_written,
    )
    session.add(row)
    return row


def levels_between(
    session: Session, centre_id: int, first_day: date, last_day: date, person_ids: Collection[int]
) -> dict[int, tuple[Levels, Levels]]:
    """Return each person's levels at the start of the first day and at the end of the last one."""
    now = {
        person_id: (spoken, written)
        for person_id, spoken, written in session.execute(
            select(Participant.id, Participant.level_spoken, Participant.level_written).where(
                Participant.centre_id == centre_id
            )
        )
    }
    changes: dict[int, list[LevelChange]] = defaultdict(list)
    query = (
        select(LevelChange)
        .where(LevelChange.centre_id == centre_id)
        .order_by(LevelChange.changed_on, LevelChange.id)
    )
    for row in session.scalars(query):
        changes[row.participant_id].append(row)
    return {
        person_id: (
            _levels_before(changes[person_id], now[person_id], first_day),
            _levels_after(changes[person_id], now[person_id], last_day),
        )
        for person_id in person_ids
        if person_id in now
    }


def _levels_before(changes: Sequence[LevelChange], now: Levels, day: date) -> Levels:
    later = [row for row in changes if row.changed_on >= day]
    return (later[0].spoken_before, later[0].written_before) if later else now


def _levels_after(changes: Sequence[LevelChange], now: Levels, day: date) -> Levels:
    later = [row for row in changes if row.changed_on > day]
    return (later[0].spoken_before, later[0].written_before) if later else now

"""Volunteer mentors and the participants they accompany."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.models import MentoringPair, Participant, StaffKind, StaffMember
from scheduler.records import find


def current_pair(session: Session, person: Participant, today: date) -> MentoringPair | None:
    """Return a person's pair of today, if they have a mentor."""
    query = select(MentoringPair).where(
        MentoringPair.participant_id == person.id,
        or_(MentoringPair.ends_on.is_(None), MentoringPair.ends_on >= today),
    )
    return session.scalars(query.order_by(MentoringPair.starts_on.desc())).first()


def match_mentor(session: Session, person: Participant, mentor_id: int, today: date) -> MentoringPair:
    """Give a person a mentor from today; a mentor they had before ends the day before.

    Raises
    ------
    InvalidInputError
        If the mentor is not an active volunteer.
    """
    mentor = find(session, StaffMember, mentor_id)
    if mentor.kind != StaffKind.VOLUNTEER or not mentor.active:
        raise InvalidInputError(N_("Choisissez une personne bénévole en activité."), "mentor_id")
    current = current_pair(session, person, today)
    if current is not None and current.mentor_id == mentor.id:
        return current
    end_mentoring(session, person, today)
    query = select(MentoringPair).where(
        MentoringPair.participant_id == person.id, MentoringPair.mentor_id == mentor.id
    )
    pair = session.scalars(query).first()
    if pair is None:
        pair = MentoringPair(participant_id=person.id, mentor_id=mentor.id, centre_id=person.centre_id)
        session.add(pair)
    pair.starts_on, pair.ends_on = today, None
    session.flush()
    return pair


def end_mentoring(session: Session, person: Participant, today: date) -> None:
    """End a person's pair; one that began today is as if it had never been."""
    pair = current_pair(session, person, today)
    if pair is None:
        return
    if pair.starts_on >= today:
        session.delete(pair)
    else:
        pair.ends_on = today - timedelta(days=1)
    session.flush()

"""Meetings that a mentor and their person agree on by themselves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, contains_eager

from scheduler.errors import InvalidInputError, NotFoundError
from scheduler.message import N_
from scheduler.models import Centre, MeetingState, MentoringMeeting, MentoringPair, Participant
from scheduler.timegrid import to_instant, to_wall

#: A meeting lasts at most so many minutes.
LONGEST = 720


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPair:
    """A pair as its mentor sees it: the first name of the person, and their meetings, newest first."""

    id: int
    first_name: str
    languages: tuple[str, ...]
    meetings: tuple[MentoringMeeting, ...]

    @property
    def minutes(self) -> int:
        """Minutes spent together so far."""
        return sum(meeting.minutes for meeting in self.meetings)


def own_pairs(session: Session, centre: Centre, mentor_id: int, today: date) -> list[OwnPair]:
    """Return the pairs of a mentor that last today, in two queries."""
    query = (
        select(MentoringPair.id, Participant.first_name, Participant.languages)
        .join(Participant, Participant.id == MentoringPair.participant_id)
        .where(
            MentoringPair.centre_id == centre.id,
            MentoringPair.mentor_id == mentor_id,
            MentoringPair.starts_on <= today,
            or_(MentoringPair.ends_on.is_(None), MentoringPair.ends_on >= today),
            Participant.active,
        )
        .order_by(Participant.first_name, MentoringPair.id)
    )
    pairs = session.execute(query).all()
    meetings: dict[int, list[MentoringMeeting]] = {}
    wanted = (
        select(MentoringMeeting)
        .where(MentoringMeeting.pair_id.in_([pair.id for pair in pairs]))
        .order_by(MentoringMeeting.starts_at.desc(), MentoringMeeting.id.desc())
    )
    for meeting in session.scalars(wanted):
        meetings.setdefault(meeting.pair_id, []).append(meeting)
    return [
        OwnPair(
            id=pair.id,
            first_name=pair.first_name,
            languages=tuple(pair.languages),
            meetings=tuple(meetings.get(pair.id, ())),
        )
        for pair in pairs
    ]


def meetings_between(
    session: Session,
    centre_id: int,
    starts_at: datetime,
    ends_at: datetime,
    *,
    mentor_id: int | None = None,
    participant_id: int | None = None,
) -> list[MentoringMeeting]:
    """Return the meetings of a time, cancelled ones too, in order, with their pairs; in one query.

    Parameters
    ----------
    mentor_id, participant_id : int, optional
        Only those of one person.
    """
    query = (
        select(MentoringMeeting)
        .join(MentoringMeeting.pair)
        .options(
            contains_eager(MentoringMeeting.pair).joinedload(MentoringPair.mentor),
            contains_eager(MentoringMeeting.pair).joinedload(MentoringPair.participant),
        )
        .where(
            MentoringMeeting.centre_id == centre_id,
            MentoringMeeting.starts_at < ends_at,
            MentoringMeeting.ends_at > starts_at,
        )
        .order_by(MentoringMeeting.starts_at, MentoringMeeting.id)
    )
    if mentor_id is not None:
        query = query.where(MentoringPair.mentor_id == mentor_id)
    if participant_id is not None:
        query = query.where(MentoringPair.participant_id == participant_id)
    return list(session.scalars(query))


def propose(
    session: Session,
    centre: Centre,
    mentor_id: int,
    pair_id: int,
    *,
    day: date,
    starts: time,
    minutes: int,
    place: str,
    now: datetime,
) -> MentoringMeeting:
    """Write down when and where a pair wants to meet next.

    Raises
    ------
    NotFoundError
        If the pair is not this mentor's, or is over.
    InvalidInputError
        If the time is past, the length impossible, or the pair meets at that time already.
    """
    zone = ZoneInfo(centre.timezone)
    pair = next(
        (x for x in own_pairs(session, centre, mentor_id, to_wall(now, zone)[0]) if x.id == pair_id), None
    )
    if pair is None:
        raise NotFoundError(f"pair {pair_id}")
    _check_minutes(minutes)
    starts_at = to_instant(day, starts, zone)
    ends_at = starts_at + timedelta(minutes=minutes)
    if starts_at <= now:
        raise InvalidInputError(N_("Cette heure est déjà passée."), "day")
    for other in pair.meetings:
        if other.state != MeetingState.CANCELLED and other.starts_at < ends_at and starts_at < other.ends_at:
            raise InvalidInputError(N_("Vous avez déjà un rendez-vous à ce moment-là."), "starts")
    meeting = MentoringMeeting(
        centre_id=centre.id,
        pair_id=pair_id,
        changed_at=now,
        starts_at=starts_at,
        ends_at=ends_at,
        place=place.strip()[:120],
    )
    session.add(meeting)
    session.flush()
    return meeting


def find_meeting(session: Session, centre: Centre, mentor_id: int, meeting_id: int) -> MentoringMeeting:
    """Return a meeting of a mentor's own.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    query = (
        select(MentoringMeeting)
        .join(MentoringMeeting.pair)
        .where(
            MentoringMeeting.id == meeting_id,
            MentoringMeeting.centre_id == centre.id,
            MentoringPair.mentor_id == mentor_id,
        )
    )
    meeting = session.scalars(query).one_or_none()
    if meeting is None:
        raise NotFoundError(f"meeting {meeting_id}")
    return meeting


def record_held(meeting: MentoringMeeting, minutes: int, now: datetime) -> None:
    """Write down that a meeting was held, and for how long; again corrects it.

    Raises
    ------
    InvalidInputError
        If it has not begun yet, or the length is impossible.
    """
    if meeting.starts_at > now:
        raise InvalidInputError(N_("Ce rendez-vous n'a pas encore commencé."))
    _check_minutes(minutes)
    meeting.state, meeting.minutes, meeting.recorded_at = MeetingState.HELD, minutes, now
    meeting.changed_at = now


def cancel_meeting(meeting: MentoringMeeting, now: datetime) -> None:
    """Write down that a meeting is not held; what was recorded of it is gone."""
    meeting.state, meeting.minutes, meeting.recorded_at = MeetingState.CANCELLED, 0, now
    meeting.changed_at = now


def _check_minutes(minutes: int) -> None:
    if not 0 < minutes <= LONGEST:
        raise InvalidInputError(N_("Donnez une durée entre 1 minute et 12 heures."), "minutes")

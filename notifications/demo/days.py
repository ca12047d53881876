"""The last days of a demonstration centre, lived through by the jobs themselves with a clock of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.channels import Channel
from notifications.channels.sandbox import SandboxChannel
from notifications.compose import page_addresses
from notifications.demo.answers import answer_messages, turns_of_answers
from notifications.jobs import deliver_messages, foresee_absences, remind, settle_choices
from notifications.models import ChannelKind
from notifications.offered_places import tell_offers
from scheduler.choices import propose
from scheduler.choices.rounds import discard_round, send_round
from scheduler.db import begin_writing
from scheduler.demo.marks import mark_sessions
from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.models import Activity, Centre, Programme
from scheduler.timegrid import monday_of, to_instant, to_wall

#: When the jobs run on a simulated day: the reminders go out at six in the evening.
TIMES: Final = (time(9, 5), time(18, 5))

#: Messages began so long ago: as many days as the first reminder of a session comes before it.
MESSAGES_FOR: Final = timedelta(days=3)

#: People were invited to choose their place less than so long ago, so that some have not answered yet.
INVITED_FOR: Final = timedelta(hours=36)

#: How long one such moment takes, with the answers and what follows from them.
MOMENT: Final = timedelta(hours=1)

#: Sessions whose list nobody has taken yet, at the end, are those that ended less than so long ago.
NOT_MARKED: Final = timedelta(hours=2)

#: Whose people choose their place: (programme, activity), the first in which somebody has a choice.
CHOICES: Final = (
    ("cai", "brakes_individual"),
    ("mod_actions", "orientation_interview"),
    ("amie", "interview"),
)

#: Weeks of a round of choices.
CHOICE_WEEKS: Final = 3


@dataclass(slots=True)
class _Clock:
    at: datetime

    def __call__(self) -> datetime:
        return self.at


def let_days_pass(
    session: Session, centre_id: int, since: datetime, until: datetime, *, seed: int, **settings: Any
) -> dict[str, int]:
    """Remind, deliver, answer, fill freed seats and take roll-calls as if the days went by; commits.

    Whatever messages there are end in the sandbox.

    Parameters
    ----------
    since, until : datetime
        Aware. Nothing is done after ``until``.
    settings : dict
        Of the jobs, such as the key and the address of people's pages.

    Returns
    -------
    dict
        How many answers were given and how many people marked.

    Raises
    ------
    InvalidInputError
        If there is a centre that is no demonstration, whose messages must not end in the sandbox.
    """
    refuse_real_centres(session)
    sandbox: dict[ChannelKind, Channel] = {kind: SandboxChannel() for kind in ChannelKind}
    settings = settings | {"channels": sandbox}
    rng, clock = Random(f"days {seed}"), _Clock(since)
    zone = ZoneInfo(session.get_one(Centre, centre_id).timezone)
    turns, counts = turns_of_answers(), {"answers": 0, "marked": 0}
    marked_until, invited = since, False
    for moment in _moments(max(since, until - MESSAGES_FOR), until, zone):
        clock.at = moment
        if not invited and moment >= until - INVITED_FOR:
            invited = True
            _let_choose(session, centre_id, clock, settings)
        counts["marked"] += _mark(session, centre_id, rng, marked_until, moment)
        marked_until = moment
        remind(session, clock, **settings)
        for _turn in range(2):
            turn_at = clock.at
            settle_choices(session, clock, **settings)
            deliver_messages(session, clock, **settings)
            begin_writing(session)
            centre = session.get_one(Centre, centre_id)
            counts["answers"] += answer_messages(session, centre, rng, turns, turn_at, clock.at)
            session.commit()
            clock.at += MOMENT / 2
        deliver_messages(session, clock, **settings)
    clock.at = until
    counts["marked"] += _mark(session, centre_id, rng, marked_until, until - NOT_MARKED)
    foresee_absences(session, clock)
    return counts


def refuse_real_centres(session: Session) -> None:
    """Make sure that there are only demonstrations, since the jobs run for every centre.

    Raises
    ------
    InvalidInputError
        If there is another centre.
    """
    if session.scalar(select(Centre.id).where(Centre.is_demo.is_(False)).limit(1)) is not None:
        raise InvalidInputError(N_("Il y a ici un vrai centre : ses messages ne sont pas un essai."))


def _moments(since: datetime, until: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    day = to_wall(since, zone)[0]
    while day <= to_wall(until, zone)[0]:
        for moment in TIMES:
            at = to_instant(day, moment, zone)
            if since <= at and at + MOMENT <= until:
                yield at
        day += timedelta(days=1)


def _mark(session: Session, centre_id: int, rng: Random, since: datetime, until: datetime) -> int:
    if until <= since:
        return 0
    begin_writing(session)
    marked = mark_sessions(session, session.get_one(Centre, centre_id), rng, since, until)
    session.commit()
    return marked


def _let_choose(session: Session, centre_id: int, clock: _Clock, settings: dict[str, Any]) -> None:
    """Invite the people of one activity to choose their place."""
    for programme, activity in CHOICES:
        begin_writing(session)
        centre, now = session.get_one(Centre, centre_id), clock()
        query = (
            select(Activity.id)
            .join(Activity.programme)
            .where(Activity.centre_id == centre_id, Programme.key == programme, Activity.key == activity)
        )
        activity_id = session.scalar(query)
        if activity_id is None:
            session.rollback()
            continue
        first = to_wall(now, ZoneInfo(centre.timezone))[0]
        last = monday_of(first) + timedelta(weeks=CHOICE_WEEKS + 1, days=-1)
        round_ = propose(session, centre, activity_id, first, last, now)
        if round_.offers:
            address = page_addresses(settings.get("secret_key", ""), settings.get("public_url", ""), now)
            tell_offers(session, centre, send_round(session, centre, round_, now), now, page_address=address)
            session.commit()
            return
        discard_round(session, round_, now)
        session.commit()

"""What has changed since a person last looked, on the cards of their page, until they say that they know."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.confirmations import news_of
from notifications.net_changes import NetChange
from scheduler.models import Activity, Centre, Participant
from scheduler.personal_week import Card
from scheduler.timegrid import to_wall


def with_news(
    session: Session,
    person: Participant,
    cards: Sequence[Card],
    now: datetime,
    *,
    full_titles: bool = False,
) -> list[Card]:
    """Return cards that say what has changed, with those of sessions that the person is no longer in.

    What they answered before the change is no answer to it.
    """
    news = news_of(session, person, now)
    # Of what changed once more without a message about it, the plan knows better.
    told = [
        replace(card, change=found.word, was=_was(found), answer=None)
        if (found := news.get(card.uid)) is not None and card.cancelled == (found.after is None)
        else card
        for card in cards
    ]
    shown = {card.uid for card in cards}
    lost = [each for uid, each in news.items() if uid not in shown and each.after is None]
    if not lost:
        return told
    zone = ZoneInfo(session.get_one(Centre, person.centre_id).timezone)
    query = select(Activity).where(Activity.id.in_({each.activity_id for each in lost}))
    activities = {activity.id: activity for activity in session.scalars(query)}
    told += [
        Card(
            uid=each.uid,
            day=to_wall(each.place.starts_at, zone)[0],
            starts_at=each.place.starts_at,
            ends_at=each.place.ends_at,
            kind=activity.kind,
            pictogram=activity.pictogram,
            title=activity.name if full_titles else activity.neutral_name,
            individual=activity.individual,
            cancelled=True,
            change=each.word,
        )
        for each in lost
        if (activity := activities.get(each.activity_id)) is not None
    ]
    return sorted(told, key=lambda card: card.starts_at)


def _was(change: NetChange) -> datetime | None:
    return change.before.starts_at if change.word == "moved" and change.before else None

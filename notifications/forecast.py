"""What a centre's rules would send in the weeks to come, and what it has sent: counted, never stored."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from notifications.allowance import OVER_BUDGET, UNSENT, costs_money, load_allowance
from notifications.compose import BECAUSE, Composer, PageAddress
from notifications.contacts import Route
from notifications.models import ChannelKind, Message, MessageKind, MessageState
from notifications.outbox import Draft
from notifications.policy import Policies, Policy, load_policies
from notifications.reminders import bundles_between, drafts_of
from notifications.wording import Told
from scheduler.models import Centre, Participant
from scheduler.timegrid import to_instant

WEEKS = 4

#: Letters that are as long as each other in every alphabet of text messages.
PLAIN = re.compile(r"[A-Za-z0-9 '.-]*")


@dataclass(slots=True, kw_only=True)
class Forecast:
    """Messages by channel, with what they cost in thousandths of a cent, and those held back by reason.

    ``instead`` are those that take a way that costs nothing, the budget of the month being used up.
    """

    by_channel: Counter[ChannelKind] = field(default_factory=Counter)
    price_eur_millicents: int = 0
    segments: int = 0
    withheld: Counter[str] = field(default_factory=Counter)
    instead: int = 0
    people: int = 0

    @property
    def messages(self) -> int:
        """Everything that is not a call."""
        return sum(count for channel, count in self.by_channel.items() if channel is not ChannelKind.VOICE)

    @property
    def calls(self) -> int:
        """Calls of the telephone."""
        return self.by_channel[ChannelKind.VOICE]

    @property
    def price_eur(self) -> float:
        """What it costs, in euros."""
        return self.price_eur_millicents / 100_000


def forecast(
    session: Session,
    centre: Centre,
    now: datetime,
    *,
    policies: Policies | None = None,
    page_address: PageAddress | None = None,
    weeks: int = WEEKS,
) -> Forecast:
    """Return what would be sent to remind people, as the plan in force stands; writes nothing.

    Parameters
    ----------
    policies : Policies, optional
        Rules to try out; by default those in force.
    """
    policies = policies or load_policies(session, centre)
    found = Forecast()
    bundles = bundles_between(session, centre, policies, now, now + timedelta(weeks=weeks))
    if not bundles:
        return found
    people = {person.id for each in bundles for person in each.people}
    found.people = len(people)
    allowance = load_allowance(session, centre, policies.centre, people, now, spending=False)
    composer = _Estimator(session, centre, policies.centre, page_address)
    for draft in drafts_of(bundles, composer, allowance, ZoneInfo(centre.timezone)):
        if draft.withheld is not None:
            found.withheld[draft.withheld] += 1
            continue
        found.by_channel[ChannelKind(draft.channel)] += 1
        found.instead += draft.facts.get(BECAUSE) == OVER_BUDGET
        found.segments += draft.segments
        found.price_eur_millicents += draft.price_eur_millicents
    return found


def sent_since(session: Session, centre: Centre, first_day: date) -> Forecast:
    """Return what went out since a local day began, of every kind, and what was held back.

    What a provider refused is not among the messages; its price is as little as that of one held back.
    """
    query = (
        select(
            Message.channel,
            Message.state,
            Message.error_code,
            func.count(),
            func.sum(case((Message.facts[BECAUSE].as_string() == OVER_BUDGET, 1), else_=0)),
            func.sum(Message.price_eur_millicents),
            func.sum(Message.segments),
        )
        .where(
            Message.centre_id == centre.id,
            Message.created_at >= to_instant(first_day, time(), ZoneInfo(centre.timezone)),
        )
        .group_by(Message.channel, Message.state, Message.error_code)
    )
    found = Forecast()
    for channel, state, reason, count, instead, price, segments in session.execute(query):
        if state == MessageState.WITHHELD:
            found.withheld[reason or ""] += count
        elif state not in UNSENT:
            if state != MessageState.FAILED:
                found.by_channel[ChannelKind(channel)] += count
                found.segments += int(segments or 0)
                found.instead += int(instead or 0)
            if costs_money(ChannelKind(channel), MessageState(state)):
                found.price_eur_millicents += int(price or 0)
    return found


class _Estimator(Composer):
    """Words each shape of message once: those of one shape are equally long, so they cost the same."""

    def __init__(
        self, session: Session, centre: Centre, policy: Policy, page_address: PageAddress | None
    ) -> None:
        super().__init__(session, centre, policy, page_address)
        self._zone = ZoneInfo(centre.timezone)
        self._known: dict[object, Draft] = {}

    def draft(
        self,
        kind: MessageKind,
        *,
        people: Sequence[Participant],
        told: Sequence[Told],
        route: Route | None,
        **more: Any,
    ) -> Draft:
        """Return a message that is as long as the one asked for, and goes the same way."""
        first = people[0]
        shape = (
            route and route.channel,
            first.message_language,
            first.reads_little,
            more.get("second"),
            more.get("because"),
            tuple(_length(person.first_name) for person in people),
            tuple(self._shape(each) for each in told),
        )
        if shape not in self._known:
            self._known[shape] = super().draft(kind, people=people, told=told, route=route, **more)
        return self._known[shape]

    def _shape(self, told: Told) -> tuple[object, ...]:
        starts, ends = told.starts_at.astimezone(self._zone), told.ends_at
        return (
            told.title,
            told.place,
            told.individual,
            _length(told.person),
            starts.weekday(),
            starts.day > 9,
            starts.month,
            starts.hour,
            starts.minute,
            ends and ends.astimezone(self._zone).time(),
        )


def _length(name: str) -> object:
    """Return what a name adds to a text: only of plain letters is it the number alone that counts."""
    return len(name) if PLAIN.fullmatch(name) else name

"""What may still be sent: the budget of the month, and how often a person is written to in a day.

Every message that costs money counts against the month in which it was written, whatever it is for: at the
price the provider asked where that is known, at that of the list until then. Messages of the rules
(``OPTIONAL``), and what comes in their place when they fail, go by a way that costs nothing when too little
is left, or are held back; changes and answers go out all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifications.compose import BECAUSE
from notifications.models import (
    ChannelKind,
    Message,
    MessageKind,
    MessageState,
    MessageTopic,
    ReminderPolicy,
)
from notifications.outbox import Draft
from notifications.policy import Policy
from scheduler.models import Centre, Task
from scheduler.timegrid import to_instant, to_wall

#: Reasons for which a message is stored and not sent; kept in ``Message.error_code``.
NO_ROUTE = "no_route"
OVER_BUDGET = "budget"
OFTEN_ENOUGH = "most_per_day"

#: Kind of the task that tells the coordination that the month's budget is used up.
BUDGET_TASK = "message_budget"

MILLICENTS = 1000

#: States of messages that reach nobody and never will.
UNSENT = (MessageState.SUPERSEDED, MessageState.WITHHELD, MessageState.EXPIRED)

#: Kinds that wait for money; the others must be heard whatever they cost.
OPTIONAL: Final = frozenset({MessageKind.REMINDER, MessageKind.MISSED_YOU, MessageKind.SATISFACTION})


def costs_money(channel: ChannelKind, state: MessageState) -> bool:
    """Whether a message of a price is paid for: not what never left, was refused, or rang in vain."""
    if channel is ChannelKind.VOICE and state is MessageState.UNDELIVERED:
        return False
    return state not in {*UNSENT, MessageState.FAILED}


@dataclass(slots=True, kw_only=True)
class Allowance:
    """Counts what goes out and says when it is enough; holds nothing that a database would know.

    ``spent`` is in thousandths of a cent by first day of month, ``messages`` by person and local day.
    """

    policy: Policy
    spent: Counter[date] = field(default_factory=Counter)
    messages: Counter[tuple[int, date]] = field(default_factory=Counter)

    def refuse(self, people: Collection[int], day: date, price_eur_millicents: int) -> str | None:
        """Return why a reminder may not go out on a day, or count it.

        Nobody of a household has had enough while one of them has not.
        """
        if all(self.messages[person, day] >= self.policy.most_per_day for person in people):
            return OFTEN_ENOUGH
        if not self.pay(day, price_eur_millicents):
            return OVER_BUDGET
        for person in people:
            self.messages[person, day] += 1
        return None

    def pay(self, day: date, price_eur_millicents: int) -> bool:
        """Take a price out of the month's budget; ``False`` where too little is left."""
        month = day.replace(day=1)
        budget = self.policy.budget_eur_cents
        costs = self.spent[month] + price_eur_millicents
        if budget is not None and price_eur_millicents and costs > budget * MILLICENTS:
            return False
        self.spent[month] = costs
        return True


def load_allowance(
    session: Session,
    centre: Centre,
    policy: Policy,
    people: Collection[int],
    now: datetime,
    *,
    spending: bool = True,
) -> Allowance:
    """Return what has gone out this month, and today to some people.

    Parameters
    ----------
    spending : bool
        Something is to be sent: nobody else spends of the same budget until the transaction ends.
    """
    zone = ZoneInfo(centre.timezone)
    today = to_wall(now, zone)[0]
    month = today.replace(day=1)
    if spending:
        # Only a centre with rules of its own has a budget.
        own = ReminderPolicy.centre_id == centre.id, ReminderPolicy.programme_id.is_(None)
        session.execute(select(ReminderPolicy.id).where(*own).with_for_update())
    found = Allowance(policy=policy)
    found.spent[month] = spent_since(session, centre, month)
    if not people:
        return found
    midnight, leaves_at = to_instant(today, time(), zone), func.coalesce(Message.sent_at, Message.next_at)
    query = (
        select(MessageTopic.participant_id, func.count(Message.id.distinct()))
        .join(MessageTopic.message)
        .where(
            MessageTopic.centre_id == centre.id,
            MessageTopic.participant_id.in_(people),
            # What was written in the evening and waits for the morning counts when it leaves.
            Message.created_at >= midnight - timedelta(days=1),
            leaves_at >= midnight,
            leaves_at < to_instant(today + timedelta(days=1), time(), zone),
            Message.kind != MessageKind.ANSWER,
            Message.fallback_of_id.is_(None),
            Message.state.not_in(UNSENT),
        )
        .group_by(MessageTopic.participant_id)
    )
    for person, count in session.execute(query):
        found.messages[person, today] = count
    return found


def spent_since(session: Session, centre: Centre, first_day: date) -> int:
    """Return what a centre's messages cost since a local day began, in thousandths of a cent."""
    query = (
        select(Message.channel, Message.state, func.sum(Message.price_eur_millicents))
        .where(
            Message.centre_id == centre.id,
            Message.created_at >= to_instant(first_day, time(), ZoneInfo(centre.timezone)),
        )
        .group_by(Message.channel, Message.state)
    )
    return sum(
        int(price or 0)
        for channel, state, price in session.execute(query)
        if costs_money(ChannelKind(channel), MessageState(state))
    )


def is_affordable(session: Session, centre: Centre, policy: Policy, draft: Draft, now: datetime) -> bool:
    """Tell whether the month's budget leaves enough for what comes in the place of a failed message."""
    if draft.kind not in OPTIONAL or not draft.price_eur_millicents:
        return True
    today = to_wall(now, ZoneInfo(centre.timezone))[0]
    return load_allowance(session, centre, policy, (), now).pay(today, draft.price_eur_millicents)


def flag_budget(session: Session, centre: Centre, drafts: Iterable[Draft], now: datetime) -> None:
    """Tell the coordination, once a month, where messages wait for money, or go another way without."""
    if not any(OVER_BUDGET in (draft.withheld, draft.facts.get(BECAUSE)) for draft in drafts):
        return
    day = to_wall(now, ZoneInfo(centre.timezone))[0]
    month = f"{day:%Y-%m}"
    query = select(Task).where(Task.centre_id == centre.id, Task.kind == BUDGET_TASK)
    if not any(task.facts.get("month") == month for task in session.scalars(query)):
        session.add(
            Task(centre_id=centre.id, kind=BUDGET_TASK, facts={"month": month}, due_on=day, created_at=now)
        )

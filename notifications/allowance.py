"""What may still be sent: the budget of the month, and how often a person is written to in a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifications.models import Message, MessageKind, MessageState, MessageTopic
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

#: States of messages that cost nothing and reach nobody.
UNSENT = (MessageState.SUPERSEDED, MessageState.WITHHELD, MessageState.EXPIRED)


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
        month = day.replace(day=1)
        budget = self.policy.budget_eur_cents
        costs = self.spent[month] + price_eur_millicents
        if budget is not None and price_eur_millicents and costs > budget * MILLICENTS:
            return OVER_BUDGET
        self.spent[month] = costs
        for person in people:
            self.messages[person, day] += 1
        return None


def load_allowance(
    session: Session, centre: Centre, policy: Policy, people: Collection[int], now: datetime
) -> Allowance:
    """Return what has gone out this month, and today to some people."""
    zone = ZoneInfo(centre.timezone)
    today = to_wall(now, zone)[0]
    month = today.replace(day=1)
    found = Allowance(policy=policy)
    found.spent[month] = spent_since(session, centre, month)
    query = (
        select(MessageTopic.participant_id, func.count(Message.id.distinct()))
        .join(MessageTopic.message)
        .where(
            MessageTopic.centre_id == centre.id,
            MessageTopic.participant_id.in_(people),
            Message.created_at >= to_instant(today, time(), zone),
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
    total = session.scalar(
        select(func.sum(Message.price_eur_millicents)).where(
            Message.centre_id == centre.id,
            Message.created_at >= to_instant(first_day, time(), ZoneInfo(centre.timezone)),
            Message.state.not_in(UNSENT),
        )
    )
    return int(total or 0)


def flag_budget(session: Session, centre: Centre, day: date, now: datetime) -> None:
    """Tell the coordination, once a month, that reminders wait for money."""
    month = f"{day:%Y-%m}"
    query = select(Task).where(Task.centre_id == centre.id, Task.kind == BUDGET_TASK)
    if not any(task.facts.get("month") == month for task in session.scalars(query)):
        session.add(
            Task(centre_id=centre.id, kind=BUDGET_TASK, facts={"month": month}, due_on=day, created_at=now)
        )

"""The preview: what it foretells is what is then sent, and nothing is written."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifications.allowance import spent_since
from notifications.forecast import forecast, sent_since
from notifications.models import ChannelKind, ContactChoice, Message
from notifications.policy import OnHolidays, Policies, Policy, Step, save_policy
from notifications.reminders import enqueue_due
from scheduler import models as m
from tests.factories import Make
from tests.planning import World, hold, make_world, publish_days

BRUSSELS = ZoneInfo("Europe/Brussels")
MONDAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 9, tzinfo=BRUSSELS)


def crowd(make: Make) -> World:
    """Three people, two of whom share a phone and one of whom has none but an address of e-mail."""
    world = make_world(make)
    world["plan"] = publish_days(make, world, MONDAY, MONDAY + timedelta(27))
    people = [
        make(m.Participant, first_name="Amina", phone="+32470000001", message_language="ar"),
        make(m.Participant, first_name="Émile", phone="+32470000001"),
        make(m.Participant, first_name="Lina", email="lina@example.org"),
        make(m.Participant, first_name="Personne"),
    ]
    for week in range(1, 4):
        for day in (0, 2):
            on = MONDAY + timedelta(weeks=week, days=day)
            hold(make, world, world["plan"], on, *people)
    return world


def test_what_is_foretold_is_what_is_sent(session: Session, centre: m.Centre, make: Make) -> None:
    crowd(make)
    policy = Policy(budget_eur_cents=100, prices={"sms": 20_000})
    save_policy(session, centre, policy)
    told = forecast(session, centre, NOW)
    assert session.scalar(select(func.count()).select_from(Message)) == 0
    for day in range(28):
        for hour in (0, 9):
            enqueue_due(session, centre, NOW + timedelta(days=day, hours=hour))
    sent = session.scalars(select(Message)).all()
    assert told.messages == sum(each.error_code is None for each in sent) > 0
    # On Sundays Monday's last reminder and Wednesday's first go together.
    assert told.by_channel[ChannelKind.EMAIL] == 9
    assert told.withheld["no_route"] == sum(each.error_code == "no_route" for each in sent) == 9
    assert told.withheld["budget"] == sum(each.error_code == "budget" for each in sent) > 0
    spent = sum(each.price_eur_millicents for each in sent if each.error_code is None)
    assert told.price_eur_millicents == spent > 0
    assert told.people == 4


THREE = (
    Step(days=3, at=time(18)),
    Step(days=1, at=time(16, 50)),
    Step(days=0, at=time(7, 30), channels=(ChannelKind.VOICE,), quiet_until=time(7)),
)


@pytest.mark.parametrize(
    "policy",
    [
        Policy(steps=THREE),
        Policy(steps=THREE, digest=False, most_per_day=1, holidays=OnHolidays.SKIP),
        Policy(
            steps=THREE, household=False, quiet_from=time(19), holidays=OnHolidays.SEND, budget_eur_cents=90
        ),
    ],
)
def test_a_week_costs_what_was_foretold(
    session: Session, centre: m.Centre, make: Make, policy: Policy
) -> None:
    world = crowd(make)
    amina, emile, lina, _nobody = session.scalars(select(m.Participant).order_by(m.Participant.id)).all()[-4:]
    exempt = make(m.Participant, phone="+32470000009")
    make(ContactChoice, participant=exempt, exempt=True)
    make(ContactChoice, participant=emile, channels=["voice", "sms"])
    make(m.Closure, starts_on=MONDAY + timedelta(4), ends_on=MONDAY + timedelta(6), kind="closure")
    for day, hour in ((7, 13), (8, 9), (8, 14), (9, 9)):
        on = MONDAY + timedelta(day)
        hold(make, world, world["plan"], on, amina, emile, lina, exempt, starts_at=wall(on, hour))
    save_policy(session, centre, replace(policy, quiet_until=time(7)) if policy.household else policy)
    start, end = wall(MONDAY + timedelta(3), 11), wall(MONDAY + timedelta(10), 11)
    told = forecast(session, centre, start, weeks=1)
    moments = (time(7, 30), time(8), time(16, 50), time(18))
    days = (MONDAY + timedelta(number) for number in range(3, 11))
    ticks = [start, end, *(datetime.combine(day, each, BRUSSELS) for day in days for each in moments)]
    for tick in sorted(each for each in ticks if start <= each <= end):
        enqueue_due(session, centre, tick)
    sent = session.scalars(select(Message)).all()
    gone = [each for each in sent if each.error_code is None]
    assert told.by_channel == Counter(each.channel for each in gone)
    assert told.withheld == Counter(each.error_code for each in sent if each.error_code)
    assert (told.segments, told.price_eur_millicents) == (
        sum(each.segments for each in gone),
        sum(each.price_eur_millicents for each in gone),
    )
    assert told.price_eur_millicents > 0
    assert exempt.id not in {topic.participant_id for each in sent for topic in each.topics}


def wall(day: date, hour: int) -> datetime:
    """An instant by the clock in Brussels."""
    return datetime.combine(day, time(hour), BRUSSELS)


def test_rules_can_be_tried_out(session: Session, centre: m.Centre, make: Make) -> None:
    crowd(make)
    call = Step(days=1, at=Policy().steps[0].at, channels=(ChannelKind.VOICE,))
    told = forecast(session, centre, NOW, policies=Policies(Policy(steps=(call,), household=False), {}))
    assert (told.calls, told.messages) == (12, 6)
    assert forecast(session, centre, NOW, policies=Policies(Policy(active=False), {})).people == 0


def test_spent_is_what_was_paid_for(session: Session, centre: m.Centre, make: Make) -> None:
    paid = [
        (ChannelKind.SMS, "queued"),
        (ChannelKind.SMS, "delivered"),
        (ChannelKind.SMS, "undelivered"),
        (ChannelKind.VOICE, "delivered"),
    ]
    free = [
        (ChannelKind.SMS, "failed"),
        (ChannelKind.SMS, "superseded"),
        (ChannelKind.SMS, "withheld"),
        (ChannelKind.VOICE, "undelivered"),
    ]
    for channel, state in (*paid, *free):
        make(Message, channel=channel, state=state, price_eur_millicents=1000, created_at=NOW)
    make(Message, price_eur_millicents=9000, created_at=NOW - timedelta(days=30))
    found = sent_since(session, centre, MONDAY.replace(day=1))
    assert found.price_eur_millicents == spent_since(session, centre, MONDAY.replace(day=1)) == 4000
    assert (found.messages, found.calls) == (3, 2)

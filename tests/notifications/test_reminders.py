"""Reminders: to whom, when, in one message or several, never twice, and what stops them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session, object_session

from notifications.allowance import BUDGET_TASK, Allowance
from notifications.compose import BECAUSE, Composer
from notifications.forecast import forecast, sent_since
from notifications.jobs import remind
from notifications.models import ChannelKind, ContactChoice, Message, MessageKind, MessageState, MessageTopic
from notifications.outbox import enqueue_all, supersede
from notifications.policy import Policy, Step, save_policy
from notifications.reminders import drafts_of, due, enqueue_due, read_history
from scheduler import models as m
from tests.factories import Make
from tests.planning import World, hold, make_world, publish_days
from tests.queries import recorded

BRUSSELS = ZoneInfo("Europe/Brussels")
MONDAY = date(2026, 11, 30)
PHONE = "+32470123456"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of November 2026 by the clock in Brussels."""
    return datetime(2026, 11, day, hour, minute, tzinfo=BRUSSELS)


FRIDAY_EVENING, SUNDAY_EVENING = at(27, 18), at(29, 18)


@pytest.fixture
def world(make: Make) -> World:
    world = make_world(make)
    world["person"].phone, world["person"].first_name = PHONE, "Amina"
    world["plan"] = publish_days(make, world, date(2026, 11, 23), date(2026, 12, 20))
    world["held"] = hold(make, world, world["plan"], MONDAY, world["person"])
    return world


@pytest.fixture
def tick(session: Session, centre: m.Centre) -> Callable[[datetime], int]:
    def act(now: datetime) -> int:
        session.flush()
        return enqueue_due(session, centre, now)

    return act


Tick = Callable[[datetime], int]


def messages(session: Session) -> list[Message]:
    return list(session.scalars(select(Message).order_by(Message.id)))


def test_three_days_and_one_day_before_and_never_twice(session: Session, world: World, tick: Tick) -> None:
    times = (at(27, 17, 59), FRIDAY_EVENING, at(27, 18, 1), at(28, 12), FRIDAY_EVENING, at(24, 9))
    assert [tick(now) for now in times] == [0, 1, 0, 0, 0, 0]
    assert [tick(now) for now in (SUNDAY_EVENING, at(29, 18, 1), FRIDAY_EVENING, at(30, 8))] == [1, 0, 0, 0]
    first, second = messages(session)
    assert (first.step, second.step) == ("d3", "d1")
    assert (first.kind, first.channel, first.address) == (MessageKind.REMINDER, ChannelKind.SMS, PHONE)
    assert first.state == MessageState.QUEUED
    assert first.next_at == FRIDAY_EVENING
    assert first.expires_at == at(30, 8, 45)
    assert "Amina" in first.body
    assert "9h" in first.body
    assert first.price_eur_millicents > 0
    topic = first.topics[0]
    assert (topic.session_uid, topic.starts_at) == (world["held"].uid, at(30, 9))


def _exempt(person: m.Participant) -> None:
    session = object_session(person)
    assert session is not None
    session.add(ContactChoice(centre_id=person.centre_id, participant_id=person.id, exempt=True))


@pytest.mark.parametrize(
    "spoil",
    [
        lambda make, world: setattr(world["held"], "cancelled_at", at(25, 9)),
        lambda make, world: setattr(world["person"], "active", False),
        lambda make, world: setattr(world["held"].attendances[0], "excluded", True),
        lambda make, world: _exempt(world["person"]),
        lambda make, world: make(
            m.AttendanceRecord,
            session=world["held"],
            participant=world["person"],
            answer=m.Answer.NOT_COMING,
            answered_at=at(26, 9),
        ),
        lambda make, world: make(
            m.AttendanceRecord,
            session=world["held"],
            participant=world["person"],
            state=m.AttendanceState.EXCUSED,
        ),
        # A newer version without the session.
        lambda make, world: publish_days(make, world, MONDAY, MONDAY, publication=2),
    ],
    ids=["cancelled", "inactive", "kept_out", "exempt", "not_coming", "excused", "withdrawn"],
)
def test_nobody_is_reminded_in_vain(
    session: Session, make: Make, world: World, tick: Tick, spoil: Callable[[Make, World], Any]
) -> None:
    spoil(make, world)
    assert tick(FRIDAY_EVENING) == 0
    assert messages(session) == []


def test_who_said_they_come_is_reminded_again_but_not_of_what_they_just_answered(
    make: Make, world: World, tick: Tick
) -> None:
    record = make(
        m.AttendanceRecord,
        session=world["held"],
        participant=world["person"],
        answer=m.Answer.COMING,
        answered_at=at(27, 19),
    )
    assert tick(at(28, 9)) == 0  # the worker was down on Friday evening
    assert record.answer == m.Answer.COMING
    assert tick(SUNDAY_EVENING) == 1


def test_sessions_of_one_day_share_a_message(
    session: Session, centre: m.Centre, make: Make, world: World, tick: Tick
) -> None:
    hold(make, world, world["plan"], MONDAY, world["person"], starts_at=at(30, 13, 30), ends_at=at(30, 16))
    assert tick(FRIDAY_EVENING) == 1
    (sent,) = messages(session)
    assert len(sent.topics) == 2
    assert "13h30" in sent.body
    save_policy(session, centre, Policy(digest=False))
    assert tick(SUNDAY_EVENING) == 2


@pytest.fixture
def wednesday(make: Make, world: World) -> m.GroupSession:
    """A second session, three days after the last reminder of the first."""
    return hold(make, world, world["plan"], date(2026, 12, 2), world["person"])


def told_steps(session: Session) -> list[tuple[str, datetime, str]]:
    """What has gone or will go: session, start and step, as the next tick reads it."""
    centre_id = session.scalars(select(Message.centre_id)).first()
    uids = set(session.scalars(select(MessageTopic.session_uid)))
    found = read_history(session, session.get_one(m.Centre, centre_id), uids)
    return sorted((uid, start, step) for _person, uid, start, step in found.reminded)


def test_steps_of_two_sessions_that_are_due_at_once_share_a_message(
    session: Session, world: World, wednesday: m.GroupSession, tick: Tick
) -> None:
    monday = world["held"]
    tuesday_evening = SUNDAY_EVENING + timedelta(days=2)
    again = (SUNDAY_EVENING + timedelta(minutes=1), FRIDAY_EVENING)
    assert [tick(now) for now in (FRIDAY_EVENING, SUNDAY_EVENING, *again)] == [1, 1, 0, 0]
    both = messages(session)[1]
    assert (both.step, len(both.topics)) == ("d1+d3", 2)
    assert both.body.index("lundi 30/11") < both.body.index("mercredi 2/12")
    assert both.expires_at == at(30, 8, 45)
    assert [tick(now) for now in (tuesday_evening, SUNDAY_EVENING, tuesday_evening)] == [1, 0, 0]
    assert messages(session)[2].step == "d1"
    assert told_steps(session) == sorted(
        (held.uid, held.starts_at, step) for held in (monday, wednesday) for step in ("d1", "d3")
    )


def test_of_two_steps_in_a_message_neither_is_lost_nor_sent_twice(
    session: Session, centre: m.Centre, world: World, wednesday: m.GroupSession, tick: Tick
) -> None:
    tick(FRIDAY_EVENING)
    tick(SUNDAY_EVENING)
    supersede(session, centre.id, SUNDAY_EVENING, session_uid=wednesday.uid)
    wednesday.cancelled_at = SUNDAY_EVENING
    assert [tick(SUNDAY_EVENING), tick(SUNDAY_EVENING)] == [1, 0]
    assert (messages(session)[-1].step, len(messages(session)[-1].topics)) == ("d1", 1)
    # It takes place after all, and the message of the other has left.
    wednesday.cancelled_at = None
    assert [tick(at(29, 18, 5)), tick(at(29, 18, 5))] == [1, 0]
    assert messages(session)[-1].step == "d3"


def test_what_never_left_for_one_session_is_made_anew_for_the_other(
    session: Session, world: World, wednesday: m.GroupSession, tick: Tick
) -> None:
    tick(FRIDAY_EVENING)
    tick(SUNDAY_EVENING)
    messages(session)[1].state = MessageState.EXPIRED
    assert [tick(at(30, 9, 30)), tick(at(30, 9, 31))] == [1, 0]
    assert messages(session)[2].step == "d3"
    assert [topic.session_uid for topic in messages(session)[2].topics] == [wednesday.uid]


def test_a_message_of_two_steps_that_was_emptied_is_not_sent_again(
    session: Session, world: World, wednesday: m.GroupSession, tick: Tick
) -> None:
    tick(SUNDAY_EVENING)
    (both,) = messages(session)
    both.facts, both.body = {}, ""
    assert tick(at(29, 18, 1)) == 0


def test_a_moved_session_is_reminded_of_by_itself(
    session: Session, world: World, wednesday: m.GroupSession, tick: Tick
) -> None:
    tick(SUNDAY_EVENING)
    wednesday.starts_at, wednesday.ends_at = (
        each + timedelta(hours=1) for each in (wednesday.starts_at, wednesday.ends_at)
    )
    assert [tick(at(29, 18, 1)), tick(at(29, 18, 2))] == [1, 0]
    assert (messages(session)[-1].step, len(messages(session)[-1].topics)) == ("d3", 1)


@pytest.mark.parametrize(
    ("policy", "count"),
    [
        (Policy(digest=False), 2),
        (Policy(steps=(Step(days=3, at=time(17)), Step(days=1, at=time(18)))), 1),
        (
            Policy(
                steps=(Step(days=3, at=time(18)), Step(days=1, at=time(18), channels=(ChannelKind.VOICE,)))
            ),
            2,
        ),
    ],
    ids=["no_digest", "other_hour", "other_channel"],
)
def test_steps_go_apart_where_they_must(
    session: Session, centre: m.Centre, wednesday: m.GroupSession, tick: Tick, policy: Policy, count: int
) -> None:
    save_policy(session, centre, policy)
    tick(at(29, 17))
    assert tick(SUNDAY_EVENING) == count


def test_a_household_gets_one_message(
    session: Session, centre: m.Centre, make: Make, world: World, tick: Tick
) -> None:
    other = make(m.Participant, first_name="Yusuf", phone="0470 12 34 56")
    alone = make(m.Participant, first_name="Lina", phone="+32470999999")
    for person in (other, alone):
        make(m.Attendance, session=world["held"], participant=person)
    assert tick(FRIDAY_EVENING) == 2
    shared = next(each for each in messages(session) if each.address == PHONE)
    assert shared.participant_id == world["person"].id
    assert {topic.participant_id for topic in shared.topics} == {world["person"].id, other.id}
    assert "Amina" in shared.body
    assert "Yusuf" in shared.body
    assert "Lina" not in shared.body
    save_policy(session, centre, Policy(household=False))
    assert tick(SUNDAY_EVENING) == 3


def test_a_version_that_differs_is_told_again_and_one_that_does_not_is_not(
    session: Session, make: Make, world: World, tick: Tick
) -> None:
    held = world["held"]
    assert tick(FRIDAY_EVENING) == 1
    held.sequence += 1  # somebody else leads it
    assert tick(at(28, 9)) == 0
    held.starts_at, held.ends_at = at(30, 10), at(30, 13)
    held.sequence += 1
    assert tick(at(28, 9)) == 1
    held.starts_at, held.ends_at = at(30, 9), at(30, 12)
    assert tick(at(28, 9)) == 0


def test_what_was_taken_back_is_made_anew(
    session: Session, centre: m.Centre, make: Make, world: World, tick: Tick
) -> None:
    other = hold(
        make, world, world["plan"], MONDAY, world["person"], starts_at=at(30, 13, 30), ends_at=at(30, 16)
    )
    for now in (FRIDAY_EVENING, at(27, 18, 5), at(27, 18, 10)):
        assert tick(now) == 1
        assert len(supersede(session, centre.id, now, session_uid=other.uid)) == 1
    other.cancelled_at = at(27, 18, 12)
    assert tick(at(27, 18, 15)) == 1
    states = [(each.state, len(each.topics)) for each in messages(session)]
    assert states == [(MessageState.SUPERSEDED, 2)] * 3 + [(MessageState.QUEUED, 1)]


def test_who_was_told_of_a_change_since_is_not_reminded_late(make: Make, world: World, tick: Tick) -> None:
    told = make(
        Message,
        participant=world["person"],
        kind=MessageKind.CHANGE,
        created_at=at(27, 19),
        next_at=at(28, 8),
    )
    make(
        MessageTopic,
        message=told,
        participant=world["person"],
        session_uid=world["held"].uid,
        starts_at=world["held"].starts_at,
    )
    assert tick(at(28, 9)) == 0
    assert tick(SUNDAY_EVENING) == 1


def test_what_cannot_be_sent_is_seen_once(session: Session, world: World, tick: Tick) -> None:
    world["person"].phone = None
    assert [tick(now) for now in (FRIDAY_EVENING, at(27, 18, 1))] == [1, 0]
    (stopped,) = messages(session)
    assert (stopped.state, stopped.error_code, stopped.price_eur_millicents) == ("withheld", "no_route", 0)


def test_the_budget_of_the_month_stops_reminders_and_says_so_once(
    session: Session, centre: m.Centre, make: Make, world: World, tick: Tick
) -> None:
    others = [make(m.Participant, phone=f"+3247000000{number}") for number in range(3)]
    for person in others:
        make(m.Attendance, session=world["held"], participant=person)
    make(Message, participant=others[0], price_eur_millicents=900_000, created_at=at(2, 9))
    make(Message, participant=others[0], price_eur_millicents=900_000, created_at=at(2, 9), state="withheld")
    price = 50_000
    save_policy(session, centre, Policy(budget_eur_cents=1000, prices={"sms": price}))
    assert tick(FRIDAY_EVENING) == 4
    sent = [each for each in messages(session) if each.step == "d3"]
    segments = {each.segments for each in sent}
    fit = 100_000 // (price * max(segments))
    assert [each.error_code for each in sent] == [None] * fit + ["budget"] * (4 - fit)
    assert fit < 4
    assert tick(SUNDAY_EVENING) == 4
    tasks = session.scalars(select(m.Task).where(m.Task.kind == BUDGET_TASK)).all()
    assert [task.facts for task in tasks] == [{"month": "2026-11"}]


def test_nobody_is_written_to_more_often_than_the_centre_wants(
    session: Session, centre: m.Centre, make: Make, world: World, tick: Tick
) -> None:
    save_policy(session, centre, Policy(most_per_day=1))
    # Written at night, it comes in the morning.
    told = make(Message, participant=world["person"], created_at=at(26, 22), next_at=at(27, 8))
    make(MessageTopic, message=told, participant=world["person"])
    assert tick(FRIDAY_EVENING) == 1
    assert tick(SUNDAY_EVENING) == 1
    assert [each.error_code for each in messages(session)[1:]] == ["most_per_day", None]


@pytest.mark.parametrize(("most_per_day", "budget_eur_cents"), [(2, None), (9, 100)])
def test_what_goes_out_late_counts_on_the_day_and_in_the_month_it_goes_out(
    session: Session,
    centre: m.Centre,
    make: Make,
    world: World,
    most_per_day: int,
    budget_eur_cents: int | None,
) -> None:
    now = at(30, 9) + timedelta(days=1)
    make(Message, participant=make(m.Participant), price_eur_millicents=100_000, created_at=now)
    for day in (2, 3, 5):
        hold(make, world, world["plan"], date(2026, 12, day), world["person"])
    steps = (Step(days=5, at=time(18)), Step(days=3, at=time(18)))
    limits = {"most_per_day": most_per_day, "budget_eur_cents": budget_eur_cents}
    rules = Policy(steps=steps, digest=False, **limits)
    save_policy(session, centre, rules)
    told = forecast(session, centre, now, weeks=0)
    enqueue_due(session, centre, now)
    found = Counter(each.error_code for each in messages(session)[1:])
    assert found == ({None: 2, "most_per_day": 1} if budget_eur_cents is None else {"budget": 3})
    assert told.messages == found[None]
    assert told.withheld == Counter({reason: count for reason, count in found.items() if reason})


def test_a_programme_has_its_own_steps_and_channels(
    session: Session, centre: m.Centre, world: World, tick: Tick
) -> None:
    call = Step(days=0, at=time(7, 30), channels=(ChannelKind.VOICE,), quiet_until=time(7))
    save_policy(session, centre, Policy(steps=(call,)), programme_id=world["programme"].id)
    assert [tick(now) for now in (FRIDAY_EVENING, SUNDAY_EVENING, at(30, 7, 30))] == [0, 0, 1]
    (sent,) = messages(session)
    assert (sent.channel, sent.step) == (ChannelKind.VOICE, "d0")


def test_a_centre_that_reminds_nobody(session: Session, centre: m.Centre, world: World, tick: Tick) -> None:
    save_policy(session, centre, Policy(active=False))
    assert tick(FRIDAY_EVENING) == 0


def test_reminders_before_closed_days_go_out_before_them(make: Make, world: World, tick: Tick) -> None:
    make(m.Closure, starts_on=date(2026, 11, 26), ends_on=date(2026, 11, 29))
    assert [tick(now) for now in (at(25, 17), at(25, 18), FRIDAY_EVENING, SUNDAY_EVENING)] == [0, 1, 0, 0]


def test_the_number_of_queries_does_not_grow(
    session: Session, centre: m.Centre, make: Make, world: World
) -> None:
    def count() -> int:
        session.flush()
        session.expire_all()
        assert centre.timezone
        with recorded() as statements:
            found = due(session, centre, FRIDAY_EVENING)
        assert found
        return len(statements)

    before = count()
    for number in range(4):
        person = make(m.Participant, phone=f"+3247000000{number}")
        hold(make, world, world["plan"], MONDAY, person, starts_at=at(30, 13) + timedelta(hours=number))
    assert count() == before <= 12


def test_the_job_reminds_every_centre_and_one_that_fails_stops_no_other(
    session: Session, world: World, centre: m.Centre
) -> None:
    session.add(m.Centre(name="Autre", slug="autre", timezone="Mars/Olympus", created_at=at(1, 9)))
    session.commit()
    given = {"secret_key": "s", "public_url": "https://semainier.example"}
    assert remind(session, lambda: FRIDAY_EVENING, **given) == {"queued": 1, "failed": 1}
    assert remind(session, lambda: FRIDAY_EVENING, **given) == {"queued": 0, "failed": 1}
    (sent,) = messages(session)
    assert sent.centre_id == centre.id
    assert sent.facts["link"].startswith("https://semainier.example/moi/m.")


def test_two_workers_who_decide_at_once_store_one_message(
    session: Session, centre: m.Centre, world: World
) -> None:
    session.flush()
    decided = []
    for _worker in range(2):
        composer = Composer(session, centre, Policy())
        bundles = due(session, centre, FRIDAY_EVENING)
        decided.append(list(drafts_of(bundles, composer, Allowance(policy=Policy()), BRUSSELS)))
    assert [enqueue_all(session, drafts, FRIDAY_EVENING) for drafts in decided] == [1, 0]
    assert len(session.scalars(select(MessageTopic)).all()) == 1


def test_over_the_budget_whoever_has_an_address_is_reminded_by_e_mail(
    session: Session, centre: m.Centre, make: Make, world: World, tick: Tick
) -> None:
    amina = world["person"]
    yusuf = make(m.Participant, first_name="Yusuf", phone=PHONE)
    lina = make(m.Participant, first_name="Lina", phone="+32470999999", email="lina@example.org")
    silent = make(m.Participant, first_name="Aziz", phone="+32470888888", email="aziz@example.org")
    make(ContactChoice, participant=silent, channels=["sms"])
    for person in (yusuf, lina, silent):
        make(m.Attendance, session=world["held"], participant=person)
    amina.email = "amina@example.org"
    save_policy(session, centre, Policy(budget_eur_cents=0))
    told = forecast(session, centre, at(27, 17), weeks=0)
    assert told.instead == 0
    assert tick(FRIDAY_EVENING) == 4
    found = {each.participant_id: each for each in messages(session)}
    assert {who: (each.channel, each.error_code) for who, each in found.items()} == {
        amina.id: (ChannelKind.EMAIL, None),
        yusuf.id: (ChannelKind.SMS, "budget"),
        lina.id: (ChannelKind.EMAIL, None),
        silent.id: (ChannelKind.SMS, "budget"),
    }
    assert {each.facts.get(BECAUSE) for each in found.values() if not each.error_code} == {"budget"}
    assert [topic.participant_id for topic in found[amina.id].topics] == [amina.id]
    assert "Yusuf" not in found[amina.id].body
    assert found[amina.id].price_eur_millicents == 0
    assert [tick(FRIDAY_EVENING), tick(at(27, 18, 1))] == [0, 0]
    assert sent_since(session, centre, date(2026, 11, 1)).instead == 2
    told = forecast(session, centre, at(29, 17), weeks=1)
    assert (told.instead, told.by_channel, told.withheld) == (2, {ChannelKind.EMAIL: 2}, {"budget": 2})


def test_that_money_is_short_is_said_once_even_where_nobody_is_left_out(
    session: Session, centre: m.Centre, world: World, tick: Tick
) -> None:
    world["person"].email = "amina@example.org"
    save_policy(session, centre, Policy(budget_eur_cents=0))
    assert [tick(FRIDAY_EVENING), tick(SUNDAY_EVENING)] == [1, 1]
    assert [each.error_code for each in messages(session)] == [None, None]
    assert len(session.scalars(select(m.Task).where(m.Task.kind == BUDGET_TASK)).all()) == 1

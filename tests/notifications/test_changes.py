"""Changes: who is told of what a publication changes, once, merged, in time; and who has not confirmed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from notifications.changes import announce, confirm_by
from notifications.confirmations import confirm_news, unconfirmed
from notifications.models import ContactChoice, Message, MessageKind, MessageState
from notifications.net_changes import NetChange, Place, merged
from notifications.news import with_news
from notifications.policy import Policy, Step, save_policy
from notifications.reminders import enqueue_due
from scheduler import models as m
from scheduler.changes import compare
from scheduler.personal_week import Card, personal_week
from scheduler.publish import PublishResult
from scheduler.session_state import Expected, SessionState, state_of
from tests.factories import Make
from tests.planning import World, hold, make_world, publish_days

BRUSSELS = ZoneInfo("Europe/Brussels")
THURSDAY = date(2026, 11, 26)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of November 2026 by the clock in Brussels."""
    return datetime(2026, 11, day, hour, minute, tzinfo=BRUSSELS)


NOW = at(24, 10)


@pytest.fixture
def world(session: Session, make: Make) -> World:
    world = make_world(make)
    world["person"].phone, world["person"].first_name = "+32470123456", "Amina"
    world["plan"] = publish_days(make, world, date(2026, 11, 23), date(2026, 12, 20))
    world["held"] = hold(make, world, world["plan"], THURSDAY, world["person"])
    session.flush()
    world["state"] = state_of(world["held"])
    return world


Publish = Callable[..., int]


@pytest.fixture
def publish(session: Session, centre: m.Centre, make: Make, world: World) -> Publish:
    """Announce that one state of each session is followed by another, as a publication would."""
    numbers = iter(range(2, 50))

    def act(
        *pairs: tuple[SessionState | None, SessionState | None], now: datetime = NOW, **given: Any
    ) -> int:
        plan = publish_days(make, world, date(2026, 11, 23), date(2026, 12, 20), publication=next(numbers))
        changes = compare([a for a, _b in pairs if a], [b for _a, b in pairs if b])
        result = PublishResult(plan=plan, changes=changes, superseded=())
        return announce(session, centre, result, now, **given)

    return act


def later(state: SessionState, hours: int = 1, days: int = 0) -> SessionState:
    shift = timedelta(hours=hours, days=days)
    starts_at = state.starts_at + shift
    return replace(
        state,
        starts_at=starts_at,
        ends_at=state.ends_at + shift,
        day=starts_at.date(),
        sequence=state.sequence + 1,
    )


def cancelled(state: SessionState) -> SessionState:
    return replace(state, cancelled_at=NOW)


def without(state: SessionState, *people: int) -> SessionState:
    return replace(state, people=tuple(x for x in state.people if x.participant_id not in people))


def messages(session: Session, state: MessageState = MessageState.QUEUED) -> list[Message]:
    return list(session.scalars(select(Message).where(Message.state == state).order_by(Message.id)))


def test_who_is_touched_gets_one_message_and_is_asked_to_confirm(
    session: Session, world: World, publish: Publish
) -> None:
    state = world["state"]
    assert publish((state, later(state))) == 1
    (sent,) = messages(session)
    assert (sent.kind, sent.participant_id, sent.next_at) == (MessageKind.CHANGE, world["person"].id, NOW)
    assert "10h" in sent.body
    assert "9h" in sent.body
    topic = sent.topics[0]
    assert (topic.session_uid, topic.starts_at, topic.sequence) == (state.uid, at(26, 10), 1)
    assert topic.confirm_by == NOW + timedelta(hours=24)


def test_a_cancellation_says_so(session: Session, world: World, publish: Publish) -> None:
    assert publish((world["state"], cancelled(world["state"]))) == 1
    (sent,) = messages(session)
    assert sent.kind == MessageKind.CANCELLATION
    assert sent.topics[0].starts_at == world["state"].starts_at


@pytest.mark.parametrize(
    "change",
    [
        lambda state: replace(state, leaders=(("leader", 12345),)),
        lambda state: replace(state, language="ar"),
        lambda state: later(state, days=20),
    ],
    ids=["leaders", "language", "nothing_to_do_with_me"],
)
def test_what_changes_nothing_for_a_person_is_not_told(
    session: Session, world: World, publish: Publish, change: Callable[[SessionState], SessionState]
) -> None:
    state = (
        without(world["state"], world["person"].id)
        if change(world["state"]).day > THURSDAY
        else world["state"]
    )
    assert publish((state, change(state))) == 0


def test_far_away_changes_wait_for_the_reminders(
    session: Session, centre: m.Centre, world: World, publish: Publish
) -> None:
    far = later(world["state"], days=15)
    assert publish((far, later(far))) == 0
    assert publish((far, world["state"])) == 1  # it is near now
    messages(session)[0].state = MessageState.DELIVERED
    save_policy(session, centre, Policy(change_days=0))
    assert publish((world["state"], later(world["state"]))) == 0


def test_a_first_publication_tells_nobody_and_an_addition_to_an_announced_day_does(
    session: Session, make: Make, world: World, publish: Publish
) -> None:
    assert publish((None, world["state"])) == 1
    (sent,) = messages(session)
    assert sent.facts["sessions"][0]["change"] == "added"
    beyond = replace(later(world["state"], days=28), uid="another")
    assert publish((None, beyond), now=at(24, 10) + timedelta(days=27)) == 0


def test_only_those_who_come_or_go_are_told_when_people_change(
    session: Session, make: Make, world: World, publish: Publish
) -> None:
    other, third = make(m.Participant, phone="+32470000001"), make(m.Participant, phone="+32470000002")
    before = replace(world["state"], people=(*world["state"].people, Expected(other.id)))
    after = replace(world["state"], people=(*world["state"].people, Expected(third.id)))
    assert publish((before, after)) == 2
    assert [(each.participant_id, each.kind) for each in messages(session)] == [
        (other.id, MessageKind.CANCELLATION),
        (third.id, MessageKind.CHANGE),
    ]


def test_at_night_changes_wait_and_are_merged_with_what_follows(
    session: Session, world: World, make: Make, publish: Publish
) -> None:
    state = world["state"]
    other = state_of(hold(make, world, world["plan"], date(2026, 11, 27), world["person"]))
    assert publish((state, later(state)), now=at(24, 21)) == 1
    assert messages(session)[0].next_at == at(25, 8)
    assert publish((later(state), later(state, 2)), (other, cancelled(other)), now=at(24, 22)) == 1
    (sent,) = messages(session)
    assert [each["change"] for each in sent.facts["sessions"]] == ["moved", "cancelled"]
    assert sent.facts["sessions"][0]["was"] == state.starts_at.isoformat()
    assert len(messages(session, MessageState.SUPERSEDED)) == 1
    # Back where they were: nothing is left to tell.
    assert publish((later(state, 2), state), (cancelled(other), other), now=at(24, 23)) == 0
    assert messages(session) == []


def test_what_is_leaving_is_stopped_only_if_it_is_no_longer_so(
    session: Session, world: World, make: Make, publish: Publish
) -> None:
    state = world["state"]
    other = state_of(hold(make, world, world["plan"], date(2026, 11, 27), world["person"]))
    assert publish((state, later(state))) == 1
    (leaving,) = messages(session)
    leaving.state = MessageState.CLAIMED
    expires_at = leaving.expires_at
    assert publish((other, cancelled(other)), now=at(24, 10, 1)) == 1
    session.refresh(leaving)
    assert leaving.expires_at == expires_at
    assert publish((later(state), later(state, 2)), now=at(24, 10, 2)) == 1
    session.refresh(leaving)
    assert leaving.expires_at == at(24, 10, 2)
    (news,) = messages(session)
    assert [each["change"] for each in news.facts["sessions"]] == ["moved", "cancelled"]


def test_a_programme_has_its_own_night_and_may_tell_where_the_centre_does_not(
    session: Session, centre: m.Centre, world: World, publish: Publish
) -> None:
    save_policy(session, centre, Policy(active=False))
    assert publish((world["state"], later(world["state"]))) == 0
    own = Policy(quiet_from=time(19), quiet_until=time(9))
    save_policy(session, centre, own, programme_id=world["programme"].id)
    assert publish((world["state"], later(world["state"])), now=at(24, 19, 30)) == 1
    assert messages(session)[0].next_at == at(25, 9)


def test_who_hears_of_a_change_in_the_morning_is_not_reminded_in_the_same_minute(
    session: Session, centre: m.Centre, world: World, publish: Publish
) -> None:
    save_policy(session, centre, Policy(steps=(Step(days=1, at=time(8)),)))
    assert publish((world["state"], later(world["state"])), now=at(24, 22)) == 1
    world["held"].starts_at = later(world["state"]).starts_at
    session.flush()
    assert enqueue_due(session, centre, at(25, 8)) == 0


def test_moved_and_moved_back_after_it_was_told_is_told(
    session: Session, world: World, publish: Publish
) -> None:
    state = world["state"]
    assert publish((state, later(state))) == 1
    messages(session)[0].state = MessageState.DELIVERED
    assert publish((later(state), state), now=at(24, 11)) == 1


def test_who_would_leave_home_early_is_told_before_the_night_is_over(
    session: Session, world: World, publish: Publish
) -> None:
    assert publish((world["state"], cancelled(world["state"])), now=at(25, 22)) == 1
    assert messages(session)[0].next_at == at(26, 7, 30)


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (at(25, 23), at(26, 5)),
        (at(26, 5, 30), at(26, 5, 30)),
        (at(26, 6, 10), at(26, 6, 10)),
        (at(26, 6, 25), at(26, 6, 25)),
    ],
    ids=["the night before", "before they leave", "20 minutes before", "5 minutes before"],
)
def test_nobody_comes_in_vain_for_want_of_a_word_at_night(
    session: Session, world: World, publish: Publish, now: datetime, told: datetime
) -> None:
    early = replace(world["state"], starts_at=at(26, 6, 30), ends_at=at(26, 9))
    assert publish((early, cancelled(early)), now=now) == 1
    (sent,) = messages(session)
    assert sent.next_at == told
    assert sent.expires_at == at(26, 6, 30), "until the very beginning it may still turn somebody back"


def test_the_same_publication_is_told_once(
    session: Session, centre: m.Centre, world: World, make: Make
) -> None:
    plan = publish_days(make, world, THURSDAY, THURSDAY, publication=9)
    changes = compare([world["state"]], [later(world["state"])])
    result = PublishResult(plan=plan, changes=changes, superseded=())
    assert [announce(session, centre, result, NOW) for _time in range(2)] == [1, 0]
    assert len(messages(session)) == 1


def test_a_queued_reminder_of_what_changed_is_taken_back(
    session: Session, centre: m.Centre, world: World, publish: Publish
) -> None:
    assert enqueue_due(session, centre, at(24, 10)) == 1
    assert publish((world["state"], later(world["state"])), now=at(24, 10, 1)) == 1
    assert [each.kind for each in messages(session)] == [MessageKind.CHANGE]
    world["held"].starts_at = later(world["state"]).starts_at
    world["held"].plan_id = session.scalars(select(m.Plan.id).order_by(m.Plan.publication.desc())).first()
    session.flush()
    assert enqueue_due(session, centre, at(24, 10, 2)) == 0  # the change told everything
    assert enqueue_due(session, centre, at(25, 18)) == 1


def test_a_household_is_told_together(session: Session, world: World, make: Make, publish: Publish) -> None:
    other = make(m.Participant, first_name="Yusuf", phone="0470 12 34 56")
    state = replace(world["state"], people=(*world["state"].people, Expected(other.id)))
    assert publish((state, later(state))) == 1
    (sent,) = messages(session)
    assert {topic.participant_id for topic in sent.topics} == {world["person"].id, other.id}
    assert "Yusuf" in sent.body


def test_what_somebody_asked_for_is_not_told(session: Session, world: World, publish: Publish) -> None:
    state, person = world["state"], world["person"].id
    known = {(person, state.uid)}
    assert publish((without(state, person), state), known=known) == 0


def test_who_stays_away_need_not_know_that_it_is_cancelled(
    make: Make, world: World, publish: Publish
) -> None:
    make(
        m.AttendanceRecord,
        session=world["held"],
        participant=world["person"],
        answer=m.Answer.NOT_COMING,
        answered_at=at(23, 9),
    )
    assert publish((world["state"], cancelled(world["state"]))) == 0
    assert publish((world["state"], later(world["state"]))) == 1


def test_a_centre_that_sends_nothing_tells_nothing(
    session: Session, centre: m.Centre, world: World, publish: Publish
) -> None:
    save_policy(session, centre, Policy(active=False))
    assert publish((world["state"], later(world["state"]))) == 0


def test_unconfirmed_changes_are_for_the_call_list(
    session: Session, centre: m.Centre, world: World, publish: Publish, make: Make
) -> None:
    state = world["state"]
    publish((state, later(state)))
    (sent,) = messages(session)
    assert unconfirmed(session, centre, at(25, 9)) == []
    (found,) = unconfirmed(session, centre, at(25, 10))
    assert (found.participant_id, found.session_uid, found.told) == (world["person"].id, state.uid, True)
    assert found.starts_at == at(26, 10)
    assert unconfirmed(session, centre, at(26, 10)) == []
    sent.topics[0].confirmed_at = at(25, 11)
    session.flush()
    assert unconfirmed(session, centre, at(25, 12)) == []


def test_answering_on_the_page_confirms_what_was_told_before(
    session: Session, centre: m.Centre, world: World, publish: Publish, make: Make
) -> None:
    record = make(
        m.AttendanceRecord,
        session=world["held"],
        participant=world["person"],
        answer=m.Answer.COMING,
        answered_at=at(23, 9),
    )
    publish((world["state"], later(world["state"])))
    assert len(unconfirmed(session, centre, at(25, 12))) == 1
    record.answered_at = at(24, 12)
    session.flush()
    assert unconfirmed(session, centre, at(25, 12)) == []


def test_a_persons_page_shows_what_has_changed_until_they_say_that_they_know(
    session: Session, world: World, publish: Publish, make: Make
) -> None:
    person, state, held = world["person"], world["state"], world["held"]
    make(m.AttendanceRecord, session=held, participant=person, answer=m.Answer.COMING, answered_at=at(23, 9))

    planned = personal_week(session, person, THURSDAY, 1)

    def cards(*planned: Card) -> list[Card]:
        return with_news(session, person, planned, at(24, 12))

    publish((state, later(state)))
    (card,) = cards(*planned)
    assert (card.change, card.was, card.answer) == ("moved", at(26, 9), None), "they said yes to another time"
    session.execute(delete(m.AttendanceRecord))
    messages(session)[0].state = MessageState.DELIVERED
    session.flush()
    # Told next that they are not expected any more.
    publish((later(state), without(later(state), person.id)), now=at(24, 11))
    assert [card.change for card in cards(*planned)] == [""], "what is planned by now is right"
    (lost,) = cards()
    assert (lost.change, lost.cancelled, lost.starts_at, lost.place) == ("cancelled", True, at(26, 10), "")
    confirm_news(session, make(m.Participant), state.uid, at(24, 12))
    assert cards() == [lost]
    confirm_news(session, person, state.uid, at(24, 12))
    assert cards() == []


@pytest.mark.parametrize("why", ["no_route", "exempt", "failed"])
def test_who_cannot_be_told_by_a_message_is_called_at_once(
    session: Session, centre: m.Centre, world: World, publish: Publish, why: str
) -> None:
    if why == "no_route":
        world["person"].phone = None
    elif why == "exempt":
        session.add(ContactChoice(centre_id=centre.id, participant_id=world["person"].id, exempt=True))
    session.flush()
    assert publish((world["state"], later(world["state"]))) == 1
    if why == "failed":
        messages(session)[0].state = MessageState.UNDELIVERED
        session.flush()
    (found,) = unconfirmed(session, centre, NOW)
    assert not found.told


@pytest.mark.parametrize(
    ("told", "starts", "until"),
    [
        (at(24, 10), at(30, 9), at(25, 10)),
        (at(24, 10), at(25, 9), at(25, 6)),
        (at(24, 10), at(24, 12), at(24, 11)),
    ],
)
def test_people_have_a_day_to_confirm_or_less(told: datetime, starts: datetime, until: datetime) -> None:
    assert confirm_by(told, starts) == until


HERE = Place(starts_at=at(26, 9), ends_at=at(26, 12), site_id=1, room_id=1)
THERE = replace(HERE, room_id=2)
LATER = replace(HERE, starts_at=at(27, 9), ends_at=at(27, 12))


def net(before: Place | None, after: Place | None, uid: str = "u") -> NetChange:
    return NetChange(participant_id=1, uid=uid, sequence=0, activity_id=1, before=before, after=after)


@pytest.mark.parametrize(
    ("earlier", "later_", "left"),
    [
        ([net(HERE, LATER)], [net(LATER, THERE)], [(HERE, THERE, "moved_place")]),
        ([net(HERE, LATER)], [net(LATER, HERE)], []),
        ([net(HERE, LATER)], [net(LATER, None)], [(HERE, None, "cancelled")]),
        ([net(None, HERE)], [net(HERE, None)], []),
        ([net(HERE, None)], [net(None, LATER)], [(HERE, LATER, "moved")]),
        ([net(None, HERE)], [net(HERE, LATER)], [(None, LATER, "added")]),
        ([net(HERE, THERE, "v")], [net(HERE, LATER)], [(HERE, THERE, "moved_place"), (HERE, LATER, "moved")]),
    ],
)
def test_changes_merge_to_their_difference(
    earlier: list[NetChange], later_: list[NetChange], left: list[tuple[Place | None, Place | None, str]]
) -> None:
    assert [(each.before, each.after, each.word) for each in merged(earlier, later_)] == left


@pytest.mark.parametrize("change", [net(HERE, LATER), net(None, HERE), net(THERE, None)])
def test_changes_come_back_from_json(change: NetChange) -> None:
    assert NetChange.from_json(change.as_json()) == change

"""Delivery: what is due is sent once, errors are followed as they ask, doubts are settled first."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from notifications.channels import Accepted, DeliveryError, Verdict
from notifications.channels.choose import choose_channels
from notifications.delivery import (
    BACK_OFF,
    BATCH,
    FIRST_ASK,
    LEASE,
    SETTLE,
    Worker,
    claim,
    deliver_due,
    settle,
    write_down,
)
from notifications.jobs import deliver_messages
from notifications.models import (
    AddressState,
    ChannelKind,
    ContactAddress,
    Message,
    MessageEvent,
    MessageState,
)
from notifications.reconcile import ASK_AGAIN, GIVE_UP, reconcile
from notifications.rests import UNCLEAR_IN_A_ROW
from notifications.status import News, move
from scheduler.models import Centre
from tests.factories import Make, making_in
from tests.notifications.channels import RecordingChannel

S = MessageState
MINUTE = timedelta(minutes=1)
BUSY = DeliveryError("http_429", Verdict.RETRY, retry_after_s=7200)
DOWN = DeliveryError("not_connected", Verdict.RETRY)
LOST = DeliveryError("timeout", Verdict.UNCERTAIN)


class Bench:
    """A worker with a channel that records and a clock that only the test moves."""

    def __init__(self, session: Session, now: datetime) -> None:
        self.session = session
        self.now = now
        self.channel = RecordingChannel()
        self.failures: list[tuple[str, str]] = []
        self.worker = Worker(
            name="bench", channels={ChannelKind.SMS: self.channel}, after_failure=self._failed
        )

    def _failed(self, _session: Session, message: Message, code: str, _now: datetime) -> None:
        self.failures.append((message.state, code))

    def clock(self) -> datetime:
        return self.now

    def run(self, later: timedelta = timedelta()) -> Counter[str]:
        """Do what the job does, some time later."""
        self.now += later
        done = reconcile(self.session, self.clock, self.worker) + deliver_due(
            self.session, self.clock, self.worker
        )
        self.session.expire_all()
        return done

    def told(self, message: Message, status: MessageState) -> None:
        """Hear something of the provider."""
        news = News(of=message.id, status=status, source="provider", key="told", now=self.now)
        move(self.session.connection(), news)
        self.session.expire_all()


@pytest.fixture
def bench(session: Session, now: datetime) -> Bench:
    return Bench(session, now)


@pytest.fixture
def message(make: Make) -> Message:
    row: Message = make(Message)
    return row


def statuses(message: Message) -> list[str]:
    return [event.status for event in message.events]


def test_what_is_due_is_sent_once(bench: Bench, message: Message, make: Make, now: datetime) -> None:
    later = make(Message, next_at=now + MINUTE)
    assert bench.run() == {"accepted": 1}
    assert bench.run() == {}
    assert [each.token for each in bench.channel.taken] == [message.token]
    assert (message.state, message.provider, message.claimed_by) == (S.ACCEPTED, "recording", "bench")
    assert (message.attempts, message.sent_at, message.final_at) == (1, now, None)
    assert message.provider_sid == f"R-{message.token}"
    assert statuses(message) == ["claimed", "accepted"]
    assert bench.run(MINUTE) == {"accepted": 1}
    assert bench.channel.taken[-1].token == later.token


def test_more_than_one_batch_goes_in_the_order_it_is_due(bench: Bench, make: Make, now: datetime) -> None:
    rows = [make(Message, next_at=now - number * MINUTE) for number in range(BATCH + 3)]
    assert bench.run() == {"accepted": BATCH + 3}
    assert [each.token for each in bench.channel.taken] == [row.token for row in reversed(rows)]


def test_an_error_that_passes_waits_longer_each_time_and_at_last_falls_back(
    bench: Bench, message: Message, now: datetime
) -> None:
    bench.channel.answers = [DOWN] * (len(BACK_OFF) + 1)
    for number, wait in enumerate(BACK_OFF, 1):
        assert bench.run() == {"queued": 1}
        assert (message.state, message.attempts, message.error_code) == (S.QUEUED, number, "not_connected")
        assert message.next_at == bench.now + wait
        assert bench.run(wait - timedelta(seconds=1)) == {}
        bench.now += timedelta(seconds=1)
    assert bench.run() == {"failed": 1}
    assert (message.state, message.error_code, message.final_at) == (S.FAILED, "gave_up", bench.now)
    assert bench.failures == [(S.FAILED, "gave_up")]
    assert bench.run(timedelta(days=2)) == {}


def test_a_provider_that_asks_to_wait_is_not_pressed(bench: Bench, message: Message, now: datetime) -> None:
    bench.channel.answers = [BUSY]
    bench.run()
    assert message.next_at == now + timedelta(hours=2)


def test_what_comes_too_late_is_not_sent(bench: Bench, make: Make, now: datetime) -> None:
    message = make(Message, expires_at=now + 3 * MINUTE)
    bench.channel.answers = [DOWN, DOWN]
    assert bench.run() == {"queued": 1}
    assert bench.run(MINUTE) == {"queued": 1}
    assert bench.run(5 * MINUTE) == {"expired": 1}
    assert (message.state, message.error_code, bench.channel.taken) == (S.EXPIRED, "expired", [])


@pytest.mark.parametrize("verdict", [Verdict.STOP, Verdict.FALL_BACK])
def test_a_refusal_ends_the_message_and_something_follows(
    verdict: Verdict, bench: Bench, message: Message
) -> None:
    bench.channel.answers = [DeliveryError("30005", verdict, "unknown handset")]
    assert bench.run() == {"failed": 1}
    assert (message.state, message.error_code, message.error) == (S.FAILED, "30005", "unknown handset")
    assert bench.failures == [(S.FAILED, "30005")]


def test_a_message_that_arrived_dead_is_a_failure_too(bench: Bench, message: Message) -> None:
    bench.channel.answers = [Accepted(provider_sid="X", status="undelivered", error_code="30006")]
    assert bench.run() == {"undelivered": 1}
    assert (message.state, message.provider_sid) == (S.UNDELIVERED, "X")
    assert bench.failures == [(S.UNDELIVERED, "30006")]


def test_a_failure_is_kept_when_nothing_can_follow_it(bench: Bench, message: Message) -> None:
    def broken(session: Session, message: Message, code: str, now: datetime) -> None:
        message.body = "half"
        session.flush()
        raise RuntimeError("no")

    bench.worker = Worker(name="bench", channels=bench.worker.channels, after_failure=broken)
    bench.channel.answers = [DeliveryError("30005", Verdict.STOP)]
    assert bench.run() == {"failed": 1}
    assert (message.state, message.body) == (S.FAILED, "Bonjour")


def test_no_channel_and_closed_addresses_end_without_sending(bench: Bench, make: Make, now: datetime) -> None:
    fax = make(Message, channel=ChannelKind.VOICE)
    states = {"+32470000002": AddressState.OPTED_OUT, "+32470000003": AddressState.LANDLINE}
    for address, state in states.items():
        bench.session.add(
            ContactAddress(
                centre_id=fax.centre_id,
                channel=ChannelKind.SMS,
                address=address,
                state=state,
                changed_at=now,
            )
        )
    out, landline = (make(Message, address=address) for address in states)
    assert bench.run() == {"failed": 1, "withheld": 2}
    assert (fax.state, out.state, landline.state) == (S.FAILED, S.WITHHELD, S.WITHHELD)
    codes = [row.error_code for row in (fax, out, landline)]
    assert codes == ["no_channel", "opted_out", "address_closed"]
    assert sorted(code for _state, code in bench.failures) == sorted(codes)
    assert bench.channel.taken == []


@pytest.mark.parametrize("error", [LOST, RuntimeError("a bug")], ids=["time-out", "bug"])
@pytest.mark.parametrize("taken", [True, False], ids=["taken", "not-taken"])
def test_a_doubt_is_settled_with_the_provider_before_any_retry(
    error: Exception, taken: bool, bench: Bench, message: Message
) -> None:
    bench.channel.answers = [bench.channel.lose(error) if taken else error]
    assert bench.run() == {"uncertain": 1}
    assert bench.run(SETTLE - MINUTE) == {}
    assert bench.channel.asked == []
    done = bench.run(MINUTE)
    assert done == ({"accepted": 1} if taken else {"queued": 1, "accepted": 1})
    assert len(bench.channel.asked) == 1
    assert [each.token for each in bench.channel.taken] == [message.token]
    assert message.provider_sid == f"R-{message.token}"


def test_what_a_dead_worker_held_is_asked_for(bench: Bench, message: Message, make: Make) -> None:
    other = make(Message)
    first, _second = claim(bench.session, bench.clock, bench.worker, ChannelKind.SMS)
    bench.channel.send(first.outgoing)
    assert bench.run(LEASE - MINUTE) == {}
    assert bench.run(MINUTE) == {"abandoned": 2, "accepted": 2, "queued": 1}
    assert sorted(each.token for each in bench.channel.taken) == sorted([message.token, other.token])
    assert statuses(message) == ["claimed", "uncertain", "accepted"]
    assert statuses(other) == ["claimed", "uncertain", "queued", "claimed", "accepted"]


def test_a_claim_from_before_the_clock_was_put_back_is_not_kept_for_long(
    bench: Bench, message: Message
) -> None:
    claim(bench.session, bench.clock, bench.worker, ChannelKind.SMS)
    bench.now -= timedelta(days=1)
    message.next_at = bench.now
    assert bench.run()["abandoned"] == 1
    assert message.state == S.ACCEPTED


def test_a_worker_that_was_thought_dead_changes_nothing(bench: Bench, message: Message) -> None:
    (stale,) = claim(bench.session, bench.clock, bench.worker, ChannelKind.SMS)
    bench.now += LEASE
    reconcile(bench.session, bench.clock, bench.worker)
    claim(bench.session, bench.clock, bench.worker, ChannelKind.SMS)
    again = settle(bench.session, bench.clock, bench.worker, stale, DOWN)
    assert isinstance(again, News)
    write_down(bench.session, [again])
    settle(bench.session, bench.clock, bench.worker, stale, DeliveryError("30005", Verdict.STOP))
    bench.session.refresh(message)
    assert (message.state, message.attempts, bench.failures) == (S.CLAIMED, 2, [])


def test_a_slow_batch_is_given_back_before_others_doubt_it(bench: Bench, make: Make, now: datetime) -> None:
    def slow(_message: object) -> Accepted:
        bench.now += LEASE / 2 + MINUTE
        return Accepted(provider_sid="slow")

    first, second = make(Message, next_at=now - MINUTE), make(Message)
    bench.channel.answers = [slow]
    assert bench.run() == {"accepted": 1, "queued": 1}
    assert (first.state, second.state) == (S.ACCEPTED, S.QUEUED)
    assert second.attempts == 0, "it was not tried"
    assert bench.run() == {"accepted": 1}
    assert (second.attempts, statuses(second)) == (1, ["claimed", "queued", "accepted"])


def test_what_comes_too_late_while_its_batch_is_sent_is_not_sent(
    bench: Bench, make: Make, now: datetime
) -> None:
    def slow(_message: object) -> Accepted:
        bench.now += MINUTE
        return Accepted(provider_sid="slow")

    make(Message, next_at=now - MINUTE)
    late = make(Message, expires_at=now + MINUTE)
    bench.channel.answers = [slow]
    bench.run()
    assert bench.run() == {"expired": 1}
    assert late.state == S.EXPIRED
    assert bench.channel.taken == []


def test_a_message_that_is_deleted_while_it_is_sent_stops_no_other(
    bench: Bench, message: Message, make: Make
) -> None:
    gone = make(Message)

    def delete_it(_message: object) -> Accepted:
        bench.session.execute(delete(Message).where(Message.id == gone.id))
        bench.session.commit()
        return Accepted(provider_sid="R-1")

    bench.channel.answers = [delete_it, Accepted(provider_sid="R-2")]
    bench.run()
    bench.session.refresh(message)
    assert (message.state, message.provider_sid) == (S.ACCEPTED, "R-1")


@pytest.mark.parametrize(("asked_s", "rest_s"), [(None, 5), (50, 50)])
def test_a_provider_that_takes_nothing_rests_and_others_go_on(
    asked_s: int | None, rest_s: int, bench: Bench, make: Make, now: datetime
) -> None:
    error = DeliveryError("20429", Verdict.RETRY, retry_after_s=asked_s)
    other = RecordingChannel()
    other.provider = "other"
    bench.worker = replace(bench.worker, channels={**bench.worker.channels, ChannelKind.EMAIL: other})
    refused, waiting = make(Message, next_at=now - MINUTE), make(Message)
    mail = make(Message, channel=ChannelKind.EMAIL)
    bench.channel.answers = [error, error]
    bench.run()
    assert [each.state for each in (refused, waiting, mail)] == [S.QUEUED, S.QUEUED, S.ACCEPTED]
    assert (waiting.attempts, statuses(waiting)) == (0, ["claimed", "queued"])
    assert bench.run(timedelta(seconds=rest_s - 1)) == {}
    assert bench.run(timedelta(seconds=1)) == {"queued": 1}, "it refuses again"
    again_s = max(2 * 5, rest_s)
    assert bench.run(timedelta(seconds=again_s - 1)) == {}
    assert bench.run(2 * MINUTE) == {"accepted": 2}


def test_a_provider_that_leaves_all_unanswered_rests_and_is_asked_nothing(bench: Bench, make: Make) -> None:
    messages = [make(Message) for _ in range(UNCLEAR_IN_A_ROW + 2)]
    bench.channel.answers = [LOST] * len(messages)
    bench.channel.cannot_be_asked = LOST
    assert bench.run() == {"uncertain": UNCLEAR_IN_A_ROW, "queued": 2}
    assert bench.run(SETTLE) == {"uncertain": 1}, "asked once, it still says nothing"
    assert len(bench.channel.asked) == 1
    bench.channel.cannot_be_asked = None
    bench.channel.answers = []
    bench.run(ASK_AGAIN)
    assert bench.run(ASK_AGAIN + SETTLE) == {}
    assert {each.state for each in messages} == {S.ACCEPTED}


def test_a_rest_from_before_the_clock_was_put_back_is_over(bench: Bench, message: Message) -> None:
    bench.worker.rests.note("recording", DOWN, bench.now + timedelta(days=1))
    assert bench.run() == {"accepted": 1}


def test_what_cannot_be_asked_for_is_held_one_at_a_time(bench: Bench, make: Make) -> None:
    bench.channel.can_be_asked = False
    for _ in range(3):
        make(Message)
    (held,) = claim(bench.session, bench.clock, bench.worker, ChannelKind.SMS)
    bench.channel.cannot_be_asked = DeliveryError("unconfirmed", Verdict.STOP)
    assert bench.run(LEASE) == {"abandoned": 1, "failed": 1, "accepted": 2}
    assert held.outgoing.token not in {each.token for each in bench.channel.taken}


def test_a_provider_that_cannot_be_asked_is_waited_for_a_day(bench: Bench, message: Message) -> None:
    bench.channel.answers = [LOST]
    bench.channel.cannot_be_asked = DOWN
    bench.run()
    assert bench.run(SETTLE) == {"uncertain": 1}
    assert bench.run() == {}
    assert bench.run(ASK_AGAIN) == {"uncertain": 1}
    assert bench.run(GIVE_UP) == {"failed": 1}
    assert (message.state, message.error_code) == (S.FAILED, "unconfirmed")
    assert bench.failures == [(S.FAILED, "unconfirmed")]


def test_a_callback_settles_a_doubt_first(bench: Bench, message: Message) -> None:
    bench.channel.answers = [LOST]
    bench.run()
    bench.told(message, S.DELIVERED)
    assert bench.run(SETTLE) == {}
    assert (message.state, bench.channel.asked) == (S.DELIVERED, [])


def test_a_callback_ends_a_message_that_waits_for_another_attempt(bench: Bench, message: Message) -> None:
    """The provider had taken what it answered with an error."""
    bench.channel.answers = [DOWN]
    bench.run()
    bench.told(message, S.DELIVERED)
    assert bench.run(timedelta(days=1)) == {}
    assert (message.state, message.attempts) == (S.DELIVERED, 1)


def test_news_that_never_came_is_asked_for(
    bench: Bench, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.run()
    assert bench.run(FIRST_ASK) == {"accepted": 1}
    assert message.next_at == bench.now + FIRST_ASK
    answer = Accepted(provider_sid=str(message.provider_sid), status="delivered")
    monkeypatch.setattr(bench.channel, "find", lambda _message: answer)
    assert bench.run(FIRST_ASK) == {"delivered": 1}
    assert (message.state, message.final_at) == (S.DELIVERED, bench.now)


def test_two_doubts_about_one_telephone_are_not_settled_by_one_text(
    bench: Bench, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A channel that looks by number and text is told what is known to be somebody else's."""
    make(Message)
    make(Message)
    bench.channel.answers = [LOST, bench.channel.lose(LOST)]
    sids = ["only one was taken"]

    def by_number(message: Any) -> Accepted | None:
        free = [sid for sid in sids if sid not in message.taken]
        return Accepted(provider_sid=free[0]) if free else None

    monkeypatch.setattr(bench.channel, "find", by_number)
    bench.run()
    assert bench.run(SETTLE) == {"accepted": 2, "queued": 1}


def test_several_workers_send_each_message_once(engine: Engine, now: datetime) -> None:
    with Session(engine) as session:
        centre = Centre(name="Essai", slug=f"essai-{id(engine)}", created_at=now)
        session.add(centre)
        session.flush()
        with making_in(session, centre) as make:
            for _ in range(60):
                make(Message, participant=None, participant_id=None)
        centre_id = centre.id
        session.commit()
    channel = RecordingChannel()
    together = threading.Barrier(3)
    errors: list[BaseException] = []

    def run(name: str) -> None:
        worker = Worker(name=name, channels={ChannelKind.SMS: channel}, after_failure=_nothing)
        try:
            with Session(engine) as session:
                together.wait(timeout=30)
                deliver_due(session, lambda: now, worker)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(f"w{number}",)) for number in range(3)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=60)
        assert errors == []
        with Session(engine) as session:
            tokens = set(session.scalars(select(Message.token).where(Message.centre_id == centre_id)))
            states = set(session.scalars(select(Message.state).where(Message.centre_id == centre_id)))
            claims = session.scalars(
                select(MessageEvent.message_id).where(MessageEvent.status == S.CLAIMED.value)
            ).all()
        assert Counter(each.token for each in channel.taken) == Counter(tokens)
        assert states == {S.ACCEPTED}
        assert len(claims) == len(set(claims)) == 60
    finally:
        with Session(engine) as session:
            session.execute(delete(Centre).where(Centre.id == centre_id))
            session.commit()


def _nothing(*_given: object) -> None:
    pass


def test_an_installation_without_accounts_delivers_to_its_own_page(
    session: Session, message: Message, now: datetime
) -> None:
    channels = choose_channels({})
    assert deliver_messages(session, lambda: now, channels=channels, public_url="") == {"delivered": 1}
    assert deliver_messages(session, lambda: now, channels=channels) == {}
    session.refresh(message)
    assert (message.state, message.provider, message.final_at) == (S.DELIVERED, "sandbox", now)

"""Which sessions go together: those due at once, few enough to be read, and free ways for whom has them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from notifications.bundles import MOST_SESSIONS, Bundle, Occasion, bundle
from notifications.contacts import Route
from notifications.models import ChannelKind
from notifications.policy import Policies, Policy, Step
from notifications.visits import ComingSession
from scheduler.models import Participant

NOW = datetime(2026, 11, 29, 17, tzinfo=UTC)
D1, D3 = Step(days=1, at=time(18)), Step(days=3, at=time(18))
SMS = Route(ChannelKind.SMS, "+32470123456")
WHATSAPP = Route(ChannelKind.WHATSAPP, "+32470123456")
AMINA, YUSUF = (Route(ChannelKind.EMAIL, f"{name}@example.org") for name in ("amina", "yusuf"))


def occasion(person: int, days: int, step: Step = D1) -> Occasion:
    starts_at = NOW + timedelta(days=days)
    coming = ComingSession(
        id=days,
        uid=f"s{days}",
        sequence=0,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=3),
        day=starts_at.date(),
        programme_id=1,
        title="Atelier",
        place="Salle 1",
        individual=False,
    )
    return Occasion(participant_id=person, coming=coming, step=step, at=NOW)


def bundles(
    occasions: Sequence[Occasion], *ways: Sequence[Route], reads_little: bool = False
) -> list[Bundle]:
    people = {
        number: Participant(id=number, first_name=f"P{number}", reads_little=reads_little)
        for number in range(1, len(ways) + 1)
    }
    return bundle(occasions, people, dict(enumerate(ways, 1)), Policies(Policy(), {}))


def days_of(found: Sequence[Bundle]) -> list[list[int]]:
    return [[each.coming.id for each in one.occasions] for one in found]


def test_what_is_due_at_once_is_said_in_one_message_in_order_of_time() -> None:
    (found,) = bundles([occasion(1, 3, D3), occasion(1, 1)], [SMS])
    assert found.steps == ("d1", "d3")
    assert [each.starts_at for each in found.told] == [NOW + timedelta(days=1), NOW + timedelta(days=3)]


def test_too_much_for_one_message_is_cut_between_days_the_nearest_first() -> None:
    many = [occasion(1, day) for day in range(1, MOST_SESSIONS + 3)]
    found = bundles(many, [SMS])
    assert days_of(found) == [[1, 2, 3, 4, 5, 6], [7, 8]]
    # One day's stay together, however many there are.
    crowd = [occasion(person, day) for day in (1, 2) for person in (1, 2, 3, 4)]
    assert days_of(bundles(crowd, [SMS], [SMS], [SMS], [SMS])) == [[1] * 4, [2] * 4]


def test_who_reads_little_gets_a_picture_for_each_day_by_whatsapp() -> None:
    both = [occasion(1, 1), occasion(1, 3, D3)]
    assert days_of(bundles(both, [WHATSAPP], reads_little=True)) == [[1], [3]]
    assert days_of(bundles(both, [WHATSAPP])) == [[1, 3]]
    assert days_of(bundles(both, [SMS], reads_little=True)) == [[1, 3]]


def test_free_ways_are_each_persons_own() -> None:
    (found,) = bundles(
        [occasion(person, 1) for person in (1, 2, 3, 4)],
        [SMS, AMINA],
        [SMS],
        [SMS, YUSUF],
        [SMS, AMINA],
    )
    parts = {each.route: [person.id for person in each.people] for each in found.by_free_ways()}
    assert parts == {AMINA: [1, 4], SMS: [2], YUSUF: [3]}
    assert [len(each.occasions) for each in found.by_free_ways()] == [2, 1, 1]

"""The cards of a page: in which week they stand, and which of them shows a door."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from scheduler.personal_week import Card, by_week, first_sights

MONDAY = date(2026, 11, 23)
START = datetime(2026, 11, 23, 8, tzinfo=UTC)


def card(days: int, photo: str | None = None) -> Card:
    start = START + timedelta(days)
    return Card(
        uid=str(days),
        day=MONDAY + timedelta(days),
        starts_at=start,
        ends_at=start,
        kind="workshop",
        pictogram="",
        title="",
        individual=False,
        photo=photo,
    )


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        (0, {"today": [0], "this_week": [1, 6], "next_week": [7, 13], "later": [14]}),
        (6, {"today": [6], "this_week": [0, 1], "next_week": [7, 13], "later": [14]}),
        (-1, {"today": [], "this_week": [], "next_week": [0, 1, 6], "later": [7, 13, 14]}),
    ],
)
def test_next_week_is_the_next_alone(today: int, expected: dict[str, list[int]]) -> None:
    found = by_week(map(card, (0, 1, 6, 7, 13, 14)), MONDAY + timedelta(today))
    assert {when: [int(each.uid) for each in cards] for when, cards in found} == expected


def test_a_door_is_shown_at_its_full_size_once() -> None:
    cards = [card(0), card(1, "a"), card(2, "a"), card(3, "b"), replace(card(4, "b"), uid="5")]
    assert first_sights(cards) == {"1", "3"}

"""Addresses in messages: short, signed, of some weeks, and closed when a person's addresses are."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from notifications.links import LIFETIME, PREFIX, find_reader, message_link, message_token, read_token
from scheduler.links import renew_link, revoke_links
from scheduler.models import LinkKind, Participant
from tests.factories import EPOCH, Make

SECRET = "a secret of this test"


def test_an_address_is_short_enough_for_a_text() -> None:
    link = message_link(SECRET, "https://semainier.example.org", 4_000_000_000, EPOCH)
    assert link.startswith("https://semainier.example.org/moi/m.")
    assert len(link) == len("https://semainier.example.org/moi/") + 26


@given(st.integers(1, 2**32 - 1), st.integers(0, 4 * 365))
def test_a_token_says_whose_it_is_and_since_when(participant_id: int, days: int) -> None:
    now = EPOCH + timedelta(days=days)
    visit = read_token(SECRET, message_token(SECRET, participant_id, now), now)
    assert visit is not None
    assert visit.participant_id == participant_id
    assert timedelta() <= now - visit.made_at < timedelta(hours=1)


def test_a_token_grows_old() -> None:
    token = message_token(SECRET, 7, EPOCH)
    assert read_token(SECRET, token, EPOCH + LIFETIME - timedelta(hours=1)) is not None
    assert read_token(SECRET, token, EPOCH + LIFETIME + timedelta(hours=1)) is None


@given(st.integers(len(PREFIX), 25), st.sampled_from("ABab01-_"))
def test_no_letter_of_a_token_can_be_changed(position: int, letter: str) -> None:
    token = message_token(SECRET, 7, EPOCH)
    forged = token[:position] + letter + token[position + 1 :]
    assert (read_token(SECRET, forged, EPOCH) is None) == (forged != token)


@pytest.mark.parametrize(
    "token", ["", "m.", "m.é", "m.AAAA", "m." + "A" * 24, "m." + "A" * 25, "a", "m.$$$$"]
)
def test_anything_else_opens_nothing(token: str) -> None:
    assert read_token(SECRET, token, EPOCH) is None


def test_another_installation_opens_nothing() -> None:
    assert read_token("another secret", message_token(SECRET, 7, EPOCH), EPOCH) is None


def test_revoking_a_persons_address_closes_those_of_earlier_messages(session: Session, make: Make) -> None:
    person = make(Participant)
    token = message_token(SECRET, person.id, EPOCH)
    assert find_reader(session, SECRET, token, EPOCH) is person
    renew_link(session, LinkKind.PAGE, person.id, EPOCH)  # nothing to revoke yet
    assert find_reader(session, SECRET, token, EPOCH) is person
    later = EPOCH + timedelta(hours=3)
    revoke_links(session, LinkKind.PAGE, person.id, later)
    assert find_reader(session, SECRET, token, later) is None
    newer = message_token(SECRET, person.id, later + timedelta(hours=1))
    assert find_reader(session, SECRET, newer, later + timedelta(hours=1)) is person


def test_who_has_left_has_no_page(session: Session, make: Make) -> None:
    person = make(Participant, active=False)
    now: datetime = EPOCH
    assert find_reader(session, SECRET, message_token(SECRET, person.id, now), now) is None
    assert find_reader(session, SECRET, message_token(SECRET, 10**9, now), now) is None
    assert find_reader(session, SECRET, "not of a message", now) is None

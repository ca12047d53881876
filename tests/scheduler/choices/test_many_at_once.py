"""A hundred people answer in the same moment: no seat is given twice, nobody is left without an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.choices import Outcome, choose
from scheduler.db import begin_writing
from tests.factories import MONDAY, making_in
from tests.planning import hold, make_world, publish_days
from tests.web.conftest import empty_tables

PEOPLE = 100
SEATS = (30, 20)


@pytest.fixture
def offers(engine: Engine, now: datetime) -> Iterator[list[int]]:
    """Offers of the same two sessions to a hundred people, whose holds have lapsed; ids of the offers."""
    with Session(engine) as session:
        centre = m.Centre(name="CPAS d'essai", slug="foule", created_at=now)
        session.add(centre)
        session.flush()
        with making_in(session, centre) as make:
            world = make_world(make)
            plan = publish_days(make, world, MONDAY, MONDAY + timedelta(6))
            world["activity"].seats_max = max(SEATS)
            rows = []
            for number, seats in enumerate(SEATS):
                room = make(m.Room, site=world["site"], name=f"Grande salle {number}", seats=seats)
                rows.append(hold(make, world, plan, MONDAY + timedelta(number), room=room))
            people = [
                m.Participant(centre_id=centre.id, first_name=f"P{n}", last_name="X", created_at=now)
                for n in range(PEOPLE)
            ]
            session.add_all(people)
            session.flush()
            made = [
                m.ChoiceOffer(
                    centre_id=centre.id,
                    participant_id=person.id,
                    activity_id=world["activity"].id,
                    state=m.OfferState.OPEN,
                    created_at=now,
                    expires_at=now - timedelta(hours=1),
                    places=[
                        m.ChoicePlace(
                            centre_id=centre.id,
                            number=number,
                            session_uid=row.uid,
                            activity_id=world["activity"].id,
                            starts_at=row.starts_at,
                            ends_at=row.ends_at,
                            site_id=row.site_id,
                            room_id=row.room_id,
                            held_until=now - timedelta(hours=1),
                        )
                        for number, row in enumerate(rows, 1)
                    ],
                )
                for person in people
            ]
            session.add_all(made)
            session.commit()
            ids = [offer.id for offer in made]
    yield ids
    empty_tables(engine)


def test_seats_are_never_given_twice(engine: Engine, offers: list[int], now: datetime) -> None:
    def at_once(ids: list[int], number: int) -> list[tuple[Outcome, tuple[int, ...]]]:
        together = Barrier(len(ids))

        def answer(offer_id: int) -> tuple[Outcome, tuple[int, ...]]:
            together.wait(30)
            with Session(engine) as session:
                begin_writing(session)
                choice = choose(session, session.get_one(m.ChoiceOffer, offer_id), number, now)
                found = choice.outcome, tuple(place.number for place in choice.remaining)
                session.commit()
            return found

        with ThreadPoolExecutor(len(ids)) as pool:
            return list(pool.map(answer, ids))

    first = at_once(offers, 1)
    outcomes = Counter(outcome for outcome, _ in first)
    assert outcomes == {Outcome.CHOSEN: SEATS[0], Outcome.TAKEN: PEOPLE - SEATS[0]}
    assert {rest for outcome, rest in first if outcome is Outcome.TAKEN} == {(2,)}
    losers = [offer for offer, (outcome, _) in zip(offers, first, strict=True) if outcome is Outcome.TAKEN]
    second = Counter(outcome for outcome, _ in at_once(losers, 2))
    assert second == {Outcome.CHOSEN: SEATS[1], Outcome.TOO_LATE: PEOPLE - sum(SEATS)}
    with Session(engine) as session:
        chosen = Counter(session.scalars(select(m.ChoicePlace.number).where(m.ChoicePlace.state == "chosen")))
    assert chosen == {1: SEATS[0], 2: SEATS[1]}

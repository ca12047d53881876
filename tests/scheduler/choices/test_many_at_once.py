"""Many people answer in the same moment: no seat is given twice, nobody is left without an answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from multiprocessing import get_context
from threading import Barrier

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from scheduler import models as m
from scheduler.choices import Outcome, choose
from scheduler.choices.apply import apply_choices
from scheduler.choices.next_version import fold_choices
from scheduler.db import begin_writing
from scheduler.in_force import sessions_in_force
from tests.factories import MONDAY, making_in
from tests.planning import hold, make_world, publish_days
from tests.scheduler.choices import crowd
from tests.web.conftest import empty_tables

PEOPLE = 100
SEATS = (30, 20)

#: How many of them answer from how many processes.
CROWD = 60
PROCESSES = 4


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
            for person in people:
                make(m.Enrolment, programme=world["programme"], participant=person)
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


def test_processes_and_the_job_that_folds_never_oversell(
    engine: Engine, offers: list[int], now: datetime
) -> None:
    ids = offers[:CROWD]
    context = get_context("forkserver")
    context.set_forkserver_preload([crowd.__name__])
    barrier, folded = context.Barrier(PROCESSES), context.Event()
    url = engine.url.render_as_string(hide_password=False)
    versions = 0
    with ProcessPoolExecutor(PROCESSES, context, crowd.meet_at, (barrier, folded)) as pool:
        parts = [pool.submit(crowd.answer_all, url, ids[n::PROCESSES], now) for n in range(PROCESSES)]
        while wait(parts, timeout=0.1).not_done:
            versions += fold_once(engine, now)
            if versions:
                folded.set()
        told = {offer: place for part in parts for offer, place in part.result().items()}
    while made := fold_once(engine, now):
        versions += made
    assert versions >= 2, "people answered while their choices were folded in"
    assert told.keys() == set(ids)
    assert Counter(told.values()) == {1: SEATS[0], 2: SEATS[1], None: CROWD - sum(SEATS)}

    with Session(engine) as session:
        person = dict(
            session.execute(
                select(m.ChoiceOffer.id, m.ChoiceOffer.participant_id).where(m.ChoiceOffer.id.in_(ids))
            ).all()
        )
        centre = session.scalars(select(m.Centre)).one()
        held = sessions_in_force(session, centre.id, MONDAY, MONDAY + timedelta(6))
        there = {
            number: sorted(x.participant_id for x in row.attendances)
            for number, row in enumerate(sorted(held, key=lambda row: row.starts_at), 1)
        }
    assert there == {n: sorted(person[offer] for offer, place in told.items() if place == n) for n in (1, 2)}


def fold_once(engine: Engine, now: datetime) -> int:
    """Do what the worker does with what was chosen so far; return how many versions came of it."""
    with Session(engine) as session:
        centre = session.scalars(select(m.Centre)).one()
        folded = fold_choices(session, centre, now)
        session.rollback()
        if not folded:
            return 0
        begin_writing(session)
        try:
            done = apply_choices(session, session.scalars(select(m.Centre)).one(), now, folded=folded)
            session.commit()
        except StaleDataError:
            # Somebody thought better of it at this very moment: next time.
            session.rollback()
            return 0
    assert not any(each.refused for each in done)
    return len(done)

"""A part of a crowd that answers from a process of its own, as a worker of the web server would."""

from __future__ import annotations

from datetime import datetime
from multiprocessing.synchronize import Barrier, Event

from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session, configure_mappers

from scheduler.choices import Outcome, choose
from scheduler.db import begin_writing
from scheduler.models import ChoiceOffer

#: How long one process waits for the others, in seconds.
PATIENCE_S = 60

_meeting: list[tuple[Barrier, Event]] = []

# Once for all processes that are forked from the one that prepares this module.
configure_mappers()


def meet_at(barrier: Barrier, folded: Event) -> None:
    """Keep where this process waits for the others, and for the first choices to be part of the plan."""
    _meeting[:] = [(barrier, folded)]


def answer_all(url: str, offers: list[int], now: datetime) -> dict[int, int | None]:
    """Answer for some people, one after another; return which place each was told they have.

    Everybody wants the first place and takes the second where it is gone; one in five thinks better of
    it at once. The second half answers when the first choices are part of the plan, so that more are
    made while more are folded in. Whoever went away with nothing asks once more when all are through.
    """
    engine = create_engine(url)
    told: dict[int, int | None] = {}
    [(barrier, folded)] = _meeting
    barrier.wait(PATIENCE_S)
    for turn, offer in enumerate(offers):
        if turn == len(offers) // 2:
            assert folded.wait(PATIENCE_S)
        told[offer] = _ask(engine, offer, 1, now) or _ask(engine, offer, 2, now)
        if told[offer] == 1 and turn % 5 == 0:
            told[offer] = _ask(engine, offer, 2, now)
    barrier.wait(PATIENCE_S)
    for offer in offers:
        told[offer] = told[offer] or _ask(engine, offer, 1, now) or _ask(engine, offer, 2, now)
    engine.dispose()
    return told


def _ask(engine: Engine, offer_id: int, number: int, now: datetime) -> int | None:
    """Choose a place; return the number of the one that the person is told they have."""
    with Session(engine) as session:
        begin_writing(session)
        choice = choose(session, session.get_one(ChoiceOffer, offer_id), number, now)
        assert choice.outcome is not Outcome.UNKNOWN
        place = choice.place and choice.place.number
        session.commit()
    return place

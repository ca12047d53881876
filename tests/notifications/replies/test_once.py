"""Two workers at one answer: it is acted on once, on each database."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session

from notifications import models as n
from notifications.models import MessageKind, MessageState
from notifications.replies.act import act
from scheduler import models as m
from scheduler.db import begin_writing
from tests.factories import making_in

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
PHONE = "+32470000001"


@pytest.fixture
def inbound_id(engine: Engine) -> Iterator[int]:
    """A committed answer to a reminder of a session in force."""
    with Session(engine, expire_on_commit=False) as session:
        centre = m.Centre(name="CPAS d'essai", slug=f"essai-{uuid.uuid4().hex[:8]}", created_at=NOW)
        session.add(centre)
        session.flush()
        with making_in(session, centre) as make:
            published = {"publication": 1, "state": m.PlanState.PUBLISHED, "published_at": NOW}
            held = make(m.GroupSession, plan=make(m.Plan, **published))
            person = make(m.Participant, phone=PHONE)
            make(m.Attendance, session=held, participant=person)
            sent = {"state": MessageState.DELIVERED, "sent_at": NOW, "created_at": NOW}
            message = make(n.Message, participant=person, address=PHONE, **sent)
            make(
                n.MessageTopic,
                message=message,
                participant=person,
                session_uid=held.uid,
                starts_at=held.starts_at,
            )
            row = make(n.InboundMessage, address=PHONE, body="2", received_at=NOW + timedelta(minutes=1))
        session.commit()
        yield row.id
        for table in (m.AttendanceRecord, m.FreedSeat, m.GroupSession, m.Plan):
            session.execute(delete(table).where(table.centre_id == centre.id))
        session.execute(delete(m.Centre).where(m.Centre.id == centre.id))
        session.commit()


def test_two_workers_act_once(engine: Engine, inbound_id: int) -> None:
    started = threading.Event()
    acted: list[bool] = []

    def second() -> None:
        with Session(engine) as session:
            started.set()
            begin_writing(session)
            acted.append(act(session, inbound_id, NOW))
            session.commit()

    thread = threading.Thread(target=second)
    with Session(engine) as session:
        begin_writing(session)
        acted.append(act(session, inbound_id, NOW))
        thread.start()
        assert started.wait(30)
        session.commit()
    thread.join(60)
    assert sorted(acted) == [False, True]
    with Session(engine) as session:
        answers = select(func.count()).select_from(n.Message).where(n.Message.kind == MessageKind.ANSWER)
        assert session.scalar(answers.where(n.Message.address == PHONE)) == 1
        assert session.scalar(select(func.count()).select_from(m.FreedSeat)) == 1

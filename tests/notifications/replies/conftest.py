"""A session in force, somebody expected there, and their telephone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications import models as n
from notifications.models import MessageKind, MessageState
from notifications.replies.act import act
from scheduler import models as m
from tests.factories import Make

#: The sessions of the factories are on Monday 30 November 2026 at 8:00 UTC.
NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
PHONE = "+32470000001"


@pytest.fixture
def held(make: Make, centre: m.Centre) -> m.GroupSession:
    centre.settings = {"send_unreviewed": True}
    plan = make(m.Plan, publication=1, state=m.PlanState.PUBLISHED, published_at=NOW - timedelta(days=9))
    return make(m.GroupSession, plan=plan)


@pytest.fixture
def person(make: Make, held: m.GroupSession) -> m.Participant:
    person = make(m.Participant, first_name="Amira", phone="0470 00 00 01")
    make(m.Attendance, session=held, participant=person)
    return person


class Phone:
    """Messages to one telephone and answers from it."""

    def __init__(self, session: Session, make: Make) -> None:
        self.session, self.make, self.now = session, make, NOW

    def send(
        self,
        *topics: tuple[m.Participant, m.GroupSession],
        kind: MessageKind = MessageKind.REMINDER,
        **columns: Any,
    ) -> n.Message:
        message = self.make(
            n.Message,
            participant=topics[0][0],
            kind=kind,
            state=MessageState.DELIVERED,
            sent_at=self.now,
            created_at=self.now,
            **{"address": PHONE, **columns},
        )
        for who, where in topics:
            self.make(
                n.MessageTopic,
                message=message,
                participant=who,
                session_uid=where.uid,
                starts_at=where.starts_at,
                confirm_by=self.now + timedelta(hours=4),
            )
        self.session.refresh(message)
        return message

    def answer(self, body: str, **columns: Any) -> n.InboundMessage:
        self.now += timedelta(minutes=1)
        row = self.make(n.InboundMessage, body=body, received_at=self.now, **{"address": PHONE, **columns})
        assert act(self.session, row.id, self.now)
        self.session.expire_all()
        return row

    @property
    def said(self) -> list[n.Message]:
        """Our answers, the oldest first, marked as sent."""
        query = select(n.Message).where(n.Message.kind == MessageKind.ANSWER).order_by(n.Message.id)
        found = list(self.session.scalars(query))
        for row in found:
            row.state, row.sent_at = MessageState.DELIVERED, row.sent_at or self.now
        self.session.flush()
        return found

    def last(self) -> tuple[str, str]:
        """Name and text of the last answer."""
        row = self.said[-1]
        return row.facts["answer"], row.body


@pytest.fixture
def phone(session: Session, make: Make, held: m.GroupSession) -> Phone:
    return Phone(session, make)


def record_of(session: Session, person: m.Participant) -> m.AttendanceRecord:
    return session.scalars(select(m.AttendanceRecord).filter_by(participant_id=person.id)).one()

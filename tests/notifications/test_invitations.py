"""Invitations: what is queued with a publication, and what a real mail server then receives."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from icalendar import Calendar
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.invitation_mail import LEASE, claim
from notifications.invitations import enqueue
from notifications.jobs import send_invitations
from notifications.models import InvitationState, MailInvitation
from scheduler import models as m
from scheduler.changes import compare
from scheduler.publish import PublishResult
from scheduler.session_state import SessionState, state_of
from tests.factories import Make

SENDER = "rdv@cpas.example"
Publish = Callable[[SessionState | None, SessionState | None], int]


class Mailbox:
    """Keeps what it is given; answers the DATA command as told."""

    def __init__(self) -> None:
        self.got: list[Any] = []
        self.answer = "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            self.got.append(message_from_bytes(envelope.content, policy=default))
        return self.answer


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    box = Mailbox()
    controller = Controller(box, hostname="127.0.0.1", port=_free_port())
    controller.start()
    yield box, f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


@pytest.fixture
def person(make: Make) -> m.Participant:
    row: m.Participant = make(
        m.Participant, first_name="Amina", email="amina@example.org", message_language="nl"
    )
    return row


@pytest.fixture
def held(make: Make, person: m.Participant) -> SessionState:
    activity = make(m.Activity, name="Stress et sommeil", neutral_name="", individual=True)
    row = make(m.Appointment, activity=activity, day=date(2026, 11, 30), sequence=2)
    make(m.Attendance, session=row, participant=person)
    return replace(state_of(row), individual=True)


@pytest.fixture
def publish(session: Session, make: Make, centre: m.Centre, now: datetime) -> Publish:
    centre.settings = {"mail_invitations": True}
    plan = make(m.Plan)

    def act(before: SessionState | None, after: SessionState | None) -> int:
        changes = compare([before] if before else [], [after] if after else [])
        result = PublishResult(plan=plan, changes=changes, superseded=())
        return enqueue(session, centre, result, now, organizer=SENDER)

    return act


def moved(state: SessionState) -> SessionState:
    day = timedelta(days=1)
    return replace(state, starts_at=state.starts_at + day, ends_at=state.ends_at + day, sequence=3)


def send(session: Session, url: str, at: datetime) -> dict[str, int]:
    return send_invitations(session, lambda: at, smtp_url=url, mail_from=SENDER)


def event_in(message: Any) -> tuple[str, Any]:
    part = message.get_body(("calendar",)) or next(
        p for p in message.walk() if p.get_content_type() == "text/calendar"
    )
    calendar = Calendar.from_ical(part.get_payload(decode=True))
    assert part["Content-Type"].params["method"] == calendar["METHOD"]
    assert [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")] == ["Europe/Brussels"]
    return str(calendar["METHOD"]), calendar.walk("VEVENT")[0]


def test_an_appointment_is_invited_moved_and_cancelled_under_one_uid(
    session: Session, publish: Publish, held: SessionState, mailbox: tuple[Mailbox, str], now: datetime
) -> None:
    box, url = mailbox
    for before, after in ((None, held), (held, moved(held)), (moved(held), None)):
        assert publish(before, after) == 1
        assert publish(before, after) == 0
        assert send(session, url, now)["sent"] == 1
        assert send(session, url, now)["sent"] == 0
    found = [event_in(message) for message in box.got]
    assert [method for method, _event in found] == ["REQUEST", "REQUEST", "CANCEL"]
    assert {str(event["UID"]) for _method, event in found} == {f"{held.uid}@semainier"}
    assert [event["SEQUENCE"] for _method, event in found] == [2, 3, 4]
    assert [str(event["STATUS"]) for _method, event in found] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    event = found[0][1]
    assert str(event["ORGANIZER"]) == f"mailto:{SENDER}"
    assert str(event["ATTENDEE"]) == "mailto:amina@example.org"
    assert event["ATTENDEE"].params["RSVP"] == "TRUE"
    assert event["DTSTART"].dt == held.starts_at
    text = box.got[0].get_body(("plain",)).get_content()
    assert "Afspraak" in text
    assert "Dag Amina" in text
    assert "Stress" not in str(box.got[0]) + str(event)
    assert {row.body for row in session.scalars(select(MailInvitation))} == {""}


def test_nobody_is_written_to_unless_centre_server_and_person_want_it(
    session: Session, publish: Publish, held: SessionState, person: m.Participant, centre: m.Centre
) -> None:
    assert publish(None, replace(held, individual=False)) == 0
    assert publish(held, None) == 0
    person.email = None
    assert publish(None, held) == 0
    person.email = "amina@example.org"
    centre.settings = {}
    assert publish(None, held) == 0


def test_a_server_that_is_busy_or_gone_is_tried_again_and_a_refusal_is_final(
    session: Session, publish: Publish, held: SessionState, mailbox: tuple[Mailbox, str], now: datetime
) -> None:
    box, url = mailbox
    publish(None, held)
    assert send(session, "smtp://127.0.0.1:9", now)["later"] == 1
    assert send(session, url, now) == {"sent": 0, "later": 0, "failed": 0}
    box.answer = "451 later"
    assert send(session, url, now + timedelta(minutes=1))["later"] == 1
    box.answer = "550 no"
    assert send(session, url, now + timedelta(minutes=10))["failed"] == 1
    box.answer = "250 OK"
    assert send(session, url, now + timedelta(days=1)) == {"sent": 0, "later": 0, "failed": 0}
    assert box.got == []
    row = session.scalars(select(MailInvitation)).one()
    session.refresh(row)
    assert (row.state, row.attempts, row.error) == (InvitationState.FAILED, 3, "SMTP 550")


def test_a_message_is_claimed_once_and_a_newer_one_takes_the_place_of_an_older(
    session: Session, publish: Publish, held: SessionState, mailbox: tuple[Mailbox, str], now: datetime
) -> None:
    box, url = mailbox
    publish(None, held)
    publish(held, moved(held))
    assert send(session, url, now)["sent"] == 1
    assert [event_in(message)[1]["SEQUENCE"] for message in box.got] == [3]
    publish(moved(held), held)
    (row_id,) = session.scalars(
        select(MailInvitation.id).where(MailInvitation.state == InvitationState.QUEUED)
    )
    assert claim(session, row_id, now) is not None
    assert claim(session, row_id, now) is None
    assert send(session, url, now) == {"sent": 0, "later": 0, "failed": 0}


def test_an_invitation_whose_worker_died_is_given_up_and_the_next_change_still_goes_out(
    session: Session, publish: Publish, held: SessionState, mailbox: tuple[Mailbox, str], now: datetime
) -> None:
    box, url = mailbox
    publish(None, held)
    row = session.scalars(select(MailInvitation)).one()
    assert claim(session, row.id, now) is not None
    assert send(session, url, now + LEASE) == {"sent": 0, "later": 0, "failed": 1}
    session.refresh(row)
    assert (row.state, row.error, row.body) == (InvitationState.FAILED, "unconfirmed", "")
    publish(held, moved(held))
    assert send(session, url, now + LEASE)["sent"] == 1
    assert [event_in(message)[1]["SEQUENCE"] for message in box.got] == [3]

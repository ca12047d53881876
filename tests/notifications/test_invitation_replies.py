"""Answers to invitations: taken once, and never from somebody else."""

from __future__ import annotations

from datetime import datetime, timedelta
from email.message import EmailMessage

import pytest
from sqlalchemy.orm import Session

from notifications.invitation_replies import parse_replies, take_reply
from notifications.models import MailInvitation
from scheduler import models as m
from tests.factories import Make

AMINA = "amina@example.org"


@pytest.fixture
def invitation(make: Make, now: datetime) -> MailInvitation:
    """Amina was invited twice to an interview of next week, the second time at another hour."""
    plan = make(m.Plan, publication=1, state=m.PlanState.PUBLISHED, published_at=now)
    person = make(m.Participant, first_name="Amina", email=AMINA)
    held = make(m.Appointment, plan=plan)
    make(m.Attendance, session=held, participant=person)
    make(MailInvitation, uid=held.uid, participant=person, address=AMINA, sequence=0)
    row: MailInvitation = make(
        MailInvitation, uid=held.uid, participant=person, address="Amina@example.org", sequence=1
    )
    return row


def reply(invitation: MailInvitation, status: str, at: datetime, **changes: str) -> bytes:
    values = {"attendee": AMINA, "sender": AMINA, "sequence": "1", "method": "REPLY", **changes}
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Essai//FR",
        f"METHOD:{values['method']}",
        "BEGIN:VEVENT",
        f"UID:{invitation.uid}@semainier",
        f"SEQUENCE:{values['sequence']}",
        f"DTSTAMP:{at:%Y%m%dT%H%M%SZ}",
        f"ATTENDEE;PARTSTAT={status}:mailto:{values['attendee']}",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    )
    message = EmailMessage()
    message["From"], message["To"] = f"Amina <{values['sender']}>", "rdv@cpas.example"
    message["Subject"] = f"{status.title()}: Rendez-vous"
    message.set_content("Amina a répondu.")
    message.add_alternative("\r\n".join(lines), subtype="calendar", params={"method": values["method"]})
    return message.as_bytes()


def answer_of(session: Session, invitation: MailInvitation) -> m.Answer | None:
    session.expire_all()
    record = session.query(m.AttendanceRecord).filter_by(session_uid=invitation.uid).one_or_none()
    return None if record is None else record.answer


@pytest.mark.parametrize(
    "changes",
    [
        {"sender": "autre@example.org"},
        {"sender": "autre@example.org", "attendee": "autre@example.org"},
        {"sequence": "0"},
        {"method": "REQUEST"},
    ],
    ids=["sent for somebody else", "never invited", "to an older invitation", "no answer"],
)
def test_what_is_no_answer_of_the_invited_person_changes_nothing(
    session: Session, invitation: MailInvitation, now: datetime, changes: dict[str, str]
) -> None:
    replies = parse_replies(reply(invitation, "DECLINED", now, **changes))
    assert not any(take_reply(session, each, now) for each in replies)
    assert answer_of(session, invitation) is None


def test_an_older_answer_does_not_undo_a_newer_one(
    session: Session, invitation: MailInvitation, now: datetime
) -> None:
    for status, minutes, taken in (("ACCEPTED", 5, True), ("DECLINED", 9, False), ("ACCEPTED", 5, False)):
        (given,) = parse_replies(reply(invitation, status, now - timedelta(minutes=minutes)))
        assert take_reply(session, given, now - timedelta(minutes=4)) is taken
    assert answer_of(session, invitation) == m.Answer.COMING


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"Content-Type: text/calendar; method=REPLY\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nBEGIN:VEVENT",
        b"Content-Type: text/calendar; charset=nothing\r\nContent-Transfer-Encoding: base64\r\n\r\n=%%%=",
        b"From: \xff\xfe\r\nContent-Type: text/calendar\r\n\r\nBEGIN:VCALENDAR\r\nMETHOD:REPLY\r\n"
        b"BEGIN:VEVENT\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/calendar\r\n\r\n",
    ],
)
def test_malformed_mail_is_no_answer(raw: bytes) -> None:
    assert parse_replies(raw) == []

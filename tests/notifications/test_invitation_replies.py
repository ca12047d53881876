"""Answers to invitations: read from a real IMAP server, taken once, and never from somebody else."""

from __future__ import annotations

import imaplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from notifications.invitation_replies import MailboxError, parse_replies, read_replies, take_reply
from notifications.models import MailInvitation
from scheduler import models as m
from tests.factories import Make

AMINA = "amina@example.org"


@pytest.fixture(scope="module")
def imap_port() -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    program = Path(sys.executable).with_name("pymap")
    command = [program, "--host", "127.0.0.1", "--port", str(port), "--no-tls", "dict"]
    command += ["--demo-data", "--demo-user", "centre", "--demo-password", "mot de passe"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield port
        server.terminate()


@pytest.fixture
def mailbox(imap_port: int) -> Iterator[imaplib.IMAP4]:
    with imaplib.IMAP4("127.0.0.1", imap_port) as client:
        client.login("centre", "mot de passe")
        client.select("INBOX")
        client.store("1:*", "+FLAGS", r"(\Deleted)")
        client.expunge()
        yield client


@pytest.fixture
def url(imap_port: int) -> str:
    return f"imap://centre:mot%20de%20passe@127.0.0.1:{imap_port}/INBOX"


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


def test_answers_are_taken_and_other_mail_is_left_unread(
    session: Session, invitation: MailInvitation, mailbox: imaplib.IMAP4, url: str, now: datetime
) -> None:
    mailbox.append("INBOX", "", None, b"From: quelquun@example.org\r\nSubject: Bonjour\r\n\r\nBonjour")  # type: ignore[arg-type]
    mailbox.append("INBOX", "", None, reply(invitation, "ACCEPTED", now - timedelta(minutes=9)))  # type: ignore[arg-type]
    assert read_replies(session, lambda: now, url) == {"taken": 1, "ignored": 0}
    assert answer_of(session, invitation) == m.Answer.COMING
    later = now + timedelta(hours=1)
    mailbox.append("INBOX", "", None, reply(invitation, "DECLINED", later))  # type: ignore[arg-type]
    assert read_replies(session, lambda: later, url) == {"taken": 1, "ignored": 0}
    assert answer_of(session, invitation) == m.Answer.NOT_COMING
    assert read_replies(session, lambda: later, url) == {"taken": 0, "ignored": 0}
    mailbox.noop()
    assert mailbox.search(None, "UNSEEN")[1] == [b"1"]


def test_a_mailbox_that_cannot_be_opened_says_so_without_its_password(
    session: Session, url: str, now: datetime
) -> None:
    with pytest.raises(MailboxError) as caught:
        read_replies(session, lambda: now, url.replace("passe@", "faux@"))
    assert "mot" not in str(caught.value)


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

"""Answers by e-mail from a real mail server: understood like a text, and never a circle of machines."""

from __future__ import annotations

import imaplib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications import models as n
from notifications.channels import Outgoing
from notifications.channels.email import compose
from notifications.fallback import follow_failures
from notifications.mailbox.bounces import read_bounce
from notifications.mailbox.imap import MailboxError, open_mailbox
from notifications.mailbox.letter import read_headers, read_words
from notifications.mailbox.reading import read_mailbox
from notifications.models import ChannelKind, InboundState, MessageState
from notifications.replies.act import act_on_waiting
from scheduler import models as m
from scheduler.models import Answer
from tests.factories import Make

#: The sessions of the factories are on Monday 30 November 2026 at 8:00 UTC.
NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
AMIRA, OURS = "Amira@example.org", "rdv@cpas.example"

Append = Callable[[bytes], None]


@pytest.fixture
def append(mailbox: imaplib.IMAP4) -> Append:
    def put(raw: bytes) -> None:
        mailbox.append("INBOX", "", None, raw)  # type: ignore[arg-type]

    return put


@pytest.fixture
def held(make: Make, centre: m.Centre) -> m.GroupSession:
    plan = make(m.Plan, publication=1, state=m.PlanState.PUBLISHED, published_at=NOW - timedelta(days=9))
    return make(m.GroupSession, plan=plan)


@pytest.fixture
def sent(make: Make, held: m.GroupSession) -> n.Message:
    """A reminder that Amira got by e-mail."""
    person = make(m.Participant, first_name="Amira", email=AMIRA)
    make(m.Attendance, session=held, participant=person)
    message = make(
        n.Message,
        participant=person,
        channel=ChannelKind.EMAIL,
        address=AMIRA,
        body="CPAS : bonjour Amira.\nNous vous attendons :\nlundi 30 novembre, 9h00 - 12h00",
        state=MessageState.ACCEPTED,
        created_at=NOW,
        sent_at=NOW,
        token="t" * 22,
    )
    make(n.MessageTopic, message=message, participant=person, session_uid=held.uid, starts_at=held.starts_at)
    return message


def outgoing(message: n.Message) -> EmailMessage:
    """The reminder as it left."""
    return compose(
        Outgoing(
            token=message.token,
            channel=ChannelKind.EMAIL,
            address=message.address,
            body=message.body,
            language="fr",
            claimed_at=NOW,
            subject="Rappel",
        ),
        OURS,
    )


def reply(message: n.Message, text: str, sender: str = AMIRA.lower(), **headers: str) -> EmailMessage:
    """An answer as mail programs write it, with the quotation."""
    before = outgoing(message)
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = f"Amira <{sender}>", OURS, f"Re: {before['Subject']}"
    letter["In-Reply-To"] = letter["References"] = before["Message-ID"]
    letter["Message-ID"] = f"<{abs(hash((text, sender)))}@example.org>"
    quoted = "\n".join(f"> {line}" for line in message.body.split("\n"))
    letter.set_content(f"{text}\n\nLe dim. 29 nov. 2026 à 13:00, <{OURS}> a écrit :\n\n{quoted}\n")
    for name, value in headers.items():
        letter[name.replace("_", "-")] = value
    return letter


def bounce(
    message: n.Message, status: str = "5.1.1", recipient: str = AMIRA, action: str = "failed"
) -> bytes:
    """A report of a mail server that it could not hand a message over."""
    lines = (
        "From: Mail Delivery System <MAILER-DAEMON@mx.example>",
        f"To: {OURS}",
        "Return-Path: <>",
        "Subject: Undelivered Mail Returned to Sender",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        'Content-Type: multipart/report; report-type=delivery-status; boundary="x"',
        "",
        "--x",
        "Content-Type: text/plain",
        "",
        "This is the mail system.",
        "--x",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.example",
        "",
        f"Final-Recipient: rfc822; {recipient}",
        f"Action: {action}",
        f"Status: {status}",
        "",
        "--x",
        "Content-Type: message/rfc822",
        "",
        outgoing(message).as_string(policy=SMTP),
        "--x--",
        "",
    )
    return "\r\n".join(lines).encode()


def take(session: Session, url: str) -> dict[str, int]:
    counts = read_mailbox(session, lambda: NOW + timedelta(minutes=5), url)
    act_on_waiting(session, lambda: NOW + timedelta(minutes=6))
    session.expire_all()
    return counts


def answer_of(session: Session) -> Answer | None:
    row = session.scalars(select(m.AttendanceRecord)).one_or_none()
    return None if row is None else row.answer


def unread(mailbox: imaplib.IMAP4) -> int:
    mailbox.noop()
    return len(mailbox.search(None, "UNSEEN")[1][0].split())


def test_an_answer_is_understood_like_a_text_and_answered_by_mail(
    session: Session, sent: n.Message, mailbox: imaplib.IMAP4, append: Append, url: str
) -> None:
    append(b"From: quelquun@example.org\r\nSubject: Bonjour\r\n\r\nJe ne viens pas")
    append(reply(sent, "Bonjour,\n\nje ne peux pas venir.\n\nCordialement\nAmira").as_bytes())
    session.commit()
    assert take(session, url) == {"taken": 0, "ignored": 0, "answers": 1, "bounced": 0}
    assert answer_of(session) == Answer.NOT_COMING
    row = session.scalars(select(n.InboundMessage)).one()
    assert (row.state, row.about_id, row.address) == (InboundState.DONE, sent.id, AMIRA)
    assert "Nous vous attendons" not in row.body
    said = session.scalars(select(n.Message).where(n.Message.kind == n.MessageKind.ANSWER)).one()
    assert (said.channel, said.address, said.facts["answer"]) == (ChannelKind.EMAIL, AMIRA, "thanks_cannot")
    # The stranger's letter is nobody's business here, and is left as it was.
    assert unread(mailbox) == 1
    assert take(session, url)["answers"] == 0


@pytest.mark.parametrize(
    "header",
    [
        b"Auto-Submitted: auto-replied (vacation)",
        b"Auto-Submitted: auto-generated; x=y",
        b"Precedence: auto_reply",
        b"X-Autoreply: yes",
        b"Return-Path: <>",
        b"From: MAILER-DAEMON@mx.example",
        b"From: no-reply@example.org",
        b"Content-Type: multipart/report; report-type=disposition-notification; boundary=x",
    ],
)
def test_what_machines_write_is_known_by_its_headers(header: bytes) -> None:
    assert read_headers(b"Subject: x\r\n" + header + b"\r\n\r\nJe ne viens pas").is_automatic


def test_what_people_write_is_no_machines() -> None:
    raw = b"Return-Path: <a@example.org>\r\nAuto-Submitted: no\r\nFrom: a@example.org\r\n\r\nx"
    assert not read_headers(raw).is_automatic


def test_machines_are_neither_heard_nor_answered(
    session: Session, sent: n.Message, append: Append, url: str
) -> None:
    append(reply(sent, "Je ne viens pas", Auto_Submitted="auto-replied").as_bytes())
    session.commit()
    assert take(session, url)["answers"] == 1
    assert answer_of(session) is None
    assert session.scalars(select(n.InboundMessage.state)).one() == InboundState.DONE
    assert session.scalars(select(n.Message.id)).all() == [sent.id]


@pytest.mark.parametrize(
    ("sender", "headers"),
    [("mari@example.org", {}), (AMIRA, {"Authentication_Results": "mx.example; dmarc=fail"})],
    ids=["somebody else", "a sender in doubt"],
)
def test_whoever_may_not_be_the_person_is_put_before_the_team(
    session: Session, sent: n.Message, append: Append, url: str, sender: str, headers: dict[str, str]
) -> None:
    append(reply(sent, "Elle ne vient pas", sender=sender, **headers).as_bytes())
    session.commit()
    assert take(session, url)["answers"] == 1
    assert answer_of(session) is None
    row = session.scalars(select(n.InboundMessage)).one()
    assert (row.state, row.participant_id, row.about_id) == (InboundState.OPEN, None, sent.id)


def test_without_a_name_the_last_message_to_the_sender_is_meant(
    session: Session, sent: n.Message, append: Append, url: str
) -> None:
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = AMIRA, OURS, "je viens"
    letter.set_content("\n")
    append(letter.as_bytes())
    session.commit()
    assert take(session, url)["answers"] == 1
    assert answer_of(session) == Answer.COMING


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [
        ("5.1.1", "bounced", n.AddressState.UNREACHABLE),
        ("5.2.2", "returned", None),
        ("5.7.1", "returned", None),
    ],
)
def test_mail_that_comes_back_is_not_arrived_and_flags_an_address_that_is_none(
    session: Session, sent: n.Message, append: Append, url: str, mailbox: imaplib.IMAP4,
    status: str, code: str, state: n.AddressState | None,
) -> None:  # fmt: skip
    append(bounce(sent, status))
    session.commit()
    assert take(session, url)["bounced"] == 1
    assert (sent.state, sent.error_code) == (MessageState.UNDELIVERED, code)
    follow_failures(session, lambda: NOW + timedelta(minutes=7))
    session.expire_all()
    known = session.scalars(select(n.ContactAddress)).one_or_none()
    assert (known and known.state) == state
    assert (known is not None and known.flagged_at is not None) == (state is not None)
    assert session.scalars(select(n.InboundMessage)).first() is None
    assert unread(mailbox) == 0


def test_reports_of_delays_strangers_and_other_people_change_nothing(
    session: Session, sent: n.Message, append: Append, url: str
) -> None:
    append(bounce(sent, "4.4.7", action="delayed"))
    append(bounce(sent, recipient="autre@example.org"))
    append(bounce(sent).replace(sent.token.encode(), b"u" * 22))
    session.commit()
    assert take(session, url)["bounced"] == 0
    assert sent.state == MessageState.ACCEPTED


def test_a_mailbox_that_cannot_be_opened_says_so_without_its_password(session: Session, url: str) -> None:
    with pytest.raises(MailboxError) as caught:
        read_mailbox(session, lambda: NOW, url.replace("passe@", "faux@"))
    assert "mot" not in str(caught.value)
    with pytest.raises(MailboxError) as caught, open_mailbox("imap://moi:mot/de/passe@localhost"):
        pass
    assert "mot" not in str(caught.value)


@pytest.mark.parametrize(
    ("charset", "encoding", "text"),
    [
        ("iso-8859-1", "quoted-printable", "Désolée, je ne peux pas"),
        ("utf-8", "base64", "لا أستطيع الحضور"),
        ("windows-1251", "base64", "не приду"),
        ("utf-8", "8bit", "ክመጽእ እየ"),
    ],
)
def test_every_encoding_is_read(charset: str, encoding: str, text: str) -> None:
    letter = EmailMessage()
    letter["Subject"] = "Re: x"
    letter.set_content(f"{text}\n", charset=charset, cte=encoding)
    assert read_words(letter.as_bytes(), "") == text
    page = EmailMessage()
    page.set_content(
        f"<p>{text}</p><blockquote>x</blockquote>", subtype="html", charset=charset, cte=encoding
    )
    assert read_words(page.as_bytes(), "") == text


def test_what_is_attached_is_named() -> None:
    letter = EmailMessage()
    letter["Subject"] = "Re: x"
    letter.set_content("Voici\n")
    letter.add_attachment(b"...", maintype="image", subtype="jpeg", filename="certificat.jpg")
    assert read_words(letter.as_bytes(), "") == "Voici [image]"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"From: \xff\xfe\r\nContent-Type: text/plain; charset=nothing\r\n\r\n\xff",
        b"Content-Type: multipart/report\r\n\r\n",
        b"Content-Type: multipart/report; boundary=x\r\n\r\n--x\r\n"
        b"Content-Type: message/delivery-status\r\n\r\n",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n=%%%=",
        b'From: <@>\r\nIn-Reply-To: <<>>\r\nContent-Type: text/html; charset="\xe9"\r\n\r\n<div',
    ],
)
def test_malformed_mail_is_read_as_far_as_it_goes(raw: bytes) -> None:
    read_headers(raw)
    read_words(raw, "")
    assert read_bounce(raw) is None

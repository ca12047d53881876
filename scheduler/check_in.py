"""Checking in by oneself: a code on the room's screen that only somebody who is there can read.

Nothing is stored to make one: a code is an HMAC of the session and of the time under a key of the
installation, so it cannot be guessed and ends by itself.

References
----------
RFC 2104 (HMAC); RFC 4226, section 5.3 (a number of few digits from an HMAC).
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.attendance import THERE, Outcome, Tap, apply_taps, expected_ids, session_in_force
from scheduler.audit import record
from scheduler.errors import NotFoundError
from scheduler.models import AttendanceRecord, AttendanceState, AuditEntry, GroupSession, Participant

#: How long one QR code is shown; the one before it is still accepted.
WINDOW_S = 30

#: How long before a session people can check in.
OPENS_BEFORE = timedelta(minutes=30)

#: Minutes after the start up to which somebody is on time.
ON_TIME_MINUTES = 5

CODE_DIGITS = 4

#: Wrong codes one person may type within ``TRIES_WITHIN``.
MOST_TRIES = 5
TRIES_WITHIN = timedelta(minutes=15)

WRONG_CODE = "check_in.wrong_code"
MAC_BYTES = 16


class Refusal(StrEnum):
    """Why somebody was not checked in."""

    FORGED = "forged"
    STALE = "stale"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    NOT_EXPECTED = "not_expected"
    WRONG_CODE = "wrong_code"
    TOO_MANY_TRIES = "too_many_tries"


class CheckInRefusedError(Exception):
    """Nobody was checked in; ``refusal`` says why, and anything already written down stays."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal)
        self.refusal = refusal


@dataclass(frozen=True, slots=True)
class Sign:
    """What the room's screen shows at an instant: the token of the QR code and the digits."""

    token: str
    digits: str


def is_open(starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Tell whether a session is so near, or under way, that people can check in by themselves."""
    return starts_at - OPENS_BEFORE <= now < ends_at


def room_sign(key: bytes, held: GroupSession, now: datetime) -> Sign | None:
    """Return what the room's screen shows, or ``None`` when the session is not near or under way."""
    if held.cancelled_at is not None or not is_open(held.starts_at, held.ends_at, now):
        return None
    window = _window(now)
    return Sign(f"{held.uid}.{window}.{_mac(key, held, str(window))}", _digits(key, held))


def read_token(session: Session, key: bytes, person: Participant, token: str, now: datetime) -> GroupSession:
    """Return the session that a scanned token is for.

    Raises
    ------
    CheckInRefusedError
        If it was made up, is for another centre, is older than the window before this one, or if
        this person cannot check in to that session.
    """
    uid, _dot, rest = token.partition(".")
    shown, _dot, mac = rest.partition(".")
    try:
        held = session_in_force(session, person.centre_id, uid)
    except NotFoundError:
        raise CheckInRefusedError(Refusal.FORGED) from None
    if not hmac.compare_digest(mac.encode(), _mac(key, held, shown).encode()):
        raise CheckInRefusedError(Refusal.FORGED)
    if not _window(now) - 1 <= int(shown) <= _window(now):
        raise CheckInRefusedError(Refusal.STALE)
    check_may(held, person, now)
    return held


def check_digits(
    session: Session, key: bytes, person: Participant, held: GroupSession, typed: str, now: datetime
) -> None:
    """Make sure that the digits typed are those of the room; write down when they are not.

    Raises
    ------
    CheckInRefusedError
        If they are wrong, or if this person typed too many wrong ones.
    """
    check_may(held, person, now)
    subject = f"participant:{person.id}"
    query = select(func.count()).where(
        AuditEntry.centre_id == person.centre_id,
        AuditEntry.at > now - TRIES_WITHIN,
        AuditEntry.action == WRONG_CODE,
        AuditEntry.subject == subject,
    )
    if (session.scalar(query) or 0) >= MOST_TRIES:
        raise CheckInRefusedError(Refusal.TOO_MANY_TRIES)
    if not hmac.compare_digest(typed.strip().encode(), _digits(key, held).encode()):
        entry = record(session, None, WRONG_CODE, subject, {"session": held.uid}, now=now)
        entry.centre_id = person.centre_id
        session.flush()
        raise CheckInRefusedError(Refusal.WRONG_CODE)


def check_may(held: GroupSession, person: Participant, now: datetime) -> None:
    """Make sure that a person can check in to a session now.

    Raises
    ------
    CheckInRefusedError
        If it is cancelled, not near, over, or of other people.
    """
    if held.cancelled_at is not None:
        raise CheckInRefusedError(Refusal.CANCELLED)
    if not is_open(held.starts_at, held.ends_at, now):
        raise CheckInRefusedError(Refusal.CLOSED)
    if person.id not in expected_ids(held) and not held.activity.drop_in:
        raise CheckInRefusedError(Refusal.NOT_EXPECTED)


def check_in(session: Session, person: Participant, held: GroupSession, now: datetime) -> AttendanceState:
    """Mark a person who is there, with the minutes missed when late; return the state that holds.

    Somebody who already has a mark of being there keeps it.
    """
    check_may(held, person, now)
    query = select(AttendanceRecord.state).where(
        AttendanceRecord.centre_id == held.centre_id,
        AttendanceRecord.session_uid == held.uid,
        AttendanceRecord.participant_id == person.id,
    )
    before = session.scalar(query)
    if before in THERE:
        return AttendanceState(before)
    missed = int((now - held.starts_at).total_seconds()) // 60
    late = missed > ON_TIME_MINUTES
    tap = Tap(
        key=str(uuid4()),
        session_uid=held.uid,
        participant_id=person.id,
        state=AttendanceState.LATE if late else AttendanceState.PRESENT,
        minutes=missed if late else 0,
        walk_in=person.id not in expected_ids(held),
        tapped_at=now,
        sent_at=now,
        source="code",
    )
    (result,) = apply_taps(session, held.centre_id, [tap], now, user_id=None)
    if result.outcome is Outcome.REFUSED or result.state is None:
        raise CheckInRefusedError(Refusal.CLOSED)
    return result.state


def _window(now: datetime) -> int:
    return int(now.timestamp()) // WINDOW_S


def _digest(key: bytes, purpose: str, held: GroupSession, text: str) -> bytes:
    message = f"{purpose}|{held.centre_id}|{held.uid}|{text}"
    return hmac.new(key, message.encode(), hashlib.sha256).digest()


def _mac(key: bytes, held: GroupSession, window: str) -> str:
    return urlsafe_b64encode(_digest(key, "check-in-qr", held, window)[:MAC_BYTES]).decode().rstrip("=")


def _digits(key: bytes, held: GroupSession) -> str:
    number = int.from_bytes(_digest(key, "check-in-digits", held, held.day.isoformat())[:8], "big")
    return f"{number % 10**CODE_DIGITS:0{CODE_DIGITS}d}"

"""The address in a message: it opens its reader's page for some weeks, and nothing of it is stored.

Tokens of lasting addresses are stored hashed, so none of them can be written into a message again. The
token of a message says whose page it opens and when it was made, under a signature with the installation's
secret key. Revoking the lasting address of a person closes those of earlier messages too.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.links import find_subject
from scheduler.models import Link, LinkKind, Participant

LIFETIME = timedelta(days=21)

#: What every token of a message begins with; tokens of lasting addresses hold no dot.
PREFIX = "m."

_ID_BYTES, _HOUR_BYTES, _SIGNATURE_BYTES = 4, 3, 11
_PURPOSE = b"semainier.message-link"


@dataclass(frozen=True, slots=True)
class Visit:
    """Whose page a token opens, and when it was made (to the hour)."""

    participant_id: int
    made_at: datetime


def message_link(secret_key: str, public_url: str, participant_id: int, now: datetime) -> str:
    """Return an address of a person's page, short enough for an SMS.

    Parameters
    ----------
    public_url : str
        Address of the installation, without a slash at its end.
    """
    return f"{public_url}/moi/{message_token(secret_key, participant_id, now)}"


def message_token(secret_key: str, participant_id: int, now: datetime) -> str:
    """Return the signed token of an address in a message."""
    hours = int(now.timestamp()) // 3600
    told = participant_id.to_bytes(_ID_BYTES, "big") + hours.to_bytes(_HOUR_BYTES, "big")
    return PREFIX + urlsafe_b64encode(told + _sign(secret_key, told)).decode()


def read_token(secret_key: str, token: str, now: datetime) -> Visit | None:
    """Return what a token says, or ``None`` when it is not ours, or too old."""
    try:
        raw = urlsafe_b64decode(token.removeprefix(PREFIX).encode())
    except (Error, ValueError):
        return None
    told, signature = raw[: _ID_BYTES + _HOUR_BYTES], raw[_ID_BYTES + _HOUR_BYTES :]
    if not hmac.compare_digest(signature, _sign(secret_key, told)):
        return None
    hours = int.from_bytes(told[_ID_BYTES:], "big")
    visit = Visit(int.from_bytes(told[:_ID_BYTES], "big"), datetime.fromtimestamp(hours * 3600, UTC))
    return visit if now - visit.made_at <= LIFETIME else None


def find_reader(session: Session, secret_key: str, token: str, now: datetime) -> Participant | None:
    """Return the active person whose page a message's token opens, unless their addresses were revoked since.

    The session must not be confined to a centre yet.
    """
    visit = read_token(secret_key, token, now) if token.startswith(PREFIX) else None
    if visit is None:
        return None
    # The token knows the hour it was made in: an address revoked within that hour closes it as well.
    revoked = select(Link.id).where(
        Link.kind == LinkKind.PAGE,
        Link.subject_id == visit.participant_id,
        Link.revoked_at >= visit.made_at,
    )
    if session.scalars(revoked.limit(1)).first() is not None:
        return None
    person = find_subject(session, LinkKind.PAGE, visit.participant_id)
    return person if isinstance(person, Participant) else None


def _sign(secret_key: str, told: bytes) -> bytes:
    return hmac.digest(secret_key.encode(), _PURPOSE + told, hashlib.sha256)[:_SIGNATURE_BYTES]

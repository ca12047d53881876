"""Mail that came back (RFC 3464): the message has not arrived, and the address may be none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import parseaddr
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.mailbox.letter import parse, tokens_of
from notifications.models import ChannelKind, Message, MessageState
from notifications.status import News, move

#: Codes of ``notifications.provider_errors``: the address is none, or this message could not go there.
NO_SUCH_ADDRESS: Final = "bounced"
NOT_NOW: Final = "returned"

#: Enhanced status codes (RFC 3463) of a mailbox that is not there: bad address, moved, disabled.
_GONE: Final = ("5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1", "5.4.4")


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """What a mail server tells of a message that it could not hand over."""

    token: str
    recipient: str
    error_code: str


def read_bounce(raw: bytes) -> Bounce | None:
    """Return which message of ours has not arrived; ``None`` if a report tells anything else."""
    message = parse(raw)
    failed: Any = None
    tokens: tuple[str, ...] = ()
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            blocks: Any = part.get_payload()
            for block in blocks if isinstance(blocks, list) else ():
                if str(block.get("Action", "")).strip().lower() == "failed":
                    failed = failed or block
        elif kind in ("message/rfc822", "text/rfc822-headers"):
            tokens = tokens or tokens_of(part)
    if failed is None or not tokens:
        return None
    recipient = str(failed.get("Original-Recipient") or failed.get("Final-Recipient") or "")
    status = str(failed.get("Status", "")).split()[:1]
    return Bounce(
        token=tokens[0],
        recipient=parseaddr(recipient.rpartition(";")[2])[1].casefold(),
        error_code=NO_SUCH_ADDRESS if status and status[0] in _GONE else NOT_NOW,
    )


def take_bounce(session: Session, bounce: Bounce, now: datetime) -> bool:
    """Record that a message has not arrived; ``False`` when it is none of ours, or was known already.

    What follows, for the address and for the message, is the same as for any other failure.
    """
    query = select(Message).where(Message.token == bounce.token, Message.channel == ChannelKind.EMAIL)
    message = session.scalars(query).one_or_none()
    if message is None or message.address.casefold() != bounce.recipient:
        return False
    news = News(
        of=message.id,
        status=MessageState.UNDELIVERED,
        source="provider",
        key="bounce",
        now=now,
        error_code=bounce.error_code,
        # Now is when its failure is to be followed up, however long the mail server tried.
        columns={"next_at": now},
    )
    return move(session.connection(), news)

"""Answers given on the telephone to try with: stored as if they had come in, and acted on at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.channels.sandbox import PROVIDER
from notifications.contacts import note_inbound
from notifications.models import ChannelKind, InboundMessage, Message
from notifications.replies.act import act


def answer_on_trial(
    session: Session,
    centre_id: int,
    address: str,
    said: str,
    now: datetime,
    *,
    key: str,
    about: Message | None = None,
    channel: ChannelKind = ChannelKind.SMS,
    asked: str = "",
) -> bool:
    """Store an answer and act on it; ``False`` if it was stored before.

    Belongs in a writing transaction.

    Parameters
    ----------
    said : str
        The text, or the key that was pressed in a call.
    key : str
        Makes the answer count once; at most 32 characters.
    about : Message, optional
        The call in which the key was pressed.
    asked : str
        What the call asked after its message, if anything (``notifications.telephone.REASON``).
    """
    query = select(InboundMessage.id).filter_by(provider=PROVIDER, provider_sid=key)
    if session.scalars(query).first() is not None:
        return False
    row = InboundMessage(
        centre_id=centre_id,
        provider=PROVIDER,
        provider_sid=key,
        channel=channel,
        address=address,
        body=said,
        button=asked,
        about_id=about.id if about is not None and channel is ChannelKind.VOICE else None,
        received_at=now,
    )
    session.add(row)
    session.flush()
    note_inbound(session, centre_id, channel, address, now)
    act(session, row.id, now)
    return True

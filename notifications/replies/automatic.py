"""Telling what a machine wrote, so that two machines do not thank one another for ever."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import ChannelKind, InboundMessage, Message

#: How far back one's own words are recognised when they come back.
ECHO: Final = timedelta(days=7)

#: What mail programs write in the place of somebody who is away, or of an address that is gone.
_MACHINE: Final = re.compile(
    r"réponse automatique|message d.absence|absent du bureau|automatisch antwoord|afwezigheidsbericht"
    r"|automatic reply|auto(matic)?[- ]?response|auto[- ]?reply|out of (the )?office|abwesenheitsnotiz"
    r"|automatische antwort|respuesta automática|resposta automática|otomatik yanıt"
    r"|delivery status notification|undeliver(ed|able)|mail delivery|mailer-daemon",
    re.IGNORECASE,
)


def is_automatic(session: Session, inbound: InboundMessage) -> bool:
    """Whether a mail program wrote an answer, or it is our own text that came back."""
    if inbound.channel == ChannelKind.EMAIL and _MACHINE.search(inbound.body):
        return True
    body = inbound.body.strip()
    if not body or inbound.channel == ChannelKind.VOICE:
        return False
    query = select(Message.id).where(
        Message.centre_id == inbound.centre_id,
        Message.address == inbound.address,
        Message.created_at > inbound.received_at - ECHO,
        Message.body == body,
    )
    return session.scalars(query.limit(1)).first() is not None

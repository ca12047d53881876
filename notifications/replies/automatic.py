"""Telling what a machine wrote, so that two machines do not thank one another for ever."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import ChannelKind, InboundMessage, Message
from notifications.replies.context import WRITTEN_BY

#: How far back one's own words are recognised when they come back.
ECHO: Final = timedelta(days=7)

#: What mail programs begin with in the place of somebody who is away, or of an address that is gone. Further
#: on in a text a person may say as much.
_MACHINE: Final = re.compile(
    r"réponse automatique|automatisch antwoord|automatic reply|auto(matic)?[- ]?response|auto[- ]?reply"
    r"|out of (the )?office|abwesenheitsnotiz|automatische antwort|respuesta automática"
    r"|resposta automática|otomatik yanıt"
    r"|delivery status notification|undeliver(ed|able)|mail delivery|mailer-daemon",
    re.IGNORECASE,
)


def is_automatic(session: Session, inbound: InboundMessage) -> bool:
    """Whether a mail program wrote an answer, or it is our own text that came back."""
    if inbound.channel == ChannelKind.EMAIL and _MACHINE.match(inbound.body.strip()):
        return True
    body = inbound.body.strip()
    if not body or inbound.channel == ChannelKind.VOICE:
        return False
    query = select(Message.facts).where(
        Message.centre_id == inbound.centre_id,
        Message.address == inbound.address,
        Message.created_at > inbound.received_at - ECHO,
        Message.body == body,
    )
    # Short words of the team's own, such as "ok", are no echo when somebody says them too.
    return any(WRITTEN_BY not in facts for facts in session.scalars(query))

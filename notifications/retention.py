"""Forgetting what messages said and to which address, after each centre's own time.

What remains says that a message of some kind went to a person at some time and what became of it:
enough for the figures, and nothing of what was written.
"""

from __future__ import annotations

from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import CursorResult, case, select, update
from sqlalchemy.orm import Session

from notifications.models import (
    InboundMessage,
    InboundState,
    InvitationState,
    MailInvitation,
    Message,
    MessageState,
)
from scheduler.certificates import add_months
from scheduler.models import Centre, GroupSession
from scheduler.settings import message_months

_UNDER_WAY = (MessageState.QUEUED, MessageState.CLAIMED, MessageState.UNCERTAIN)


def forget_old(session: Session, now: datetime) -> int:
    """Empty text, facts and address of old messages, answers and invitations; return how many there were."""
    emptied = 0
    for centre in session.scalars(select(Centre).order_by(Centre.id)):
        zone = ZoneInfo(centre.timezone)
        day = add_months(now.astimezone(zone).date(), -message_months(centre))
        before = datetime.combine(day, time(), zone)
        messages: CursorResult[Any] = session.execute(  # type: ignore[assignment]
            update(Message)
            .where(
                Message.centre_id == centre.id,
                Message.created_at < before,
                Message.address != "",
                Message.state.not_in(_UNDER_WAY),
            )
            .values(
                address="",
                subject="",
                body="",
                facts={},
                content_variables={},
                media_url=None,
                error=None,
            )
            .execution_options(synchronize_session=False)
        )
        waits = InboundMessage.state == InboundState.OPEN
        answers: CursorResult[Any] = session.execute(  # type: ignore[assignment]
            update(InboundMessage)
            .where(
                InboundMessage.centre_id == centre.id,
                InboundMessage.received_at < before,
                InboundMessage.address != "",
            )
            .values(
                address="",
                body="",
                button="",
                # Of nothing, nobody can be asked to make sense.
                state=case((waits, InboundState.CLOSED), else_=InboundMessage.state),
            )
            .execution_options(synchronize_session=False)
        )
        # Calendars still answer to the address while the appointment is to come.
        recent = select(GroupSession.uid).where(
            GroupSession.centre_id == centre.id, GroupSession.starts_at >= before
        )
        invitations: CursorResult[Any] = session.execute(  # type: ignore[assignment]
            update(MailInvitation)
            .where(
                MailInvitation.centre_id == centre.id,
                MailInvitation.queued_at < before,
                MailInvitation.address != "",
                MailInvitation.state != InvitationState.QUEUED,
                MailInvitation.uid.not_in(recent),
            )
            .values(address="", body="", error=None)
            .execution_options(synchronize_session=False)
        )
        emptied += messages.rowcount + answers.rowcount + invitations.rowcount
    return emptied

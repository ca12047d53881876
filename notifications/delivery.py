"""Sending what is queued: each message claimed once, tried again later, never sent twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from notifications.mail import MailError, send_mail
from notifications.models import InvitationState, MailInvitation
from scheduler.db import begin_writing

#: Waiting times between attempts; after the last, the message has failed.
BACK_OFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480))
BATCH = 50


def send_due(session: Session, clock: Callable[[], datetime], smtp_url: str, sender: str) -> dict[str, int]:
    """Send the invitations that are due; no transaction waits for the network."""
    query = (
        select(MailInvitation.id)
        .where(MailInvitation.state == InvitationState.QUEUED, MailInvitation.next_at <= clock())
        .order_by(MailInvitation.next_at, MailInvitation.id)
        .limit(BATCH)
    )
    due = list(session.scalars(query))
    session.commit()
    counts = {"sent": 0, "later": 0, "failed": 0}
    for row_id in due:
        begin_writing(session)
        claimed = claim(session, row_id)
        session.commit()
        if claimed is None:
            continue
        recipient, body, attempts = claimed
        try:
            send_mail(smtp_url, sender, recipient, body)
            values: dict[str, Any] = {"state": InvitationState.SENT, "sent_at": clock(), "body": ""}
            values["error"] = None
            counts["sent"] += 1
        except MailError as error:
            if error.permanent or attempts > len(BACK_OFF):
                values = {"state": InvitationState.FAILED, "body": ""}
                counts["failed"] += 1
            else:
                wait = BACK_OFF[attempts - 1]
                values = {"state": InvitationState.QUEUED, "next_at": clock() + wait}
                counts["later"] += 1
            values["error"] = str(error)[:200]
        begin_writing(session)
        session.execute(update(MailInvitation).where(MailInvitation.id == row_id).values(**values))
        session.commit()
    return counts


def claim(session: Session, row_id: int) -> tuple[str, str, int] | None:
    """Take a message for sending, unless somebody else has; return address, text and attempts."""
    taken: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        update(MailInvitation)
        .where(MailInvitation.id == row_id, MailInvitation.state == InvitationState.QUEUED)
        .values(state=InvitationState.SENDING, attempts=MailInvitation.attempts + 1)
    )
    if taken.rowcount != 1:
        return None
    row = session.execute(
        select(MailInvitation.address, MailInvitation.body, MailInvitation.attempts).where(
            MailInvitation.id == row_id
        )
    ).one()
    return row.address, row.body, row.attempts

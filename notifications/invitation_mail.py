"""Sending queued invitations: each claimed once, tried again later, never sent twice.

A mail server cannot be asked what it took. An invitation whose sending was cut off, by a connection
that broke after the text was handed over or by a worker that died, has therefore failed and is not
sent again: calendars would take a repetition for news and ring. The next change of the appointment is
a new invitation with all that holds.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from notifications.mail import MailError, send_mail
from notifications.models import InvitationState, MailInvitation
from scheduler.db import begin_writing

#: Waiting times between attempts; after the last, the message has failed.
BACK_OFF: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 480))
BATCH: Final = 50

#: After so long in the hands of a worker, an invitation is given up.
LEASE: Final = timedelta(minutes=10)


def send_due(session: Session, clock: Callable[[], datetime], smtp_url: str, sender: str) -> dict[str, int]:
    """Send the invitations that are due; no transaction waits for the network."""
    counts = {"sent": 0, "later": 0, "failed": give_up(session, clock())}
    query = (
        select(MailInvitation.id)
        .where(MailInvitation.state == InvitationState.QUEUED, MailInvitation.next_at <= clock())
        .order_by(MailInvitation.next_at, MailInvitation.id)
        .limit(BATCH)
    )
    due = list(session.scalars(query))
    session.commit()
    for row_id in due:
        begin_writing(session)
        claimed = claim(session, row_id, clock())
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


def claim(session: Session, row_id: int, now: datetime) -> tuple[str, str, int] | None:
    """Take a message for sending, unless somebody else has; return address, text and attempts."""
    taken: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        update(MailInvitation)
        .where(MailInvitation.id == row_id, MailInvitation.state == InvitationState.QUEUED)
        .values(state=InvitationState.SENDING, attempts=MailInvitation.attempts + 1, next_at=now + LEASE)
    )
    if taken.rowcount != 1:
        return None
    row = session.execute(
        select(MailInvitation.address, MailInvitation.body, MailInvitation.attempts).where(
            MailInvitation.id == row_id
        )
    ).one()
    return row.address, row.body, row.attempts


def give_up(session: Session, now: datetime) -> int:
    """End invitations whose worker is gone; return how many."""
    begin_writing(session)
    ended: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        update(MailInvitation)
        .where(MailInvitation.state == InvitationState.SENDING, MailInvitation.next_at <= now)
        .values(state=InvitationState.FAILED, body="", error="unconfirmed")
    )
    session.commit()
    return ended.rowcount

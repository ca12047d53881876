"""Invitations by e-mail: what is to be sent, and what became of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, CentreOwned


class InvitationState(StrEnum):
    """Life of an invitation; one left ``SENDING`` by a worker that died is never sent again."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SUPERSEDED = "superseded"


class MailInvitation(CentreOwned, Base):
    """One iTIP message (RFC 5546) to one participant about one appointment.

    ``digest`` stands for what the message says of the appointment, so that nothing is sent when nothing
    changed. ``body`` is the whole message until it is sent, and empty from then on.
    """

    __tablename__ = "mail_invitation"
    __table_args__ = (
        UniqueConstraint("uid", "participant_id", "sequence", "method"),
        Index("ix_mail_invitation_due", "state", "next_at"),
    )

    uid: Mapped[str] = mapped_column(String(36))
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"), index=True)
    sequence: Mapped[int]
    method: Mapped[str] = mapped_column(String(10))
    address: Mapped[str] = mapped_column(String(254))
    digest: Mapped[str] = mapped_column(String(64))
    body: Mapped[str] = mapped_column(Text, default="")
    state: Mapped[InvitationState] = mapped_column(String(12), default=InvitationState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    queued_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(200))

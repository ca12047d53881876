"""The outbox: every message to a participant is a row before it is anything else."""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.db import Base, CentreOwned

#: What an index of the queue holds.
_QUEUED: Final = text("state = 'queued'")


class ChannelKind(StrEnum):
    """How a message reaches somebody."""

    SMS = "sms"
    WHATSAPP = "whatsapp"
    VOICE = "voice"
    EMAIL = "email"


class MessageKind(StrEnum):
    """What a message is for; each has its own wording."""

    INVITATION = "invitation"
    REMINDER = "reminder"
    CHANGE = "change"
    CANCELLATION = "cancellation"
    FREED_SEAT = "freed_seat"
    MISSED_YOU = "missed_you"
    SATISFACTION = "satisfaction"
    ANSWER = "answer"


class MessageState(StrEnum):
    """Life of a message; ``notifications.status`` says which steps there are.

    ``CLAIMED`` is in the hands of a worker, ``UNCERTAIN`` may or may not have reached the provider,
    ``ACCEPTED`` was taken by the provider. ``FAILED`` and ``UNDELIVERED`` carry the provider's error;
    ``EXPIRED`` came too late, ``SUPERSEDED`` was replaced by newer news, ``WITHHELD`` was stopped by a
    rule (opted out, no address, budget), named in ``error_code``.
    """

    QUEUED = "queued"
    CLAIMED = "claimed"
    UNCERTAIN = "uncertain"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"
    UNDELIVERED = "undelivered"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    WITHHELD = "withheld"


class Message(CentreOwned, Base):
    """One message to one address by one channel.

    ``key`` is the idempotency key: a second message with the same key is never stored. ``token`` is
    what provider callbacks name the message by. A household that shares a phone gets one message:
    ``participant_id`` is its first person, ``topics`` name everybody's sessions. ``facts`` is what the
    wording was filled with. ``body`` is emptied when the centre's retention rule says so.
    ``fallback_of_id`` is the message that failed before this one was made. ``price_eur_millicents`` is
    what it is expected to cost, or did.
    """

    __tablename__ = "message"
    __table_args__ = (
        UniqueConstraint("centre_id", "key"),
        Index("ix_message_due", "state", "channel", "next_at"),
        Index("ix_message_expires", "state", "expires_at", sqlite_where=_QUEUED, postgresql_where=_QUEUED),
        Index("ix_message_provider_sid", "provider_sid"),
        Index("ix_message_centre_created", "centre_id", "created_at"),
        Index("ix_message_address", "centre_id", "address", "created_at"),
    )

    key: Mapped[str] = mapped_column(String(160))
    token: Mapped[str] = mapped_column(String(32), unique=True, default=lambda: secrets.token_urlsafe(16))
    kind: Mapped[MessageKind] = mapped_column(String(14))
    channel: Mapped[ChannelKind] = mapped_column(String(10))
    participant_id: Mapped[int | None] = mapped_column(
        ForeignKey("participant.id", ondelete="CASCADE"), index=True
    )
    address: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(5), default="fr")
    subject: Mapped[str] = mapped_column(String(200), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    content_sid: Mapped[str | None] = mapped_column(String(40))
    content_variables: Mapped[dict[str, Any]] = mapped_column(default=dict)
    media_url: Mapped[str | None] = mapped_column(String(300))
    recording_id: Mapped[int | None]
    segments: Mapped[int] = mapped_column(default=1)
    price_eur_millicents: Mapped[int] = mapped_column(default=0)
    step: Mapped[str] = mapped_column(String(40), default="")
    variant: Mapped[str] = mapped_column(String(40), default="")
    state: Mapped[MessageState] = mapped_column(String(12), default=MessageState.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    next_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    claimed_by: Mapped[str | None] = mapped_column(String(80))
    provider: Mapped[str] = mapped_column(String(20), default="")
    provider_sid: Mapped[str | None] = mapped_column(String(64))
    error_code: Mapped[str | None] = mapped_column(String(40))
    error: Mapped[str | None] = mapped_column(String(200))
    fallback_of_id: Mapped[int | None] = mapped_column(ForeignKey("message.id", ondelete="SET NULL"))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    final_at: Mapped[datetime | None]

    topics: Mapped[list[MessageTopic]] = relationship(
        back_populates="message", cascade="all, delete-orphan", order_by="MessageTopic.id"
    )
    events: Mapped[list[MessageEvent]] = relationship(
        back_populates="message", cascade="all, delete-orphan", order_by="MessageEvent.id"
    )


class MessageTopic(CentreOwned, Base):
    """One session of one person that a message speaks of, as it was when the message was written.

    ``sequence`` is the session's at that moment. A change or cancellation asks to be confirmed:
    ``confirm_by`` is until when, ``confirmed_at`` when the person answered.
    """

    __tablename__ = "message_topic"
    __table_args__ = (
        UniqueConstraint("message_id", "participant_id", "session_uid"),
        Index("ix_message_topic_session", "centre_id", "session_uid", "participant_id"),
        Index("ix_message_topic_confirm", "confirm_by"),
    )

    message_id: Mapped[int] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"), index=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"), index=True)
    session_uid: Mapped[str] = mapped_column(String(36))
    sequence: Mapped[int] = mapped_column(default=0)
    starts_at: Mapped[datetime]
    confirm_by: Mapped[datetime | None]
    confirmed_at: Mapped[datetime | None]

    message: Mapped[Message] = relationship(back_populates="topics")


class MessageEvent(CentreOwned, Base):
    """What happened to a message: append-only. ``key`` makes an event that comes twice count once.

    ``source`` is ``worker``, ``provider``, ``reconcile`` or ``person``; ``applied`` says whether the
    event moved the message to another state.
    """

    __tablename__ = "message_event"
    __table_args__ = (UniqueConstraint("message_id", "key"),)

    message_id: Mapped[int] = mapped_column(ForeignKey("message.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(80))
    source: Mapped[str] = mapped_column(String(10))
    status: Mapped[str] = mapped_column(String(20))
    error_code: Mapped[str | None] = mapped_column(String(40))
    applied: Mapped[bool] = mapped_column(default=False)
    happened_at: Mapped[datetime]

    message: Mapped[Message] = relationship(back_populates="events")

"""What people answer: stored as it came, understood afterwards."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from notifications.models.outbox import ChannelKind
from scheduler.db import Base, CentreOwned


class Meaning(StrEnum):
    """What an answer says.

    ``MIXED`` comes to some sessions and not to others, ``CHOICE`` names one of several places, ``HELP``
    asks how this works, ``UNKNOWN`` goes to a person.
    """

    COMING = "coming"
    NOT_COMING = "not_coming"
    MIXED = "mixed"
    CALL_ME = "call_me"
    CHOICE = "choice"
    REASON = "reason"
    STOP = "stop"
    START = "start"
    HELP = "help"
    UNKNOWN = "unknown"


class InboundState(StrEnum):
    """Life of an answer: received, dealt with by rule, or before a person until closed."""

    RECEIVED = "received"
    DONE = "done"
    OPEN = "open"
    CLOSED = "closed"


class InboundMessage(CentreOwned, Base):
    """One text, button, key or e-mail from a person.

    ``provider_sid`` makes an answer that is delivered twice count once. ``participant_id`` is empty when
    nobody is known by the address, or several people are. ``about_id`` is the message it answers.
    ``choice`` is the number somebody chose.
    """

    __tablename__ = "inbound_message"
    __table_args__ = (
        UniqueConstraint("provider", "provider_sid"),
        Index("ix_inbound_message_state", "centre_id", "state", "received_at"),
        Index("ix_inbound_message_address", "centre_id", "address"),
    )

    provider: Mapped[str] = mapped_column(String(20))
    provider_sid: Mapped[str] = mapped_column(String(64))
    channel: Mapped[ChannelKind] = mapped_column(String(10))
    address: Mapped[str] = mapped_column(String(254))
    body: Mapped[str] = mapped_column(Text, default="")
    button: Mapped[str] = mapped_column(String(80), default="")
    participant_id: Mapped[int | None] = mapped_column(
        ForeignKey("participant.id", ondelete="CASCADE"), index=True
    )
    about_id: Mapped[int | None] = mapped_column(ForeignKey("message.id", ondelete="SET NULL"))
    meaning: Mapped[Meaning | None] = mapped_column(String(12))
    choice: Mapped[int | None]
    state: Mapped[InboundState] = mapped_column(String(10), default=InboundState.RECEIVED)
    received_at: Mapped[datetime]
    handled_at: Mapped[datetime | None]
    handled_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))

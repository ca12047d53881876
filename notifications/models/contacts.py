"""What is known of addresses, and by which channels a person wants to be reached."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from notifications.models.outbox import ChannelKind
from scheduler.db import Base, CentreOwned, Versioned


class AddressState(StrEnum):
    """Whether an address can be written to by a channel."""

    USABLE = "usable"
    UNREACHABLE = "unreachable"
    LANDLINE = "landline"
    OPTED_OUT = "opted_out"


class ContactAddress(CentreOwned, Base):
    """What was learned of one address on one channel, from errors and from the people themselves.

    ``window_until`` is until when WhatsApp takes free text, since the person last wrote.
    ``flagged_at`` is when it was put before the coordination, ``settled_at`` when somebody looked.
    """

    __tablename__ = "contact_address"
    __table_args__ = (UniqueConstraint("centre_id", "channel", "address"),)

    channel: Mapped[ChannelKind] = mapped_column(String(10))
    address: Mapped[str] = mapped_column(String(254))
    state: Mapped[AddressState] = mapped_column(String(12), default=AddressState.USABLE)
    error_code: Mapped[str | None] = mapped_column(String(40))
    changed_at: Mapped[datetime]
    window_until: Mapped[datetime | None]
    flagged_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]


class ContactChoice(CentreOwned, Versioned, Base):
    """How one person wants to be reached; no row: as the centre does for everybody.

    ``channels`` are in order of preference. ``exempt`` people get no reminders.
    """

    __tablename__ = "contact_choice"

    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"), unique=True)
    channels: Mapped[list[str]] = mapped_column(default=list)
    exempt: Mapped[bool] = mapped_column(default=False)

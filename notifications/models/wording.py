"""A centre's own texts, and who has read those that are shipped."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from notifications.models.outbox import ChannelKind, MessageKind
from scheduler.db import Base, CentreOwned, Versioned


class CentreWording(CentreOwned, Versioned, Base):
    """One text of a centre's own, which wins over the shipped one.

    ``name`` is one of ``notifications.wording.texts``. ``content_sid`` names the template that WhatsApp
    approved for it. ``reviewed_by`` is empty until a mediator has read these very words.
    """

    __tablename__ = "centre_wording"
    __table_args__ = (UniqueConstraint("centre_id", "language", "channel", "kind", "name"),)

    language: Mapped[str] = mapped_column(String(5))
    channel: Mapped[ChannelKind] = mapped_column(String(10))
    kind: Mapped[MessageKind] = mapped_column(String(14))
    name: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(200), default="")
    text: Mapped[str] = mapped_column(Text)
    content_sid: Mapped[str | None] = mapped_column(String(40))
    reviewed_by: Mapped[str] = mapped_column(String(120), default="")
    reviewed_at: Mapped[datetime | None]
    changed_at: Mapped[datetime]


class WordingReview(CentreOwned, Base):
    """That somebody has read every shipped text of a language, as it was: ``digest`` stands for the words."""

    __tablename__ = "wording_review"
    __table_args__ = (UniqueConstraint("centre_id", "language"),)

    language: Mapped[str] = mapped_column(String(5))
    digest: Mapped[str] = mapped_column(String(64))
    reviewed_by: Mapped[str] = mapped_column(String(120))
    reviewed_at: Mapped[datetime]

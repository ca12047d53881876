"""Voices: texts that somebody has spoken, for languages that no machine speaks."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, CentreOwned


class Recording(CentreOwned, Base):
    """One text, or one piece of speech such as a weekday, in somebody's voice.

    ``name`` is the key of a text (``reminder.one``) or of a piece (``weekday.0``). ``token`` makes the
    address that the telephone provider fetches unguessable. ``recorded_by`` is who speaks.
    """

    __tablename__ = "recording"
    __table_args__ = (UniqueConstraint("centre_id", "language", "name"),)

    language: Mapped[str] = mapped_column(String(5))
    name: Mapped[str] = mapped_column(String(40))
    token: Mapped[str] = mapped_column(String(64), unique=True, default=lambda: secrets.token_urlsafe(32))
    file_name: Mapped[str] = mapped_column(String(100))
    mime: Mapped[str] = mapped_column(String(40))
    size_bytes: Mapped[int]
    duration_ms: Mapped[int]
    recorded_by: Mapped[str] = mapped_column(String(120))
    recorded_at: Mapped[datetime]

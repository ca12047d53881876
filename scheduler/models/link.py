"""Addresses that open without a password: calendar feeds and participants' pages.

Only the hash of a token is stored; who reads the database cannot use it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, CentreOwned


class LinkKind(StrEnum):
    """What an address shows."""

    PARTICIPANT = "participant"
    STAFF = "staff"
    GROUP = "group"
    ROOM = "room"
    PROGRAMME = "programme"
    PAGE = "page"


class Link(CentreOwned, Base):
    """An unguessable address of one subject, until it is revoked.

    ``subject_id`` is the id of the participant, staff member, cohort, room or programme.
    """

    __tablename__ = "link"
    __table_args__ = (Index("ix_link_subject", "centre_id", "kind", "subject_id"),)

    kind: Mapped[LinkKind] = mapped_column(String(12))
    subject_id: Mapped[int]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

"""Centres, the people who log in, and what each may do where."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.db import Base, Versioned


class Role(StrEnum):
    """What somebody is in a centre; ``web.permissions`` says what each may do."""

    COORDINATOR = "coordinator"
    ANIMATEUR = "animateur"
    SOCIAL_WORKER = "social_worker"
    DIRECTOR = "director"
    VOLUNTEER = "volunteer"
    ADMINISTRATOR = "administrator"


class Centre(Base, Versioned):
    """A CPAS/OCMW, a regional integration centre or another service; strictly apart from all others.

    ``community`` (``fr``, ``nl`` or ``de``) chooses the school holidays. ``settings`` holds the
    choices documented in ``scheduler.settings``.
    """

    __tablename__ = "centre"

    name: Mapped[str] = mapped_column(String(200))
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    community: Mapped[str] = mapped_column(String(2), default="fr")
    locale: Mapped[str] = mapped_column(String(5), default="fr")
    timezone: Mapped[str] = mapped_column(String(40), default="Europe/Brussels")
    is_demo: Mapped[bool] = mapped_column(default=False)
    settings: Mapped[dict[str, Any]] = mapped_column(default=dict)
    created_at: Mapped[datetime]

    memberships: Mapped[list[Membership]] = relationship(
        back_populates="centre", cascade="all, delete-orphan"
    )


class User(Base):
    """An account. Rights come from memberships; ``is_superuser`` manages the installation.

    ``must_change_password`` marks a password that somebody else made and handed over.
    """

    __tablename__ = "user_account"

    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    password_hash: Mapped[str] = mapped_column(String(200))
    locale: Mapped[str | None] = mapped_column(String(5))
    active: Mapped[bool] = mapped_column(default=True)
    is_superuser: Mapped[bool] = mapped_column(default=False)
    session_epoch: Mapped[int] = mapped_column(default=0)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    last_login_at: Mapped[datetime | None]

    memberships: Mapped[list[Membership]] = relationship(back_populates="user", cascade="all, delete-orphan")


class Membership(Base):
    """One role of one account in one centre, and the staff member it belongs to, if any."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("user_id", "centre_id"),)

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id", ondelete="CASCADE"))
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id", ondelete="CASCADE"), index=True)
    role: Mapped[Role] = mapped_column(String(20))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff_member.id", ondelete="SET NULL"))

    user: Mapped[User] = relationship(back_populates="memberships")
    centre: Mapped[Centre] = relationship(back_populates="memberships")

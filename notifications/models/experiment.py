"""Comparing two ways of reminding, by lot."""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, CentreOwned, Versioned


class ExperimentState(StrEnum):
    """Life of a comparison: it ends by its rule or by hand."""

    RUNNING = "running"
    ENDED = "ended"
    STOPPED = "stopped"


class Experiment(CentreOwned, Versioned, Base):
    """Two variants of reminders and who gets which; the variant of a person follows from ``salt``.

    The first variant is reminded as the policy says. ``plan`` holds how the second differs: ``skipped``
    (keys of reminder steps, see ``notifications.policy.Step.key``), ``moved`` (hours by key of a step),
    ``second_texts`` (whether these are sent); and the lot: ``together`` names for people of a household
    the one whose variant they share, ``placed`` is the highest number of a person for whom this is
    settled. ``most_per_arm`` are the sessions in each variant at which it ends at the latest; ``looks``
    what was found at each look so far.
    """

    __tablename__ = "experiment"

    name: Mapped[str] = mapped_column(String(120))
    salt: Mapped[str] = mapped_column(String(32), default=lambda: secrets.token_hex(16))
    plan: Mapped[dict[str, Any]] = mapped_column(default=dict)
    most_per_arm: Mapped[int]
    state: Mapped[ExperimentState] = mapped_column(String(8), default=ExperimentState.RUNNING)
    looks: Mapped[list[Any]] = mapped_column(default=list)
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

"""The rule by which a centre's absences are foreseen, as it was last made."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from scheduler.db import Base, CentreOwned


class RiskFit(CentreOwned, Base):
    """One a centre: numbers only, nothing about anybody.

    ``fit`` is ``notifications.risk.model.Fit``; ``evaluation`` is how it did on the later part of the
    past (``notifications.risk.evaluation.Evaluation``), empty while there is too little to judge by.
    """

    __tablename__ = "risk_fit"
    __table_args__ = (UniqueConstraint("centre_id"),)

    fit: Mapped[dict[str, Any]] = mapped_column(default=dict)
    evaluation: Mapped[dict[str, Any] | None]
    fitted_at: Mapped[datetime]

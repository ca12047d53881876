"""Calls made to people before a session, and what came of them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.db import Base, CentreOwned
from scheduler.models.people import Participant


class CallReason(StrEnum):
    """Why somebody was to be called: asked for it, not known to know of a change, or might miss."""

    CALL_ME = "call_me"
    CHANGE = "change"
    RISK = "risk"


class CallOutcome(StrEnum):
    """What came of a call; ``TOLD`` where there was nothing to answer but something to hear."""

    COMING = "coming"
    NOT_COMING = "not_coming"
    TOLD = "told"
    NO_ANSWER = "no_answer"
    LATER = "later"
    WRONG_NUMBER = "wrong_number"


#: Outcomes after which the person has heard what there was to hear.
REACHED: Final = frozenset({CallOutcome.COMING, CallOutcome.NOT_COMING, CallOutcome.TOLD})


class PhoneCall(CentreOwned, Base):
    """One call about one session; the rows of one call have the same ``called_at``.

    ``session_uid`` is empty when somebody asked to be called about nothing in particular. ``chance`` is
    the chance of missing as it was shown, so that it can be judged afterwards.
    """

    __tablename__ = "phone_call"
    __table_args__ = (Index("ix_phone_call_centre_called", "centre_id", "called_at"),)

    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"), index=True)
    session_uid: Mapped[str | None] = mapped_column(String(36))
    reason: Mapped[CallReason] = mapped_column(String(10))
    chance: Mapped[float | None]
    outcome: Mapped[CallOutcome] = mapped_column(String(14))
    called_at: Mapped[datetime]
    called_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))

    participant: Mapped[Participant] = relationship()

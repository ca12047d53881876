"""Places that people are invited to choose from, and seats that became free."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.db import Base, CentreOwned, Versioned
from scheduler.models.people import Participant
from scheduler.models.places import Room, Site
from scheduler.models.programme import Activity


class RoundState(StrEnum):
    """Life of a round: asked for, prepared by a job, looked at by a person, sent or put aside."""

    QUEUED = "queued"
    RUNNING = "running"
    READY = "ready"
    SENT = "sent"
    DISCARDED = "discarded"
    FAILED = "failed"


class ChoiceRound(CentreOwned, Versioned, Base):
    """One activity whose people are to choose their place, on the days ``first_day`` to ``last_day``.

    ``tolerance_points`` is how much less the plan may be worth with another place than with the best.
    ``people`` counts those looked at; those without any other place as good get no offer.
    """

    __tablename__ = "choice_round"
    __table_args__ = (
        Index("ix_choice_round_state", "state", "queued_at"),
        CheckConstraint("first_day <= last_day", name="order"),
    )

    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    tolerance_points: Mapped[int]
    hold_hours: Mapped[int]
    state: Mapped[RoundState] = mapped_column(String(10), default=RoundState.QUEUED)
    people: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(String(200), default="")
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id", ondelete="SET NULL"))
    queued_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ready_at: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]

    activity: Mapped[Activity] = relationship()
    offers: Mapped[list[ChoiceOffer]] = relationship(back_populates="round", order_by="ChoiceOffer.id")


class OfferKind(StrEnum):
    """A choice between places that are as good, or a seat that somebody else gave up."""

    CHOICE = "choice"
    FREED_SEAT = "freed_seat"


class OfferState(StrEnum):
    """Life of an offer.

    ``PREPARED`` is not sent yet. ``CHOSEN`` waits to become part of the plan, ``APPLIED`` is part of
    it. ``EXPIRED`` had no answer, ``DECLINED`` was answered by none of these, ``WITHDRAWN`` was taken
    back by the coordination, ``REFUSED`` was chosen but no longer possible.
    """

    PREPARED = "prepared"
    OPEN = "open"
    CHOSEN = "chosen"
    APPLIED = "applied"
    EXPIRED = "expired"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    REFUSED = "refused"


class ChoiceOffer(CentreOwned, Versioned, Base):
    """Up to three places that one person may choose from until ``expires_at``.

    ``session_uid`` is the session that the person is expected in until they choose otherwise, if there
    is one; for a freed seat, the session with the seat. ``by_default`` says that nobody chose: the best
    place was taken for want of an answer. ``told_at`` is when its outcome was told to the person.
    """

    __tablename__ = "choice_offer"
    __table_args__ = (
        Index("ix_choice_offer_state", "centre_id", "state", "expires_at"),
        Index("ix_choice_offer_session", "centre_id", "session_uid"),
        CheckConstraint("chosen_number IS NULL OR chosen_number BETWEEN 1 AND 3", name="chosen"),
    )

    round_id: Mapped[int | None] = mapped_column(
        ForeignKey("choice_round.id", ondelete="CASCADE"), index=True
    )
    freed_seat_id: Mapped[int | None] = mapped_column(
        ForeignKey("freed_seat.id", ondelete="CASCADE"), index=True
    )
    kind: Mapped[OfferKind] = mapped_column(String(12), default=OfferKind.CHOICE)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"), index=True)
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"), index=True)
    session_uid: Mapped[str | None] = mapped_column(String(36))
    state: Mapped[OfferState] = mapped_column(String(10), default=OfferState.PREPARED)
    created_at: Mapped[datetime]
    opened_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    chosen_number: Mapped[int | None]
    chosen_at: Mapped[datetime | None]
    by_default: Mapped[bool] = mapped_column(default=False)
    settled_at: Mapped[datetime | None]
    told_at: Mapped[datetime | None]

    participant: Mapped[Participant] = relationship()
    activity: Mapped[Activity] = relationship()
    round: Mapped[ChoiceRound | None] = relationship(back_populates="offers")
    places: Mapped[list[ChoicePlace]] = relationship(
        back_populates="offer", cascade="all, delete-orphan", order_by="ChoicePlace.number"
    )


class PlaceState(StrEnum):
    """Whether a place is kept for its offer: held, chosen, given back, or part of the plan.

    ``LOST`` was taken away by a change of the plan of which the person is still to be told, ``GONE``
    is lost and told; neither comes back.
    """

    HELD = "held"
    CHOSEN = "chosen"
    RELEASED = "released"
    APPLIED = "applied"
    LOST = "lost"
    GONE = "gone"


class ChoicePlace(CentreOwned, Base):
    """One place of an offer; number 1 is the best for the plan and the one that stands without answer.

    With ``session_uid`` it is a seat in that session; without, an appointment at a time that is free,
    with the ``leaders`` (role, staff id) who would have it. ``held_until`` is the end of the hold.
    ``points_lost`` is what the plan is worth less than with the best place.
    """

    __tablename__ = "choice_place"
    __table_args__ = (
        UniqueConstraint("offer_id", "number"),
        Index("ix_choice_place_session", "centre_id", "session_uid", "state"),
        Index("ix_choice_place_times", "centre_id", "state", "starts_at"),
        CheckConstraint("number BETWEEN 1 AND 3", name="number"),
        CheckConstraint("starts_at < ends_at", name="order"),
    )

    offer_id: Mapped[int] = mapped_column(ForeignKey("choice_offer.id", ondelete="CASCADE"), index=True)
    number: Mapped[int]
    state: Mapped[PlaceState] = mapped_column(String(10), default=PlaceState.HELD)
    session_uid: Mapped[str | None] = mapped_column(String(36))
    activity_id: Mapped[int] = mapped_column(ForeignKey("activity.id", ondelete="CASCADE"))
    cohort_id: Mapped[int | None] = mapped_column(ForeignKey("cohort.id", ondelete="SET NULL"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    room_id: Mapped[int | None] = mapped_column(ForeignKey("room.id", ondelete="SET NULL"))
    language: Mapped[str | None] = mapped_column(String(5))
    leaders: Mapped[list[Any]] = mapped_column(default=list)
    points_lost: Mapped[int] = mapped_column(default=0)
    held_until: Mapped[datetime]

    offer: Mapped[ChoiceOffer] = relationship(back_populates="places")
    activity: Mapped[Activity] = relationship()
    site: Mapped[Site] = relationship()
    room: Mapped[Room | None] = relationship()


class FreedState(StrEnum):
    """What becomes of a freed seat: nobody asked yet, somebody asked, taken, or left empty."""

    WAITING = "waiting"
    OFFERED = "offered"
    TAKEN = "taken"
    CLOSED = "closed"


class FreedSeat(CentreOwned, Versioned, Base):
    """A seat of a session whose holder cannot come; the plan changes only when somebody takes it."""

    __tablename__ = "freed_seat"
    __table_args__ = (
        Index("ix_freed_seat_state", "state", "freed_at"),
        UniqueConstraint("centre_id", "session_uid", "participant_id"),
    )

    session_uid: Mapped[str] = mapped_column(String(36))
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"), index=True)
    state: Mapped[FreedState] = mapped_column(String(10), default=FreedState.WAITING)
    freed_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]

    participant: Mapped[Participant] = relationship()

"""The own calendars of staff, read as busy times."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.db import Base, CentreOwned
from scheduler.models.people import StaffMember


class CalendarKind(StrEnum):
    """How a calendar is read."""

    ICS = "ics"
    CALDAV = "caldav"


class StaffCalendar(CentreOwned, Base):
    """Where somebody's own calendar is.

    ``secret`` is sealed (``scheduler.secret_box``): the whole address of an ICS calendar, since that
    opens it, or the password of a CalDAV account. ``url`` may be shown. ``fetched_at`` is the last time
    that it could be read, ``tried_at`` the last attempt, ``error`` why that failed.
    """

    __tablename__ = "staff_calendar"

    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_member.id", ondelete="CASCADE"), unique=True)
    kind: Mapped[CalendarKind] = mapped_column(String(10))
    url: Mapped[str] = mapped_column(String(500))
    username: Mapped[str] = mapped_column(String(200), default="")
    secret: Mapped[str] = mapped_column(String(2000))
    etag: Mapped[str | None] = mapped_column(String(200))
    fetched_at: Mapped[datetime | None]
    tried_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(300))

    staff: Mapped[StaffMember] = relationship()

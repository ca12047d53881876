"""French or Dutch courses of outside schools: the plan goes around them."""

from __future__ import annotations

from datetime import date, datetime, time
from urllib.parse import urlsplit

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.db import Base, CentreOwned, Versioned


class CourseSource(CentreOwned, Base):
    """An ICS address from which a school's timetable is refreshed."""

    __tablename__ = "course_source"

    school: Mapped[str] = mapped_column(String(120))
    url: Mapped[str] = mapped_column(String(500))
    etag: Mapped[str | None] = mapped_column(String(200))
    last_modified: Mapped[str | None] = mapped_column(String(60))
    fetched_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(String(300))

    @property
    def host(self) -> str:
        """The part of the address that may be shown: the rest is often a secret."""
        return urlsplit(self.url).hostname or ""


class Course(CentreOwned, Versioned, Base):
    """One class at one school, with its weekly times between two dates."""

    __tablename__ = "course"
    __table_args__ = (
        UniqueConstraint("centre_id", "school", "name"),
        CheckConstraint("starts_on <= ends_on", name="order"),
    )

    school: Mapped[str] = mapped_column(String(120))
    name: Mapped[str] = mapped_column(String(120))
    language: Mapped[str] = mapped_column(String(5), default="fr")
    level: Mapped[int | None]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    travel_minutes: Mapped[int] = mapped_column(default=0)
    source_id: Mapped[int | None] = mapped_column(ForeignKey("course_source.id", ondelete="SET NULL"))

    meetings: Mapped[list[CourseMeeting]] = relationship(
        cascade="all, delete-orphan", order_by="CourseMeeting.weekday"
    )
    exceptions: Mapped[list[CourseException]] = relationship(cascade="all, delete-orphan")
    enrolments: Mapped[list[CourseEnrolment]] = relationship(
        back_populates="course", cascade="all, delete-orphan"
    )


class CourseMeeting(CentreOwned, Base):
    """A weekly time of a course, local wall time."""

    __tablename__ = "course_meeting"
    __table_args__ = (
        CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
        CheckConstraint("starts < ends", name="order"),
    )

    course_id: Mapped[int] = mapped_column(ForeignKey("course.id", ondelete="CASCADE"), index=True)
    weekday: Mapped[int]
    starts: Mapped[time]
    ends: Mapped[time]


class CourseException(CentreOwned, Base):
    """A day without the course (``starts`` empty), or an extra meeting on that day."""

    __tablename__ = "course_exception"

    course_id: Mapped[int] = mapped_column(ForeignKey("course.id", ondelete="CASCADE"), index=True)
    on: Mapped[date] = mapped_column("on_date")
    starts: Mapped[time | None]
    ends: Mapped[time | None]


class CourseEnrolment(CentreOwned, Base):
    """A participant in a course; dates narrower than the course's own where given."""

    __tablename__ = "course_enrolment"
    __table_args__ = (UniqueConstraint("course_id", "participant_id"),)

    course_id: Mapped[int] = mapped_column(ForeignKey("course.id", ondelete="CASCADE"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id", ondelete="CASCADE"), index=True)
    starts_on: Mapped[date | None]
    ends_on: Mapped[date | None]

    course: Mapped[Course] = relationship(back_populates="enrolments")

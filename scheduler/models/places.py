"""Where sessions are held and what is carried there."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from scheduler.db import Base, CentreOwned, Versioned


class Site(CentreOwned, Versioned, Base):
    """An address; ``is_outside`` marks off-site places (a home visit, a museum)."""

    __tablename__ = "site"
    __table_args__ = (UniqueConstraint("centre_id", "name"),)

    name: Mapped[str] = mapped_column(String(120))
    address: Mapped[str] = mapped_column(String(300), default="")
    municipality: Mapped[str] = mapped_column(String(80), default="")
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    transport: Mapped[str] = mapped_column(String(200), default="")
    is_outside: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)

    rooms: Mapped[list[Room]] = relationship(back_populates="site", cascade="all, delete-orphan")


class SitePhoto(CentreOwned, Base):
    """What the door of a site looks like: a small JPEG. ``digest`` changes with the picture."""

    __tablename__ = "site_photo"

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), unique=True)
    digest: Mapped[str] = mapped_column(String(16))
    jpeg: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class TravelTime(CentreOwned, Base):
    """Minutes between two sites, the same both ways."""

    __tablename__ = "travel_time"
    __table_args__ = (
        UniqueConstraint("site_a_id", "site_b_id"),
        CheckConstraint("minutes >= 0", name="minutes"),
    )

    site_a_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    site_b_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"))
    minutes: Mapped[int]


class Room(CentreOwned, Versioned, Base):
    """A room with its seats; ``features`` are free words such as ``projector`` or ``kitchen``."""

    __tablename__ = "room"
    __table_args__ = (UniqueConstraint("site_id", "name"), CheckConstraint("seats > 0", name="seats"))

    site_id: Mapped[int] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    seats: Mapped[int]
    features: Mapped[list[str]] = mapped_column(default=list)
    active: Mapped[bool] = mapped_column(default=True)

    site: Mapped[Site] = relationship(back_populates="rooms")


class EquipmentPool(CentreOwned, Versioned, Base):
    """Interchangeable units that sessions share, such as laptops."""

    __tablename__ = "equipment_pool"
    __table_args__ = (UniqueConstraint("centre_id", "key"), CheckConstraint("units >= 0", name="units"))

    key: Mapped[str] = mapped_column(String(40))
    name: Mapped[str] = mapped_column(String(80))
    units: Mapped[int]

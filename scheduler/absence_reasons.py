"""The reasons for absence that a new centre starts from; each centre changes its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler.models import AbsenceReason, AttendanceRecord
from scheduler.records import change, check_unique

#: Key, French name, whether it excuses, whether it asks for a certificate.
DEFAULTS = (
    ("ill", "Maladie", True, True),
    ("child", "Enfant malade ou garde d'enfant", True, False),
    ("appointment", "Rendez-vous officiel", True, True),
    ("course", "Cours de langue", True, False),
    ("work", "Travail ou essai", True, False),
    ("family", "Événement familial", True, False),
    ("other", "Autre raison", False, False),
)


def install_reasons(session: Session, centre_id: int) -> None:
    """Give a new centre the usual reasons."""
    session.add_all(
        AbsenceReason(
            centre_id=centre_id,
            key=key,
            name=name,
            excused=excused,
            needs_certificate=certificate,
            position=position,
        )
        for position, (key, name, excused, certificate) in enumerate(DEFAULTS)
    )


@dataclass(frozen=True, slots=True)
class ReasonRow:
    """A reason and how many attendances name it."""

    reason: AbsenceReason
    uses: int


def list_reasons(session: Session) -> list[ReasonRow]:
    """Return every reason of the current centre in its order, those out of use too, in one query."""
    uses = (
        select(AttendanceRecord.reason_id, func.count().label("uses"))
        .where(AttendanceRecord.reason_id.is_not(None))
        .group_by(AttendanceRecord.reason_id)
        .subquery()
    )
    query = (
        select(AbsenceReason, func.coalesce(uses.c.uses, 0))
        .outerjoin(uses, uses.c.reason_id == AbsenceReason.id)
        .order_by(AbsenceReason.position, AbsenceReason.id)
    )
    return [ReasonRow(reason, count) for reason, count in session.execute(query)]


def save_reason(session: Session, reason: AbsenceReason | None, values: Mapping[str, Any]) -> AbsenceReason:
    """Add a reason at the end of the list, or change one; its key never changes.

    Raises
    ------
    InvalidInputError
        If another reason has the name.
    """
    check_unique(session, AbsenceReason, reason, "name", name=values["name"])
    if reason is not None:
        change(reason, values)
    else:
        last = session.scalar(select(func.max(AbsenceReason.position)))
        reason = AbsenceReason(
            key=f"own_{uuid4().hex[:12]}", position=0 if last is None else last + 1, **values
        )
        session.add(reason)
    session.flush()
    return reason


def move_reason(session: Session, reason: AbsenceReason, steps: int) -> None:
    """Move a reason up (negative) or down the list; past either end it stays there."""
    rows = [row.reason for row in list_reasons(session)]
    place = rows.index(reason)
    rows.insert(min(max(place + steps, 0), len(rows) - 1), rows.pop(place))
    for position, row in enumerate(rows):
        change(row, {"position": position})
    session.flush()

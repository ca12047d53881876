"""Writing down who did what."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from scheduler.models import AuditEntry


def record(
    session: Session,
    user_id: int | None,
    action: str,
    subject: str,
    detail: dict[str, Any] | None = None,
    *,
    now: datetime,
) -> AuditEntry:
    """Add an entry for an act in the session's centre; the caller commits.

    Parameters
    ----------
    action : str
        A verb with its area, such as ``participant.archive``.
    subject : str
        What it was done to, as ``table:id``; never a name.
    detail : dict, optional
        Ids and names of fields; no personal data.
    """
    entry = AuditEntry(at=now, user_id=user_id, action=action, subject=subject, detail=detail or {})
    session.add(entry)
    return entry

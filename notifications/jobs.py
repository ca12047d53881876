"""The jobs of messages, beside those of the domain."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy.orm import Session

from notifications.delivery import send_due
from scheduler.jobs import Clock, Job


def send_invitations(
    session: Session, clock: Clock, *, smtp_url: str = "", mail_from: str = "", **_settings: Any
) -> dict[str, int]:
    """Send queued invitations where a mail server is configured."""
    if not smtp_url or not mail_from:
        return {"sent": 0, "later": 0, "failed": 0}
    return send_due(session, clock, smtp_url, mail_from)


JOBS: Final = (Job("send_invitations", send_invitations, cron="* * * * *"),)

"""The jobs of messages, beside those of the domain."""

from __future__ import annotations

import os
from collections.abc import Mapping
from socket import gethostname
from typing import Any, Final

from sqlalchemy.orm import Session

from notifications import contacts
from notifications.channels import Channel
from notifications.delivery import Worker, deliver_due
from notifications.invitation_mail import send_due
from notifications.models import ChannelKind
from notifications.reconcile import reconcile
from notifications.retention import forget_old
from scheduler.db import begin_writing
from scheduler.jobs import Clock, Job


def send_invitations(
    session: Session, clock: Clock, *, smtp_url: str = "", mail_from: str = "", **_settings: Any
) -> dict[str, int]:
    """Send queued invitations where a mail server is configured."""
    if not smtp_url or not mail_from:
        return {"sent": 0, "later": 0, "failed": 0}
    return send_due(session, clock, smtp_url, mail_from)


def deliver_messages(
    session: Session, clock: Clock, *, channels: Mapping[ChannelKind, Channel], **_settings: Any
) -> dict[str, int]:
    """Ask for what is in doubt, then send what is due."""
    worker = Worker(
        name=f"{gethostname()}:{os.getpid()}", channels=channels, after_failure=contacts.after_failure
    )
    return dict(reconcile(session, clock, worker) + deliver_due(session, clock, worker))


def forget_old_messages(session: Session, clock: Clock, **_settings: Any) -> int:
    """Empty messages that are older than their centre keeps them; returns how many."""
    begin_writing(session)
    emptied = forget_old(session, clock())
    session.commit()
    return emptied


JOBS: Final = (
    Job("send_invitations", send_invitations, cron="* * * * *"),
    Job("deliver_messages", deliver_messages, every_s=3),
    Job("forget_old_messages", forget_old_messages, cron="40 3 * * *"),
)

"""The jobs of messages, beside those of the domain."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from socket import gethostname
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.afterwards import enqueue_words, words_due
from notifications.channels import Channel
from notifications.compose import page_addresses
from notifications.contact_file import forget_strangers
from notifications.delivery import Worker, deliver_due
from notifications.experiments import look
from notifications.fallback import after_failure, follow_failures
from notifications.invitation_mail import send_due
from notifications.mailbox.reading import read_mailbox
from notifications.models import ChannelKind
from notifications.reconcile import reconcile
from notifications.recordings import sweep_recordings
from notifications.reminders import due, enqueue_due
from notifications.replies.act import act_on_waiting
from notifications.rests import Rests
from notifications.retention import forget_old
from notifications.risk.history import choose, forget_fit, read_past, store_fit
from notifications.settling import Means
from notifications.settling import settle_choices as settle
from scheduler import settings
from scheduler.db import begin_writing
from scheduler.jobs import Clock, Job
from scheduler.models import Centre

log = logging.getLogger("semainier.worker")


def send_invitations(
    session: Session, clock: Clock, *, smtp_url: str = "", mail_from: str = "", **_settings: Any
) -> dict[str, int]:
    """Send queued invitations where a mail server is configured."""
    if not smtp_url or not mail_from:
        return {"sent": 0, "later": 0, "failed": 0}
    return send_due(session, clock, smtp_url, mail_from)


def deliver_messages(
    session: Session,
    clock: Clock,
    *,
    channels: Mapping[ChannelKind, Channel],
    rests: Rests | None = None,
    **_settings: Any,
) -> dict[str, int]:
    """Ask for what is in doubt, then send what is due; ``rests`` is kept from one run to the next."""
    name = f"{gethostname()}:{os.getpid()}"
    worker = Worker(name=name, channels=channels, after_failure=after_failure, rests=rests or Rests())
    return dict(reconcile(session, clock, worker) + deliver_due(session, clock, worker))


def follow_up_failures(session: Session, clock: Clock, **_settings: Any) -> int:
    """Deal with failures that providers told of; returns how many there were."""
    return follow_failures(session, clock)


def understand_replies(session: Session, clock: Clock, **_settings: Any) -> int:
    """Act on what people answered; returns how many answers there were."""
    return act_on_waiting(session, clock)


def forget_old_messages(session: Session, clock: Clock, **_settings: Any) -> int:
    """Empty messages that are older than their centre keeps them; returns how many."""
    begin_writing(session)
    emptied = forget_old(session, clock()) + forget_strangers(session, clock())
    session.commit()
    return emptied


def read_mail(session: Session, clock: Clock, *, imap_url: str = "", **_settings: Any) -> dict[str, int]:
    """Take answers and bounces from the mailbox, where one is configured."""
    return read_mailbox(session, clock, imap_url) if imap_url else {}


def remind(
    session: Session, clock: Clock, *, secret_key: str = "", public_url: str = "", **_settings: Any
) -> dict[str, int]:
    """Put the reminders and words after sessions that are due in the outbox, centre by centre."""

    def enqueue(centre_id: int) -> Counter[str]:
        # Nothing is due in most minutes: then nobody has to wait for this to write.
        centre, now = session.get_one(Centre, centre_id), clock()
        found = due(session, centre, now) or words_due(session, centre, now)
        session.rollback()
        if not found:
            return Counter()
        begin_writing(session)
        centre, now = session.get_one(Centre, centre_id), clock()
        address = page_addresses(secret_key, public_url, now)
        queued = enqueue_due(session, centre, now, page_address=address)
        queued += enqueue_words(session, centre, now, page_address=address)
        session.commit()
        return Counter(queued=queued)

    return {"queued": 0, **_centre_by_centre(session, "reminders", enqueue)}


def _centre_by_centre(session: Session, what: str, act: Callable[[int], Counter[str]]) -> dict[str, int]:
    """Do something for each centre, by id, and add up what comes of it; a fault stays one centre's."""
    counts: Counter[str] = Counter()
    failed = 0
    for centre_id in session.scalars(select(Centre.id).order_by(Centre.id)).all():
        session.rollback()
        try:
            counts.update(act(centre_id))
        except Exception:
            session.rollback()
            log.exception("%s of centre %s failed", what, centre_id)
            failed += 1
    return {**counts, "failed": failed}


def drop_old_recordings(
    session: Session, clock: Clock, *, recording_folder: str = "", **_settings: Any
) -> int:
    """Delete the files of recordings that were replaced; returns how many."""
    return sweep_recordings(session, Path(recording_folder), clock()) if recording_folder else 0


def foresee_absences(session: Session, clock: Clock, **_settings: Any) -> dict[str, int]:
    """Make each centre's rule of absences anew from its own past; no transaction waits for the arithmetic."""

    def make(centre_id: int) -> Counter[str]:
        centre, now = session.get_one(Centre, centre_id), clock()
        wanted, zone = settings.absence_risk(centre), ZoneInfo(centre.timezone)
        rows = read_past(session, centre, now) if wanted else []
        session.rollback()
        made = choose(rows, zone) if wanted else None
        begin_writing(session)
        centre = session.get_one(Centre, centre_id)
        if made is None or not settings.absence_risk(centre):
            forget_fit(session, centre)
            made = None
        else:
            store_fit(session, centre, *made, now)
        session.commit()
        return Counter(made=int(made is not None))

    return {"made": 0, **_centre_by_centre(session, "absences", make)}


def settle_choices(
    session: Session,
    clock: Clock,
    *,
    secret_key: str = "",
    public_url: str = "",
    smtp_url: str = "",
    mail_from: str = "",
    **_settings: Any,
) -> dict[str, int]:
    """End offers of places, ask the next in line for freed seats, and bring choices into the plan."""
    organizer = mail_from if smtp_url and mail_from else None
    means = Means(secret_key=secret_key, public_url=public_url, organizer=organizer)
    return settle(session, clock, means)


def look_at_comparisons(session: Session, clock: Clock, **_settings: Any) -> dict[str, int]:
    """Take the looks that comparisons of reminders are due, and end those that are decided."""

    def take(centre_id: int) -> Counter[str]:
        begin_writing(session)
        taken = look(session, session.get_one(Centre, centre_id), clock())
        session.commit()
        return Counter(looks=int(taken is not None))

    return {"looks": 0, **_centre_by_centre(session, "comparisons", take)}


JOBS: Final = (
    Job("send_invitations", send_invitations, cron="* * * * *"),
    Job("read_mail", read_mail, cron="*/2 * * * *"),
    Job("remind", remind, cron="* * * * *"),
    Job("deliver_messages", deliver_messages, every_s=3),
    Job("understand_replies", understand_replies, every_s=3),
    Job("settle_choices", settle_choices, every_s=20),
    Job("follow_up_failures", follow_up_failures, every_s=10),
    Job("forget_old_messages", forget_old_messages, cron="40 3 * * *"),
    Job("look_at_comparisons", look_at_comparisons, cron="20 5 * * *"),
    Job("foresee_absences", foresee_absences, cron="40 4 * * *"),
    Job("drop_old_recordings", drop_old_recordings, cron="50 3 * * *"),
)

"""Telling people what a publication changes, in its own transaction: messages and invitations."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from flask import current_app
from sqlalchemy.orm import Session

from notifications.changes import announce
from notifications.compose import PageAddress, page_addresses
from notifications.invitations import enqueue
from scheduler.models import Centre
from scheduler.publish import PublishResult
from web.config import organizer


def page_address(now: datetime) -> PageAddress | None:
    """Return what makes the addresses of people's pages in messages."""
    config = current_app.config
    return page_addresses(str(config["SECRET_KEY"]), str(config["PUBLIC_URL"]), now)


def tell_people(
    session: Session,
    centre: Centre,
    result: PublishResult,
    now: datetime,
    *,
    known: Collection[tuple[int, str]] = (),
) -> int:
    """Queue what people are told of a publication; return how many messages.

    Parameters
    ----------
    known : collection of (participant id, session uid), optional
        What need not be told, because the person asked for it.
    """
    invitations = enqueue(session, centre, result, now, organizer=organizer())
    return invitations + announce(session, centre, result, now, page_address=page_address(now), known=known)

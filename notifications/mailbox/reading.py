"""Reading the mailbox: each message that concerns us is taken once, all others are left as they are."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.orm import Session

from notifications.invitation_replies import parse_replies, take_reply
from notifications.mailbox.answers import find_known, take_answer
from notifications.mailbox.bounces import read_bounce, take_bounce
from notifications.mailbox.imap import open_mailbox
from notifications.mailbox.letter import Letter, read_headers
from scheduler.db import begin_writing

log = logging.getLogger("semainier.mailbox")


def read_mailbox(session: Session, clock: Callable[[], datetime], imap_url: str) -> dict[str, int]:
    """Take answers and bounces among the unread messages of a mailbox, and leave all others unread.

    A message is marked as read after it is stored: one that is read twice changes nothing.

    Parameters
    ----------
    imap_url : str
        See ``notifications.mailbox.imap.open_mailbox``.

    Returns
    -------
    dict
        How many answers to invitations were ``taken`` or ``ignored``, how many other ``answers`` were
        kept, and how many messages have ``bounced``.

    Raises
    ------
    MailboxError
        If the mailbox cannot be read.
    """
    counts = {"taken": 0, "ignored": 0, "answers": 0, "bounced": 0}
    with open_mailbox(imap_url) as mailbox:
        letters = [(number, read_headers(raw)) for number, raw in mailbox.headers()]
        known = find_known(session, [letter for _number, letter in letters], clock())
        session.rollback()
        for number, letter in letters:
            raw = mailbox.whole(number) if known.concerns(letter) else None
            if raw is None:
                continue
            try:
                begin_writing(session)
                found = _take(session, letter, raw, clock())
                session.commit()
            except Exception:
                # One that nobody foresaw must not keep the others from being read.
                session.rollback()
                log.exception("a message of the mailbox could not be taken")
                continue
            if found is not None:
                counts[found] += 1
                mailbox.mark_read(number)
    return counts


def _take(session: Session, letter: Letter, raw: bytes, now: datetime) -> str | None:
    """Take one message; return as what, ``None`` where it is nothing of ours."""
    replies = parse_replies(raw)
    if replies:
        taken = [take_reply(session, reply, now) for reply in replies]
        return "taken" if any(taken) else "ignored"
    if letter.is_report:
        bounce = read_bounce(raw)
        return "bounced" if bounce is not None and take_bounce(session, bounce, now) else None
    return "answers" if take_answer(session, letter, raw, now) else None

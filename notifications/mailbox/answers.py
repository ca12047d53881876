"""Answers by e-mail: kept like those of a telephone, and acted on like them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifications.contacts import known_address, note_inbound
from notifications.mailbox.letter import Letter, read_words
from notifications.models import ChannelKind, InboundMessage, InboundState, MailInvitation, Message
from notifications.replies.letters import storable
from notifications.status import insert_or_ignore

PROVIDER: Final = "imap"

LONGEST_BODY: Final = 4000

#: How long a letter that names no message of ours may be an answer to the last one.
ANSWERED_WITHIN: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the letters in a mailbox: whose tokens and addresses are ours."""

    tokens: frozenset[str]
    senders: frozenset[str]

    def concerns(self, letter: Letter) -> bool:
        """Whether a letter may be for us."""
        return letter.is_report or letter.sender in self.senders or not self.tokens.isdisjoint(letter.tokens)


def find_known(session: Session, letters: Collection[Letter], now: datetime) -> Known:
    """Look up the tokens and senders of some letters, in three queries."""
    tokens = {token for letter in letters for token in letter.tokens}
    senders = {letter.sender for letter in letters if letter.sender}
    ours = session.scalars(select(Message.token).where(Message.token.in_(tokens)))
    written = select(func.lower(Message.address)).where(
        Message.channel == ChannelKind.EMAIL,
        func.lower(Message.address).in_(senders),
        Message.created_at > now - ANSWERED_WITHIN,
        Message.sent_at.is_not(None),
    )
    invited = select(func.lower(MailInvitation.address)).where(
        func.lower(MailInvitation.address).in_(senders)
    )
    found = {*session.scalars(written.distinct()), *session.scalars(invited.distinct())}
    return Known(frozenset(ours), frozenset(found))


def take_answer(session: Session, letter: Letter, raw: bytes, now: datetime) -> bool:
    """Keep an answer, to be acted on by the job of all answers; ``False`` if it answers nothing of ours.

    What a machine wrote is kept and dealt with; what somebody else wrote than the message was for, or
    whose sender the mail server doubts, is put before a person.
    """
    about = _answered(session, letter, now)
    if about is None:
        return False
    named = about.token in letter.tokens
    own = about.address.casefold() == letter.sender
    state = InboundState.RECEIVED
    if letter.is_automatic:
        state = InboundState.DONE
    elif not own or letter.failed_checks:
        state = InboundState.OPEN
    address = about.address if own else letter.sender
    stored = session.scalar(
        insert_or_ignore(session, InboundMessage).returning(InboundMessage.id),
        {
            "centre_id": about.centre_id,
            "provider": PROVIDER,
            "provider_sid": letter.message_id,
            "channel": ChannelKind.EMAIL,
            "address": address[:254],
            "body": storable(read_words(raw, about.body))[:LONGEST_BODY],
            "button": "",
            "about_id": about.id if named else None,
            "state": state,
            "received_at": now,
            "handled_at": now if state is InboundState.DONE else None,
        },
    )
    learns = stored is not None and state is InboundState.RECEIVED
    if learns and known_address(session, about.centre_id, ChannelKind.EMAIL, address) is not None:
        note_inbound(session, about.centre_id, ChannelKind.EMAIL, address, now)
    return True


def _answered(session: Session, letter: Letter, now: datetime) -> Message | None:
    """Return the message that a letter names, or else the last one that was sent to its sender."""
    mails = select(Message).where(Message.channel == ChannelKind.EMAIL)
    if letter.tokens:
        named = {row.token: row for row in session.scalars(mails.where(Message.token.in_(letter.tokens)))}
        for token in letter.tokens:
            if token in named:
                return named[token]
    last = mails.where(
        func.lower(Message.address) == letter.sender,
        Message.created_at > now - ANSWERED_WITHIN,
        Message.sent_at.is_not(None),
    ).order_by(Message.sent_at.desc(), Message.id.desc())
    return session.scalars(last.limit(1)).first()

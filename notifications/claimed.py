"""What a worker holds of a message, read once so that no transaction is open while it is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from notifications.channels import Outgoing
from notifications.contacts import sender_of
from notifications.models import AddressState, ChannelKind, ContactAddress, Message, ReminderPolicy
from notifications.night import is_night, mornings
from scheduler.models import Centre

#: The columns that ``read_claimed`` makes its result of.
COLUMNS: Final = (
    Message.id,
    Message.centre_id,
    Message.token,
    Message.channel,
    Message.address,
    Message.body,
    Message.language,
    Message.subject,
    Message.content_sid,
    Message.content_variables,
    Message.media_url,
    Message.attempts,
    Message.expires_at,
    Message.claimed_at,
    Message.provider,
    Message.step,
    Message.kind,
)

# Made once: making a statement takes longer than executing it.
_CENTRES: Final = (
    select(
        Centre.id,
        Centre.settings,
        Centre.timezone,
        ReminderPolicy.quiet_from,
        ReminderPolicy.quiet_until,
    )
    .outerjoin(
        ReminderPolicy, (ReminderPolicy.centre_id == Centre.id) & ReminderPolicy.programme_id.is_(None)
    )
    .where(Centre.id.in_(bindparam("ids", expanding=True)))
)
_ADDRESSES: Final = select(
    ContactAddress.centre_id,
    ContactAddress.channel,
    ContactAddress.address,
    ContactAddress.state,
    ContactAddress.window_until,
).where(
    ContactAddress.centre_id.in_(bindparam("ids", expanding=True)),
    ContactAddress.address.in_(bindparam("addresses", expanding=True)),
)

#: Step of the one message that may go to an address that wants no more: that this is so from now on.
LAST_WORD: Final = "last_word"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """One message in the hands of a worker.

    ``closed`` names why its address may no longer be written to, if it may not; ``not_before`` is the
    morning that it waits for.
    """

    id: int
    centre_id: int
    attempts: int
    claimed_at: datetime
    provider: str
    closed: str | None
    not_before: datetime | None
    outgoing: Outgoing


def read_claimed(session: Session, rows: Sequence[Any], now: datetime) -> list[Claimed]:
    """Return what a worker needs of rows of ``COLUMNS``, by day in two queries."""
    if not rows:
        return []
    connection = session.connection()
    ids = list({row.centre_id for row in rows})
    centres = {row.id: row for row in connection.execute(_CENTRES, {"ids": ids})}
    waiting: dict[int, datetime] = {}
    for centre in centres.values():
        if is_night(centre.timezone, centre.quiet_from, centre.quiet_until, now):
            own = [row for row in rows if row.centre_id == centre.id]
            waiting |= mornings(session, centre.id, own, now)
    given = {"ids": ids, "addresses": list({row.address for row in rows})}
    known = {(row.centre_id, row.channel, row.address): row for row in connection.execute(_ADDRESSES, given)}
    found = []
    for row in rows:
        address = known.get((row.centre_id, row.channel, row.address))
        closed = None
        if address is not None and address.state != AddressState.USABLE and row.step != LAST_WORD:
            closed = "opted_out" if address.state == AddressState.OPTED_OUT else "address_closed"
        window = address.window_until if address is not None else None
        outgoing = Outgoing(
            token=row.token,
            channel=ChannelKind(row.channel),
            address=row.address,
            body=row.body,
            language=row.language,
            subject=row.subject,
            content_sid=row.content_sid,
            content_variables=row.content_variables,
            media_url=row.media_url,
            sender=sender_of(centres[row.centre_id].settings, ChannelKind(row.channel)),
            free_text=row.channel == ChannelKind.WHATSAPP and window is not None and now < window,
            expires_at=row.expires_at,
            claimed_at=row.claimed_at,
        )
        found.append(
            Claimed(
                id=row.id,
                centre_id=row.centre_id,
                attempts=row.attempts,
                claimed_at=row.claimed_at,
                provider=row.provider,
                closed=closed,
                not_before=waiting.get(row.id),
                outgoing=outgoing,
            )
        )
    return found

"""What the team sees and decides of how people are reached."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifications.contacts import (
    SENDERS,
    SETTING,
    Route,
    phone_number,
    reopen,
    routes,
)
from notifications.models import AddressState, ChannelKind, ContactAddress, ContactChoice
from notifications.provider_errors import consequence_of
from scheduler.certificates import add_months
from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.models import Centre, Participant
from scheduler.records import change, check_version, find
from scheduler.settings import message_months

#: A messaging service of Twilio's, which chooses the number to send from.
_SERVICE = re.compile(r"MG[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactFile:
    """How one person is reached: in which order, and what is known of their addresses.

    ``own`` says that the person chose; ``known`` are addresses that are closed or that somebody should
    look at.
    """

    ways: Sequence[Route]
    own: bool
    exempt: bool
    known: Sequence[ContactAddress]

    @property
    def unsettled(self) -> list[ContactAddress]:
        """What waits for somebody of the centre."""
        return [row for row in self.known if row.flagged_at is not None and row.settled_at is None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Flagged:
    """An address that waits for somebody of the centre, and the people it belongs to."""

    address: ContactAddress
    people: Sequence[Participant]


def contact_file(session: Session, centre: Centre, person: Participant) -> ContactFile:
    """Return how a person is reached."""
    choice = find_choice(session, person)
    query = (
        select(ContactAddress)
        .where(
            ContactAddress.centre_id == centre.id,
            func.lower(ContactAddress.address).in_(_addresses(person.phone, person.email)),
        )
        .order_by(ContactAddress.id)
    )
    known: dict[tuple[str, str | None], ContactAddress] = {}
    for row in session.scalars(query):
        if row.state != AddressState.USABLE or (row.flagged_at and not row.settled_at):
            # A number that is none is closed on every channel: it is said once, where it was noticed.
            whole = consequence_of(row.error_code).whole_number
            key = (row.address, row.error_code if whole else row.channel)
            if key not in known or (row.flagged_at and not known[key].flagged_at):
                known[key] = row
    return ContactFile(
        ways=routes(session, centre, person),
        own=choice is not None and bool(choice.channels),
        exempt=choice is not None and choice.exempt,
        known=list(known.values()),
    )


def find_choice(session: Session, person: Participant) -> ContactChoice | None:
    """Return what a person chose, if they did."""
    return session.scalars(
        select(ContactChoice).where(ContactChoice.participant_id == person.id)
    ).one_or_none()


def choose(
    session: Session,
    person: Participant,
    *,
    channels: Sequence[ChannelKind],
    exempt: bool,
    version: int | None = None,
) -> None:
    """Keep how a person wants to be reached; no channels: as everybody.

    Raises
    ------
    StaleError
        If somebody changed it since ``version``.
    """
    values = {"channels": [each.value for each in dict.fromkeys(channels)], "exempt": exempt}
    choice = find_choice(session, person)
    if choice is None:
        session.add(ContactChoice(centre_id=person.centre_id, participant_id=person.id, **values))
    else:
        if version is not None:
            check_version(choice, version)
        change(choice, values)
    session.flush()


def find_address(session: Session, address_id: int) -> ContactAddress:
    """Return what is known of an address of the current centre.

    Raises
    ------
    NotFoundError
        If there is none.
    """
    return find(session, ContactAddress, address_id)


def belongs_to(row: ContactAddress, person: Participant) -> bool:
    """Whether an address is one of a person's."""
    return row.address.lower() in _addresses(person.phone, person.email)


def _addresses(phone: str | None, email: str | None) -> set[str]:
    """Return the addresses of somebody, in small letters: a mailbox is the same however it is typed."""
    return {each.lower() for each in (phone_number(phone), (email or "").strip()) if each}


def settle(session: Session, row: ContactAddress, now: datetime, *, works: bool) -> None:
    """Write down that somebody dealt with an address, and whether it is to be used again."""
    if works:
        if consequence_of(row.error_code).whole_number:
            same = select(ContactAddress).where(
                ContactAddress.centre_id == row.centre_id,
                ContactAddress.address == row.address,
                ContactAddress.error_code == row.error_code,
            )
            for other in session.scalars(same):
                reopen(other, now)
        reopen(row, now)
    else:
        row.settled_at = now
    session.flush()


def flagged(session: Session, centre: Centre) -> list[Flagged]:
    """Return the addresses of a centre that wait for somebody, the oldest first, with their people."""
    query = (
        select(ContactAddress)
        .where(
            ContactAddress.centre_id == centre.id,
            ContactAddress.flagged_at.is_not(None),
            ContactAddress.settled_at.is_(None),
        )
        .order_by(ContactAddress.flagged_at, ContactAddress.id)
    )
    rows = session.scalars(query).all()
    if not rows:
        return []
    owners: dict[str, list[Participant]] = {}
    people = select(Participant).where(Participant.centre_id == centre.id, Participant.active)
    for person in session.scalars(people.order_by(Participant.last_name, Participant.first_name)):
        for address in _addresses(person.phone, person.email):
            owners.setdefault(address, []).append(person)
    return [Flagged(address=row, people=owners.get(row.address.lower(), [])) for row in rows]


def forget_strangers(session: Session, now: datetime) -> int:
    """Forget addresses that nobody of their centre has had for as long as messages are kept.

    Returns
    -------
    int
        How many were forgotten.
    """
    forgotten = 0
    for centre in session.scalars(select(Centre).order_by(Centre.id)):
        zone = ZoneInfo(centre.timezone)
        day = add_months(now.astimezone(zone).date(), -message_months(centre))
        old = select(ContactAddress).where(
            ContactAddress.centre_id == centre.id,
            ContactAddress.changed_at < datetime.combine(day, time(), zone),
        )
        rows = session.scalars(old).all()
        if not rows:
            continue
        people = select(Participant.phone, Participant.email).where(Participant.centre_id == centre.id)
        held = set[str]().union(*(_addresses(phone, email) for phone, email in session.execute(people)))
        for row in rows:
            if row.address.lower() not in held:
                session.delete(row)
                forgotten += 1
    session.flush()
    return forgotten


def count_flagged(session: Session, centre: Centre) -> int:
    """Return how many addresses of a centre wait for somebody."""
    query = select(func.count()).where(
        ContactAddress.centre_id == centre.id,
        ContactAddress.flagged_at.is_not(None),
        ContactAddress.settled_at.is_(None),
    )
    return session.scalar(query) or 0


def change_channels(
    session: Session,
    centre: Centre,
    *,
    channels: Sequence[ChannelKind],
    senders: Mapping[ChannelKind, str],
    version: int | None,
) -> None:
    """Change by which channels everybody is reached, and the numbers a centre sends from.

    Raises
    ------
    StaleError
        If somebody else changed the centre's settings since the form was opened.
    InvalidInputError
        If there is no channel, or a sender is neither a number nor a messaging service.
    """
    check_version(centre, version)
    if not channels:
        raise InvalidInputError(N_("Choisissez au moins un canal."), "first")
    chosen = dict(centre.settings)
    chosen[SETTING] = [each.value for each in dict.fromkeys(channels)]
    for channel, key in SENDERS.items():
        typed = senders.get(channel, "").strip()
        is_service = _SERVICE.fullmatch(typed) is not None and channel is not ChannelKind.VOICE
        number = typed if is_service else phone_number(typed)
        if typed and number is None:
            raise InvalidInputError(N_("Ce n'est pas un numéro de téléphone."), key)
        chosen[key] = number or ""
    if chosen != centre.settings:
        centre.settings = chosen
    session.flush()

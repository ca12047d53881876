"""How people are reached: which channels in which order, and what is learned of their addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import phonenumbers
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from notifications.models import AddressState, ChannelKind, ContactAddress, ContactChoice
from notifications.provider_errors import Consequence, consequence_of
from notifications.status import insert_or_ignore
from scheduler.models import Centre, Participant

#: Key of ``Centre.settings``: the channels of everybody who chose none, in order.
SETTING: Final = "message_channels"

DEFAULT_CHANNELS: Final = (ChannelKind.SMS, ChannelKind.VOICE, ChannelKind.EMAIL)

_KINDS: Final = frozenset(ChannelKind)

#: Channels whose address is a telephone number.
TELEPHONE: Final = (ChannelKind.SMS, ChannelKind.WHATSAPP, ChannelKind.VOICE)

#: Keys of ``Centre.settings`` that name the number a centre sends from, where it has its own.
SENDERS: Final = {
    ChannelKind.SMS: "sms_sender",
    ChannelKind.WHATSAPP: "whatsapp_sender",
    ChannelKind.VOICE: "voice_sender",
}

#: Up to so many people are looked up by name; above, everything known in the centre is read.
FEW: Final = 100

HOME_REGION: Final = "BE"

#: How long WhatsApp takes free text after a person wrote.
WINDOW: Final = timedelta(hours=24)

_FIXED: Final = frozenset({phonenumbers.PhoneNumberType.FIXED_LINE})


@dataclass(frozen=True, slots=True)
class Route:
    """One way to reach somebody: a channel and the address there (E.164 for telephones)."""

    channel: ChannelKind
    address: str


def phone_number(text: str | None) -> str | None:
    """Return a telephone number as E.164; ``None`` when it is none. Without a prefix it is Belgian."""
    parsed = _parse(text)
    if parsed is None:
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def routes(session: Session, centre: Centre, participant: Participant) -> list[Route]:
    """Return the ways to reach one person, the preferred one first."""
    return routes_of(session, centre, [participant])[participant.id]


def routes_of(
    session: Session, centre: Centre, participants: Iterable[Participant]
) -> dict[int, list[Route]]:
    """Return the ways to reach each person, the preferred one first, by id.

    Left out are channels for which the person has no address, text to landlines, and addresses that
    are dead or where somebody asked for silence. Takes two queries however many people there are.
    """
    people = list(participants)
    possible = {person.id: _addresses(person) for person in people}
    choices = select(ContactChoice.participant_id, ContactChoice.channels).where(
        ContactChoice.centre_id == centre.id
    )
    closures = select(ContactAddress.channel, ContactAddress.address).where(
        ContactAddress.centre_id == centre.id, ContactAddress.state != AddressState.USABLE
    )
    if len(people) <= FEW:
        choices = choices.where(ContactChoice.participant_id.in_(possible))
        addresses = {address.lower() for own in possible.values() for address in own.values()}
        closures = closures.where(func.lower(ContactAddress.address).in_(addresses))
    chosen = {row.participant_id: row.channels for row in session.execute(choices)}
    # Silence holds for a mailbox however its address is typed.
    closed = {(ChannelKind(row.channel), row.address.lower()) for row in session.execute(closures)}
    usual = usual_channels(centre)
    found = {}
    for person in people:
        order = _known(chosen.get(person.id) or ()) or usual
        own = possible[person.id]
        candidates = (Route(channel, own[channel]) for channel in order if channel in own)
        found[person.id] = [
            route for route in candidates if (route.channel, route.address.lower()) not in closed
        ]
    return found


def usual_channels(centre: Centre) -> Sequence[ChannelKind]:
    """Return the channels of everybody who chose none, in order."""
    return _known(centre.settings.get(SETTING) or ()) or DEFAULT_CHANNELS


def exempt_people(session: Session, centre: Centre) -> set[int]:
    """Return the ids of people who are to get no reminders."""
    query = select(ContactChoice.participant_id).where(
        ContactChoice.centre_id == centre.id, ContactChoice.exempt
    )
    return set(session.scalars(query))


def sender_of(settings: Mapping[str, Any], channel: ChannelKind) -> str | None:
    """Return what a centre of these settings sends from; ``None``: what the installation does."""
    value = settings.get(SENDERS.get(channel, ""))
    return value.strip() or None if isinstance(value, str) else None


def known_address(
    session: Session, centre_id: int, channel: ChannelKind, address: str
) -> ContactAddress | None:
    """Return what was learned of an address, if anything."""
    return session.scalars(
        select(ContactAddress).where(
            ContactAddress.centre_id == centre_id,
            ContactAddress.channel == channel,
            ContactAddress.address == address,
        )
    ).one_or_none()


def may_send(session: Session, centre_id: int, channel: ChannelKind, address: str) -> bool:
    """Whether an address may still be written to; asked again when a message is about to leave."""
    row = known_address(session, centre_id, channel, address)
    return row is None or row.state == AddressState.USABLE


def takes_free_text(session: Session, centre_id: int, address: str, now: datetime) -> bool:
    """Whether WhatsApp takes free text to a number: the person wrote less than 24 hours ago."""
    row = known_address(session, centre_id, ChannelKind.WHATSAPP, address)
    return row is not None and row.window_until is not None and now < row.window_until


def people_at(session: Session, centre_id: int, channel: ChannelKind, address: str) -> list[Participant]:
    """Return the active people who are reached at an address: a household may share a telephone."""
    query = select(Participant).where(Participant.centre_id == centre_id, Participant.active)
    if channel is ChannelKind.EMAIL:
        wanted = address.strip().lower()
        # Databases lower other letters than these in ways of their own.
        same = func.lower(func.trim(Participant.email)) == wanted
        rows = session.scalars(query.where(same if wanted.isascii() else Participant.email.is_not(None)))
        return [row for row in rows if (row.email or "").strip().lower() == wanted]
    wanted = phone_number(address) or address
    rows = session.scalars(query.where(ends_like(wanted)))
    return [row for row in rows if phone_number(row.phone) == wanted]


def ends_like(number: str) -> ColumnElement[bool]:
    """Return the condition that a person's telephone ends as a number does, however it was typed."""
    typed: Any = Participant.phone
    for sign in " .-/()":
        typed = func.replace(typed, sign, "")
    return typed.like(f"%{number[-8:]}")  # type: ignore[no-any-return]


def opt_out(session: Session, centre_id: int, channel: ChannelKind, address: str, now: datetime) -> None:
    """Never write to an address by a channel again, and put it before the coordination.

    The person must then be told by telephone or in another way.
    """
    row = _row(session, centre_id, channel, address, now)
    if row.state != AddressState.OPTED_OUT:
        row.state, row.changed_at, row.error_code = AddressState.OPTED_OUT, now, None
        row.flagged_at, row.settled_at = now, None
    session.flush()


def opt_in(session: Session, centre_id: int, channel: ChannelKind, address: str, now: datetime) -> None:
    """Write to an address again, because the person asked for it."""
    row = _row(session, centre_id, channel, address, now)
    reopen(row, now)
    session.flush()


def reopen(row: ContactAddress, now: datetime) -> None:
    """Take an address for usable again; what was before the coordination is settled."""
    if row.state != AddressState.USABLE:
        row.state, row.error_code, row.changed_at = AddressState.USABLE, None, now
    if row.flagged_at is not None and row.settled_at is None:
        row.settled_at = now


def note_inbound(session: Session, centre_id: int, channel: ChannelKind, address: str, now: datetime) -> None:
    """Learn from a message that came in: the address lives, and WhatsApp takes free text for a day.

    An opt-out stays: only ``opt_in`` ends it.
    """
    row = known_address(session, centre_id, channel, address)
    if row is None and channel is not ChannelKind.WHATSAPP:
        return
    row = row or _row(session, centre_id, channel, address, now)
    if row.state in {AddressState.UNREACHABLE, AddressState.LANDLINE}:
        reopen(row, now)
    if channel is ChannelKind.WHATSAPP:
        row.window_until = now + WINDOW
    session.flush()


def learn(
    session: Session, centre_id: int, channel: ChannelKind, address: str, error_code: str, now: datetime
) -> Consequence:
    """Keep what an error says of an address; return what the error means.

    An address is put before the coordination once: again only after somebody settled it or it worked
    in between.
    """
    consequence = consequence_of(error_code)
    if consequence.needs_template and channel is ChannelKind.WHATSAPP:
        _row(session, centre_id, channel, address, now).window_until = now
    if consequence.address is not None:
        channels: Sequence[ChannelKind] = (channel,)
        if consequence.whole_number and channel in TELEPHONE:
            channels = TELEPHONE
        for each in channels:
            row = _row(session, centre_id, each, address, now)
            if row.state == consequence.address or row.state == AddressState.OPTED_OUT:
                continue
            row.state, row.error_code, row.changed_at = consequence.address, error_code, now
            if consequence.flag and each is channel:
                row.flagged_at, row.settled_at = now, None
    session.flush()
    return consequence


def _known(names: Iterable[str]) -> list[ChannelKind]:
    return [ChannelKind(name) for name in dict.fromkeys(names) if name in _KINDS]


def _addresses(person: Participant) -> dict[ChannelKind, str]:
    """Return the address of a person on each channel where there is one."""
    found: dict[ChannelKind, str] = {}
    if person.email:
        found[ChannelKind.EMAIL] = person.email.strip()
    parsed = _parse(person.phone)
    if parsed is not None:
        number = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
        found[ChannelKind.VOICE] = number
        if phonenumbers.number_type(parsed) not in _FIXED:
            found[ChannelKind.SMS] = found[ChannelKind.WHATSAPP] = number
    return found


def _parse(text: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        parsed = phonenumbers.parse(text or "", HOME_REGION)
    except phonenumbers.NumberParseException:
        return None
    return parsed if phonenumbers.is_possible_number(parsed) else None


def _row(
    session: Session, centre_id: int, channel: ChannelKind, address: str, now: datetime
) -> ContactAddress:
    """Return the row of an address, made when there is none, also by somebody else at this moment."""
    row = known_address(session, centre_id, channel, address)
    if row is not None:
        return row
    session.execute(
        insert_or_ignore(session, ContactAddress),
        {
            "centre_id": centre_id,
            "channel": channel,
            "address": address,
            "state": AddressState.USABLE,
            "changed_at": now,
        },
    )
    found = known_address(session, centre_id, channel, address)
    if found is None:
        raise RuntimeError("an address that was just stored is gone")
    return found

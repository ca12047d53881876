"""How the people of a demonstration centre want to be reached."""

from __future__ import annotations

from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from notifications.models import ChannelKind, ContactChoice
from scheduler.models import Centre, Participant

#: Share of those who read well and chose a channel of their own.
_WHATSAPP, _EMAIL = 0.2, 0.1

#: Share of people who want no reminders.
_EXEMPT = 0.02


def choose_channels(session: Session, centre: Centre, *, seed: int) -> None:
    """Have people who read little be called, and some others be written to by WhatsApp or e-mail."""
    rng = Random(f"channels {seed}")
    query = select(Participant).where(Participant.centre_id == centre.id).order_by(Participant.id)
    for person in session.scalars(query):
        channels = _channels(rng, person)
        exempt = rng.random() < _EXEMPT
        if channels or exempt:
            session.add(
                ContactChoice(centre_id=centre.id, participant_id=person.id, channels=channels, exempt=exempt)
            )
    session.flush()


def _channels(rng: Random, person: Participant) -> list[ChannelKind]:
    draw = rng.random()
    if person.reads_little:
        return [ChannelKind.VOICE, ChannelKind.SMS]
    if draw < _WHATSAPP:
        return [ChannelKind.WHATSAPP, ChannelKind.SMS]
    if draw < _WHATSAPP + _EMAIL and person.email:
        return [ChannelKind.EMAIL, ChannelKind.SMS]
    return []

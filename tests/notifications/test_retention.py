"""What old messages said is forgotten; that they were sent is not."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from notifications.models import (
    ChannelKind,
    InboundMessage,
    InboundState,
    InvitationState,
    MailInvitation,
    Message,
    MessageState,
)
from notifications.retention import forget_old
from scheduler.models import Centre, GroupSession
from tests.factories import Make


def test_text_and_address_go_after_the_centres_own_time(
    session: Session, make: Make, centre: Centre, now: datetime
) -> None:
    centre.settings = {"message_months": 2}
    old = now - timedelta(days=63)
    filled = {"facts": {"heure": "9:00"}, "content_variables": {"1": "Amina"}, "subject": "Rappel"}
    sent = make(Message, created_at=old, state=MessageState.DELIVERED, error="x", **filled)
    fresh = make(Message, created_at=now - timedelta(days=50), state=MessageState.DELIVERED, **filled)
    waiting = make(Message, created_at=old, **filled)
    elsewhere = make(Centre)
    other = make(Message, centre=elsewhere, created_at=old, state=MessageState.DELIVERED)
    answers = [
        InboundMessage(
            centre_id=centre.id,
            provider="sandbox",
            provider_sid=f"in-{at:%j}",
            channel=ChannelKind.SMS,
            address="+32470000001",
            body="oui",
            state=InboundState.OPEN,
            received_at=at,
        )
        for at in (old, now)
    ]
    session.add_all(answers)
    session.flush()
    assert forget_old(session, now) == 2
    assert forget_old(session, now) == 0
    session.expire_all()
    assert (sent.address, sent.subject, sent.body, sent.facts, sent.content_variables, sent.error) == (
        ("", "", "", {}, {}, None)
    )
    assert (sent.state, sent.participant_id is not None) == (MessageState.DELIVERED, True)
    assert all(row.body == "Bonjour" and row.address for row in (fresh, waiting, other))
    assert [(row.body, row.state) for row in answers] == [
        ("", InboundState.CLOSED),
        ("oui", InboundState.OPEN),
    ]
    assert forget_old(session, now + timedelta(days=200)) == 3


def test_invitations_keep_their_address_until_the_appointment_is_as_old(
    session: Session, make: Make, centre: Centre, now: datetime
) -> None:
    centre.settings = {"message_months": 2}
    coming = make(GroupSession, starts_at=now + timedelta(days=9), ends_at=now + timedelta(days=9, hours=2))
    old = {"queued_at": now - timedelta(days=63), "state": InvitationState.SENT}
    over, ahead = make(MailInvitation, uid="long over", **old), make(MailInvitation, uid=coming.uid, **old)
    assert forget_old(session, now) == 1
    session.expire_all()
    assert (over.address, bool(ahead.address)) == ("", True)

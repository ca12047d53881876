"""Individual appointments as invitations by e-mail (iTIP, RFC 5546; iMIP, RFC 6047)."""

from __future__ import annotations

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from typing import Any

from icalendar import Calendar, Timezone, vCalAddress
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from notifications.models import InvitationState, MailInvitation
from scheduler.changes import PersonChange
from scheduler.feeds.events import FeedEvent
from scheduler.feeds.render import BRUSSELS, PRODUCT, VTIMEZONE, clean, event_lines
from scheduler.models import Activity, Centre, Participant, Room, Site
from scheduler.publish import PublishResult
from scheduler.session_state import SessionState
from scheduler.wording import plain_words

REQUEST = "REQUEST"
CANCEL = "CANCEL"

#: Key of ``Centre.settings`` with which a centre switches invitations on.
SETTING = "mail_invitations"


def enqueue(
    session: Session, centre: Centre, result: PublishResult, now: datetime, *, organizer: str | None
) -> int:
    """Queue what a publication changes in people's appointments; return how many messages.

    Belongs in the transaction of the publication. A second call for the same publication adds nothing.

    Parameters
    ----------
    organizer : str or None
        Address that invites and to which replies go; ``None`` where no mail can be sent.
    """
    if organizer is None or not centre.settings.get(SETTING):
        return 0
    changes = [
        each
        for each in result.changes.people
        if (each.after or each.before) is not None
        and _state(each).individual
        and _state(each).starts_at > now
    ]
    people = _by_id(session, Participant, {each.person_id for each in changes})
    activities = _by_id(session, Activity, {_state(each).activity_id for each in changes})
    sites = _by_id(session, Site, {_state(each).site_id for each in changes})
    rooms = _by_id(session, Room, {_state(each).room_id for each in changes})
    earlier = _earlier(session, centre, {each.uid for each in changes})
    queued = 0
    for change in changes:
        person = people.get(change.person_id)
        if person is None or not person.email:
            continue
        state = _state(change)
        coming = change.after is not None and change.after.held and person.id in change.after.attendees
        method = REQUEST if coming else CANCEL
        past = earlier.get((change.uid, person.id), [])
        known = past[-1] if past else None
        if method == CANCEL and known is None:
            continue  # nobody was ever invited
        words = plain_words(person.message_language)
        room = rooms.get(state.room_id or 0)
        site = sites[state.site_id]
        place = ", ".join(part for part in (room.name if room else "", site.name, site.address) if part)
        summary = activities[state.activity_id].neutral_name or words["appointment"]
        said = (method, state.starts_at.isoformat(), state.ends_at.isoformat(), place, summary, person.email)
        digest = sha256("\0".join(said).encode()).hexdigest()
        if known is not None and known.digest == digest:
            continue
        sequence = state.sequence if known is None else max(state.sequence, known.sequence + 1)
        event = FeedEvent(
            uid=change.uid,
            sequence=sequence,
            stamp=now,
            starts_at=state.starts_at,
            ends_at=state.ends_at,
            summary=summary,
            location=place,
            cancelled=method == CANCEL,
        )
        session.execute(
            update(MailInvitation)
            .where(
                MailInvitation.uid == change.uid,
                MailInvitation.participant_id == person.id,
                MailInvitation.state == InvitationState.QUEUED,
            )
            .values(state=InvitationState.SUPERSEDED, body="")
        )
        session.add(
            MailInvitation(
                centre_id=centre.id,
                uid=change.uid,
                participant_id=person.id,
                sequence=sequence,
                method=method,
                address=person.email,
                digest=digest,
                body=render(event, method, organizer, centre.name, person, now).as_string(),
                next_at=now,
                queued_at=now,
            )
        )
        queued += 1
    session.flush()
    return queued


def render(
    event: FeedEvent, method: str, organizer: str, centre_name: str, person: Participant, now: datetime
) -> EmailMessage:
    """Return the message: a text in the person's language, and the same as a calendar knows it."""
    words = plain_words(person.message_language)
    starts, ends = event.starts_at.astimezone(BRUSSELS), event.ends_at.astimezone(BRUSSELS)
    when = f"{starts:%d/%m/%Y} {starts:%H:%M}–{ends:%H:%M}"
    head = f"{words['cancelled']} : {event.summary}" if method == CANCEL else event.summary
    message = EmailMessage()
    message["Subject"] = clean(f"{head} – {when}").replace("\n", " ")
    message["From"] = organizer
    message["To"] = person.email
    message["Date"] = format_datetime(now)
    # Always the same for the same message, so that a mailbox can tell a repetition.
    message["Message-ID"] = f"<{event.uid}.{person.id}.{event.sequence}.{method.lower()}@semainier>"
    hello = words["hello"].format(name=person.first_name)
    message.set_content(
        "\n".join((hello, "", head, when, event.location, "", centre_name)), cte="quoted-printable"
    )
    content = render_itip(event, method, organizer, centre_name, str(person.email))
    message.add_alternative(content.decode(), subtype="calendar", cte="base64", params={"method": method})
    return message


def render_itip(event: FeedEvent, method: str, organizer: str, centre_name: str, attendee: str) -> bytes:
    """Return an iTIP object: one event with who invites and who is invited."""
    body = b"".join(
        (
            b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:" + PRODUCT.encode() + b"\r\n",
            Timezone.from_ical(VTIMEZONE).to_ical(),
            event_lines(event),
            b"END:VCALENDAR\r\n",
        )
    )
    calendar: Any = Calendar.from_ical(body)
    calendar.add("method", method)
    lines = calendar.walk("VEVENT")[0]
    inviter = vCalAddress(f"mailto:{organizer}")
    inviter.params["CN"] = clean(centre_name)
    lines.add("organizer", inviter)
    invited = vCalAddress(f"mailto:{attendee}")
    invited.params.update({"ROLE": "REQ-PARTICIPANT", "PARTSTAT": "NEEDS-ACTION", "RSVP": "TRUE"})
    lines.add("attendee", invited)
    return bytes(calendar.to_ical())


def _state(change: PersonChange) -> SessionState:
    state = change.after or change.before
    assert state is not None
    return state


def _by_id(session: Session, table: Any, ids: set[Any]) -> dict[int, Any]:
    return {row.id: row for row in session.scalars(select(table).where(table.id.in_(ids - {None})))}


def _earlier(session: Session, centre: Centre, uids: set[str]) -> dict[tuple[str, int], list[MailInvitation]]:
    query = (
        select(MailInvitation)
        .where(MailInvitation.centre_id == centre.id, MailInvitation.uid.in_(uids))
        .order_by(MailInvitation.sequence, MailInvitation.id)
    )
    found: dict[tuple[str, int], list[MailInvitation]] = {}
    for row in session.scalars(query):
        found.setdefault((row.uid, row.participant_id), []).append(row)
    return found

"""Make, find, renew and revoke addresses that open without a password."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import cast

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from scheduler.errors import NotFoundError
from scheduler.models import Cohort, Participant, Programme, Room, StaffMember
from scheduler.models.link import Link, LinkKind

TOKEN_BYTES = 32

Subject = Participant | StaffMember | Cohort | Room | Programme

#: Table of the subject of each kind of address.
SUBJECTS: dict[LinkKind, type[Subject]] = {
    LinkKind.PARTICIPANT: Participant,
    LinkKind.PAGE: Participant,
    LinkKind.STAFF: StaffMember,
    LinkKind.GROUP: Cohort,
    LinkKind.ROOM: Room,
    LinkKind.PROGRAMME: Programme,
}


def hash_token(token: str) -> str:
    """Return what is stored of a token: tokens are random, so a plain hash cannot be searched."""
    return hashlib.sha256(token.encode()).hexdigest()


def find_subject(session: Session, kind: LinkKind, subject_id: int) -> Subject | None:
    """Return what an address shows, or ``None`` when it is gone or no longer active."""
    row = cast("Subject | None", session.get(SUBJECTS[kind], subject_id))
    return row if row is not None and getattr(row, "active", True) else None


def renew_link(session: Session, kind: LinkKind, subject_id: int, now: datetime) -> str:
    """Revoke the addresses of a subject and return the token of a new one, which is shown only now.

    Raises
    ------
    NotFoundError
        If the subject does not exist in the current centre.
    """
    subject = find_subject(session, kind, subject_id)
    if subject is None:
        raise NotFoundError(kind)
    revoke_links(session, kind, subject_id, now)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    session.add(
        Link(
            centre_id=subject.centre_id,
            kind=kind,
            subject_id=subject_id,
            token_hash=hash_token(token),
            created_at=now,
        )
    )
    session.flush()
    return token


def revoke_links(session: Session, kind: LinkKind, subject_id: int, now: datetime) -> int:
    """Revoke every address of a subject of the current centre; return how many there were."""
    query = (
        update(Link)
        .where(Link.kind == kind, Link.subject_id == subject_id, Link.revoked_at.is_(None))
        .values(revoked_at=now)
        .execution_options(synchronize_session="fetch")
    )
    return int(session.execute(query).rowcount)  # type: ignore[attr-defined]


def active_link(session: Session, kind: LinkKind, subject_id: int) -> Link | None:
    """Return the address of a subject that is in use, without its token, which nobody knows here."""
    query = select(Link).where(Link.kind == kind, Link.subject_id == subject_id, Link.revoked_at.is_(None))
    return session.scalars(query).first()


def find_card(session: Session, centre_id: int, read: str) -> Participant | None:
    """Return the active person of a centre whose card holds the text read, whatever host it names."""
    token = read.rstrip("/").rpartition("/moi/")[2]
    link = find_link(session, token)
    if link is None or link.centre_id != centre_id:
        return None
    if link.revoked_at is not None or link.kind != LinkKind.PAGE:
        return None
    person = find_subject(session, LinkKind.PAGE, link.subject_id)
    return person if isinstance(person, Participant) else None


def find_link(session: Session, token: str) -> Link | None:
    """Return the address that a token opens, revoked or not."""
    return session.scalars(select(Link).where(Link.token_hash == hash_token(token))).first()

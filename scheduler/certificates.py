"""Certificates of absence: photographed, kept outside the web root, deleted when their time is over.

A certificate never changes a mark by itself: it shows which absences it covers, and a person decides.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from scheduler.attendance import Result, Tap, apply_taps
from scheduler.errors import InvalidInputError, NotFoundError
from scheduler.message import N_
from scheduler.models import (
    AbsenceReason,
    AttendanceRecord,
    AttendanceState,
    Centre,
    Certificate,
    Participant,
)
from scheduler.pictures import clean_picture
from scheduler.settings import certificate_months

MEDIA_TYPE = "image/jpeg"

#: Most days that one certificate covers.
MOST_DAYS = 366

#: A file that no row names is swept once it is older than this: its row may not be committed yet.
SWEEP_AFTER = timedelta(days=1)


def add_certificate(
    session: Session,
    folder: Path,
    person: Participant,
    days: tuple[date, date],
    picture: bytes,
    now: datetime,
    *,
    user_id: int | None,
) -> Certificate:
    """Keep a photographed certificate of a person for some days, ends included.

    The file is written before the row; if the row is never committed, the nightly sweep finds the file.

    Raises
    ------
    InvalidInputError
        If the picture or the days cannot be used.
    """
    first_day, last_day = days
    if last_day < first_day:
        raise InvalidInputError(N_("Le dernier jour vient avant le premier."), "last_day")
    if last_day - first_day >= timedelta(days=MOST_DAYS):
        raise InvalidInputError(N_("Un certificat couvre un an au plus."), "last_day")
    cleaned = clean_picture(picture)
    centre = session.get_one(Centre, person.centre_id)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    name = f"{secrets.token_hex(24)}.jpg"
    with os.fdopen(os.open(folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        file.write(cleaned)
    today = now.astimezone(ZoneInfo(centre.timezone)).date()
    row = Certificate(
        centre_id=person.centre_id,
        participant_id=person.id,
        first_day=first_day,
        last_day=last_day,
        file_name=name,
        media_type=MEDIA_TYPE,
        uploaded_at=now,
        uploaded_by_id=user_id,
        delete_after=add_months(max(today, last_day), certificate_months(centre)),
    )
    session.add(row)
    session.flush()
    return row


def list_certificates(session: Session, person_id: int) -> list[Certificate]:
    """Return the certificates of a person, the newest first."""
    query = (
        select(Certificate)
        .where(Certificate.participant_id == person_id)
        .order_by(Certificate.first_day.desc(), Certificate.id.desc())
    )
    return list(session.scalars(query))


def find_certificate(session: Session, person_id: int, certificate_id: int) -> Certificate:
    """Return a certificate of a person.

    Raises
    ------
    NotFoundError
        If there is none, or only of somebody else.
    """
    query = select(Certificate).where(
        Certificate.id == certificate_id, Certificate.participant_id == person_id
    )
    row = session.scalars(query).one_or_none()
    if row is None:
        raise NotFoundError(f"certificate {certificate_id}")
    return row


def certificate_file(folder: Path, row: Certificate) -> Path:
    """Return where the picture of a certificate lies.

    Raises
    ------
    NotFoundError
        If the file is gone.
    """
    path = folder / Path(row.file_name).name
    if not path.is_file():
        raise NotFoundError(row.file_name)
    return path


def delete_certificate(session: Session, folder: Path, row: Certificate) -> None:
    """Delete a certificate: the picture first, so that no picture outlives its row."""
    (folder / Path(row.file_name).name).unlink(missing_ok=True)
    session.delete(row)
    session.flush()


def covered_absences(session: Session, row: Certificate) -> list[AttendanceRecord]:
    """Return the absences on the days of a certificate that no accepted reason excuses yet."""
    centre = session.get_one(Centre, row.centre_id)
    zone = ZoneInfo(centre.timezone)
    begins = datetime(row.first_day.year, row.first_day.month, row.first_day.day, tzinfo=zone)
    after = row.last_day + timedelta(days=1)
    ends = datetime(after.year, after.month, after.day, tzinfo=zone)
    query = (
        select(AttendanceRecord)
        .outerjoin(AbsenceReason, AbsenceReason.id == AttendanceRecord.reason_id)
        .where(
            AttendanceRecord.participant_id == row.participant_id,
            AttendanceRecord.state == AttendanceState.ABSENT,
            AttendanceRecord.starts_at >= begins,
            AttendanceRecord.starts_at < ends,
            or_(AbsenceReason.id.is_(None), AbsenceReason.excused.is_(False)),
        )
        .order_by(AttendanceRecord.starts_at)
    )
    return list(session.scalars(query))


def excuse_covered(
    session: Session,
    row: Certificate,
    record_ids: Iterable[int],
    reason_id: int,
    now: datetime,
    *,
    user_id: int | None,
) -> list[Result]:
    """Mark absences that a person chose, among those a certificate covers, as excused for a reason."""
    chosen = set(record_ids)
    taps = [
        Tap(
            key=str(uuid4()),
            session_uid=record.session_uid,
            participant_id=record.participant_id,
            state=AttendanceState.EXCUSED,
            reason_id=reason_id,
            tapped_at=now,
            sent_at=now,
            source="certificate",
        )
        for record in covered_absences(session, row)
        if record.id in chosen
    ]
    return apply_taps(session, row.centre_id, taps, now, user_id=user_id)


def excusing_reasons(session: Session) -> list[AbsenceReason]:
    """Return the reasons in use that excuse, those that ask for a certificate first."""
    query = (
        select(AbsenceReason)
        .where(AbsenceReason.active, AbsenceReason.excused)
        .order_by(AbsenceReason.needs_certificate.desc(), AbsenceReason.position, AbsenceReason.id)
    )
    return list(session.scalars(query))


def purge_certificates(session: Session, folder: Path, now: datetime) -> int:
    """Delete every certificate whose time is over, and pictures that no row names; return how many rows."""
    expired = list(session.scalars(select(Certificate).where(Certificate.delete_after < now.date())))
    for row in expired:
        delete_certificate(session, folder, row)
    named = set(session.scalars(select(Certificate.file_name)))
    for path in folder.glob("*.jpg") if folder.is_dir() else ():
        if path.name not in named and path.stat().st_mtime < (now - SWEEP_AFTER).timestamp():
            path.unlink(missing_ok=True)
    return len(expired)


def add_months(day: date, months: int) -> date:
    """Return the same day so many months later, or the last day of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise ValueError(day)

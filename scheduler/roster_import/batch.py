"""An import from upload to decision: dry run as often as wanted, written once or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, defer
from sqlalchemy.orm.exc import StaleDataError

from scheduler.courses.enrolments import preview_enrolments, write_enrolments
from scheduler.courses.fields import ENROLMENT_FIELDS, TIMETABLE_FIELDS
from scheduler.courses.from_calendar import CalendarReading, read_calendar
from scheduler.courses.preview import preview_calendar, preview_timetable, school_free_days
from scheduler.courses.sources import add_source
from scheduler.courses.write import write_courses
from scheduler.errors import InvalidInputError, NotFoundError, StaleError
from scheduler.fetch import Fetched, check_address
from scheduler.message import N_
from scheduler.models import AuditEntry, Centre, Course, CourseSource, ImportBatch
from scheduler.roster_import.columns import Field, check_columns, recall, remember
from scheduler.roster_import.fields import ROSTER_FIELDS
from scheduler.roster_import.preview import WRITTEN, Outcome, Preview, left_out
from scheduler.roster_import.roster import preview_roster, write_roster
from scheduler.roster_import.table import Table, read_table

ROSTER, TIMETABLE, CALENDAR, ENROLMENTS = "roster", "timetable", "calendar", "enrolments"

FIELDS: Mapping[str, tuple[Field, ...]] = {
    ROSTER: ROSTER_FIELDS,
    TIMETABLE: TIMETABLE_FIELDS,
    ENROLMENTS: ENROLMENT_FIELDS,
}

#: Fields of which one at least says who a row is about.
NAMING_FIELDS = frozenset({"reference", "last_name", "first_name", "full_name", "given_full_name"})

#: What a batch still holds of people goes after these times.
KEEP_UNDECIDED = timedelta(days=7)
KEEP_LEFT_OUT = timedelta(days=30)


def open_batch(
    session: Session,
    centre: Centre,
    kind: str,
    filename: str,
    content: bytes,
    now: datetime,
    user_id: int | None,
    choices: Mapping[str, Any] | None = None,
) -> ImportBatch:
    """Keep an upload until it is decided, after checking that it can be read.

    Parameters
    ----------
    kind : str
        ``roster``, ``timetable``, ``enrolments`` or ``calendar``.
    choices : mapping, optional
        ``school`` for timetables and calendars, ``course_id`` for enrolments, and ``url``,
        ``etag``, ``last_modified`` for a calendar that was fetched.

    Raises
    ------
    InvalidInputError
        When the file cannot be read; nothing is kept of it.
    """
    batch = ImportBatch(
        centre_id=centre.id,
        kind=kind,
        filename=filename[-200:],
        content=content,
        columns={},
        choices=dict(choices or {}),
        created_at=now,
        created_by_id=user_id,
    )
    if kind == CALENDAR:
        if not batch.choices.get("school"):
            raise InvalidInputError(N_("Indiquez de quelle école vient cet agenda."), "school")
        _read_calendar(session, centre, batch, now)
    else:
        batch.columns = recall(session, centre, kind, read_table(content), FIELDS[kind])
    session.add(batch)
    session.flush()
    return batch


def get_batch(session: Session, centre: Centre, batch_id: int) -> ImportBatch:
    """A batch of this centre."""
    batch = session.scalar(
        select(ImportBatch).where(ImportBatch.id == batch_id, ImportBatch.centre_id == centre.id)
    )
    if batch is None:
        raise NotFoundError("import")
    return batch


def list_batches(session: Session, centre: Centre, *, decided: bool, limit: int = 20) -> list[ImportBatch]:
    """The newest imports of a centre, without their content."""
    when = ImportBatch.applied_at.is_not(None) if decided else ImportBatch.applied_at.is_(None)
    return list(
        session.scalars(
            select(ImportBatch)
            .where(ImportBatch.centre_id == centre.id, when)
            .options(defer(ImportBatch.content))
            .order_by(ImportBatch.created_at.desc(), ImportBatch.id.desc())
            .limit(limit)
        )
    )


def batch_table(batch: ImportBatch) -> Table:
    """The table of an undecided batch."""
    return read_table(_content(batch))


def match_columns(session: Session, centre: Centre, batch: ImportBatch, columns: Mapping[str, str]) -> None:
    """Set which column holds what, and remember it for the next file like this one."""
    table = batch_table(batch)
    batch.columns = check_columns(table, columns, FIELDS[batch.kind])
    _check_matching(batch)
    remember(session, centre, batch.kind, table, batch.columns)


def choose(batch: ImportBatch, people: Mapping[str, str]) -> None:
    """Say who doubtful rows are about: row number to ``new`` or a candidate's key; empty takes it back."""
    _content(batch)
    chosen = {**batch.choices.get("people", {}), **people}
    batch.choices = {**batch.choices, "people": {row: who for row, who in chosen.items() if who}}


def preview_batch(session: Session, centre: Centre, batch: ImportBatch, now: datetime) -> Preview:
    """The dry run of a batch against the database as it is.

    Raises
    ------
    InvalidInputError
        When a column without which no row can be understood is not matched.
    """
    today = now.astimezone(ZoneInfo(centre.timezone)).date()
    if batch.kind != CALENDAR:
        _check_matching(batch)
    people: dict[str, str] = batch.choices.get("people", {})
    if batch.kind == ROSTER:
        return preview_roster(session, centre, batch_table(batch), batch.columns, people, today)
    if batch.kind == TIMETABLE:
        school = str(batch.choices.get("school", ""))
        return preview_timetable(session, centre, batch_table(batch), batch.columns, school, today)
    if batch.kind == ENROLMENTS:
        course_id = batch.choices.get("course_id")
        if (
            course_id is not None
            and session.scalar(select(Course.id).where(Course.id == course_id, Course.centre_id == centre.id))
            is None
        ):
            raise InvalidInputError(N_("Ce cours n'existe plus."))
        return preview_enrolments(
            session, centre, batch_table(batch), batch.columns, people, today, course_id
        )
    reading = _read_calendar(session, centre, batch, now)
    return preview_calendar(
        session, centre, reading, str(batch.choices["school"]), _source_id(session, centre, batch)
    )


def apply_batch(
    session: Session, centre: Centre, batch_id: int, fingerprint: str, now: datetime, user_id: int | None
) -> ImportBatch:
    """Write a batch as its dry run showed it; the caller commits, or nothing has happened.

    Call it in a transaction that is a writer from the start (``db.begin_writing``).

    Parameters
    ----------
    fingerprint : str
        Of the dry run that the person saw (``Preview.fingerprint``).

    Raises
    ------
    StaleError
        When the batch was decided meanwhile, or a dry run now would show something else.
    """
    # One import at a time in a centre: two at once could each create the same person.
    session.execute(select(Centre.id).where(Centre.id == centre.id).with_for_update())
    batch = get_batch(session, centre, batch_id)
    session.refresh(batch, with_for_update=True)
    if batch.content is None:
        raise StaleError(batch_id)
    preview = preview_batch(session, centre, batch, now)
    if preview.fingerprint() != fingerprint:
        raise StaleError(batch_id)
    try:
        _write(session, centre, batch, preview, now)
        session.flush()
    except (StaleDataError, IntegrityError) as error:
        raise StaleError(batch_id) from error
    counts = preview.counts
    batch.summary = {
        "counts": counts,
        "total": len(preview.rows),
        "headers": list(preview.headers),
        "left_out": left_out(preview),
    }
    batch.content, batch.applied_at = None, now
    session.add(
        AuditEntry(
            centre_id=centre.id,
            at=now,
            user_id=user_id,
            action="import.apply",
            subject=f"import:{batch.id}",
            detail={"kind": batch.kind, "counts": counts},
        )
    )
    session.flush()
    return batch


def _write(session: Session, centre: Centre, batch: ImportBatch, preview: Preview, now: datetime) -> None:
    if batch.kind == ROSTER:
        write_roster(session, centre, preview, now)
    elif batch.kind == ENROLMENTS:
        write_enrolments(session, centre, preview)
    else:
        source_id = None
        if batch.choices.get("url"):
            validators = Fetched(None, batch.choices.get("etag"), batch.choices.get("last_modified"))
            source = add_source(
                session, centre, str(batch.choices["school"]), str(batch.choices["url"]), validators, now
            )
            source_id = source.id
        write_courses(session, centre, preview, source_id)


def discard_batch(
    session: Session, centre: Centre, batch_id: int, now: datetime, user_id: int | None
) -> None:
    """Throw an undecided upload away."""
    batch = get_batch(session, centre, batch_id)
    _content(batch)
    session.delete(batch)
    session.add(
        AuditEntry(
            centre_id=centre.id,
            at=now,
            user_id=user_id,
            action="import.discard",
            subject=f"import:{batch_id}",
        )
    )


def purge_batches(session: Session, now: datetime) -> int:
    """Drop uploads nobody decided on, and lists of rows left out, once they are old.

    Returns
    -------
    int
        Number of batches touched.
    """
    gone = session.execute(
        delete(ImportBatch).where(
            ImportBatch.applied_at.is_(None), ImportBatch.created_at < now - KEEP_UNDECIDED
        )
    )
    emptied = 0
    for batch in session.scalars(select(ImportBatch).where(ImportBatch.applied_at < now - KEEP_LEFT_OUT)):
        if batch.summary.get("left_out"):
            batch.summary = {**batch.summary, "left_out": []}
            emptied += 1
    session.flush()
    return int(getattr(gone, "rowcount", 0)) + emptied


def written(counts: Mapping[str, int]) -> int:
    """Number of rows that were written."""
    return sum(counts.get(outcome.value, 0) for outcome in WRITTEN)


def not_written(counts: Mapping[str, int]) -> int:
    """Number of rows that somebody still has to look at."""
    return counts.get(Outcome.REFUSE.value, 0) + counts.get(Outcome.DECIDE.value, 0)


def _content(batch: ImportBatch) -> bytes:
    if batch.content is None:
        raise StaleError(batch.id)
    return batch.content


def _read_calendar(session: Session, centre: Centre, batch: ImportBatch, now: datetime) -> CalendarReading:
    zone = ZoneInfo(centre.timezone)
    today = now.astimezone(zone).date()
    free_days = school_free_days(session, centre, today)
    return read_calendar(_content(batch), str(batch.choices["school"]), zone, today, free_days)


def _source_id(session: Session, centre: Centre, batch: ImportBatch) -> int | None:
    url = batch.choices.get("url")
    if not url:
        return None
    return session.scalar(
        select(CourseSource.id).where(
            CourseSource.centre_id == centre.id, CourseSource.url == str(check_address(url))
        )
    )


def _check_matching(batch: ImportBatch) -> None:
    """Refuse a matching that lacks the columns without which no row can be understood."""
    matched = set(batch.columns.values())
    if batch.kind == TIMETABLE:
        if "name" not in matched:
            raise InvalidInputError(N_("Indiquez quelle colonne contient la classe ou le cours."))
        return
    if not matched & NAMING_FIELDS:
        raise InvalidInputError(N_("Indiquez quelle colonne contient les noms, ou les références."))
    if batch.kind == ENROLMENTS and "course" not in matched and batch.choices.get("course_id") is None:
        raise InvalidInputError(N_("Indiquez quelle colonne contient la classe, ou choisissez un cours."))

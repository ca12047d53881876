"""Calendars of schools that are fetched again by the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from scheduler.courses.from_calendar import read_calendar
from scheduler.courses.preview import preview_calendar, school_free_days
from scheduler.courses.write import write_courses
from scheduler.errors import InvalidInputError, NotFoundError
from scheduler.fetch import Fetched, FetchLimits, check_address, fetch
from scheduler.message import N_, Message
from scheduler.models import Centre, Course, CourseSource
from scheduler.roster_import.preview import Outcome

Fetcher = Callable[..., Fetched]


@dataclass(frozen=True, slots=True)
class SourceAddress:
    """What is needed to fetch one source, outside any transaction."""

    source_id: int
    url: str
    etag: str | None
    last_modified: str | None


@dataclass(frozen=True, slots=True)
class SourceAnswer:
    """What came back for one source: an answer, or why there is none."""

    source_id: int
    fetched: Fetched | None
    error: Message | None = None


@dataclass(frozen=True, slots=True)
class SourceResult:
    """What a refresh did to the courses of one source."""

    source_id: int
    centre_id: int
    created: int = 0
    changed: int = 0
    refused: int = 0
    error: Message | None = None


def list_sources(session: Session, centre: Centre) -> list[CourseSource]:
    """The calendars that a centre follows, by school."""
    return list(
        session.scalars(
            select(CourseSource).where(CourseSource.centre_id == centre.id).order_by(CourseSource.school)
        )
    )


def find_source(session: Session, centre: Centre, source_id: int) -> CourseSource:
    """A calendar that this centre follows."""
    source = session.scalar(
        select(CourseSource).where(CourseSource.id == source_id, CourseSource.centre_id == centre.id)
    )
    if source is None:
        raise NotFoundError("course_source")
    return source


def address_of(source: CourseSource) -> SourceAddress:
    """What is needed to fetch a source."""
    return SourceAddress(source.id, source.url, source.etag, source.last_modified)


def remove_source(session: Session, source: CourseSource) -> None:
    """Stop following a calendar; its courses stay as they are."""
    session.execute(update(Course).where(Course.source_id == source.id).values(source_id=None))
    session.delete(source)
    session.flush()


def source_addresses(session: Session) -> list[SourceAddress]:
    """All sources, those longest not fetched first."""
    rows = session.scalars(
        select(CourseSource).order_by(
            CourseSource.fetched_at.is_not(None), CourseSource.fetched_at, CourseSource.id
        )
    )
    return [address_of(row) for row in rows]


def fetch_sources(
    addresses: Iterable[SourceAddress], limits: FetchLimits, fetcher: Fetcher = fetch
) -> list[SourceAnswer]:
    """Fetch every source; touches no database, so that no transaction waits for the network."""
    answers = []
    for address in addresses:
        try:
            fetched = fetcher(address.url, limits, etag=address.etag, last_modified=address.last_modified)
            answers.append(SourceAnswer(address.source_id, fetched))
        except InvalidInputError as error:
            answers.append(SourceAnswer(address.source_id, None, error.text))
    return answers


def store_answers(session: Session, answers: Iterable[SourceAnswer], now: datetime) -> list[SourceResult]:
    """Bring courses up to date with what was fetched.

    One source that fails leaves its courses as they are, keeps its reason in ``error``, and does
    not touch the others.
    """
    results = []
    for answer in answers:
        source = session.get(CourseSource, answer.source_id)
        if source is None:
            continue
        centre = session.get_one(Centre, source.centre_id)
        try:
            with session.begin_nested():
                results.append(_store(session, centre, source, answer, now))
                session.flush()
        except InvalidInputError as error:
            source.error = str(error.text)[:300]
            source.fetched_at = now
            results.append(SourceResult(source.id, centre.id, error=error.text))
    session.flush()
    return results


def _store(
    session: Session, centre: Centre, source: CourseSource, answer: SourceAnswer, now: datetime
) -> SourceResult:
    if answer.fetched is None:
        raise InvalidInputError(answer.error or N_("Le serveur de l'école ne peut pas être joint."))
    source.fetched_at, source.error = now, None
    if answer.fetched.content is None:
        return SourceResult(source.id, centre.id)
    zone = ZoneInfo(centre.timezone)
    today = now.astimezone(zone).date()
    free_days = school_free_days(session, centre, today)
    reading = read_calendar(answer.fetched.content, source.school, zone, today, free_days)
    preview = preview_calendar(session, centre, reading, source.school, source.id)
    write_courses(session, centre, preview, source.id)
    source.etag, source.last_modified = answer.fetched.etag, answer.fetched.last_modified
    counts = preview.counts
    return SourceResult(
        source.id,
        centre.id,
        created=counts[Outcome.CREATE],
        changed=counts[Outcome.CHANGE],
        refused=counts[Outcome.REFUSE],
    )


def refresh_course_sources(
    session: Session, now: datetime, limits: FetchLimits | None = None
) -> list[SourceResult]:
    """Fetch all sources and bring their courses up to date, for a clock job; flushes, never commits.

    A job that shares its database with web requests calls the three steps in transactions of
    their own: ``source_addresses``, ``fetch_sources``, ``store_answers``.
    """
    answers = fetch_sources(source_addresses(session), limits or FetchLimits())
    return store_answers(session, answers, now)


def add_source(
    session: Session, centre: Centre, school: str, url: str, fetched: Fetched, now: datetime
) -> CourseSource:
    """The source of a school's address, new or known; flushes, never commits."""
    address = str(check_address(url))
    if len(address) > 500:
        raise InvalidInputError(N_("Cette adresse dépasse 500 caractères."))
    source = session.scalar(
        select(CourseSource).where(CourseSource.centre_id == centre.id, CourseSource.url == address)
    )
    if source is None:
        source = CourseSource(centre_id=centre.id, url=address)
        session.add(source)
    source.school, source.fetched_at, source.error = school, now, None
    source.etag, source.last_modified = fetched.etag, fetched.last_modified
    session.flush()
    return source

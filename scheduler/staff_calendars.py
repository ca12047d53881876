"""The own calendars of staff: following one, and replacing the busy times it gave."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from scheduler.busy_times import Busy, read_busy, window
from scheduler.caldav_fetch import CaldavAccount, fetch_caldav
from scheduler.errors import InvalidInputError
from scheduler.fetch import FetchLimits, check_address, fetch, redacted
from scheduler.message import N_, Message
from scheduler.models import BusyPeriod, CalendarKind, Centre, StaffCalendar, StaffMember
from scheduler.secret_box import seal, unseal

#: ``BusyPeriod.source`` of what a calendar gave.
SOURCE = "calendar"

#: How old the busy times may grow before they are read again.
READ_AGAIN = timedelta(minutes=25)

#: How many calendars one round of the job reads.
BATCH = 40


@dataclass(frozen=True, slots=True)
class CalendarAddress:
    """What is needed to read one calendar, outside any transaction."""

    calendar_id: int
    kind: CalendarKind
    url: str
    username: str
    sealed: str = field(repr=False)
    etag: str | None
    timezone: str


@dataclass(frozen=True, slots=True)
class CalendarAnswer:
    """What one calendar gave: busy times, ``None`` if they are still the same, or an error."""

    address: CalendarAddress
    busy: list[Busy] | None
    etag: str | None = None
    error: Message | None = None


def calendar_of(session: Session, staff_id: int) -> StaffCalendar | None:
    """Return where somebody's own calendar is, if it is followed."""
    return session.scalar(select(StaffCalendar).where(StaffCalendar.staff_id == staff_id))


def follow_calendar(
    session: Session,
    member: StaffMember,
    kind: CalendarKind,
    url: str,
    secret_key: str,
    *,
    username: str = "",
    password: str = "",
) -> StaffCalendar:
    """Follow somebody's own calendar from now on, in place of any other; the next refresh reads it.

    Raises
    ------
    InvalidInputError
        If the address is none, or a CalDAV account has no name or password.
    """
    try:
        target = check_address(url)
    except InvalidInputError as error:
        raise InvalidInputError(error.text, "url") from None
    row = calendar_of(session, member.id)
    if kind is CalendarKind.ICS:
        shown, secret, username = redacted(str(target)), seal(str(target), secret_key), ""
    else:
        if target.userinfo:
            raise InvalidInputError(N_("Donnez le nom et le mot de passe à part de l'adresse."), "url")
        shown = str(target)
        if not username:
            raise InvalidInputError(N_("Donnez le nom d'utilisateur."), "username")
        if not password:
            raise InvalidInputError(N_("Donnez le mot de passe d'application."), "password")
        secret = seal(password, secret_key)
    if len(shown) > 500 or len(secret) > 2000:
        raise InvalidInputError(N_("Cette adresse est trop longue."), "url")
    if row is None:
        row = StaffCalendar(centre_id=member.centre_id, staff_id=member.id)
        session.add(row)
    row.kind, row.url, row.username, row.secret = kind, shown, username, secret
    row.etag = row.fetched_at = row.tried_at = row.error = None
    session.flush()
    return row


def leave_calendar(session: Session, row: StaffCalendar) -> None:
    """Stop following a calendar; the busy times it gave go with it."""
    _drop_busy(session, row)
    session.delete(row)
    session.flush()


def due_calendars(session: Session, now: datetime) -> list[CalendarAddress]:
    """Return the calendars to be read again, those longest not tried first."""
    query = (
        select(StaffCalendar, Centre.timezone)
        .join(Centre, Centre.id == StaffCalendar.centre_id)
        .join(StaffCalendar.staff)
        .where(
            StaffMember.active,
            or_(StaffCalendar.tried_at.is_(None), StaffCalendar.tried_at <= now - READ_AGAIN),
        )
        .order_by(StaffCalendar.tried_at.is_not(None), StaffCalendar.tried_at, StaffCalendar.id)
        .limit(BATCH)
    )
    found = []
    for row, timezone in session.execute(query):
        zone = ZoneInfo(timezone)
        # The window moves every day: what did not change must still be read once a day.
        today = row.fetched_at is not None and (
            row.fetched_at.astimezone(zone).date() == now.astimezone(zone).date()
        )
        found.append(
            CalendarAddress(
                row.id,
                CalendarKind(row.kind),
                row.url,
                row.username,
                row.secret,
                row.etag if today else None,
                timezone,
            )
        )
    return found


def read_calendars(
    addresses: Iterable[CalendarAddress], secret_key: str, now: datetime, limits: FetchLimits
) -> list[CalendarAnswer]:
    """Read every calendar; touches no database, so that no transaction waits for the network."""
    answers = []
    for address in addresses:
        try:
            answers.append(_read(address, secret_key, now, limits))
        except InvalidInputError as error:
            answers.append(CalendarAnswer(address, None, error=error.text))
    return answers


def _read(address: CalendarAddress, secret_key: str, now: datetime, limits: FetchLimits) -> CalendarAnswer:
    secret = unseal(address.sealed, secret_key)
    zone = ZoneInfo(address.timezone)
    if address.kind is CalendarKind.CALDAV:
        account = CaldavAccount(address.url, address.username, secret)
        return CalendarAnswer(
            address, read_busy(fetch_caldav(account, *window(now, zone), limits), zone, now)
        )
    fetched = fetch(secret, limits, etag=address.etag)
    if fetched.content is None:
        return CalendarAnswer(address, None, address.etag)
    return CalendarAnswer(address, read_busy([fetched.content], zone, now), fetched.etag)


def store_busy(session: Session, answers: Iterable[CalendarAnswer], now: datetime) -> int:
    """Replace the busy times of the calendars that could be read; return how many could not.

    A calendar that failed keeps its busy times and says why. One that was changed or left while it was
    being read is passed over.
    """
    failed = 0
    for answer in answers:
        row = session.get(StaffCalendar, answer.address.calendar_id)
        if row is None or row.secret != answer.address.sealed:
            continue
        row.tried_at = now
        if answer.error is not None:
            row.error = str(answer.error)[:300]
            failed += 1
            continue
        row.fetched_at, row.error = now, None
        if answer.busy is not None:
            row.etag = answer.etag
            _drop_busy(session, row)
            session.add_all(
                BusyPeriod(
                    centre_id=row.centre_id,
                    staff_id=row.staff_id,
                    starts_at=starts_at,
                    ends_at=ends_at,
                    source=SOURCE,
                )
                for starts_at, ends_at in answer.busy
            )
    session.flush()
    return failed


def _drop_busy(session: Session, row: StaffCalendar) -> None:
    session.execute(
        delete(BusyPeriod).where(BusyPeriod.staff_id == row.staff_id, BusyPeriod.source == SOURCE)
    )

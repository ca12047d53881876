"""A centre's own past attendances as visits, and the risk of those to come."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from notifications.models import RiskFit
from notifications.risk.evaluation import Evaluation, TooFewError, evaluate
from notifications.risk.model import Fit, Rule, fit_rule, predict
from notifications.risk.reasons import Past, reasons_of
from notifications.risk.visits import Visit, as_columns
from scheduler import settings
from scheduler.attendance import THERE
from scheduler.message import Message
from scheduler.models import (
    AbsenceReason,
    Answer,
    AttendanceRecord,
    AttendanceState,
    Centre,
    GroupSession,
    Plan,
)

#: How far back attendances are looked at.
LOOK_BACK: Final = timedelta(days=730)

#: A session this close to an announced absence may be missed for the same reason.
CLOSE_DAYS: Final = 7

#: A rule older than this is made again when it is needed, should the nightly job not run.
FRESH: Final = timedelta(days=8)


@dataclass(frozen=True, slots=True)
class Risk:
    """The chance, from 0 to 1, that somebody misses a session, and the facts behind it.

    For offering help only: nothing may be decided about a person by it (docs/risk.md).
    """

    chance: float
    reasons: tuple[Message, ...]
    rule: Rule


@dataclass(frozen=True, slots=True)
class Row:
    """One attendance as it is needed here; ``missed`` is ``None`` when unknown or excused."""

    participant_id: int
    uid: str
    starts_at: datetime
    booked_at: datetime | None
    missed: bool | None
    announced_on: date | None


def risk_of(
    session: Session, centre: Centre, pairs: Iterable[tuple[int, str]], now: datetime
) -> dict[tuple[int, str], Risk]:
    """Return the risk of each (participant, session) to come; a fixed number of queries.

    Pairs whose session is not known, people who asked to be left out, and a centre that has switched this
    off give nothing.
    """
    left_out = settings.not_estimated(centre)
    wanted = {(person, uid) for person, uid in pairs if person not in left_out}
    if not wanted or not settings.absence_risk(centre):
        return {}
    fit = stored_fit(session, centre, now) or _counts(session, centre, now)
    people = {person for person, _uid in wanted}
    past = read_past(session, centre, now, people)
    coming = _coming(session, centre, {uid for _person, uid in wanted})
    asked = [
        Row(person, uid, coming[uid][0], coming[uid][1], None, None)
        for person, uid in sorted(wanted)
        if uid in coming
    ]
    # A session of today is foreseen like those after it: by what was known before today.
    rows = [row for row in past if (row.participant_id, row.uid) not in wanted] + asked
    zone = ZoneInfo(centre.timezone)
    given = _visits(rows, zone)
    visits = as_columns(given)
    chances = predict(fit, visits, whole_centre=False)
    chance_of = {int(place): float(chance) for place, chance in zip(visits.order, chances, strict=True)}
    known: dict[int, list[Past]] = defaultdict(list)
    for row in past:
        if row.missed is not None:
            known[row.participant_id].append(Past(row.starts_at.astimezone(zone).date(), row.missed))
    found = {}
    for place, row in enumerate(asked, start=len(rows) - len(asked)):
        wall = row.starts_at.astimezone(zone)
        found[row.participant_id, row.uid] = Risk(
            chance_of[place],
            reasons_of(
                fit,
                [each for each in known[row.participant_id] if each.day < wall.date()],
                wall.date(),
                wall.hour + wall.minute / 60,
                row.booked_at.astimezone(zone).date() if row.booked_at else None,
                announced=given[place].announced,
            ),
            fit.rule,
        )
    return found


def _counts(session: Session, centre: Centre, now: datetime) -> Fit:
    """Return plain counts, until the nightly job has made a rule: nobody waits for the model."""
    visits = as_columns(_visits(read_past(session, centre, now), ZoneInfo(centre.timezone)))
    return fit_rule(visits.where(visits.known), Rule.COUNTS)


def store_fit(
    session: Session, centre: Centre, fit: Fit, evaluation: Evaluation | None, now: datetime
) -> RiskFit:
    """Keep a rule in place of the last one."""
    row = session.scalars(select(RiskFit).where(RiskFit.centre_id == centre.id)).one_or_none()
    if row is None:
        row = RiskFit(centre_id=centre.id)
        session.add(row)
    row.fit, row.evaluation = fit.as_json(), evaluation.as_json() if evaluation else None
    row.fitted_at = now
    session.flush()
    return row


def forget_fit(session: Session, centre: Centre) -> None:
    """Drop a centre's rule, for a centre that has switched it off."""
    for row in session.scalars(select(RiskFit).where(RiskFit.centre_id == centre.id)):
        session.delete(row)
    session.flush()


@dataclass(frozen=True, slots=True)
class Kept:
    """A rule as it is kept, and how it was judged."""

    fit: Fit
    evaluation: Evaluation | None
    fitted_at: datetime


def kept_fit(session: Session, centre: Centre) -> Kept | None:
    """Return the rule kept for a centre, however old."""
    row = session.scalars(select(RiskFit).where(RiskFit.centre_id == centre.id)).one_or_none()
    if row is None:
        return None
    evaluation = Evaluation.from_json(row.evaluation) if row.evaluation else None
    return Kept(Fit.from_json(row.fit), evaluation, row.fitted_at)


def stored_fit(session: Session, centre: Centre, now: datetime) -> Fit | None:
    """Return the rule kept, unless it is too old."""
    kept = kept_fit(session, centre)
    return kept.fit if kept is not None and now - kept.fitted_at < FRESH else None


def choose(rows: list[Row], zone: ZoneInfo) -> tuple[Fit, Evaluation | None]:
    """Return the rule to go by and how it was judged.

    It is the model where this was closer to the later part of the past than one rate for everybody and than
    plain counts; else plain counts.
    """
    visits = as_columns(_visits(rows, zone))
    visits = visits.where(visits.known)
    try:
        model, counts = evaluate(visits, rule=Rule.MODEL), evaluate(visits, rule=Rule.COUNTS)
    except TooFewError:
        return fit_rule(visits, Rule.COUNTS), None
    if model.beats_base_rate and model.brier <= counts.brier:
        return fit_rule(visits, Rule.MODEL), model
    return fit_rule(visits, Rule.COUNTS), counts


def read_past(
    session: Session, centre: Centre, now: datetime, people: Collection[int] | None = None
) -> list[Row]:
    """Return what was marked or answered, in order of time, of some people or of all; two queries.

    Nothing of those who asked to be left out.
    """
    record: Any = AttendanceRecord
    where = [record.centre_id == centre.id, record.starts_at >= now - LOOK_BACK]
    if left_out := settings.not_estimated(centre):
        where.append(record.participant_id.not_in(left_out))
    if people is not None:
        where.append(record.participant_id.in_(people))
    held = select(record.session_uid).where(*where)
    booked = _published(session, centre, GroupSession.uid.in_(held) if people is not None else True)
    query = (
        select(
            record.participant_id,
            record.session_uid,
            record.starts_at,
            record.state,
            AbsenceReason.excused,
            record.answer,
            record.answered_at,
        )
        .outerjoin(AbsenceReason, AbsenceReason.id == record.reason_id)
        .where(*where)
        .order_by(record.starts_at, record.id)
    )
    zone = ZoneInfo(centre.timezone)
    rows = []
    for person, uid, starts_at, state, accepted, answer, answered_at in session.execute(query):
        excused = state == AttendanceState.EXCUSED or (state == AttendanceState.ABSENT and accepted)
        announced = starts_at if excused else answered_at if answer == Answer.NOT_COMING else None
        missed = (
            False if state in THERE else True if state == AttendanceState.ABSENT and not excused else None
        )
        over = starts_at <= now
        rows.append(
            Row(
                person,
                uid,
                starts_at,
                booked.get(uid, (None, None))[1],
                missed if over else None,
                announced.astimezone(zone).date() if announced else None,
            )
        )
    return rows


def _coming(
    session: Session, centre: Centre, uids: Collection[str]
) -> dict[str, tuple[datetime, datetime | None]]:
    """Return when each session starts in the newest published version, and since when it is announced."""
    found = _published(session, centre, GroupSession.uid.in_(uids))
    return {uid: (starts, booked) for uid, (starts, booked) in found.items() if starts is not None}


def _published(
    session: Session, centre: Centre, where: Any
) -> dict[str, tuple[datetime | None, datetime | None]]:
    first = (
        select(
            GroupSession.uid,
            func.min(Plan.published_at).label("booked_at"),
            func.max(Plan.publication).label("last"),
        )
        .join(GroupSession.plan)
        .where(GroupSession.centre_id == centre.id, Plan.publication.is_not(None), where)
        .group_by(GroupSession.uid)
        .subquery()
    )
    query = (
        select(GroupSession.uid, GroupSession.starts_at, first.c.booked_at)
        .join(GroupSession.plan)
        .join(first, (first.c.uid == GroupSession.uid) & (first.c.last == Plan.publication))
        .where(GroupSession.centre_id == centre.id)
    )
    return {uid: (starts_at, booked_at) for uid, starts_at, booked_at in session.execute(query)}


def _visits(rows: list[Row], zone: ZoneInfo) -> list[Visit]:
    return [
        Visit(
            row.participant_id,
            row.starts_at.astimezone(zone).replace(tzinfo=None),
            row.booked_at.astimezone(zone).replace(tzinfo=None) if row.booked_at else None,
            row.missed,
            announced,
        )
        for row, announced in zip(rows, _announced(rows, zone), strict=True)
    ]


def _announced(rows: list[Row], zone: ZoneInfo) -> list[bool]:
    """Tell of each session whether the person had announced another absence close to it before its day."""
    told: dict[int, list[tuple[date, date, str]]] = defaultdict(list)
    for row in rows:
        if row.announced_on is not None:
            day = row.starts_at.astimezone(zone).date()
            told[row.participant_id].append((row.announced_on, day, row.uid))
    found = []
    for row in rows:
        day = row.starts_at.astimezone(zone).date()
        found.append(
            any(
                said < day and uid != row.uid and abs((day - missed).days) <= CLOSE_DAYS
                for said, missed, uid in told.get(row.participant_id, ())
            )
        )
    return found

"""The figures of a period, added up by the database."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from scheduler import settings
from scheduler.attendance import THERE
from scheduler.levels import Levels, levels_between
from scheduler.models import (
    AbsenceReason,
    Activity,
    AttendanceRecord,
    AttendanceState,
    Centre,
    Participant,
    Programme,
    Site,
)
from scheduler.reports.rows import first_timers, names
from scheduler.reports.selection import Absence, Nationality, Period


@dataclass(slots=True)
class Part:
    """One bar of a chart: what it is of, and what it adds up to.

    ``key`` is an id, a weekday (0 a Monday), a kind or a group; ``sessions`` counts those with at
    least one person marked. ``people`` of a weekday and of a reason are not counted.
    """

    key: Any
    name: str = ""
    people: int = 0
    sessions: int = 0
    presences: int = 0
    excused: int = 0
    missed: int = 0
    minutes: int = 0

    @property
    def absences(self) -> int:
        """Absences with and without an accepted reason."""
        return self.excused + self.missed

    @property
    def expected(self) -> int:
        """Everybody who was marked."""
        return self.presences + self.absences


@dataclass(frozen=True, slots=True)
class Allocation:
    """Minutes shared out by an allocation key of so many percent; together they are all minutes."""

    percent: int
    non_eu_minutes: int
    other_minutes: int


@dataclass(frozen=True, slots=True)
class LevelStep:
    """So many people whose level was ``before`` at the start of a period and ``after`` at its end."""

    before: int
    after: int
    people: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Every figure of a period, of one programme or of all."""

    period: Period
    programme_id: int | None
    total: Part
    first_timers: int
    programmes: list[Part]
    kinds: list[Part]
    activities: list[Part]
    weekdays: list[Part]
    sites: list[Part]
    reasons: list[Part]
    reasons_by_weekday: dict[tuple[int, int], int]
    nationalities: list[Part]
    allocation: Allocation | None
    spoken: list[LevelStep]
    written: list[LevelStep]


class _Group(NamedTuple):
    """What the database counts of one session: those with the same state and reason."""

    uid: str
    programme_id: int
    activity_id: int
    site_id: int
    state: str
    reason_id: int | None
    starts_at: datetime
    people: int
    minutes: int


@dataclass(slots=True)
class _Sum:
    """Adds groups up, and knows which sessions they were of."""

    part: Part
    uids: set[str] = field(default_factory=set)

    def add(self, group: _Group, counts_as: Absence) -> None:
        self.uids.add(group.uid)
        self.part.minutes += group.minutes
        if counts_as is Absence.THERE:
            self.part.presences += group.people
        elif counts_as is Absence.EXCUSED:
            self.part.excused += group.people
        else:
            self.part.missed += group.people

    def close(self) -> Part:
        self.part.sessions = len(self.uids)
        return self.part


def make_report(session: Session, centre: Centre, period: Period, programme_id: int | None = None) -> Report:
    """Return the figures of a period in a fixed number of queries.

    People are counted where they were there at least once.

    Parameters
    ----------
    programme_id : int, optional
        Only this programme; the allocation key is then the programme's own, if it has one.
    """
    groups = _groups(session, centre, period, programme_id)
    people = _people(session, centre, period, programme_id)
    zone = ZoneInfo(centre.timezone)
    reasons = {row.id: row for row in session.scalars(_of(AbsenceReason, centre))}
    activities = {row.id: row for row in session.scalars(_of(Activity, centre))}
    total = _Sum(Part("total"))
    tables: dict[str, dict[Hashable, _Sum]] = defaultdict(dict)
    by_reason_and_day: Counter[tuple[int, int]] = Counter()

    def add(table: str, key: Hashable, group: _Group, counts_as: Absence) -> None:
        if key not in tables[table]:
            tables[table][key] = _Sum(Part(key))
        tables[table][key].add(group, counts_as)

    for group in groups:
        reason = reasons.get(group.reason_id or 0)
        counts_as = Absence.of(group.state, reason.excused if reason else None)
        weekday = group.starts_at.astimezone(zone).weekday()
        total.add(group, counts_as)
        add("programme", group.programme_id, group, counts_as)
        add("kind", activities[group.activity_id].kind, group, counts_as)
        add("activity", group.activity_id, group, counts_as)
        add("weekday", weekday, group, counts_as)
        add("site", group.site_id, group, counts_as)
        if counts_as is not Absence.THERE:
            add("reason", group.reason_id or 0, group, counts_as)
            by_reason_and_day[group.reason_id or 0, weekday] += group.people
    closed = {table: [each.close() for each in parts.values()] for table, parts in tables.items()}
    _count_people(closed, people, activities)
    whole = total.close()
    whole.people = len({person for person, *_rest in people})
    steps = levels_between(
        session, centre.id, period.first_day, period.last_day, {person for person, *_rest in people}
    )
    return Report(
        period=period,
        programme_id=programme_id,
        total=whole,
        first_timers=len(first_timers(session, centre, period, programme_id)),
        programmes=_named(closed.get("programme", []), names(session, Programme, centre.id)),
        kinds=_largest(closed.get("kind", [])),
        activities=_named(closed.get("activity", []), {k: row.name for k, row in activities.items()}),
        weekdays=sorted(closed.get("weekday", []), key=lambda part: int(part.key)),
        sites=_named(closed.get("site", []), names(session, Site, centre.id)),
        reasons=_named(closed.get("reason", []), {k: row.name for k, row in reasons.items()}),
        reasons_by_weekday=dict(by_reason_and_day),
        nationalities=_nationalities(session, centre, people),
        allocation=_allocation(session, centre, programme_id, whole.minutes),
        spoken=_steps(steps.values(), 0),
        written=_steps(steps.values(), 1),
    )


def share(minutes: int, percent: int) -> int:
    """Return so many percent of some minutes, half a minute up."""
    return (minutes * percent + 50) // 100


def _of(model: Any, centre: Centre) -> Any:
    return select(model).where(model.centre_id == centre.id)


def _groups(session: Session, centre: Centre, period: Period, programme_id: int | None) -> Iterable[_Group]:
    record = AttendanceRecord
    first, end = period.instants(centre)
    query = (
        select(
            record.session_uid,
            record.programme_id,
            record.activity_id,
            record.site_id,
            record.state,
            record.reason_id,
            func.min(record.starts_at),
            func.count(),
            func.sum(record.attended_minutes),
        )
        .where(
            record.centre_id == centre.id,
            record.starts_at >= first,
            record.starts_at < end,
            record.state != AttendanceState.UNMARKED,
        )
        .group_by(
            record.session_uid,
            record.programme_id,
            record.activity_id,
            record.site_id,
            record.state,
            record.reason_id,
        )
    )
    if programme_id is not None:
        query = query.where(record.programme_id == programme_id)
    for row in session.execute(query):
        yield _Group(row[0], row[1], row[2], row[3], row[4], row[5], row[6], int(row[7]), int(row[8]))


def _people(
    session: Session, centre: Centre, period: Period, programme_id: int | None
) -> list[tuple[int, int, int, int, int]]:
    """Return (person, activity, site, presences, minutes) of those who were there."""
    record = AttendanceRecord
    first, end = period.instants(centre)
    query = (
        select(
            record.participant_id,
            record.activity_id,
            record.site_id,
            func.count(),
            func.sum(record.attended_minutes),
        )
        .where(
            record.centre_id == centre.id,
            record.starts_at >= first,
            record.starts_at < end,
            record.state.in_(sorted(THERE)),
        )
        .group_by(record.participant_id, record.activity_id, record.site_id)
    )
    if programme_id is not None:
        query = query.where(record.programme_id == programme_id)
    return [(row[0], row[1], row[2], int(row[3]), int(row[4])) for row in session.execute(query)]


def _count_people(
    tables: dict[str, list[Part]],
    people: list[tuple[int, int, int, int, int]],
    activities: dict[int, Activity],
) -> None:
    seen: dict[tuple[str, Any], set[int]] = defaultdict(set)
    for person, activity_id, site_id, _presences, _minutes in people:
        activity = activities[activity_id]
        seen["programme", activity.programme_id].add(person)
        seen["kind", activity.kind].add(person)
        seen["activity", activity_id].add(person)
        seen["site", site_id].add(person)
    for table, parts in tables.items():
        for part in parts:
            part.people = len(seen[table, part.key])


def _nationalities(
    session: Session, centre: Centre, people: list[tuple[int, int, int, int, int]]
) -> list[Part]:
    groups = {
        person: Nationality.of(eu_national)
        for person, eu_national in session.execute(
            select(Participant.id, Participant.eu_national).where(Participant.centre_id == centre.id)
        )
    }
    parts = {group: Part(group) for group in Nationality}
    seen: dict[Nationality, set[int]] = defaultdict(set)
    for person, _activity, _site, presences, minutes in people:
        part = parts[groups[person]]
        part.presences += presences
        part.minutes += minutes
        seen[groups[person]].add(person)
    for group, part in parts.items():
        part.people = len(seen[group])
    return list(parts.values())


def _allocation(
    session: Session, centre: Centre, programme_id: int | None, minutes: int
) -> Allocation | None:
    """Return the minutes by the programme's own key, or else by the centre's."""
    percent = settings.allocation_percent(centre)
    if programme_id is not None:
        programme = session.scalars(
            select(Programme).where(Programme.centre_id == centre.id, Programme.id == programme_id)
        ).one()
        own = [rule["params"]["percent"] for rule in programme.rules if rule.get("kind") == "allocation_key"]
        percent = int(own[0]) if own else percent
    if percent is None:
        return None
    non_eu = share(minutes, percent)
    return Allocation(percent, non_eu, minutes - non_eu)


def _steps(levels: Iterable[tuple[Levels, Levels]], which: int) -> list[LevelStep]:
    counted = Counter((before[which], after[which]) for before, after in levels)
    return [LevelStep(before, after, people) for (before, after), people in sorted(counted.items())]


def _named(parts: list[Part], known: dict[int, str]) -> list[Part]:
    for part in parts:
        part.name = known.get(part.key, "")
    return _largest(parts)


def _largest(parts: list[Part]) -> list[Part]:
    return sorted(parts, key=lambda part: (-part.expected, str(part.name or part.key)))

"""Looking after people before they drop out: a rule raises a task, a person decides what follows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler.attendance import THERE
from scheduler.errors import InvalidInputError
from scheduler.message import N_
from scheduler.models import (
    AbsenceReason,
    AttendanceRecord,
    AttendanceState,
    Centre,
    Participant,
    Task,
    WatchRule,
)
from scheduler.records import change, check_version

#: Kind of the task that asks a worker to look after somebody.
WATCH = "watch"

#: Fewest sessions a share is taken of: half of two says nothing.
FEWEST_SESSIONS = 4

#: How far back a row of missed sessions is looked for.
LOOK_BACK = timedelta(days=120)

#: Days that a worker has before the task counts as overdue.
DUE_DAYS = 7

#: Kind, sessions missed, percent, days.
DEFAULTS = (("in_a_row", 3, 50, 30), ("share", 3, 50, 30))


@dataclass(frozen=True, slots=True)
class Turn:
    """One session of a person that counts for the rules."""

    uid: str
    starts_at: datetime
    missed: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that is met by a person; ``occurrence`` is the session with which it began."""

    rule: WatchRule
    participant_id: int
    occurrence: str
    missed: int
    of: int
    since: datetime


@dataclass(frozen=True, slots=True)
class _Raised:
    state: str
    uid: str | None
    created_at: datetime


def install_rules(session: Session, centre_id: int) -> None:
    """Give a centre the usual rules, if it has none."""
    if session.scalar(select(WatchRule.id).where(WatchRule.centre_id == centre_id).limit(1)) is None:
        session.add_all(
            WatchRule(centre_id=centre_id, kind=kind, missed=missed, percent=percent, days=days)
            for kind, missed, percent, days in DEFAULTS
        )
        session.flush()


def list_rules(session: Session, centre_id: int) -> list[WatchRule]:
    """Return the rules of a centre, those that are off too."""
    query = select(WatchRule).where(WatchRule.centre_id == centre_id).order_by(WatchRule.kind, WatchRule.id)
    return list(session.scalars(query))


def change_rule(
    session: Session, rule: WatchRule, values: Mapping[str, Any], version: int | None
) -> list[str]:
    """Change a rule and return the names of the columns that differ.

    Raises
    ------
    StaleError
        If somebody else changed it since ``version``.
    InvalidInputError
        On the number that cannot be.
    """
    check_version(rule, version)
    for name, low, high in (("missed", 1, 20), ("percent", 1, 100), ("days", 7, 120)):
        if name in values and not low <= values[name] <= high:
            raise InvalidInputError(
                N_("Choisissez un nombre de %(low)s à %(high)s.", low=low, high=high), name
            )
    changed = change(rule, values)
    session.flush()
    return changed


def look_after(session: Session, centre: Centre, now: datetime) -> list[Task]:
    """Raise a task for every person who meets a rule, once per occurrence, for their referent.

    Nothing else follows from a rule. A fixed number of queries.
    """
    rules = [rule for rule in list_rules(session, centre.id) if rule.active]
    if not rules:
        return []
    turns = _turns(session, centre.id, now - LOOK_BACK, now)
    known = _known(session, centre.id)
    query = select(Participant.id, Participant.referent_id).where(
        Participant.centre_id == centre.id, Participant.active
    )
    referents = {row[0]: row[1] for row in session.execute(query)}
    raised = []
    for finding in find_all(rules, turns, now):
        person = finding.participant_id
        if person not in referents or _was_raised(finding, known[person], now):
            continue
        known[person].append(_Raised("open", finding.occurrence, now))
        task = Task(
            centre_id=centre.id,
            kind=WATCH,
            participant_id=person,
            session_uid=finding.occurrence,
            assigned_to_id=referents[person],
            facts={
                "rule": finding.rule.id,
                "kind": finding.rule.kind,
                "missed": finding.missed,
                "of": finding.of,
                "since": finding.since.isoformat(),
            },
            due_on=now.date() + timedelta(days=DUE_DAYS),
            created_at=now,
        )
        session.add(task)
        raised.append(task)
    session.flush()
    return raised


def find_all(rules: list[WatchRule], turns: Mapping[int, list[Turn]], now: datetime) -> Iterator[Finding]:
    """Yield every rule that holds for somebody now; ``turns`` are in order of time."""
    for person, held in turns.items():
        for rule in rules:
            finding = (
                _in_a_row(rule, person, held) if rule.kind == "in_a_row" else _share(rule, person, held, now)
            )
            if finding is not None:
                yield finding


def _in_a_row(rule: WatchRule, person: int, held: list[Turn]) -> Finding | None:
    """Return the row of missed sessions that lasts until now, if it is long enough."""
    row: list[Turn] = []
    for turn in reversed(held):
        if not turn.missed:
            break
        row.append(turn)
    if len(row) < rule.missed:
        return None
    first = row[-1]
    return Finding(rule, person, first.uid, len(row), len(row), first.starts_at)


def _share(rule: WatchRule, person: int, held: list[Turn], now: datetime) -> Finding | None:
    """Return the sessions missed in the last days, if they are at least the rule's share."""
    window = [turn for turn in held if turn.starts_at >= now - timedelta(days=rule.days)]
    missed = [turn for turn in window if turn.missed]
    if len(window) < FEWEST_SESSIONS or 100 * len(missed) < rule.percent * len(window):
        return None
    return Finding(rule, person, missed[0].uid, len(missed), len(window), missed[0].starts_at)


def _was_raised(finding: Finding, before: list[_Raised], now: datetime) -> bool:
    """Tell whether a worker already heard of this: a task is open, or was raised for the same absences.

    A row is known by the session with which it began; a share by the days it was taken over.
    """
    if any(each.state == "open" for each in before):
        return True
    if finding.rule.kind == "in_a_row":
        return any(each.uid == finding.occurrence for each in before)
    return any(each.created_at > now - timedelta(days=finding.rule.days) for each in before)


def _turns(session: Session, centre_id: int, since: datetime, now: datetime) -> dict[int, list[Turn]]:
    """Return by person the sessions that count: attended, or missed without an accepted reason.

    An excused absence neither counts nor ends a row.
    """
    query = (
        select(
            AttendanceRecord.participant_id,
            AttendanceRecord.session_uid,
            AttendanceRecord.starts_at,
            AttendanceRecord.state,
            AbsenceReason.excused,
        )
        .outerjoin(AbsenceReason, AbsenceReason.id == AttendanceRecord.reason_id)
        .where(
            AttendanceRecord.centre_id == centre_id,
            AttendanceRecord.starts_at >= since,
            AttendanceRecord.starts_at < now,
            AttendanceRecord.state.in_([*THERE, AttendanceState.ABSENT]),
        )
        .order_by(AttendanceRecord.starts_at, AttendanceRecord.id)
    )
    found: dict[int, list[Turn]] = defaultdict(list)
    for person, uid, starts_at, state, excused in session.execute(query):
        missed = state == AttendanceState.ABSENT
        if not (missed and excused):
            found[person].append(Turn(uid, starts_at, missed))
    return found


def _known(session: Session, centre_id: int) -> dict[int, list[_Raised]]:
    """Return by person the tasks that rules raised before."""
    query = select(Task.participant_id, Task.state, Task.session_uid, Task.created_at).where(
        Task.centre_id == centre_id, Task.kind == WATCH, Task.participant_id.is_not(None)
    )
    found: dict[int, list[_Raised]] = defaultdict(list)
    for person, state, uid, created_at in session.execute(query):
        found[person or 0].append(_Raised(state, uid, created_at))
    return found

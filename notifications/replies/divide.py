"""Which yes and which no is for which session, in an answer that names days or hours.

Only what can be read in one way is read: each day beside its own yes or no, all in the same order.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from notifications.replies.phrases import Found
from notifications.replies.times import Named, meant, named

#: Digits that are an answer.
DIGITS: Final = frozenset("123456789")

#: Words that deny a day; after the first of them no other day may follow in a clause, since in some
#: languages the no stands behind what it denies.
DENIES: Final = frozenset({"not", "not_after"})

BOTH: Final = "both"

#: Words between days, hours and sentences.
JOINING: Final = frozenset({"and", "but", "at"})

_MARKS: Final = DIGITS | DENIES | {"coming", "not_coming", "agreed", "crossed"}


@dataclass(frozen=True, slots=True)
class Part:
    """What is said of some of the sessions: groups of phrases, none where only the days are named."""

    said: frozenset[str]
    moments: frozenset[int]


@dataclass(frozen=True, slots=True)
class Divided:
    """The parts of an answer, and what it says beside them."""

    parts: tuple[Part, ...]
    beside: frozenset[str]


@dataclass(slots=True)
class _Run:
    """Marks in a row, or days in a row that belong together."""

    marks: list[Found]
    days: list[Named]
    both: bool = False

    @property
    def is_time(self) -> bool:
        return bool(self.days or self.both)


def names_a_time(group: str) -> bool:
    """Whether a group of phrases, or a word, names a day or an hour."""
    return named(group) is not None


def divide(
    clauses: Iterable[Sequence[Found]], silent: frozenset[str], moments: Sequence[datetime], today: date
) -> Divided | None:
    """Find out what is said of which session; ``None`` where it may be read in several ways.

    Parameters
    ----------
    silent : frozenset of str
        Groups that say nothing.
    moments : sequence of datetime
        Local beginnings of the sessions that were asked about.
    """
    beside: set[str] = set()
    found: list[Part] = []
    waiting: frozenset[int] = frozenset()
    for follows, clause in _sentences(clauses):
        runs = _runs([each for each in clause if each.group not in silent], beside)
        if runs is None:
            return None
        if waiting:
            # Only "Tuesday: yes" goes on beyond its clause.
            if follows or len(runs) != 1 or runs[0].is_time:
                return None
            runs.insert(0, _Run([], []))
        pairs = _pairs(runs)
        if pairs is None:
            return None
        for marks, days in pairs:
            at = waiting or _moments(days, marks, moments, today)
            waiting = frozenset()
            if days is None and not at:
                beside |= {each.group for each in marks}
            elif not at:
                return None
            elif marks:
                found.append(Part(_said(marks), at))
            else:
                waiting = at
    if waiting:
        found.append(Part(frozenset(), waiting))
    if not found or beside & DENIES or (any(not part.said for part in found) and len(found) > 1):
        return None
    return Divided(tuple(found), frozenset(beside))


def _sentences(clauses: Iterable[Sequence[Found]]) -> Iterator[tuple[bool, list[Found]]]:
    """Yield clauses cut at every "but", and whether one follows on a "but"."""
    for clause in clauses:
        piece: list[Found] = []
        follows = False
        for each in clause:
            if each.group == "but":
                if piece:
                    yield follows, piece
                piece, follows = [], True
            else:
                piece.append(each)
        if piece:
            yield follows, piece


def _runs(clause: Sequence[Found], beside: set[str]) -> list[_Run] | None:
    """Return marks and days by turns; what is neither is put ``beside``."""
    runs: list[_Run] = []
    joined = False
    for each in clause:
        if each.group in JOINING:
            joined = joined or each.group == "and"
            continue
        day = named(each.group)
        if day is None and each.group != BOTH:
            if each.group not in _MARKS:
                beside.add(each.group)
            elif runs and not runs[-1].is_time:
                runs[-1].marks.append(each)
            else:
                runs.append(_Run([each], []))
        elif not runs or not runs[-1].is_time:
            runs.append(_Run([], [day] if day else [], both=day is None))
        elif day is None or runs[-1].both:
            return None
        elif not joined and (whole := runs[-1].days[-1].joined(day)) is not None:
            runs[-1].days[-1] = whole
        elif joined:
            runs[-1].days.append(day)
        else:
            return None
        joined = False
    return runs


def _pairs(runs: list[_Run]) -> list[tuple[list[Found], _Run | None]] | None:
    """Return each run of days with its marks, where there is one way to pair them."""
    order = "".join("d" if run.is_time or not run.marks else "m" for run in runs)
    if order in ("", "m", "d"):
        return [(run.marks, None if order == "m" else run) for run in runs]
    if order == "mdm":
        marks = runs[0].marks + runs[2].marks
        return None if {each.group for each in marks} & DENIES else [(marks, runs[1])]
    if len(runs) % 2:
        return None
    first_days = order[0] == "d"
    pairs: list[tuple[list[Found], _Run | None]] = [
        (runs[at + first_days].marks, runs[at + (not first_days)]) for at in range(0, len(runs), 2)
    ]
    early = [marks for marks, _days in (pairs[:-1] if first_days else pairs[1:])]
    if any(_denies(marks, "not" if first_days else "not_after") for marks in early):
        return None
    # "Tuesday 2" may be the second of the month.
    if order == "dm" and runs[0].is_time and all(each.group in DIGITS for each in runs[1].marks):
        return None
    # "No, Thursday" takes back a day as well as refusing it.
    marks = pairs[0][0]
    if order == "md" and runs[1].days and len(marks) == 1 and marks[0].is_bare_no:
        return None
    return pairs


def _denies(marks: Sequence[Found], group: str) -> bool:
    return any(each.group in (group, "not_after") for each in marks)


def _moments(
    run: _Run | None, marks: Sequence[Found], moments: Sequence[datetime], today: date
) -> frozenset[int]:
    if run is None:
        return frozenset()
    if run.both:
        denied = {each.group for each in marks} & DENIES
        return frozenset(range(len(moments))) if len(moments) == 2 and not denied else frozenset()
    found = meant(run.days, moments, today)
    # "Tuesday 1" is an answer, or the first of the month.
    days_of_month = {str(moments[at].day) for at in found}
    if any(each.group in days_of_month for each in marks):
        return frozenset()
    # "Not Tuesday and Thursday" may welcome the second.
    if len(run.days) > 1 and any(each.group in DENIES for each in marks):
        return frozenset()
    return found


def _said(marks: Sequence[Found]) -> frozenset[str]:
    groups = {each.group for each in marks}
    return frozenset(groups - DENIES | ({"not_coming"} if groups & DENIES else set()))

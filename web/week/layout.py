"""From sessions to what a page draws: a grid by hour and day, or a table of lines by day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from scheduler.elsewhere import Engagement
from scheduler.models import Closure
from scheduler.models.calendar import ClosureKind
from scheduler.week import Named, WeekSession
from web.templating import local

#: From so many individual sessions in one cell on, they fold into one line.
FOLD_FROM = 3

WORKING_DAYS = 5


@dataclass(slots=True)
class Cell:
    """What starts in one hour of one day: group sessions, individual ones, times elsewhere."""

    column: int
    row: int
    groups: list[WeekSession] = field(default_factory=list)
    individual: list[WeekSession] = field(default_factory=list)
    elsewhere: list[Engagement] = field(default_factory=list)

    @property
    def folded(self) -> bool:
        """Whether the individual sessions are shown as one line that opens."""
        return len(self.individual) >= FOLD_FROM

    @property
    def empty(self) -> bool:
        """Whether nothing starts here."""
        return not (self.groups or self.individual or self.elsewhere)


@dataclass(slots=True)
class Day:
    """A column: its date, why it is closed if it is, its cells in order of time."""

    date: date
    column: int
    closed: str
    school_holiday: str
    cells: list[Cell] = field(default_factory=list)

    @property
    def count(self) -> int:
        """Number of sessions of the day."""
        return sum(len(cell.groups) + len(cell.individual) for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Grid:
    """Days as columns and the hours in which something starts as rows."""

    days: list[Day]
    hours: list[int]

    @property
    def count(self) -> int:
        """Number of sessions of the week."""
        return sum(day.count for day in self.days)


@dataclass(slots=True)
class Line:
    """A row of the table: a room or a person, its sessions by day and its minutes."""

    who: Named
    days: list[list[WeekSession]]
    minutes: int = 0
    count: int = 0


def days_of(
    dates: Sequence[date], closures: Iterable[Closure], used: Iterable[date], community: str
) -> list[Day]:
    """Return the columns of a week: Monday to Friday, and Saturday and Sunday where they are used.

    Of the school holidays, those of the Community given are told.
    """
    wanted = set(dates[:WORKING_DAYS]) | set(used)
    last = max(index for index, day in enumerate(dates) if day in wanted)
    shown = dates[: last + 1]
    days = []
    for column, day in enumerate(shown, start=1):
        here = [c for c in closures if c.starts_on <= day <= c.ends_on]
        closed = [c.name for c in here if c.kind != ClosureKind.SCHOOL_HOLIDAY and c.site_id is None]
        school = [
            c.name for c in here if c.kind == ClosureKind.SCHOOL_HOLIDAY and c.community in (community, None)
        ]
        days.append(Day(day, column, ", ".join(closed), ", ".join(school)))
    return days


def grid_of(
    days: list[Day],
    sessions: Iterable[WeekSession],
    elsewhere: Iterable[Engagement] = (),
    *,
    brief: bool = True,
) -> Grid:
    """Put sessions into the cells of their day and hour; ``brief`` keeps individual ones apart."""
    columns = {day.date: day for day in days}
    placed: dict[tuple[date, int], Cell] = {}
    sessions, elsewhere = list(sessions), list(elsewhere)
    hours = sorted({local(x.starts_at).hour for x in [*sessions, *elsewhere] if x.day in columns})
    rows = {hour: number for number, hour in enumerate(hours, start=1)}
    for day in days:
        for hour, row in rows.items():
            cell = Cell(day.column, row)
            placed[day.date, hour] = cell
            day.cells.append(cell)
    for session in sessions:
        if session.day in columns:
            cell = placed[session.day, local(session.starts_at).hour]
            (cell.individual if session.individual and brief else cell.groups).append(session)
    for engagement in elsewhere:
        if engagement.day in columns:
            placed[engagement.day, local(engagement.starts_at).hour].elsewhere.append(engagement)
    return Grid(days, hours)


def lines_of(
    days: list[Day],
    rows: Sequence[Named],
    sessions: Iterable[WeekSession],
    owners: Callable[[WeekSession], Iterable[int]],
) -> list[Line]:
    """Return one line for each row, with the sessions that belong to it day by day."""
    columns = {day.date: day.column - 1 for day in days}
    held: dict[int, list[WeekSession]] = defaultdict(list)
    for session in sessions:
        for owner in owners(session):
            held[owner].append(session)
    lines = []
    for row in rows:
        line = Line(row, [[] for _ in days])
        for session in held.get(row.id, ()):
            if session.day in columns:
                line.days[columns[session.day]].append(session)
                if not session.cancelled:
                    line.minutes += session.minutes
                    line.count += 1
        lines.append(line)
    return lines

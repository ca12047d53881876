"""Reading past attendances from a CSV file, and saying plainly which line cannot be read."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from notifications.risk.visits import Visit

COLUMNS = ("person_id", "starts_at", "booked_at", "attended")

YES = frozenset(
    {"1", "1.0", "true", "vrai", "oui", "yes", "ja", "t", "y", "o", "j", "v"}
    | {"present", "présent", "présente", "aanwezig", "attended", "show"}
)
NO = frozenset(
    {"0", "0.0", "false", "faux", "non", "no", "nee", "f", "n"}
    | {"absent", "absente", "afwezig", "missed", "no-show", "no show"}
)

#: Words that programs write where there is nothing.
NOTHING = frozenset({"", "nan", "nat", "null", "none", "na", "n/a", "#n/a"})

KNOWN = YES | NO | NOTHING

#: Complaints that are told one by one.
MOST_TOLD = 10


class TableError(ValueError):
    """A file that cannot be read; the text names the lines."""


@dataclass(frozen=True, slots=True)
class Table:
    """The visits of a file, and what was left aside: lines that repeat another one word for word, those
    that do not say whether the person came, and bookings that are dated after their visit."""

    visits: list[Visit]
    repeated: int
    untold: int
    booked_late: int


def read_table(path: Path) -> Table:
    """Return the visits of a CSV file with a heading, separated by commas, semicolons or tabs.

    Raises
    ------
    TableError
        If it is no such file, lacks a column, or has a line that cannot be read.
    """
    visits: list[Visit] = []
    seen: set[tuple[str, ...]] = set()
    complaints: list[str] = []
    bad = repeated = untold = late = 0
    rows = _rows(_text(path))
    _line, heading = next(rows, (1, []))
    places = _places(heading)
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        if tuple(cells) in seen:
            repeated += 1
            continue
        seen.add(tuple(cells))
        try:
            visit = _visit(cells, places)
        except ValueError as error:
            bad += 1
            if bad <= MOST_TOLD:
                complaints.append(f"line {line}: {error}")
            continue
        if visit.missed is None:
            untold += 1
            continue
        late += visit.booked_at is not None and visit.booked_at.date() > visit.starts_at.date()
        visits.append(visit)
    if bad:
        more = f"\n… and {bad - MOST_TOLD} more" if bad > MOST_TOLD else ""
        raise TableError("\n".join(complaints) + more)
    return Table(visits, repeated, untold, late)


def _text(path: Path) -> str:
    raw = path.read_bytes()
    if not raw.strip():
        raise TableError("the file is empty")
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TableError("the file is no text")


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    heading = text.lstrip("\r\n").partition("\n")[0]
    delimiter = max(",;\t", key=heading.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            yield reader.line_num, cells
    except csv.Error as error:
        raise TableError(f"line {reader.line_num}: {error}") from None


def _places(heading: list[str]) -> tuple[int, ...]:
    names = [name.strip().casefold() for name in heading]
    lacking = [name for name in COLUMNS if name not in names]
    if lacking:
        raise TableError(f"line 1: no column {', '.join(lacking)}; found: {', '.join(names) or 'nothing'}")
    return tuple(names.index(name) for name in COLUMNS)


def _visit(cells: list[str], places: tuple[int, ...]) -> Visit:
    if len(cells) <= max(places):
        raise ValueError(f"{len(cells)} cells, too few")
    person, starts, booked, attended = (cells[place].strip() for place in places)
    if person.casefold() in NOTHING:
        raise ValueError("person_id is empty")
    starts_at = _instant("starts_at", starts)
    booked_at = _instant("booked_at", booked) if booked.casefold() not in NOTHING else None
    if booked_at is not None and booked_at.tzinfo is not None and starts_at.tzinfo is not None:
        booked_at = booked_at.astimezone(starts_at.tzinfo)
    word = attended.casefold()
    if word not in KNOWN:
        raise ValueError(f"attended is {attended!r}, neither yes nor no")
    # From here on the clock on the wall counts: the weekday and the hour are those that people live by.
    return Visit(
        person,
        starts_at.replace(tzinfo=None),
        booked_at.replace(tzinfo=None) if booked_at is not None else None,
        None if word in NOTHING else word in NO,
    )


def _instant(name: str, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{name} is {text!r}, no ISO date and time") from None

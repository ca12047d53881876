"""A file as a table of text cells, whatever it was before, and the limits it has to keep."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import BinaryIO

from scheduler.errors import InvalidInputError
from scheduler.message import N_, Message

MAX_BYTES = 10 * 1024 * 1024
MAX_ROWS = 10_000
MAX_COLUMNS = 200
MAX_CELL_CHARS = 5_000
HEADER_SEARCH_ROWS = 20

_BLANKS = re.compile(r"[^\S\n]+")
_BREAKS = re.compile(r" ?(?:\n ?)+")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file: its number there, its cells, and what could not be read of it."""

    number: int
    cells: tuple[str, ...]
    problems: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """Headers and rows of a file, all cells as text (dates ISO, times ``09:30``)."""

    headers: tuple[str, ...]
    rows: tuple[Row, ...]
    notices: tuple[Message, ...] = field(default=())


def read_limited(stream: BinaryIO, max_bytes: int = MAX_BYTES) -> bytes:
    """Read an upload, giving up as soon as it is longer than allowed.

    Raises
    ------
    InvalidInputError
        When there are more than ``max_bytes`` bytes; no more than that is ever read.
    """
    content = stream.read(max_bytes + 1)
    check_size(len(content), max_bytes)
    return content


def check_size(size: int, max_bytes: int = MAX_BYTES) -> None:
    """Refuse a size in bytes over the limit."""
    if size > max_bytes:
        raise InvalidInputError(
            N_("Ce fichier dépasse la taille permise de %(limit)s Mo.", limit=max_bytes // (1024 * 1024))
        )


def read_table(content: bytes) -> Table:
    """Read an XLSX or CSV file; the bytes decide which, never the name.

    Raises
    ------
    InvalidInputError
        When it is neither, or breaks a limit; says what to do about it.
    """
    from scheduler.roster_import.delimited import read_csv
    from scheduler.roster_import.xlsx import read_xlsx

    check_size(len(content))
    if not content.strip():
        raise InvalidInputError(N_("Ce fichier est vide."))
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        raise InvalidInputError(
            N_(
                "Ce fichier est un ancien classeur Excel (.xls) ou un classeur protégé par un mot de passe. "
                "Enregistrez-le au format .xlsx, sans mot de passe, puis recommencez."
            )
        )
    if content.startswith(b"PK"):
        return read_xlsx(content)
    return read_csv(content)


def clean_cell(text: str) -> str:
    """A cell without blanks around it or doubled inside it; line breaks stay."""
    return _BREAKS.sub("\n", _BLANKS.sub(" ", text)).strip()


def as_table(rows: list[Row], notices: list[Message]) -> Table:
    """Find the line of headers among the first rows and check what is below it.

    Lists often begin with a title: the headers are the first row at least half as full as the
    fullest of the first ones.
    """
    rows = [row for row in rows if row.problems or any(row.cells)]
    if not rows:
        raise InvalidInputError(N_("Ce fichier ne contient aucune ligne."))
    filled = [sum(1 for cell in row.cells if cell) for row in rows[:HEADER_SEARCH_ROWS]]
    at = next(index for index, count in enumerate(filled) if count * 2 >= max(filled))
    head, body = rows[at], rows[at + 1 :]
    if head.problems:
        raise InvalidInputError(head.problems[0])
    width = max((index + 1 for index, cell in enumerate(head.cells) if cell), default=0)
    if not body:
        raise InvalidInputError(
            N_("Ce fichier ne contient que des titres de colonnes, aucune ligne en dessous.")
        )
    if at:
        notices = [
            *notices,
            N_("Les titres des colonnes ont été trouvés à la ligne %(line)s.", line=head.number),
        ]
    return Table(head.cells[:width], tuple(_fit(row, width) for row in body), tuple(notices))


def _fit(row: Row, width: int) -> Row:
    problems = list(row.problems)
    if any(row.cells[width:]):
        problems.append(
            N_(
                "Cette ligne a plus de cellules (%(count)s) que de titres (%(width)s).",
                count=len(row.cells),
                width=width,
            )
        )
    too_long = [cell for cell in row.cells if len(cell) > MAX_CELL_CHARS]
    if too_long:
        problems.append(N_("Une cellule contient plus de %(limit)s caractères.", limit=MAX_CELL_CHARS))
    cells = tuple(cell[:MAX_CELL_CHARS] for cell in row.cells[:width])
    return Row(row.number, cells + ("",) * (width - len(cells)), tuple(problems))


def refuse_too_many_rows() -> InvalidInputError:
    """The error for a file with more rows than a centre can have people."""
    return InvalidInputError(
        N_("Ce fichier a plus de %(limit)s lignes. Partagez-le en plusieurs fichiers.", limit=MAX_ROWS)
    )


def refuse_too_many_columns() -> InvalidInputError:
    """The error for a file that is too wide."""
    return InvalidInputError(N_("Ce fichier a plus de %(limit)s colonnes.", limit=MAX_COLUMNS))

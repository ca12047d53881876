"""CSV in the forms that spreadsheets of this country write it."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter

from scheduler.errors import InvalidInputError
from scheduler.message import N_, Message
from scheduler.roster_import.table import (
    MAX_COLUMNS,
    MAX_ROWS,
    Row,
    Table,
    as_table,
    clean_cell,
    refuse_too_many_columns,
    refuse_too_many_rows,
)

DELIMITERS = (";", ",", "\t", "|")
SAMPLE_RECORDS = 50

_BINARY = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_TWICE_ENCODED = re.compile(r"Ã[\x80-\xbf©¨ª«§´®¯]|â€")
_SEP_LINE = re.compile(r"\Asep=(.)\r?\n", re.IGNORECASE)


def read_csv(content: bytes) -> Table:
    """Read text with a delimiter.

    Parameters
    ----------
    content : bytes
        UTF-8 with or without BOM, UTF-16 with BOM, or Windows-1252.

    Raises
    ------
    InvalidInputError
        When it is not text, when a quotation never ends, or when it is too large.
    """
    text, notices = decode(content)
    sep_line = _SEP_LINE.match(text)
    if sep_line:
        delimiter, text, first_line = sep_line.group(1), text[sep_line.end() :], 2
    else:
        delimiter, first_line = guess_delimiter(text), 1
    rows: list[Row] = []
    filled = 0
    line = first_line
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            number, line = line, reader.line_num + first_line
            cells = [_clean(cell) for cell in cells]
            filled += any(cells)
            if filled > MAX_ROWS + 1:
                raise refuse_too_many_rows()
            if any(cells[MAX_COLUMNS:]):
                raise refuse_too_many_columns()
            rows.append(Row(number, tuple(cells[:MAX_COLUMNS]), tuple(_formulas(cells))))
    except csv.Error:
        raise InvalidInputError(
            N_(
                "La ligne %(line)s ne peut pas être lue : un guillemet y est ouvert sans être fermé, "
                "ou une cellule est trop longue.",
                line=line,
            )
        ) from None
    return as_table(rows, notices)


def decode(content: bytes) -> tuple[str, list[Message]]:
    """Text of the bytes, and what the reader should know about how it was found."""
    notices: list[Message] = []
    try:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            text = content.decode("utf-16")
        elif b"\x00" in content:
            raise _not_text()
        else:
            text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("cp1252")
        except UnicodeDecodeError:
            raise _not_text() from None
        notices.append(
            N_(
                "Le fichier n'est pas en UTF-8 ; il a été lu comme un fichier Windows. "
                "Vérifiez les accents dans l'aperçu."
            )
        )
    if _BINARY.search(text):
        raise _not_text()
    if _TWICE_ENCODED.search(text):
        notices.append(
            N_(
                "Des accents semblent abîmés (« Ã© ») : le fichier a sans doute été enregistré deux fois "
                "dans des encodages différents."
            )
        )
    return text, notices


def guess_delimiter(text: str) -> str:
    """The delimiter that cuts the first records into the same number of cells most often."""
    best, best_score = ",", 0.0
    for delimiter in DELIMITERS:
        widths: list[int] = []
        try:
            for record in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
                if any(record):
                    widths.append(len(record))
                if len(widths) == SAMPLE_RECORDS:
                    break
        except csv.Error:
            continue
        if not widths:
            continue
        width, count = Counter(widths).most_common(1)[0]
        score = 0.0 if width == 1 else count / len(widths) + min(width, MAX_COLUMNS) / 1000
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _clean(cell: str) -> str:
    cell = clean_cell(cell)
    # Our own lists of refused rows put an apostrophe before what a spreadsheet would calculate.
    return cell[1:] if len(cell) > 1 and cell[0] == "'" and cell[1] in "=+-@" else cell


def _formulas(cells: list[str]) -> list[Message]:
    return [
        N_(
            "La colonne %(column)s contient une formule (« %(formula)s ») au lieu d'une valeur.",
            column=index,
            formula=cell[:30],
        )
        for index, cell in enumerate(cells, start=1)
        if cell.startswith("=") and len(cell) > 1
    ]


def _not_text() -> InvalidInputError:
    return InvalidInputError(
        N_(
            "Ce fichier n'est ni un classeur Excel (.xlsx) ni un fichier CSV : "
            "il contient des données binaires."
        )
    )

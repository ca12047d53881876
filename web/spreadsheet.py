"""Tables as files that spreadsheets open without running anything in them."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from flask import Response
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from web.templating import local

XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

#: Signs that a sheet's name may not hold.
_SHEET_SIGNS = re.compile(r"[\[\]:*?/\\]")

#: A cell of text that starts so would be run as a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def as_csv(name: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """Return UTF-8 with a byte order mark and semicolons, as Excel in Belgium expects it.

    Text that could run as a formula gets an apostrophe in front.

    References
    ----------
    OWASP, "CSV Injection".
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";")
    for row in (headings, *rows):
        writer.writerow([_harmless(_plain(value)) for value in row])
    return _file(("\ufeff" + buffer.getvalue()).encode(), "text/csv; charset=utf-8", f"{name}.csv")


def as_xlsx(name: str, headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> Response:
    """Return a workbook of one sheet; text is stored as text, so that no cell is a formula."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(name[:31])
    sheet.freeze_panes = "A2"
    bold = Font(bold=True)
    sheet.append([_cell(sheet, heading, bold) for heading in headings])
    for row in rows:
        sheet.append([_cell(sheet, _plain(value)) for value in row])
    buffer = io.BytesIO()
    book.save(buffer)
    return _file(buffer.getvalue(), XLSX_TYPE, f"{name}.xlsx")


def as_workbook(name: str, tables: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Any]]]]) -> Response:
    """Return a workbook with a sheet for every (title, headings, rows)."""
    book = Workbook(write_only=True)
    bold = Font(bold=True)
    for title, headings, rows in tables:
        sheet = book.create_sheet(_SHEET_SIGNS.sub(" ", title)[:31])
        sheet.freeze_panes = "A2"
        sheet.append([_cell(sheet, heading, bold) for heading in headings])
        for row in rows:
            sheet.append([_cell(sheet, _plain(value)) for value in row])
    buffer = io.BytesIO()
    book.save(buffer)
    return _file(buffer.getvalue(), XLSX_TYPE, f"{name}.xlsx")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return local(value).replace(tzinfo=None, microsecond=0)
    if value is None or isinstance(value, (int, float)) or hasattr(value, "isoformat"):
        return value
    return str(value)


def _harmless(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def _cell(sheet: Any, value: Any, font: Font | None = None) -> WriteOnlyCell:
    if not isinstance(value, str):
        return WriteOnlyCell(sheet, value)
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value)[:32_767])
    cell.data_type = "s"
    if font:
        cell.font = font
    return cell


def _file(content: bytes, kind: str, filename: str) -> Response:
    response = Response(content, content_type=kind)
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.headers["Cache-Control"] = "no-store"
    return response

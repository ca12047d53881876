"""XLSX workbooks, read without trusting them."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter

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

MAX_UNPACKED_BYTES = 50 * 1024 * 1024
MAX_PARTS = 1_000
#: Size of the parts that describe the workbook (styles, names, relations), each of them.
MAX_FRAME_BYTES = 4 * 1024 * 1024
MAX_STRINGS_BYTES = 10 * 1024 * 1024
#: Cells that a sheet holds.
MAX_CELLS = 300_000
#: Cells walked over, gaps between far-apart rows and columns included.
MAX_WALKED = 1_000_000

_CELL = re.compile(rb"<(?:\w+:)?c[ />]")
_SHEETS = "xl/worksheets/sheet"
_STRINGS = "xl/sharedstrings.xml"

_FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")


def read_xlsx(content: bytes) -> Table:
    """Read the first visible worksheet that holds anything.

    Formulas are never calculated: the value that the spreadsheet program saved is taken, and a
    row with a formula that has none is marked as unreadable. Macros and links to other files
    are not followed.

    Raises
    ------
    InvalidInputError
        When the archive is damaged, unpacks to more than the limits, or is no workbook.
    """
    has_formulas = _inspect_archive(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # openpyxl warns about every extension it does not read
            return _read(content, has_formulas)
    except InvalidInputError:
        raise
    except Exception as error:  # a damaged workbook makes openpyxl fail in any way at all
        raise _unreadable() from error


def _inspect_archive(content: bytes) -> bool:
    """Check the archive before anything is parsed; tell whether a sheet holds formulas."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if "mimetype" in names and "content.xml" in names:
                raise InvalidInputError(
                    N_("Ce fichier vient de LibreOffice (.ods). Enregistrez-le au format .xlsx ou CSV.")
                )
            if "xl/workbook.xml" not in names:
                raise InvalidInputError(
                    N_("Ce fichier est une archive ou un document, pas un classeur Excel (.xlsx).")
                )
            # The declared size binds: zipfile never unpacks more than it from a part.
            if (
                len(parts) > MAX_PARTS
                or sum(part.file_size for part in parts) > MAX_UNPACKED_BYTES
                or any(_is_bloated(part) for part in parts)
            ):
                raise InvalidInputError(
                    N_(
                        "Ce classeur est refusé : décompressé, il serait démesuré. "
                        "Copiez la liste seule dans un nouveau classeur."
                    )
                )
            has_formulas = False
            for part in parts:
                if part.filename.lower().startswith(_SHEETS):
                    sheet = archive.read(part)
                    if sum(1 for _cell in _CELL.finditer(sheet)) > MAX_CELLS:
                        raise InvalidInputError(
                            N_(
                                "Cette feuille a plus de %(limit)s cellules. Ne gardez que la liste.",
                                limit=MAX_CELLS,
                            )
                        )
                    has_formulas = has_formulas or _FORMULA.search(sheet) is not None
            return has_formulas
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise _unreadable() from error


def _is_bloated(part: zipfile.ZipInfo) -> bool:
    """Whether a part that may be read besides the sheets is larger than it ever needs to be."""
    name = part.filename.lower()
    if name.startswith(_SHEETS):
        return False
    if name == _STRINGS:
        return part.file_size > MAX_STRINGS_BYTES
    # Pictures are large but hardly shrink; a sheet in disguise does.
    is_text = name.endswith((".xml", ".rels")) or part.file_size > 10 * part.compress_size
    return is_text and part.file_size > MAX_FRAME_BYTES


def _read(content: bytes, has_formulas: bool) -> Table:
    values = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    formulas = load_workbook(io.BytesIO(content), read_only=True, keep_links=False) if has_formulas else None
    try:
        chosen: list[Row] = []
        title = ""
        others = []
        for sheet in values.worksheets:
            if sheet.sheet_state != "visible":
                continue
            if chosen:
                others.append(sheet.title)
                continue
            sheet.reset_dimensions()
            twin = None
            if formulas is not None:
                twin = formulas[sheet.title]
                twin.reset_dimensions()
            chosen, title = _rows(sheet, twin), sheet.title
        notices = []
        if others:
            notices.append(
                N_(
                    "Seule la feuille « %(sheet)s » a été lue ; pas les suivantes : %(others)s.",
                    sheet=title,
                    others=", ".join(others),
                )
            )
        return as_table(chosen, notices)
    finally:
        values.close()
        if formulas is not None:
            formulas.close()


def _rows(sheet: Any, twin: Any | None) -> list[Row]:
    rows: list[Row] = []
    walked = 0
    pairs: Iterable[tuple[Any, Any]] = (
        ((cells, None) for cells in sheet.iter_rows(values_only=True))
        if twin is None
        else zip(sheet.iter_rows(values_only=True), twin.iter_rows(), strict=True)
    )
    for number, (cells, twins) in enumerate(pairs, start=1):
        walked += max(1, len(cells))
        if walked > MAX_WALKED:
            raise InvalidInputError(
                N_(
                    "Cette feuille est trop étendue : des cellules remplies y sont très éloignées les unes "
                    "des autres. Copiez la liste seule dans un nouveau classeur."
                )
            )
        texts = [_text(value) for value in cells]
        problems = list(_problems(number, cells, twins))
        if not problems and not any(texts):
            continue
        if len(rows) > MAX_ROWS:
            raise refuse_too_many_rows()
        if any(texts[MAX_COLUMNS:]):
            raise refuse_too_many_columns()
        rows.append(Row(number, tuple(texts[:MAX_COLUMNS]), tuple(problems)))
    return rows


def _problems(number: int, cells: tuple[Any, ...], twins: Any) -> Iterator[Message]:
    for index, value in enumerate(cells):
        if (
            isinstance(value, str)
            and value.startswith("#")
            and value.rstrip("!?").isupper()
            and value[-1] in "!?A"
        ):
            yield N_(
                "La cellule %(cell)s contient une erreur de calcul (%(value)s).",
                cell=_place(number, index),
                value=value,
            )
    for index, twin in enumerate(twins or ()):
        if twin.data_type == "f" and (index >= len(cells) or cells[index] is None):
            yield N_(
                "La cellule %(cell)s contient une formule sans résultat enregistré. "
                "Remplacez-la par sa valeur.",
                cell=_place(number, index),
            )


def _place(number: int, index: int) -> str:
    return f"{get_column_letter(index + 1)}{number}"


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ", "minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.strftime("%H:%M")
    if isinstance(value, timedelta):
        minutes = round(value.total_seconds() / 60)
        return f"{minutes // 60:02d}:{minutes % 60:02d}"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return clean_cell(str(value))


def _unreadable() -> InvalidInputError:
    return InvalidInputError(
        N_("Ce classeur ne peut pas être ouvert : il est abîmé ou n'est pas un classeur Excel (.xlsx).")
    )

"""Setting a sheet: data go in as JSON, never as markup, so that a name cannot be a command."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import fontpkg_noto_sans
import fontpkg_noto_sans_arabic
import typst
from babel.dates import format_date

_HERE = Path(__file__).parent

#: PDF/A-2a keeps for archives, PDF/UA-1 is read aloud; both at once.
STANDARDS: Final = ["a-2a", "ua-1"]


@cache
def _fonts() -> typst.Fonts:
    """Return Latin, Cyrillic and Greek, Arabic and Ethiopic, and nothing of the machine's own."""
    folders = [fontpkg_noto_sans.ROOT / "files", fontpkg_noto_sans_arabic.ROOT / "files", _HERE / "fonts"]
    return typst.Fonts(font_paths=folders, include_system_fonts=False)


@cache
def _source(name: str) -> bytes:
    return (_HERE / "sheets" / name).read_bytes()


def set_sheet(
    name: str, data: Mapping[str, Any], now: datetime, files: Mapping[str, bytes] | None = None
) -> bytes:
    """Return a sheet as a tagged PDF.

    Parameters
    ----------
    name : str
        Of a file in ``sheets``, without its ending.
    data : mapping
        What the sheet shows; only what JSON knows.
    now : datetime
        Written into the file; the same data at the same instant give the same bytes.
    files : mapping of str to bytes, optional
        Pictures that the data name.
    """
    sources = {
        "main.typ": _source(f"{name}.typ"),
        "common.typ": _source("common.typ"),
        "data.json": json.dumps(data, ensure_ascii=False).encode(),
        **(files or {}),
    }
    # The stub of the package leaves out that a dictionary of files is taken too.
    compile_sources: Any = typst.compile
    pdf = compile_sources(
        sources, font_paths=_fonts(), pdf_standards=STANDARDS, timestamp=int(now.timestamp())
    )
    return bytes(pdf)


def long_day(day: date) -> str:
    """Return ``lundi 30 novembre 2026``."""
    return format_date(day, "EEEE d MMMM y", locale="fr")


def short_day(day: date) -> str:
    """Return ``30/11/2026``."""
    return format_date(day, "dd/MM/y", locale="fr")


def hour(instant: datetime, zone: ZoneInfo) -> str:
    """Return ``9:00`` in wall time."""
    wall = instant.astimezone(zone)
    return f"{wall.hour}:{wall.minute:02d}"


def duration(minutes: int) -> str:
    """Return ``3 h 30`` for 210 minutes and ``0 h 45`` for 45."""
    return f"{minutes // 60} h {minutes % 60:02d}"

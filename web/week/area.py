"""The blueprint of the week and what its pages share."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, abort
from flask_babel import format_date

from web.centre import PREFIX

blueprint = Blueprint("week", __name__, url_prefix=f"{PREFIX}/semaine")


def read_date(text: str | None) -> date | None:
    """Return a date of the address, ``None`` where there is none; 404 for anything else."""
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        abort(404)
    if not date(2000, 1, 1) <= found <= date(2200, 1, 1):
        abort(404)
    return found


def read_number(text: str | None) -> int | None:
    """Return a number of the address, ``None`` where there is none; 404 for anything else."""
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        abort(404)
    return int(text)


def period(first: date, last: date) -> str:
    """Return two days as ``30 nov. – 4 déc. 2026``."""
    start = format_date(first, "d MMM" if first.month != last.month else "d")
    return f"{start} – {format_date(last, 'd MMM y')}"

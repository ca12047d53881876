"""Reading what was typed or chosen in the forms of the week."""

from __future__ import annotations

from datetime import date, time

from flask import abort, request
from flask_babel import gettext as _

from scheduler.errors import InvalidInputError


def read_day(text: str, field: str = "day") -> date:
    """Return a date.

    Raises
    ------
    InvalidInputError
        If the text is none.
    """
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InvalidInputError(_("Choisissez un jour."), field) from None


def read_time(text: str, field: str = "starts") -> time:
    """Return an hour without seconds.

    Raises
    ------
    InvalidInputError
        If the text is none.
    """
    try:
        return time.fromisoformat(text.strip()).replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise InvalidInputError(_("Écrivez une heure comme 9:00 ou 13:30."), field) from None


def read_id(text: str, field: str = "") -> int:
    """Return the id of something chosen from a list.

    Raises
    ------
    InvalidInputError
        If nothing was chosen.
    """
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        raise InvalidInputError(_("Faites un choix dans la liste."), field)
    return int(text)


def read_place(text: str) -> tuple[int, int | None]:
    """Return the site and the room of a place chosen from a list."""
    site, _sep, room = text.partition(":")
    return read_id(site, "place"), read_id(room, "place") if room else None


def read_person() -> int:
    """Return the participant that a form is about; 404 without one."""
    text = request.form.get("person", "")
    if not text.isascii() or not text.isdecimal() or len(text) > 9:
        abort(404)
    return int(text)

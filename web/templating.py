"""What every template can use: formats of dates and numbers, level names, kind icons."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date
from flask import Flask
from flask_babel import format_decimal, format_percent, get_locale, lazy_gettext

from solver.problem import LEVELS

BRUSSELS = ZoneInfo("Europe/Brussels")

#: Icon and CSS class of every kind of activity; the class sets an Okabe-Ito colour.
KIND_ICONS = {
    "workshop": "tools",
    "level_group": "book",
    "information": "info-circle",
    "coaching": "compass",
    "excursion": "bus-front",
    "volunteering": "heart",
    "intensive": "lightning",
    "interview": "chat-dots",
    "gathering": "people",
    "open_desk": "door-open",
    "professional": "briefcase",
}


#: Languages that the locale data do not name.
UNNAMED_LANGUAGES = {"prs": lazy_gettext("dari"), "kmr": lazy_gettext("kurmandji")}


def local(instant: datetime) -> datetime:
    """Return an instant as Brussels wall time."""
    return instant.astimezone(BRUSSELS)


def hour(value: datetime) -> str:
    """Return ``9:00`` for an instant, in Brussels wall time."""
    wall = local(value)
    return f"{wall.hour}:{wall.minute:02d}"


def day(value: date | datetime, form: str = "EEE d MMM") -> str:
    """Return a day in words in the reader's language; an instant counts as its day in Brussels."""
    return _day_words(local(value).date() if isinstance(value, datetime) else value, form, get_locale())


@lru_cache(maxsize=4096)
def _day_words(value: date, form: str, locale: Locale | None) -> str:
    return format_date(value, form, locale=locale)


def language_name(code: str) -> str:
    """Return the name of a language in the reader's language, or its code when it has none."""
    try:
        name = Locale.parse(code).get_display_name(get_locale())
    except (UnknownLocaleError, ValueError):
        name = get_locale().languages.get(code)
    return name or str(UNNAMED_LANGUAGES.get(code, code))


def level_name(level: int | None) -> str:
    """Return ``A1`` for 1, and a dash when the level is unknown."""
    return LEVELS[level] if level is not None else "–"


def init_app(app: Flask) -> None:
    """Register filters and globals."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(
        hour=hour,
        day=day,
        local_date=lambda instant: local(instant).date(),
        language=language_name,
        level=level_name,
        number=format_decimal,
        percent=format_percent,
    )
    app.jinja_env.globals.update(KIND_ICONS=KIND_ICONS, LEVELS=LEVELS)

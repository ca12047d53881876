"""How a participant's page looks and sounds: words of their language, clocks, pictures, voices."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from babel.dates import format_date, format_interval
from flask import g, render_template, request
from flask import session as cookie
from sqlalchemy.orm import Session

from notifications.recordings import recording_url
from notifications.voices import voices_of
from notifications.wording import Told, Wordings
from scheduler.models import Centre
from scheduler.personal_week import Card
from scheduler.timegrid import monday_of
from scheduler.wording import RIGHT_TO_LEFT, is_known, known_language, plain_words
from web.pictograms import pictogram_file
from web.templating import local

#: Where a visit keeps the language that somebody chose.
LANGUAGE = "page_language"


def show_page(template: str, **values: Any) -> str:
    """Return a page in the language of this visit."""
    code = _language()
    g.page_language = code
    return render_template(
        f"personal/{template}",
        words=plain_words(code),
        language_code=code,
        direction="rtl" if code in RIGHT_TO_LEFT else "ltr",
        clock=clock_hands,
        day_name=lambda day: _day_name(day, code),
        short_day=lambda day: format_date(day, "EEE", locale=code),
        week_of=lambda day: _week_of(day, code),
        moment=lambda instant, beside=None: _moment(local(instant), beside, code),
        spoken=lambda card: spoken_text(card, code, plain_words(code)),
        pictogram=pictogram_file,
        title=lambda card: card.title or plain_words(code)["appointment" if card.individual else "activity"],
        **values,
    )


def heard_in(session: Session, centre: Centre, today: date) -> Callable[[Card], list[dict[str, str]]]:
    """Return what gives the sounds of a card: recordings, and words for the voice of the browser between."""
    code = _language()
    if code in voices_of(centre):
        return lambda _card: []
    wordings = Wordings(session, centre)

    def heard(card: Card) -> list[dict[str, str]]:
        told = Told.of(card)
        parts = wordings.spoken.session(
            code, replace(told, change="cancelled") if card.cancelled else told, today
        )
        return [
            {"sound": recording_url("", each.token)}
            if each.token
            else {"say": each.text, "lang": wordings.home}
            for each in parts
        ]

    return heard


def _language() -> str:
    """Return the language of this visit, or the one that the browser asks for."""
    asked = (tag.partition("-")[0] for tag in request.accept_languages.values())
    return known_language(cookie.get(LANGUAGE) or next((code for code in asked if is_known(code)), None))


def _day_name(day: date, code: str) -> str:
    return format_date(day, "EEEE d MMMM", locale=code)


def _moment(wall: datetime, beside: date | None, code: str) -> str:
    """Return a day and hour, or the hour alone beside that day."""
    return f"{wall:%-H:%M}" if wall.date() == beside else f"{_day_name(wall.date(), code)}, {wall:%-H:%M}"


def _week_of(day: date, code: str) -> str:
    monday = monday_of(day)
    return format_interval(monday, monday + timedelta(6), "MMMMd", locale=code)


def clock_hands(instant: datetime) -> dict[str, float]:
    """Return where the hands of a clock face of radius 1 end, for an instant in Brussels."""
    wall = local(instant)
    minute = wall.minute / 60 * 2 * math.pi
    hour = (wall.hour % 12 + wall.minute / 60) / 12 * 2 * math.pi
    return {
        "hour_x": round(0.5 * math.sin(hour), 3),
        "hour_y": round(-0.5 * math.cos(hour), 3),
        "minute_x": round(0.75 * math.sin(minute), 3),
        "minute_y": round(-0.75 * math.cos(minute), 3),
    }


def spoken_text(card: Card, code: str, words: Mapping[str, str]) -> str:
    """Return what is read aloud for a card."""
    wall = local(card.starts_at)
    parts = [_day_name(card.day, code), f"{wall.hour}:{wall.minute:02d}"]
    title = card.title or words["appointment" if card.individual else "activity"]
    if card.change and not card.cancelled:
        parts.insert(0, words["added" if card.change == "added" else "moved"])
    if card.cancelled:
        parts += [words["cancelled"], title]
    else:
        leaders = words["with_people"].format(names=", ".join(card.leaders)) if card.leaders else ""
        parts += [title, card.place, leaders]
    return ". ".join(part for part in parts if part)

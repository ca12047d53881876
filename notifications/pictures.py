"""A moment as a picture for people who read little: a leaf of a calendar, the face of a clock, and the door.

A picture says when and where, never who or what for. When is in its address; where is looked up for the
person whose page the address names, by the token of the same message. Without a token, or when the person
is not expected anywhere at that moment any more, the picture says when.

Providers fetch a picture once and look at its type and size (Twilio: 5 MB on WhatsApp); ours are PNG of less
than 400 kB. https://www.twilio.com/docs/messaging/guides/accepted-mime-types
"""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass, replace
from datetime import datetime, time
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import fontpkg_noto_sans
from PIL import Image, ImageDraw, ImageFont, ImageOps
from sqlalchemy.orm import Session

from scheduler.models import Participant
from scheduler.personal_week import personal_week
from scheduler.places import site_photo

BRUSSELS = ZoneInfo("Europe/Brussels")

#: Width, and height without a place; height of a line of its name, and of the photograph.
SIDE_PX = 640
LINE_PX = 60
PHOTO_PX = 420

MEDIA_TYPE = "image/png"

PAPER, INK, BRAND, WRONG, PALE = "#ffffff", "#1d2b2d", "#0f5c63", "#c1272d", "#dfe9ea"

#: Days near the ends of the calendar cannot be told in another time zone.
_NAME = re.compile(r"(2\d{3})(\d{2})(\d{2})-(\d{2})(\d{2})(?:-(\d{2})(\d{2}))?(x?)\.png")


@dataclass(frozen=True, slots=True)
class Moment:
    """What a picture shows, in wall time in Brussels; ``cancelled`` crosses it out.

    ``place`` is written below, ``photo`` (JPEG) shows its door.
    """

    starts_at: datetime
    ends: time | None = None
    cancelled: bool = False
    place: str = ""
    photo: bytes = b""


def picture_url(
    public_url: str, starts_at: datetime, ends_at: datetime | None, *, cancelled: bool, token: str = ""
) -> str:
    """Return the address of the picture of a session; ``token`` is that of the person's page."""
    start = starts_at.astimezone(BRUSSELS)
    end = f"-{ends_at.astimezone(BRUSSELS):%H%M}" if ends_at else ""
    name = f"{start:%Y%m%d-%H%M}{end}{'x' if cancelled else ''}.png"
    return "/".join(part for part in (f"{public_url}/messages/pictures", token, name) if part)


def read_name(name: str) -> Moment | None:
    """Return what the end of an address asks for, or ``None`` when that is no moment."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    *numbers, crossed = found.groups()
    try:
        year, month, day, hour, minute = (int(number) for number in numbers[:5])
        starts_at = datetime(year, month, day, hour, minute, tzinfo=BRUSSELS)
        ends = time(int(numbers[5]), int(numbers[6])) if numbers[5] else None
    except ValueError:
        return None
    return Moment(starts_at, ends, bool(crossed))


def with_place(session: Session, person: Participant, moment: Moment) -> Moment:
    """Return a moment with the place where somebody is expected then; cancelled, there is nowhere to go."""
    if moment.cancelled:
        return moment
    for card in personal_week(session, person, moment.starts_at.date(), 1):
        if card.starts_at == moment.starts_at and not card.cancelled:
            photo = site_photo(session, card.site_id) if card.site_id and card.photo else None
            return replace(moment, place=card.place, photo=photo.jpeg if photo else b"")
    return moment


@lru_cache(maxsize=64)
def draw(moment: Moment) -> bytes:
    """Return a picture as PNG: day and month on a leaf, the hours on a clock and in digits, the door."""
    lines = _wrapped(moment.place)
    height = SIDE_PX + (len(lines) * LINE_PX if lines else 0) + (PHOTO_PX if moment.photo else 0)
    image = Image.new("RGB", (SIDE_PX, height), PAPER)
    pen = ImageDraw.Draw(image)
    _leaf(pen, moment.starts_at)
    _clock(pen, (470, 215), 145, moment.starts_at.time())
    start = f"{moment.starts_at.hour}:{moment.starts_at.minute:02d}"
    hours = f"{start} - {moment.ends.hour}:{moment.ends.minute:02d}" if moment.ends else start
    pen.text((SIDE_PX // 2, 510), hours, fill=INK, font=_font(90), anchor="mm")
    if moment.cancelled:
        for ends in ((40, 40, 600, 600), (600, 40, 40, 600)):
            pen.line(ends, fill=WRONG, width=26)
    for number, line in enumerate(lines):
        middle = SIDE_PX - 20 + number * LINE_PX
        if number == 0:
            _pin(pen, (60, middle))
        pen.text((100, middle), line, fill=INK, font=_font(44), anchor="lm")
    if moment.photo:
        with Image.open(io.BytesIO(moment.photo)) as photo:
            door = ImageOps.fit(photo.convert("RGB"), (SIDE_PX, PHOTO_PX))
        image.paste(door, (0, height - PHOTO_PX))
    held = io.BytesIO()
    image.quantize(128 if moment.photo else 32).save(held, "PNG", optimize=True)
    return held.getvalue()


def _leaf(pen: ImageDraw.ImageDraw, day: datetime) -> None:
    pen.rounded_rectangle((40, 70, 290, 360), 24, fill=PAPER, outline=BRAND, width=8)
    pen.rounded_rectangle((40, 70, 290, 140), 24, fill=BRAND)
    pen.rectangle((40, 116, 290, 140), fill=BRAND)
    for left in (95, 215):
        pen.rounded_rectangle((left, 45, left + 20, 100), 10, fill=INK)
    pen.text((165, 215), str(day.day), fill=INK, font=_font(130), anchor="mm")
    pen.text((165, 315), f"{day.day}/{day.month}", fill=BRAND, font=_font(52), anchor="mm")


def _clock(pen: ImageDraw.ImageDraw, middle: tuple[int, int], radius: int, at: time) -> None:
    x, y = middle
    pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=PALE, outline=BRAND, width=10)
    for hour in range(12):
        inner, outer = radius - (34 if hour % 3 == 0 else 24), radius - 14
        pen.line((*_on(middle, inner, hour / 12), *_on(middle, outer, hour / 12)), fill=INK, width=6)
    minute = at.minute / 60
    pen.line((x, y, *_on(middle, radius * 0.5, (at.hour % 12 + minute) / 12)), fill=INK, width=16)
    pen.line((x, y, *_on(middle, radius * 0.75, minute)), fill=INK, width=9)
    pen.ellipse((x - 12, y - 12, x + 12, y + 12), fill=INK)


def _pin(pen: ImageDraw.ImageDraw, tip: tuple[int, int]) -> None:
    x, y = tip
    pen.polygon(((x - 18, y - 6), (x + 18, y - 6), (x, y + 26)), fill=WRONG)
    pen.ellipse((x - 20, y - 28, x + 20, y + 12), fill=WRONG)
    pen.ellipse((x - 8, y - 16, x + 8, y), fill=PAPER)


def _wrapped(words: str) -> list[str]:
    """Return a place in lines that fit, three at most."""
    lines: list[str] = []
    for word in words.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and _font(44).getlength(longer) <= SIDE_PX - 120:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines[:3]


def _on(middle: tuple[int, int], distance: float, turn: float) -> tuple[float, float]:
    """Return the point at a distance from the middle, a part of a turn after twelve."""
    angle = 2 * math.pi * turn
    return middle[0] + distance * math.sin(angle), middle[1] - distance * math.cos(angle)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    path = next((fontpkg_noto_sans.ROOT / "files").glob("NotoSans[[]*"))
    return ImageFont.truetype(str(path), size)

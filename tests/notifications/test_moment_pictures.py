"""Pictures of a moment: named by it alone, and drawn as it is."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from notifications.pictures import LINE_PX, PHOTO_PX, SIDE_PX, Moment, draw, picture_url, read_name

STARTS_AT = datetime(2026, 11, 25, 8, 30, tzinfo=UTC)


def pixels(name: str) -> Image.Image:
    moment = read_name(name)
    assert moment is not None
    return Image.open(io.BytesIO(draw(moment))).convert("RGB")


def test_an_address_is_the_moment_in_brussels() -> None:
    url = picture_url("https://x.example", STARTS_AT, STARTS_AT + timedelta(hours=2), cancelled=False)
    assert url == "https://x.example/messages/pictures/20261125-0930-1130.png"
    assert picture_url("", STARTS_AT, None, cancelled=False, token="m.abc").endswith(
        "/m.abc/20261125-0930.png"
    )
    assert picture_url("", STARTS_AT, None, cancelled=True) == "/messages/pictures/20261125-0930x.png"


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    st.none() | st.timedeltas(timedelta(), timedelta(hours=8)),
    st.booleans(),
)
def test_what_is_named_is_read_back(starts_at: datetime, length: timedelta | None, cancelled: bool) -> None:
    ends_at = starts_at + length if length is not None else None
    moment = read_name(picture_url("", starts_at, ends_at, cancelled=cancelled).rpartition("/")[2])
    assert moment is not None
    assert moment.cancelled == cancelled
    assert moment.starts_at.utcoffset() is not None
    assert (moment.ends is None) == (ends_at is None)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".png",
        "00010101-0000.png",
        "20261332-0930.png",
        "20261125-2530.png",
        "20261125-0930-2460.png",
        "20261125.png",
        "a.svg",
    ],
)
def test_anything_else_is_no_moment(name: str) -> None:
    assert read_name(name) is None


def test_a_picture_shows_its_moment() -> None:
    nine, three = pixels("20261125-0900.png"), pixels("20261125-1500.png")
    assert nine.size == (SIDE_PX, SIDE_PX)
    assert nine.tobytes() != three.tobytes()
    left, right = (430, 215), (510, 215)  # where the short hand lies at nine, and at three
    assert sum(nine.getpixel(left)) < 200 < sum(nine.getpixel(right))
    assert sum(three.getpixel(right)) < 200 < sum(three.getpixel(left))
    crossed = pixels("20261125-0900x.png")
    assert crossed.getpixel((60, 60))[0] > 150 > crossed.getpixel((60, 60))[1]
    assert read_name("20261125-0900-1000.png") == Moment(
        datetime(2026, 11, 25, 9, tzinfo=read_name("20261125-0900.png").starts_at.tzinfo),  # type: ignore[union-attr]
        time(10),
    )


def test_a_picture_names_the_place_and_shows_its_door() -> None:
    moment = read_name("20261125-0900-1130.png")
    assert moment is not None
    held = io.BytesIO()
    Image.new("RGB", (1200, 900), "#1f5a46").save(held, "JPEG")
    plain, named, shown = (
        draw(each)
        for each in (
            moment,
            replace(moment, place="Salle 2, Maison du Pont"),
            replace(moment, place="Salle 2, " + "Maison du Pont " * 9, photo=held.getvalue()),
        )
    )
    sizes = [Image.open(io.BytesIO(each)).size for each in (plain, named, shown)]
    assert sizes == [
        (SIDE_PX, SIDE_PX),
        (SIDE_PX, SIDE_PX + LINE_PX),
        (SIDE_PX, SIDE_PX + 3 * LINE_PX + PHOTO_PX),
    ]
    door = Image.open(io.BytesIO(shown)).convert("RGB").getpixel((320, sizes[2][1] - 60))
    assert max(abs(a - b) for a, b in zip(door, (0x1F, 0x5A, 0x46), strict=True)) < 12
    assert max(len(each) for each in (plain, named, shown)) < 400_000

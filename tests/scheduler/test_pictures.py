"""Photographs are written anew: upright, small, without metadata; what is hostile is refused in words."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from random import Random

import pytest
from PIL import Image

from scheduler.errors import InvalidInputError
from scheduler.pictures import LONGEST_SIDE, MOST_BYTES, clean_picture


def photo(
    kind: str = "JPEG", size: tuple[int, int] = (120, 80), mode: str = "RGB", **options: object
) -> bytes:
    picture = Image.new(mode, size)
    written = BytesIO()
    picture.save(written, kind, **options)
    return written.getvalue()


def opened(data: bytes) -> Image.Image:
    picture = Image.open(BytesIO(data))
    picture.load()
    return picture


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_of(width: int, height: int) -> bytes:
    """A PNG of some hundred bytes that claims to be as large as asked."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P"])
def test_every_kind_becomes_a_jpeg(kind: str, mode: str) -> None:
    if kind == "JPEG" and mode in ("RGBA", "P"):
        mode = "CMYK"
    if kind == "WEBP" and mode == "P":
        mode = "RGB"
    picture = opened(clean_picture(photo(kind, mode=mode)))
    assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (120, 80))


@pytest.mark.parametrize(("size", "kept"), [((5000, 2500), (2000, 1000)), ((300, 4000), (150, 2000))])
def test_no_side_is_longer_than_allowed(size: tuple[int, int], kept: tuple[int, int]) -> None:
    picture = opened(clean_picture(photo(size=size)))
    assert picture.size == kept
    assert max(picture.size) <= LONGEST_SIDE


def test_nothing_but_pixels_is_kept_and_it_stands_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "MAKER-OF-THE-PHONE"
    exif.get_ifd(0x8825)[2] = (50.0, 28.0, 2.0)
    data = photo(exif=exif, comment=b"A-SECRET-COMMENT", icc_profile=b"A-PROFILE" * 20)
    assert b"MAKER-OF" in data
    assert b"A-SECRET" in data
    cleaned = clean_picture(data)
    picture = opened(cleaned)
    assert picture.size == (80, 120)
    assert not picture.getexif()
    assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    for trace in (b"MAKER-OF", b"A-SECRET", b"A-PROFILE", b"Exif"):
        assert trace not in cleaned


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        b"%PDF-1.7\n1 0 obj",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        photo("GIF", mode="P"),
        photo("TIFF"),
        photo("BMP"),
        photo()[:200],
        photo("PNG")[:60],
        b"\x00\x00\x00\x18ftypheic" + bytes(100),
        photo()[:2] + bytes(1000),
        png_of(7500, 7500),
        png_of(12_000, 12_000),
        png_of(60_000, 60_000),
        png_of(2_000_000_000, 2_000_000_000),
        bytes(MOST_BYTES + 1),
    ],
)
def test_what_is_no_photograph_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(InvalidInputError) as error:
        clean_picture(data)
    assert error.value.field == "picture"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_broken_bytes_are_cleaned_or_refused_and_nothing_else(kind: str) -> None:
    draw, whole = Random(3), photo(kind, size=(64, 64))
    outcomes = set()
    for _round in range(150):
        data = bytearray(whole)
        for _byte in range(draw.randint(1, 8)):
            data[draw.randrange(len(data))] = draw.randrange(256)
        try:
            outcomes.add(opened(clean_picture(bytes(data))).format)
        except InvalidInputError:
            outcomes.add("refused")
    assert outcomes <= {"JPEG", "refused"}
    assert "refused" in outcomes

"""Making a photograph safe to keep: read by a decoder, written anew, without anything but its pixels."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import Image, ImageOps

from scheduler.errors import InvalidInputError
from scheduler.message import N_

#: Formats that are read; everything kept is JPEG. PDF and HEIC are refused: the first cannot be made
#: safe by writing its pixels anew, the second has no decoder here (phones turn it into JPEG when asked).
FORMATS = ("JPEG", "PNG", "WEBP")

MOST_BYTES = 10 * 1024 * 1024

#: More pixels than a phone takes; beyond it a small file may fill the memory (decompression bomb).
MOST_PIXELS = 50_000_000

LONGEST_SIDE = 2000
QUALITY = 85

#: What the decoders raise on broken or hostile input.
_BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)


def clean_picture(data: bytes, *, longest_side: int = LONGEST_SIDE, quality: int = QUALITY) -> bytes:
    """Return a photograph as a JPEG, upright, without metadata.

    Parameters
    ----------
    longest_side : int
        Pixels that no side is longer than.
    quality : int
        As JPEG counts it, 1 to 95.

    Raises
    ------
    InvalidInputError
        On ``picture``, if it is too large or no picture of a format that is read.
    """
    if len(data) > MOST_BYTES:
        raise InvalidInputError(N_("Cette photo est trop lourde : 10 Mo au plus."), "picture")
    try:
        with Image.open(BytesIO(data), formats=FORMATS) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise InvalidInputError(N_("Cette photo est trop grande : 50 mégapixels au plus."), "picture")
            picture.draft("RGB", (longest_side, longest_side))
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail((longest_side, longest_side))
            layered = upright.convert("RGBA")
    except _BROKEN:
        raise InvalidInputError(
            N_("Ce fichier n'est pas une photo lisible. Prenez une photo (JPEG, PNG ou WebP)."), "picture"
        ) from None
    # A new picture: what the file carried beside its pixels (place, date, comments, profiles) stays behind.
    clean = Image.new("RGB", layered.size, "white")
    clean.paste(layered, mask=layered.getchannel("A"))
    written = BytesIO()
    clean.save(written, "JPEG", quality=quality, optimize=True)
    return written.getvalue()

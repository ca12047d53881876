"""How many SMS segments a text takes, and which letters make it dear.

A text of letters of the GSM 7-bit alphabet takes 160 septets in one message, 153 in each of several; one
letter outside of it makes the whole text UCS-2, of 70 code units in one message and 67 in each of several.
Letters of the extension table take two septets, letters beyond the basic plane two code units, and
neither is ever split between two segments.

References
----------
3GPP TS 23.038, section 6.2.1 (alphabet) and 6.2.1.1 (extension table); TS 23.040, section 9.2.3.24.1
(concatenation takes 6 octets of each part).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

#: The default alphabet without its escape; ``Ç`` is in it, ``ç`` is not.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")

GSM_SINGLE, GSM_PART = 160, 153
UCS_SINGLE, UCS_PART = 70, 67

#: What word processors put for plain signs, and the plain signs.
TYPOGRAPHIC = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "‚": "'",
        "“": '"',
        "”": '"',
        "„": '"',
        "«": '"',
        "»": '"',
        "‹": "'",
        "›": "'",
        "–": "-",
        "—": "-",
        "−": "-",
        "…": "...",
        "\u00a0": " ",
        "\u202f": " ",
        "\u2009": " ",
        "\u2011": "-",
    }
)


class Encoding(StrEnum):
    """The two ways a text travels."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Segments:
    """What a text takes as SMS.

    ``units`` are septets or code units, ``left`` how many more fit before it costs another segment.
    ``costly`` are the letters outside of GSM-7 in order of appearance, ``segments_without`` how many
    segments the text would take if none of them forced UCS-2 (each counted as one septet).
    """

    encoding: Encoding
    count: int
    units: int
    left: int
    costly: tuple[str, ...]
    segments_without: int


def count_segments(text: str) -> Segments:
    """Return how a text is cut.

    Parameters
    ----------
    text : str
        An empty text takes one segment, as an empty message does.
    """
    costly = tuple(dict.fromkeys(letter for letter in text if not _is_gsm(letter)))
    septets = [_septets(letter) for letter in text]
    in_gsm = _cut(septets, GSM_SINGLE, GSM_PART)
    if not costly:
        count, left, units = *in_gsm, sum(septets)
    else:
        sizes = [_code_units(letter) for letter in text]
        count, left, units = *_cut(sizes, UCS_SINGLE, UCS_PART), sum(sizes)
    return Segments(
        encoding=Encoding.UCS_2 if costly else Encoding.GSM_7,
        count=count,
        units=units,
        left=left,
        costly=costly,
        segments_without=in_gsm[0],
    )


def plain_quotes(text: str) -> str:
    """Replace typographic quotes, dashes, dots and spaces by the plain signs of every telephone."""
    return text.translate(TYPOGRAPHIC)


def plain_letters(text: str) -> str:
    """Replace letters outside of GSM-7 by the plain letter below their accent, where there is one.

    ``ê`` becomes ``e`` and ``œ`` becomes ``oe``; letters of other scripts stay.
    """
    return "".join(letter if _is_gsm(letter) else _plain(letter) for letter in plain_quotes(text))


def _plain(letter: str) -> str:
    known = {"œ": "oe", "Œ": "OE", "ı": "i", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D"}.get(letter)
    if known:
        return known
    base = unicodedata.normalize("NFD", letter)[0]
    return base if _is_gsm(base) else letter


def _is_gsm(letter: str) -> bool:
    return letter in BASIC or letter in EXTENDED


def _septets(letter: str) -> int:
    return 2 if letter in EXTENDED else 1


def _code_units(letter: str) -> int:
    return 2 if ord(letter) > 0xFFFF else 1


def _cut(sizes: Iterable[int], single: int, part: int) -> tuple[int, int]:
    """Return how many segments letters of these sizes take, and what is left in the last one."""
    whole = list(sizes)
    if sum(whole) <= single:
        return 1, single - sum(whole)
    count, used = 1, 0
    for size in whole:
        if used + size > part:
            count, used = count + 1, 0
        used += size
    return count, part - used

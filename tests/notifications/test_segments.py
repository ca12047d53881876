"""Segments against another way of counting: the octets of what a phone would be sent."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notifications.segments import (
    BASIC,
    EXTENDED,
    Encoding,
    count_segments,
    plain_letters,
    plain_quotes,
)

#: The table of the standard as it is printed: rows are the low four bits, columns the high three.
TABLE = (
    "@Δ 0¡P¿p",
    "£_!1AQaq",
    '$Φ"2BRbr',
    "¥Γ#3CScs",
    "èΛ¤4DTdt",
    "éΩ%5EUeu",
    "ùΠ&6FVfv",
    "ìΨ'7GWgw",
    "òΣ(8HXhx",
    "ÇΘ)9IYiy",
    "\nΞ*:JZjz",
    "Ø\x1b+;KÄkä",
    "øÆ,<LÖlö",
    "\ræ-=MÑmñ",
    "Åß.>NÜnü",
    "åÉ/?O§oà",
)
PRINTED = {letter for row in TABLE for letter in row} - {"\x1b"}

SAMPLES = "aàéèùìòñäöüßÇçêëôûœ’“”–…€^{}[]~|\\\n @ΔЖя한ሰسلام😀🏳ʼ"
texts = st.text(st.sampled_from(SAMPLES) | st.characters(exclude_categories=["Cs"]), max_size=400)


def encode(text: str) -> tuple[bytes, ...]:
    """Encode as a phone does, filling each part letter by letter, and give the parts."""
    gsm = all(letter in PRINTED or letter in EXTENDED for letter in text)
    if gsm:
        letters = [b"\x1b\x00" if letter in EXTENDED else b"\x00" for letter in text]
    else:
        letters = [letter.encode("utf-16-be") for letter in text]
    whole, part = (160, 153) if gsm else (140, 134)
    if len(b"".join(letters)) <= whole:
        return (b"".join(letters),)
    parts = [b""]
    for letter in letters:
        if len(parts[-1]) + len(letter) > part:
            parts.append(b"")
        parts[-1] += letter
    return tuple(parts)


def test_the_alphabet_is_the_printed_one() -> None:
    assert PRINTED == BASIC
    assert len(BASIC) == 127


@given(texts)
@example("x" * 152 + "€" * 10)
@example("Ж" * 66 + "😀" * 3)
def test_as_many_segments_as_a_phone_makes(text: str) -> None:
    counted, parts = count_segments(text), encode(text)
    assert counted.count == len(parts)
    width = 1 if counted.encoding is Encoding.GSM_7 else 2
    assert counted.units == sum(map(len, parts)) // width


@given(texts)
def test_what_is_left_fits_and_one_more_does_not(text: str) -> None:
    counted = count_segments(text)
    filler = "x" if counted.encoding is Encoding.GSM_7 else "Ж"
    assert count_segments(text + filler * counted.left).count == counted.count
    assert count_segments(text + filler * (counted.left + 1)).count == counted.count + 1


@given(texts)
def test_without_its_costly_letters_a_text_is_gsm(text: str) -> None:
    costly = count_segments(text).costly
    replaced = "".join("x" if letter in costly else letter for letter in text)
    assert count_segments(replaced).costly == ()
    assert count_segments(replaced).count == count_segments(text).segments_without


@pytest.mark.parametrize(
    ("text", "count", "encoding"),
    [
        ("x" * 160, 1, "GSM-7"),
        ("x" * 161, 2, "GSM-7"),
        ("x" * 306, 2, "GSM-7"),
        ("x" * 307, 3, "GSM-7"),
        ("€" * 80, 1, "GSM-7"),
        ("€" * 81, 2, "GSM-7"),
        ("x" * 152 + "€" * 77, 3, "GSM-7"),  # the first € does not fit whole into the first part
        ("ê" + "x" * 69, 1, "UCS-2"),
        ("ê" + "x" * 70, 2, "UCS-2"),
        ("ê" + "x" * 133, 2, "UCS-2"),
        ("ê" + "x" * 134, 3, "UCS-2"),
        ("😀" * 35, 1, "UCS-2"),
        ("😀" * 36, 2, "UCS-2"),
        ("😀" * 66, 2, "UCS-2"),  # 33 faces in 67 units: none is cut in two
        ("😀" * 67, 3, "UCS-2"),
        ("", 1, "GSM-7"),
    ],
)
def test_known_counts(text: str, count: int, encoding: str) -> None:
    counted = count_segments(text)
    assert (counted.count, counted.encoding.value) == (count, encoding)


@pytest.mark.parametrize("letter", ["ê", "ç", "ë", "â", "î", "ô", "û", "œ", "’", "“", "…", "–", "\u00a0"])
def test_letters_that_cost(letter: str) -> None:
    assert count_segments(f"bonjour {letter}").costly == (letter,)


@pytest.mark.parametrize("letter", ["é", "è", "à", "ù", "Ç", "ñ", "ß", "€", "'", '"', "É"])
def test_letters_that_do_not(letter: str) -> None:
    assert count_segments(f"bonjour {letter}").costly == ()


def test_plain_signs() -> None:
    assert plain_quotes("« L’été »… – “oui”") == '" L\'été "... - "oui"'
    assert plain_letters("Çà, forêt, reçu, cœur, Noël, août, şı, سلام") == (
        "Çà, foret, recu, coeur, Noel, aout, si, سلام"
    )

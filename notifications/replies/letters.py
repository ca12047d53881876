"""One spelling for what people write in many: letters, digits, signs and pictures."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from notifications.replies.times import mark

#: Longer texts are read by a person.
MOST_LETTERS: Final = 300

#: Letters that are written for one another, or come from another keyboard.
_SAME: Final = str.maketrans(
    {
        # Arabic script: keyboards of Arabic, Persian and Pashto give different codes for one letter.
        "ي": "ی", "ى": "ی", "ې": "ی", "ۍ": "ی", "ے": "ی", "ك": "ک", "ة": "ه", "ہ": "ه", "ھ": "ه", "ە": "ه",
        "ٱ": "ا", "ټ": "ت", "ډ": "د", "ړ": "ر", "ښ": "ش", "ڼ": "ن", "ګ": "گ", "ځ": "ز", "څ": "س", "ږ": "ژ",
        "ـ": "", "ء": "",
        # Ethiopic: letters that are spoken alike in Amharic and Tigrinya and chosen freely.
        "ሐ": "ሀ", "ሑ": "ሁ", "ሒ": "ሂ", "ሓ": "ሃ", "ሔ": "ሄ", "ሕ": "ህ", "ሖ": "ሆ",
        "ኀ": "ሀ", "ኁ": "ሁ", "ኂ": "ሂ", "ኃ": "ሃ", "ኄ": "ሄ", "ኅ": "ህ", "ኆ": "ሆ",
        "ሠ": "ሰ", "ሡ": "ሱ", "ሢ": "ሲ", "ሣ": "ሳ", "ሤ": "ሴ", "ሥ": "ስ", "ሦ": "ሶ",
        "ዐ": "አ", "ዑ": "ኡ", "ዒ": "ኢ", "ዓ": "ኣ", "ዔ": "ኤ", "ዕ": "እ", "ዖ": "ኦ", "ኣ": "አ",
        "ፀ": "ጸ", "ፁ": "ጹ", "ፂ": "ጺ", "ፃ": "ጻ", "ፄ": "ጼ", "ፅ": "ጽ", "ፆ": "ጾ",
        "ı": "i", "ł": "l", "ø": "o", "ə": "e", "æ": "ae", "œ": "oe",
    }
)  # fmt: skip

#: Apostrophes, and what joins or parts letters without being seen.
_UNSEEN: Final = re.compile("['’‘ʼʹʻ`´\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe0e\ufe0f\ufeff\u20e3]")
_SKINS: Final = re.compile("[\U0001f3fb-\U0001f3ff]")
_LONG: Final = re.compile(r"([^\W\d])\1{2,}")
_HYPHENS: Final = re.compile("[-‐‑_/.](?=\\w)")

#: Ends of a clause, beyond which no phrase goes on.
_ENDS: Final = frozenset('.,;:!\n\r()[]،؛。።፣፤፥፦…-–—"«»“”*')
_ASKS: Final = frozenset("?؟፧¿")

#: What pictures say, by the name of a group of phrases.
PICTURES: Final = {
    **dict.fromkeys("👍✅✔☑👌🆗🙆💯", "agreed"),
    **dict.fromkeys("👎❌🚫🙅✖❎⛔", "crossed"),
    **dict.fromkeys("📞☎📱🤙", "call"),
    **dict.fromkeys("🤒🤧🤕🤮😷🏥", "ill"),
    **dict.fromkeys("🙏❤😊🙂😀😃😄😁☺🌹🌷🌺🌸💐👋🤝😘🥰😍🤗🤲💙💚💛🧡💜♥✨🌞☀👏", "polite"),
    **dict.fromkeys("😢😭😔😞😟🙁☹😕😥", "sorry"),
}


@dataclass(frozen=True, slots=True)
class Clause:
    """Words between two ends; a picture is a clause of its own."""

    words: tuple[str, ...]
    picture: str = ""


@dataclass(frozen=True, slots=True)
class Text:
    """A text in one spelling. ``asks`` when there is a question mark in it."""

    clauses: tuple[Clause, ...]
    asks: bool = False


def storable(text: str) -> str:
    """Return a text that any database takes: without zero bytes and halves of letters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")


def spell(word: str) -> str:
    """Return letters in one spelling: no case, accents or joiners, digits as 0 to 9."""
    plain = unicodedata.normalize("NFKC", _UNSEEN.sub("", _SKINS.sub("", word))).casefold()
    bare = "".join(each for each in unicodedata.normalize("NFD", plain) if unicodedata.category(each) != "Mn")
    spelt = unicodedata.normalize("NFC", bare).translate(_SAME)
    return _LONG.sub(r"\1", "".join(_digit(each) for each in spelt))


def read(text: str) -> Text:
    """Cut a text into clauses of words in one spelling."""
    clauses: list[Clause] = []
    words: list[str] = []
    word = ""
    asks = False

    def close() -> None:
        if words:
            clauses.append(Clause(tuple(words)))
            words.clear()

    for letter in _HYPHENS.sub(" ", mark(spell(text))) + "\n":
        if letter.isalnum():
            word += letter
            continue
        if word:
            words.append(word)
            word = ""
        if letter in _ENDS or letter in _ASKS:
            close()
            asks = asks or letter in _ASKS
        elif not letter.isspace():
            close()
            clauses.append(Clause((), picture=letter))
    return Text(tuple(clauses), asks)


def _digit(letter: str) -> str:
    value = unicodedata.digit(letter, None)
    return letter if value is None else str(value)

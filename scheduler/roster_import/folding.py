"""Comparing what people typed: without accents, case, spelling habits or script."""

from __future__ import annotations

import re
import unicodedata


def listed(text: str) -> tuple[str, ...]:
    """The words between commas: how tables of this package are kept readable."""
    return tuple(text.split(","))


_APART = re.compile(r"[^\w]+|_+")
_SPECIAL = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)

_CYRILLIC = dict(
    zip(
        "абвгґдеёєжзиіїйклмнопрстуфхцчшщъыьэюя",
        listed("a,b,v,g,g,d,e,e,e,j,z,i,i,i,i,k,l,m,n,o,p,r,s,t,u,f,h,ts,ch,sh,sh,!,i,!,e,iu,ia"),
        strict=True,
    )
)
_ARABIC = dict(
    zip(
        "ابتثجحخدذرزسشصضطظعغفقكلمنهويآأإةىئؤءپچژگکی",
        listed("a,b,t,t,j,h,k,d,d,r,z,s,s,s,d,t,z,a,g,f,k,k,l,m,n,h,u,i,a,a,a,a,a,i,u,!,p,t,j,g,k,i"),
        strict=True,
    )
)
_SCRIPTS = str.maketrans(
    {letter: "" if sound == "!" else sound for letter, sound in {**_CYRILLIC, **_ARABIC}.items()}
)

# Romanisations of one name differ by these habits (French, Dutch, English, German, Turkish spelling).
_HABITS = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"ph", "f"),
        (r"tsch|tch|ch|sh|sch|sj", "s"),
        (r"dj|dzh", "j"),
        (r"kh|ck|q|c(?=[aou]|\b|[^eiy])", "k"),
        (r"c", "s"),
        (r"gh", "g"),
        (r"th", "t"),
        (r"dh", "d"),
        (r"ou|oo|oe|w|v", "u"),
        (r"ee|ie|y|j", "i"),
        (r"(?<=[a-z])h", ""),
        (r"(.)\1+", r"\1"),
    )
]
_VOWELS = re.compile(r"[aeiouh]")
_DOUBLED = re.compile(r"(.)\1+")


def fold(text: str) -> str:
    """Lower case, without accents, punctuation or doubled spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_SPECIAL))
    return _APART.sub(" ", "".join(c for c in plain if not unicodedata.combining(c))).strip()


def sound(text: str) -> str:
    """Words of a name as they would sound, in alphabetical order, whatever script or spelling."""
    folded = fold(fold(text.casefold().replace("й", "и")).translate(_SCRIPTS))
    words = []
    for word in folded.split():
        for pattern, replacement in _HABITS:
            word = pattern.sub(replacement, word)
        words.append(word)
    return " ".join(sorted(words))


def skeleton(text: str) -> str:
    """The consonants of a name: what is left when vowels, which romanisations change most, go."""
    words = (_DOUBLED.sub(r"\1", _VOWELS.sub("", word)) for word in sound(text).split())
    return " ".join(sorted(filter(None, words)))

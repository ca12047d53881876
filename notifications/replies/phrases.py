"""Phrases people answer with, by language: read from files, spelt alike, found in a text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Final

import yaml

from notifications.replies.letters import read
from notifications.wording import shipped, shipped_languages
from scheduler.wording import SHARED, plain_words

FOLDER: Final = Path(__file__).with_name("phrases")

#: Languages that everybody here may answer in, whatever their own.
HOST_LANGUAGES: Final = ("fr", "nl", "en")

#: Groups of phrases whose words say nothing by themselves; those of every language go with every other.
POLITE: Final = "polite"

#: Numbers, as words.
NUMBERS: Final = {"one": 1, "two": 2, "three": 3}

#: Words of ``scheduler.wording`` that say the same as a group.
BUTTONS: Final = {
    "come": "coming",
    "cannot": "not_coming",
    "call_me": "call",
    "ill": "ill",
    "child": "child",
    "course": "course",
    "work": "work",
    "other": "other",
}

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase in a text: its group, and whether it is a bare no that may deny what follows it.

    ``words`` is how many words it has.
    """

    group: str
    denies: bool = False
    words: int = 1

    @property
    def is_bare_no(self) -> bool:
        """Whether it is a no in one word."""
        return self.group == "not_coming" and self.words == 1


@dataclass(frozen=True, slots=True)
class Language:
    """Phrases of one language, spelt alike, each with its group; ``longest`` is in words."""

    groups: Mapping[Words, str]
    negates: frozenset[Words]
    longest: int


@cache
def languages() -> tuple[str, ...]:
    """Return the codes of the languages there are phrases in."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.yaml")))


def language_of_phrases(code: str | None) -> str | None:
    """Return the language whose phrases somebody uses: their own, the one it shares, or ``None``."""
    shared = SHARED.get(code or "", code or "")
    return shared if shared in languages() else None


@cache
def phrases(code: str) -> Language:
    """Return the phrases of a language, with the polite ones of all others."""
    own = _own(code)
    groups = dict.fromkeys(_polite(), POLITE) | {words: group for words, group in own if group != "negates"}
    return Language(
        groups=groups,
        negates=frozenset(words for words, group in own if group == "negates"),
        longest=max(map(len, groups)),
    )


def find(words: Words, language: Language, names: frozenset[str] = frozenset()) -> list[Found] | None:
    """Cover every word in a row with as few phrases as possible; ``None`` if one is left over.

    Parameters
    ----------
    names : frozenset of str
        Words that may stand anywhere: the person's own name under a text.
    """
    best: list[list[Found] | None] = [[]]
    for end in range(1, len(words) + 1):
        shortest: list[Found] | None = None
        for start in range(max(0, end - language.longest), end):
            before = best[start]
            piece = words[start:end]
            group = language.groups.get(piece) or (POLITE if len(piece) == 1 and piece[0] in names else None)
            if before is None or group is None:
                continue
            if shortest is None or len(before) + 1 < len(shortest):
                shortest = [*before, Found(group, piece in language.negates, len(piece))]
        best.append(shortest)
    return best[-1]


@cache
def offered(code: str, way: str) -> Mapping[Words, int]:
    """Return the numbers by what a message says that they stand for: whoever types the words means them."""
    if code not in shipped_languages():
        return {}
    pairs = _OFFERED.findall(shipped(code).reply.get(way, ""))
    return {words: int(number) for number, pattern in pairs for words in spellings(pattern)}


_OFFERED: Final = re.compile(r"(\d) = ([^,،፣.።۔;]+)")


@cache
def _polite() -> frozenset[Words]:
    """Return what is polite in any language: people thank in the one of whom they thank."""
    return frozenset(words for code in languages() for words, group in _own(code) if group == POLITE)


@cache
def _own(code: str) -> tuple[tuple[Words, str], ...]:
    loaded: dict[str, str] = yaml.safe_load((FOLDER / f"{code}.yaml").read_text(encoding="utf-8"))
    listed = [
        (pattern, group)
        for group, patterns in loaded.items()
        if group != "reviewed_by"
        for pattern in patterns.split(";")
    ]
    # What the page of pictures writes on its buttons may be typed as well.
    shown = [(plain_words(code)[key], group) for key, group in BUTTONS.items()]
    return tuple((words, group) for pattern, group in listed + shown for words in spellings(pattern))


def spellings(pattern: str) -> set[Words]:
    """Return every way of writing a pattern.

    ``(word)`` may be left out, ``this/that`` is one of both, and what an apostrophe joins may be written
    apart.
    """
    return {words for apart in (pattern, pattern.replace("'", " ")) for words in _expand(apart)}


def _expand(pattern: str) -> Iterator[Words]:
    parts = re.findall(r"\([^)]*\)|[^\s()]+", pattern)
    choices = [[*part.strip("()").split("/"), *([""] if part.startswith("(") else [])] for part in parts]
    for chosen in product(*choices):
        words = tuple(word for clause in read(" ".join(chosen)).clauses for word in clause.words)
        if words:
            yield words


def spell_names(names: Iterable[str]) -> frozenset[str]:
    """Return every word of some names, spelt as texts are."""
    return frozenset(word for name in names for clause in read(name).clauses for word in clause.words)

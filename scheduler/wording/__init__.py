"""The few words that participants read, in each of their languages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

FALLBACK = "fr"

#: Languages that share another one's texts: Dari reads what Persian reads.
SHARED = {"prs": "fa"}

RIGHT_TO_LEFT = frozenset({"ar", "fa", "prs", "ps"})


@cache
def _texts() -> dict[str, dict[str, str]]:
    path = Path(__file__).with_name("plain_words.yaml")
    loaded: dict[str, dict[str, str]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def languages() -> list[str]:
    """Return the codes of the languages there are words for."""
    return list(_texts())


def is_known(language: str) -> bool:
    """Whether there are words for a language, its own or those it shares."""
    return SHARED.get(language, language) in _texts()


def known_language(language: str | None) -> str:
    """Return the language whose words somebody reads: their own, the one it shares, or French."""
    return SHARED.get(language, language) if language and is_known(language) else FALLBACK


def plain_words(language: str | None) -> Mapping[str, str]:
    """Return every word by key in a language, or in French where there is none."""
    return _texts()[known_language(language)]

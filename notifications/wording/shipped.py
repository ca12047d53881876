"""The texts that come with the application, one file per language."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from scheduler.wording import FALLBACK, SHARED

FOLDER = Path(__file__).with_name("languages")


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Every text and part of a language.

    ``reviewed_by`` names the mediator who has read the file; empty means that nobody has. ``parts`` are
    what texts are put together from, ``reply`` and ``keys`` say how to answer in writing and by telephone,
    ``recorded`` in which order and words somebody's recordings say a day, an hour, a session and a choice.
    ``digest`` stands for all its words.
    """

    code: str
    reviewed_by: str
    formats: Mapping[str, Any]
    parts: Mapping[str, str]
    reply: Mapping[str, str]
    keys: Mapping[str, str]
    recorded: Mapping[str, Any]
    headlines: Mapping[str, str]
    texts: Mapping[str, str]
    digest: str


@cache
def shipped(code: str) -> Language:
    """Return a language by its code, which must be one of ``shipped_languages``."""
    words = (FOLDER / f"{code}.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.safe_load(words)
    unsaid = {key: value for key, value in loaded.items() if not key.startswith("reviewed")}
    return Language(
        code=loaded["language"],
        reviewed_by=loaded["reviewed_by"],
        formats=loaded["formats"],
        parts=loaded["parts"],
        reply=loaded["reply"],
        keys=loaded["keys"],
        recorded=loaded["recorded"],
        headlines=loaded["headlines"],
        texts={key: text.strip() for key, text in loaded["texts"].items()},
        digest=hashlib.sha256(repr(sorted(unsaid.items())).encode()).hexdigest(),
    )


@cache
def shipped_languages() -> tuple[str, ...]:
    """Return the codes of the languages there are texts in, French first."""
    return tuple(
        sorted((path.stem for path in FOLDER.glob("*.yaml")), key=lambda code: (code != FALLBACK, code))
    )


def language_of_texts(code: str | None) -> str | None:
    """Return the language whose texts somebody reads: their own, the one it shares, or ``None``."""
    shared = SHARED.get(code or "", code or "")
    return shared if shared in shipped_languages() else None

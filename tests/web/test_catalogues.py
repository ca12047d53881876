"""Every text of the code is in every catalogue, translated, with the same places in it."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from web.config import ROOT
from web.locale import LOCALES

TRANSLATIONS = ROOT / "web" / "translations"
KEYWORDS = {"_": None, "_l": None, "N_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
PLACE = re.compile(r"%\(\w+\)[sd]|\{\w*\}")


@cache
def texts_of_code() -> frozenset[str | tuple[str, ...]]:
    found: set[str | tuple[str, ...]] = set()
    for folder in ("scheduler", "notifications", "web"):
        methods = [("templates/**", "jinja2"), ("**.py", "python")]
        options = {"templates/**": {"trimmed": "true"}}
        for _file, _line, text, _comments, _context in extract_from_dir(
            ROOT / folder, methods, options, keywords=KEYWORDS
        ):
            if text:
                found.add(text)
    return frozenset(found)


def catalogue(language: str) -> dict[str | tuple[str, ...], Message]:
    path = Path(TRANSLATIONS / language / "LC_MESSAGES" / "messages.po")
    with path.open("rb") as file:
        return {message.id: message for message in read_po(file, locale=language) if message.id}


def _forms(text: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


@pytest.mark.parametrize("language", LOCALES)
def test_a_catalogue_is_complete(language: str) -> None:
    messages = catalogue(language)
    missing = [
        text for text in texts_of_code() if text not in messages or not all(_forms(messages[text].string))
    ]
    assert missing == []


@pytest.mark.parametrize("language", LOCALES)
def test_translations_keep_the_places(language: str) -> None:
    for text, message in catalogue(language).items():
        wanted = {place for form in _forms(text) for place in PLACE.findall(form)}
        for form in _forms(message.string):
            assert set(PLACE.findall(form)) <= wanted, text
        assert {place for form in _forms(message.string) for place in PLACE.findall(form)} == wanted, text


def test_the_code_has_texts() -> None:
    assert len(texts_of_code()) > 1_000

"""Every language has every word, with the same places in it."""

from __future__ import annotations

from string import Formatter

import pytest

from scheduler.wording import FALLBACK, languages, plain_words


def _places(text: str) -> set[str | None]:
    return {name for _literal, name, _spec, _conversion in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", languages())
def test_a_language_is_complete(language: str) -> None:
    french, words = plain_words(FALLBACK), plain_words(language)
    assert set(words) == set(french)
    for key, text in words.items():
        assert _places(text) == _places(french[key]), key
        assert text.strip() or key == "reviewed_by", key


def test_dari_reads_persian_and_the_unknown_reads_french() -> None:
    assert plain_words("prs") == plain_words("fa")
    assert plain_words("xx") == plain_words(None) == plain_words("fr")

"""Fields that read what people type in their own language."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_babel import force_locale

from web.fields import _times


@pytest.mark.parametrize(
    ("language", "line", "weekdays"),
    [
        ("fr", "di 9:00", [6]),
        ("nl", "di 9:00", [1]),
        ("fr", "ma me 9h30", [1, 2]),
        ("nl", "ma wo 9:30", [0, 2]),
    ],
)
def test_days_are_read_in_the_readers_language(
    app: Flask, language: str, line: str, weekdays: list[int]
) -> None:
    with app.test_request_context(), force_locale(language):
        assert _times(line)["weekdays"] == weekdays

"""Words for the values of the domain: the days of the week."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from babel.dates import format_date
from flask import Flask
from flask_babel import force_locale

from scheduler.wording import languages
from web.labels import weekdays

MONDAY = date(2026, 11, 23)


@pytest.mark.parametrize("backend", ["sqlite"])
@pytest.mark.parametrize(("form", "pattern"), [("wide", "EEEE"), ("abbreviated", "EEE")])
def test_days_are_of_the_language_asked_for_whatever_was_read_before(
    app: Flask, form: str, pattern: str
) -> None:
    found = {}
    for language in [*languages(), "nl", "en", "fr"]:
        with app.test_request_context(), force_locale(language):
            found[language] = weekdays(form)
    assert found["fr"][0] == ("lundi" if form == "wide" else "lun.")
    assert found["ti"][0].startswith("ሰኑ")
    for language, names in found.items():
        expected = [format_date(MONDAY + timedelta(day), pattern, locale=language) for day in range(7)]
        assert names == expected, language

"""Words for the values of the domain, and the spaces at which they do not break."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from babel.dates import format_date
from flask import Flask
from flask_babel import force_locale, gettext

from scheduler.wording import languages
from web.labels import duration, weekdays
from web.locale import firm_spaces

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


@pytest.mark.parametrize(
    ("text", "firm"),
    [
        ("Pour qui ? Rien : 3 %", "Pour qui_? Rien_: 3_%"),
        ("« %(name)s » vient ; et %(other)s", "«_%(name)s_» vient_; et %(other)s"),
        ("%(share)s %% de plus", "%(share)s_%% de plus"),
        ("Venez %(day)s %(hour)s !", "Venez %(day)s %(hour)s_!"),
    ],
)
def test_french_signs_stay_with_their_word(text: str, firm: str) -> None:
    assert firm_spaces(text) == firm.replace("_", "\N{NO-BREAK SPACE}")


@pytest.mark.parametrize("backend", ["sqlite"])
def test_only_the_french_of_pages_has_firm_spaces(app: Flask) -> None:
    with app.test_request_context():
        with force_locale("fr"):
            assert gettext("Comment c'était ?") == "Comment c'était\N{NO-BREAK SPACE}?"
            assert (
                duration(10191 * 60 + 5)
                == "10\N{NARROW NO-BREAK SPACE}191\N{NO-BREAK SPACE}h\N{NO-BREAK SPACE}05"
            )
        with force_locale("en"):
            assert "\N{NO-BREAK SPACE}" not in gettext("Comment c'était ?")

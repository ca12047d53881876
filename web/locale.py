"""Which language a page is in: the account's, then the centre's, then the browser's."""

from __future__ import annotations

import re
from typing import Any

from flask import Flask, g, request, session
from flask_babel import Babel, Domain, get_locale
from flask_login import current_user

LOCALES = {"fr": "Français", "nl": "Nederlands", "en": "English"}

#: The space at which a French line must not break: before double signs, inside quotation marks.
_FIRM_SPACE = re.compile(r" (?=[:;?!»]|%(?!\())|(?<=«) ")


def firm_spaces(text: str) -> str:
    """Return a French text with no-break spaces where its typography wants them; ``%(name)s`` is no sign."""
    return _FIRM_SPACE.sub("\N{NO-BREAK SPACE}", text)


class Texts(Domain):
    """The catalogues, the French one with no-break spaces."""

    def get_translations(self) -> Any:
        """Return the texts of this request's language."""
        known = len(self.cache)
        texts = super().get_translations()
        if len(self.cache) > known and get_locale().language == "fr":
            texts._catalog = {key: firm_spaces(text) for key, text in texts._catalog.items()}
        return texts


def choose_locale() -> str:
    """Return the code of the language of this request."""
    chosen = getattr(current_user, "locale", None) or session.get("locale")
    if chosen in LOCALES:
        return str(chosen)
    if "centre" in g and g.centre.locale in LOCALES:
        return str(g.centre.locale)
    return request.accept_languages.best_match(list(LOCALES), default="fr") or "fr"


def init_app(app: Flask) -> None:
    """Register Babel."""
    babel = Babel(app, locale_selector=choose_locale)
    babel.domain_instance = Texts()
    app.jinja_env.globals.update(LOCALES=LOCALES, get_locale=get_locale)

"""Which language a page is in: the account's, then the centre's, then the browser's."""

from __future__ import annotations

from flask import Flask, g, request, session
from flask_babel import Babel, get_locale
from flask_login import current_user

LOCALES = {"fr": "Français", "nl": "Nederlands", "en": "English"}


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
    Babel(app, locale_selector=choose_locale)
    app.jinja_env.globals.update(LOCALES=LOCALES, get_locale=get_locale)

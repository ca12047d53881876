"""The areas of the application and the menu that leads to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, redirect, url_for
from flask_babel import lazy_gettext as _l
from werkzeug.wrappers import Response

from web import (
    check_in,
    feeds,
    followup,
    imports,
    links,
    messages,
    mine,
    people,
    personal,
    search,
    settings,
    today,
    webhooks,
    week,
)
from web.centre import PREFIX
from web.messages.area import SETTING_PAGES
from web.permissions import Permission, may, requires

blueprint = Blueprint("navigation", __name__, url_prefix=PREFIX)


@dataclass(frozen=True)
class Place:
    """An entry of the menu: shown to those who hold its permission.

    ``areas`` are the blueprints whose pages belong to it.
    """

    endpoint: str
    label: Any
    icon: str
    permission: Permission
    areas: tuple[str, ...] = ()


#: The menu, always in this order.
MENU: tuple[Place, ...] = (
    Place("week.show", _l("Semaine"), "calendar-week", Permission.VIEW_WEEK, ("week",)),
    Place(
        "today.show", _l("Aujourd'hui"), "check2-square", Permission.TAKE_ATTENDANCE, ("today", "messages")
    ),
    Place("people.index", _l("Personnes"), "people", Permission.VIEW_OWN_PEOPLE, ("people", "imports")),
    Place("followup.show", _l("Suivi"), "graph-up-arrow", Permission.VIEW_FOLLOWUP, ("followup",)),
)

#: Settings, behind the centre's name.
SETTINGS: tuple[Place, ...] = (
    Place(
        "settings.programmes",
        _l("Programmes"),
        "signpost-split",
        Permission.VIEW_SETTINGS,
        ("settings.programme", "settings.programme_files"),
    ),
    Place("settings.staff", _l("Équipe"), "person-badge", Permission.VIEW_SETTINGS, ("settings.show_staff",)),
    Place(
        "settings.sites",
        _l("Sites et locaux"),
        "geo-alt",
        Permission.VIEW_SETTINGS,
        ("settings.rooms", "settings.travel"),
    ),
    Place("settings.equipment", _l("Matériel"), "laptop", Permission.VIEW_SETTINGS),
    Place("settings.courses", _l("Cours de langue"), "book", Permission.VIEW_SETTINGS, ("settings.course",)),
    Place("imports.index", _l("Importer"), "upload", Permission.IMPORT_PEOPLE),
    Place("settings.closures", _l("Fermetures et congés"), "calendar-x", Permission.VIEW_SETTINGS),
    Place(
        "settings.absence_reasons",
        _l("Raisons d'absence"),
        "envelope-check",
        Permission.VIEW_SETTINGS,
        ("settings.edit_absence_reason",),
    ),
    Place(
        "followup.rules",
        _l("Règles de suivi"),
        "binoculars",
        Permission.VIEW_SETTINGS,
        ("followup.edit_rule",),
    ),
    Place(
        "messages.policies",
        _l("Messages et rappels"),
        "bell",
        Permission.VIEW_SETTINGS,
        tuple(sorted(SETTING_PAGES)),
    ),
    Place("settings.accounts", _l("Comptes et rôles"), "key", Permission.MANAGE_USERS),
    Place("settings.centre", _l("Réglages du centre"), "sliders", Permission.EDIT_SETTINGS),
)

#: The blueprint of every area.
AREAS: tuple[Blueprint, ...] = (
    feeds.blueprint,
    webhooks.blueprint,
    links.blueprint,
    check_in.blueprint,
    personal.blueprint,
    week.blueprint,
    check_in.screen,
    today.blueprint,
    mine.blueprint,
    people.blueprint,
    imports.blueprint,
    followup.blueprint,
    messages.blueprint,
    messages.recordings.fetched,
    search.blueprint,
    settings.blueprint,
    settings.installation,
)


def register_areas(app: Flask) -> None:
    """Register the blueprint of every area."""
    for area in (blueprint, *AREAS):
        app.register_blueprint(area)
    app.jinja_env.globals.update(MENU=MENU, SETTINGS=SETTINGS, SETTING_PAGES=SETTING_PAGES)


@blueprint.get("/")
@requires(Permission.SIGNED_IN)
def start() -> Response:
    """Go to the first place that this person may see."""
    for place in MENU:
        if may(place.permission):
            return redirect(url_for(place.endpoint))
    return redirect(url_for("mine.show"))

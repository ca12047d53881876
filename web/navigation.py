"""The areas of the application and the menu that leads to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, abort, redirect, url_for
from werkzeug.wrappers import Response

from web import feeds
from web.centre import PREFIX
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
MENU: tuple[Place, ...] = ()

#: Settings, behind the centre's name.
SETTINGS: tuple[Place, ...] = ()

#: The blueprint of every area.
AREAS: tuple[Blueprint, ...] = (feeds.blueprint,)


def register_areas(app: Flask) -> None:
    """Register the blueprint of every area."""
    for area in (blueprint, *AREAS):
        app.register_blueprint(area)
    app.jinja_env.globals.update(MENU=MENU, SETTINGS=SETTINGS)


@blueprint.get("/")
@requires(Permission.SIGNED_IN)
def start() -> Response:
    """Go to the first place that this person may see."""
    for place in MENU:
        if may(place.permission):
            return redirect(url_for(place.endpoint))
    abort(403)

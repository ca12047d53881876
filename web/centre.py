"""The current centre: taken from the address, confined to the members of it."""

from __future__ import annotations

from typing import Any

from flask import Flask, abort, g, request
from flask_login import current_user
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from scheduler.db import begin_writing, enter_centre
from scheduler.models import Centre, Membership
from web.extensions import db, login_manager

#: Prefix of every page of a centre.
PREFIX = "/c/<centre_slug>"

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def memberships_of(user_id: int) -> list[Membership]:
    """Return the memberships of an account with their centres, by name."""
    query = (
        select(Membership)
        .join(Membership.centre)
        .where(Membership.user_id == user_id)
        .options(joinedload(Membership.centre))
        .order_by(Centre.name)
    )
    return list(db.session.scalars(query))


def init_app(app: Flask) -> None:
    """Resolve ``centre_slug`` before views run and fill it in when addresses are built."""

    @app.url_value_preprocessor
    def take_slug(_endpoint: str | None, values: dict[str, Any] | None) -> None:
        g.centre_slug = values.pop("centre_slug", None) if values else None

    @app.url_defaults
    def give_slug(endpoint: str, values: dict[str, Any]) -> None:
        if "centre" in g and app.url_map.is_endpoint_expecting(endpoint, "centre_slug"):
            values.setdefault("centre_slug", g.centre.slug)

    @app.before_request
    def enter() -> Any:
        if request.method not in SAFE_METHODS:
            begin_writing(db.session())
        if g.get("centre_slug") is None:
            return None
        if not current_user.is_authenticated:
            return login_manager.unauthorized()
        g.memberships = memberships_of(current_user.id)
        for membership in g.memberships:
            if membership.centre.slug == g.centre_slug:
                g.membership, g.centre = membership, membership.centre
                enter_centre(db.session(), membership.centre_id)
                return None
        abort(404)

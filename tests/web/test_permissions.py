"""Every route is decided upon by the one policy, for every role."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from werkzeug.routing import IntegerConverter

from scheduler.models import Centre, Role
from web.permissions import POLICY, Permission

PUBLIC_ENDPOINTS = (
    {"static", "auth.login", "feeds.feed"}
    | {f"personal.{view}" for view in ("open_page", "week", "reply", "language", "manifest", "door")}
    | {f"personal.{view}" for view in ("ask_why", "understand")}
    | {f"personal.{view}" for view in ("choose_place", "decline_places")}
    | {f"fetched.{view}" for view in ("picture", "picture_for", "play")}
    | {f"webhooks.{view}" for view in ("inbound", "voice", "key")}
    | {f"check_in.{view}" for view in ("scan", "confirm", "type_code")}
)


#: An id that no row has, so that walking the routes changes nothing.
NOBODY = 999_999


def routes(app: Flask) -> list[tuple[str, str, str, Permission]]:
    """Every (endpoint, method, address, permission) that is not public; arguments get some value."""
    found = []
    for rule in app.url_map.iter_rules():
        permission = getattr(app.view_functions[rule.endpoint], "permission", "unmarked")
        if permission is None:
            continue
        values = {
            name: NOBODY if isinstance(converter, IntegerConverter) else min(getattr(converter, "items", "x"))
            for name, converter in rule._converters.items()
        }
        with app.test_request_context():
            address = url_for(rule.endpoint, **values)
        methods = sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        found += [(rule.endpoint, method, address, permission) for method in methods]
    return found


def test_every_view_is_marked(app: Flask) -> None:
    unmarked = {name for name, view in app.view_functions.items() if not hasattr(view, "permission")}
    assert not unmarked
    public = {name for name, view in app.view_functions.items() if getattr(view, "permission", 1) is None}
    assert public == PUBLIC_ENDPOINTS


def test_every_permission_is_in_the_policy() -> None:
    assert set(POLICY) == set(Permission)


def test_nobody_enters_unsigned(app: Flask) -> None:
    client = app.test_client()
    for endpoint, method, address, _permission in routes(app):
        answer = client.open(address, method=method, buffered=True)
        assert answer.status_code == 302, endpoint
        assert "/login" in answer.location, endpoint


@pytest.mark.parametrize("role", list(Role))
def test_each_role_enters_exactly_what_the_policy_says(
    app: Flask, app_centre: Centre, sign_in: Callable[..., FlaskClient], role: Role
) -> None:
    client = sign_in(role)
    for endpoint, method, address, permission in routes(app):
        if endpoint == "auth.logout":
            continue
        answer = client.open(
            address.replace("/c/x", f"/c/{app_centre.slug}", 1), method=method, buffered=True
        )
        allowed = permission is Permission.SIGNED_IN or role in POLICY[permission]
        if allowed:
            assert answer.status_code != 403 or endpoint == "navigation.start", (endpoint, method)
        else:
            assert answer.status_code == 403, (endpoint, method, answer.status_code)


def test_nobody_enters_another_centre(
    app: Flask, app_centre: Centre, sign_in: Callable[..., FlaskClient]
) -> None:
    client = sign_in(None)
    for endpoint, method, address, _permission in routes(app):
        if "/c/x" in address:
            answer = client.open(
                address.replace("/c/x", f"/c/{app_centre.slug}", 1), method=method, buffered=True
            )
            assert answer.status_code == 404, endpoint

"""The web application: thin views over the domain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask

from web import (
    addresses,
    assets,
    auth,
    centre,
    cli,
    config,
    errors,
    labels,
    locale,
    permissions,
    provider_events,
    security,
    templating,
)
from web.extensions import csrf, db, limiter, login_manager, migrate
from web.navigation import register_areas


def create_app(overrides: Mapping[str, Any] | None = None) -> Flask:
    """Return the application; ``overrides`` win over the environment (tests, commands)."""
    app = Flask(__name__, instance_path=config.instance_path(overrides))
    config.load(app, overrides)
    addresses.init_app(app)
    db.init_app(app)
    migrate.init_app(app, db)
    login_manager.init_app(app)
    csrf.init_app(app)
    limiter.init_app(app)
    locale.init_app(app)
    provider_events.init_app(app)
    security.init_app(app)
    templating.init_app(app)
    labels.init_app(app)
    errors.init_app(app)
    centre.init_app(app)
    permissions.init_app(app)
    assets.init_app(app)
    app.register_blueprint(auth.blueprint)
    register_areas(app)
    cli.init_app(app)
    return app

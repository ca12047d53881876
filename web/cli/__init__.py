"""The ``semainier`` command: Flask's own command line with ours on top."""

from __future__ import annotations

from flask.cli import FlaskGroup

from web import create_app

main = FlaskGroup(
    name="semainier",
    help="Plan group sessions around French courses.",
    create_app=create_app,
    add_version_option=False,
)

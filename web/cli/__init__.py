"""The ``semainier`` command: Flask's own command line with ours on top."""

from __future__ import annotations

from typing import Any

import click
from flask import Flask
from flask.cli import FlaskGroup
from sqlalchemy.exc import OperationalError, ProgrammingError

from notifications.channels.choose import ConfigurationError
from web.cli.centre import export_problem_command, plan_command, worker_command
from web.cli.demo import demo_command
from web.cli.feeds import feed_url_command
from web.cli.new_centre import create_centre_command
from web.cli.planner import solve_command, verify_command
from web.cli.risk import risk_report_command
from web.cli.serve import serve_command


def _create_app() -> Flask:
    from web import create_app  # here, because the application itself registers commands from this package

    try:
        return create_app()
    except ConfigurationError as error:
        raise click.ClickException(str(error)) from error


class Commands(FlaskGroup):
    """The commands; a database that cannot be used is told in a line, not in a trace."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command asked for."""
        try:
            return super().invoke(ctx)
        except (OperationalError, ProgrammingError) as error:
            reason = str(error.orig).strip().splitlines()[0]
            raise click.ClickException(
                f"The database refused: {reason}. If it is new or older than this version, "
                "“semainier db upgrade” brings it up to date."
            ) from error


main = Commands(
    name="semainier",
    help="Plan group sessions around French courses.",
    create_app=_create_app,
    add_version_option=False,
)

#: Commands that work on files alone: no application, no database.
for _command in (solve_command, verify_command, risk_report_command):
    main.add_command(_command)


def init_app(app: Flask) -> None:
    """Register the commands that work in the application."""
    for command in (
        create_centre_command,
        demo_command,
        export_problem_command,
        feed_url_command,
        plan_command,
        serve_command,
        worker_command,
    ):
        app.cli.add_command(command)

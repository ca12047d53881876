"""``semainier feed-url``: make and print the address of a calendar."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from flask import current_app
from flask.cli import with_appcontext

from scheduler.errors import NotFoundError
from scheduler.links import renew_link
from scheduler.models import LinkKind
from web.extensions import db

KINDS = [kind.value for kind in LinkKind if kind is not LinkKind.PAGE]


@click.command("feed-url")
@click.argument("kind", type=click.Choice(KINDS))
@click.argument("subject_id", metavar="ID", type=int)
@with_appcontext
def feed_url_command(kind: str, subject_id: int) -> None:
    """Make a new calendar address of a participant, staff member, group, room or programme.

    The address that was in use before is revoked.
    """
    try:
        token = renew_link(db.session(), LinkKind(kind), subject_id, datetime.now(UTC))
    except NotFoundError:
        raise click.ClickException(f"there is no {kind} with id {subject_id}") from None
    db.session.commit()
    click.echo(f"{current_app.config['PUBLIC_URL']}/agenda/{token}.ics")

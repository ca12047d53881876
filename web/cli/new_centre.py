"""``semainier create-centre``: the first centre of an installation and its administrator."""

from __future__ import annotations

import re
import unicodedata

import click
from flask.cli import with_appcontext
from sqlalchemy import func, select

from scheduler.accounts import one_time_password, set_password
from scheduler.centres import create_centre
from scheduler.db import begin_writing
from scheduler.errors import InvalidInputError
from scheduler.models import User
from web.clock import now
from web.extensions import db

COMMUNITIES = ("fr", "nl", "de")


def slug_of(name: str) -> str:
    """Return a name in the form it has in addresses: small letters, digits and hyphens."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:60]


@click.command("create-centre")
@click.argument("name")
@click.option("--admin", "email", required=True, metavar="EMAIL", help="Address of its administrator.")
@click.option("--community", type=click.Choice(COMMUNITIES), default="fr", show_default=True)
@click.option("--slug", help="Its word in addresses; by default made from the name.")
@with_appcontext
def create_centre_command(name: str, email: str, community: str, slug: str | None) -> None:
    """Make the centre NAME and, unless there is one with that address, its administrator's account."""
    session = db.session()
    begin_writing(session)
    user = session.scalars(select(User).where(func.lower(User.email) == email.strip().lower())).first()
    password = None
    if user is None:
        password = one_time_password()
        user = User(email=email.strip(), name=email.partition("@")[0], is_superuser=True, created_at=now())
        set_password(user, password, must_change=True)
        session.add(user)
        session.flush()
    try:
        centre = create_centre(
            session,
            name=name,
            slug=slug or slug_of(name),
            community=community,
            locale="nl" if community == "nl" else "fr",
            administrator_id=user.id,
            now=now(),
        )
    except InvalidInputError as error:
        session.rollback()
        raise click.ClickException(str(error.message)) from None
    session.commit()
    click.echo(f"{centre.name}: /c/{centre.slug}/")
    if password is not None:
        click.echo(f"{user.email} signs in with the password {password} and chooses another one then.")

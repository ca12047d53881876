"""``semainier demo``: a centre of invented people to look around in."""

from __future__ import annotations

from datetime import UTC, datetime

import click
from flask.cli import with_appcontext

from scheduler.db import begin_writing
from scheduler.demo import (
    DEMO_NAME,
    DEMO_PASSWORD,
    DemoSize,
    account_addresses,
    build_demo,
    find_centre,
    remove_demo,
    slug_for,
)
from scheduler.demo.history import WEEKS, add_history
from scheduler.errors import InvalidInputError
from web.extensions import db


@click.command("demo")
@click.option(
    "--size",
    type=click.Choice([size.value for size in DemoSize]),
    default=DemoSize.M.value,
    show_default=True,
    help="S: one programme, 40 people. M: seven programmes, about 240 people. L: a city, 1,000 people.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same people.")
@click.option("--centre-name", default=DEMO_NAME, show_default=True, help="Name of the centre.")
@click.option("--reset", is_flag=True, help="Remove the demonstration centre of that name first.")
@click.option(
    "--past-weeks",
    type=click.IntRange(0, 26),
    default=WEEKS,
    show_default=True,
    help="Weeks that were held, with who came.",
)
@with_appcontext
def demo_command(size: str, seed: int, centre_name: str, reset: bool, past_weeks: int) -> None:
    """Build a demonstration centre: every person in it is invented.

    The accounts are printed at the end; their password is public, so never keep such a centre on an
    installation that others can reach.
    """
    session, slug = db.session(), slug_for(centre_name)
    begin_writing(session)
    known = find_centre(session, slug)
    if known is not None and not reset:
        click.echo(f"The centre “{known.name}” is already there; --reset builds it anew.")
        return
    try:
        if reset:
            remove_demo(session, slug)
        now = datetime.now(UTC)
        centre = build_demo(session, size=DemoSize(size), seed=seed, now=now, name=centre_name, slug=slug)
        if past_weeks:
            add_history(session, centre, seed=seed, now=now, weeks=past_weeks)
    except InvalidInputError as error:
        session.rollback()
        raise click.ClickException(error.message) from None
    session.commit()
    click.echo(f"Built “{centre.name}”, size {size}, seed {seed}. All people in it are invented.")
    click.echo(f"Accounts, with the password “{DEMO_PASSWORD}”:")
    for address, role in account_addresses(session, slug):
        click.echo(f"  {address}  {role}")

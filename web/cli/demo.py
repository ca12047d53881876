"""``semainier demo``: a centre of invented people to look around in."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy.orm import Session

from notifications.demo import choose_channels, let_days_pass, refuse_real_centres
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
from scheduler.errors import InvalidInputError, SchedulerError
from scheduler.models import Centre
from scheduler.timegrid import monday_of, to_instant, to_wall
from web.cli.centre import make_plan
from web.extensions import db
from web.worker import job_settings

#: Weeks that are planned with the centre, from this Monday, and when they were published: the Friday before.
PLANNED_WEEKS = 4
PUBLISHED = timedelta(days=-3), time(10)


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
@click.option(
    "--plan",
    "plan_s",
    type=click.IntRange(1, 3600),
    metavar="SECONDS",
    help="Plan four weeks from this Monday too, and let the days until now go by: reminders, answers.",
)
@with_appcontext
def demo_command(
    size: str, seed: int, centre_name: str, reset: bool, past_weeks: int, plan_s: int | None
) -> None:
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
        if plan_s is not None:
            refuse_real_centres(session)
        if reset:
            remove_demo(session, slug)
        now = datetime.now(UTC)
        centre = build_demo(session, size=DemoSize(size), seed=seed, now=now, name=centre_name, slug=slug)
        choose_channels(session, centre, seed=seed)
        if past_weeks:
            add_history(session, centre, seed=seed, now=now, weeks=past_weeks)
    except InvalidInputError as error:
        session.rollback()
        raise click.ClickException(error.message) from None
    session.commit()
    if plan_s is not None:
        _live_until(session, centre, now, seed=seed, limit_s=plan_s)
    click.echo(f"Built “{centre_name}”, size {size}, seed {seed}. All people in it are invented.")
    click.echo(f"Accounts, with the password “{DEMO_PASSWORD}”:")
    for address, role in account_addresses(db.session(), slug):
        click.echo(f"  {address}  {role}")


def _live_until(session: Session, centre: Centre, now: datetime, *, seed: int, limit_s: int) -> None:
    """Plan and publish some weeks as last Friday, and let the days since then go by."""
    zone = ZoneInfo(centre.timezone)
    monday = monday_of(to_wall(now, zone)[0])
    published_at = to_instant(monday + PUBLISHED[0], PUBLISHED[1], zone)
    centre_id = centre.id
    try:
        _run, plan = make_plan(
            session,
            centre_id,
            monday,
            PLANNED_WEEKS,
            lambda: published_at,
            limit_s=limit_s,
            seed=seed,
            release=True,
        )
        if plan is None:
            raise click.ClickException("No plan was found; the centre is there without one.")
        settings = job_settings(current_app._get_current_object())  # type: ignore[attr-defined]
        db.session.remove()  # what was confined to this centre
        lived = let_days_pass(db.session(), centre_id, published_at, now, seed=seed, **settings)
    except SchedulerError as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"The days since {published_at:%A} went by: {lived['answers']} answers, {lived['marked']} marks."
    )

"""Commands about one centre's plan: ``export-problem``, ``plan``, and the ``worker`` beside the web."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from flask import current_app
from flask.cli import with_appcontext
from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import settings
from scheduler.db import begin_writing, enter_centre
from scheduler.errors import SchedulerError
from scheduler.models import Centre, Plan, PlanRun, RunState
from scheduler.plan_run import run_next
from scheduler.planning_process import ProgressLine
from scheduler.problem_builder import build_problem
from scheduler.publish import publish
from scheduler.runs import queue_run
from scheduler.timegrid import monday_of, to_wall
from solver.check import check_problem
from solver.codec import dumps
from solver.errors import SolverError
from web.clock import now
from web.extensions import db
from web.telling import tell_people

_CENTRE = click.option("--centre", "slug", help="Slug of the centre; by default the first one.")
_FROM = click.option(
    "--from", "first_day", type=click.DateTime(["%Y-%m-%d"]), help="A Monday; by default the next one."
)
_WEEKS = click.option("--weeks", type=click.IntRange(1, settings.MOST_WEEKS), help="How many weeks.")


def find_centre(session: Session, slug: str | None) -> Centre:
    """Return the centre asked for, or else the first one that was made."""
    query = select(Centre).order_by(Centre.id)
    if slug is not None:
        query = query.where(Centre.slug == slug)
    centre = session.scalars(query.limit(1)).first()
    if centre is not None:
        return centre
    known = ", ".join(session.scalars(select(Centre.slug).order_by(Centre.slug))) or "none"
    raise click.ClickException(
        f"There is no centre {slug!r}; centres: {known}." if slug else "There is no centre yet."
    )


def next_monday(centre: Centre, instant: datetime) -> date:
    """Return the Monday after today in the centre's time zone."""
    today = to_wall(instant, ZoneInfo(centre.timezone))[0]
    return monday_of(today) + timedelta(days=7)


def _horizon(centre: Centre, first_day: datetime | None, weeks: int | None) -> tuple[date, int]:
    first = first_day.date() if first_day is not None else next_monday(centre, now())
    return first, weeks or settings.horizon_weeks(centre)


@click.command("export-problem")
@_WEEKS
@_FROM
@_CENTRE
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="JSON file to write."
)
@with_appcontext
def export_problem_command(
    weeks: int | None, first_day: datetime | None, slug: str | None, out: Path
) -> None:
    """Write the planning problem of a centre as JSON, without anybody's name."""
    session = db.session()
    centre = find_centre(session, slug)
    first, length = _horizon(centre, first_day, weeks)
    try:
        problem = build_problem(session, centre, first, length, now()).problem
        check_problem(problem)
        out.write_text(dumps(problem, indent=1) + "\n", encoding="utf-8")
    except (SchedulerError, SolverError, OSError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(
        f"{out}: {centre.name}, {length} weeks from {first}, {len(problem.participants)} participants, "
        f"{len(problem.activities)} activities, {len(problem.demands)} demands."
    )


@click.command("plan")
@_WEEKS
@_FROM
@_CENTRE
@click.option("--time-limit", type=click.IntRange(1, 3600), default=30, show_default=True, help="Seconds.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True)
@click.option("--publish", "release", is_flag=True, help="Publish the plan at once.")
@with_appcontext
def plan_command(
    weeks: int | None, first_day: datetime | None, slug: str | None, time_limit: int, seed: int, release: bool
) -> None:
    """Plan some weeks of a centre here and now, and store the plan as a draft.

    The last line of standard output is one JSON object.
    """
    session = db.session()
    centre = find_centre(session, slug)
    first, length = _horizon(centre, first_day, weeks)
    try:
        run, plan = make_plan(
            session, centre.id, first, length, now, limit_s=time_limit, seed=seed, release=release
        )
    except SchedulerError as error:
        raise click.ClickException(str(error)) from error
    summary = {"run": run.id, "state": str(run.state), "error": run.error, **(run.result or {})}
    if plan is not None:
        summary |= {"plan": plan.number, "plan_state": str(plan.state)}
    click.echo(json.dumps(summary, ensure_ascii=False))
    if plan is None:
        sys.exit(1)


def make_plan(
    session: Session,
    centre_id: int,
    first_day: date,
    weeks: int,
    clock: Callable[[], datetime],
    *,
    limit_s: int,
    seed: int,
    release: bool,
) -> tuple[PlanRun, Plan | None]:
    """Plan some weeks of a centre, showing progress, and publish them where wished; commits.

    Raises
    ------
    SchedulerError
        If the weeks cannot be planned, or what was planned cannot be published.
    """
    session.rollback()
    begin_writing(session)
    centre = session.get_one(Centre, centre_id)
    enter_centre(session, centre_id)
    run = queue_run(session, centre, first_day, weeks, clock(), time_limit_s=limit_s, seed=seed)
    session.commit()
    run_next(session, clock, run_id=run.id, on_progress=_show)
    session.refresh(run)
    plan = _stored_plan(session, run)
    if release and plan is not None:
        session.commit()
        begin_writing(session)
        centre = session.get_one(Centre, centre_id)
        tell_people(session, centre, publish(session, centre, plan, clock()), clock())
        session.commit()
    return run, plan


def _stored_plan(session: Session, run: PlanRun) -> Plan | None:
    plan_id = (run.result or {}).get("plan_id")
    return session.get(Plan, plan_id) if run.state == RunState.DONE and plan_id is not None else None


def _show(line: ProgressLine) -> None:
    gap = "" if line.gap is None else f"  gap {100 * line.gap:.2f} %"
    objective = "no plan yet" if line.objective is None else f"objective {line.objective}"
    click.echo(f"{line.elapsed_s:7.1f} s  {objective}{gap}", err=True)


@click.command("worker")
@with_appcontext
def worker_command() -> None:
    """Run the jobs beside the web: planning, calendars of schools, holidays. One is enough."""
    import logging
    import os

    from web.worker import run_worker

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    run_worker(current_app._get_current_object())  # type: ignore[attr-defined]
    # A plan under way may take minutes more: it is marked as interrupted at the next start instead.
    logging.shutdown()
    os._exit(0)

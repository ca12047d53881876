"""The jobs that run beside the web: plain functions in one registry, whoever runs them.

A job takes a database session, a clock and keyword arguments, and commits. ``web.worker`` runs the
registry with APScheduler; ``web.job_queue`` gives the same registry to procrastinate.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from scheduler import plan_run, runs
from scheduler.certificates import purge_certificates
from scheduler.choices.rounds import prepare_next
from scheduler.courses.sources import fetch_sources, source_addresses, store_answers
from scheduler.db import begin_writing
from scheduler.fetch import FetchLimits
from scheduler.holidays_calendar import import_holidays
from scheduler.models import Centre
from scheduler.roster_import.batch import purge_batches
from scheduler.staff_calendars import due_calendars, read_calendars, store_busy
from scheduler.watch import look_after

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done by itself, and when.

    Parameters
    ----------
    name : str
        What it is known by in every runner.
    run : callable
        ``run(session, clock, **settings)``; returns something small for the log.
    every_s : int, optional
        Look for work every so many seconds.
    cron : str, optional
        Five fields of crontab, in Belgian time.
    """

    name: str
    run: Callable[..., Any]
    every_s: int | None = None
    cron: str | None = None


def plan_queued_run(
    session: Session, clock: Clock, *, run_id: int | None = None, solver_workers: int = 2, **_settings: Any
) -> int | None:
    """Make one queued planning run; returns its id."""
    return plan_run.run_next(session, clock, run_id=run_id, solver_workers=solver_workers)


def mark_interrupted_runs(session: Session, clock: Clock, **_settings: Any) -> int:
    """Mark runs whose worker is gone; returns how many."""
    begin_writing(session)
    marked = runs.mark_interrupted(session, clock())
    session.commit()
    return marked


def refresh_course_sources(
    session: Session, clock: Clock, *, allow_private_networks: bool = False, **_settings: Any
) -> dict[str, int]:
    """Fetch the calendars of schools and bring courses up to date; no transaction waits for the network."""
    addresses = source_addresses(session)
    session.commit()
    answers = fetch_sources(addresses, FetchLimits(allow_private_networks=allow_private_networks))
    begin_writing(session)
    results = store_answers(session, answers, clock())
    failed = sum(result.error is not None for result in results)
    session.commit()
    return {"sources": len(results), "failed": failed}


def refresh_staff_calendars(
    session: Session,
    clock: Clock,
    *,
    secret_key: str = "",
    allow_private_networks: bool = False,
    **_settings: Any,
) -> dict[str, int]:
    """Read staff's own calendars that are due; no transaction waits for the network."""
    addresses = due_calendars(session, clock())
    session.commit()
    answers = read_calendars(
        addresses, secret_key, clock(), FetchLimits(allow_private_networks=allow_private_networks)
    )
    begin_writing(session)
    failed = store_busy(session, answers, clock())
    session.commit()
    return {"calendars": len(answers), "failed": failed}


def refresh_holidays(session: Session, clock: Clock, **_settings: Any) -> dict[str, int]:
    """Bring every centre's holidays of this year and the next up to date, leaving corrections alone."""
    begin_writing(session)
    added = updated = 0
    for centre in session.scalars(select(Centre).order_by(Centre.id)):
        year = clock().astimezone(ZoneInfo(centre.timezone)).year
        result = import_holidays(session, centre, (year, year + 1))
        added, updated = added + result.added, updated + result.updated
    session.commit()
    return {"added": added, "updated": updated}


def watch_drop_out(session: Session, clock: Clock, **_settings: Any) -> dict[str, int]:
    """Raise tasks for people who miss sessions, by each centre's own rules."""
    begin_writing(session)
    raised = 0
    for centre in session.scalars(select(Centre).order_by(Centre.id)).all():
        raised += len(look_after(session, centre, clock()))
    session.commit()
    return {"raised": raised}


def drop_old_uploads(session: Session, clock: Clock, **_settings: Any) -> int:
    """Drop uploaded files nobody decided on and old lists of rows left out; returns how many."""
    begin_writing(session)
    dropped = purge_batches(session, clock())
    session.commit()
    return dropped


def drop_old_certificates(
    session: Session, clock: Clock, *, certificate_folder: str, **_settings: Any
) -> int:
    """Delete certificates of absence whose time is over; returns how many."""
    begin_writing(session)
    dropped = purge_certificates(session, Path(certificate_folder), clock())
    session.commit()
    return dropped


def prepare_choices(session: Session, clock: Clock, **_settings: Any) -> int | None:
    """Look for places to choose from for one round that waits; returns its id."""
    return prepare_next(session, clock)


JOBS: Final = (
    Job("plan_run", plan_queued_run, every_s=2),
    Job("prepare_choices", prepare_choices, every_s=3),
    Job("mark_interrupted_runs", mark_interrupted_runs, every_s=30),
    Job("refresh_course_sources", refresh_course_sources, cron="30 4 * * *"),
    # Often, so that a new calendar is soon read; each is read again after half an hour.
    Job("refresh_staff_calendars", refresh_staff_calendars, cron="*/5 * * * *"),
    Job("watch_drop_out", watch_drop_out, cron="15 5 * * *"),
    Job("import_holidays", refresh_holidays, cron="10 4 * * 1"),
    Job("drop_old_uploads", drop_old_uploads, cron="45 3 * * *"),
    Job("drop_old_certificates", drop_old_certificates, cron="50 3 * * *"),
)


def job(name: str) -> Job:
    """Return a job of the registry.

    Raises
    ------
    KeyError
        If there is none of that name.
    """
    return {each.name: each for each in JOBS}[name]

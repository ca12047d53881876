"""The worker: one process beside the web that runs the registry of jobs by the clock."""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger
from flask import Flask
from sqlalchemy import Engine
from sqlalchemy.orm import Session

import notifications.jobs
import scheduler.jobs
from notifications.channels.choose import choose_channels
from notifications.rests import Rests
from scheduler.jobs import Job, job
from web.extensions import db

log = logging.getLogger("semainier.worker")

#: Every job of the installation.
JOBS = (*scheduler.jobs.JOBS, *notifications.jobs.JOBS)

TIMEZONE = "Europe/Brussels"
THREADS = 4


def utc_now() -> datetime:
    """Return the current instant."""
    return datetime.now(UTC)


def job_settings(app: Flask) -> dict[str, Any]:
    """Return what jobs need to know of the configuration."""
    return {
        "allow_private_networks": bool(app.config["ALLOW_PRIVATE_NETWORKS"]),
        "certificate_folder": app.config["CERTIFICATE_FOLDER"],
        "recording_folder": app.config["RECORDING_FOLDER"],
        "secret_key": app.config["SECRET_KEY"],
        "public_url": app.config["PUBLIC_URL"],
        "smtp_url": app.config["SMTP_URL"],
        "mail_from": app.config["MAIL_FROM"],
        "imap_url": app.config["IMAP_URL"],
        "channels": choose_channels(app.config),
        "rests": Rests(),
    }


def runner(
    engine: Engine, each: Job, settings: dict[str, Any], clock: Callable[[], datetime] = utc_now
) -> Callable[..., Any]:
    """Return a function that runs a job in a database session of its own."""

    def run(**given: Any) -> Any:
        with Session(engine) as session:
            try:
                return each.run(session, clock, **settings, **given)
            except Exception:
                session.rollback()
                log.exception("job %s failed", each.name)
                raise

    run.__name__ = each.name
    return run


def make_scheduler(engine: Engine, settings: dict[str, Any]) -> BackgroundScheduler:
    """Return a scheduler with every job of the registry, not started.

    No job runs twice at once, and one that is late runs once.
    """
    clock = BackgroundScheduler(
        timezone=TIMEZONE,
        executors={"default": ThreadPoolExecutor(THREADS)},
        job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": 3600},
    )
    for each in JOBS:
        trigger = (
            CronTrigger.from_crontab(each.cron, timezone=TIMEZONE)
            if each.cron is not None
            else IntervalTrigger(seconds=each.every_s or 60)
        )
        clock.add_job(runner(engine, each, settings), trigger, id=each.name, name=each.name)
    return clock


def run_worker(app: Flask, *, until: threading.Event | None = None) -> None:
    """Run the jobs until a signal comes; runs that an earlier worker left are marked first."""
    stop = until or threading.Event()
    # A run that takes minutes is no reason for a line in the log every two seconds.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
    with app.app_context():
        engine, settings = db.engine, job_settings(app)
    runner(engine, job("mark_interrupted_runs"), settings)()
    clock = make_scheduler(engine, settings)
    if threading.current_thread() is threading.main_thread():
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_args: stop.set())
    clock.start()
    log.info("worker ready: %s", ", ".join(each.name for each in JOBS))
    try:
        stop.wait()
    finally:
        clock.shutdown(wait=False)

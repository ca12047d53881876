"""The same jobs on procrastinate, for installations that keep their queue in PostgreSQL.

``procrastinate`` is the optional dependency ``postgres``; nothing else imports it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import procrastinate
from procrastinate.jobs import Status
from sqlalchemy import Engine

from web.worker import JOBS, runner, utc_now

QUEUE = "semainier"


def register_jobs(
    app: procrastinate.App,
    engine: Engine,
    settings: dict[str, Any],
    clock: Callable[[], datetime] = utc_now,
) -> dict[str, Any]:
    """Make a procrastinate task of every job of the registry.

    All become periodic: by their crontab, or every so many seconds (the sixth field of a crontab). One
    that waits or is under way is not started again (``queueing_lock`` and ``lock``). Workers are to
    delete what succeeded (``delete_jobs="successful"``), since looking for work every few seconds
    leaves many rows. What a worker that died was doing is given up within a minute: its lock would keep
    the job from ever being done again.

    Returns
    -------
    dict
        The tasks by name.
    """
    tasks = {}
    for each in JOBS:
        run = runner(engine, each, settings, clock)
        task = app.task(name=each.name, queue=QUEUE, lock=each.name, queueing_lock=each.name)(_periodic(run))
        tasks[each.name] = app.periodic(cron=each.cron or f"* * * * * */{each.every_s}")(task)
    give_up = app.task(name="give_up_stalled", queue=QUEUE, pass_context=True)(_give_up_stalled)
    app.periodic(cron="* * * * *")(give_up)
    return tasks


async def _give_up_stalled(context: procrastinate.JobContext, timestamp: int = 0) -> int:
    """Drop the jobs of workers that are gone; each is asked for again at its time. Return how many."""
    jobs = context.app.job_manager
    stalled = list(await jobs.get_stalled_jobs(queue=QUEUE))
    for each in stalled:
        await jobs.finish_job(each, status=Status.FAILED, delete_job=True)
    return len(stalled)


def _periodic(run: Callable[..., Any]) -> Callable[..., Any]:
    def at(timestamp: int = 0, **given: Any) -> Any:
        return run(**given)

    at.__name__ = run.__name__
    return at

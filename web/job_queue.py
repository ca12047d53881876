"""The same jobs on procrastinate, for installations that keep their queue in PostgreSQL.

``procrastinate`` is the optional dependency ``postgres``; nothing else imports it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import procrastinate
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

    Those with a time of their own become periodic; the others are deferred by whoever has work for
    them. A task that is already under way is not started again (``queueing_lock`` and ``lock``).

    Returns
    -------
    dict
        The tasks by name.
    """
    tasks = {}
    for each in JOBS:
        run = runner(engine, each, settings, clock)
        if each.cron is None:
            tasks[each.name] = app.task(name=each.name, queue=QUEUE, lock=each.name)(run)
        else:
            task = app.task(name=each.name, queue=QUEUE, lock=each.name, queueing_lock=each.name)(
                _periodic(run)
            )
            tasks[each.name] = app.periodic(cron=each.cron)(task)
    return tasks


def _periodic(run: Callable[..., Any]) -> Callable[[int], Any]:
    def at(timestamp: int) -> Any:
        return run()

    at.__name__ = run.__name__
    return at

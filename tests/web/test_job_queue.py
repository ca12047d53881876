"""The same jobs run through procrastinate on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import procrastinate
import pytest
from sqlalchemy import Engine, create_engine, func, select, text
from sqlalchemy.orm import Session

from scheduler.db import Base
from scheduler.models import Centre, Closure, Plan, PlanRun, RunState
from scheduler.runs import queue_run
from tests.factories import EPOCH, MONDAY, making_in
from tests.planning import make_world
from web.job_queue import QUEUE, register_jobs
from web.worker import JOBS

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture
def backend() -> str:
    """Procrastinate keeps its queue in PostgreSQL only."""
    return "postgresql"


@pytest.fixture
def database(backend: str, empty_database_url: str) -> Iterator[Engine]:
    engine = create_engine(empty_database_url)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


def test_jobs_run_through_procrastinate(database: Engine, tmp_path: Path) -> None:
    with Session(database) as session:
        centre = Centre(name="Centre", slug="centre", created_at=EPOCH)
        session.add(centre)
        session.flush()
        with making_in(session, centre) as make:
            make_world(make)
        run = queue_run(session, centre, MONDAY, 1, NOW, time_limit_s=10)
        session.commit()
        run_id = run.id

    address = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=address))
    settings = {"allow_private_networks": False, "channels": {}, "certificate_folder": str(tmp_path)}
    tasks: dict[str, Any] = register_jobs(app, database, settings, lambda: NOW)
    assert set(tasks) == {each.name for each in JOBS}
    crons = {name: periodic.cron for (name, _id), periodic in app.periodic_registry.periodic_tasks.items()}
    assert crons["deliver_messages"] == "* * * * * */3"

    async def work() -> None:
        async with app.open_async():
            await app.schema_manager.apply_schema_async()
            await tasks["plan_run"].defer_async(run_id=run_id)
            await tasks["import_holidays"].defer_async(timestamp=int(NOW.timestamp()))
            # A worker took this one and died.
            await tasks["watch_drop_out"].defer_async()
            with database.begin() as connection:
                connection.execute(
                    text("UPDATE procrastinate_jobs SET status = 'doing' WHERE task_name = 'watch_drop_out'")
                )
            await tasks["watch_drop_out"].defer_async()
            await app.tasks["give_up_stalled"].defer_async()
            await app.run_worker_async(
                queues=[QUEUE], wait=False, install_signal_handlers=False, concurrency=1
            )
            jobs = await app.job_manager.list_jobs_async()
            asked = {each.status for each in jobs if each.task_name in ("plan_run", "import_holidays")}
            assert "failed" not in asked
            assert "succeeded" in asked
            assert [each.status for each in jobs if each.task_name == "watch_drop_out"] == ["succeeded"]

    # In a thread of its own: a browser test of this process may have left an event loop running here.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work()).result()
    with Session(database) as session:
        done = session.get_one(PlanRun, run_id)
        assert (done.state, done.error) == (RunState.DONE, None)
        assert session.scalar(select(func.count()).select_from(Plan)) == 1
        assert (session.scalar(select(func.count()).select_from(Closure)) or 0) > 30

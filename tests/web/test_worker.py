"""The worker runs the registry of jobs beside the web."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from scheduler.jobs import Job, job
from scheduler.models import Centre, Closure, Plan, PlanRun, RunState
from scheduler.runs import claim_run, queue_run
from tests.factories import MONDAY, making_in
from tests.planning import make_world
from web.worker import JOBS, job_settings, make_scheduler, run_worker, runner

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)


def test_every_job_is_known_by_its_name_and_has_a_time() -> None:
    assert len({each.name for each in JOBS}) == len(JOBS)
    assert {"plan_run", "refresh_course_sources", "mark_interrupted_runs", "import_holidays"} <= {
        each.name for each in JOBS
    }
    assert all((each.every_s is None) != (each.cron is None) for each in JOBS)
    assert job("plan_run").every_s is not None
    with pytest.raises(KeyError):
        job("unknown")


def test_the_scheduler_has_every_job_and_none_twice_at_once(app: Flask, engine: Engine) -> None:
    scheduler = make_scheduler(engine, job_settings(app))
    scheduler.start(paused=True)
    try:
        found = {each.id: each for each in scheduler.get_jobs()}
        assert set(found) == {each.name for each in JOBS}
        assert all(each.max_instances == 1 and each.coalesce for each in found.values())
        assert all(each.next_run_time is not None for each in found.values())
    finally:
        scheduler.shutdown(wait=False)


def test_a_job_has_a_session_of_its_own(
    app: Flask, engine: Engine, app_centre: Centre, rows: Session
) -> None:
    result = runner(engine, job("import_holidays"), job_settings(app), lambda: NOW)()
    assert result["added"] > 30
    assert rows.scalar(select(func.count()).select_from(Closure)) == result["added"]
    assert runner(engine, job("import_holidays"), {}, lambda: NOW)() == {"added": 0, "updated": 0}
    assert runner(engine, job("refresh_course_sources"), job_settings(app))() == {"sources": 0, "failed": 0}


def test_a_job_that_fails_leaves_nothing_half_written(engine: Engine, app: Flask, app_centre: Centre) -> None:
    def fail(session: Session, clock: Any, **_settings: Any) -> None:
        session.get_one(Centre, app_centre.id).name = "Autre nom"
        session.flush()
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        runner(engine, Job("fail", fail), {})()
    with Session(engine) as session:
        assert session.get_one(Centre, app_centre.id).name != "Autre nom"


def test_the_worker_plans_what_is_queued_and_marks_what_was_left(
    app: Flask, rows: Session, app_centre: Centre
) -> None:
    with making_in(rows, app_centre) as make:
        make_world(make)
        other = make(Centre)
    left = queue_run(rows, other, MONDAY, 2, datetime.now(UTC))
    rows.flush()
    claim_run(rows, "", datetime(2026, 1, 1, tzinfo=UTC), run_id=left.id)
    run = queue_run(rows, app_centre, MONDAY, 2, datetime.now(UTC), time_limit_s=10)
    rows.commit()
    stop = threading.Event()
    worker = threading.Thread(target=run_worker, args=(app,), kwargs={"until": stop})
    worker.start()
    try:
        until = time.monotonic() + 90
        while run.state not in (RunState.DONE, RunState.FAILED) and time.monotonic() < until:
            time.sleep(0.2)
            rows.rollback()
            rows.refresh(run)
    finally:
        stop.set()
        worker.join(timeout=30)
    assert (run.state, run.error) == (RunState.DONE, None)
    rows.refresh(left)
    assert left.state == RunState.INTERRUPTED
    assert rows.scalars(select(Plan.run_id)).one() == run.id
    assert rows.scalar(select(func.count()).select_from(PlanRun)) == 2

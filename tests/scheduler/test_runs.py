"""The life of a planning run, without planning."""

from __future__ import annotations

import os
import socket
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from scheduler import models as m
from scheduler.errors import InvalidInputError
from scheduler.planning_process import ProgressLine
from scheduler.runs import (
    MOST_PROGRESS,
    claim_run,
    end_run,
    keep_problem,
    mark_interrupted,
    note_progress,
    open_run,
    problem_of,
    queue_run,
    request_cancel,
    worker_name,
)
from solver.problem import Problem
from tests.factories import MONDAY, Make


@pytest.fixture
def queue(session: Session, centre: m.Centre, now: datetime) -> Any:
    def run(**options: Any) -> m.PlanRun:
        return queue_run(
            session, options.pop("centre", centre), MONDAY, 4, options.pop("now", now), **options
        )

    return run


def test_one_run_at_a_time_for_each_centre(
    session: Session, centre: m.Centre, make: Make, queue: Any, now: datetime
) -> None:
    run = queue(time_limit_s=5)
    assert open_run(session, centre.id) is run
    with pytest.raises(InvalidInputError):
        queue()
    assert queue(centre=make(m.Centre)).state == m.RunState.QUEUED
    end_run(run, m.RunState.DONE, now)
    session.flush()
    assert open_run(session, centre.id) is None
    queue()


@pytest.mark.parametrize("options", [{"time_limit_s": 0}, {"time_limit_s": 3601}])
def test_impossible_runs_are_refused(
    session: Session, centre: m.Centre, now: datetime, queue: Any, options: dict[str, int]
) -> None:
    with pytest.raises(InvalidInputError):
        queue(**options)
    with pytest.raises(InvalidInputError):
        queue_run(session, centre, MONDAY + timedelta(1), 4, now)
    with pytest.raises(InvalidInputError):
        queue_run(session, centre, MONDAY, 14, now)


def test_a_run_is_claimed_once_and_the_oldest_first(
    session: Session, make: Make, queue: Any, now: datetime
) -> None:
    later = queue(now=now + timedelta(minutes=1))
    first = queue(centre=make(m.Centre))
    assert claim_run(session, "a", now, run_id=later.id + first.id) is None
    claimed = claim_run(session, "a", now)
    assert claimed is first
    assert (first.state, first.worker, first.started_at, first.heartbeat_at) == ("running", "a", now, now)
    assert claim_run(session, "b", now, run_id=first.id) is None
    assert claim_run(session, "b", now) is later
    assert claim_run(session, "c", now) is None


def test_cancelling(session: Session, queue: Any, now: datetime) -> None:
    waiting = queue()
    request_cancel(waiting, now)
    assert (waiting.state, waiting.ended_at) == (m.RunState.CANCELLED, now)
    with pytest.raises(InvalidInputError):
        request_cancel(waiting, now)
    session.flush()
    running = queue()
    claim_run(session, "a", now)
    request_cancel(running, now)
    assert (running.state, running.cancel_requested) == (m.RunState.RUNNING, True)


def test_progress_stays_bounded_and_keeps_its_ends(session: Session, queue: Any, now: datetime) -> None:
    run = queue()
    for number in range(3 * MOST_PROGRESS):
        note_progress(run, [ProgressLine(float(number), number, None, None)], now + timedelta(seconds=number))
    session.flush()
    session.expire(run)
    assert len(run.progress) <= MOST_PROGRESS
    assert run.progress[0]["objective"] == 0
    assert run.progress[-1]["objective"] == 3 * MOST_PROGRESS - 1
    assert [row["objective"] for row in run.progress] == sorted(row["objective"] for row in run.progress)
    beat = run.heartbeat_at
    note_progress(run, [], now + timedelta(hours=1))
    assert run.heartbeat_at is not None
    assert beat is not None
    assert run.heartbeat_at > beat


def test_the_problem_is_kept(session: Session, queue: Any) -> None:
    run = queue()
    assert problem_of(run) is None
    problem = Problem(start_date="2026-11-30", days=7, name="Centre d'été")
    keep_problem(run, problem)
    session.flush()
    session.expire(run)
    assert problem_of(run) == problem


@pytest.mark.parametrize(
    ("worker", "silent_s", "gone"),
    [
        ("ailleurs:1:abcd", 5, False),
        ("ailleurs:1:abcd", 61, True),
        (f"{socket.gethostname()[:40]}:{os.getpid()}:abcd", 5, False),
        (f"{socket.gethostname()[:40]}:{2**22 + 1}:abcd", 5, True),
    ],
    ids=["elsewhere", "elsewhere, silent", "here, alive", "here, gone"],
)
def test_runs_without_a_worker_are_marked(
    session: Session, queue: Any, now: datetime, worker: str, silent_s: int, gone: bool
) -> None:
    run = queue()
    claim_run(session, worker, now)
    later = now + timedelta(seconds=silent_s)
    assert mark_interrupted(session, later) == int(gone)
    assert run.state == (m.RunState.INTERRUPTED if gone else m.RunState.RUNNING)
    assert run.ended_at == (later if gone else None)
    assert mark_interrupted(session, later) == 0


def test_workers_have_names_of_their_own() -> None:
    assert worker_name() != worker_name()
    assert worker_name().split(":")[1] == str(os.getpid())

"""The job that plans: claims a run, has it solved in a process of its own, stores what came out."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime

from sqlalchemy.orm import Session

from scheduler.db import begin_writing, measure_tables
from scheduler.errors import SchedulerError
from scheduler.generate import store_solution
from scheduler.models import Centre, Plan, PlanRun, PlanState, RunState
from scheduler.planning_process import GRACE_S, PlanningFailedError, PlanningProcess, ProgressLine
from scheduler.problem_builder import BuiltProblem, build_problem
from scheduler.runs import claim_run, end_run, keep_problem, note_progress, worker_name
from solver.check import check_problem
from solver.errors import SolverError
from solver.solution import Solution

Clock = Callable[[], datetime]

log = logging.getLogger(__name__)

#: Seconds between two looks at the run: progress is written, a wish to cancel is read.
TICK_S = 0.5


def run_next(
    session: Session,
    clock: Clock,
    *,
    run_id: int | None = None,
    solver_workers: int = 2,
    on_progress: Callable[[ProgressLine], None] | None = None,
    start: Callable[..., PlanningProcess] = PlanningProcess,
) -> int | None:
    """Make one queued run, if there is any; commits as it goes.

    Whatever goes wrong is written down with the run, and the plans there are stay as they were.

    Parameters
    ----------
    run_id : int, optional
        Make this run and no other.
    solver_workers : int
        Threads of the solver.
    on_progress : callable, optional
        Called with every row of progress.
    start : callable, optional
        Starts the solve: ``start(problem, time_limit_s, seed, workers)``.

    Returns
    -------
    int or None
        The run's id, ``None`` when nothing was queued.
    """
    begin_writing(session)
    run = claim_run(session, worker_name(), clock(), run_id)
    session.commit()
    if run is None:
        return None
    made = run.id
    try:
        _make(session, clock, run, solver_workers, on_progress, start)
    except (SchedulerError, SolverError, PlanningFailedError) as error:
        _fail(session, clock, made, str(error))
    except Exception:
        log.exception("planning run %s failed", made)
        _fail(session, clock, made, "internal error")
    return made


def _fail(session: Session, clock: Clock, run_id: int, reason: str) -> None:
    session.rollback()
    begin_writing(session)
    run = session.get_one(PlanRun, run_id)
    if run.state == RunState.RUNNING:
        end_run(run, RunState.FAILED, clock(), error=reason)
    session.commit()


def _make(
    session: Session,
    clock: Clock,
    run: PlanRun,
    solver_workers: int,
    on_progress: Callable[[ProgressLine], None] | None,
    start: Callable[..., PlanningProcess],
) -> None:
    centre = session.get_one(Centre, run.centre_id)
    base = session.get(Plan, run.base_plan_id) if run.base_plan_id is not None else None
    if base is not None and base.state != PlanState.DRAFT:
        base = None
    built = build_problem(session, centre, run.first_day, run.weeks, clock(), base_plan=base)
    session.rollback()
    check_problem(built.problem)
    begin_writing(session)
    keep_problem(run, built.problem)
    session.commit()
    limit, seed = run.time_limit_s, run.seed
    session.commit()
    with start(built.problem, limit, seed, solver_workers) as process:
        solution = _follow(session, clock, run, process, limit, on_progress)
    _keep(session, clock, run, built, solution)


def _follow(
    session: Session,
    clock: Clock,
    run: PlanRun,
    process: PlanningProcess,
    limit_s: float,
    on_progress: Callable[[ProgressLine], None] | None,
) -> Solution:
    """Write down how a solve gets on until it answers, and pass on a wish to stop."""
    ends = time.monotonic() + limit_s + GRACE_S
    asked = False
    while process.solution is None:
        lines = []
        until = time.monotonic() + TICK_S
        while process.solution is None and (left := until - time.monotonic()) > 0:
            lines += list(process.wait(left))
        if on_progress is not None:
            for line in lines:
                on_progress(line)
        begin_writing(session)
        session.refresh(run)
        if run.state != RunState.RUNNING:
            raise PlanningFailedError("the run was taken away from its worker")
        wished = run.cancel_requested
        note_progress(run, lines, clock())
        session.commit()
        if wished and not asked:
            asked = True
            ends = min(ends, time.monotonic() + GRACE_S)
            process.stop()
        if time.monotonic() > ends:
            raise PlanningFailedError("no answer in time")
    return process.solution


def _keep(session: Session, clock: Clock, run: PlanRun, built: BuiltProblem, solution: Solution) -> None:
    """Store what came out, in one transaction with the end of the run."""
    begin_writing(session)
    session.refresh(run)
    centre = session.get_one(Centre, run.centre_id)
    now = clock()
    plan = None
    found = solution.status in ("optimal", "feasible") or (
        solution.status == "cancelled" and solution.sessions
    )
    if found:
        plan = store_solution(session, centre, built, solution, now, base_plan_id=run.base_plan_id, run=run)
    result = asdict(solution)
    for bulky in ("sessions", "unmet"):
        result[bulky] = len(result[bulky])
    state = RunState.CANCELLED if run.cancel_requested else RunState.DONE
    end_run(run, state, now, plan_id=None if plan is None else plan.id, **result)
    measure_tables(session)
    session.commit()
